"""Free minutes once a day for a plate: quoted, charged at the exit, and remembered without the stay."""

from datetime import timedelta

import pytest

from compliance.retention import erase_plates, erase_session
from lots import daily_free_uses
from lots.models import FreeMinutesUse, ParkingSession
from lots.plates import parse
from lots.pricing import price_session
from lots.session_facts import of_plate
from tests.factories import NOON, make_device, make_lot, see
from tests.lots.tariffs.shared_boards import DAILY

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"


@pytest.fixture
def lot():
    return make_lot(tariff=DAILY, retention_hours=1)


@pytest.fixture
def cameras(lot):
    return make_device(lot, "entry"), make_device(lot, "exit")


def visit(cameras, at, minutes=20, plate=PLATE):
    """Let a car in and out again; return its session."""
    see(cameras[0], plate, at)
    see(cameras[1], plate, at + timedelta(minutes=minutes))
    return ParkingSession.objects.order_by("entered_at").last()


def quote(lot, at, plate=PLATE):
    return of_plate(lot, parse(plate), at=at).price(until=at)


def test_second_visit_of_the_day_is_charged(lot, cameras):
    assert visit(cameras, NOON).left_at == NOON + timedelta(minutes=20)
    later = NOON + timedelta(hours=3)
    see(cameras[0], PLATE, later)
    price = quote(lot, later + timedelta(minutes=10))
    assert (price.fen, price.lines[0].code) == (500, "free_used_today")
    see(cameras[1], PLATE, later + timedelta(minutes=10))
    session = ParkingSession.objects.get(entered_at=later)
    assert session.left_at is None  # the barrier waits for the fee
    assert price_session(session, until=later + timedelta(minutes=10))[0] == price


TWICE = {**DAILY, "free": {**DAILY["free"], "repeat": "times_a_day", "times": 2}}
SOON = {"as": "no_free", "window": {"from": "left", "minutes": 60}}


@pytest.mark.parametrize("erased", [0, 1, 2])
def test_third_visit_of_the_day_is_charged(erased):
    """Also where the earlier sessions have lost their plates, one after the other."""
    lot = make_lot(tariff=TWICE, retention_hours=1)
    cameras = make_device(lot, "entry"), make_device(lot, "exit")
    for hour in range(2):
        visit(cameras, NOON + timedelta(hours=hour))
        assert ParkingSession.objects.latest("entered_at").left_at is not None
    for hours in range(erased):
        erase_plates(at=NOON + timedelta(hours=1.5 + hours))
    uses = FreeMinutesUse.objects.all()
    assert [use.uses for use in uses] == ([erased] if erased else [])
    later = NOON + timedelta(hours=4)
    see(cameras[0], PLATE, later)
    price = quote(lot, later + timedelta(minutes=10))
    assert (price.fen, price.lines[0].code) == (500, "free_used_day")


def test_visit_charged_for_coming_back_uses_none():
    """The second visit begins half an hour after the first and pays; so the third has the second free one."""
    lot = make_lot(tariff={**TWICE, "reentry": SOON}, retention_hours=24)
    cameras = make_device(lot, "entry"), make_device(lot, "exit")
    visit(cameras, NOON)
    second = visit(cameras, NOON + timedelta(minutes=50))
    assert price_session(second, until=NOON + timedelta(minutes=60))[0].fen == 500
    ParkingSession.objects.filter(pk=second.pk).update(left_at=NOON + timedelta(minutes=70))
    for hours, fen in ((4, 0), (8, 500)):
        at = NOON + timedelta(hours=hours)
        see(cameras[0], PLATE, at)
        assert quote(lot, at + timedelta(minutes=10)).fen == fen
        see(cameras[1], PLATE, at + timedelta(minutes=10))


@pytest.mark.parametrize("other", [{"plate": "沪B12345"}, {"hours": 24}])
def test_other_plate_or_day_is_free(lot, cameras, other):
    visit(cameras, NOON)
    at, plate = NOON + timedelta(hours=other.get("hours", 3)), other.get("plate", PLATE)
    see(cameras[0], plate, at)
    assert quote(lot, at + timedelta(minutes=10), plate).fen == 0


def test_long_stay_uses_no_free_minutes(lot, cameras):
    visit(cameras, NOON, minutes=20)
    ParkingSession.objects.update(left_at=NOON + timedelta(hours=2))
    see(cameras[0], PLATE, NOON + timedelta(hours=3))
    assert quote(lot, NOON + timedelta(hours=3, minutes=10)).fen == 0


def test_use_is_known_after_erasure(lot, cameras):
    session = visit(cameras, NOON)
    later = NOON + timedelta(hours=3)
    erase_plates(at=later)
    session.refresh_from_db()
    assert session.plate_index is None
    use = FreeMinutesUse.objects.get()
    assert (use.lot, use.used_at) == (lot, session.left_at)
    see(cameras[0], PLATE, later)
    assert quote(lot, later + timedelta(minutes=10)).fen == 500


def test_use_is_erased_with_the_day(lot, cameras):
    visit(cameras, NOON)
    erase_plates(at=NOON + timedelta(hours=3))
    assert daily_free_uses.forget(at=NOON + timedelta(hours=11)) == 0
    assert daily_free_uses.forget(at=NOON + timedelta(hours=12)) == 1
    assert not FreeMinutesUse.objects.exists()


def test_use_waits_for_a_car_inside(lot, cameras):
    visit(cameras, NOON)
    erase_plates(at=NOON + timedelta(hours=3))
    see(cameras[0], PLATE, NOON + timedelta(hours=4))
    assert daily_free_uses.forget(at=NOON + timedelta(days=2)) == 0
    assert daily_free_uses.forget(at=NOON + timedelta(days=33)) == 1


def test_erasure_the_day_after_stores_nothing(lot, cameras):
    visit(cameras, NOON)
    erase_plates(at=NOON + timedelta(days=1))
    assert not FreeMinutesUse.objects.exists()


def test_other_tariffs_store_nothing(cameras):
    lot = make_lot(retention_hours=1)
    visit((make_device(lot, "entry"), make_device(lot, "exit")), NOON, minutes=10)
    erase_plates(at=NOON + timedelta(hours=3))
    assert not FreeMinutesUse.objects.exists()


def test_charged_stay_stores_nothing(lot, cameras):
    visit(cameras, NOON)
    ParkingSession.objects.update(left_at=NOON + timedelta(minutes=50))
    erase_plates(at=NOON + timedelta(hours=3))
    assert not FreeMinutesUse.objects.exists()


def test_request_for_erasure_erases_the_use(lot, cameras):
    visit(cameras, NOON)
    erase_plates(at=NOON + timedelta(hours=3))
    again = visit(cameras, NOON + timedelta(hours=4))
    ParkingSession.objects.filter(pk=again.pk).update(left_at=NOON + timedelta(hours=5))
    again.refresh_from_db()
    erase_session(again, at=NOON + timedelta(hours=6))
    assert not FreeMinutesUse.objects.exists()


def test_own_use_does_not_count(lot, cameras):
    """A late report may bring a plate back after its erasure."""
    session = visit(cameras, NOON)
    plate, index = session.plate, session.plate_index
    erase_plates(at=NOON + timedelta(hours=3))
    ParkingSession.objects.update(plate=plate, plate_index=index)
    session.refresh_from_db()
    assert price_session(session, until=session.left_at)[0].fen == 0
