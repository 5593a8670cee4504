"""Each day's bill against the books, over the sandbox process with the production clients."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from payments import ledger
from payments.books import BillRun
from payments.models import Discrepancy, Payment, PaymentEvent, Refund
from payments.reconciliation import runs
from payments.refunds import carry_out, request_refund
from tests.payments.reconciliation.conftest import PRICE, lines, wait

pytestmark = pytest.mark.django_db

HERE = "tests/payments/reconciliation/test_bills.py"
CASES = {  # payments.md, section 8
    1: [f"{HERE}::test_a_payment_whose_news_was_lost_is_settled_by_the_bill"],
    5: [f"{HERE}::test_a_refund_of_a_payment_not_heard_of_settles_the_payment_first"],
    9: [f"{HERE}::test_money_for_an_order_that_is_not_ours_is_left_for_a_person"],
    10: [f"{HERE}::test_a_bill_is_compared_with_its_own_merchants_payments_alone"],
    30: [f"{HERE}::test_a_payment_settled_by_the_bill_has_the_channels_time"],
    32: [f"{HERE}::test_another_amount_is_never_credited_and_left_for_a_person"],
    40: [f"{HERE}::test_a_refund_in_the_bill_credits_nothing_again"],
    41: [f"{HERE}::test_a_fully_refunded_payment_agrees_and_stays_paid"],
    42: [f"{HERE}::test_a_refund_made_by_hand_at_the_channel_is_booked_as_external"],
    44: ["tests/payments/providers/wechat/test_bill.py::test_anything_but_plain_yuan_is_refused"],
    59: [f"{HERE}::test_a_day_is_beijings_to_the_minute"],
    63: [f"{HERE}::test_after_yesterdays_backup_the_bill_brings_the_payments_back"],
    64: [f"{HERE}::test_after_days_without_a_worker_every_day_is_made_up_for_in_order"],
}
Kind = Discrepancy.Kind


def done(run, verdict):
    assert (run.state, run.verdict, run.next_check_at) == (BillRun.State.DONE, verdict, None)
    return run


def found():
    return list(Discrepancy.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_a_day_on_which_all_agrees_is_on_record_with_its_sums(mall):
    payments = [mall.paid(), mall.paid(mall.at(0.01)), mall.paid(mall.at(23.99))]
    run = done(mall.reconcile(), "ok")
    assert (run.payments, run.payments_fen, run.refunds, run.agreed) == (3, 3 * PRICE, 0, 3)
    assert run.fee_fen == 18  # 0.6 % of each
    share = run.by_lot[str(mall.lot.pk)]
    assert (share["payments"], share["payments_fen"], share["fee_milli"]) == (3, 3 * PRICE, 18_000)
    assert {mall.day} == set(Payment.objects.values_list("billed_on", flat=True))
    assert len(payments) == 3
    assert lines(run) == []
    assert found() == []


def test_a_payment_whose_news_was_lost_is_settled_by_the_bill(mall):
    payment = mall.paid_there()
    run = done(mall.reconcile(), "fixed")
    payment.refresh_from_db()
    payment.session.refresh_from_db()
    assert (payment.state, payment.session.paid_fen, payment.billed_on) == ("paid", PRICE, mall.day)
    assert PaymentEvent.objects.get(became="paid").cause == "bill"
    assert lines(run) == [("missing_here", "fixed")]
    assert found() == []


def test_a_payment_settled_by_the_bill_has_the_channels_time(mall):
    payment = mall.paid_there(mall.at(9))
    mall.reconcile()
    payment.refresh_from_db()
    assert payment.paid_at == mall.at(9)


def test_money_for_an_order_that_is_not_ours_is_left_for_a_person(mall):
    payment = mall.paid_there()
    number = payment.number
    Payment.objects.filter(pk=payment.pk).update(number="T" + "0" * 25)
    run = done(mall.reconcile(), "open")
    row = Discrepancy.objects.get()
    assert (row.kind, row.number, row.amount_fen, row.day) == (Kind.UNKNOWN_NUMBER, number, PRICE, mall.day)
    assert lines(run) == [("missing_here", "open")]


def test_after_yesterdays_backup_the_bill_brings_the_payments_back(mall):
    kept, lost = mall.paid(), mall.paid_there()
    # a row that was made after the backup is not there; here it goes by another number
    Payment.objects.filter(pk=lost.pk).update(number="T" + "1" * 25)
    run = mall.reconcile()
    assert (run.payments, run.payments_fen, run.agreed, run.verdict) == (2, 2 * PRICE, 1, "open")
    assert found() == [Kind.UNKNOWN_NUMBER]
    assert Payment.objects.get(pk=kept.pk).billed_on == mall.day


@pytest.mark.parametrize("is_paid_here", [True, False])
def test_another_amount_is_never_credited_and_left_for_a_person(mall, is_paid_here):
    payment = mall.paid() if is_paid_here else mall.paid_there()
    Payment.objects.filter(pk=payment.pk).update(amount_fen=PRICE + 1)
    before = ledger.balances()
    run = done(mall.reconcile(), "open")
    assert lines(run) == [("differs", "open")]
    assert Kind.DIFFERS in found()
    assert ledger.balances() == before
    assert Discrepancy.objects.filter(kind=Kind.DIFFERS, lot=mall.lot, day=mall.day).exists()


def test_what_the_bill_has_not_is_asked_for_before_the_alarm(mall):
    payment = mall.paid_here()
    mall.paid()
    run = done(mall.reconcile(), "open")
    assert run.agreed == 1
    assert lines(run) == [("missing_there", "open")]
    row = Discrepancy.objects.get()
    assert (row.kind, row.number, row.lot) == (Kind.MISSING_THERE, payment.number, mall.lot)
    assert run.lines.get().asked == 1


def test_what_the_channel_does_not_answer_about_is_asked_again_and_then_left_for_a_person(mall):
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


def test_a_row_that_the_channel_dates_to_the_next_day_is_left_to_that_days_bill(mall):
    payment, other = mall.paid(), mall.paid()
    tomorrow = mall.day + timedelta(days=1)
    mall.backdate(payment, mall.at(30))
    run = done(mall.reconcile(), "ok")
    assert [(line.became, line.due_day) for line in run.lines.all()] == [("explained", tomorrow)]
    done(mall.reconcile(tomorrow), "ok")
    payment.refresh_from_db()
    assert (payment.billed_on, Payment.objects.get(pk=other.pk).billed_on) == (tomorrow, mall.day)


def test_a_row_that_was_left_to_the_next_day_and_is_not_there_either_is_missing(mall):
    payment = mall.paid()
    mall.paid()
    mall.backdate(payment, mall.at(30))
    done(mall.reconcile(), "ok")
    mall.backdate(payment, mall.at(1))
    run = done(mall.reconcile(mall.day + timedelta(days=1)), "open")
    assert [(line.payment, line.verdict) for line in run.lines.all()] == [(payment, "missing_there")]


@pytest.mark.parametrize("minutes", [-3, 3])
def test_our_clock_may_differ_around_midnight(mall, minutes):
    """The bill has the last second of the day; by our books it was minutes before or after midnight."""
    mall.reconcile(mall.day - timedelta(days=1))
    payment = mall.paid(mall.at(24) - timedelta(seconds=1))
    Payment.objects.filter(pk=payment.pk).update(paid_at=mall.at(24) + timedelta(minutes=minutes))
    done(mall.reconcile(), "ok")
    done(mall.reconcile(mall.day + timedelta(days=1)), "ok")
    assert found() == []


def test_the_last_minutes_of_a_day_wait_for_the_next_bill(mall):
    """By the bill just after midnight, by our books just before."""
    payment = mall.paid(mall.at(24) + timedelta(seconds=1))
    Payment.objects.filter(pk=payment.pk).update(paid_at=mall.at(24) - timedelta(minutes=3))
    other = mall.paid()
    done(mall.reconcile(), "ok")
    done(mall.reconcile(mall.day + timedelta(days=1)), "ok")
    assert found() == []
    assert Payment.objects.get(pk=other.pk).billed_on == mall.day


def test_a_day_is_beijings_to_the_minute(mall):
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

    wait(is_done)
    mall.backdate(refund, at or mall.noon)
    Refund.objects.filter(pk=refund.pk).update(created_at=at or mall.noon, done_at=at or mall.noon)
    return refund


def test_a_refund_is_compared_on_its_own_day(mall):
    payment = mall.paid(mall.at(-20))
    refund = refunded(mall, payment)
    run = done(mall.reconcile(), "ok")
    assert (run.payments, run.refunds, run.refunds_fen, run.agreed) == (0, 1, 400, 1)
    refund.refresh_from_db()
    assert refund.billed_on == mall.day


def test_a_refund_in_the_bill_credits_nothing_again(mall):
    payment = mall.paid()
    refunded(mall, payment)
    before = ledger.balances()
    done(mall.reconcile(), "ok")
    assert ledger.balances() == before


def test_a_fully_refunded_payment_agrees_and_stays_paid(mall):
    payment = mall.paid()
    refunded(mall, payment, PRICE)
    run = done(mall.reconcile(), "ok")
    payment.refresh_from_db()
    assert (payment.state, run.payments, run.refunds) == ("paid", 1, 1)


def test_a_refund_whose_news_was_lost_is_done_by_the_bill(mall):
    payment = mall.paid()
    refund = request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=now())
    carry_out(refund, at=now())
    wait(lambda: mall.provider.query_refund(order_of(refund)).outcome == "refund_done")
    mall.backdate(refund, mall.noon)
    Refund.objects.filter(pk=refund.pk).exclude(state="done").update(state="sent")
    run = mall.reconcile()
    refund.refresh_from_db()
    assert (refund.state, run.verdict in {"fixed", "ok"}, found()) == ("done", True, [])


def order_of(refund):
    from payments.providers.base import RefundOrder

    payment = refund.payment
    return RefundOrder(refund.number, payment.number, refund.amount_fen, payment.amount_fen, "")


def test_a_refund_made_by_hand_at_the_channel_is_booked_as_external(mall):
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


def test_an_external_refund_is_booked_once_however_often_its_day_is_reconciled(mall):
    mall.refunded_by_hand(mall.paid(), 300)
    for _ in range(3):
        run = mall.reconcile()
        assert runs.repeat(run, at=now())
    done(mall.reconcile(), "ok")
    assert Refund.objects.count() == 1


def test_a_refund_of_a_payment_not_heard_of_settles_the_payment_first(mall):
    payment = mall.paid_there(mall.at(-20))
    mall.refunded_by_hand(payment, 300)
    run = done(mall.reconcile(), "fixed")
    payment.refresh_from_db()
    payment.session.refresh_from_db()
    assert (payment.state, payment.session.paid_fen) == ("paid", PRICE - 300)
    assert lines(run) == [("missing_here", "external")]


def test_a_refund_of_an_unknown_payment_is_left_for_a_person(mall):
    payment = mall.paid()
    mall.refunded_by_hand(payment, 300)
    Payment.objects.filter(pk=payment.pk).update(number="T" + "2" * 25, paid_at=mall.at(-200))
    run = done(mall.reconcile(), "open")
    assert sorted(found()) == [Kind.OVER_REFUNDED, Kind.UNKNOWN_NUMBER]
    assert lines(run) == [("missing_here", "open")] * 2


def test_a_refund_that_only_we_believe_to_be_done_is_missing_there(mall):
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


def test_a_bill_in_the_making_is_asked_for_each_half_hour(mall):
    mall.paid()
    mall.server.fault("bill_not_ready", times=2)
    at = mall.at(24 + 10.6)
    mall.provider._clock = lambda: at if mall.provider.name == "alipay" else now()
    for tries in (1, 2):
        run = mall.reconcile(at=at, steps=1)
        assert (run.state, run.fault, run.attempts) == ("waiting", "not_ready", tries)
        assert run.next_check_at == at + timedelta(minutes=30)
        assert runs.claim(at=at, only=run) is None
        at += timedelta(minutes=30)
    done(mall.reconcile(at=at), "ok")


@pytest.mark.parametrize("how", ["cut", "sum"])
def test_a_damaged_bill_is_used_for_nothing_and_asked_for_again(mall, how):
    paid, unheard = mall.paid(), mall.paid_there()
    mall.server.fault("bill_damaged", how=how)
    at = now()
    run = mall.reconcile(at=at, steps=1)
    assert (run.state, run.fault, run.payments) == ("waiting", "damaged", 0)
    paid.refresh_from_db()
    unheard.refresh_from_db()
    assert (paid.billed_on, unheard.state != "paid", lines(run), found()) == (None, True, [], [])
    done(mall.reconcile(at=at + timedelta(minutes=30)), "fixed")


def test_a_bill_that_stays_damaged_sounds_one_alarm_and_is_tried_daily(mall, monkeypatch):
    alarms = []
    monkeypatch.setattr(runs.log, "error", lambda event, **said: alarms.append((event, said["reason"])))
    monkeypatch.setattr(runs, "KEPT", 1000)
    mall.paid()
    mall.server.fault("bill_damaged", how="sum", times=None)
    at = now()
    for _ in range(runs.TRIES):
        run = mall.reconcile(at=at, steps=1)
        at += timedelta(minutes=30)
    assert (run.state, alarms) == ("failed", [("bill_not_had", "damaged")])
    at += timedelta(days=1)
    assert mall.reconcile(at=at, steps=1).state == "failed"
    assert len(alarms) == 1
    mall.server.clear()
    done(mall.reconcile(at=at + timedelta(days=1)), "ok")


def test_an_empty_day_is_fine_if_ours_is_empty_too(mall):
    run = done(mall.reconcile(), "ok")
    assert (run.payments, run.agreed, lines(run)) == (0, 0, [])


def test_an_empty_bill_beside_our_payments_is_an_alarm(mall, monkeypatch):
    alarms = []
    monkeypatch.setattr(runs.log, "error", lambda event, **said: alarms.append(event))
    mall.paid_here()
    done(mall.reconcile(), "open")
    assert alarms == ["bill_empty_but_paid", "bill_reconciled"]
    assert found() == [Kind.MISSING_THERE]


def test_a_bill_that_comes_to_its_senses_puts_the_alarm_away(mall):
    payment = mall.paid()
    mall.backdate(payment, mall.at(-24 * 5))
    run = done(mall.reconcile(), "open")
    assert found() == [Kind.MISSING_THERE]
    mall.backdate(payment, mall.noon)
    assert runs.repeat(run, at=now())
    done(mall.reconcile(), "ok")
    assert found() == []


def test_a_bill_is_compared_with_its_own_merchants_payments_alone(mall):
    foreign = mall.paid()
    Payment.objects.filter(pk=foreign.pk).update(merchant="another")
    run = mall.reconcile()
    assert lines(run) == [("missing_here", "open")]
    assert found() == [Kind.UNKNOWN_NUMBER]


# who works on which


def test_bills_are_planned_from_half_past_ten_in_beijing(mall):
    day = mall.day
    assert runs.plan(at=mall.at(24 + 10.4)) == 1
    assert BillRun.objects.get().day == day - timedelta(days=1)
    assert runs.plan(at=mall.at(24 + 10.5)) == 1
    assert runs.plan(at=mall.at(24 + 10.6)) == 0
    assert BillRun.objects.filter(day=day).exists()


def test_after_days_without_a_worker_every_day_is_made_up_for_in_order(mall):
    runs.plan(at=mall.at(35))
    assert runs.plan(at=mall.at(35 + 72)) == 3
    at, order = mall.at(35 + 72), []
    while (run := runs.claim(at=at)) is not None:
        order.append(run.day)
        BillRun.objects.filter(pk=run.pk).update(state="done", next_check_at=None, leased_until=None)
    assert order == [mall.day + timedelta(days=days) for days in range(4)]


def test_a_day_waits_for_the_day_before(mall):
    first, second = mall.run(), mall.run(mall.day + timedelta(days=1))
    at = now()
    BillRun.objects.filter(pk=first.pk).update(next_check_at=at + timedelta(minutes=30))
    assert runs.claim(at=at) is None
    BillRun.objects.filter(pk=first.pk).update(state="failed")
    assert runs.claim(at=at) == second


def test_a_run_is_leased_to_one_worker_and_free_again_when_that_dies(mall):
    run, at = mall.run(), now()
    assert runs.claim(at=at) == run
    assert runs.claim(at=at) is None
    assert not runs.repeat(run, at=at)
    assert runs.claim(at=at + runs.LEASE) == run


def test_a_worker_that_lost_its_lease_writes_no_verdict(mall):
    mall.paid()
    mine = runs.claim(at=now(), only=mall.run())
    BillRun.objects.filter(pk=mine.pk).update(leased_until=now() + timedelta(hours=5))
    runs.work_on(mine, at=now())
    assert BillRun.objects.get().read_at is None


def test_a_bill_beyond_what_channels_keep_is_given_up_for_good(mall):
    mall.server.fault("bill_not_ready", times=None)
    run, at = mall.run(), mall.at(24 * (runs.KEPT + 2))
    BillRun.objects.filter(pk=run.pk).update(attempts=runs.TRIES, next_check_at=at)
    mall.provider._clock = lambda: mall.at(30) if mall.provider.name == "alipay" else now()
    run = mall.reconcile(at=at, steps=1)
    assert (run.state, run.next_check_at) == ("failed", None)
