"""Stays made anew from what was seen keep what else is known of them."""

from datetime import timedelta

import pytest

from lots import gates, sessions
from lots.models import GateCommand, Lane, ParkingSession, PlateRead
from lots.sessions import rebuild
from lots.vault import plate_index
from tests.factories import NOON, make_device, see

pytestmark = pytest.mark.django_db
PLATE, MISREAD = "沪A12345", "沪A12346"


def after(**time):
    return NOON + timedelta(**time)


def again(lot, plate=PLATE):
    return rebuild(lot, plate_index(lot.pk, plate))


def stays():
    rows = ParkingSession.objects.order_by("entered_at")
    return list(rows.values_list("entered_at", "left_at", "departure"))


def pay(session, at):
    sessions.credit(session, fen=1000, paid_at=at, exit_until=at + timedelta(minutes=15))


def test_a_stay_that_staff_ended_is_not_opened_again(lot, entry):
    see(entry, PLATE, NOON)
    ParkingSession.objects.update(left_at=after(hours=1), departure="manual")
    assert again(lot) is None
    assert stays() == [(NOON, after(hours=1), "manual")]


def test_a_stay_ended_by_a_misread_exit_is_not_opened_again(lot, entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, MISREAD, after(minutes=5))
    session = ParkingSession.objects.get()
    gates.release(session, lane=way_out.lane, cause="nothing_owed", at=after(minutes=5))
    gates.take_commands(way_out, at=after(minutes=5))
    assert again(lot) is None
    assert stays() == [(NOON, after(minutes=5), "released")]


def test_a_misread_exit_ends_no_stay_of_the_car_it_was_mistaken_for(lot, entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, MISREAD, after(minutes=5))
    gates.release(ParkingSession.objects.get(), lane=way_out.lane, cause="nothing_owed", at=after(minutes=5))
    gates.take_commands(way_out, at=after(minutes=5))
    see(entry, MISREAD, after(minutes=6))
    again(lot, MISREAD)
    assert stays() == [(NOON, after(minutes=5), "released"), (after(minutes=6), None, "")]


def test_a_car_let_out_of_a_lane_for_both_by_its_typed_plate_has_left(lot, entry):
    gate = make_device(lot, "both")
    see(entry, PLATE, NOON)
    see(gate, None, after(minutes=5))
    gates.release(ParkingSession.objects.get(), lane=gate.lane, cause="nothing_owed", at=after(minutes=5))
    gates.take_commands(gate, at=after(minutes=5))
    read = PlateRead.objects.get(lane=gate.lane)
    assert (read.direction, read.outcome) == (Lane.Direction.EXIT, "left")
    assert again(lot) is None


def test_a_stay_whose_reads_are_forgotten_is_kept(lot, entry):
    see(entry, PLATE, NOON)
    PlateRead.objects.update(plate=None, plate_index=None, session=None)
    assert again(lot).entered_at == NOON


def test_what_was_paid_is_never_written_back(lot, entry, monkeypatch):
    see(entry, PLATE, NOON)
    stale = sessions._pair

    def and_a_payment_settles(made, rows):
        ParkingSession.objects.update(paid_fen=1000)
        return stale(made, rows)

    monkeypatch.setattr(sessions, "_pair", and_a_payment_settles)
    see(entry, PLATE, after(minutes=-10), offline=True, received=after(minutes=1))
    assert ParkingSession.objects.filter(paid_fen=1000).exists()


def test_a_car_held_at_the_exit_is_let_out_although_its_stay_was_made_anew(lot, entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, PLATE, after(hours=3))
    for device, hours in ((way_out, 1), (entry, 2)):  # it had been out between; nobody had said
        see(device, PLATE, after(hours=hours), offline=True, received=after(hours=3))
    session = ParkingSession.objects.get(left_at=None)
    pay(session, after(hours=3))
    command = gates.release(session, lane=None, cause=GateCommand.Cause.PAID, at=after(hours=3))
    assert command is not None


def test_two_entry_lanes_that_read_one_car_in_the_same_second_open_one_barrier(lot, entry):
    beside = make_device(lot, "entry")
    assert see(entry, PLATE, NOON).opens(NOON)
    assert not see(beside, PLATE, NOON).opens(NOON)


@pytest.mark.parametrize("seconds", [5, 59])
def test_in_a_lane_for_both_a_car_seen_twice_has_not_turned_round(lot, seconds):
    gate = make_device(lot, "both")
    for minutes, open_stays in ((0, 1), (10, 0)):
        see(gate, PLATE, after(minutes=minutes))
        see(gate, PLATE, after(minutes=minutes, seconds=seconds))
        assert ParkingSession.objects.filter(left_at=None).count() == open_stays
    assert ParkingSession.objects.count() == 1
