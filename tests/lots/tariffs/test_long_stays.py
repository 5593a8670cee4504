"""A stay of a year: what is over is priced once."""

from datetime import timedelta

import pytest

from lots.tariffs import Tariff, cycles
from tools.bench.tariffs import ENTRY, HOURLY, NIGHT, PLACE, WEEKDAYS, WITHOUT_CYCLES, WORST

YEAR = timedelta(days=365)
DOCUMENTS = [HOURLY, NIGHT, WEEKDAYS, WITHOUT_CYCLES, WORST]


@pytest.fixture
def walked(monkeypatch):
    """The parts of stays that were priced from scratch."""
    parts = []
    piece = cycles.Cycles._piece
    monkeypatch.setattr(
        cycles.Cycles, "_piece", lambda self, *told: parts.append(told[0]) or piece(self, *told)
    )
    return parts


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_year_that_goes_on_is_priced_from_its_last_cycle(document, walked):
    tariff = Tariff.from_document(document)
    first = tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    walked.clear()
    again = tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    later = tariff.price(ENTRY, ENTRY + YEAR + timedelta(minutes=1), "ordinary", place=PLACE)
    assert again == first
    assert later.fen >= first.fen
    assert len(walked) <= 2


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_year_has_no_more_work_than_different_days(document, walked):
    Tariff.from_document(document).price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    assert len(walked) < 200


def test_a_shorter_stay_from_the_same_entry_costs_what_it_did():
    tariff = Tariff.from_document(WORST)
    week = tariff.price(ENTRY, ENTRY + timedelta(days=7), "ordinary", place=PLACE)
    tariff.price(ENTRY, ENTRY + YEAR, "ordinary", place=PLACE)
    assert tariff.price(ENTRY, ENTRY + timedelta(days=7), "ordinary", place=PLACE) == week


def test_many_long_stays_are_not_all_remembered():
    tariff = Tariff.from_document(NIGHT)
    for number in range(40):
        tariff.price(ENTRY + timedelta(hours=number), ENTRY + YEAR, "ordinary", place=PLACE)
    (courses,) = tariff._courses.values()
    assert len(courses._known) <= 16


@pytest.mark.parametrize("days", [1, 5])
def test_short_stays_are_not_remembered(days):
    tariff = Tariff.from_document(NIGHT)
    tariff.price(ENTRY, ENTRY + timedelta(days=days), "ordinary", place=PLACE)
    (courses,) = tariff._courses.values()
    assert not courses._known
