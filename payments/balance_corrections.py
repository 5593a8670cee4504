"""Settling up: what a stay costs against what was credited to it, whenever either has changed.

Called after its times were corrected, a coupon came late, a payment moved, or its car left without being let
out by a payment. Too much is refunded in part; too little is a debt of a car that has left, and is
asked for at the exit of one that has not.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from core.errors import ParkingError
from lots.models import ParkingSession
from lots.systems.links import is_of_other_system
from payments import outstanding, refunds
from payments.channels import WAIVER
from payments.models import Debt, Payment, Refund
from payments.payment_coverage import price_at

Departure = ParkingSession.Departure
log = structlog.get_logger("corrections")


class SessionNotFound(ParkingError):
    """The stay was deleted or merged into another one meanwhile."""

    code = "session_gone"


@dataclass(frozen=True)
class SettledUp:
    """What settling up found: refunds promised, and the debt if there is one."""

    refunds: tuple[Refund, ...] = ()
    debt: Debt | None = None


def settle_up(session: ParkingSession, *, at: datetime, cause: str) -> SettledUp:
    """Compare what the stay costs with what was credited to it, and act on the difference.

    The newest payment gives back first, a waived fee before any money; less than OVERPAID_MINIMUM fen stays.
    `cause` (coupon, entry, …) is logged where something moves. Repeating it changes nothing. A stay without a
    known entry, or whose exit was missed, is left to staff: what it costs is unknown. So is one of another
    system, which alone knows its price.
    """
    found = _settle_up(session, at=at)
    if found.refunds or found.debt:
        log.info("settled_up", session=session.pk, cause=cause, refunds=len(found.refunds))
    return found


def _settle_up(session: ParkingSession, *, at: datetime) -> SettledUp:
    with transaction.atomic():
        (session,) = hold(session)
        if is_of_other_system(session):
            return SettledUp()
        paid = _paid(session)
        if session.entered_at is None or session.departure == Departure.MISSED:
            outstanding.record(session, fen=0, at=at)  # its cost is unknown, so nothing is owed
            return SettledUp()
        cost = fair_cost(session, paid, at=at)
        over = session.paid_fen - cost
        if over > 0:
            outstanding.record(session, fen=0, at=at)
            return SettledUp(refunds=tuple(_give_back(paid, over, at=at)))
        return SettledUp(debt=_owe(session, paid, -over, at=at))


def fair_cost(session: ParkingSession, paid: list[Payment], *, at: datetime) -> int:
    """Return what the stay costs in fen: up to its end, or to `at`.

    A car that went within its exit window, or still stands in it, has been priced up to the last charge.
    """
    end = session.priced_until(at)
    if session.may_leave(end):
        covered = _covered_until(paid)
        end = min(end, covered) if covered else end
    return price_at(session, end)


def _covered_until(paid: list[Payment]) -> datetime | None:
    """Return up to when its exit window takes a stay as paid.

    The last charge paid for it says so; of a payment moved here, which was priced for another stay, the
    beginning of the window that it opened.
    """
    counting = [payment for payment in paid if payment.credited_fen]
    return max((payment.moved_at or payment.until for payment in counting), default=None)


def hold(*sessions: ParkingSession) -> list[ParkingSession]:
    """Hold stays and their payments to the end of the transaction; return them as they are now.

    Payments before stays, as `settle` does, so that no two wait for each other: what changes both begins
    with this. Unfinished payments too: one that is paid at this moment would otherwise be held after its
    stay, when this is called again. Raises `SessionNotFound`.
    """
    numbers = [session.pk for session in sessions]
    list(Payment.objects.filter(session__in=numbers).select_for_update(of=("self",)).order_by("pk"))
    rows = ParkingSession.objects.filter(pk__in=numbers).select_related("lot")
    held = {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    if missing := set(numbers) - held.keys():
        raise SessionNotFound(f"sessions {sorted(missing)}")
    return [held[number] for number in numbers]


def _paid(session: ParkingSession) -> list[Payment]:
    """Return the paid payments of a stay in the order in which they give back."""
    rows = Payment.objects.filter(session=session, state=Payment.State.PAID)
    return sorted(rows, key=lambda row: (row.provider == WAIVER, row.paid_at, row.pk), reverse=True)


def _give_back(paid: list[Payment], over: int, *, at: datetime) -> list[Refund]:
    if over < settings.OVERPAID_MINIMUM:
        return []
    made = []
    for payment in paid:
        part = min(over, refunds.left_of(payment))
        if part > 0:
            made.append(
                refunds.request_refund(payment, amount_fen=part, reason=Refund.Reason.OVERPAID, at=at)
            )
            over -= part
    return made


def _owe(session: ParkingSession, paid: list[Payment], short: int, *, at: datetime) -> Debt | None:
    if session.left_at is not None:
        return outstanding.record(session, fen=short - _forgiven(paid), at=at)
    if short and session.may_leave(at):
        # It was let go for less than it costs by what is known now: the exit asks for the difference.
        ParkingSession.objects.filter(pk=session.pk).update(exit_until=None)
    return outstanding.record(session, fen=0, at=at)


def _forgiven(paid: list[Payment]) -> int:
    """Return what staff gave back at a channel by hand: that was their decision, so it is not owed again."""
    external = Refund.objects.filter(payment__in=paid, reason=Refund.Reason.EXTERNAL)
    return external.exclude(state=Refund.State.FAILED).aggregate(fen=Sum("amount_fen"))["fen"] or 0


def settle_changed(*, at: datetime, most: int) -> int:
    """Settle up the stays whose times changed since they were last looked at; return how many."""
    due = ParkingSession.objects.filter(unsettled_at__isnull=False).order_by("unsettled_at")[:most]
    done = 0
    for session in due:
        if not session.needs_review:
            settle_up(session, at=at, cause="times")
        done += ParkingSession.objects.filter(pk=session.pk, unsettled_at=session.unsettled_at).update(
            unsettled_at=None
        )
    return done
