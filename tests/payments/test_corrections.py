"""What a stay costs against what was paid for it, whenever either changes; and what staff do about it."""

from datetime import timedelta

import pytest

from lots import gates
from lots.corrections import AlreadyLeft, BadTime, InUse, Overlaps
from lots.models import GateCommand, ParkingSession
from lots.plates import parse
from lots.sessions import due_fen
from payments import booth, debts, ledger, refunds, staff, work
from payments.checkout import EarlierPaymentPending, settle, start_payment
from payments.corrections import settle_up
from payments.models import Debt, Discrepancy, Payment, Quote, Refund, RefundRequest
from payments.moving import NotMovable
from payments.providers.base import Outcome, Payer, ProviderRefused
from payments.quotes import NothingOwed, quote_stay
from payments.refunds import NotWaiting, TooMuch
from payments.staff import Decided, NotAtExit, NothingLeft, SamePerson
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.acting import LATER, LEAVING, OTHER, PLATE, by, fresh, on_shift, park, pay

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def parked(entry):
    return park(entry)


def owed(plate=PLATE, lot=None, at=LATER):
    return quote_stay(lot=lot, plate=parse(plate), at=at).amount_fen


# entry times


@pytest.mark.parametrize(
    ("entered_at", "back"),
    [
        (NOON + 30 * MINUTE, 500),  # 31 minutes: one hour of two
        (NOON + 50 * MINUTE, 1000),  # free
        (NOON - 30 * MINUTE, 0),
        (NOON, 0),
    ],
)
def test_too_much_after_the_entry_time_was_corrected_goes_back(lot, parked, channel, entered_at, back):
    payment = pay(lot, channel)
    staff.correct_entry(parked, entered_at=entered_at, by=by(), at=LEAVING)
    assert sum(payment.refunds.values_list("amount_fen", flat=True)) == back
    assert fresh(parked).paid_fen == 1000 - back


def test_too_little_after_the_entry_time_was_corrected_is_asked_for_at_the_exit(lot, parked, channel):
    pay(lot, channel)
    staff.correct_entry(parked, entered_at=NOON - 60 * MINUTE, by=by(), at=LEAVING)
    assert due_fen(fresh(parked), at=LEAVING) == 500
    assert (parked.paid_fen, Payment.objects.get().state) == (1000, "paid")
    assert not Debt.objects.exists()


def test_too_little_of_a_car_that_has_left_is_a_debt(lot, parked, way_out, channel):
    pay(lot, channel)
    see(way_out, PLATE, LEAVING)
    staff.correct_entry(parked, entered_at=NOON - 60 * MINUTE, by=by(), at=LATER)
    assert Debt.objects.get().amount_fen == 500


def test_a_corrected_entry_outlives_a_late_report_of_the_same_plate(lot, parked):
    staff.correct_entry(parked, entered_at=NOON - 30 * MINUTE, by=by(), at=LEAVING)
    see(make_device(lot, "exit"), PLATE, LEAVING, offline=True, received=LATER)
    stay = ParkingSession.objects.get()
    assert (stay.entered_at, stay.left_at) == (NOON - 30 * MINUTE, LEAVING)


@pytest.mark.parametrize(
    ("entered_at", "error"), [(LATER, BadTime), (NOON - timedelta(hours=3), Overlaps)], ids=str
)
def test_an_entry_time_is_refused_that_cannot_be(lot, entry, way_out, entered_at, error):
    park(entry, at=NOON - timedelta(hours=4))
    see(way_out, PLATE, NOON - timedelta(hours=2), offline=True, received=NOON - timedelta(hours=2))
    stay = park(entry)
    with pytest.raises(error):
        staff.correct_entry(stay, entered_at=entered_at, by=by(), at=LEAVING)


def test_a_difference_below_the_minimum_stays(lot, parked, channel, settings):
    settings.OVERPAID_MINIMUM = 501
    pay(lot, channel)
    staff.correct_entry(parked, entered_at=NOON + 30 * MINUTE, by=by(), at=LEAVING)
    assert not Refund.objects.exists()


def test_settling_up_twice_changes_nothing(lot, parked, channel):
    pay(lot, channel)
    ParkingSession.objects.update(entered_at=NOON + 30 * MINUTE)
    for _ in range(2):
        settle_up(parked, at=LEAVING, cause="coupon")
    assert Refund.objects.get().amount_fen == 500


def test_the_newest_payment_gives_back_first_and_a_waived_fee_before_any_money(lot, parked, channel):
    first = pay(lot, channel)
    second = pay(lot, channel, at=LATER)
    third = booth.waive(parked, by=by(), at=LATER + 60 * MINUTE).payment
    ParkingSession.objects.update(entered_at=LATER + 50 * MINUTE)
    settle_up(parked, at=LATER + 60 * MINUTE, cause="entry")
    back = list(Refund.objects.order_by("pk").values_list("payment_id", "amount_fen", "state"))
    assert back == [
        (third.pk, 500, "done"),
        (second.pk, 500, "requested"),
        (first.pk, 1000, "requested"),
    ]


def test_times_that_change_by_a_late_report_are_settled_up_by_the_worker(lot, parked, entry, channel):
    pay(lot, channel)
    see(entry, PLATE, NOON - 60 * MINUTE, offline=True, received=LEAVING)
    see(make_device(lot, "exit"), PLATE, NOON - 30 * MINUTE, offline=True, received=LEAVING)
    see(make_device(lot, "exit"), PLATE, LATER, offline=True, received=LATER)
    work.settle_changed_stays(LATER)
    assert work.settle_changed_stays(LATER) == 0
    assert [debt.amount_fen for debt in Debt.objects.all()] == [500, 500]


# cars that left


def test_a_car_that_left_unpaid_owes_and_a_late_payment_clears_it(lot, parked, channel):
    payment = pay(lot, channel, tell=False)
    see(make_device(lot, "exit"), PLATE, LEAVING, offline=True, received=LEAVING)
    work.settle_changed_stays(LEAVING)
    assert Debt.objects.get().amount_fen == 1000
    settle(channel.pay(payment.number), cause="notice", at=LEAVING + MINUTE)
    debt = Debt.objects.get()
    assert (debt.amount_fen, debt.cleared_at, debt.plate_index) == (0, LEAVING + MINUTE, None)
    assert not Refund.objects.exists()


def test_a_car_that_left_within_its_exit_window_owes_nothing(lot, parked, channel):
    pay(lot, channel, at=NOON + 119 * MINUTE)
    see(make_device(lot, "exit"), PLATE, LATER, offline=True, received=LATER)
    work.settle_changed_stays(LATER)
    assert not Debt.objects.exists()
    assert not Refund.objects.exists()


def test_a_debt_is_shown_and_payable_when_its_car_is_looked_up_again(lot, parked, entry, channel):
    staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    again = park(entry, at=LATER)
    assert [debt.session for debt in debts.beside(again)] == [parked]
    token = quote_stay(lot=lot, plate=parse(PLATE), at=LATER + MINUTE).token
    payment = start_payment(quote_token=token, channel="fake", payer=Payer(), at=LATER + MINUTE)[0]
    settle(channel.pay(payment.number), cause="notice", at=LATER + MINUTE)
    assert (fresh(payment).session, payment.amount_fen, Debt.objects.get().amount_fen) == (parked, 1000, 0)
    assert debts.beside(again) == []


def test_the_present_stay_is_asked_for_before_the_debt(lot, parked, entry):
    staff.end_stay(parked, left_at=LATER, by=by(), at=LATER)
    park(entry, at=LATER)
    assert owed(lot=lot, at=LATER + 30 * MINUTE) == 500
    assert Debt.objects.get().amount_fen == 1500


def test_a_debt_in_another_lot_is_not_this_lots_business(lot, parked):
    staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    with pytest.raises(NothingOwed):
        owed(lot=make_lot())


def test_cash_and_waivers_clear_a_debt_too(lot, parked):
    staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    on_shift(lot)
    booth.take_cash(parked, amount_fen=400, by=by(), at=LATER)
    assert Debt.objects.get().amount_fen == 600
    booth.waive(parked, by=by(), at=LATER)
    assert Debt.objects.get().cleared_at == LATER


def test_a_debtor_is_forgotten_on_a_clock_of_its_own_and_the_sum_stays(lot, parked, settings):
    settings.DEBT_DAYS = 10
    staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert work.forget_debtors(LEAVING + timedelta(days=9)) == 0
    assert work.forget_debtors(LEAVING + timedelta(days=10)) == 1
    debt = Debt.objects.get()
    assert (debt.plate_index, debt.amount_fen) == (None, 1000)
    with pytest.raises(NothingOwed):
        owed(lot=lot)


def test_staff_let_a_car_out_with_a_debt_while_no_channel_works(lot, parked, way_out, channel):
    channel.fault = "refused"
    see(way_out, PLATE, LEAVING)
    staff.release(parked, by=by(reason="支付通道故障"), at=LEAVING)
    (command,) = gates.take_commands(way_out, at=LEAVING)
    assert (command.cause, fresh(parked).left_at) == (GateCommand.Cause.MANUAL, LEAVING)
    work.settle_changed_stays(LEAVING)
    assert Debt.objects.get().amount_fen == 1000


def test_a_barrier_that_stayed_down_takes_the_debt_back(lot, parked, way_out):
    see(way_out, PLATE, LEAVING)
    staff.release(parked, by=by(), at=LEAVING)
    (command,) = gates.take_commands(way_out, at=LEAVING)
    work.settle_changed_stays(LEAVING)
    gates.acknowledge(way_out, command.pk, opened=False, at=LEAVING)
    work.settle_changed_stays(LEAVING)
    assert (fresh(parked).left_at, Debt.objects.get().amount_fen) == (None, 0)


def test_a_car_that_no_camera_sees_at_an_exit_is_not_let_out(lot, parked):
    with pytest.raises(NotAtExit):
        staff.release(parked, by=by(), at=LEAVING)


def test_a_car_that_comes_back_within_minutes_has_a_new_stay_that_nothing_covers(
    lot, entry, parked, way_out, channel
):
    pay(lot, channel)
    see(way_out, PLATE, LEAVING + MINUTE)
    again = park(entry, at=LEAVING + 5 * MINUTE)
    assert (again.paid_fen, due_fen(again, at=LEAVING + 66 * MINUTE)) == (0, 1000)


def test_past_the_days_end_a_quote_holds_and_the_next_takes_off_what_was_paid(lot, parked, channel):
    midnight = NOON + timedelta(hours=12)
    payment = pay(lot, channel, at=midnight - MINUTE)
    assert payment.amount_fen == 4000
    assert owed(lot=lot, at=NOON + timedelta(hours=26)) == 1000


# ended, merged, deleted


def test_a_stay_with_an_open_payment_is_not_ended_before_that_is_closed(lot, parked, channel):
    payment = pay(lot, channel, tell=False)
    with pytest.raises(EarlierPaymentPending):
        staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    channel.fault = "unknown"
    with pytest.raises(EarlierPaymentPending):
        staff.close_attempts(parked, at=LEAVING)
    channel.fault = ""
    staff.close_attempts(parked, at=LEAVING)
    staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert (fresh(payment).state, fresh(parked).departure) == ("closed", "manual")
    with pytest.raises(AlreadyLeft):
        staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)


def test_money_that_comes_while_a_stay_is_ended_counts_for_it(lot, parked, channel):
    payment = pay(lot, channel, tell=False)
    channel.pay(payment.number)
    staff.close_attempts(parked, at=LEAVING)
    staff.end_stay(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert (fresh(payment).state, fresh(parked).paid_fen) == ("paid", 1000)
    assert not Debt.objects.exists()


@pytest.mark.parametrize("act", ["merge", "drop"])
def test_a_stay_with_a_payment_of_any_state_is_neither_merged_away_nor_deleted(
    lot, entry, parked, channel, act
):
    other = park(entry, OTHER)
    pay(lot, channel, tell=False)
    into = {"into": other} if act == "merge" else {}
    with pytest.raises(InUse):
        getattr(staff, act)(parked, by=by(), at=LEAVING, **into)
    assert ParkingSession.objects.count() == 2
    assert Quote.objects.count() == 1


def test_two_stays_of_one_car_become_one_that_begins_with_the_first(lot, entry, way_out, parked, channel):
    misread = park(entry, "沪A12346", NOON - 10 * MINUTE)
    pay(lot, channel)
    staff.merge(misread, into=parked, by=by(), at=LEAVING)
    stay = ParkingSession.objects.get()
    assert (stay.pk, stay.entered_at, stay.paid_fen) == (parked.pk, NOON - 10 * MINUTE, 1000)
    see(way_out, PLATE, LEAVING, offline=True, received=LATER)
    assert ParkingSession.objects.get().left_at == LEAVING


def test_a_misread_is_deleted_and_does_not_come_back_with_a_late_report(lot, entry, way_out, parked):
    quote_stay(lot=lot, plate=parse(PLATE), at=LEAVING)
    staff.drop(parked, by=by(), at=LEAVING)
    see(way_out, OTHER, LATER)
    assert not ParkingSession.objects.exists()


def test_a_corrected_plate_keeps_its_payment_and_is_found_by_its_new_name(lot, entry, parked, channel):
    payment = pay(lot, channel)
    staff.correct_plate(parked, plate=parse(OTHER), by=by(), at=LEAVING)
    assert fresh(payment).session == parked
    assert see(make_device(lot, "exit"), OTHER, LEAVING).opens(LEAVING)


def test_a_car_that_turns_out_to_park_free_gets_its_money_back(lot, parked, channel):
    payment = pay(lot, channel)
    staff.correct_plate(parked, plate=parse("沪X1234应急"), by=by(), at=LEAVING)
    assert payment.refunds.get().amount_fen == 1000


def test_a_plate_that_is_inside_already_is_not_given_twice(lot, entry, parked):
    park(entry, OTHER)
    with pytest.raises(Overlaps):
        staff.correct_plate(parked, plate=parse(OTHER), by=by(), at=LEAVING)


# payments for the wrong car


def test_a_payment_for_the_wrong_car_is_moved_and_both_stays_are_settled_up(
    lot, entry, parked, way_out, channel
):
    mine = park(entry, OTHER, NOON + 30 * MINUTE)
    payment = pay(lot, channel)
    see(way_out, OTHER, LEAVING)
    act = staff.move(payment, to=mine, by=by(), at=LEAVING)
    assert (fresh(payment).session, fresh(mine).paid_fen, fresh(parked).paid_fen) == (mine, 500, 0)
    assert Refund.objects.get().amount_fen == 500
    assert due_fen(parked, at=LEAVING) == 1000
    assert (act.session, act.other_session) == (mine, parked)
    assert GateCommand.objects.filter(session=mine, cause="paid").exists()
    assert ledger.balances()["parking"] == -500


def test_a_payment_moved_from_a_car_that_has_left_leaves_a_debt_behind(lot, entry, parked, way_out, channel):
    mine = park(entry, OTHER)
    payment = pay(lot, channel)
    see(way_out, PLATE, LEAVING)
    staff.move(payment, to=mine, by=by(), at=LEAVING)
    assert (Debt.objects.get().session, Debt.objects.get().amount_fen) == (parked, 1000)


def test_a_payment_on_a_stay_whose_exit_was_missed_is_moved_to_the_newest(lot, entry, parked, channel):
    payment = pay(lot, channel)
    newest = park(entry, at=LATER)
    assert fresh(parked).departure == "missed"
    staff.move(payment, to=newest, by=by(), at=LATER + 61 * MINUTE)
    assert (fresh(newest).paid_fen, fresh(parked).paid_fen) == (1000, 0)
    assert not Debt.objects.exists()


def test_what_counts_for_no_stay_is_not_moved(lot, entry, parked, channel):
    payment = pay(lot, channel)
    elsewhere = park(make_device(make_lot(), "entry"), OTHER)
    waived = booth.waive(park(entry, OTHER), by=by(), at=LEAVING).payment
    for row, to in ((payment, elsewhere), (payment, parked), (waived, parked)):
        with pytest.raises(NotMovable):
            staff.move(row, to=to, by=by(), at=LEAVING)


def test_the_same_plate_in_two_lots_is_two_stays_and_a_payment_is_of_one(lot, parked, channel):
    twin = park(make_device(make_lot(), "entry"))
    pay(lot, channel)
    assert (fresh(parked).paid_fen, fresh(twin).paid_fen) == (1000, 0)
    assert owed(lot=twin.lot, at=LEAVING) == 1000


# refunds by staff


def test_a_refund_by_staff_makes_the_stay_owe_again_or_waives_as_much(lot, parked, channel):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=400, still_owed=True, by=by(), at=LEAVING)
    assert due_fen(fresh(parked), at=LEAVING) == 400
    staff.refund(payment, amount_fen=600, still_owed=False, by=by(), at=LEAVING)
    assert (fresh(parked).paid_fen, due_fen(parked, at=LEAVING)) == (600, 400)
    with pytest.raises(TooMuch):
        staff.refund(payment, amount_fen=1, still_owed=True, by=by(), at=LEAVING)


def test_a_refund_pressed_twice_goes_back_once(lot, parked, channel):
    payment, press = pay(lot, channel), by()
    acts = [staff.refund(payment, amount_fen=300, still_owed=True, by=press, at=LEAVING) for _ in range(3)]
    assert len({act.pk for act in acts}) == 1
    assert Refund.objects.get().amount_fen == 300


def test_three_partial_refunds_in_a_row_stay_within_the_payment(lot, parked, channel):
    payment = pay(lot, channel)
    for fen in (300, 300, 400):
        staff.refund(payment, amount_fen=fen, still_owed=True, by=by(), at=LEAVING)
    work.send_refunds(LEAVING)
    assert len(channel.refunds) == 3
    assert fresh(payment).reserved_refund_fen == 1000


def test_above_the_limit_a_second_person_approves(lot, parked, channel, settings):
    settings.STAFF_REFUND_LIMIT = 500
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    act = staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    assert (act.kind, Refund.objects.count()) == ("refund_asked", 1)
    asked = RefundRequest.objects.get()
    with pytest.raises(SamePerson):
        staff.approve(asked, by=by(), at=LEAVING)
    staff.approve(asked, by=by("wang"), at=LEAVING)
    assert (Refund.objects.count(), fresh(asked).decided_by.username) == (2, "wang")
    for again in (staff.approve, staff.decline):
        with pytest.raises(Decided):
            again(asked, by=by("wang"), at=LEAVING)


def test_a_declined_refund_moves_nothing(lot, parked, channel, settings):
    settings.STAFF_REFUND_LIMIT = 0
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with pytest.raises(Decided):  # one request at a time
        staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    staff.decline(RefundRequest.objects.get(), by=by("wang"), at=LEAVING)
    assert not Refund.objects.exists()


# refunds that went wrong, and those made at the channel


def refuse(channel, payment, outcome=Outcome.REFUND_ABNORMAL):
    refund = Refund.objects.latest("pk")
    channel.refunds[refund.number] = outcome
    work.send_refunds(LEAVING)
    return fresh(refund)


def test_an_abnormal_refund_is_given_back_by_hand_from_the_drawer(lot, parked, channel):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    assert (refund.state, refund.done_at) == ("abnormal", None)
    on_shift(lot)
    staff.given_back(refund, means=Refund.Means.CASH, by=by(), at=LATER)
    assert (fresh(refund).state, refund.means) == ("done", "cash")
    assert ledger.balances() == {
        "channel:fake:m1": 1000,
        "parking": -700,
        "to_refund": 0,
        f"channel:cash:{lot.slug}": -300,
    }
    with pytest.raises(NotWaiting):
        staff.given_back(refund, means=Refund.Means.CASH, by=by(), at=LATER)


def test_what_was_given_by_hand_and_by_the_channel_too_is_put_before_staff(lot, parked, channel):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    staff.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=LATER)
    said = channel.statement(
        payment.number, outcome=Outcome.REFUND_DONE, amount_fen=300, refund_number=refund.number
    )
    settle(said, cause="notice", at=LATER)
    assert Discrepancy.objects.get().kind == "over_refunded"


def test_an_abnormal_refund_is_sent_again_under_its_own_number(lot, parked, channel):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    channel.refunds[refund.number] = Outcome.REFUND_DONE
    staff.retry(refund, by=by(), at=LATER)
    work.send_refunds(LATER)
    assert fresh(refund).state == "done"
    assert list(channel.refunds) == [refund.number]


def tried(channel):
    return channel.calls.count("refund")


def test_without_funds_a_refund_is_a_task_and_sent_again_each_day_under_its_number(
    lot, parked, channel, monkeypatch
):
    def send(order):
        channel._call("refund")
        raise ProviderRefused("not_enough")

    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with monkeypatch.context() as empty:
        empty.setattr(channel, "refund", send)
        work.send_refunds(LEAVING)
        refund = fresh(Refund.objects.get())
        assert (refund.state, refund.done_at, refund.next_check_at) == ("abnormal", None, LEAVING + DAY)
        for at in (LEAVING + DAY - MINUTE, LEAVING + DAY, LEAVING + DAY + 540 * MINUTE):
            work.send_refunds(at)
        assert (tried(channel), fresh(refund).next_check_at) == (2, LEAVING + 2 * DAY)
    work.send_refunds(LEAVING + 2 * DAY)
    assert (fresh(refund).state, list(channel.refunds)) == ("done", [refund.number])
    causes = list(refund.events.values_list("cause", flat=True))
    assert causes == ["refused not_enough", "worker"]  # one task, however often it was tried


def test_an_abnormal_refund_is_asked_about_daily_and_never_sent_twice(lot, parked, channel):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    sent = tried(channel)
    for day in range(1, 40):
        work.send_refunds(LEAVING + day * DAY)
    assert (tried(channel), channel.calls.count("query_refund")) == (sent, 30)
    assert (fresh(refund).state, refund.next_check_at) == ("abnormal", None)  # now it is with staff alone


def test_too_many_refunds_at_once_wait_for_minutes_and_are_nobodys_task(lot, parked, channel, monkeypatch):
    def send(order):
        raise ProviderRefused("frequency_limited")

    staff.refund(pay(lot, channel), amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    monkeypatch.setattr(channel, "refund", send)
    work.send_refunds(LEAVING)
    refund = fresh(Refund.objects.get())
    assert (refund.state, refund.next_check_at) == ("requested", LEAVING + timedelta(seconds=5))


def test_an_abnormal_refund_goes_to_the_merchant_and_stays_a_task_until_the_driver_has_it(
    lot, parked, channel
):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)

    def apply(order):
        channel.refunds[order.number] = Outcome.REFUND_DONE
        return channel.refund_statement(order)

    with pytest.raises(NotWaiting):
        staff.to_merchant(refund, by=by(), at=LATER)
    type(channel).apply_abnormal_refund = lambda _, order: apply(order)
    try:
        staff.to_merchant(refund, by=by(), at=LATER)
    finally:
        del type(channel).apply_abnormal_refund
    assert fresh(refund).state == "done"
    assert staff.owed_by_merchant([refund]) == [refund]
    staff.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=LATER)
    assert staff.owed_by_merchant([refund]) == []


def test_a_failed_refund_of_a_surplus_is_promised_again_under_a_new_number(lot, parked, channel):
    payment = pay(lot, channel, tell=False)
    booth.waive(parked, by=by(), at=LEAVING)
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    failed = refuse(channel, payment, Outcome.REFUND_FAILED)
    staff.promise_again(failed, by=by(), at=LATER)
    again = Refund.objects.latest("pk")
    assert (again.number != failed.number, again.amount_fen, again.reason) == (True, 1000, "surplus")
    with pytest.raises(NothingLeft):
        staff.promise_again(failed, by=by(), at=LATER)


@pytest.mark.parametrize("by_notice", [True, False])
def test_a_refund_made_at_the_channel_is_recorded_once_and_comes_off_the_stay(
    lot, parked, channel, by_notice
):
    payment = pay(lot, channel)
    for _ in range(2):
        if by_notice:
            said = channel.statement(
                payment.number, outcome=Outcome.REFUND_DONE, amount_fen=300, refund_number="CONSOLE-1"
            )
            settle(said, cause="notice", at=LATER)
        else:
            refunds.record_external(payment, amount_fen=300, number="CONSOLE-1", cause="bill", at=LATER)
    refund = Refund.objects.get()
    assert (refund.state, refund.reason, refund.external_number) == ("done", "external", "CONSOLE-1")
    assert fresh(parked).paid_fen == 700
    assert ledger.balances() == {"channel:fake:m1": 700, "parking": -700, "to_refund": 0}


def test_more_than_is_left_given_at_the_channel_is_put_before_staff(lot, parked, channel):
    payment = pay(lot, channel)
    staff.refund(payment, amount_fen=800, still_owed=True, by=by(), at=LEAVING)
    assert refunds.record_external(payment, amount_fen=300, number="C", cause="bill", at=LATER) == []
    found = Discrepancy.objects.get()
    assert (found.kind, found.amount_fen) == ("over_refunded", 300)
    staff.resolve(found, by=by(reason="已与渠道核对"), at=LATER)
    assert fresh(found).resolved_at == LATER
    with pytest.raises(Decided):
        staff.resolve(found, by=by(), at=LATER)


def test_a_refund_at_the_channel_of_a_car_that_has_left_makes_no_debt(lot, parked, way_out, channel):
    payment = pay(lot, channel)
    see(way_out, PLATE, LEAVING)
    refunds.record_external(payment, amount_fen=1000, number="C", cause="bill", at=LATER)
    settle_up(parked, at=LATER, cause="bill")
    assert not Debt.objects.exists()
