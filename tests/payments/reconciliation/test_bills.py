"""Each day's bill against the books, over the sandbox process with the production clients."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from payments import ledger
from payments.models import Discrepancy, Payment, PaymentEvent, Refund
from payments.models.closing_models import BillRun
from payments.providers.contract import Outcome, Statement
from payments.reconciliation import bill_runs
from payments.refunds import carry_out, request_refund
from payments.settling import settle
from tests.payments.reconciliation.conftest import PRICE, lines
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db

HERE = "tests/payments/reconciliation/test_bills.py"
CASES = {  # by the number of the failure case; see tests.payments.cases
    1: [f"{HERE}::test_bill_settles_payment_without_notice"],
    5: [f"{HERE}::test_external_refund_settles_payment_first"],
    9: [f"{HERE}::test_payment_for_unknown_order_needs_review"],
    10: [f"{HERE}::test_bill_covers_only_its_merchant"],
    30: [f"{HERE}::test_bill_settlement_uses_channel_time"],
    32: [f"{HERE}::test_wrong_bill_amount_is_not_credited"],
    40: [f"{HERE}::test_billed_refund_is_not_credited_again"],
    41: [f"{HERE}::test_fully_refunded_payment_stays_paid"],
    42: [f"{HERE}::test_manual_refund_is_booked_as_external"],
    44: ["tests/payments/providers/wechat/test_wechat_bill.py::test_malformed_yuan_is_refused"],
    59: [f"{HERE}::test_bill_day_follows_beijing_time"],
    63: [f"{HERE}::test_payments_missing_after_restore_are_reported"],
    64: [f"{HERE}::test_missed_days_are_reconciled_in_order"],
}
Kind = Discrepancy.Kind


def done(run, verdict):
    assert (run.state, run.verdict, run.next_check_at) == (BillRun.State.DONE, verdict, None)
    return run


def found():
    return list(Discrepancy.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_agreeing_day_is_recorded_with_totals(mall):
    payments = [mall.paid(), mall.paid(mall.at(0.01)), mall.paid(mall.at(23.99))]
    run = done(mall.reconcile(), "ok")
    assert (run.payments, run.payments_fen, run.refunds, run.agreed) == (3, 3 * PRICE, 0, 3)
    assert run.fee_fen == 18  # 0.6 % of each
    share = run.by_lot[str(mall.lot.pk)]
    assert (share["payments"], share["payments_fen"], share["fee_milli"]) == (3, 3 * PRICE, 18_000)
    assert {mall.day} == set(Payment.objects.values_list("bill_mark__day", flat=True))
    assert len(payments) == 3
    assert lines(run) == []
    assert found() == []


def test_bill_settles_payment_without_notice(mall):
    payment = mall.paid_there()
    run = done(mall.reconcile(), "fixed")
    payment.refresh_from_db()
    payment.session.refresh_from_db()
    assert (payment.state, payment.session.paid_fen, payment.billed_on) == ("paid", PRICE, mall.day)
    assert PaymentEvent.objects.get(became="paid").cause == "bill"
    assert lines(run) == [("missing_here", "fixed")]
    assert found() == []


def test_bill_settlement_uses_channel_time(mall):
    payment = mall.paid_there(mall.at(9))
    mall.reconcile()
    payment.refresh_from_db()
    assert payment.paid_at == mall.at(9)


def test_payment_for_unknown_order_needs_review(mall):
    payment = mall.paid_there()
    number = payment.number
    Payment.objects.filter(pk=payment.pk).update(number="T" + "0" * 25)
    run = done(mall.reconcile(), "open")
    row = Discrepancy.objects.get()
    assert (row.kind, row.number, row.amount_fen, row.day) == (Kind.UNKNOWN_NUMBER, number, PRICE, mall.day)
    assert lines(run) == [("missing_here", "open")]


def test_payments_missing_after_restore_are_reported(mall):
    kept, lost = mall.paid(), mall.paid_there()
    # a row that was made after the backup is not there; here it goes by another number
    Payment.objects.filter(pk=lost.pk).update(number="T" + "1" * 25)
    run = mall.reconcile()
    assert (run.payments, run.payments_fen, run.agreed, run.verdict) == (2, 2 * PRICE, 1, "open")
    assert found() == [Kind.UNKNOWN_NUMBER]
    assert Payment.objects.get(pk=kept.pk).billed_on == mall.day


@pytest.mark.parametrize("is_paid_here", [True, False])
def test_wrong_bill_amount_is_not_credited(mall, is_paid_here):
    payment = mall.paid() if is_paid_here else mall.paid_there()
    Payment.objects.filter(pk=payment.pk).update(amount_fen=PRICE + 1)
    before = ledger.balances()
    run = done(mall.reconcile(), "open")
    assert lines(run) == [("differs", "open")]
    assert Kind.DIFFERS in found()
    assert ledger.balances() == before
    assert Discrepancy.objects.filter(kind=Kind.DIFFERS, lot=mall.lot, day=mall.day).exists()


def test_missing_bill_row_is_queried_first(mall):
    payment = mall.paid_here()
    mall.paid()
    run = done(mall.reconcile(), "open")
    assert run.agreed == 1
    assert lines(run) == [("missing_there", "open")]
    row = Discrepancy.objects.get()
    assert (row.kind, row.number, row.lot) == (Kind.MISSING_THERE, payment.number, mall.lot)
    assert run.lines.get().asked == 1


def test_unanswered_query_is_retried_then_reported(mall):
    mall.paid_here()
    mall.paid()
    run, at = mall.reconcile(steps=1), now()
    mall.server.fault("drop_answer", times=None)
    for _ in range(5):
        assert mall.reconcile(at=at).state == BillRun.State.CHECKING
        assert found() == []
        at += timedelta(minutes=30)
    run = done(mall.reconcile(at=at), "open")
    assert found() == [Kind.MISSING_THERE]
    assert run.lines.get().asked == 6


def test_row_dated_next_day_is_deferred(mall):
    payment, other = mall.paid(), mall.paid()
    tomorrow = mall.day + timedelta(days=1)
    mall.backdate(payment, mall.at(30))
    run = done(mall.reconcile(), "ok")
    assert [(line.became, line.due_day) for line in run.lines.all()] == [("explained", tomorrow)]
    done(mall.reconcile(tomorrow), "ok")
    payment.refresh_from_db()
    assert (payment.billed_on, Payment.objects.get(pk=other.pk).billed_on) == (tomorrow, mall.day)


def test_deferred_row_still_missing_is_reported(mall):
    payment = mall.paid()
    mall.paid()
    mall.backdate(payment, mall.at(30))
    done(mall.reconcile(), "ok")
    mall.backdate(payment, mall.at(1))
    run = done(mall.reconcile(mall.day + timedelta(days=1)), "open")
    assert [(line.payment, line.verdict) for line in run.lines.all()] == [(payment, "missing_there")]


@pytest.mark.parametrize("minutes", [-3, 3])
def test_clock_difference_at_midnight_is_tolerated(mall, minutes):
    """The bill has the last second of the day; by our books it was minutes before or after midnight."""
    mall.reconcile(mall.day - timedelta(days=1))
    payment = mall.paid(mall.at(24) - timedelta(seconds=1))
    Payment.objects.filter(pk=payment.pk).update(paid_at=mall.at(24) + timedelta(minutes=minutes))
    done(mall.reconcile(), "ok")
    done(mall.reconcile(mall.day + timedelta(days=1)), "ok")
    assert found() == []


def test_payment_near_midnight_awaits_next_bill(mall):
    """By the bill just after midnight, by our books just before."""
    payment = mall.paid(mall.at(24) + timedelta(seconds=1))
    Payment.objects.filter(pk=payment.pk).update(paid_at=mall.at(24) - timedelta(minutes=3))
    other = mall.paid()
    done(mall.reconcile(), "ok")
    done(mall.reconcile(mall.day + timedelta(days=1)), "ok")
    assert found() == []
    assert Payment.objects.get(pk=other.pk).billed_on == mall.day


def test_bill_day_follows_beijing_time(mall):
    mall.paid(mall.at(0))
    mall.paid(mall.at(24) - timedelta(seconds=1))
    mall.paid(mall.at(24))
    run = mall.reconcile()
    assert run.payments == 2
    assert mall.reconcile(mall.day + timedelta(days=1)).payments == 1


# refunds


def refunded(mall, payment, fen=400, *, at=None):
    """A refund of ours that is done; the bill has it at that time."""
    refund = request_refund(payment, amount_fen=fen, reason=Refund.Reason.STAFF, at=now())

    def is_done():
        carry_out(refund, at=now())
        refund.refresh_from_db()
        return refund.state == Refund.State.DONE

    wait_for(is_done)
    mall.backdate(refund, at or mall.noon)
    Refund.objects.filter(pk=refund.pk).update(created_at=at or mall.noon, done_at=at or mall.noon)
    return refund


def test_refund_is_compared_on_own_day(mall):
    payment = mall.paid(mall.at(-20))
    refund = refunded(mall, payment)
    run = done(mall.reconcile(), "ok")
    assert (run.payments, run.refunds, run.refunds_fen, run.agreed) == (0, 1, 400, 1)
    refund.refresh_from_db()
    assert refund.billed_on == mall.day


def test_billed_refund_is_not_credited_again(mall):
    payment = mall.paid()
    refunded(mall, payment)
    before = ledger.balances()
    done(mall.reconcile(), "ok")
    assert ledger.balances() == before


def test_fully_refunded_payment_stays_paid(mall):
    payment = mall.paid()
    refunded(mall, payment, PRICE)
    run = done(mall.reconcile(), "ok")
    payment.refresh_from_db()
    assert (payment.state, run.payments, run.refunds) == ("paid", 1, 1)


def test_bill_completes_refund_without_notice(mall):
    payment = mall.paid()
    refund = request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=now())
    carry_out(refund, at=now())
    wait_for(lambda: mall.provider.query_refund(order_of(refund)).outcome == "refund_done")
    mall.backdate(refund, mall.noon)
    Refund.objects.filter(pk=refund.pk).exclude(state="done").update(state="sent")
    run = mall.reconcile()
    refund.refresh_from_db()
    assert (refund.state, run.verdict in {"fixed", "ok"}, found()) == ("done", True, [])


def order_of(refund):
    from payments.providers.contract import RefundOrder

    payment = refund.payment
    return RefundOrder(refund.number, payment.number, refund.amount_fen, payment.amount_fen, "")


def test_manual_refund_is_booked_as_external(mall):
    payment = mall.paid()
    number = mall.refunded_by_hand(payment, 300)
    run = done(mall.reconcile(), "fixed")
    refund = Refund.objects.get()
    assert (refund.external_number, refund.reason, refund.state) == (number, "external", "done")
    assert (refund.amount_fen, refund.billed_on) == (300, mall.day)
    payment.session.refresh_from_db()
    assert payment.session.paid_fen == PRICE - 300
    account = f"channel:{mall.provider.name}:{mall.provider.merchant}"
    assert ledger.balances()[account] == PRICE - 300
    assert lines(run) == [("missing_here", "external")]
    assert found() == []


def test_bill_settles_refund_made_by_hand(mall):
    payment = mall.paid()
    number = mall.refunded_by_hand(payment, PRICE)
    refund = request_refund(payment, amount_fen=PRICE, reason=Refund.Reason.STAFF, at=now())
    carry_out(refund, at=now())
    refund.refresh_from_db()
    assert (refund.state, refund.events.get().cause) == ("abnormal", "refunded_there")
    done(mall.reconcile(), "fixed")
    refund = Refund.objects.get()
    assert (refund.state, refund.external_number, refund.billed_on) == ("done", number, mall.day)
    assert found() == []
    assert bill_runs.repeat(mall.run(), at=now())
    done(mall.reconcile(), "ok")


def test_bill_explains_refund_of_unknown_amount(mall):
    payment = mall.paid()
    mall.refunded_by_hand(payment, 300)
    news = Statement(
        payment.provider,
        payment.merchant,
        payment.number,
        Outcome.REFUND_DONE,
        app=payment.app,
        refund_number=payment.number,  # as Alipay's notice has it
    )
    settle(news, cause="notice", at=now())
    assert found() == [Kind.OVER_REFUNDED]
    done(mall.reconcile(), "fixed")
    assert found() == []


def test_bill_leaves_twice_paid_refund_open(mall):
    payment = mall.paid()
    refund = request_refund(payment, amount_fen=200, reason=Refund.Reason.STAFF, at=now())
    twice = {"kind": Kind.OVER_REFUNDED, "number": payment.number, "provider_number": refund.number}
    named = {"provider": payment.provider, "merchant": payment.merchant}
    Discrepancy.objects.create(**twice, **named, seen_at=now())
    mall.refunded_by_hand(payment, 300)
    mall.reconcile()
    assert Kind.OVER_REFUNDED in found()


def test_external_refund_is_booked_once(mall):
    mall.refunded_by_hand(mall.paid(), 300)
    for _ in range(3):
        run = mall.reconcile()
        assert bill_runs.repeat(run, at=now())
    done(mall.reconcile(), "ok")
    assert Refund.objects.count() == 1


def test_external_refund_settles_payment_first(mall):
    payment = mall.paid_there(mall.at(-20))
    mall.refunded_by_hand(payment, 300)
    run = done(mall.reconcile(), "fixed")
    payment.refresh_from_db()
    payment.session.refresh_from_db()
    assert (payment.state, payment.session.paid_fen) == ("paid", PRICE - 300)
    assert lines(run) == [("missing_here", "external")]


def test_refund_of_unknown_payment_needs_review(mall):
    payment = mall.paid()
    mall.refunded_by_hand(payment, 300)
    Payment.objects.filter(pk=payment.pk).update(number="T" + "2" * 25, paid_at=mall.at(-200))
    run = done(mall.reconcile(), "open")
    assert sorted(found()) == [Kind.OVER_REFUNDED, Kind.UNKNOWN_NUMBER]
    assert lines(run) == [("missing_here", "open")] * 2


def test_refund_missing_from_bill_is_reported(mall):
    payment = mall.paid()
    mall.reconcile(mall.day - timedelta(days=1))
    refund = request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=now())
    Refund.objects.filter(pk=refund.pk).update(
        state="done", created_at=mall.noon, done_at=mall.noon, next_check_at=None
    )
    run = done(mall.reconcile(), "open")
    assert lines(run) == [("missing_there", "open")]
    assert found() == [Kind.MISSING_THERE]


# a bill that cannot be had


def test_pending_bill_is_retried_half_hourly(mall):
    mall.paid()
    mall.server.fault("bill_not_ready", times=2)
    at = mall.at(24 + 10.6)
    mall.provider._clock = lambda: at if mall.provider.name == "alipay" else now()
    for tries in (1, 2):
        run = mall.reconcile(at=at, steps=1)
        assert (run.state, run.fault, run.attempts) == ("waiting", "not_ready", tries)
        assert run.next_check_at == at + timedelta(minutes=30)
        assert bill_runs.claim(at=at, only=run) is None
        at += timedelta(minutes=30)
    done(mall.reconcile(at=at), "ok")


@pytest.mark.parametrize("how", ["cut", "sum"])
def test_damaged_bill_is_ignored_and_retried(mall, how):
    paid, unheard = mall.paid(), mall.paid_there()
    mall.server.fault("bill_damaged", how=how)
    at = now()
    run = mall.reconcile(at=at, steps=1)
    assert (run.state, run.fault, run.payments) == ("waiting", "damaged", 0)
    paid.refresh_from_db()
    unheard.refresh_from_db()
    assert (paid.billed_on, unheard.state != "paid", lines(run), found()) == (None, True, [], [])
    done(mall.reconcile(at=at + timedelta(minutes=30)), "fixed")


def test_persistently_damaged_bill_alerts_once(mall, monkeypatch):
    alarms = []
    monkeypatch.setattr(
        bill_runs.log, "error", lambda event, **facts: alarms.append((event, facts["reason"]))
    )
    monkeypatch.setattr(bill_runs, "RETENTION", 1000)
    mall.paid()
    mall.server.fault("bill_damaged", how="sum", times=None)
    at = now()
    for _ in range(bill_runs.TRIES):
        run = mall.reconcile(at=at, steps=1)
        at += timedelta(minutes=30)
    assert (run.state, alarms) == ("failed", [("bill_not_had", "damaged")])
    at += timedelta(days=1)
    assert mall.reconcile(at=at, steps=1).state == "failed"
    assert len(alarms) == 1
    mall.server.clear()
    done(mall.reconcile(at=at + timedelta(days=1)), "ok")


def test_empty_bill_and_books_agree(mall):
    run = done(mall.reconcile(), "ok")
    assert (run.payments, run.agreed, lines(run)) == (0, 0, [])


def test_empty_bill_with_payments_alerts(mall, monkeypatch):
    alarms = []
    monkeypatch.setattr(bill_runs.log, "error", lambda event, **facts: alarms.append(event))
    mall.paid_here()
    done(mall.reconcile(), "open")
    assert alarms == ["bill_empty_but_paid", "bill_reconciled"]
    assert found() == [Kind.MISSING_THERE]


def test_corrected_bill_clears_discrepancy(mall):
    payment = mall.paid()
    mall.backdate(payment, mall.at(-24 * 5))
    run = done(mall.reconcile(), "open")
    assert found() == [Kind.MISSING_THERE]
    mall.backdate(payment, mall.noon)
    assert bill_runs.repeat(run, at=now())
    done(mall.reconcile(), "ok")
    assert found() == []


def test_bill_covers_only_its_merchant(mall):
    foreign = mall.paid()
    Payment.objects.filter(pk=foreign.pk).update(merchant="another")
    run = mall.reconcile()
    assert lines(run) == [("missing_here", "open")]
    assert found() == [Kind.UNKNOWN_NUMBER]


# who works on which


def test_bills_are_planned_from_1030_beijing(mall):
    day = mall.day
    assert bill_runs.plan(at=mall.at(24 + 10.4)) == 1
    assert BillRun.objects.get().day == day - timedelta(days=1)
    assert bill_runs.plan(at=mall.at(24 + 10.5)) == 1
    assert bill_runs.plan(at=mall.at(24 + 10.6)) == 0
    assert BillRun.objects.filter(day=day).exists()


def test_missed_days_are_reconciled_in_order(mall):
    bill_runs.plan(at=mall.at(35))
    assert bill_runs.plan(at=mall.at(35 + 72)) == 3
    at, order = mall.at(35 + 72), []
    while (run := bill_runs.claim(at=at)) is not None:
        order.append(run.day)
        BillRun.objects.filter(pk=run.pk).update(state="done", next_check_at=None, leased_until=None)
    assert order == [mall.day + timedelta(days=days) for days in range(4)]


def test_bill_run_waits_for_previous_day(mall):
    first, second = mall.run(), mall.run(mall.day + timedelta(days=1))
    at = now()
    BillRun.objects.filter(pk=first.pk).update(next_check_at=at + timedelta(minutes=30))
    assert bill_runs.claim(at=at) is None
    BillRun.objects.filter(pk=first.pk).update(state="failed")
    assert bill_runs.claim(at=at) == second


def test_expired_run_lease_is_reclaimed(mall):
    run, at = mall.run(), now()
    assert bill_runs.claim(at=at) == run
    assert bill_runs.claim(at=at) is None
    assert not bill_runs.repeat(run, at=at)
    assert bill_runs.claim(at=at + bill_runs.LEASE) == run


def test_lost_lease_prevents_verdict(mall):
    mall.paid()
    mine = bill_runs.claim(at=now(), only=mall.run())
    BillRun.objects.filter(pk=mine.pk).update(leased_until=now() + timedelta(hours=5))
    bill_runs.work_on(mine, at=now())
    assert BillRun.objects.get().read_at is None


def test_bill_past_retention_is_abandoned(mall):
    mall.server.fault("bill_not_ready", times=None)
    run, at = mall.run(), mall.at(24 * (bill_runs.RETENTION + 2))
    BillRun.objects.filter(pk=run.pk).update(attempts=bill_runs.TRIES, next_check_at=at)
    mall.provider._clock = lambda: mall.at(30) if mall.provider.name == "alipay" else now()
    run = mall.reconcile(at=at, steps=1)
    assert (run.state, run.next_check_at) == ("failed", None)
