"""Settling: record what a channel states of an order or of a refund.

Notices, queries and bills all end in `settle()`, in any order and any number of times.
"""

from datetime import datetime, timedelta

from core import hot_sql, hot_writes
from core.errors import ParkingError
from lots import gates, sessions
from lots.models import GateCommand, ParkingSession
from lots.session_facts import HELD_READ, Probe, SessionFacts, of_rows, query_of
from lots.sightings import STANDING
from payments import discrepancies, ledger, outstanding, payment_coverage, refunds, settlements
from payments.coupons.redemption import use_held
from payments.models import Discrepancy, Payment, Refund
from payments.numbers import new_receipt_code
from payments.providers.contract import Outcome, Statement

LATE_MONEY = timedelta(hours=1)  # a closed order is looked at once more then: money may have arrived late

State = Payment.State
_NUMBERED = "provider = %s AND merchant = %s AND number = %s"
_OF_NUMBERED = (
    "s.id = (SELECT q.session_id FROM payments_payment q"
    " WHERE q.provider = %s AND q.merchant = %s AND q.number = %s)"
)
_WINDOW = [
    Probe(name, f"SELECT l.{name} FROM lots_lot l WHERE l.id = s.lot_id")  # noqa: S608
    for name in ("exit_window", "jam_until")
]


class RefundBeforePayment(ParkingError):
    """A channel reports a refund of a payment that is not paid here yet: that must be settled first."""

    code = "refund_before_payment"

    def __init__(self, payment: Payment) -> None:
        super().__init__(f"payment {payment.pk}")
        self.payment = payment


def settle(statement: Statement, *, cause: str, at: datetime) -> Payment | None:
    """Record what a channel verifiably states of an order or a refund. Repeating it changes nothing.

    Money for an order that is not ours, or not of its amount, merchant or currency, is never credited
    and never dropped: it becomes a discrepancy for staff. Returns the payment, if it is ours. Raises
    `RefundBeforePayment`; then call `channel_orders.ask_now`, and `settle` again.
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
            mark_closed(payment, cause=cause, at=at)
    if is_early:  # nothing was written; a transaction of the caller's can go on
        raise RefundBeforePayment(payment)
    return payment


def mark_closed(payment: Payment, *, cause: str, at: datetime) -> None:
    """Close an attempt here; the worker asks once more later, as money may have arrived late."""
    payment.advance(State.CLOSED, at=at, cause=cause, checks=0, next_check_at=at + LATE_MONEY)


def _settle_paid(statement: Statement, cause: str, at: datetime) -> Payment | None:
    """Credit an order that was paid, or report money that is not of an order of ours."""
    found = _locked(statement, at)
    if found is None:
        _report(statement, Discrepancy.Kind.UNKNOWN_NUMBER, at)
        return None
    payment, facts = found
    if _differs(payment, statement, facts.probed["of_number"]):
        _report(statement, Discrepancy.Kind.DIFFERS, at, lot_id=payment.lot_id)
        return payment
    if payment.state == State.PAID:
        return payment
    paid_at = min(max(statement.at or at, payment.created_at), at)  # not before there was an order
    _credit(payment, facts, statement, paid_at=paid_at, cause=cause, at=at)
    return payment


def _credit(
    payment: Payment,
    facts: SessionFacts,
    statement: Statement,
    *,
    paid_at: datetime,
    cause: str,
    at: datetime,
) -> None:
    """Credit a locked payment to its session and book it: coupons, ledger, session, state, in one write.

    That write ends the transaction, unless more follows from it: a barrier to open, a debt, a refund.
    """
    session = facts.session
    if not payment.reference:  # another system's acceptance uses them: payments.coupons.in_front
        use_held(payment, session, paid_at=paid_at, at=at)
    credited = payment_coverage.credited_fen(facts, payment, paid_at)
    writes = [
        hot_writes.insertion(entry) for entry in ledger.entries_of(payment, credited_fen=credited, at=at)
    ]
    if credited:
        until = payment_coverage.exit_until(facts, payment, credited, paid_at)
        writes.append(sessions.crediting(session, fen=credited, paid_at=paid_at, exit_until=until))
    waits = bool(facts.probed["held_read"] or payment.lane_id)
    has_more = waits or payment.reference or session.left_at or credited != payment.amount_fen
    is_paid = payment.advance(
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
    )
    if is_paid and has_more:
        _follow_up(payment, session, at, waits=waits)


def _follow_up(payment: Payment, session: ParkingSession, at: datetime, *, waits: bool) -> None:
    """Write what follows from a payment that has just been credited.

    The other system is notified, a debt is less, the barrier opens for a waiting car, a surplus is refunded.
    """
    credited = payment.credited_fen
    if credited and payment.reference:
        settlements.enqueue(payment, at=at)
    elif credited:
        outstanding.note_paid(session, fen=credited, at=at)
        if waits and payment_coverage.owes_nothing(session, at):
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
    held = Probe("held_read", HELD_READ, (at - STANDING,))
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


def _report(statement: Statement, kind: Discrepancy.Kind, at: datetime, *, lot_id: int | None = None) -> None:
    discrepancies.report(
        kind,
        provider=statement.provider,
        merchant=statement.merchant,
        number=statement.number,
        provider_number=statement.provider_number,
        amount_fen=statement.amount_fen,
        lot_id=lot_id,
        at=at,
    )
