"""Free visits and caps of a week or month: counted while plates are stored, then remembered as sums."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from compliance.retention import erase_plates, erase_session
from lots import plate_periods
from lots.models import ParkingSession, PlatePeriod
from lots.plates import parse
from lots.pricing import clear_parsed, explain_session, price_session
from lots.session_facts import of_plate
from tests.factories import make_device, make_lot, see
from tests.lots.tariffs.board_makers import BASE
from tests.lots.tariffs.shared_boards import CAPPED, VISITS
from tests.lots.tariffs.stay_times import SHANGHAI

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
FIRST = datetime(2026, 6, 2, 10, tzinfo=SHANGHAI)
TWICE: dict[str, Any] = {**VISITS, "free": {**VISITS["free"], "times": 2}}
CAP_40 = {**CAPPED, "month_cap": 4000}
OF_WEEK = {**BASE, "week_cap": 4000}


def lot_with(document):
    lot = make_lot(tariff=document, retention_hours=1)
    lot.tariffs.update(valid_from=FIRST - timedelta(days=30))
    clear_parsed()
    return lot


def visit(lot, at, hours, plate=PLATE):
    """Return a stay that is over, whatever it cost."""
    entry = lot.devices.filter(lane__direction="entry").first() or make_device(lot, "entry")
    see(entry, plate, at)
    session = ParkingSession.objects.get(entered_at=at)
    ParkingSession.objects.filter(pk=session.pk).update(left_at=at + timedelta(hours=hours))
    session.refresh_from_db()
    return session


def cost(session):
    return price_session(session, until=session.left_at)[0].fen


def quote(lot, at, hours, plate=PLATE):
    entry = lot.devices.filter(lane__direction="entry").first() or make_device(lot, "entry")
    see(entry, plate, at)
    until = at + timedelta(hours=hours)
    return of_plate(lot, parse(plate), at=until).price(until=until)


def days(n):
    return FIRST + timedelta(days=n)


@pytest.mark.parametrize("erased", [False, True])
def test_third_visit_of_month_is_charged(erased):
    lot = lot_with(TWICE)
    for day in (0, 1):
        visit(lot, days(day), 1)
        if erased:
            erase_plates(at=days(day) + timedelta(hours=12))
    assert PlatePeriod.objects.filter(free_visits=2, fen=0).exists() is erased
    price = quote(lot, days(2), 1)
    assert (price.fen, price.lines[0].code) == (500, "free_used_month")


@pytest.mark.parametrize("document", [CAP_40, OF_WEEK])
@pytest.mark.parametrize("erased", [False, True])
def test_period_is_capped(document, erased):
    lot = lot_with(document)
    for day in (0, 1):
        assert cost(visit(lot, days(day), 3)) == 1500
        if erased:
            erase_plates(at=days(day) + timedelta(hours=12))
    assert PlatePeriod.objects.filter(free_visits=0, fen=3000).exists() is erased
    assert quote(lot, days(2), 3).fen == 1000


@pytest.mark.parametrize(("document", "period"), [(CAP_40, "month"), (OF_WEEK, "week")])
@pytest.mark.parametrize("erased", [False, True])
def test_unreached_cap_of_period_counts_earlier(document, period, erased):
    lot = lot_with(document)
    visit(lot, days(0), 3)
    if erased:
        erase_plates(at=days(0) + timedelta(hours=12))
    second = visit(lot, days(1), 1)
    _, missed, _ = explain_session(second, until=second.left_at)
    [line] = [one for one in missed if one.code == f"not_{period}_cap"]
    assert line.values == {"amount_fen": 4000, "so_far_fen": 2000}


WEEK_AND_MONTH = {**BASE, "week_cap": 4000, "month_cap": 6000}


@pytest.mark.parametrize("erased", ["never", "at once", "together"])
def test_week_and_month_are_capped(erased):
    """Six hours each: Tuesday to Thursday, the next Tuesday and Wednesday, and a week across two months.

    "together": a week's stays lose their plates after it, when some of its sums would be deleted already.
    """
    lot = lot_with(WEEK_AND_MONTH)
    charged = []
    for day in (0, 1, 2, 7, 8, 27, 29, 30):
        charged.append(quote(lot, days(day), 6).fen)
        ParkingSession.objects.open().update(left_at=days(day) + timedelta(hours=6))
        if erased == "at once" or (erased == "together" and day in (2, 8)):
            erase_plates(at=days(day) + timedelta(hours=12 if erased == "at once" else 12 + 24 * 5))
            plate_periods.forget(at=days(day) + timedelta(hours=12))
    assert charged == [3000, 1000, 0, 2000, 0, 0, 1000, 0]


def test_erased_week_stay_counts_in_month():
    """Its price depends on the stay before it, erased within the week: that sum waits for it."""
    lot = lot_with(WEEK_AND_MONTH)
    visit(lot, days(3), 6)  # Friday
    erase_plates(at=days(3) + timedelta(hours=12))
    visit(lot, days(5), 6)  # Sunday: 10 yuan are left of the week's 40
    plate_periods.forget(at=days(6))
    assert {row.fen for row in PlatePeriod.objects.all()} == {3000}
    erase_plates(at=days(6))
    assert PlatePeriod.objects.get(fen=4000).first_day == FIRST.date().replace(day=1)
    plate_periods.forget(at=days(6))
    assert quote(lot, days(6), 6).fen == 2000


def test_erasing_several_at_once_counts_each():
    lot = lot_with(CAP_40)
    sessions = [visit(lot, days(day), 3) for day in (0, 1, 2)]
    assert [cost(session) for session in sessions] == [1500, 1500, 1000]
    erase_plates(at=days(4))
    [row] = PlatePeriod.objects.all()
    assert (row.fen, row.first_day, row.counted_to) == (
        4000,
        FIRST.date().replace(day=1),
        sessions[-1].left_at,
    )


@pytest.mark.parametrize(("plate", "day"), [("沪B12345", 2), (PLATE, 30)])
def test_other_plate_or_month_counts_apart(plate, day):
    lot = lot_with(CAP_40)
    visit(lot, days(0), 9)
    erase_plates(at=days(1))
    assert quote(lot, days(day), 3, plate).fen == 1500


def test_counts_are_deleted_with_the_month():
    lot = lot_with(CAP_40)
    visit(lot, days(0), 3)
    erase_plates(at=days(1))
    assert plate_periods.forget(at=datetime(2026, 6, 30, 23, 59, tzinfo=SHANGHAI)) == 0
    assert plate_periods.forget(at=datetime(2026, 7, 1, tzinfo=SHANGHAI)) == 1


@pytest.mark.parametrize("erased", [False, True])
def test_next_week_begins_on_monday(erased):
    lot = lot_with(OF_WEEK)  # 2 June 2026 is a Tuesday
    visit(lot, days(0), 9)
    if erased:
        erase_plates(at=days(1))
    assert [quote(lot, days(day), 1).fen for day in (5, 6)] == [0, 500]  # Sunday, Monday


def test_counts_are_deleted_with_the_week():
    lot = lot_with(OF_WEEK)
    visit(lot, days(0), 3)
    erase_plates(at=days(1))
    [row] = PlatePeriod.objects.all()
    assert (row.first_day.isoformat(), row.last_day.isoformat()) == ("2026-06-01", "2026-06-07")
    assert plate_periods.forget(at=datetime(2026, 6, 7, 23, 59, tzinfo=SHANGHAI)) == 0
    assert plate_periods.forget(at=datetime(2026, 6, 8, tzinfo=SHANGHAI)) == 1


def test_erasure_in_the_week_after_stores_nothing():
    lot = lot_with(OF_WEEK)
    visit(lot, days(0), 3)
    erase_plates(at=days(6))
    assert not PlatePeriod.objects.exists()


def test_erasure_on_the_last_day_is_counted():
    lot = lot_with(OF_WEEK)
    visit(lot, days(0), 3)
    erase_plates(at=days(5))  # Sunday
    assert PlatePeriod.objects.get().fen == 1500


@pytest.mark.parametrize("day", [-1, 5])  # Monday and Sunday
def test_car_inside_since_that_week_counts(day):
    lot = lot_with(OF_WEEK)
    visit(lot, days(day) - timedelta(hours=2), 1)
    quote(lot, days(day), 1)
    erase_plates(at=days(7))
    assert PlatePeriod.objects.get().fen == 500


def test_counts_wait_for_a_car_inside():
    lot = lot_with(CAP_40)
    visit(lot, days(0), 3)
    erase_plates(at=days(1))
    quote(lot, days(20), 1)
    assert plate_periods.forget(at=datetime(2026, 7, 1, tzinfo=SHANGHAI)) == 0
    assert plate_periods.forget(at=datetime(2026, 8, 15, tzinfo=SHANGHAI)) == 1


def test_erasure_in_the_month_after_stores_nothing():
    lot = lot_with(CAP_40)
    visit(lot, days(0), 3)
    erase_plates(at=days(30))
    assert not PlatePeriod.objects.exists()


@pytest.mark.parametrize(
    "document",
    [{**CAP_40, "month_cap": None}, {**TWICE, "free": {**TWICE["free"], "repeat": "once", "times": None}}],
)
def test_other_tariffs_store_nothing(document):
    document = {key: value for key, value in document.items() if value is not None}
    if "free" in document:
        document["free"] = {key: value for key, value in document["free"].items() if value is not None}
    visit(lot_with(document), days(0), 3)
    erase_plates(at=days(1))
    assert not PlatePeriod.objects.exists()


def test_request_for_erasure_erases_counts():
    lot = lot_with(CAP_40)
    visit(lot, days(0), 3)
    erase_plates(at=days(1))
    again = visit(lot, days(2), 1)
    erase_session(again, at=days(3))
    assert not PlatePeriod.objects.exists()


def test_own_counts_do_not_matter():
    """A late report may bring a plate back after its erasure."""
    lot = lot_with(CAP_40)
    session = visit(lot, days(0), 9)
    plate, index = session.plate, session.plate_index
    assert cost(session) == 4000
    erase_plates(at=days(1))
    ParkingSession.objects.update(plate=plate, plate_index=index)
    session.refresh_from_db()
    assert cost(session) == 4000
    erase_plates(at=days(1))
    assert PlatePeriod.objects.get().fen == 4000


def test_month_in_the_lots_zone_decides():
    lot = lot_with(CAP_40)
    visit(lot, datetime(2026, 6, 30, 23, tzinfo=SHANGHAI), 1)
    visit(lot, datetime(2026, 7, 1, 1, tzinfo=SHANGHAI), 1)
    erase_plates(at=datetime(2026, 7, 1, 4, tzinfo=SHANGHAI))
    assert [row.first_day.month for row in PlatePeriod.objects.all()] == [7]
