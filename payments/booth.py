"""Money that staff take, see arrive elsewhere, or waive; and the shifts in which they do.

It is booked as any channel's money is: a payment row, then `settle`. So a car that has just paid by
phone is not charged twice: what its stay did not need waits to be given back at the booth.
"""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from core.errors import ParkingError
from lots.models import Lane, Lot, ParkingSession
from lots.pricing import NoTariff
from lots.systems.links import is_of_other_system
from payments.balance_corrections import hold
from payments.channels import WAIVER
from payments.charges import ChargeRecord, record_of_money
from payments.coupons import discounts
from payments.models import Payment, Shift, StaffAct
from payments.numbers import new_number, new_token
from payments.providers.contract import Outcome, Statement
from payments.refusals import NothingOwed
from payments.settling import settle
from payments.staff_action_log import ActedBy, Kind, once, record

CASH, MANUAL = "cash", "manual"
MOST = 1_000_000  # fen; no stay costs more, so it is a typing error
MOST_IN_DRAWER = 100 * MOST


class NoShift(ParkingError):
    """Cash is taken and given only in an open shift of one's own, in the same lot."""

    code = "no_shift"


class ShiftOpen(ParkingError):
    """This person has an open shift already."""

    code = "shift_open"


class OwnShift(ParkingError):
    """The count of a shift is corrected by another person than its cashier, where there is one."""

    code = "own_shift"


class SameCount(ParkingError):
    """The corrected count is the one that is recorded already."""

    code = "same_count"


class PaidMeanwhile(ParkingError):
    """More was paid for the stay than the person who takes money has seen; they may record theirs as well."""

    code = "paid_meanwhile"

    def __init__(self, paid_fen: int) -> None:
        super().__init__(f"{paid_fen} fen paid")
        self.paid_fen = paid_fen


class BadAmount(ParkingError):
    """The amount is below what an act takes, or far beyond what a stay costs or a drawer holds; in fen."""

    code = "bad_amount"

    def __init__(self, least_fen: int, most_fen: int) -> None:
        super().__init__(f"not from {least_fen} to {most_fen} fen")
        self.least_fen, self.most_fen = least_fen, most_fen


@once
def take_cash(
    session: ParkingSession, *, amount_fen: int, by: ActedBy, at: datetime, seen_paid_fen: int | None = None
) -> StaffAct:
    """Record cash for a stay. Raises `NoShift`, `PaidMeanwhile`, `BadAmount`, `NoEntry` or `NoTariff`.

    It is recorded although the stay owes nothing any more: the money is in the drawer. `seen_paid_fen`: what
    the stay had paid when the cashier looked.
    """
    shift = held_shift(session.lot_id, by)
    _check_seen(session, seen_paid_fen)
    payment = take(session, CASH, amount_fen, by.act, at)
    about = {"session": session, "payment": payment, "shift": shift, "amount_fen": amount_fen}
    return record(by, Kind.CASH, subject=f"payment {payment.pk}", lot_id=session.lot_id, at=at, **about)


@once
def take_elsewhere(
    session: ParkingSession, *, amount_fen: int, by: ActedBy, at: datetime, seen_paid_fen: int | None = None
) -> StaffAct:
    """Record money that staff saw arrive elsewhere: a bank transfer, another company's card reader.

    Raises `PaidMeanwhile`, `BadAmount`, `NoEntry` or `NoTariff`.
    """
    _check_seen(session, seen_paid_fen)
    payment = take(session, MANUAL, amount_fen, by.act, at)
    about = {"session": session, "payment": payment, "amount_fen": amount_fen}
    return record(by, Kind.MANUAL, subject=f"payment {payment.pk}", lot_id=session.lot_id, at=at, **about)


def _check_seen(session: ParkingSession, seen_paid_fen: int | None) -> None:
    """Hold the stay, so that of two people who take money for it at one moment the second is asked first."""
    (held,) = hold(session)
    if seen_paid_fen is not None and seen_paid_fen < held.paid_fen:
        raise PaidMeanwhile(held.paid_fen)


@once
def waive(session: ParkingSession, *, by: ActedBy, at: datetime, amount_fen: int | None = None) -> StaffAct:
    """Waive what a stay owes, or `amount_fen` of it (减免). Raises `NothingOwed` where that is nothing.

    The stay is held, so a payment that settles at the same moment either comes first, and then nothing is
    left to waive, or comes second and is refunded.
    """
    payment = bear(session, MOST if amount_fen is None else amount_fen, act=by.act, at=at)
    if payment is None:
        raise NothingOwed
    about = {"session": session, "payment": payment, "amount_fen": payment.amount_fen}
    return record(by, Kind.WAIVED, subject=f"payment {payment.pk}", lot_id=session.lot_id, at=at, **about)


def bear(session: ParkingSession, most: int, *, act: UUID, at: datetime) -> Payment | None:
    """Waive what a stay owes at the operator's cost, at most `most` fen; None where that is nothing."""
    (held,) = hold(session)
    fen = min(most, _due(held, at))
    return take(held, WAIVER, fen, act, at) if fen > 0 else None


@once
def open_shift(lot: Lot, *, float_fen: int, by: ActedBy, at: datetime) -> StaffAct:
    """Begin a shift with so much change in the drawer. Raises `ShiftOpen` or `BadAmount`."""
    if not 0 <= float_fen <= MOST:
        raise BadAmount(0, MOST)
    if Shift.objects.filter(staff=by.staff, closed_at=None).exists():
        raise ShiftOpen
    shift = Shift.objects.create(lot=lot, staff=by.staff, opened_at=at, float_fen=float_fen)
    about = {"shift": shift, "amount_fen": float_fen}
    return record(by, Kind.SHIFT_OPENED, subject=f"shift {shift.pk}", lot_id=lot.pk, at=at, **about)


@once
def close_shift(shift: Shift, *, counted_fen: int, by: ActedBy, at: datetime) -> StaffAct:
    """End a shift with what was counted in the drawer; the difference is kept. Raises `NoShift`.

    The next person on duty may close the shift too: the record names who counted.
    """
    if not 0 <= counted_fen <= MOST_IN_DRAWER:
        raise BadAmount(0, MOST_IN_DRAWER)
    held = Shift.objects.select_for_update(of=("self",)).get(pk=shift.pk)
    if not held.advance(
        Shift.State.CLOSED,
        at=at,
        cause="counted",
        closed_at=at,
        counted_fen=counted_fen,
        expected_fen=expected(held),
    ):
        raise NoShift
    about = {"shift": held, "amount_fen": counted_fen}
    return record(by, Kind.SHIFT_CLOSED, subject=f"shift {held.pk}", lot_id=held.lot_id, at=at, **about)


@once
def correct_count(
    shift: Shift, *, counted_fen: int, by: ActedBy, at: datetime, is_alone: bool = False
) -> StaffAct:
    """Record what the drawer of a closed shift really held. Raises `NoShift`, `OwnShift` or `SameCount`.

    The first count stays as it was: a correction is an entry of its own, by a colleague of the cashier. Where
    no colleague may correct it (`is_alone`), the cashier does: the entry then names the same person twice.
    """
    if not 0 <= counted_fen <= MOST_IN_DRAWER:
        raise BadAmount(0, MOST_IN_DRAWER)
    held = Shift.objects.select_for_update(of=("self",)).get(pk=shift.pk)
    if held.closed_at is None:
        raise NoShift
    if held.staff_id == by.staff.pk and not is_alone:
        raise OwnShift
    if held.last_count_fen == counted_fen:
        raise SameCount
    about = {"shift": held, "amount_fen": counted_fen}
    return record(by, Kind.RECOUNTED, subject=f"shift {held.pk}", lot_id=held.lot_id, at=at, **about)


def expected(shift: Shift) -> int:
    """Return what the drawer must hold: the float, and the shift's cash in less its cash out."""
    return shift.float_fen + cash_in(shift) - cash_out(shift)


def cash_in(shift: Shift) -> int:
    return _sum(shift, Kind.CASH)


def cash_out(shift: Shift) -> int:
    return _sum(shift, Kind.GIVEN_BACK)


def _sum(shift: Shift, kind: Kind) -> int:
    return shift.acts.filter(kind=kind).aggregate(fen=Sum("amount_fen"))["fen"] or 0


def held_shift(lot_id: int, by: ActedBy) -> Shift:
    """Return this person's open shift in this lot, held, so that it is not closed meanwhile."""
    mine = Shift.objects.select_for_update(of=("self",)).filter(lot_id=lot_id, staff=by.staff, closed_at=None)
    shift = mine.first()
    if shift is None:
        raise NoShift
    return shift


def take(session: ParkingSession, provider: str, fen: int, act: UUID, at: datetime) -> Payment:
    """Record money for a stay; `act` names it at its "channel", so that one press is one payment."""
    return record_money(
        session,
        provider=provider,
        number=new_number(),
        provider_number=str(act),
        amount_fen=fen,
        paid_at=at,
        cause="operator",
        at=at,
    )


def record_money(
    session: ParkingSession,
    *,
    provider: str,
    number: str,
    provider_number: str,
    amount_fen: int,
    paid_at: datetime,
    cause: str,
    at: datetime,
    lane: Lane | None = None,
) -> Payment:
    """Make a payment of money that is there already, and settle it; all in one transaction.

    Raises `BadAmount`, `NoEntry`, `NoTariff`, `SessionNotFound`, or `IntegrityError` where that number is
    known.
    """
    if not 0 < amount_fen <= MOST:
        raise BadAmount(1, MOST)
    with transaction.atomic():
        (session,) = hold(session)
        statement = Statement(
            provider,
            Lot.objects.get(pk=session.lot_id).slug,
            number,
            Outcome.PAID,
            provider_number=provider_number,
            amount_fen=amount_fen,
            at=paid_at,
        )
        record = record_of_money(session, amount_fen=amount_fen, lane=lane, paid_at=paid_at)
        return settle_new(statement, record, cause=cause, at=at)


def settle_new(statement: Statement, record: ChargeRecord, *, cause: str, at: datetime) -> Payment:
    """Make the payment that a word about money lacks, and settle it; the caller's transaction holds both."""
    assert statement.amount_fen is not None
    payment = Payment.objects.create(
        **asdict(record),
        provider=statement.provider,
        merchant=statement.merchant,
        app=statement.app,
        number=statement.number,
        token=new_token(),
        amount_fen=statement.amount_fen,
        language=settings.LANGUAGE_CODE,
        created_at=at,
        next_check_at=at,
    )
    settle(statement, cause=cause, at=at)
    payment.refresh_from_db()
    return payment


def _due(session: ParkingSession, at: datetime) -> int:
    if session.entered_at is None or is_of_other_system(session):
        return 0
    try:
        return discounts.due_of(session, at=at)
    except NoTariff:
        return 0
