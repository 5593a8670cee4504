"""Stays made again from what was seen keep what else is known of them."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import connection

from core.vault import plate_index
from lots import gates, sessions
from lots.models import GateCommand, Lane, ParkingSession, PlateRead
from lots.sessions import rebuild
from tests.factories import NOON, make_device, see

pytestmark = pytest.mark.django_db
PLATE, MISREAD = "沪A12345", "沪A12346"


def after(**time):
    return NOON + timedelta(**time)


def rebuild_sessions(lot, plate=PLATE):
    return rebuild(lot, plate_index(lot.pk, plate))


def stored_sessions():
    rows = ParkingSession.objects.order_by("entered_at")
    return list(rows.values_list("entered_at", "left_at", "departure"))


def pay(session, at):
    sessions.credit(session, fen=1000, paid_at=at, exit_until=at + timedelta(minutes=15))


def test_staff_ended_stay_is_not_reopened(lot, entry):
    see(entry, PLATE, NOON)
    ParkingSession.objects.update(left_at=after(hours=1), departure="manual")
    assert rebuild_sessions(lot) is None
    assert stored_sessions() == [(NOON, after(hours=1), "manual")]


def test_misread_exit_stay_is_not_reopened(lot, entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, MISREAD, after(minutes=5))
    session = ParkingSession.objects.get()
    gates.release(session, lane=way_out.lane, cause="nothing_owed", at=after(minutes=5))
    gates.take_commands(way_out, at=after(minutes=5))
    assert rebuild_sessions(lot) is None
    assert stored_sessions() == [(NOON, after(minutes=5), "released")]


def test_misread_exit_ends_no_other_stay(lot, entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, MISREAD, after(minutes=5))
    gates.release(ParkingSession.objects.get(), lane=way_out.lane, cause="nothing_owed", at=after(minutes=5))
    gates.take_commands(way_out, at=after(minutes=5))
    see(entry, MISREAD, after(minutes=6))
    rebuild_sessions(lot, MISREAD)
    assert stored_sessions() == [(NOON, after(minutes=5), "released"), (after(minutes=6), None, "")]


def test_release_in_two_way_lane_exits(lot, entry):
    gate = make_device(lot, "both")
    see(entry, PLATE, NOON)
    see(gate, None, after(minutes=5))
    gates.release(ParkingSession.objects.get(), lane=gate.lane, cause="nothing_owed", at=after(minutes=5))
    gates.take_commands(gate, at=after(minutes=5))
    read = PlateRead.objects.get(lane=gate.lane)
    assert (read.direction, read.outcome) == (Lane.Direction.EXIT, "left")
    assert rebuild_sessions(lot) is None


def test_stay_with_erased_reads_survives(lot, entry):
    see(entry, PLATE, NOON)
    PlateRead.objects.update(plate=None, plate_index=None, session=None)
    assert rebuild_sessions(lot).entered_at == NOON


def test_rebuild_preserves_concurrent_payment(lot, entry, monkeypatch):
    see(entry, PLATE, NOON)
    stale = sessions._pair

    def and_a_payment_settles(made, rows):
        ParkingSession.objects.update(paid_fen=1000)
        return stale(made, rows)

    monkeypatch.setattr(sessions, "_pair", and_a_payment_settles)
    see(entry, PLATE, after(minutes=-10), offline=True, received=after(minutes=1))
    assert ParkingSession.objects.filter(paid_fen=1000).exists()


def test_held_car_leaves_after_rebuild(lot, entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, PLATE, after(hours=3))
    for device, hours in ((way_out, 1), (entry, 2)):  # it had been out between; no camera had reported it
        see(device, PLATE, after(hours=hours), offline=True, received=after(hours=3))
    session = ParkingSession.objects.get(left_at=None)
    pay(session, after(hours=3))
    command = gates.release(session, lane=None, cause=GateCommand.Cause.PAID, at=after(hours=3))
    assert command is not None


def test_simultaneous_entry_reads_open_once(lot, entry):
    beside = make_device(lot, "entry")
    assert see(entry, PLATE, NOON).opens(NOON)
    assert not see(beside, PLATE, NOON).opens(NOON)


def test_entry_and_exit_of_one_moment_open(lot, entry, way_out):
    """A late exit record has the time of the entry that begins the next session: nothing of that is left."""
    see(entry, PLATE, NOON)
    see(way_out, PLATE, after(minutes=5), offline=True, received=after(minutes=5))
    for _ in range(2):
        assert see(entry, PLATE, after(minutes=5)).opens(after(minutes=5))
    connection.check_constraints()


@pytest.mark.parametrize("seconds", [5, 59])
def test_double_read_does_not_reverse_direction(lot, seconds):
    gate = make_device(lot, "both")
    for minutes, open_sessions in ((0, 1), (10, 0)):
        see(gate, PLATE, after(minutes=minutes))
        see(gate, PLATE, after(minutes=minutes, seconds=seconds))
        assert ParkingSession.objects.filter(left_at=None).count() == open_sessions
    assert ParkingSession.objects.count() == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_upload_order_decides_no_direction(lot, order):
    """A lane for both ways, cut off for two stays: what was inside at the upload tells nothing."""
    gate = make_device(lot, "both")
    for number in order:
        see(gate, PLATE, after(hours=number), offline=True, received=after(hours=9))
    stays = [(after(hours=hours), after(hours=hours + 1), "offline") for hours in (0, 2)]
    assert stored_sessions() == stays
    ways = PlateRead.objects.order_by("captured_at").values_list("direction", flat=True)
    assert list(ways) == ["entry", "exit"] * 2


@pytest.mark.parametrize("gate_of_record", ["both", "entry"])
def test_late_entry_turns_live_read_round(lot, gate_of_record):
    """A lane for both ways lets a car out before it uploads that this car came in."""
    gate = make_device(lot, "both")
    recorder = gate if gate_of_record == "both" else make_device(lot, "entry")
    assert see(gate, PLATE, after(hours=2)).opens(after(hours=2))
    see(recorder, PLATE, after(hours=1), offline=True, received=after(hours=3))
    assert stored_sessions() == [(after(hours=1), after(hours=2), "released")]
    live = PlateRead.objects.get(offline=False)
    assert (live.direction, live.outcome) == ("exit", "left")
    session = ParkingSession.objects.get()
    assert (sessions.due_fen(session, at=after(hours=3)), session.unsettled_at) == (500, after(hours=3))


@pytest.mark.parametrize("seconds", [30, 90])
def test_late_record_keeps_later_live_reads(lot, seconds):
    """A car that turns round within a minute, by another lane, left all the same."""
    entry, gate = make_device(lot, "entry"), make_device(lot, "both")
    see(entry, PLATE, after(hours=5))
    see(gate, PLATE, after(hours=5, seconds=seconds))
    see(make_device(lot, "exit"), PLATE, after(hours=4), offline=True, received=after(hours=6))
    see(entry, PLATE, after(hours=3), offline=True, received=after(hours=6))
    assert [stay[:2] for stay in stored_sessions()] == [
        (after(hours=3), after(hours=4)),
        (after(hours=5), after(hours=5, seconds=seconds)),
    ]


def test_exit_opened_by_hand_is_not_turned(lot):
    """Staff let a car out whose stay had ended: it did not come in at that moment."""
    entry, gate = make_device(lot, "entry"), make_device(lot, "both")
    see(entry, PLATE, NOON)
    see(gate, PLATE, after(hours=2))
    gates.release_by_hand(ParkingSession.objects.get(), at=after(hours=2))
    ParkingSession.objects.update(left_at=after(hours=1), departure="manual")
    assert gates.take_commands(gate, at=after(hours=2))
    see(entry, PLATE, after(minutes=-9), offline=True, received=after(hours=3))
    assert not ParkingSession.objects.filter(left_at=None).exists()


def test_late_exit_turns_live_read_round(lot, entry):
    """A car with a pass leaves while the exit is cut off, and comes back by a lane for both ways."""
    gate, way_out = make_device(lot, "both"), make_device(lot, "exit")
    see(entry, PLATE, NOON)
    see(gate, PLATE, after(minutes=14))
    see(way_out, PLATE, after(minutes=5), offline=True, received=after(minutes=20))
    assert [stay[:2] for stay in stored_sessions()] == [(NOON, after(minutes=5)), (after(minutes=14), None)]
