"""Debts (欠费): what stays still owe whose cars have left.

A debt is a row of its own, because prices alone do not tell which stays owe: a car that left
within its exit window may have parked longer than it paid for, and owes nothing.
`payments.balance_corrections` decides.
"""

from datetime import datetime, timedelta

from django.conf import settings

from core import hot_sql
from core.vault import plate_index
from lots.models import ParkingSession
from lots.plates import Plate
from payments.models import Debt, Payment


def of_plate(lot_id: int, plate: Plate) -> Debt | None:
    """Return the oldest debt of this plate in this lot, while its car is remembered."""
    known = [lot_id, plate_index(lot_id, plate.text)]
    return hot_sql.one(Debt, "lot_id = %s AND plate_index = %s ORDER BY since, id", known)


def beside(session: ParkingSession) -> list[Debt]:
    """Return the debts of earlier stays of this stay's car, oldest first."""
    if session.plate_index is None:
        return []
    owing = Debt.objects.filter(lot_id=session.lot_id, plate_index=session.plate_index)
    return list(owing.exclude(session=session).order_by("since", "pk"))


def known_at(payment: Payment) -> Debt | None:
    """Return the oldest debt of another stay of this payment's car that stood when it was paid."""
    paid_at = payment.paid_at
    return next((debt for debt in beside(payment.session) if paid_at and debt.since <= paid_at), None)


def record(session: ParkingSession, *, fen: int, at: datetime) -> Debt | None:
    """Record what a stay owes, 0 for nothing; the caller holds it locked. A repeat changes nothing."""
    debt = Debt.objects.filter(session=session).first()
    if fen <= 0:
        return _clear(debt, at) if debt else None
    if debt is None:
        forget_at = at + timedelta(days=settings.DEBT_DAYS)
        return Debt.objects.create(
            lot_id=session.lot_id,
            session=session,
            amount_fen=fen,
            plate_index=session.plate_index,
            since=at,
            forget_at=forget_at,
        )
    known, now_known = debt.plate_index, session.plate_index
    is_corrected = known is not None and now_known is not None and bytes(known) != bytes(now_known)
    if debt.amount_fen != fen or is_corrected:  # a misread plate is another car's, which owes nothing
        debt.amount_fen, debt.cleared_at = fen, None
        debt.plate_index = now_known or known
        debt.save(update_fields=["amount_fen", "cleared_at", "plate_index"])
    return debt


def note_paid(session: ParkingSession, *, fen: int, at: datetime) -> None:
    """Take a late payment off the debt of a stay, which the caller holds locked."""
    if session.left_at is None:
        return
    if debt := Debt.objects.filter(session=session, cleared_at=None).first():
        record(session, fen=debt.amount_fen - fen, at=at)


def forget(*, at: datetime) -> int:
    """Erase the cars of expired debts; the sums stay in the books."""
    return Debt.objects.filter(plate_index__isnull=False, forget_at__lte=at).update(plate_index=None)


def _clear(debt: Debt, at: datetime) -> Debt:
    if debt.cleared_at is None:
        debt.amount_fen, debt.plate_index, debt.cleared_at = 0, None, at
        debt.save(update_fields=["amount_fen", "plate_index", "cleared_at"])
    return debt
