"""Checkout: start an attempt to pay a charge, or take up the one that is open.

One row is one attempt with one number and one amount, committed before the channel is called. What comes
after is elsewhere:

| Module | What it does |
| --- | --- |
| `payments.channel_orders` | the order at the channel: send, ask, close |
| `payments.settling` | `settle()`: record what the channel states, whichever way it came |
| `payments.payment_coverage` | how much of a payment counts, and until when the car may leave |
| `payments.payment_jobs` | the worker: asks for what is unfinished |
"""

from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from core import hot_sql, hot_writes, outside
from core.errors import ParkingError
from core.transport import NotSent, OutcomeUnknown
from lots.models import Lot, ParkingSession
from lots.systems.parking_system import NothingDue, Unreachable
from payments import channel_orders, settling
from payments.channels import ChannelDown, answers_of, note_failure, note_success, provider_for
from payments.charge_token import SealedCharge
from payments.charges import ChargeRecord, Due, Expired, ask_again, record_of
from payments.coupons.redemption import hold
from payments.models import Payment
from payments.numbers import new_number, new_token
from payments.providers.contract import HandOver, Observed, Outcome, Payer, Provider, ProviderRefused
from payments.refusals import ChargeExpired, ForeignCharge, NothingOwed, SystemUnreachable

REUSE_MARGIN = timedelta(seconds=60)
FIRST_CHECK = timedelta(seconds=5)
# A repeat with other parameters, the openid among them.
CHANGED = {"invalid_request", "context_inconsistent", "out_trade_no_used"}
START_SECONDS = 7.0  # for all calls of a press of Pay: as long as one may take; the worker does the rest

State = Payment.State
_UNFINISHED = "session_id = %s AND provider = %s AND state IN ('new', 'unknown', 'open', 'closing')"


class EarlierPaymentPending(ParkingError):
    """An earlier attempt for this stay is still being confirmed; a second one could charge twice."""

    code = "earlier_payment_pending"

    def __init__(self, payment: Payment) -> None:
        super().__init__(f"payment {payment.pk}")
        self.payment = payment


def start_payment(
    charge: SealedCharge, *, lot: Lot, channel: str, payer: Payer, at: datetime, language: str = ""
) -> tuple[Payment, HandOver]:
    """Start, or take up again, an attempt to pay a sealed charge; return where to send the driver.

    The charge is asked for once more as of its own moment. Raises `ForeignCharge`, `ChargeExpired`,
    `NothingOwed`, `CurrencyRefused`, `SystemUnreachable`, `EarlierPaymentPending` or `ChannelDown`; after
    the last, money moves only if the channel took the order all the same, and then `settle` records it.
    """
    if charge.lot != lot.pk:
        raise ForeignCharge
    match ask_again(charge, lot=lot, at=at):
        case Due(amount_fen=fen) as due if fen:
            record = record_of(due, lot=lot, sealed=charge)
        case Due() | NothingDue():
            raise NothingOwed
        case Unreachable():
            raise SystemUnreachable
        case Expired():
            raise ChargeExpired
    provider = provider_for(lot, channel)
    return start_with(
        record,
        provider,
        payer,
        lot=lot,
        at=at,
        language=language or charge.language,
        continues=charge.continues,
    )


def start_with(
    record: ChargeRecord,
    provider: Provider,
    payer: Payer,
    *,
    lot: Lot,
    at: datetime,
    language: str = "zh-hans",
    continues: int = 0,
) -> tuple[Payment, HandOver]:
    """Start an attempt with a certain merchant; raises as `start_payment` does.

    `continues`: the payment whose own page asks for it.
    """
    with outside.within(START_SECONDS):
        payment, is_new = _attempt(record, provider, language, at, continues)
        payment.lot = lot
        try:
            return payment, _hand_over(payment, provider, payer, at, is_new=is_new)
        except _OtherParameters:
            _close_earlier(payment, at)
        payment, _ = _attempt(record, provider, language, at, continues)
        payment.lot = lot
        return payment, _hand_over(payment, provider, payer, at, is_new=True)


class _OtherParameters(Exception):
    """The channel knows this order with other parameters: of another phone, or another way to its cashier."""


def _attempt(
    record: ChargeRecord, provider: Provider, language: str, at: datetime, continues: int
) -> tuple[Payment, bool]:
    """Return the open attempt for this stay and channel if it still fits, else a new one; and whether it is.

    Its state does not decide: the first call of an older one may still be unanswered, or stay so.
    """
    if not record.coupons:  # nearly always there is no earlier one
        payment = _attempt_of(record, provider, language, at)
        try:
            if hot_writes.insert_unless_there(payment):
                return payment, True
        except IntegrityError:
            _require_session(record)
            raise
    for _ in range(2):
        earlier = hot_sql.one(Payment, _UNFINISHED, [record.session_id, provider.name])
        if earlier is not None:
            if earlier.merchant == provider.merchant and _still_fits(earlier, record, at):
                if earlier.pk != continues:
                    _note_sharing(earlier, record)
                return earlier, False
            _close_earlier(earlier, at)
        try:
            with transaction.atomic() if record.coupons or connection.in_atomic_block else nullcontext():
                return _new_attempt(record, provider, language, at), True
        except IntegrityError:  # another phone was faster: look at its attempt
            _require_session(record)
    raise ChannelDown(provider.name)


def _require_session(record: ChargeRecord) -> None:
    """Raise `ChargeExpired` if staff have merged or deleted the stay: its plate is looked up again."""
    if not ParkingSession.objects.filter(pk=record.session_id).exists():
        raise ChargeExpired


def _still_fits(payment: Payment, record: ChargeRecord, at: datetime) -> bool:
    same = payment.amount_fen == record.due_fen and payment.lane_id == record.lane_id
    same = same and payment.coupons == record.coupons
    return same and payment.state != State.CLOSING and payment.expires_at > at + REUSE_MARGIN


def _note_sharing(payment: Payment, record: ChargeRecord) -> None:
    """Mark an attempt that is taken up from another look-up: from now on its page shows no receipt code.

    Anyone may look up a plate and press Pay before its owner does. It is marked before the page's address is
    given to the second phone; of an attempt that was paid by then, `_still_open` gives none.
    """
    if payment.expires_at == record.expires_at:  # its microseconds are those of the look-up
        return
    if not payment.is_shared:
        Payment.objects.filter(pk=payment.pk).exclude(state=State.PAID).update(is_shared=True)


def _close_earlier(payment: Payment, at: datetime) -> None:
    """Close an earlier attempt before a second order is made, or say why that cannot be done."""
    channel_orders.close_attempt(payment, at=at)
    payment.refresh_from_db()
    if payment.state == State.PAID:
        raise NothingOwed
    if payment.state != State.CLOSED:
        raise EarlierPaymentPending(payment)


def _new_attempt(record: ChargeRecord, provider: Provider, language: str, at: datetime) -> Payment:
    if record.coupons and not hold(record.session_id, record.coupons, at=at):
        raise ChargeExpired
    return hot_writes.insert(_attempt_of(record, provider, language, at))


def _attempt_of(record: ChargeRecord, provider: Provider, language: str, at: datetime) -> Payment:
    """Return a new attempt, which is not stored yet."""
    return hot_sql.new(
        Payment,
        **vars(record),
        provider=provider.name,
        merchant=provider.merchant,
        app=provider.app,
        number=new_number(),
        token=new_token(),
        amount_fen=record.due_fen,
        language=language,
        created_at=at,
        next_check_at=at + FIRST_CHECK,
    )


def _hand_over(payment: Payment, provider: Provider, payer: Payer, at: datetime, *, is_new: bool) -> HandOver:
    answers = answers_of(provider)
    doubt: OutcomeUnknown | None = None
    for attempt in (1, 2):  # once more with the same number and bytes: the channel takes both for one
        try:
            hand_over = provider.start(channel_orders.order_of(payment), payer)
        except ProviderRefused as refusal:
            if not is_new and refusal.reason in CHANGED:
                raise _OtherParameters from refusal
            note_failure(payment.lot_id, provider, refusal, at=at)
            _after_refusal(payment, refusal, at)
            raise ChannelDown(provider.name) from refusal
        except NotSent as refused:  # also where no time is left for the second call
            raise _down(payment, provider, doubt, at) from refused
        except OutcomeUnknown as unknown:
            doubt = unknown
            payment.advance(State.UNKNOWN, at=at, cause="start")
            if attempt == 2:
                raise _down(payment, provider, doubt, at) from unknown
        else:
            if not isinstance(provider, Observed) or answers_of(provider) != answers:
                note_success(payment.lot_id, provider)  # it was asked, and did not only sign an address
            # The row was on the disk before the call. That the call was answered may be lost in a power cut:
            # the worker asks the channel of a new attempt as it does of an open one.
            if not payment.advance(State.OPEN, at=at, cause="start", is_durable=False):
                _still_open(payment)
            return hand_over
    raise AssertionError("unreachable")


def _down(payment: Payment, provider: Provider, doubt: OutcomeUnknown | None, at: datetime) -> ChannelDown:
    """Return that the channel takes no payment now; count the call that it did not answer, if any."""
    if doubt is not None:
        note_failure(payment.lot_id, provider, doubt, at=at)
    return ChannelDown(provider.name)


def _still_open(payment: Payment) -> None:
    """Check again: another phone may have paid or closed the order while we called the channel."""
    payment.refresh_from_db(fields=["state"])
    if payment.state == State.PAID:
        raise NothingOwed
    if payment.state != State.OPEN:
        raise ChargeExpired


def _after_refusal(payment: Payment, refusal: ProviderRefused, at: datetime) -> None:
    """Query the order: it may exist although the call was refused. Close only what is unknown there."""
    statement = channel_orders.query(payment, at=at)
    known = statement is not None and statement.outcome != Outcome.NOT_FOUND
    if not known and not refusal.for_now:
        settling.mark_closed(payment, cause=f"refused {refusal.reason}"[:40], at=at)
