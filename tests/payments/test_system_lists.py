"""A parking system's own list of the day, fetched each night and compared with our books."""

from datetime import datetime, time, timedelta

import pytest
from django.utils.timezone import localdate, now

from lots.models import Lot
from lots.plates import parse
from lots.systems import REMOTE
from lots.systems.parking_system import ListsPayments
from payments import settlements
from payments.models import Discrepancy, Payment, SystemListRun
from payments.system_lists import LAST_READING, compare_lists, plan_lists
from sandbox.systems.__main__ import SIMULATORS
from sandbox.systems.simulated_car_park import CountedPayment
from staff.models import Role
from tests.factories import make_person, signed_in
from tests.lots.systems.linked import lot_in_front_of, move_to
from tests.lots.systems.simulated import vendor_named
from tests.payments.test_in_front import pay

pytestmark = pytest.mark.django_db
LISTING = [
    name for name in sorted(SIMULATORS) if issubclass(REMOTE[name.removesuffix("_lot")], ListsPayments)
]
Kind = Discrepancy.Kind


@pytest.fixture(params=LISTING)
def name(request):
    return request.param


@pytest.fixture
def lot(name):
    return lot_in_front_of(vendor_named(name))


def simulator(name):
    return vendor_named(name, fresh=False).simulator


def paid(name, lot, channel, number, fen):
    """Pay one fee today and have it accepted."""
    plate = f"沪A0000{number}"
    simulator(name).park.enter(plate, fen)
    payment = pay(lot, channel, now(), plate=parse(plate))
    settlements.settle_with_systems(now())
    return payment


def next_morning(lot):
    day = localdate(timezone=lot.tz) + timedelta(days=1)
    return datetime.combine(day, time(4), lot.tz)


def compare_today(lot):
    at = next_morning(lot)
    plan_lists(at)
    compare_lists(at)
    return SystemListRun.objects.get(lot=lot)


def compare_to_the_end(lot):
    """Read the list as often as one is read that lacks payments."""
    compare_today(lot)
    for hour in range(1, LAST_READING):
        compare_lists(next_morning(lot) + timedelta(hours=hour))
    return SystemListRun.objects.get(lot=lot)


def test_late_list_raises_no_alarm(name, lot, channel):
    payments = [paid(name, lot, channel, number, 500) for number in (1, 2)]
    park = simulator(name).park
    late = park.payments.pop(payments[1].number)
    run = compare_today(lot)
    assert (run.done_at, run.fault, run.checks) == (None, "list_is_late", 1)
    assert not Discrepancy.objects.exists()
    park.payments[late.number] = late
    compare_lists(next_morning(lot) + timedelta(hours=1))
    run.refresh_from_db()
    assert (run.equal, run.differences, run.fault, run.next_check_at) == (2, 0, "", None)
    assert not Discrepancy.objects.exists()


def test_list_ignores_former_system(name, lot, channel):
    """The lot changed its system at noon: the new one's list has none of the payments before."""
    paid(name, lot, channel, 1, 500)
    other = vendor_named("generic" if name == "aike" else "aike")
    move_to(other, lot)
    run = compare_today(lot)
    assert (run.differences, run.fault) == (0, "")


def test_equal_lists_need_no_review(name, lot, channel):
    for number, fen in ((1, 500), (2, 600), (3, 700)):
        paid(name, lot, channel, number, fen)
    run = compare_today(lot)
    assert (run.equal, run.equal_fen, run.differences, run.fault) == (3, 1800, 0, "")
    assert run.done_at is not None
    assert not Discrepancy.objects.exists()


def test_differences_become_tasks_once(name, lot, channel):
    differs, short = (paid(name, lot, channel, number, 500) for number in (1, 2))
    park = simulator(name).park
    there = park.payments[differs.number]
    park.payments[differs.number] = CountedPayment(there.number, 501, there.paid_at, there.car)
    del park.payments[short.number]
    park.payments["STRANGE1"] = CountedPayment("STRANGE1", 900, there.paid_at, there.car)
    run = compare_to_the_end(lot)
    assert run.differences == 3
    found = {row.kind: (row.number, row.amount_fen, row.lot) for row in Discrepancy.objects.all()}
    assert found == {
        Kind.SYSTEM_DIFFERS: (differs.number, 501, lot),
        Kind.SYSTEM_SHORT: (short.number, 500, lot),
        Kind.SYSTEM_OVER: ("STRANGE1", 900, lot),
    }
    SystemListRun.objects.update(next_check_at=next_morning(lot), done_at=None)
    compare_lists(next_morning(lot))
    assert Discrepancy.objects.count() == 3


def test_payment_of_another_day_is_no_difference(name, lot, channel):
    payment = paid(name, lot, channel, 1, 500)
    Payment.objects.filter(pk=payment.pk).update(paid_at=payment.paid_at - timedelta(days=1))
    assert compare_today(lot).differences == 0


@pytest.mark.parametrize(
    "fault", ["no_answer", "offline", "not_json", "huge", "unknown_code", "json_in_string"]
)
def test_unread_list_is_asked_again(name, lot, channel, fault):
    paid(name, lot, channel, 1, 500)
    simulator(name).fault(fault)
    run = compare_today(lot)
    if run.fault:  # some faults change nothing for this call
        assert (run.done_at, run.checks) == (None, 1)
        simulator(name).clear()
        compare_lists(next_morning(lot) + timedelta(hours=1))
        run.refresh_from_db()
    assert (run.equal, run.fault) == (1, "")
    assert not Discrepancy.objects.exists()


def test_list_is_given_up_after_two_days(name, lot):
    simulator(name).fault("no_answer")
    at = next_morning(lot)
    plan_lists(at)
    for hour in range(60):
        compare_lists(at + timedelta(hours=hour))
    run = SystemListRun.objects.get()
    assert (run.next_check_at, run.done_at) == (None, None)
    assert run.fault == "no_answer"


def test_nothing_is_planned_before_three(name, lot):
    assert plan_lists(next_morning(lot).replace(hour=2)) == 0
    assert plan_lists(next_morning(lot)) == 1
    assert plan_lists(next_morning(lot) + timedelta(hours=5)) == 0
    Lot.objects.update(closed_at=now())
    assert plan_lists(next_morning(lot) + timedelta(days=1)) == 0


def test_systems_without_a_list_are_not_asked():
    for vendor in set(SIMULATORS) - set(LISTING):
        lot_in_front_of(vendor_named(vendor))
    assert plan_lists(now() + timedelta(days=1)) == 0


def test_console_shows_the_nights(name, lot, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    SystemListRun.objects.create(
        lot=lot, day="2026-01-04", equal=3, equal_fen=1800, differences=2, done_at=now()
    )
    SystemListRun.objects.create(lot=lot, day="2026-01-05", fault="no_answer", next_check_at=now())
    person = signed_in(make_person(Role.FINANCE, operator=lot.operator))
    page = person.get(f"/console/lots/{lot.slug}/system/comparison").content.decode()
    assert "2026-01-04" in page
    assert "18.00" in page
    assert "无应答" in page
