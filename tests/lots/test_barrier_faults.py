"""A barrier that car after car is ordered to open, and that reports no opening."""

from datetime import timedelta

import pytest

from lots import gates
from lots.barrier_faults import barrier_faults
from lots.models import GateCommand, Lot
from monitoring import measurements
from tests.factories import NOON, make_device, make_lot, see

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PLATES = [f"沪A1234{number}" for number in range(10)]


@pytest.fixture
def gate():
    return make_device(make_lot(slug="own"), "entry", make="api")


def drive_in(device, at, answers):
    """Let a car come each minute; `answers`: whether the barrier opened, or None for no report."""
    for number, opened in enumerate(answers):
        came = at + number * MINUTE
        see(device, PLATES[number], came)
        command = GateCommand.objects.get(read__captured_at=came)
        if opened is not None:
            gates.acknowledge(device, command.pk, opened=opened, at=came)
    return at + len(answers) * MINUTE


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        ([True, None, None], 0),
        ([True, None, None, None], 3),
        ([True, False, None, False, None], 4),
        ([False, False, False], 3),
        ([True, None, None, None, True], 0),
        ([None, None, None, None], 0),  # its program reports nothing
    ],
)
def test_unreported_openings_count_in_a_row(gate, answers, count):
    at = drive_in(gate, NOON, answers)
    found = barrier_faults(at)
    assert [(fault.lane, fault.count) for fault in found] == ([(gate.lane, count)] if count else [])
    assert all(fault.since == NOON + (len(answers) - count) * MINUTE for fault in found)


def test_late_report_ends_the_fault(gate):
    at = drive_in(gate, NOON, [True, None, None, None])
    assert barrier_faults(at)
    gates.acknowledge(gate, GateCommand.objects.latest("issued_at").pk, opened=True, at=at)
    assert not barrier_faults(at)


def test_order_just_sent_is_no_fault(gate):
    at = drive_in(gate, NOON, [True, None, None, None])
    assert not barrier_faults(at - MINUTE)


def test_camera_without_reports_has_no_fault():
    camera = make_device(make_lot(), "entry")
    at = drive_in(camera, NOON, [None] * 5)
    assert not barrier_faults(at)
    GateCommand.objects.update(state="expired")  # its polling address is wrong: it fetches none
    assert [fault.count for fault in barrier_faults(at)] == [5]


def test_faults_of_closed_lots_are_ignored(gate):
    at = drive_in(gate, NOON, [True, None, None, None])
    assert not barrier_faults(at, [make_lot().pk])
    assert [each.cars for each in measurements.barriers(at, [gate.lot_id])] == [3]
    Lot.objects.update(closed_at=NOON)
    assert not measurements.barriers(at)
