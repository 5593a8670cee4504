"""What a stay costs against what was paid for it, whenever either changes; and what staff do about it."""

from datetime import timedelta

import pytest

from core.transport import OutcomeUnknown
from lots import gates
from lots.corrections import AlreadyLeft, BadTime, InUse, Overlaps
from lots.models import GateCommand, ParkingSession
from lots.plates import parse
from lots.sessions import due_fen
from lots.systems.parking_system import Nothing, NothingDue
from payments import booth, channels, ledger, outstanding, payment_jobs, refund_acts, refunds, staff_actions
from payments.balance_corrections import SessionNotFound, settle_up
from payments.charges import release_if_settled
from payments.checkout import EarlierPaymentPending
from payments.coupons.redemption import use_coupons
from payments.models import Debt, Discrepancy, LedgerEntry, Payment, Refund, RefundRequest, StaffAct
from payments.payment_moves import NotMovable
from payments.providers.contract import Outcome, ProviderRefused
from payments.refund_acts import Decided, NothingLeft, SamePerson
from payments.refunds import NotWaiting, TooMuch
from payments.refusals import NothingOwed
from payments.settling import settle
from payments.staff_actions import NotAtExit
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.acting import LATER, LEAVING, OTHER, PLATE, by, fresh, on_shift, park, pay
from tests.payments.payment_steps import look_up, start_paying

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def parked(entry):
    return park(entry)


def owed(plate=PLATE, lot=None, at=LATER):
    return look_up(lot=lot, plate=parse(plate), at=at).amount_fen


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
def test_overpayment_after_entry_correction_is_refunded(lot, parked, channel, entered_at, back):
    payment = pay(lot, channel)
    staff_actions.correct_entry(parked, entered_at=entered_at, by=by(), at=LEAVING)
    assert sum(payment.refunds.values_list("amount_fen", flat=True)) == back
    assert fresh(parked).paid_fen == 1000 - back


def test_underpayment_after_correction_due_at_exit(lot, parked, channel):
    pay(lot, channel)
    staff_actions.correct_entry(parked, entered_at=NOON - 60 * MINUTE, by=by(), at=LEAVING)
    assert due_fen(fresh(parked), at=LEAVING) == 500
    assert (parked.paid_fen, Payment.objects.get().state) == (1000, "paid")
    assert not Debt.objects.exists()


def test_underpayment_after_exit_becomes_debt(lot, parked, way_out, channel):
    pay(lot, channel)
    see(way_out, PLATE, LEAVING)
    staff_actions.correct_entry(parked, entered_at=NOON - 60 * MINUTE, by=by(), at=LATER)
    assert Debt.objects.get().amount_fen == 500


def test_corrected_entry_survives_late_read(lot, parked):
    staff_actions.correct_entry(parked, entered_at=NOON - 30 * MINUTE, by=by(), at=LEAVING)
    see(make_device(lot, "exit"), PLATE, LEAVING, offline=True, received=LATER)
    session = ParkingSession.objects.get()
    assert (session.entered_at, session.left_at) == (NOON - 30 * MINUTE, LEAVING)


@pytest.mark.parametrize(
    ("entered_at", "error"), [(LATER, BadTime), (NOON - timedelta(hours=3), Overlaps)], ids=str
)
def test_impossible_entry_time_is_refused(lot, entry, way_out, entered_at, error):
    park(entry, at=NOON - timedelta(hours=4))
    see(way_out, PLATE, NOON - timedelta(hours=2), offline=True, received=NOON - timedelta(hours=2))
    session = park(entry)
    with pytest.raises(error):
        staff_actions.correct_entry(session, entered_at=entered_at, by=by(), at=LEAVING)


def test_difference_below_minimum_is_not_refunded(lot, parked, channel, settings):
    settings.OVERPAID_MINIMUM = 501
    pay(lot, channel)
    staff_actions.correct_entry(parked, entered_at=NOON + 30 * MINUTE, by=by(), at=LEAVING)
    assert not Refund.objects.exists()


def test_settling_up_twice_changes_nothing(lot, parked, channel):
    pay(lot, channel)
    ParkingSession.objects.update(entered_at=NOON + 30 * MINUTE)
    for _ in range(2):
        settle_up(parked, at=LEAVING, cause="coupon")
    assert Refund.objects.get().amount_fen == 500


def test_refund_order_is_waiver_then_newest(lot, parked, channel):
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


def test_worker_settles_late_time_changes(lot, parked, entry, channel):
    pay(lot, channel)
    see(entry, PLATE, NOON - 60 * MINUTE, offline=True, received=LEAVING)
    see(make_device(lot, "exit"), PLATE, NOON - 30 * MINUTE, offline=True, received=LEAVING)
    see(make_device(lot, "exit"), PLATE, LATER, offline=True, received=LATER)
    payment_jobs.settle_changed_sessions(LATER)
    assert payment_jobs.settle_changed_sessions(LATER) == 0
    assert [debt.amount_fen for debt in Debt.objects.all()] == [500, 500]


# cars that left


def test_late_payment_clears_debt(lot, parked, channel):
    payment = pay(lot, channel, notify=False)
    see(make_device(lot, "exit"), PLATE, LEAVING, offline=True, received=LEAVING)
    payment_jobs.settle_changed_sessions(LEAVING)
    assert Debt.objects.get().amount_fen == 1000
    settle(channel.pay(payment.number), cause="notice", at=LEAVING + MINUTE)
    debt = Debt.objects.get()
    assert (debt.amount_fen, debt.cleared_at, debt.plate_index) == (0, LEAVING + MINUTE, None)
    assert not Refund.objects.exists()


def test_exit_within_window_leaves_no_debt(lot, parked, channel):
    pay(lot, channel, at=NOON + 119 * MINUTE)
    see(make_device(lot, "exit"), PLATE, LATER, offline=True, received=LATER)
    payment_jobs.settle_changed_sessions(LATER)
    assert not Debt.objects.exists()
    assert not Refund.objects.exists()


def test_debt_is_payable_on_next_visit(lot, parked, entry, channel):
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    again = park(entry, at=LATER)
    assert [debt.session for debt in outstanding.beside(again)] == [parked]
    token = look_up(lot=lot, plate=parse(PLATE), at=LATER + MINUTE)
    payment = start_paying(token, "fake", at=LATER + MINUTE)
    settle(channel.pay(payment.number), cause="notice", at=LATER + MINUTE)
    assert (fresh(payment).session, payment.amount_fen, Debt.objects.get().amount_fen) == (parked, 1000, 0)
    assert outstanding.beside(again) == []


def test_current_stay_precedes_debt(lot, parked, entry):
    staff_actions.end_session(parked, left_at=LATER, by=by(), at=LATER)
    park(entry, at=LATER)
    assert owed(lot=lot, at=LATER + 30 * MINUTE) == 500
    assert Debt.objects.get().amount_fen == 1500


def test_debt_is_limited_to_its_lot(lot, parked):
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    with pytest.raises(NothingOwed):
        owed(lot=make_lot())


def test_cash_and_waivers_clear_debt(lot, parked):
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    on_shift(lot)
    booth.take_cash(parked, amount_fen=400, by=by(), at=LATER)
    assert Debt.objects.get().amount_fen == 600
    booth.waive(parked, by=by(), at=LATER)
    assert Debt.objects.get().cleared_at == LATER


def test_debtor_is_erased_after_retention(lot, parked, settings):
    settings.DEBT_DAYS = 10
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert payment_jobs.forget_debtors(LEAVING + timedelta(days=9)) == 0
    assert payment_jobs.forget_debtors(LEAVING + timedelta(days=10)) == 1
    debt = Debt.objects.get()
    assert (debt.plate_index, debt.amount_fen) == (None, 1000)
    with pytest.raises(NothingOwed):
        owed(lot=lot)


def test_release_without_channel_leaves_debt(lot, parked, way_out, channel):
    channel.fault = "refused"
    see(way_out, PLATE, LEAVING)
    staff_actions.release(parked, by=by(reason="支付通道故障"), at=LEAVING)
    (command,) = gates.take_commands(way_out, at=LEAVING)
    assert (command.cause, fresh(parked).left_at) == (GateCommand.Cause.MANUAL, LEAVING)
    payment_jobs.settle_changed_sessions(LEAVING)
    assert Debt.objects.get().amount_fen == 1000


def test_unopened_barrier_cancels_debt(lot, parked, way_out):
    see(way_out, PLATE, LEAVING)
    staff_actions.release(parked, by=by(), at=LEAVING)
    (command,) = gates.take_commands(way_out, at=LEAVING)
    payment_jobs.settle_changed_sessions(LEAVING)
    gates.acknowledge(way_out, command.pk, opened=False, at=LEAVING)
    payment_jobs.settle_changed_sessions(LEAVING)
    assert (fresh(parked).left_at, Debt.objects.get().amount_fen) == (None, 0)


def test_release_requires_car_at_exit(lot, parked):
    with pytest.raises(NotAtExit):
        staff_actions.release(parked, by=by(), at=LEAVING)


def test_returning_car_starts_unpaid_stay(lot, entry, parked, way_out, channel):
    pay(lot, channel)
    see(way_out, PLATE, LEAVING + MINUTE)
    again = park(entry, at=LEAVING + 5 * MINUTE)
    assert (again.paid_fen, due_fen(again, at=LEAVING + 66 * MINUTE)) == (0, 1000)


def test_next_day_deducts_earlier_payment(lot, parked, channel):
    midnight = NOON + timedelta(hours=12)
    payment = pay(lot, channel, at=midnight - MINUTE)
    assert payment.amount_fen == 4000
    assert owed(lot=lot, at=NOON + timedelta(hours=26)) == 1000


# ended, merged, deleted


def test_open_payment_blocks_ending_stay(lot, parked, channel):
    payment = pay(lot, channel, notify=False)
    with pytest.raises(EarlierPaymentPending):
        staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    channel.fault = "unknown"
    with pytest.raises(EarlierPaymentPending):
        staff_actions.close_attempts(parked, at=LEAVING)
    channel.fault = ""
    staff_actions.close_attempts(parked, at=LEAVING)
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert (fresh(payment).state, fresh(parked).departure) == ("closed", "manual")
    with pytest.raises(AlreadyLeft):
        staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)


def test_payment_during_ending_is_credited(lot, parked, channel):
    payment = pay(lot, channel, notify=False)
    channel.pay(payment.number)
    staff_actions.close_attempts(parked, at=LEAVING)
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    assert (fresh(payment).state, fresh(parked).paid_fen) == ("paid", 1000)
    assert not Debt.objects.exists()


@pytest.mark.parametrize("act", ["merge", "drop"])
def test_stay_with_payment_cannot_be_removed(lot, entry, parked, channel, act):
    other = park(entry, OTHER)
    pay(lot, channel, notify=False)
    into = {"into": other} if act == "merge" else {}
    with pytest.raises(InUse):
        getattr(staff_actions, act)(parked, by=by(), at=LEAVING, **into)
    assert ParkingSession.objects.count() == 2


def test_merged_stay_has_earliest_entry(lot, entry, way_out, parked, channel):
    misread = park(entry, "沪A12346", NOON - 10 * MINUTE)
    pay(lot, channel)
    staff_actions.merge(misread, into=parked, by=by(), at=LEAVING)
    session = ParkingSession.objects.get()
    assert (session.pk, session.entered_at, session.paid_fen) == (parked.pk, NOON - 10 * MINUTE, 1000)
    see(way_out, PLATE, LEAVING, offline=True, received=LATER)
    assert ParkingSession.objects.get().left_at == LEAVING


@pytest.mark.parametrize(
    "act",
    [
        lambda stay: booth.take_cash(stay, amount_fen=1000, by=by(), at=LEAVING),
        lambda stay: booth.take_elsewhere(stay, amount_fen=1000, by=by(), at=LEAVING),
        lambda stay: booth.waive(stay, by=by(), at=LEAVING),
    ],
)
def test_merged_stay_takes_no_money(lot, entry, parked, act):
    on_shift(lot)
    misread = park(entry, OTHER)
    staff_actions.merge(misread, into=parked, by=by(), at=LEAVING)
    with pytest.raises(SessionNotFound):
        act(ParkingSession(pk=misread.pk, lot=lot, entered_at=NOON))
    assert not Payment.objects.exists()


def test_merged_stay_uses_no_coupon(lot, parked):
    merged = ParkingSession(pk=parked.pk + 1, lot=lot, entered_at=NOON)
    assert use_coupons(merged, lane=None, at=LEAVING) is None
    nothing = NothingDue(Nothing.PAID, str(merged.pk), at_exit=True)
    assert release_if_settled(lot, nothing, lane=None, at=LEAVING) is None


def test_deleted_misread_is_not_recreated(lot, entry, way_out, parked):
    look_up(lot=lot, plate=parse(PLATE), at=LEAVING)
    staff_actions.drop(parked, by=by(), at=LEAVING)
    see(way_out, OTHER, LATER)
    assert not ParkingSession.objects.exists()


def test_corrected_plate_retains_payment(lot, entry, parked, channel):
    payment = pay(lot, channel)
    staff_actions.correct_plate(parked, plate=parse(OTHER), by=by(), at=LEAVING)
    assert fresh(payment).session == parked
    assert see(make_device(lot, "exit"), OTHER, LEAVING).opens(LEAVING)


def test_exempt_plate_correction_refunds_payment(lot, parked, channel):
    payment = pay(lot, channel)
    staff_actions.correct_plate(parked, plate=parse("沪X1234应急"), by=by(), at=LEAVING)
    assert payment.refunds.get().amount_fen == 1000


def test_duplicate_open_plate_is_refused(lot, entry, parked):
    other = park(entry, OTHER)
    with pytest.raises(Overlaps) as refused:
        staff_actions.correct_plate(parked, plate=parse(OTHER), by=by(), at=LEAVING)
    assert refused.value.other == other


def test_debt_follows_the_corrected_plate(lot, parked):
    """A misread plate is another car's, which must not be asked to pay for this stay."""
    staff_actions.end_session(parked, left_at=LEAVING, by=by(), at=LEAVING)
    staff_actions.correct_plate(parked, plate=parse(OTHER), by=by(), at=LATER)
    assert owed(OTHER, lot=lot) == 1000
    with pytest.raises(NothingOwed):
        owed(PLATE, lot=lot)


# payments for the wrong car


def test_moved_payment_settles_both_stays(lot, entry, parked, way_out, channel):
    mine = park(entry, OTHER, NOON + 30 * MINUTE)
    payment = pay(lot, channel)
    see(way_out, OTHER, LEAVING)
    act = staff_actions.move(payment, to=mine, by=by(), at=LEAVING)
    assert (fresh(payment).session, fresh(mine).paid_fen, fresh(parked).paid_fen) == (mine, 500, 0)
    assert Refund.objects.get().amount_fen == 500
    assert due_fen(parked, at=LEAVING) == 1000
    assert (act.session, act.other_session) == (mine, parked)
    assert GateCommand.objects.filter(session=mine, cause="paid").exists()
    assert ledger.balances()["parking"] == -500


def test_payment_moved_after_exit_leaves_debt(lot, entry, parked, way_out, channel):
    mine = park(entry, OTHER)
    payment = pay(lot, channel)
    see(way_out, PLATE, LEAVING)
    staff_actions.move(payment, to=mine, by=by(), at=LEAVING)
    assert (Debt.objects.get().session, Debt.objects.get().amount_fen) == (parked, 1000)


def test_payment_moves_from_missed_exit(lot, entry, parked, channel):
    payment = pay(lot, channel)
    newest = park(entry, at=LATER)
    assert fresh(parked).departure == "missed"
    staff_actions.move(payment, to=newest, by=by(), at=LATER + 61 * MINUTE)
    assert (fresh(newest).paid_fen, fresh(parked).paid_fen) == (1000, 0)
    assert not Debt.objects.exists()


def test_invalid_payment_move_is_refused(lot, entry, parked, channel):
    payment = pay(lot, channel)
    elsewhere = park(make_device(make_lot(), "entry"), OTHER)
    waived = booth.waive(park(entry, OTHER), by=by(), at=LEAVING).payment
    for row, to in ((payment, elsewhere), (payment, parked), (waived, parked)):
        with pytest.raises(NotMovable):
            staff_actions.move(row, to=to, by=by(), at=LEAVING)


def test_payment_counts_in_one_lot(lot, parked, channel):
    twin = park(make_device(make_lot(), "entry"))
    pay(lot, channel)
    assert (fresh(parked).paid_fen, fresh(twin).paid_fen) == (1000, 0)
    assert owed(lot=twin.lot, at=LEAVING) == 1000


# refunds by staff


def test_staff_refund_restores_or_waives_due(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=400, still_owed=True, by=by(), at=LEAVING)
    assert due_fen(fresh(parked), at=LEAVING) == 400
    refund_acts.refund(payment, amount_fen=600, still_owed=False, by=by(), at=LEAVING)
    assert (fresh(parked).paid_fen, due_fen(parked, at=LEAVING)) == (600, 400)
    with pytest.raises(TooMuch):
        refund_acts.refund(payment, amount_fen=1, still_owed=True, by=by(), at=LEAVING)


def test_repeated_refund_request_pays_once(lot, parked, channel):
    payment, press = pay(lot, channel), by()
    acts = [
        refund_acts.refund(payment, amount_fen=300, still_owed=True, by=press, at=LEAVING) for _ in range(3)
    ]
    assert len({act.pk for act in acts}) == 1
    assert Refund.objects.get().amount_fen == 300


def test_partial_refunds_stay_within_payment(lot, parked, channel):
    payment = pay(lot, channel)
    for fen in (300, 300, 400):
        refund_acts.refund(payment, amount_fen=fen, still_owed=True, by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING)
    assert len(channel.refunds) == 3
    assert fresh(payment).reserved_refund_fen == 1000


def test_refund_above_limit_needs_approval(lot, parked, channel, settings):
    settings.STAFF_REFUND_LIMIT = 500
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    act = refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    assert (act.kind, Refund.objects.count()) == ("refund_asked", 1)
    asked = RefundRequest.objects.get()
    with pytest.raises(SamePerson):
        refund_acts.approve(asked, by=by(), at=LEAVING)
    refund_acts.approve(asked, by=by("wang"), at=LEAVING)
    assert (Refund.objects.count(), fresh(asked).decided_by.username) == (2, "wang")
    for again in (refund_acts.approve, refund_acts.decline):
        with pytest.raises(Decided):
            again(asked, by=by("wang"), at=LEAVING)


def test_declined_refund_moves_nothing(lot, parked, channel, settings):
    settings.STAFF_REFUND_LIMIT = 0
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with pytest.raises(Decided):  # one request at a time
        refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund_acts.decline(RefundRequest.objects.get(), by=by("wang"), at=LEAVING)
    assert not Refund.objects.exists()


# refunds that went wrong, and those made at the channel


def refuse(channel, payment, outcome=Outcome.REFUND_ABNORMAL):
    refund = Refund.objects.latest("pk")
    channel.refunds[refund.number] = outcome
    payment_jobs.send_refunds(LEAVING)
    return fresh(refund)


def test_abnormal_refund_is_paid_in_cash(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    assert (refund.state, refund.done_at) == ("abnormal", None)
    on_shift(lot)
    refund_acts.given_back(refund, means=Refund.Means.CASH, by=by(), at=LATER)
    assert (fresh(refund).state, refund.means) == ("done", "cash")
    assert ledger.balances() == {
        "channel:fake:m1": 1000,
        "parking": -700,
        "to_refund": 0,
        f"channel:cash:{lot.slug}": -300,
    }
    with pytest.raises(NotWaiting):
        refund_acts.given_back(refund, means=Refund.Means.CASH, by=by(), at=LATER)


def test_manual_and_channel_refund_is_discrepancy(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    refund_acts.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=LATER)
    statement = channel.statement(
        payment.number, outcome=Outcome.REFUND_DONE, amount_fen=300, refund_number=refund.number
    )
    settle(statement, cause="notice", at=LATER)
    assert Discrepancy.objects.get().kind == "over_refunded"


def test_abnormal_refund_retry_reuses_number(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    channel.refunds[refund.number] = Outcome.REFUND_DONE
    refund_acts.retry(refund, by=by(), at=LATER)
    payment_jobs.send_refunds(LATER)
    assert fresh(refund).state == "done"
    assert list(channel.refunds) == [refund.number]


def raises(error):
    def call(*args):
        raise error

    return call


def tried(channel):
    return channel.calls.count("refund")


def test_refund_of_removed_merchant_is_a_task(lot, parked, channel, monkeypatch):
    """The lot was given another merchant, and the former one's entry was deleted."""
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with monkeypatch.context() as removed:
        removed.setattr(channels, "providers", dict)
        payment_jobs.send_refunds(LEAVING)
    refund = payment.refunds.get()
    assert (refund.state, refund.next_check_at) == ("abnormal", LEAVING + DAY)
    assert payment.events.get(became="abnormal").cause == "no_merchant"
    payment_jobs.send_refunds(LEAVING + DAY)  # the entry is back
    assert (fresh(refund).state, tried(channel)) == ("done", 1)


def test_unanswered_refund_is_not_paid_by_hand(lot, parked, channel, monkeypatch):
    """The channel carried it out and its answer was lost; then the merchant's entry was deleted."""
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with monkeypatch.context() as lost:
        lost.setattr(channel, "refund", raises(OutcomeUnknown("lost")))
        payment_jobs.send_refunds(LEAVING)
        lost.setattr(channels, "providers", dict)
        payment_jobs.send_refunds(LEAVING + MINUTE)
    refund = payment.refunds.get()
    with pytest.raises(NotWaiting):
        refund_acts.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=LEAVING + MINUTE)
    waiting = [list(refunds.waiting(Refund.objects.all(), at=LEAVING + late)) for late in (MINUTE, DAY)]
    assert (refund.state, waiting) == ("requested", [[], [refund]])
    payment_jobs.send_refunds(LEAVING + DAY)  # the entry is back
    assert fresh(refund).state == "done"


@pytest.mark.parametrize("is_paid", [True, False])
@pytest.mark.parametrize("state", ["requested", "sent"])
def test_staff_state_refund_of_removed_merchant(lot, parked, channel, monkeypatch, is_paid, state):
    """The channel cannot be asked: staff look there, and it is paid once, by one way."""
    payment = pay(lot, channel)
    act = refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund, looked = act.refund, LEAVING + DAY
    Refund.objects.update(state=state, checks=1, next_check_at=looked + DAY)
    refund.refresh_from_db()
    with pytest.raises(NotWaiting):  # its channel can be asked
        refund_acts.state_refund(refund, is_paid=is_paid, by=by(), at=looked)
    with monkeypatch.context() as removed:
        removed.setattr(channels, "providers", dict)
        refund_acts.state_refund(refund, is_paid=is_paid, by=by(), at=looked)
        with pytest.raises(NotWaiting):
            refund_acts.state_refund(refund, is_paid=not is_paid, by=by(), at=looked)
        if not is_paid:
            assert list(refunds.waiting(Refund.objects.all(), at=looked)) == [fresh(refund)]
            refund_acts.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=looked)
        with pytest.raises(NotWaiting):
            refund_acts.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=looked)
    payment_jobs.send_refunds(looked + 30 * DAY)  # the entry is back
    assert (fresh(refund).state, tried(channel)) == ("done", 0)
    assert StaffAct.objects.filter(kind="found_paid" if is_paid else "found_unpaid").count() == 1
    where = f"elsewhere:{lot.slug}" if not is_paid else f"channel:{payment.provider}:{payment.merchant}"
    assert LedgerEntry.objects.get(kind="refund").credit == where


def test_unpaid_refund_of_removed_merchant_is_asked_first(lot, parked, channel, monkeypatch):
    """Staff were wrong, and the merchant comes back: the channel has it, so it is not sent again."""
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = payment.refunds.get()
    channel.refunds[refund.number] = Outcome.REFUND_DONE
    Refund.objects.update(state="sent", checks=1, next_check_at=LEAVING + DAY)
    with monkeypatch.context() as removed:
        removed.setattr(channels, "providers", dict)
        refund_acts.state_refund(refund, is_paid=False, by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING + 2 * DAY)
    assert (fresh(refund).state, tried(channel)) == ("done", 0)


def test_claimed_refund_is_not_stated(lot, parked, channel, monkeypatch):
    payment = pay(lot, channel)
    act = refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    Refund.objects.update(checks=1, next_check_at=LEAVING)
    monkeypatch.setattr(channels, "providers", dict)
    with pytest.raises(NotWaiting):
        refund_acts.state_refund(act.refund, is_paid=True, by=by(), at=LEAVING)


def test_endless_refund_becomes_a_task(lot, parked, channel):
    """The channel took it and never reports its end: no state stays for good unseen."""
    payment = pay(lot, channel)
    act = refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    Refund.objects.update(state="sent")
    rows = Refund.objects.all()
    assert not refunds.waiting(rows, at=LEAVING + refunds.BANKS_TAKE - MINUTE).exists()
    assert refunds.waiting(rows, at=LEAVING + refunds.BANKS_TAKE).get() == act.refund


def test_unfunded_refund_is_retried_daily(lot, parked, channel, monkeypatch):
    def send(order):
        channel._call("refund")
        raise ProviderRefused("not_enough")

    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with monkeypatch.context() as empty:
        empty.setattr(channel, "refund", send)
        payment_jobs.send_refunds(LEAVING)
        refund = fresh(Refund.objects.get())
        assert (refund.state, refund.done_at, refund.next_check_at) == ("abnormal", None, LEAVING + DAY)
        for at in (LEAVING + DAY - MINUTE, LEAVING + DAY, LEAVING + DAY + 540 * MINUTE):
            payment_jobs.send_refunds(at)
        assert (tried(channel), fresh(refund).next_check_at) == (2, LEAVING + 2 * DAY)
    payment_jobs.send_refunds(LEAVING + 2 * DAY)
    assert (fresh(refund).state, list(channel.refunds)) == ("done", [refund.number])
    causes = list(refund.events.order_by("pk").values_list("cause", flat=True))
    assert causes == ["refused not_enough", "worker"]  # one task, however often it was tried


def test_abnormal_refund_is_only_queried(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)
    sent = tried(channel)
    for day in range(1, 40):
        payment_jobs.send_refunds(LEAVING + day * DAY)
    assert (tried(channel), channel.calls.count("query_refund")) == (sent, 30)
    assert (fresh(refund).state, refund.next_check_at) == ("abnormal", None)  # now it is with staff alone


@pytest.mark.parametrize("reason", ["frequency_limited", "try_again"])
def test_refund_refused_for_now_is_retried(lot, parked, channel, monkeypatch, reason):
    def send(order):
        raise ProviderRefused(reason)

    refund_acts.refund(pay(lot, channel), amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    monkeypatch.setattr(channel, "refund", send)
    payment_jobs.send_refunds(LEAVING)
    refund = fresh(Refund.objects.get())
    assert (refund.state, refund.next_check_at) == ("requested", LEAVING + timedelta(seconds=5))
    payment_jobs.send_refunds(refund.created_at + DAY + timedelta(minutes=1))
    assert fresh(refund).state == "abnormal"  # a task: the driver has waited for a day


def test_refund_to_merchant_remains_a_task(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refund = refuse(channel, payment)

    def apply(order):
        channel.refunds[order.number] = Outcome.REFUND_DONE
        return channel.refund_statement(order)

    with pytest.raises(NotWaiting):
        refund_acts.to_merchant(refund, by=by(), at=LATER)
    type(channel).apply_abnormal_refund = lambda _, order: apply(order)
    try:
        refund_acts.to_merchant(refund, by=by(), at=LATER)
    finally:
        del type(channel).apply_abnormal_refund
    assert fresh(refund).state == "done"
    assert refund_acts.owed_by_merchant([refund]) == [refund]
    refund_acts.given_back(refund, means=Refund.Means.ELSEWHERE, by=by(), at=LATER)
    assert refund_acts.owed_by_merchant([refund]) == []


def test_failed_surplus_refund_gets_new_number(lot, parked, channel):
    payment = pay(lot, channel, notify=False)
    booth.waive(parked, by=by(), at=LEAVING)
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    failed = refuse(channel, payment, Outcome.REFUND_FAILED)
    refund_acts.promise_again(failed, by=by(), at=LATER)
    again = Refund.objects.latest("pk")
    assert (again.number != failed.number, again.amount_fen, again.reason) == (True, 1000, "surplus")
    with pytest.raises(NothingLeft):
        refund_acts.promise_again(failed, by=by(), at=LATER)


@pytest.mark.parametrize("by_notice", [True, False])
def test_external_refund_is_recorded_once(lot, parked, channel, by_notice):
    payment = pay(lot, channel)
    for _ in range(2):
        if by_notice:
            statement = channel.statement(
                payment.number, outcome=Outcome.REFUND_DONE, amount_fen=300, refund_number="CONSOLE-1"
            )
            settle(statement, cause="notice", at=LATER)
        else:
            refunds.record_external(payment, amount_fen=300, number="CONSOLE-1", cause="bill", at=LATER)
    refund = Refund.objects.get()
    assert (refund.state, refund.reason, refund.external_number) == ("done", "external", "CONSOLE-1")
    assert fresh(parked).paid_fen == 700
    assert ledger.balances() == {"channel:fake:m1": 700, "parking": -700, "to_refund": 0}


@pytest.fixture
def held(lot, parked, channel):
    """A refund of ours, asked for after someone had refunded of the order at the channel."""
    payment = pay(lot, channel)
    channel.by_hand.add(payment.number)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING)
    return Refund.objects.get()


def test_refund_made_by_hand_is_not_sent_again(held, channel):
    assert (held.state, tried(channel)) == ("abnormal", 0)
    assert held.events.get().cause == "refunded_there"
    for day in range(1, 40):
        payment_jobs.send_refunds(LEAVING + day * DAY)
    assert tried(channel) == 0


@pytest.mark.parametrize(("by_hand", "more"), [(300, []), (500, [200])])
def test_refund_made_by_hand_settles_ours(held, parked, by_hand, more):
    for _ in range(2):
        refunds.record_external(held.payment, amount_fen=by_hand, number="C", cause="bill", at=LATER)
    rows = list(Refund.objects.order_by("pk"))
    assert [(row.amount_fen, row.state, row.external_number) for row in rows] == [
        (fen, "done", "C") for fen in [300, *more]
    ]
    assert fresh(parked).paid_fen == 1000 - by_hand
    assert ledger.balances() == {"channel:fake:m1": 1000 - by_hand, "parking": by_hand - 1000, "to_refund": 0}


def test_refund_by_hand_and_sent_is_discrepancy(held, channel):
    """It was on its way when the bill came."""
    refunds.record_external(held.payment, amount_fen=300, number="C", cause="bill", at=LATER)
    statement = channel.statement(
        held.payment.number, outcome=Outcome.REFUND_DONE, amount_fen=300, refund_number=held.number
    )
    settle(statement, cause="worker", at=LATER)
    found = Discrepancy.objects.get()
    assert (found.kind, found.provider_number) == ("over_refunded", held.number)


def test_smaller_refund_by_hand_leaves_ours(held, channel):
    refunds.record_external(held.payment, amount_fen=200, number="C", cause="bill", at=LATER)
    payment_jobs.send_refunds(LEAVING + DAY)
    assert (fresh(held).state, tried(channel)) == ("abnormal", 0)


def test_staff_send_a_held_refund(held, channel):
    refund_acts.retry(held, by=by(), at=LATER)
    payment_jobs.send_refunds(LATER)
    assert (fresh(held).state, tried(channel)) == ("done", 1)


def test_unfunded_refund_made_by_hand_is_held(lot, parked, channel, monkeypatch):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with monkeypatch.context() as empty:
        empty.setattr(channel, "refund", raises(ProviderRefused("not_enough")))
        payment_jobs.send_refunds(LEAVING)
    channel.by_hand.add(payment.number)  # the driver did not want to wait
    payment_jobs.send_refunds(LEAVING + DAY)
    assert (Refund.objects.get().state, tried(channel)) == ("abnormal", 0)
    refunds.record_external(payment, amount_fen=300, number="C", cause="bill", at=LEAVING + DAY)
    assert (Refund.objects.get().state, fresh(parked).paid_fen) == ("done", 700)


@pytest.fixture
def unfunded(lot, parked, channel, monkeypatch):
    """A refund of ours that the channel refuses until its account is filled."""
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    with monkeypatch.context() as empty:
        empty.setattr(channel, "refund", raises(ProviderRefused("not_enough")))
        payment_jobs.send_refunds(LEAVING)
    return Refund.objects.get()


def test_retried_refund_is_checked_again(unfunded, channel):
    """Staff knew of no refund by hand when they asked again."""
    channel.by_hand.add(unfunded.payment.number)
    refund_acts.retry(unfunded, by=by(), at=LATER)
    payment_jobs.send_refunds(LATER)
    assert (fresh(unfunded).state, unfunded.next_check_at, tried(channel)) == ("abnormal", None, 0)
    assert [event.cause for event in unfunded.events.order_by("pk")] == [
        "refused not_enough",
        "refunded_there",
    ]


def test_decision_counts_for_one_sending(held, channel, monkeypatch):
    refund_acts.retry(held, by=by(), at=LATER)
    with monkeypatch.context() as empty:
        empty.setattr(channel, "refund", raises(ProviderRefused("not_enough")))
        payment_jobs.send_refunds(LATER)
    for day in range(1, 5):
        payment_jobs.send_refunds(LATER + day * DAY)
    assert (fresh(held).state, held.next_check_at, tried(channel)) == ("abnormal", None, 0)
    refund_acts.retry(held, by=by(), at=LATER + 5 * DAY)
    payment_jobs.send_refunds(LATER + 5 * DAY)
    assert (fresh(held).state, tried(channel)) == ("done", 1)


def test_decision_covers_lost_answers(held, channel, monkeypatch):
    refund_acts.retry(held, by=by(), at=LATER)
    with monkeypatch.context() as silent:
        silent.setattr(channel, "refund", raises(OutcomeUnknown()))
        payment_jobs.send_refunds(LATER)
    payment_jobs.send_refunds(LATER + MINUTE)
    assert (fresh(held).state, tried(channel)) == ("done", 1)


def test_old_decision_no_longer_counts(held, channel):
    """No worker ran for hours."""
    refund_acts.retry(held, by=by(), at=LATER)
    payment_jobs.send_refunds(LATER + refunds.DECIDED_FOR + MINUTE)
    assert (fresh(held).state, tried(channel)) == ("abnormal", 0)
    refund_acts.retry(held, by=by(), at=LATER + DAY)
    payment_jobs.send_refunds(LATER + DAY)
    assert (fresh(held).state, tried(channel)) == ("done", 1)


def test_later_notice_overrides_decision(held, channel):
    """Alipay's notice of a refund by hand does not give its amount."""
    refund_acts.retry(held, by=by(), at=LATER)
    number = held.payment.number
    news = channel.statement(number, outcome=Outcome.REFUND_DONE, amount_fen=None, refund_number=number)
    settle(news, cause="notice", at=LATER + MINUTE)
    payment_jobs.send_refunds(LATER + MINUTE)
    assert (fresh(held).state, tried(channel)) == ("abnormal", 0)


def test_claimed_refund_is_not_given_back(held, channel):
    """The worker may be sending it."""
    refund_acts.retry(held, by=by(), at=LATER)
    for moment in (LATER, LATER + timedelta(seconds=20)):
        with pytest.raises(NotWaiting):
            refund_acts.given_back(held, means=Refund.Means.ELSEWHERE, by=by(), at=moment)
    payment_jobs.send_refunds(LATER)
    assert (fresh(held).state, held.means, tried(channel)) == ("done", "", 1)


def test_refund_waits_for_unknown_amount(lot, parked, channel):
    """Alipay's notice of a refund by hand does not give its amount."""
    payment = pay(lot, channel)
    news = channel.statement(
        payment.number, outcome=Outcome.REFUND_DONE, amount_fen=None, refund_number=payment.number
    )
    settle(news, cause="notice", at=LEAVING)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING)
    assert (Refund.objects.get().state, tried(channel)) == ("abnormal", 0)


@pytest.mark.parametrize(
    ("fault", "at"), [(ProviderRefused("no_auth"), LEAVING), (OutcomeUnknown(), LEAVING + DAY)]
)
def test_silent_order_holds_no_refund(lot, parked, channel, monkeypatch, fault, at):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    monkeypatch.setattr(channel, "query", raises(fault))
    for moment in (at - MINUTE, at):
        payment_jobs.send_refunds(moment)
    assert Refund.objects.get().state == "done"


def test_abnormal_refund_holds_no_other(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=300, still_owed=True, by=by(), at=LEAVING)
    refuse(channel, payment)
    channel.by_hand.add(payment.number)  # so WeChat names the order
    refund_acts.refund(payment, amount_fen=200, still_owed=True, by=by(), at=LEAVING)
    payment_jobs.send_refunds(LEAVING)
    assert Refund.objects.latest("pk").state == "done"


def test_own_refunds_hold_no_other(lot, parked, channel):
    """The order is refunded since the first; its answer was lost, so the second waits for that."""
    payment = pay(lot, channel)
    for fen in (300, 200):
        refund_acts.refund(payment, amount_fen=fen, still_owed=True, by=by(), at=LEAVING)
    first, second = Refund.objects.order_by("pk")
    channel.by_hand.add(payment.number)
    channel.refunds[first.number] = Outcome.REFUND_DONE
    refunds.carry_out(second, at=LEAVING)
    assert (fresh(second).state, tried(channel)) == ("requested", 0)
    Refund.objects.filter(pk=first.pk).update(checks=1)
    refunds.carry_out(fresh(first), at=LEAVING)
    refunds.carry_out(second, at=LEAVING)
    assert [fresh(row).state for row in (first, second)] == ["done", "done"]


def test_excess_external_refund_is_discrepancy(lot, parked, channel):
    payment = pay(lot, channel)
    refund_acts.refund(payment, amount_fen=800, still_owed=True, by=by(), at=LEAVING)
    assert refunds.record_external(payment, amount_fen=300, number="C", cause="bill", at=LATER) == []
    found = Discrepancy.objects.get()
    assert (found.kind, found.amount_fen) == ("over_refunded", 300)
    staff_actions.resolve(found, by=by(reason="已与渠道核对"), at=LATER)
    assert fresh(found).resolved_at == LATER
    with pytest.raises(Decided):
        staff_actions.resolve(found, by=by(), at=LATER)


def test_external_refund_creates_no_debt(lot, parked, way_out, channel):
    payment = pay(lot, channel)
    see(way_out, PLATE, LEAVING)
    refunds.record_external(payment, amount_fen=1000, number="C", cause="bill", at=LATER)
    settle_up(parked, at=LATER, cause="bill")
    assert not Debt.objects.exists()
