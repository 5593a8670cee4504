"""Two people, or a person and a channel, at the same moment. Real threads, on both engines.

SQLite lets one writer in at a time, so there the same tests only show that nobody is turned away.
"""

from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from lots.models import GateCommand, ParkingSession
from lots.pricing import clear_parsed
from payments import booth, channels, ledger, refund_acts, staff_actions, unmatched
from payments.balance_corrections import hold
from payments.booth import NoShift, PaidMeanwhile
from payments.models import Discrepancy, Payment, Refund, RefundRequest, StaffAct
from payments.providers.contract import Order
from payments.refund_acts import Decided
from payments.refunds import NotWaiting, TooMuch
from payments.refusals import NothingOwed
from payments.settling import settle
from payments.staff_actions import LanePaid, take_lost_ticket
from tests.factories import make_device, see
from tests.payments.acting import LATER, LEAVING, OTHER, PLATE, by, fresh, on_shift, park, pay
from tests.payments.fakes import FakeProvider
from tests.test_races import at_once, faults

pytestmark = [pytest.mark.django_db(transaction=True)]
ROUNDS = range(4)
NUMBER = "PRESTORED" + "0" * 17


@pytest.fixture
def one(monkeypatch):
    fake = FakeProvider("one", "m")
    monkeypatch.setattr(channels, "providers", lambda: {(fake.name, fake.merchant): fake})
    return fake


@pytest.fixture
def parked(lot):
    return park(make_device(lot, "entry"))


def kinds(answers):
    return sorted(type(answer).__name__ for answer in answers)


@pytest.mark.postgresql
def test_stay_is_held_after_its_payments(lot, parked, one):
    """Else a payment that is paid at this moment waits for the stay, and staff for it: a deadlock."""
    payment = pay(lot, one, notify=False)

    def lock_at_once():
        with transaction.atomic():
            Payment.objects.select_for_update(nowait=True).get(pk=payment.pk)

    with transaction.atomic():
        hold(parked)
        assert [type(answer) for answer in at_once(lock_at_once)] == [OperationalError]


def test_concurrent_staff_refunds_pay_once(lot, parked, one):
    payment = pay(lot, one)
    presses = [by(name) for name in ("li", "wang", "zhao")]
    answers = at_once(
        *[
            lambda press=press: refund_acts.refund(
                Payment.objects.get(), amount_fen=600, still_owed=True, by=press, at=LEAVING
            )
            for press in presses
        ]
    )
    assert [type(answer) for answer in faults(answers)] == [TooMuch] * 2
    assert (Refund.objects.get().amount_fen, fresh(parked).paid_fen) == (600, 400)
    assert fresh(payment).reserved_refund_fen == 600


def test_concurrent_double_click_is_one_act(lot, parked, one):
    pay(lot, one)
    press = by()
    answers = at_once(
        *[
            lambda: refund_acts.refund(
                Payment.objects.get(), amount_fen=1000, still_owed=True, by=press, at=LEAVING
            )
        ]
        * 4
    )
    assert not faults(answers)
    assert len({act.pk for act in answers}) == Refund.objects.count() == StaffAct.objects.count() == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_cash_and_notice_credit_once(lot, parked, one, round_):
    see(make_device(lot, "exit"), PLATE, LEAVING)
    on_shift(lot)
    payment = pay(lot, one, notify=False)
    statement, press = one.pay(payment.number), by()
    answers = at_once(
        lambda: booth.take_cash(parked, amount_fen=1000, by=press, at=LEAVING),
        lambda: settle(statement, cause="notice", at=LEAVING),
        lambda: settle(statement, cause="query", at=LEAVING),
        delays=[0, round_ / 1000, round_ / 1000],
    )
    assert not faults(answers)
    assert (fresh(parked).paid_fen, Payment.objects.filter(state="paid").count()) == (1000, 2)
    assert (Refund.objects.get().reason, Refund.objects.get().amount_fen) == ("surplus", 1000)
    assert GateCommand.objects.filter(cause="paid").count() == 1
    assert (ledger.balances()["parking"], ledger.balances()["to_refund"]) == (-1000, -1000)


@pytest.mark.parametrize("round_", ROUNDS)
def test_waiver_and_payment_count_once(lot, parked, one, round_):
    payment = pay(lot, one, notify=False)
    statement, press = one.pay(payment.number), by()
    waived, settled = at_once(
        lambda: booth.waive(parked, by=press, at=LEAVING),
        lambda: settle(statement, cause="notice", at=LEAVING),
        delays=[0, round_ / 1000],
    )
    assert not isinstance(settled, Exception)
    back = sum(Refund.objects.values_list("amount_fen", flat=True))
    if isinstance(waived, Exception):
        assert (type(waived), back) == (NothingOwed, 0)
    else:
        assert (waived.amount_fen, back) == (1000, 1000)
    assert fresh(parked).paid_fen == 1000


@pytest.mark.parametrize("round_", ROUNDS)
def test_concurrent_booths_credit_once(lot, parked, round_):
    for name in ("li", "wang"):
        on_shift(lot, name)
    presses = [by(name) for name in ("li", "wang")]
    answers = at_once(
        *[
            lambda press=press: booth.take_cash(parked, amount_fen=1000, by=press, at=LEAVING)
            for press in presses
        ],
        delays=[0, round_ / 1000],
    )
    assert not faults(answers)
    assert (fresh(parked).paid_fen, Refund.objects.get().amount_fen) == (1000, 1000)


@pytest.mark.parametrize("service", [booth.take_cash, booth.take_elsewhere])
def test_second_taker_is_asked_first(lot, parked, service):
    for name in ("li", "wang"):
        on_shift(lot, name)
    presses = [by(name) for name in ("li", "wang")]
    seen = {"amount_fen": 600, "seen_paid_fen": 0, "at": LEAVING}
    answers = at_once(*[lambda press=press: service(parked, by=press, **seen) for press in presses])
    (asked,) = faults(answers)
    assert (type(asked), asked.paid_fen) == (PaidMeanwhile, 600)
    assert (fresh(parked).paid_fen, Payment.objects.count()) == (600, 1)


def test_lost_ticket_is_taken_once(lot):
    """Two cashiers take what the board states from one car without a session."""
    lot.tariffs.update(document={**lot.tariffs.get().document, "unknown_entry": 5000, "format": 3})
    clear_parsed()
    leave = make_device(lot, "exit")
    see(leave, OTHER, LEAVING)
    for name in ("li", "wang"):
        on_shift(lot, name)
    presses = [by(name) for name in ("li", "wang")]
    answers = at_once(
        *[lambda press=press: take_lost_ticket(leave.lane, by=press, at=LEAVING) for press in presses]
    )
    assert [type(answer) for answer in faults(answers)] == [LanePaid]
    assert Payment.objects.count() == ParkingSession.objects.count() == 1


def test_shift_closing_during_cash_is_consistent(lot, parked):
    shift, take, close = on_shift(lot), by(), by(reason="交班")
    taken, closed = at_once(
        lambda: booth.take_cash(parked, amount_fen=1000, by=take, at=LEAVING),
        lambda: booth.close_shift(shift, counted_fen=20000, by=close, at=LEAVING),
    )
    assert not isinstance(closed, Exception)
    came = not isinstance(taken, Exception)
    assert came or isinstance(taken, NoShift)
    assert fresh(shift).expected_fen == 20000 + 1000 * came == booth.expected(shift)


def test_concurrent_decisions_and_payouts_succeed_once(lot, parked, one, settings):
    settings.STAFF_REFUND_LIMIT = 0
    payment = pay(lot, one)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    presses = [by(name) for name in ("wang", "zhao")]
    answers = at_once(
        *[
            lambda press=press: refund_acts.approve(RefundRequest.objects.get(), by=press, at=LEAVING)
            for press in presses
        ]
    )
    assert [type(answer) for answer in faults(answers)] == [Decided]
    on_shift(lot)
    Refund.objects.update(state="abnormal", next_check_at=None)
    presses = [by() for _ in range(2)]
    answers = at_once(
        *[
            lambda press=press: refund_acts.given_back(Refund.objects.get(), means="cash", by=press, at=LATER)
            for press in presses
        ]
    )
    assert [type(answer) for answer in faults(answers)] == [NotWaiting]


@pytest.mark.parametrize("round_", ROUNDS)
def test_concurrent_payment_move_loses_nothing(lot, parked, one, round_):
    mine = park(make_device(lot, "entry"), OTHER)
    payment = pay(lot, one)
    second = pay(lot, one, plate=OTHER, notify=False)
    statement, press = one.pay(second.number), by()
    answers = at_once(
        lambda: staff_actions.move(payment, to=mine, by=press, at=LEAVING),
        lambda: settle(statement, cause="notice", at=LEAVING),
        lambda: staff_actions.correct_entry(
            parked, entered_at=LEAVING - timedelta(minutes=30), by=by(), at=LEAVING
        ),
        delays=[0, round_ / 1000, 0],
    )
    assert not faults(answers)
    kept = sum(Payment.objects.values_list("credited_fen", flat=True)) - sum(
        Refund.objects.exclude(reason="surplus").values_list("amount_fen", flat=True)
    )
    assert fresh(mine).paid_fen + fresh(parked).paid_fen == kept
    assert fresh(mine).paid_fen == 1000


@pytest.mark.parametrize("round_", ROUNDS)
def test_unmatched_money_is_booked_once(lot, parked, one, settings, round_):
    settings.STAFF_REFUND_LIMIT = 10_000
    one.orders[NUMBER] = Order(NUMBER, 1000, LEAVING, "", "", "")
    statement = one.pay(NUMBER)
    settle(statement, cause="notice", at=LEAVING)
    row, presses = Discrepancy.objects.get(), [by(name) for name in ("li", "wang", "zhao")]
    answers = at_once(
        lambda: unmatched.adopt(row, to=parked, by=presses[0], at=LEAVING),
        lambda: unmatched.count_as_income(row, lot=lot, by=presses[1], at=LEAVING),
        lambda: unmatched.send_back(row, lot=lot, by=presses[2], at=LEAVING),
        lambda: settle(statement, cause="notice", at=LEAVING),
        delays=[(round_ + place) % 3 / 200 for place in range(4)],
    )
    assert [type(fault) for fault in faults(answers)] == [Decided] * 2
    kind = StaffAct.objects.get(discrepancy=row).kind
    assert Payment.objects.get().credited_fen == (0 if kind == "sent_back" else 1000)
    assert fresh(parked).paid_fen == (1000 if kind == "adopted" else 0)
    assert Refund.objects.exists() == (kind == "sent_back")
