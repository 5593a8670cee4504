"""A barrier opens for the car that stands there, once, and never leaves it there for good."""

from datetime import timedelta

import pytest

from lots import gates, sessions
from lots.models import GateCommand, ParkingSession, PlateRead
from lots.tickets import NoCarWaiting, issue_ticket
from tests.factories import NOON, make_device, see

pytestmark = pytest.mark.django_db
PLATE, OTHER = "沪A12345", "沪B22222"
LEAVING = NOON + timedelta(minutes=61)
Cause = GateCommand.Cause


@pytest.fixture
def paid(entry):
    see(entry, PLATE, NOON)
    session = ParkingSession.objects.get()
    sessions.credit(session, fen=1000, paid_at=LEAVING, exit_until=LEAVING + timedelta(minutes=15))
    return session


def release(session, lane=None, at=LEAVING):
    return gates.release(session, lane=lane, cause=Cause.PAID, at=at)


def hold(device, session, at=LEAVING):
    """Let the car be read at the exit as one that owes."""
    verdict = see(device, PLATE, at)
    PlateRead.objects.filter(pk=verdict.read.pk).update(outcome="held", moved_at=None)
    GateCommand.objects.filter(read=verdict.read).delete()
    sessions.reopen(session)
    return verdict.read


def test_unopened_barrier_gets_new_command(paid, way_out):
    hold(way_out, paid)
    first = release(paid)
    gates.take_commands(way_out, at=LEAVING)
    gates.acknowledge(way_out, first.pk, opened=False, at=LEAVING)
    paid.refresh_from_db()
    second = release(paid)
    assert second.pk != first.pk
    assert gates.take_commands(way_out, at=LEAVING) == [second]
    paid.refresh_from_db()
    assert paid.left_at == LEAVING


def test_late_failure_ignored_after_reentry(paid, entry, way_out):
    hold(way_out, paid)
    command = release(paid)
    gates.take_commands(way_out, at=LEAVING)
    see(entry, PLATE, LEAVING + timedelta(minutes=5))
    gates.acknowledge(way_out, command.pk, opened=False, at=LEAVING + timedelta(minutes=6))
    assert PlateRead.objects.get(pk=command.read_id).moved_at == LEAVING
    assert ParkingSession.objects.filter(left_at=None).count() == 1


def test_unfetched_command_passes_to_next_stay(paid, entry, way_out):
    see(entry, OTHER, LEAVING - timedelta(minutes=5))
    mine = ParkingSession.objects.get(left_at=None, paid_fen=0)
    see(way_out, None, LEAVING)
    release(paid, way_out.lane)
    later = LEAVING + timedelta(minutes=2)
    command = release(mine, way_out.lane, at=later)
    assert gates.take_commands(way_out, at=later) == [command]
    mine.refresh_from_db()
    paid.refresh_from_db()
    assert (mine.left_at, paid.left_at) == (later, None)


def test_paid_car_released_at_second_lane(lot, paid, way_out):
    hold(way_out, paid)
    see(way_out, OTHER, LEAVING)
    beside = make_device(lot, "exit")
    see(beside, None, LEAVING)
    assert release(paid) is None
    assert release(paid, beside.lane).lane == beside.lane


def test_offline_record_hides_no_waiting_car(paid, way_out):
    read = hold(way_out, paid)
    see(way_out, OTHER, LEAVING + timedelta(seconds=30), offline=True, received=LEAVING)
    assert gates.standing(way_out.lane, at=LEAVING) == read


def test_nothing_opens_for_ended_stay(paid, way_out):
    hold(way_out, paid)
    paid.left_at = LEAVING
    assert release(paid) is None


def test_queued_command_opens_nothing_after_departure(paid, way_out):
    hold(way_out, paid)
    queued = release(paid)
    later = see(way_out, PLATE, LEAVING + timedelta(seconds=2))
    assert later.opens(LEAVING + timedelta(seconds=2))
    assert gates.take_commands(way_out, at=LEAVING + timedelta(seconds=3)) == []
    queued.refresh_from_db()
    assert queued.state == "expired"


def test_expired_command_is_not_sent(paid, way_out):
    hold(way_out, paid)
    command = release(paid)
    assert not gates._send(command, at=command.expires_at)


def test_final_state_is_never_left(paid, way_out):
    hold(way_out, paid)
    command = release(paid)
    assert command.advance("sent")
    assert command.advance("opened")
    for state in GateCommand.State:
        assert not command.advance(state)
    command.refresh_from_db()
    assert command.state == "opened"


@pytest.mark.parametrize("fetched", [True, False])
def test_unused_ticket_can_be_requested_again(entry, fetched):
    see(entry, None, NOON)
    ticket = issue_ticket(lane=entry.lane, at=NOON)
    later = NOON + timedelta(minutes=2)
    if fetched:
        (command,) = gates.take_commands(entry, at=NOON)
        gates.acknowledge(entry, command.pk, opened=False, at=NOON)
    assert issue_ticket(lane=entry.lane, at=later) == ticket
    with pytest.raises(NoCarWaiting):
        issue_ticket(lane=entry.lane, at=later + timedelta(seconds=1))
    assert len(gates.take_commands(entry, at=later)) == 1
    assert ParkingSession.objects.count() == 1


def test_manual_order_ends_when_answer_opens(paid, way_out):
    """Staff opened for a car whose order was lost on its way; the answer to its next read lets it out."""
    hold(way_out, paid)
    release(paid)
    gates.take_commands(way_out, at=LEAVING)
    assert gates.open_by_hand(way_out.lane, at=LEAVING + timedelta(seconds=10))
    again = LEAVING + timedelta(seconds=20)
    assert see(way_out, PLATE, again).opens(again)
    assert gates.take_commands(way_out, at=again) == []


def test_manual_order_ends_when_car_leaves(paid, way_out):
    assert gates.open_by_hand(way_out.lane, at=LEAVING)
    later = LEAVING + timedelta(seconds=2)
    assert see(way_out, PLATE, later).opens(later)
    assert gates.take_commands(way_out, at=later) == []


def test_manual_order_opens_for_unseen_car(paid, way_out):
    see(way_out, PLATE, LEAVING)
    later = LEAVING + timedelta(seconds=2)
    command = gates.open_by_hand(way_out.lane, at=later)
    assert gates.take_commands(way_out, at=later) == [command]


# a car that backs off from its barrier before it is paid for


def let_through(entry, way_out, at):
    """Let another car pass the exit, within its free minutes."""
    see(entry, OTHER, at - timedelta(minutes=1))
    assert see(way_out, OTHER, at).opens(at)


@pytest.fixture
def backed_off(paid, entry, way_out):
    """It was held, and gone from the barrier when its payment opened that."""
    hold(way_out, paid)
    opened = LEAVING + timedelta(minutes=1)
    release(paid, at=opened)
    assert gates.take_commands(way_out, at=opened)
    let_through(entry, way_out, LEAVING + timedelta(minutes=2))
    return paid


@pytest.mark.parametrize("minutes", [3, 15])
@pytest.mark.parametrize("lane", ["same", "other"])
def test_paid_car_may_come_back(backed_off, lot, way_out, lane, minutes):
    exit_ = way_out if lane == "same" else make_device(lot, "exit")
    later = LEAVING + timedelta(minutes=minutes)
    verdict = see(exit_, PLATE, later)
    assert verdict.opens(later)
    backed_off.refresh_from_db()
    assert (backed_off.left_at, backed_off.exit_lane) == (later, exit_.lane)
    assert list(PlateRead.objects.filter(outcome="left", session=backed_off)) == [verdict.read]


def test_late_record_keeps_the_one_session(backed_off, lot, entry, way_out):
    later = LEAVING + timedelta(minutes=10)
    see(way_out, PLATE, later)
    see(entry, PLATE, NOON - timedelta(hours=2), offline=True, received=later)
    ended = ParkingSession.objects.filter(plate_index=backed_off.plate_index).order_by("entered_at")
    assert [session.entered_at for session in ended] == [NOON - timedelta(hours=2), NOON]
    assert ended[1].left_at == later


def test_paid_car_comes_back_too_late(backed_off, way_out):
    later = LEAVING + timedelta(minutes=15, seconds=1)
    assert see(way_out, PLATE, later).read.outcome == "unmatched"


def test_car_seen_leaving_does_not_come_back(paid, entry, way_out):
    """It was at the barrier as that opened: now it is another car's plate, or its entry is missing."""
    see(way_out, PLATE, LEAVING)
    let_through(entry, way_out, LEAVING + timedelta(minutes=1))
    later = LEAVING + timedelta(minutes=3)
    assert see(way_out, PLATE, later).read.outcome == "unmatched"


def test_returning_car_has_a_new_session(backed_off, entry, way_out):
    see(entry, PLATE, LEAVING + timedelta(minutes=4))
    later = LEAVING + timedelta(minutes=5)
    assert see(way_out, PLATE, later).opens(later)
    backed_off.refresh_from_db()
    assert backed_off.left_at == LEAVING + timedelta(minutes=1)
