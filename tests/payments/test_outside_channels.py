"""ETC, 无感 and other outside channels: a car is never charged twice, whatever the order of reports."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from lots.lot_document import apply
from lots.models import ParkingSession
from lots.plates import parse
from lots.pricing import clear_parsed
from payments import external_payments, refunds
from payments.external_payments import NotAReporter, UnknownRefund, gave_back, report, to_give_back
from payments.lot_sections import apply_external_collectors
from payments.models import Discrepancy, Payment, Refund, Reporter
from tests.devices.callers import call, code
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.acting import LATER, LEAVING, OTHER, PLATE, fresh, park, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def parked(lot):
    return park(make_device(lot, "entry"))


@pytest.fixture
def etc(lot):
    device = make_device(lot, "exit", make="api")
    Reporter.objects.create(device=device, channel="etc", gives_back=True)
    return device


def report_payment(device, number="E1", plate=PLATE, fen=1000, paid_at=LEAVING, at=LEAVING):
    return report(device=device, number=number, plate=parse(plate), amount_fen=fen, paid_at=paid_at, at=at)


def test_report_pays_stay_once(lot, parked, etc):
    first, second = report_payment(etc), report_payment(etc, at=LATER)
    assert first == second
    assert (first.known, first.credited_fen, first.surplus_fen) == (True, 1000, 0)
    payment = Payment.objects.get()
    assert (payment.provider, payment.provider_number, payment.paid_at) == ("etc", "E1", LEAVING)
    assert fresh(parked).exit_until == LEAVING + timedelta(minutes=15)


def test_repeat_by_second_device_is_ignored(lot, parked, etc):
    twin = make_device(lot, "exit", make="api")
    Reporter.objects.create(device=twin, channel="etc")
    report_payment(etc)
    assert report_payment(twin).credited_fen == 1000
    assert Payment.objects.count() == 1


def test_repeat_with_other_amount_is_discrepancy(lot, parked, etc):
    report_payment(etc)
    report_payment(etc, fen=900)
    assert (Discrepancy.objects.get().kind, fresh(parked).paid_fen) == ("differs", 1000)


def test_money_without_tariff_is_a_task(lot, parked, etc):
    """The car came before the first tariff was in force: its money is taken, and seen by staff."""
    lot.tariffs.update(valid_from=LEAVING)
    clear_parsed()
    assert not report_payment(etc).known
    row = Discrepancy.objects.get()
    assert (row.kind, row.amount_fen, row.resolved_at) == ("unknown_number", 1000, None)
    lot.tariffs.update(valid_from=NOON)
    clear_parsed()
    assert report_payment(etc, at=LATER).credited_fen == 1000
    assert fresh(row).resolved_at == LATER


def test_etc_after_phone_payment_is_surplus(lot, parked, etc, channel):
    pay(lot, channel)
    assert report_payment(etc).surplus_fen == 1000
    (refund,) = to_give_back(etc)
    assert (refund.state, refund.amount_fen, fresh(parked).paid_fen) == ("abnormal", 1000, 1000)
    for done in (True, False):
        assert gave_back(device=etc, number=refund.number, done=done, at=LATER).state == "done"
    assert to_give_back(etc) == []


def test_cash_and_reported_refund_is_discrepancy(lot, parked, etc, channel):
    """The booth paid it out while the device was at it."""
    pay(lot, channel)
    report_payment(etc)
    (refund,) = to_give_back(etc)
    refunds.give_back(refund, means=Refund.Means.CASH, at=LATER)
    for _ in range(2):
        gave_back(device=etc, number=refund.number, done=True, at=LATER)
    found = Discrepancy.objects.get()
    assert (found.kind, found.amount_fen, found.lot) == ("over_refunded", 1000, lot)


def test_phone_payment_after_etc_is_refunded(lot, parked, etc, channel):
    payment = pay(lot, channel, notify=False)
    report_payment(etc)
    external_payments.settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    refund = Refund.objects.get()
    assert (refund.payment, refund.state, refund.amount_fen) == (payment, "requested", 1000)


def test_absent_car_report_is_recorded_once(lot, parked, etc):
    for _ in range(2):
        assert not report_payment(etc, plate=OTHER).known
    assert (Discrepancy.objects.get().kind, Discrepancy.objects.get().amount_fen) == ("unknown_number", 1000)


def test_stay_known_later_takes_the_report(lot, etc):
    assert not report_payment(etc).known
    parked = park(make_device(lot, "entry"))
    assert report_payment(etc).credited_fen == fresh(parked).paid_fen == 1000
    assert Discrepancy.objects.get().resolved_at == LEAVING


def test_late_report_pays_original_stay(lot, parked, etc):
    ParkingSession.objects.update(left_at=LEAVING, departure="offline")
    park(make_device(lot, "entry"), at=LATER)
    report_payment(etc, paid_at=LEAVING, at=LATER)
    assert Payment.objects.get().session == parked


@pytest.mark.parametrize("paid_at", [LATER, NOON - timedelta(days=31)])
def test_implausible_time_counts_as_now(lot, parked, etc, paid_at):
    report_payment(etc, paid_at=paid_at)
    assert Payment.objects.get().paid_at == LEAVING


def test_slow_clock_finds_stay_that_just_began(lot, parked, etc):
    """By the uncorrected time the car was not inside yet, and its driver would pay twice."""
    etc.clock_offset = -480
    assert report_payment(etc, paid_at=NOON + timedelta(seconds=120 - 480)).known
    assert Payment.objects.get().session == parked


def test_fast_clock_pays_stay_that_ended(lot, parked, etc):
    ParkingSession.objects.update(left_at=LEAVING, departure="offline")
    park(make_device(lot, "entry"), at=LEAVING + timedelta(minutes=5))
    etc.clock_offset = 480
    report_payment(etc, paid_at=LEAVING + timedelta(seconds=480), at=LATER)
    assert Payment.objects.get().session == parked


def test_gate_device_cannot_report_payments(lot, parked):
    gate = make_device(lot, "exit", make="api")
    with pytest.raises(NotAReporter):
        report_payment(gate)
    values = {"report_id": "E1", "plate": PLATE, "amount_fen": 1000, "paid_at": now().isoformat()}
    answer = call(gate, "payments", values)
    assert (answer.status_code, code(answer)) == (403, "permission_denied")
    assert call(gate, "refunds", method="GET").status_code == 403
    assert not Payment.objects.exists()


def test_reporter_is_limited_to_its_lot(lot, parked, etc, channel):
    pay(lot, channel)
    report_payment(etc)
    stranger = make_device(make_lot(), "exit", make="api")
    Reporter.objects.create(device=stranger, channel="etc", gives_back=True)
    with pytest.raises(UnknownRefund):
        gave_back(device=stranger, number=Refund.objects.get().number, done=True, at=LATER)


def test_api_accepts_report_returns_refund(lot, etc, channel):
    at = now()
    see(make_device(lot, "entry"), PLATE, at - timedelta(minutes=61), offline=True, received=at)
    values = {"report_id": "E-9", "plate": PLATE, "amount_fen": 1300, "paid_at": at.isoformat()}
    answer = call(etc, "payments", values)
    assert answer.json() == {"known": True, "credited_fen": 1000, "surplus_fen": 300}
    (refund,) = call(etc, "refunds", method="GET").json()["refunds"]
    assert (refund["report_id"], refund["amount_fen"]) == ("E-9", 300)
    done = call(etc, f"refunds/{refund['number']}/done", {"done": True})
    assert done.json() == {"number": refund["number"], "state": "done"}


def test_document_allows_and_stops_reporting(lot, parked):
    gate = make_device(lot, "exit", make="api")
    lines = []

    def applied(channel):
        places = {"operator": {"legal_name": lot.operator.legal_name}, "lot": {"slug": lot.slug}}
        sections = {"external_collectors": apply_external_collectors}
        entry = {"device": gate.name, "channel": channel}
        report = apply({**places, "external_collectors": [entry]}, at=NOON, sections=sections)
        lines.extend(report.changes)

    applied("plate_pay")
    applied("plate_pay")
    assert report_payment(gate).known
    applied(None)
    with pytest.raises(NotAReporter):
        report_payment(gate)
    assert lines == [
        f"device {gate.name}: reports payments of plate_pay",
        f"device {gate.name}: reports no more payments",
    ]
