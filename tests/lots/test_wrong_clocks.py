"""Our clock was ahead and is right again, or a camera's is hours off: cars still get in and out."""

from datetime import UTC, datetime, timedelta

import pytest

from lots import gates, sessions
from lots.models import GateCommand, ParkingSession, PlateRead
from lots.sessions import due_fen
from tests.factories import NOON, see

pytestmark = pytest.mark.django_db
PLATE, OTHER = "沪A12345", "沪B22222"
AHEAD, HOUR = timedelta(hours=1), timedelta(hours=1)
LEAVING = NOON + timedelta(minutes=61)


@pytest.fixture
def inside(entry):
    see(entry, PLATE, NOON)
    return ParkingSession.objects.get()


def pay(session, at):
    sessions.credit(session, fen=1000, paid_at=at, exit_until=at + timedelta(minutes=15))
    return gates.release(session, lane=None, cause=GateCommand.Cause.PAID, at=at)


@pytest.mark.parametrize("seen", [OTHER, None])
def test_read_of_fast_clock_hides_no_car(inside, way_out, seen):
    see(way_out, seen, LEAVING + AHEAD)
    see(way_out, PLATE, LEAVING)
    assert gates.waits(inside, at=LEAVING)
    assert pay(inside, LEAVING).lane == way_out.lane


def test_car_read_by_fast_clock_still_stands(inside, way_out):
    see(way_out, OTHER, LEAVING - timedelta(minutes=1))
    see(way_out, PLATE, LEAVING + AHEAD)
    assert pay(inside, LEAVING).lane == way_out.lane


def test_car_read_by_both_clocks_is_released(inside, way_out):
    for at in (LEAVING + AHEAD, LEAVING):
        see(way_out, PLATE, at)
    assert pay(inside, LEAVING).read.captured_at == LEAVING


def test_payment_opens_for_no_car_after_it(inside, way_out):
    see(way_out, PLATE, LEAVING + AHEAD)
    see(way_out, OTHER, LEAVING)
    assert gates.standing(way_out.lane, at=LEAVING).outcome == PlateRead.Outcome.UNMATCHED
    assert pay(inside, LEAVING) is None


def test_command_of_fast_clock_opens_nothing(inside, way_out):
    see(way_out, PLATE, LEAVING + AHEAD)
    command = pay(inside, LEAVING + AHEAD)
    later = LEAVING + timedelta(minutes=20)
    assert gates.take_commands(way_out, at=later) == []
    assert gates.expire_commands(at=later) == 1
    see(way_out, PLATE, later)
    command.refresh_from_db()
    assert command.state == "expired"


def test_late_repeat_of_a_read_opens_nothing(entry):
    verdict = see(entry, PLATE, NOON + AHEAD, key="1")
    assert verdict.opens(NOON + AHEAD)
    again = see(entry, PLATE, NOON, key="1")
    assert not again.opens(NOON)


@pytest.mark.parametrize("ahead", [-8 * HOUR, 8 * HOUR, -3 * 24 * HOUR])
def test_offline_time_is_corrected_by_offset(entry, way_out, ahead):
    entry.clock_offset = way_out.clock_offset = ahead.total_seconds()
    reported = LEAVING + timedelta(minutes=30)
    see(entry, PLATE, NOON + ahead, offline=True, received=reported)
    session = ParkingSession.objects.get()
    assert (session.entered_at, due_fen(session, at=LEAVING)) == (NOON, 1000)
    see(way_out, PLATE, LEAVING + ahead, offline=True, received=reported)
    session.refresh_from_db()
    assert session.left_at == LEAVING


@pytest.mark.parametrize("offset", [30, -8 * 3600])
def test_offline_time_of_mended_clock_stands(entry, offset):
    entry.clock_offset = offset
    see(entry, PLATE, NOON, offline=True, received=NOON + HOUR)
    assert ParkingSession.objects.get().entered_at == NOON


@pytest.mark.parametrize("ahead", [timedelta(seconds=-110), timedelta(seconds=-121), -AHEAD])
def test_slow_camera_makes_one_session(entry, ahead):
    arrived = NOON + timedelta(seconds=12)  # the first report was lost
    see(entry, PLATE, NOON + ahead, received=arrived)
    second = NOON + timedelta(seconds=20)
    assert see(entry, PLATE, second + ahead, received=second).opens(second)
    assert ParkingSession.objects.count() == 1


def test_entry_by_both_clocks_is_one_session(entry):
    see(entry, PLATE, NOON + AHEAD)
    assert see(entry, PLATE, NOON).opens(NOON)
    assert ParkingSession.objects.count() == 1


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
def test_offline_time_at_calendar_end_is_quarantined(entry, year, ahead):
    entry.clock_offset = ahead.total_seconds()
    end = datetime(1, 1, 1, tzinfo=UTC) if year == 1 else datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert see(entry, PLATE, end, offline=True, received=NOON).read.outcome == "quarantined"
