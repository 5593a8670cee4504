"""Paying: start an attempt, and settle what a channel reports of it.

One row is one attempt with one number and one amount, committed before the channel is called. Notices,
queries and bills all end in `settle()`, in any order and any number of times.
"""

import re
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from core import hot_sql, outside
from core.errors import ParkingError
from core.transport import NotSent, OutcomeUnknown
from lots import exit_grace, gates, sessions
from lots.exit_grace import ExitRules
from lots.models import GateCommand, Lot, ParkingSession
from lots.pricing import NoTariff, price_session
from lots.session_facts import HELD_READ, Probe, SessionFacts, of_rows, query_of
from lots.systems.parking_system import NothingDue, Unreachable
from payments import ledger, outstanding, refunds, settlements
from payments.channels import (
    ChannelDown,
    answers_of,
    note_failure,
    note_success,
    provider_for,
    provider_named,
)
from payments.charge_token import SealedCharge
from payments.charges import ChargeRecord, Due, Expired, ask_again, record_of
from payments.coupons.discounts import used_bill
from payments.coupons.redemption import hold, use_held
from payments.models import Discrepancy, Payment, Refund
from payments.numbers import new_number, new_receipt_code, new_token
from payments.providers.contract import (
    HandOver,
    Observed,
    Order,
    Outcome,
    Payer,
    Provider,
    ProviderRefused,
    Statement,
)
from payments.refusals import ChargeExpired, ForeignCharge, NothingOwed, SystemUnreachable

DESCRIPTION = "停车费"  # and the lot, never a plate: it stands in the payer's own history
PATH_OF = {"zh-hans": "", "zh-hant": "/hant", "en": "/en"}  # a page's language stands in its path
REUSE_MARGIN = timedelta(seconds=60)
ASK_AGAIN = timedelta(seconds=3)
FIRST_CHECK = timedelta(seconds=5)
SAFE_AFTER_EXPIRY = timedelta(minutes=5)
# A repeat with other parameters, the openid among them.
CHANGED = {"invalid_request", "context_inconsistent", "out_trade_no_used"}
START_SECONDS = 7.0  # for all calls of a press of Pay: as long as one may take; the worker does the rest
LATE_MONEY = timedelta(hours=1)  # a closed order is looked at once more then: money may have arrived late

State = Payment.State
_UNFINISHED = "session_id = %s AND provider = %s AND state IN ('new', 'unknown', 'open', 'closing')"
_NUMBERED = "provider = %s AND merchant = %s AND number = %s"
_OF_NUMBERED = (
    "s.id = (SELECT q.session_id FROM payments_payment q"
    " WHERE q.provider = %s AND q.merchant = %s AND q.number = %s)"
)
_WINDOW = [
    Probe(name, f"SELECT l.{name} FROM lots_lot l WHERE l.id = s.lot_id")  # noqa: S608
    for name in ("exit_window", "jam_until")
]


class EarlierPaymentPending(ParkingError):
    """An earlier attempt for this stay is still being confirmed; a second one could charge twice."""

    code = "earlier_payment_pending"

    def __init__(self, payment: Payment) -> None:
        super().__init__(f"payment {payment.pk}")
        self.payment = payment


class RefundBeforePayment(ParkingError):
    """A channel reports a refund of a payment that is not paid here yet: that must be settled first."""

    code = "refund_before_payment"

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
    return start_with(record, provider, payer, lot=lot, at=at, language=language or charge.language)


def start_with(
    record: ChargeRecord,
    provider: Provider,
    payer: Payer,
    *,
    lot: Lot,
    at: datetime,
    language: str = "zh-hans",
) -> tuple[Payment, HandOver]:
    """Start an attempt with a certain merchant; raises as `start_payment` does."""
    with outside.within(START_SECONDS):
        return _start(record, provider, payer, lot, at, language)


def _start(
    record: ChargeRecord, provider: Provider, payer: Payer, lot: Lot, at: datetime, language: str
) -> tuple[Payment, HandOver]:
    payment, is_new = _attempt(record, provider, language, at)
    try:
        payment.lot = lot
        return payment, _hand_over(payment, provider, payer, at, is_new=is_new)
    except _OtherParameters:
        _close_earlier(payment, at)
        payment, _ = _attempt(record, provider, language, at)
        payment.lot = lot
        return payment, _hand_over(payment, provider, payer, at, is_new=True)


class _OtherParameters(Exception):
    """The channel knows this order with other parameters: of another phone, or another way to its cashier."""


def _attempt(record: ChargeRecord, provider: Provider, language: str, at: datetime) -> tuple[Payment, bool]:
    """Return the open attempt for this stay and channel if it still fits, else a new one; and whether it is.

    Its state does not decide: the first call of an older one may still be unanswered, or stay so.
    """
    if not record.coupons:  # nearly always there is no earlier one
        payment = _attempt_of(record, provider, language, at)
        try:
            if hot_sql.insert_unless_there(payment):
                return payment, True
        except IntegrityError:
            _require_session(record)
            raise
    for _ in range(2):
        earlier = hot_sql.one(Payment, _UNFINISHED, [record.session_id, provider.name])
        if earlier is not None:
            if earlier.merchant == provider.merchant and _still_fits(earlier, record, at):
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


def _close_earlier(payment: Payment, at: datetime) -> None:
    """Close an earlier attempt before a second order is made, or say why that cannot be done."""
    close_attempt(payment, at=at)
    payment.refresh_from_db()
    if payment.state == State.PAID:
        raise NothingOwed
    if payment.state != State.CLOSED:
        raise EarlierPaymentPending(payment)


def _new_attempt(record: ChargeRecord, provider: Provider, language: str, at: datetime) -> Payment:
    if record.coupons and not hold(record.session_id, record.coupons, at=at):
        raise ChargeExpired
    return hot_sql.insert(_attempt_of(record, provider, language, at))


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
            hand_over = provider.start(_order(payment), payer)
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
    statement = query(payment, at=at)
    known = statement is not None and statement.outcome != Outcome.NOT_FOUND
    if not known and not refusal.for_now:
        cause = f"refused {refusal.reason}"[:40]
        payment.advance(State.CLOSED, at=at, cause=cause, checks=0, next_check_at=at + LATE_MONEY)


def _order(payment: Payment) -> Order:
    return Order(
        number=payment.number,
        amount_fen=payment.amount_fen,
        expires_at=payment.expires_at,
        description=description_of(payment.lot),
        notify_url=notify_url(payment),
        return_url=f"{settings.PUBLIC_URL}/t/{payment.token}{PATH_OF[payment.language]}",
    )


def description_of(lot: Lot) -> str:
    """Return what the payer's own bill shows: at most 120 of WeChat's 127 bytes, without / = & for Alipay."""
    return re.sub("[/=&]", " ", f"{DESCRIPTION} {lot.name}")[:40]


def notify_url(payment: Payment) -> str:
    return f"{settings.PUBLIC_URL}/n/{payment.provider}/{payment.merchant}"


def ask_soon(payment: Payment, *, at: datetime) -> None:
    """Have the worker ask the channel about an unfinished attempt in its next turn, at most every three
    seconds. A page that only shows a state never waits for a channel, and mostly has nothing to write."""
    was_asked = payment.asked_at is not None and at - ASK_AGAIN < payment.asked_at <= at
    is_due = payment.next_check_at is None or payment.next_check_at <= at
    if was_asked or is_due or payment.state not in Payment.UNFINISHED:
        return
    as_read = {"state": payment.state, "asked_at": payment.asked_at, "next_check_at": payment.next_check_at}
    hot_sql.change(payment, where=as_read, asked_at=at, next_check_at=at)


def query(payment: Payment, *, at: datetime) -> Statement | None:
    """Ask the channel and settle its answer; None where it gave no usable one."""
    try:
        provider = provider_named(payment.provider, payment.merchant, payment.app)
        statement = provider.query(payment.number)
    except ChannelDown:
        return None
    except (OutcomeUnknown, ProviderRefused) as fault:
        note_failure(payment.lot_id, provider, fault, at=at, call="query")
        return None
    note_success(payment.lot_id, provider)
    settle(statement, cause="query", at=at)
    return statement


def close_attempt(payment: Payment, *, at: datetime) -> None:
    """Close an attempt that was not paid; what stays unknown is left to the worker."""
    try:
        provider = provider_named(payment.provider, payment.merchant, payment.app)
    except ChannelDown:  # its entry was deleted: no answer will come, and another merchant can be paid
        if at >= payment.expires_at + SAFE_AFTER_EXPIRY:
            payment.advance(State.CLOSED, at=at, cause="no_merchant", checks=0, next_check_at=at + LATE_MONEY)
        return
    statement = query(payment, at=at)
    if statement is None or statement.outcome in {Outcome.PAID, Outcome.CLOSED}:
        return
    if statement.outcome == Outcome.NOT_FOUND:
        if at >= payment.expires_at + SAFE_AFTER_EXPIRY:
            payment.advance(State.CLOSED, at=at, cause="never_there", checks=0, next_check_at=at + LATE_MONEY)
        return  # before that the order may be created yet: only its expiry protects us
    payment.advance(State.CLOSING, at=at, cause="close")
    try:
        answer = provider.close(payment.number)
    except (OutcomeUnknown, ProviderRefused) as fault:
        note_failure(payment.lot_id, provider, fault, at=at, call="close")
        return
    settle(answer, cause="close", at=at)


def settle(statement: Statement, *, cause: str, at: datetime) -> Payment | None:
    """Record what a channel verifiably states of an order or a refund. Repeating it changes nothing.

    Money for an order that is not ours, or not of its amount, merchant or currency, is never credited
    and never dropped: it becomes a discrepancy for staff. Returns the payment, if it is ours. Raises
    `RefundBeforePayment`; then call `ask_now`, and `settle` again.
    """
    with hot_sql.short_transaction(savepoint=False):
        if statement.outcome == Outcome.PAID and not statement.refund_number:
            return _settle_paid(statement, cause, at)
        named = [statement.provider, statement.merchant, statement.number]
        payment = hot_sql.one(Payment, _NUMBERED, named, lock=True)
        if payment is None:
            return None
        is_early = bool(statement.refund_number) and payment.state != State.PAID
        if statement.refund_number and not is_early:
            refunds.settle_refund(payment, statement, cause=cause, at=at)
        elif statement.outcome == Outcome.CLOSED and not is_early:
            payment.advance(State.CLOSED, at=at, cause=cause, checks=0, next_check_at=at + LATE_MONEY)
    if is_early:  # nothing was written; a transaction of the caller's can go on
        raise RefundBeforePayment(payment)
    return payment


def ask_now(payment: Payment, *, at: datetime) -> None:
    """Have the worker ask for a payment at once: its channel knows more of it than we do."""
    Payment.objects.filter(pk=payment.pk).exclude(state=State.PAID).update(next_check_at=at)


def _settle_paid(statement: Statement, cause: str, at: datetime) -> Payment | None:
    """Credit an order that was paid: read and lock in one round trip, write and commit in another.

    Where more follows, such as a barrier to open or a refund, it is written in the same transaction, which
    then ends after that.
    """
    found = _locked(statement, at)
    if found is None:
        _report(statement, Discrepancy.Kind.UNKNOWN_NUMBER, at)
        return None
    payment, facts = found
    session = facts.session
    if _differs(payment, statement, facts.probed["of_number"]):
        _report(statement, Discrepancy.Kind.DIFFERS, at)
        return payment
    if payment.state == State.PAID:
        return payment
    paid_at = min(max(statement.at or at, payment.created_at), at)  # not before there was an order
    if not payment.reference:  # another system's acceptance uses them: payments.coupons.in_front
        use_held(payment, session, paid_at=paid_at, at=at)
    credited = _counted(facts, payment, paid_at)
    writes = [hot_sql.insertion(entry) for entry in ledger.entries_of(payment, credited_fen=credited, at=at)]
    if credited:
        until = _exit_until(facts, payment, credited, paid_at)
        writes.append(sessions.crediting(session, fen=credited, paid_at=paid_at, exit_until=until))
    waits = bool(facts.probed["held_read"] or payment.lane_id)
    has_more = waits or payment.reference or session.left_at or credited != payment.amount_fen
    if not payment.advance(
        State.PAID,
        at=at,
        cause=cause,
        along=writes,
        commits=not has_more,
        paid_at=paid_at,
        provider_number=statement.provider_number or None,
        receipt_code=new_receipt_code(),
        next_check_at=None,
        credited_fen=credited,
    ):
        return payment
    if has_more:
        _follow_up(payment, session, at, waits=waits)
    return payment


def _follow_up(payment: Payment, session: ParkingSession, at: datetime, *, waits: bool) -> None:
    """Write what follows from a payment that has just been credited.

    The other system is notified, a debt is less, the barrier opens for a waiting car, a surplus is refunded.
    """
    credited = payment.credited_fen
    if credited and payment.reference:
        settlements.enqueue(payment, at=at)
    elif credited:
        outstanding.note_paid(session, fen=credited, at=at)
        if waits and _owes_nothing(session, at):
            gates.release(session, lane=payment.lane, cause=GateCommand.Cause.PAID, at=at)
    if surplus := payment.amount_fen - credited:
        refunds.request_refund(payment, amount_fen=surplus, reason=Refund.Reason.SURPLUS, at=at)


def _differs(payment: Payment, statement: Statement, other: int | None) -> bool:
    """Return whether a statement is not of this order: another amount, app or currency, or a number that
    the channel has given to another payment already."""
    agreed = (payment.amount_fen, payment.app, "CNY")
    return (statement.amount_fen, statement.app, statement.currency) != agreed or other not in {
        None,
        payment.pk,
    }


def _locked(statement: Statement, at: datetime) -> tuple[Payment, SessionFacts] | None:
    """Return the payment of a statement and its session, locked, with all that settling needs to know.

    What the session's price depends on; the payment, this one or another, for which the channel has given
    the statement's number; the read by which the car is held at an exit; the lot's exit window. They are read
    after the lock: a car that reached the barrier meanwhile is found here, or finds the payment.
    """
    named = [statement.provider, statement.merchant, statement.number]
    of_number = Probe(
        "of_number",
        "SELECT q.id FROM payments_payment q WHERE q.provider_number = %s AND q.provider = %s",
        (statement.provider_number or None, statement.provider),
    )
    held = Probe("held_read", HELD_READ, (at - gates.STANDING,))
    probes = [of_number, held, *_WINDOW]
    locked, rows = hot_sql.both_and(
        Payment,
        ParkingSession,
        "b.id = a.session_id",
        "a.provider = %s AND a.merchant = %s AND a.number = %s",
        named,
        query_of(_OF_NUMBERED, named, probes),
    )
    if locked is None:
        return None
    payment, session = locked
    return payment, of_rows(session, rows, probes)


def _counted(facts: SessionFacts, payment: Payment, paid_at: datetime) -> int:
    """Return how much of a payment counts for its session; the rest is a surplus."""
    if payment.reference:
        return settlements.credited_fen(payment)
    return min(payment.amount_fen, _still_due(facts, payment, paid_at))


def _still_due(facts: SessionFacts, payment: Payment, paid_at: datetime) -> int:
    """Return what the stay still needed when the money moved, or less if that covers the payment.

    The price that was shown holds for its time. Nothing within the exit window that another payment opened:
    the car may leave as it is.
    """
    session = facts.session
    if session.may_leave(paid_at):
        return 0
    shown = payment.price_fen - max(payment.discount_fen, session.relief_fen) - session.paid_fen
    if shown >= payment.amount_fen:  # all of it counts, whatever the stay costs by now
        return shown
    by_now = price_at(session, max(paid_at, payment.until), facts) - session.paid_fen
    return max(0, by_now, shown)


def price_at(session: ParkingSession, until: datetime, facts: SessionFacts | None = None) -> int:
    """Return what the stay costs up to `until` with the coupons used for it.

    0 where that is unknown: settling must not fail for it. `facts`: where they were read already.
    """
    if session.entered_at is None:
        return 0
    until = min(until, session.left_at or until)
    try:
        if session.relief_fen:
            return used_bill(session, until=until).fen
        return facts.price(until=until).fen if facts else price_session(session, until=until)[0].fen
    except NoTariff:  # its entry was corrected to a time before any tariff: the charge alone stands
        return 0


def _owes_nothing(session: ParkingSession, at: datetime) -> bool:
    return session.may_leave(at) or session.paid_fen >= price_at(session, at)


def _exit_until(facts: SessionFacts, payment: Payment, credited: int, paid_at: datetime) -> datetime | None:
    """Return when the exit window ends that a payment opens; None where it opens none.

    Not where it came too late to cover the stay, or was only a part of what was due. Nor for another system's
    session: that system lets the car out.
    """
    if payment.reference:
        return None
    session = facts.session
    whole = session.relief_fen >= payment.discount_fen  # else one of its coupons was gone by then
    whole = whole and payment.amount_fen >= payment.due_fen
    in_time = whole and paid_at <= payment.expires_at
    if not in_time and session.paid_fen + credited < price_at(session, paid_at, facts):
        return None
    rules = ExitRules(facts.probed["exit_window"], facts.probed["jam_until"])
    return exit_grace.window_end(rules, paid_at)


def _report(statement: Statement, kind: Discrepancy.Kind, at: datetime) -> None:
    Discrepancy.objects.get_or_create(
        kind=kind,
        provider=statement.provider,
        merchant=statement.merchant,
        number=statement.number[:64],
        provider_number=statement.provider_number[:64],
        defaults={"amount_fen": statement.amount_fen, "seen_at": at},
    )
