"""Cash, money seen elsewhere, waivers and shifts: booked as any channel's money is."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from lots import gates
from lots.models import GateCommand, ParkingSession
from lots.pricing import clear_parsed
from lots.sessions import due_fen
from payments import booth, ledger
from payments.booth import BadAmount, NoShift, OwnShift, SameCount, ShiftOpen
from payments.models import Payment, Refund, Shift, StaffAct
from payments.refund_acts import given_back
from payments.refusals import NoEntry, NothingOwed
from payments.settling import settle
from payments.staff_action_log import ActedBy, IdentifiesPerson, NoReason
from payments.staff_actions import HasSession, LanePaid, move, take_lost_ticket
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.acting import LATER, LEAVING, PLATE, by, fresh, on_shift, park, pay, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def parked(lot):
    return park(make_device(lot, "entry"))


@pytest.fixture
def leave(lot):
    return make_device(lot, "exit")


def test_cash_pays_stay_and_opens_barrier(lot, parked):
    way_out = make_device(lot, "exit")
    see(way_out, PLATE, LEAVING)
    on_shift(lot)
    act = booth.take_cash(parked, amount_fen=1000, by=by(), at=LEAVING)
    fresh(parked)
    assert (parked.paid_fen, parked.exit_until) == (1000, LEAVING + timedelta(minutes=15))
    assert GateCommand.objects.filter(cause="paid").count() == 1
    assert ledger.balances() == {f"channel:cash:{lot.slug}": 1000, "parking": -1000}
    assert (act.kind, act.staff.username, act.amount_fen, act.shift.staff) == (
        "cash",
        "li",
        1000,
        staff(),
    )


@pytest.mark.parametrize("stated", [5000, None])
def test_stated_price_is_taken_without_entry(lot, parked, stated):
    """Nobody knows when the car came in: staff take what the board states, or correct the entry first."""
    document = lot.tariffs.get().document
    lot.tariffs.update(document={**document, **({"unknown_entry": stated} if stated else {}), "format": 3})
    clear_parsed()
    ParkingSession.objects.update(entered_at=None, left_at=LEAVING)
    fresh(parked)
    on_shift(lot)
    if stated is None:
        with pytest.raises(NoEntry):
            booth.take_cash(parked, amount_fen=5000, by=by(), at=LATER)
        return
    payment = booth.take_cash(parked, amount_fen=stated, by=by(), at=LATER).payment
    assert (payment.price_fen, payment.credited_fen) == (5000, 5000)
    assert [line["code"] for line in payment.lines] == ["unknown_entry"]
    assert ledger.balances() == {f"channel:cash:{lot.slug}": 5000, "parking": -5000}
    assert not Refund.objects.exists()


def state_price(lot, fen=5000):
    lot.tariffs.update(document={**lot.tariffs.get().document, "unknown_entry": fen, "format": 3})
    clear_parsed()


def test_lost_ticket_is_booked_and_opens(lot, leave):
    """A car that has no session at all: its money is in the books and in the drawer, under no plate."""
    state_price(lot)
    shift, press = on_shift(lot), by()
    acts = [take_lost_ticket(leave.lane, by=press, at=LEAVING) for _ in range(2)]
    assert acts[0] == acts[1]
    payment, session = acts[0].payment, acts[0].session
    assert (payment.price_fen, payment.credited_fen, acts[0].reason) == (5000, 5000, "司机要求")
    assert (session.entered_at, session.left_at, session.plate, session.exit_lane) == (
        None,
        LEAVING,
        None,
        leave.lane,
    )
    assert ledger.balances() == {f"channel:cash:{lot.slug}": 5000, "parking": -5000}
    assert booth.expected(shift) == 25000
    assert GateCommand.objects.get().lane == leave.lane


@pytest.mark.parametrize(("states", "shift", "refusal"), [(False, True, NoEntry), (True, False, NoShift)])
def test_lost_ticket_is_refused(lot, leave, states, shift, refusal):
    if states:
        state_price(lot)
    if shift:
        on_shift(lot)
    with pytest.raises(refusal):
        take_lost_ticket(leave.lane, by=by(), at=LEAVING)
    assert not ParkingSession.objects.exists()
    assert not GateCommand.objects.exists()


def test_next_lost_ticket_needs_confirming(lot, leave):
    """No camera sees the cars: a second payment is recorded once the barrier has opened for the first."""
    state_price(lot)
    on_shift(lot)
    lane, first = leave.lane, take_lost_ticket(leave.lane, by=by(), at=LEAVING)
    soon = LEAVING + timedelta(seconds=20)

    def refused(next_after):
        with pytest.raises(LanePaid) as refusal:
            take_lost_ticket(lane, by=by(), at=soon, next_after=next_after)
        return refusal.value.act, refusal.value.is_gone

    assert refused(first.pk) == (first, False)  # the car is still there
    assert gates.take_commands(leave, at=soon)
    assert refused(None) == refused(first.pk - 1) == (first, True)
    second = take_lost_ticket(lane, by=by(), at=soon, next_after=first.pk)
    assert refused(first.pk) == (second, False)
    assert (Payment.objects.count(), GateCommand.objects.count()) == (2, 2)
    assert len(gates.take_commands(leave, at=soon)) == 1


def test_seen_car_pays_lost_ticket_once(lot, leave):
    state_price(lot)
    on_shift(lot)
    see(leave, None, LEAVING)
    first = take_lost_ticket(leave.lane, by=by(), at=LEAVING)
    with pytest.raises(LanePaid) as refusal:
        take_lost_ticket(leave.lane, by=by(), at=LEAVING, next_after=first.pk)
    assert not refusal.value.is_gone


def test_car_with_session_lost_no_ticket(lot, leave, parked):
    """Its fee is known: nothing is taken, and nothing is left of the attempt."""
    state_price(lot)
    on_shift(lot)
    see(leave, PLATE, LEAVING)
    with pytest.raises(HasSession):
        take_lost_ticket(leave.lane, by=by(), at=LEAVING)
    assert ParkingSession.objects.count() == 1
    assert not Payment.objects.exists()


def test_found_entry_gets_lost_ticket_money(lot, leave, parked):
    """The entry turns up later under a misread plate: the payment moves there, and the rest goes back."""
    state_price(lot)
    on_shift(lot)
    payment = take_lost_ticket(leave.lane, by=by(), at=LEAVING).payment
    move(payment, to=parked, by=by(), at=LATER)
    refund = Refund.objects.get()
    assert (fresh(parked).paid_fen, refund.amount_fen, refund.state) == (1500, 3500, "abnormal")


def test_double_click_takes_cash_once(lot, parked):
    on_shift(lot)
    press = by()
    acts = [booth.take_cash(parked, amount_fen=1000, by=press, at=LEAVING) for _ in range(2)]
    assert acts[0] == acts[1]
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("fen", [0, -1, booth.MOST + 1])
def test_implausible_cash_amount_is_refused(lot, parked, fen):
    on_shift(lot)
    with pytest.raises(BadAmount):
        booth.take_cash(parked, amount_fen=fen, by=by(), at=LEAVING)
    assert not Payment.objects.exists()


def test_cash_requires_own_shift(lot, parked):
    on_shift(lot, "wang")
    on_shift(make_lot(), "li")
    with pytest.raises(NoShift):
        booth.take_cash(parked, amount_fen=1000, by=by("li"), at=LEAVING)


def test_cash_for_paid_stay_is_returned(lot, parked, channel):
    pay(lot, channel)
    shift = on_shift(lot)
    booth.take_cash(parked, amount_fen=1000, by=by(), at=LEAVING)
    refund = Refund.objects.get()
    assert (refund.reason, refund.state, refund.next_check_at) == ("surplus", "abnormal", None)
    assert fresh(parked).paid_fen == 1000
    given_back(refund, means=Refund.Means.CASH, by=by(), at=LEAVING)
    assert fresh(refund).state == "done"
    assert booth.expected(shift) == 20000
    assert ledger.balances()[f"channel:cash:{lot.slug}"] == 0


def test_partial_cash_leaves_rest_owed(lot, parked):
    on_shift(lot)
    booth.take_cash(parked, amount_fen=400, by=by(), at=LEAVING)
    assert (fresh(parked).exit_until, due_fen(parked, at=LEAVING)) == (None, 600)


def test_cash_surplus_becomes_refund(lot, parked):
    on_shift(lot)
    booth.take_cash(parked, amount_fen=5000, by=by(), at=LEAVING)
    assert (fresh(parked).paid_fen, Refund.objects.get().amount_fen) == (1000, 4000)


def test_external_payment_needs_no_shift(lot, parked):
    act = booth.take_elsewhere(parked, amount_fen=1000, by=by(), at=LEAVING)
    assert (act.payment.provider, fresh(parked).paid_fen) == ("manual", 1000)


def test_waiver_settles_stay_without_money(lot, parked):
    booth.waive(parked, by=by(), at=LEAVING)
    assert due_fen(fresh(parked), at=LEAVING + timedelta(minutes=14)) == 0
    assert ledger.balances() == {f"waived:{lot.slug}": 1000, "parking": -1000}
    with pytest.raises(NothingOwed):
        booth.waive(parked, by=by(), at=LEAVING)


def test_payment_after_waiver_is_refunded(lot, parked, channel):
    payment = pay(lot, channel, notify=False)
    booth.waive(parked, by=by(), at=LEAVING)
    settle(channel.pay(payment.number), cause="notice", at=LEAVING)
    assert (Refund.objects.get().payment, Refund.objects.get().amount_fen) == (payment, 1000)


def test_waiver_leaves_later_difference_due(lot, parked):
    booth.waive(parked, by=by(), at=LEAVING)
    assert due_fen(fresh(parked), at=LATER) == 500


def test_closed_shift_records_difference(lot, parked):
    shift = on_shift(lot, float_fen=20000)
    booth.take_cash(parked, amount_fen=1000, by=by(), at=LEAVING)
    booth.close_shift(shift, counted_fen=20900, by=by(reason="交班"), at=LATER)
    fresh(shift)
    assert (shift.expected_fen, shift.counted_fen, shift.difference_fen) == (21000, 20900, -100)
    for again in (
        lambda: booth.close_shift(shift, counted_fen=1, by=by(), at=LATER),
        lambda: booth.take_cash(parked, amount_fen=1000, by=by(), at=LATER),
    ):
        with pytest.raises(NoShift):
            again()


def test_corrected_count_keeps_the_first(lot):
    shift = on_shift(lot, float_fen=20000)
    booth.close_shift(shift, counted_fen=19500, by=by(reason="交班"), at=LATER)
    assert list(Shift.objects.with_difference()) == [shift]
    press = by("wang", "钱箱底找到 5 元")
    acts = {booth.correct_count(shift, counted_fen=20000, by=press, at=LATER) for _ in range(2)}
    shift = Shift.objects.get()
    assert len(acts) == 1
    assert (shift.counted_fen, shift.last_count_fen, shift.difference_fen) == (19500, 20000, 0)
    assert not Shift.objects.with_difference()
    booth.correct_count(shift, counted_fen=20100, by=by("wang", "再点一次"), at=LATER)
    assert [row.last_count_fen for row in Shift.objects.with_difference()] == [20100]


@pytest.mark.parametrize(
    ("name", "counted_fen", "refusal"),
    [("li", 20000, OwnShift), ("wang", 19500, SameCount), ("wang", -1, BadAmount)],
)
def test_wrong_correction_is_refused(lot, name, counted_fen, refusal):
    shift = on_shift(lot, float_fen=20000)
    with pytest.raises(NoShift):
        booth.correct_count(shift, counted_fen=20000, by=by("wang"), at=LATER)
    booth.close_shift(shift, counted_fen=19500, by=by(reason="交班"), at=LATER)
    with pytest.raises(refusal):
        booth.correct_count(shift, counted_fen=counted_fen, by=by(name), at=LATER)


def test_person_has_one_open_shift(lot):
    on_shift(lot)
    with pytest.raises(ShiftOpen):
        on_shift(make_lot())


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("", NoReason),
        ("  ", NoReason),
        ("长" * 201, NoReason),
        ("沪A12345 的司机", IdentifiesPerson),
        ("司机沪a·d12345说", IdentifiesPerson),
        ("电话 138 1234 5678", IdentifiesPerson),
        ("沪Ａ１２３４５的司机", IdentifiesPerson),
        ("司机沪A 12 345说", IdentifiesPerson),
        ("电话１３８１２３４５６７８", IdentifiesPerson),
    ],
)
def test_invalid_act_reason_is_refused(reason, error):
    with pytest.raises(error):
        ActedBy(uuid4(), staff(), reason)


def test_staff_acts_are_immutable(lot, parked):
    booth.waive(parked, by=by(), at=LEAVING)
    for change in (lambda: StaffAct.objects.update(reason="x"), lambda: StaffAct.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert StaffAct.objects.get().at == LEAVING


def test_cash_without_tariff_records_nothing(lot, parked):
    lot.tariffs.all().delete()
    on_shift(lot, at=NOON)
    with pytest.raises(Exception, match="lot"):
        booth.take_cash(parked, amount_fen=1000, by=by(), at=LEAVING)
    assert not Payment.objects.exists()
