"""Format 2 keeps the prices that it had; format 3 states what format 2 left open."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.ambiguity import find
from lots.tariffs.document_formats import FORMAT_3_ONLY, OPEN_IN_FORMAT_2, latest, unanswered
from lots.tariffs.presets import PRESETS
from tests.effort import cases
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import BAIGUAN, BAILIAN, NANNING, PUBLISHED
from tests.lots.tariffs.shared_boards import AGAIN, UNDERGROUND
from tests.lots.tariffs.stay_times import ENTRIES, MINUTES, PLACE, moment

RUN_ON = {**AGAIN, "after_cycle": "run_on"}


def price(document, entered="04-27 11:16", until="04-28 14:16"):
    return tariffs.read(document).price(moment(entered), moment(until), "ordinary", place=PLACE).fen


def test_second_day_follows_the_stated_setting():
    assert (price(UNDERGROUND), price(RUN_ON), price(AGAIN)) == (9500, 9500, 8000)


def test_deducted_minutes_move_cycles_only_if_stated():
    day = {**NANNING, "format": 3, "caps": [{"cycle": "each", "amount": 4000}], "caps_count": "per_cycle"}
    stay = ("04-27 08:00", "04-28 08:20")
    assert price({**day, "cycle_starts": "after_free"}, *stay) == 4000
    assert price({**day, "cycle_starts": "entry"}, *stay) == 4400


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (UNDERGROUND, "after_cycle"),
        (NANNING, "cycle_starts"),
        (BAIGUAN, "after_cycle"),
    ],
)
def test_new_tariffs_ask_open_settings(document, path):
    tariffs.read(document)
    assert path in unanswered(document)
    for new in (document, {**document, "format": 3}):
        with pytest.raises(TariffError) as caught:
            tariffs.read_new(new)
        assert caught.value.path == path
    tariffs.read_new(latest(document))


@pytest.mark.parametrize(("key", "value"), [("after_cycle", "run_on"), ("cycle_starts", "entry")])
def test_format_2_lacks_newer_settings(key, value):
    with pytest.raises(TariffError) as caught:
        tariffs.read({**BAILIAN, key: value})
    assert caught.value.path == key


@pytest.mark.parametrize("number", PUBLISHED)
def test_latest_format_prices_alike(number):
    old, new = PUBLISHED[number], latest(PUBLISHED[number])
    assert new["format"] == 3
    assert latest(new) == new
    assert tariffs.read(old) == tariffs.read(new)


@settings(max_examples=cases(50))
@given(documents(), ENTRIES, MINUTES)
def test_format_2_means_run_on_after_free(document, entered_at, minutes):
    document.setdefault("exempt", [])
    if document.get("free", {}).get("repeat") in ("once_a_day", "times_a_day", "times_a_month"):
        document["free"] = {key: document["free"][key] for key in ("minutes", "mode")} | {"repeat": "once"}
    tables = [document.get("steps", []), *(band.get("steps", []) for band in document.get("bands", []))]
    for step in (step for table in tables for step in table):
        if isinstance(step.get("price"), str):
            step["price"] = 5
    for key in (FORMAT_3_ONLY - set(OPEN_IN_FORMAT_2)) & set(document):
        del document[key]
    old = {key: value for key, value in document.items() if key not in OPEN_IN_FORMAT_2} | {"format": 2}
    new = document | {key: value for key, value in OPEN_IN_FORMAT_2.items() if key in document}
    before, after = tariff_of(old), tariff_of(new)
    until = entered_at + timedelta(minutes=minutes)
    assert before.price(entered_at, until, "ordinary", place=PLACE) == after.price(
        entered_at, until, "ordinary", place=PLACE
    )


def test_ambiguity_asks_about_band_after_cycle():
    for document, ours in ((UNDERGROUND, "bands_run_on"), (AGAIN, "bands_begin_again")):
        found = {one.axis: one for one in find(document)}["bands_after_cycle"]
        assert found.ours == ours
        assert found.minutes > 1440


@pytest.mark.parametrize("name", PRESETS)
def test_presets_leave_nothing_open(name):
    tariffs.read_new(PRESETS[name])
