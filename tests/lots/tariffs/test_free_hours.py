"""Free minutes that run in charged hours only: prices, lines, sentences, refusals."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from driver.fee_view import WITHOUT_TIMES
from lots import tariffs
from lots.tariffs import AccessRight, EarlierSession, Place, TariffError, why_not
from lots.tariffs.day_kinds import PLAIN
from lots.tariffs.readings import plain
from presentation import formatting
from tests.lots.tariffs.board_makers import per
from tests.lots.tariffs.clause_cases import at, check_price, price
from tests.lots.tariffs.published import hourly
from tests.lots.tariffs.shared_boards import STREET
from tests.lots.tariffs.stay_times import PLACE

FREE = {"minutes": 30, "mode": "threshold", "repeat": "once", "charged_hours_only": True}
DEDUCTED = {**FREE, "mode": "deduct"}
NIGHT = [{"name": "night", "from": "20:00", "to": "08:00", "free": True}]
LESS = {**STREET, "free": DEDUCTED}
EACH_DAY = {
    **STREET,
    "cycle": {"basis": "calendar_day", "reset": "00:00"},
    "after_cycle": "begin_again",
    "free": {**FREE, "repeat": "each_cycle"},
}
BY_DAY = {  # the same street, written the other way round
    **STREET,
    "steps": [{"until_min": None, "flat": 0}],
    "bands": [{"name": "day", "from": "08:00", "to": "20:00", "steps": hourly(500)}],
}
FINE = {**STREET, "steps": per(60, "500.5"), "sum_rounding": {"unit": 1, "how": "down"}}
TWO_HOURS = [{"until_min": 60, "unit_min": 60, "price": 1000}, *hourly(500)]


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (STREET, "06-01 07:10", "06-01 08:30", 0),  # 30 minutes in charged hours
        (STREET, "06-01 07:10", "06-01 08:31", 500),
        (STREET, "06-01 19:50", "06-02 08:20", 0),  # 10 and 20
        (STREET, "06-01 19:40", "06-02 08:20", 1000),  # 20 and 20: both evenings are charged
        (STREET, "06-01 21:00", "06-02 07:00", 0),
        (BY_DAY, "06-01 07:10", "06-01 08:30", 0),
        (BY_DAY, "06-01 19:40", "06-02 08:20", 1000),
        ({**STREET, "reached": ["free"]}, "06-01 07:10", "06-01 08:29", 0),
        ({**STREET, "reached": ["free"]}, "06-01 07:10", "06-01 08:30", 500),
        (LESS, "06-01 07:10", "06-01 09:30", 500),  # charged from 8:30
        (LESS, "06-01 07:10", "06-01 09:31", 1000),
        (LESS, "06-01 19:50", "06-02 08:30", 500),  # from 8:20 on
        (LESS, "06-01 19:30", "06-02 08:10", 500),  # used up just when the night begins
        (LESS, "06-01 19:30", "06-02 08:00", 0),
        ({**LESS, "steps": TWO_HOURS}, "06-01 07:10", "06-01 10:30", 1500),  # the steps begin at 8:30
        ({**LESS, "steps": TWO_HOURS}, "06-01 19:30", "06-02 08:30", 500),  # and here at 20:00
        (FINE, "06-01 19:50", "06-02 08:20", 0),
        (FINE, "06-01 19:40", "06-02 08:20", 1001),
        (EACH_DAY, "06-01 19:30", "06-02 08:30", 0),
        (EACH_DAY, "06-01 19:29", "06-02 08:30", 500),
        (EACH_DAY, "06-01 19:29", "06-03 08:31", 500 + 6000 + 500),
    ],
)
def test_free_hours_use_no_free_minutes(document, entered, left, fen):
    check_price(document, entered, left, fen)


@pytest.mark.parametrize(("second", "fen"), [(0, 0), (1, 500)])
def test_free_minutes_end_with_their_second(second, fen):
    assert price(STREET, "06-01 07:10", f"06-01 08:30:{second:02}").fen == fen


def test_pass_by_day_leaves_free_minutes():
    """A pass covers the morning: what is left of the day counts, and what is left of the night does not."""
    morning = AccessRight("day", at("06-01 08:00"), at("06-01 19:35"))
    assert price(STREET, "06-01 07:00", "06-01 23:00", rights=[morning]).fen == 0
    assert price(STREET, "06-01 07:00", "06-02 08:10", rights=[morning]).fen == 1000


def test_stays_counted_as_one_share_minutes():
    back = {"as": "one_stay", "window": {"from": "left", "minutes": 60}, "gap": "free"}
    earlier = [EarlierSession(at("06-01 07:00"), at("06-01 08:20"))]
    document = {**STREET, "reentry": back}
    assert price(document, "06-01 08:30", "06-01 08:40", earlier=earlier).fen == 0
    assert price(document, "06-01 08:30", "06-01 08:41", earlier=earlier).fen == 500


@pytest.mark.parametrize("mode", ["threshold", "deduct"])
def test_stay_in_free_hours_uses_no_visit(mode):
    daily = {**STREET, "free": {**FREE, "mode": mode, "repeat": "once_a_day"}}
    tariff = tariffs.read(daily)
    visit = at("06-01 06:00"), at("06-01 08:00")
    longer = at("06-01 06:00"), at("06-01 08:01")
    assert [tariff.uses_free(*stay, "ordinary", place=PLACE) for stay in (visit, longer)] == [False, True]


def test_night_amount_is_free_with_the_stay():
    document = {**STREET, "overnight": {"at": "00:00", "amount": 1000, "nights": "each"}}
    assert price(document, "06-01 19:50", "06-02 08:20").fen == 0
    assert price(document, "06-01 19:50", "06-02 08:21").fen == 2000


def test_clock_change_moves_no_free_minutes():
    """In Berlin 2 o'clock comes twice on 25 October; free hours end at 3, charged ones begin."""
    berlin = Place(ZoneInfo("Europe/Berlin"), PLAIN)
    document = {**STREET, "bands": [{**NIGHT[0], "to": "03:00"}]}
    assert price(document, "10-25 00:00", "10-25 03:30", berlin).fen == 0
    assert price(document, "10-25 00:00", "10-25 03:31", berlin).fen == 500


def test_lines_say_what_was_free():
    lines = [(one.code, one.start, one.end) for one in price(LESS, "06-01 07:10", "06-01 09:30").lines]
    assert lines == [("free_deducted", 0, 80 * 60), ("units", 80 * 60, 140 * 60)]


@pytest.mark.parametrize("mode", ["threshold", "deduct"])
def test_no_free_minutes_have_no_line(mode):
    document = {**STREET, "free": {"minutes": 0, "mode": mode, "repeat": "once"}}
    assert [one.code for one in price(document, "06-01 09:00", "06-01 10:00").lines] == ["units"]


def test_reason_names_charged_hours():
    stay = at("06-01 07:10"), at("06-01 08:31")
    tariff = tariffs.read(STREET)
    found = why_not(tariff, tariff.price(*stay, "ordinary", place=PLACE), *stay, "ordinary", place=PLACE)
    assert [(line.code, line.fen) for line in found] == [("not_free_hours", 0)]
    assert found[0].code in WITHOUT_TIMES  # a driver's page may show it: it names no time of the stay
    with translation.override("zh-hans"):
        assert (
            formatting.line(found[0].values, found[0].code) == "30 分钟免费：在收费时段内停放已超过，不适用"
        )


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"free": {**FREE, "charged_hours_only": False}}, "free.charged_hours_only"),
        ({"bands": [{**NIGHT[0], "free": None, "flat": 500}]}, "free.charged_hours_only"),
        ({"steps": [{"until_min": None, "flat": 0}]}, "free.charged_hours_only"),
        (
            {"turn": {"after_min": 1440, "from": "then", "rule": {"steps": hourly(100)}}},
            "free.charged_hours_only",
        ),
    ],
)
def test_setting_without_effect_is_refused(change, path):
    document = {**STREET, **change}
    bands = [{key: value for key, value in band.items() if value is not None} for band in document["bands"]]
    with pytest.raises(TariffError) as error:
        tariffs.read({**document, "bands": bands})
    assert error.value.path == path


@pytest.mark.parametrize(
    "bands", [None, [{"name": "night", "from": "20:00", "to": "08:00", "steps": hourly(200)}]]
)
def test_class_without_free_hours_has_no_setting(bands):
    rule = {"bands": bands} if bands else {"bands": None, "steps": hourly(900)}
    document = {**STREET, "classes": [{"name": "large", "seen_as": ["large"], "rule": rule}]}
    [large] = tariffs.read_new(document).classes
    assert not large.rule.free.charged_hours_only
    assert "charged_hours_only" not in plain(document, "large")["free"]


@pytest.mark.parametrize("document", [STREET, BY_DAY])
def test_class_with_free_hours_keeps_setting(document):
    large = {"name": "large", "seen_as": ["large"], "rule": {"stay_cap": 9000}}
    [found] = tariffs.read_new({**document, "classes": [large]}).classes
    assert found.rule.free.charged_hours_only


def test_offers_of_one_name_are_refused():
    one = {
        "name": "evening",
        "enters": {"from": "18:00", "to": "20:00"},
        "leaves": {"within_min": 60},
        "cap": 1,
    }
    with pytest.raises(TariffError, match="an offer before"):
        tariffs.read({**STREET, "offers": [one, one], "offers_apply": "first"})


def test_long_free_time_is_no_long_way():
    """A stay of a month in free hours and a stay of a year are priced by their charged hours."""
    document = {**STREET, "bands": [{"name": "rest", "from": "00:00", "to": "24:00", "free": True}]}
    document["bands"][0]["days"] = ["mon", "tue", "wed", "thu", "fri", "sat", "holiday", "makeup"]
    document |= {"band_days": "moment"}
    entered = at("06-01 10:00")
    tariff = tariffs.read(document)
    week = tariff.price(entered, entered + timedelta(days=5), "ordinary", place=PLACE)
    year = tariff.price(entered, entered + timedelta(days=364), "ordinary", place=PLACE)
    assert (week.fen, year.fen) == (0, 52 * 24 * 500)
