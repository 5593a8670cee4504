"""A cap of a band above the cap of a cycle: refused where no stay can reach it, and only there."""

import pytest

from lots import tariffs
from lots.tariffs import TariffError
from tests.lots.tariffs.board_cases import prices_of
from tests.lots.tariffs.board_makers import EACH_DAY, band, cap, green, per

BANDS = [
    band("day", "08:00", "20:00", per(30, 220), cap=1600),
    band("night", "20:00", "08:00", per(60, 110), cap=440),
]
DAYS = {key: value for key, value in (EACH_DAY | cap(1300)).items() if key != "steps"} | {"bands": BANDS}
UNCAPPED = {"caps": None}


def season(**rule):
    return {"seasons": [{"name": "peak", "days": ["sat"], "rule": rule}]}


REACHED = {  # by a rule that takes over the bands of the lot
    "turn_then": {"turn": {"after_min": 1440, "from": "then", "rule": UNCAPPED}},
    "turn_start": {
        "turn": {"after_min": 1440, "from": "start", "rule": UNCAPPED},
        "allows_cheaper_longer": True,
    },
    "class": {"classes": [green(**UNCAPPED)]},
    "season": season(**UNCAPPED),
    "higher": season(**cap(1600)),
}


@pytest.mark.parametrize("name", REACHED)
def test_band_cap_of_another_rule_is_allowed(name):
    assert tariffs.read_new(DAYS | REACHED[name])


@pytest.mark.parametrize(
    ("left", "fen"), [("03-03 08:00", 1300), ("03-04 10:00", 1300 + 1600 + 440 + 880), ("03-03 10:00", 2180)]
)
def test_turned_days_reach_the_band_cap(left, fen):
    """24 hours once at most ¥13, then only each day at most ¥16 and each night at most ¥4.40."""
    document = DAYS | REACHED["turn_then"]
    assert prices_of(document, "03-02 08:00", left, "ordinary") == (fen, fen)


def test_band_that_runs_on_reaches_its_cap():
    """A night of two cycles costs 15 at most: 10, the cap of the first, and 3 of the 12 that were used."""
    document = {
        **EACH_DAY,
        **cap(1000),
        "cycle": {"basis": "from_entry", "hours": 12},
        "after_cycle": "run_on",
        "steps": per(60, 0),
        "bands": [band("night", "14:00", "14:00", per(60, 100), cap=1500)],
    }
    del document["steps"]
    assert prices_of(document, "03-02 14:00", "03-03 08:00", "ordinary") == (1300, 1300)


@pytest.mark.parametrize("parts", [{}, season(**cap(1500)), {"turn": {"after_min": 1440, "from": "then"}}])
def test_band_cap_that_no_rule_reaches_is_refused(parts):
    if "turn" in parts:
        parts = {"turn": parts["turn"] | {"rule": cap(1200)}}
    with pytest.raises(TariffError, match="above every cap of a cycle") as refused:
        tariffs.read(DAYS | parts)
    assert refused.value.path == "bands[0].cap"
