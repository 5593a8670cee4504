"""What a camera reports becomes stays and an answer for the barrier."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lots.corrections import correct_plate
from lots.models import GateCommand, ParkingSession, PlateRead
from lots.plates import parse
from lots.sessions import due_fen
from tests.effort import cases
from tests.factories import NOON, make_device, make_lot, see

PLATE = "沪A12345"
Outcome = PlateRead.Outcome
pytestmark = pytest.mark.django_db


def after(**time):
    return NOON + timedelta(**time)


def test_entry_opens_stay_and_barrier(entry):
    verdict = see(entry, PLATE, NOON)
    assert verdict.opens(NOON)
    assert verdict.read.outcome == Outcome.ENTERED
    session = ParkingSession.objects.get()
    assert (session.entered_at, session.left_at, session.entry_lane) == (NOON, None, entry.lane)


@pytest.mark.parametrize("offline", [False, True])
def test_doubted_read_at_exit_decides_nothing(entry, way_out, offline):
    see(entry, PLATE, NOON)
    ParkingSession.objects.update(paid_fen=100_000, exit_until=after(hours=2))
    verdict = see(way_out, PLATE, after(hours=1), confidence=20, offline=offline)
    assert not verdict.opens(after(hours=1))
    read = PlateRead.objects.get(pk=verdict.read.pk)
    assert (read.outcome, read.plate, read.plate_index) == (Outcome.UNREAD, None, None)
    assert read.outcome in PlateRead.TO_REVIEW
    assert ParkingSession.objects.get().left_at is None


def test_doubted_read_at_entry_starts_nothing(entry):
    assert not see(entry, PLATE, NOON, confidence=49).opens(NOON)
    assert not ParkingSession.objects.exists()


@pytest.mark.parametrize(("least", "confidence"), [(50, 50), (50, None), (0, 0), (100, 100)])
def test_sure_read_decides(entry, least, confidence):
    entry.lane.min_confidence = least
    entry.lane.save()
    assert see(entry, PLATE, NOON, confidence=confidence).opens(NOON)


def test_repeated_read_is_idempotent(entry):
    first = see(entry, PLATE, NOON, key="1")
    again = see(entry, PLATE, NOON, key="1", received=after(seconds=4))
    assert (again.read, again.command) == (first.read, first.command)
    assert again.opens(after(seconds=4))
    assert ParkingSession.objects.count() == GateCommand.objects.count() == PlateRead.objects.count() == 1


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("is_erased", [False, True])
def test_restarted_counter_hides_no_car(entry, offline, is_erased):
    """The device counts its events, and begins again at 1."""
    see(entry, PLATE, NOON, key="1")
    if is_erased:
        PlateRead.objects.update(plate=None, plate_index=None)
    for _ in range(2):
        other = see(entry, "沪B67890", after(days=3), key="1", offline=offline)
    assert other.read.captured_at == after(days=3)
    assert PlateRead.objects.count() == ParkingSession.objects.count() == 2


def test_restarted_counter_lets_same_car_in(entry, way_out):
    """The device counts from 1 each morning, and the first car is the same."""
    see(entry, PLATE, NOON, key="1")
    see(way_out, PLATE, after(minutes=5))
    for _ in range(2):
        assert see(entry, PLATE, after(days=1), key="1").opens(after(days=1))
    assert ParkingSession.objects.filter(left_at=None).get().entered_at == after(days=1)
    assert PlateRead.objects.filter(device=entry).count() == 2


@pytest.mark.parametrize(("plate", "read_as"), [(PLATE, "沪A12346"), (None, None)])
def test_repeat_after_correction_is_no_event(entry, plate, read_as):
    """Staff have corrected the plate, or the camera's clock stands in another year."""
    see(entry, read_as, NOON if plate else after(days=-900), key="1", received=NOON)
    if plate:
        correct_plate(ParkingSession.objects.get(), plate=parse(plate))
    see(entry, read_as, NOON if plate else after(days=-900), key="1", received=after(seconds=9))
    assert PlateRead.objects.count() == 1


def test_repeat_after_expiry_opens_nothing(entry):
    see(entry, PLATE, NOON, key="1")
    assert not see(entry, PLATE, NOON, key="1", received=after(minutes=5)).opens(after(minutes=5))


def test_car_within_free_minutes_leaves(entry, way_out):
    see(entry, PLATE, NOON)
    verdict = see(way_out, PLATE, after(minutes=15))
    assert verdict.opens(after(minutes=15))
    session = ParkingSession.objects.get()
    assert (session.left_at, session.departure) == (after(minutes=15), "released")


def test_unpaid_car_is_held_with_amount(entry, way_out):
    see(entry, PLATE, NOON)
    verdict = see(way_out, PLATE, after(minutes=61))
    assert not verdict.opens(after(minutes=61))
    assert (verdict.read.outcome, verdict.due_fen) == (Outcome.HELD, 1000)
    assert ParkingSession.objects.get().left_at is None


def test_car_without_entry_needs_staff(way_out):
    verdict = see(way_out, PLATE, NOON)
    assert not verdict.opens(NOON)
    assert verdict.read.outcome == Outcome.UNMATCHED
    assert not ParkingSession.objects.exists()


def test_double_entry_read_makes_one_stay(lot, entry):
    beside = make_device(lot, "entry")
    assert see(entry, PLATE, NOON).opens(NOON)
    second = see(beside, PLATE, after(seconds=2))
    assert not second.opens(after(seconds=2))
    assert second.read.outcome == Outcome.DUPLICATE
    assert ParkingSession.objects.get().entered_at == NOON


def test_same_camera_reopens_for_repeat(entry):
    see(entry, PLATE, NOON)
    assert see(entry, PLATE, after(seconds=20)).opens(after(seconds=20))
    assert ParkingSession.objects.count() == 1


def test_waiting_at_entry_is_one_stay(lot, entry):
    """The barrier stays down: its camera reads the car again, then that of the lane to which it moves."""
    beside = make_device(lot, "entry")
    moves = [
        (entry, 0, True),
        (beside, 30, False),
        (entry, 180, True),
        (beside, 200, True),
        (entry, 800, True),
    ]
    for device, seconds, opens in moves:
        at = after(seconds=seconds)
        assert see(device, PLATE, at).opens(at) is opens
    assert ParkingSession.objects.get().entered_at == NOON


def test_lost_exit_order_is_repeated(entry, way_out):
    see(entry, PLATE, NOON)
    see(entry, "沪B12345", NOON)
    first = see(way_out, PLATE, after(minutes=5))
    again = see(way_out, PLATE, after(minutes=9))  # no camera reports that the order was lost
    assert again.opens(after(minutes=9))
    assert again.read.outcome == Outcome.DUPLICATE
    assert again.command != first.command  # a device that keeps the ids would not open for the first again
    first.command.refresh_from_db()
    assert again.command.read_id == first.read.pk
    assert first.command.read is None
    assert see(way_out, "沪B12345", after(minutes=10)).opens(after(minutes=10))
    assert see(way_out, PLATE, after(minutes=12)).read.outcome == Outcome.UNMATCHED  # it did drive on
    assert see(way_out, "沪B12345", after(minutes=26)).read.outcome == Outcome.UNMATCHED  # backed in again


def test_reentry_ends_stale_stay_for_review(entry):
    see(entry, PLATE, NOON)
    assert see(entry, PLATE, after(hours=5)).opens(after(hours=5))
    old, new = ParkingSession.objects.order_by("entered_at")
    assert (old.left_at, old.departure, old.needs_review) == (after(hours=5), "missed", True)
    assert (new.entered_at, new.left_at, new.needs_review) == (after(hours=5), None, False)


def test_early_exit_ends_stay_at_entry(entry, way_out):
    see(entry, PLATE, after(seconds=90), received=NOON)
    verdict = see(way_out, PLATE, after(seconds=30))
    assert verdict.opens(after(seconds=30))
    session = ParkingSession.objects.get()
    assert session.left_at == session.entered_at == after(seconds=90)


@pytest.mark.parametrize("wrong", [timedelta(hours=-8), timedelta(hours=9), timedelta(days=-20000)])
def test_wrong_device_time_is_replaced(entry, wrong):
    see(entry, PLATE, NOON + wrong, received=NOON)
    assert ParkingSession.objects.get().entered_at == NOON
    entry.refresh_from_db()
    assert entry.clock_offset == wrong.total_seconds()


@pytest.mark.parametrize("time", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_impossible_offline_time_is_quarantined(entry, time):
    verdict = see(entry, PLATE, time, offline=True, received=NOON)
    assert verdict.read.outcome == Outcome.QUARANTINED
    assert not verdict.opens(NOON)
    assert not ParkingSession.objects.exists()


@pytest.mark.parametrize("text", ["unknown", "Unknown", "No plate", "none", "NULL", "00000000", "_无_"])
def test_words_for_no_plate_are_unread(entry, text):
    assert see(entry, text, NOON).read.outcome == Outcome.UNREAD


@pytest.mark.parametrize("text", ["888", "KNOWN1"])
def test_foreign_plate_is_read(entry, text):
    assert see(entry, text, NOON).read.outcome == Outcome.ENTERED


def test_unread_plate_opens_nothing(entry, way_out):
    for device in (entry, way_out):
        verdict = see(device, None, NOON)
        assert (verdict.read.outcome, verdict.opens(NOON)) == (Outcome.UNREAD, False)


def test_unknown_plate_is_read_as_overseas(entry):
    assert see(entry, "ABC1234", NOON).read.plate_kind == "overseas"


def test_an_emergency_vehicle_owes_nothing(entry, way_out):
    see(entry, "沪X1234应急", NOON)
    assert see(way_out, "沪X1234应急", after(hours=30)).opens(after(hours=30))


def test_same_plate_elsewhere_is_another_stay(entry):
    other = make_device(make_lot(), "entry")
    see(entry, PLATE, NOON)
    see(other, PLATE, NOON)
    indexes = set(ParkingSession.objects.values_list("plate_index", flat=True))
    assert len({bytes(index) for index in indexes}) == 2


def test_two_way_lane_alternates_direction(lot):
    gate = make_device(lot, "both")
    assert see(gate, PLATE, NOON).read.outcome == Outcome.ENTERED
    assert see(gate, PLATE, after(minutes=10)).read.outcome == Outcome.LEFT


OFFLINE = [("entry", 0), ("exit", 30), ("entry", 60), ("exit", 90)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_offline_order_does_not_change_stays(lot, entry, way_out, order):
    for index in (*order, *order[:2]):
        direction, minutes = OFFLINE[index]
        device = entry if direction == "entry" else way_out
        read = see(
            device, PLATE, after(minutes=minutes), offline=True, received=after(hours=3), key=str(index)
        )
        assert not read.opens(after(hours=3))
    found = ParkingSession.objects.order_by("entered_at").values_list("entered_at", "left_at", "departure")
    assert list(found) == [
        (NOON, after(minutes=30), "offline"),
        (after(minutes=60), after(minutes=90), "offline"),
    ]


def test_late_entry_record_corrects_fee(entry, way_out):
    see(way_out, PLATE, after(minutes=55))
    see(entry, PLATE, NOON, offline=True, received=after(minutes=60))
    session = ParkingSession.objects.get()
    assert due_fen(session, at=after(minutes=61)) == 1000
    assert see(way_out, PLATE, after(minutes=61)).due_fen == 1000


def test_late_exit_record_ends_unpaid_stay(entry, way_out):
    see(entry, PLATE, NOON)
    see(way_out, PLATE, after(hours=2), offline=True, received=after(hours=3))
    session = ParkingSession.objects.get()
    assert (session.left_at, session.departure, session.paid_fen) == (after(hours=2), "offline", 0)


def test_rebuild_leaves_payment_columns_untouched(entry, way_out):
    see(entry, PLATE, NOON)
    with CaptureQueriesContext(connection) as queries:
        see(way_out, PLATE, after(minutes=5), offline=True, received=after(minutes=10))
    assert ParkingSession.objects.get().left_at == after(minutes=5)
    updates = [one["sql"] for one in queries if one["sql"].startswith('UPDATE "lots_parkingsession"')]
    assert updates
    assert not [update for update in updates if "paid" in update or "exit_until" in update]


class Replay(TestCase):
    """Any mix of live and replayed records leaves stays that make sense."""

    @settings(max_examples=cases(15))
    @given(
        st.lists(
            st.tuples(st.sampled_from(["entry", "exit"]), st.integers(0, 300), st.booleans()), max_size=12
        )
    )
    def test_mixed_records_make_consistent_stays(self, records):
        lot = make_lot()
        devices = {name: make_device(lot, name) for name in ("entry", "exit")}
        clock = 0
        for direction, minutes, live in records:
            clock = max(clock, minutes)
            when = after(minutes=clock if live else minutes)
            see(devices[direction], PLATE, when, offline=not live, received=after(minutes=clock))
        sessions = list(ParkingSession.objects.filter(lot=lot))
        assert sum(session.left_at is None for session in sessions) <= 1
        closed = sorted(
            (session.entered_at or session.left_at, session.left_at)
            for session in sessions
            if session.left_at is not None
        )
        for (_, left), (entered, _) in pairwise(closed):
            assert left <= entered
