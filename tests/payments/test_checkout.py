"""Paying and settling: the row before the call, one settle(), money never credited twice nor dropped."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from lots.gates import take_commands
from lots.models import GateCommand, ParkingSession
from lots.plates import parse
from payments import checkout, ledger, work
from payments.channels import ChannelDown
from payments.checkout import EarlierPaymentPending, QuoteExpired, settle, start_payment
from payments.models import Discrepancy, LedgerEntry, Payment, PaymentEvent, Quote, Refund
from payments.providers.base import Outcome, Payer
from payments.quotes import NothingOwed, quote_lane, quote_stay
from tests.factories import NOON, see

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
LEAVING = NOON + timedelta(minutes=61)
State = Payment.State


@pytest.fixture
def parked(entry):
    see(entry, PLATE, NOON)
    return ParkingSession.objects.get()


def quote(lot, at=LEAVING, **kwargs):
    return quote_stay(lot=lot, plate=parse(PLATE), at=at, **kwargs)


def start(quote, at=LEAVING):
    return start_payment(quote_token=quote.token, channel="fake", payer=Payer(), at=at)[0]


def test_a_quote_is_the_price_so_far_with_its_lines_and_its_tariff_version(lot, parked):
    found = quote(lot)
    assert (found.amount_fen, found.price_fen, found.tariff.version) == (1000, 1000, 1)
    assert sum(line["fen"] for line in found.lines) == 1000


def test_absent_free_exempt_and_paid_cars_all_owe_nothing(lot, entry, channel):
    see(entry, "沪X1234应急", NOON)
    see(entry, "沪B22222", LEAVING)
    see(entry, PLATE, NOON)
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    for plate in ("沪Z99999", "沪X1234应急", "沪B22222", PLATE):
        with pytest.raises(NothingOwed):
            quote_stay(lot=lot, plate=parse(plate), at=LEAVING)


def test_the_row_is_committed_before_the_channel_is_called(lot, parked, channel):
    channel.fault = "unknown"
    with pytest.raises(ChannelDown):
        start(quote(lot))
    payment = Payment.objects.get()
    assert payment.state == State.UNKNOWN
    assert payment.next_check_at is not None
    assert channel.calls == ["start", "start"]


def test_an_answer_lost_after_the_channel_accepted_is_found_again(lot, parked, channel):
    channel.fault = "drop"
    with pytest.raises(ChannelDown):
        start(quote(lot))
    channel.fault = ""
    payment = Payment.objects.get()
    channel.pay(payment.number)
    work.chase_payments(LEAVING + timedelta(seconds=6))
    payment.refresh_from_db()
    assert payment.state == State.PAID


def test_a_definite_no_closes_the_attempt(lot, parked, channel):
    channel.fault = "refused"
    with pytest.raises(ChannelDown):
        start(quote(lot))
    assert Payment.objects.get().state == State.CLOSED


def test_an_expired_quote_starts_nothing(lot, parked, channel):
    found = quote(lot)
    with pytest.raises(QuoteExpired):
        start(found, at=found.valid_until)
    assert not Payment.objects.exists()


def test_pressing_pay_twice_takes_up_the_same_attempt(lot, parked, channel):
    found = quote(lot)
    assert start(found) == start(found)
    assert Payment.objects.count() == 1


def test_two_phones_with_quotes_of_one_amount_share_the_attempt(lot, parked, channel):
    assert start(quote(lot)) == start(quote(lot))


def test_a_new_amount_closes_the_old_attempt_first(lot, parked, channel):
    first = start(quote(lot))
    later = NOON + timedelta(minutes=121)
    second = start(quote(lot, at=later), at=later)
    first.refresh_from_db()
    assert (first.state, second.amount_fen) == (State.CLOSED, 1500)


def test_no_second_order_is_made_while_the_first_cannot_be_closed(lot, parked, channel):
    start(quote(lot))
    channel.fault = "unknown"
    later = NOON + timedelta(minutes=121)
    with pytest.raises(EarlierPaymentPending):
        start(quote(lot, at=later), at=later)
    assert Payment.objects.count() == 1


def test_paid_credits_the_stay_books_it_and_opens_the_exit_window(lot, parked, channel):
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    parked.refresh_from_db()
    assert (payment.state, payment.credited_fen, payment.provider_number) == (
        State.PAID,
        1000,
        f"P{payment.number}",
    )
    assert len(payment.receipt_code) == 12
    assert (parked.paid_fen, parked.exit_until) == (1000, LEAVING + timedelta(minutes=15))
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000}


def test_a_repeated_statement_settles_once(lot, parked, channel):
    payment = start(quote(lot))
    for cause in ("notice", "notice", "query"):
        settle(channel.pay(payment.number), cause=cause, at=LEAVING)
    parked.refresh_from_db()
    assert parked.paid_fen == 1000
    assert PaymentEvent.objects.filter(became="paid").count() == LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("changes", [{"amount_fen": 1}, {"app": "other"}, {"currency": "USD"}])
def test_a_statement_that_differs_is_never_credited_and_never_dropped(lot, parked, channel, changes):
    payment = start(quote(lot))
    settle(replace(channel.pay(payment.number), **changes), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    assert payment.state == State.OPEN
    assert Discrepancy.objects.get().kind == "differs"


def test_money_for_an_unknown_number_is_kept_for_staff_once(channel):
    for _ in range(2):
        settle(
            channel.statement("NOTOURS", outcome=Outcome.PAID, amount_fen=700, provider_number="X"),
            cause="notice",
            at=NOON,
        )
    assert Discrepancy.objects.get().amount_fen == 700


def test_money_that_arrives_after_closing_is_accepted(lot, parked, channel):
    payment = start(quote(lot))
    work.chase_payments(LEAVING + timedelta(minutes=6))
    payment.refresh_from_db()
    assert payment.state == State.CLOSED
    settle(channel.pay(payment.number), cause="notice", at=LEAVING + timedelta(minutes=7))
    parked.refresh_from_db()
    assert parked.paid_fen == 1000


def test_a_second_payment_for_one_stay_is_refunded_by_itself(lot, parked, channel):
    first = start(quote(lot))
    work.chase_payments(LEAVING + timedelta(minutes=6))
    second = start(quote(lot, at=LEAVING + timedelta(minutes=6)), at=LEAVING + timedelta(minutes=6))
    for payment in (second, first):
        settle(channel.pay(payment.number), cause="notice", at=LEAVING + timedelta(minutes=7))
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_fen, refund.reason) == (first, 1000, "surplus")
    work.send_refunds(LEAVING + timedelta(minutes=8))
    refund.refresh_from_db()
    parked.refresh_from_db()
    assert (refund.state, parked.paid_fen) == (Refund.State.DONE, 1000)
    assert ledger.balances() == {"channel:fake:m1": 1000, "parking": -1000, "to_refund": 0}


def test_a_refund_without_an_answer_is_asked_for_and_never_sent_under_a_new_number(lot, parked, channel):
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    refund = checkout.refunds.request_refund(payment, amount_fen=400, reason=Refund.Reason.STAFF, at=LEAVING)
    channel.fault = "unknown"
    work.send_refunds(LEAVING)
    channel.fault = ""
    work.send_refunds(LEAVING + timedelta(minutes=1))
    assert list(channel.refunds) == [refund.number]
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE


def test_refunds_never_exceed_the_payment(lot, parked, channel):
    payment = start(quote(lot))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    payment.refresh_from_db()
    request = checkout.refunds.request_refund
    request(payment, amount_fen=600, reason=Refund.Reason.STAFF, at=LEAVING)
    with pytest.raises(checkout.refunds.TooMuch):
        request(payment, amount_fen=600, reason=Refund.Reason.STAFF, at=LEAVING)


def test_after_the_exit_window_only_the_difference_is_due(lot, parked, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    assert quote(lot, at=NOON + timedelta(minutes=121)).amount_fen == 500


def test_paying_while_standing_at_the_barrier_opens_it_once(lot, parked, way_out, channel):
    see(way_out, PLATE, LEAVING)
    payment = start(quote_lane(lane=way_out.lane, at=LEAVING).quote)
    for _ in range(3):
        settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    command = GateCommand.objects.get(cause="paid")
    assert take_commands(way_out, at=LEAVING) == [command]
    assert take_commands(way_out, at=LEAVING) == []
    parked.refresh_from_db()
    assert (parked.left_at, parked.departure) == (LEAVING, "released")


def test_a_payment_made_inside_opens_at_the_exit_read_within_the_window(lot, parked, way_out, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    assert not GateCommand.objects.filter(cause="paid").exists()
    assert see(way_out, PLATE, LEAVING + timedelta(minutes=14)).opens(LEAVING + timedelta(minutes=14))


def test_a_misread_car_leaves_by_typing_its_plate_at_the_lane_code(lot, parked, way_out, channel):
    see(way_out, "沪A12346", LEAVING)
    payment = start(quote(lot, lane=way_out.lane))
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    assert len(take_commands(way_out, at=LEAVING)) == 1
    parked.refresh_from_db()
    assert parked.left_at == LEAVING


def test_a_misread_car_that_has_paid_is_let_out_by_typing_its_plate_at_the_lane_code(
    lot, parked, way_out, channel
):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    see(way_out, "沪A12346", LEAVING)
    with pytest.raises(NothingOwed):
        quote(lot, lane=way_out.lane)
    assert len(take_commands(way_out, at=LEAVING)) == 1


def test_nobody_leaves_in_the_name_of_a_car_that_parks_free(lot, entry, way_out, channel):
    see(entry, "沪X1234应急", NOON)
    see(way_out, None, LEAVING)
    with pytest.raises(NothingOwed):
        quote_stay(lot=lot, plate=parse("沪X1234应急"), at=LEAVING, lane=way_out.lane)
    assert take_commands(way_out, at=LEAVING) == []
    assert ParkingSession.objects.get().left_at is None


def test_a_command_that_nobody_fetched_is_ordered_anew_by_scanning_again(lot, parked, way_out, channel):
    see(way_out, PLATE, LEAVING)
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    later = LEAVING + timedelta(minutes=3)
    assert take_commands(way_out, at=later) == []
    with pytest.raises(NothingOwed):
        quote_lane(lane=way_out.lane, at=later)
    assert len(take_commands(way_out, at=later)) == 1


def test_booked_rows_refuse_to_change(lot, parked, channel):
    settle(channel.pay(start(quote(lot)).number), cause="notice", at=LEAVING)
    for change in (
        lambda: LedgerEntry.objects.update(amount_fen=1),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: PaymentEvent.objects.update(cause="x"),
        lambda: PaymentEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert LedgerEntry.objects.get().amount_fen == 1000


def test_quotes_that_nobody_paid_are_deleted_after_a_day(lot, parked, channel):
    start(quote(lot))
    quote(lot)
    work.forget_quotes(LEAVING + timedelta(days=2))
    assert Quote.objects.count() == 1
