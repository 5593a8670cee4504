"""Free minutes and prices that depend on the time of entry: 07:00–09:00 入场免费 60 分钟."""

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError
from presentation import price_board
from tests.lots.tariffs import board_reader
from tests.lots.tariffs.documents import CALENDAR
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.stay_times import PLACE, SHANGHAI, moment

MORNING = {
    "name": "morning",
    "enters": {"from": "07:00", "to": "09:00"},
    "leaves": {"within_min": 60},
    "flat": 0,
}
DOCUMENT = {
    "format": 3,
    "currency": "CNY",
    "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
    "rounding": "started",
    "steps": hourly(500),
    "steps_count": "stay",
    "cycle": {"basis": "none"},
    "offers": [MORNING],
    "after_exit_window": "recomputed",
}


def charged(entered, until, **changes):
    document = {key: value for key, value in {**DOCUMENT, **changes}.items() if value is not None}
    tariff = tariffs.read_new(document)
    stay = moment(f"04-27 {entered}"), moment(f"04-27 {until}")
    return tariff.price(*stay, "ordinary", place=PLACE)


@pytest.mark.parametrize(
    ("entered", "until", "fen"),
    [
        ("06:59", "07:59", 500),
        ("07:00", "08:00", 0),
        ("08:59", "09:59", 0),
        ("08:59", "10:00", 1000),  # 61 minutes: from the first one
        ("08:59:30", "09:59:30", 0),
        ("08:59:30", "09:59:31", 1000),
        ("09:00", "09:15", 0),  # the minutes that every stay has
        ("09:00", "09:16", 500),
    ],
)
def test_morning_entry_has_an_hour_free(entered, until, fen):
    assert charged(entered, until).fen == fen
    with translation.override("zh-hans"):
        sentences = price_board.rule_board(tariffs.read(DOCUMENT).rule)
    assert "每天 07:00–09:00 入场、停车不超过 1 小时的：免费。" in sentences
    if len(entered) == len("07:00"):  # the reader of sentences counts whole minutes
        stay = moment(f"04-27 {entered}"), moment(f"04-27 {until}")
        assert board_reader.price(board_reader.read(sentences), *stay, SHANGHAI, CALENDAR) == fen


def test_too_long_a_stay_gets_its_reason():
    tariff, stay = tariffs.read(DOCUMENT), (moment("04-27 08:00"), moment("04-27 09:01"))
    price = tariff.price(*stay, "ordinary", place=PLACE)
    missed = tariffs.why_not(tariff, price, *stay, "ordinary", place=PLACE)
    assert [line.code for line in missed] == ["not_free", "no_offer_long"]


@pytest.mark.parametrize(
    ("leaves", "path"),
    [
        ({"within_min": 0}, "offers[0].leaves.within_min"),
        ({"within_min": "60"}, "offers[0].leaves.within_min"),
        ({"within_min": 60, "by": "10:00"}, "offers[0].leaves.by"),
        ({}, "offers[0].leaves.by"),
    ],
)
def test_unclear_length_is_refused(leaves, path):
    wrong = {**DOCUMENT, "offers": [{**MORNING, "leaves": leaves}]}
    with pytest.raises(TariffError) as fault:
        tariffs.read_new(wrong)
    assert fault.value.path == path
    schema = Draft202012Validator(tariffs.schema())
    assert schema.is_valid(DOCUMENT)
    assert not schema.is_valid(wrong)


def capped(name, fen, **leaves):
    found = {key: value for key, value in MORNING.items() if key != "flat"}
    return {**found, "name": name, "leaves": leaves, "cap": fen}


HOUR, TWO, TEN = {"within_min": 60}, {"within_min": 120}, {"by": "10:00", "day": "same"}


@pytest.mark.parametrize(
    ("one", "two", "is_cheaper"),
    [(HOUR, TWO, True), (TWO, HOUR, False), (HOUR, TEN, True), (TEN, HOUR, True)],
)
def test_cheaper_longer_stay_must_be_declared(one, two, is_cheaper):
    """A lower cap after a higher one, which still fits when that one does not."""
    offers = [capped("one", 400, **one), capped("two", 300, **two)]
    document = {**DOCUMENT, "offers": offers, "offers_apply": "first"}
    tariffs.read_new({**document, "allows_cheaper_longer": True})
    if is_cheaper:
        with pytest.raises(TariffError):
            tariffs.read_new(document)
    else:
        tariffs.read_new(document)


@pytest.mark.parametrize(
    ("since", "until", "is_cheaper"),
    [("06:00", "07:30", True), ("06:00", "06:30", False), ("05:00", "07:00", False)],
)
def test_cheaper_cap_may_begin_earlier(since, until, is_cheaper):
    """Only a car that can enter within both can lose the higher cap for the lower one."""
    early = capped("two", 300, **TWO) | {"enters": {"from": since, "to": until}}
    document = {**DOCUMENT, "offers": [capped("one", 400, **HOUR), early], "offers_apply": "first"}
    if is_cheaper:
        with pytest.raises(TariffError, match="cheaper") as caught:
            tariffs.read_new(document)
        assert caught.value.path == "offers[1].cap"
    else:
        tariffs.read_new(document)


@pytest.mark.parametrize(("until", "code"), [("10:00", "units"), ("10:00:01", "offer")])
def test_cap_equal_to_the_price_changes_no_line(until, code):
    whole_day = capped("day", 1000, by="24:00", day="same")
    assert charged("08:00", until, free=None, offers=[whole_day]).lines[0].code == code


def test_flat_offer_can_make_longer_cheaper():
    with pytest.raises(TariffError, match="cheaper") as caught:
        tariffs.read_new({**DOCUMENT, "offers": [{**MORNING, "flat": 1000}]})
    assert caught.value.path == "offers[0].flat"


@pytest.mark.parametrize(
    ("changes", "is_cheaper"),
    [({"cap": 400}, False), ({"days": ["sat"]}, False), ({"enters": {"from": "08:00", "to": "08:00"}}, True)],
)
def test_cheaper_cap_must_meet_the_first(changes, is_cheaper):
    """Not where both cost the same, nor on other days; one that all may enter by meets every other."""
    first = capped("one", 400, **HOUR) | {"days": ["mon"]}
    second = capped("two", 300, **TWO) | changes
    document = {**DOCUMENT, "offers": [first, second], "offers_apply": "first"}
    if is_cheaper:
        with pytest.raises(TariffError, match="cheaper"):
            tariffs.read_new(document)
    else:
        tariffs.read_new(document)
