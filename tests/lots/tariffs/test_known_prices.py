"""A price remembered by the minute is the one that the whole way returns, with the same lines."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from lots import tariffs
from lots.tariffs import known_prices
from tests.effort import cases
from tests.lots.tariffs.documents import random_document, tariff_of
from tests.lots.tariffs.shared_boards import EARLY_BIRD, MALL

START = datetime(2026, 4, 27, 3, 7, 41, tzinfo=UTC)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """What is remembered, with nothing in it."""
    monkeypatch.setattr(known_prices, "_known", {})
    return known_prices._known


def stays(draw):
    """Return lengths in seconds: whole minutes, a second off them, and others of the same minutes."""
    edges = [draw.choice([draw.randrange(90), draw.randrange(1440)]) * 60 for _ in range(4)]
    return [max(0, edge + off) for edge in edges for off in (-59, -30, -1, 0, 1, draw.randrange(60))]


def whole_way(tariff, seconds):
    until = START + timedelta(seconds=seconds)
    price = tariff.price(START, until, "ordinary")
    return price, tuple(tariffs.why_not(tariff, price, START, until, "ordinary"))


def test_random_tariffs_cost_the_same():
    tried = 0
    for seed in range(cases(80)):
        draw = random.Random(seed)
        tariff = tariff_of(random_document(draw, ("from_entry", "none")))
        for seconds in stays(draw) if tariff.goes_by_minutes else ():
            found = known_prices.price_of(tariff, seconds, "ordinary", "")
            assert (found, found.missed) == whole_way(tariff, seconds), (seed, seconds)
            tried += 1
    assert tried > cases(80)


def test_stays_of_one_minute_are_priced_once(known):
    tariff = tariffs.read(MALL)
    for seconds in range(7201, 7260):
        known_prices.price_of(tariff, seconds, "ordinary", "")
    assert len(known) == 1
    assert known_prices.price_of(tariff, 7230, "ordinary", "").lines[-1].end == 7230


def test_price_of_nothing_is_not_remembered(known):
    assert known_prices.price_of(tariffs.read(MALL), 60, "ordinary", "").fen == 0
    assert not known


@pytest.mark.parametrize(
    "tariff",
    [
        EARLY_BIRD,
        MALL | {"format": 3, "reached": ["free"]},
        MALL | {"reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}},
    ],
)
def test_other_tariffs_are_left_alone(tariff):
    assert known_prices.price_of(tariffs.read(tariff), 3600, "ordinary", "") is None
