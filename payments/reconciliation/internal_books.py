"""Our own books against each other, every night: what stays have paid, and what the ledger sums up to.

Each figure is recomputed from payments and refunds. A difference is a bug or a hand in the database: it
becomes a discrepancy, and nothing is corrected by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from lots.models import ParkingSession
from payments import discrepancies
from payments.business_days import BEIJING, day_of
from payments.models import Discrepancy, LedgerEntry, Payment, Refund
from payments.models.closing_models import BooksCheck

BATCH = 1000
NIGHT = 3  # o'clock in Beijing, when few pay
LEASE = timedelta(hours=1)
LOOK_BACK = timedelta(days=2)  # stays with later bookings; `manage.py reconcile --books` looks at all
Kind = LedgerEntry.Kind
log = structlog.get_logger("reconciliation")


@dataclass(frozen=True)
class BookFault:
    """Two figures that should be one. `what` names them by row ids and channels alone."""

    what: str
    reported_fen: int
    counted_fen: int
    lot_id: int | None = None


def check_books(*, since: datetime | None, at: datetime) -> list[BookFault]:
    """Compare, note what differs, and return it. Stays: those with bookings since then; None: all."""
    faults = [*session_faults(since=since), *ledger_faults()]
    for fault in faults:
        discrepancies.report(
            Discrepancy.Kind.BOOKS,
            provider="",
            merchant="",
            number=fault.what,
            amount_fen=fault.reported_fen - fault.counted_fen,
            lot_id=fault.lot_id,
            at=at,
        )
        log.error("books_differ", what=fault.what, fen=fault.reported_fen - fault.counted_fen)
    return faults


def check_tonight(*, at: datetime) -> int:
    """Compare once a night, by whichever worker comes first; one that dies leaves it to the next."""
    if at.astimezone(BEIJING).hour < NIGHT:
        return 0
    row, _ = BooksCheck.objects.get_or_create(day=day_of(at, BEIJING))
    due = Q(done_at=None) & (Q(leased_until=None) | Q(leased_until__lte=at))
    if not BooksCheck.objects.filter(due, pk=row.pk).update(leased_until=at + LEASE):
        return 0
    faults = check_books(since=at - LOOK_BACK, at=at)
    BooksCheck.objects.filter(pk=row.pk).update(leased_until=None, done_at=at, faults=len(faults))
    return 1


def session_faults(*, since: datetime | None) -> Iterator[BookFault]:
    """Yield stays whose paid total is not what their payments and refunds sum up to."""
    rows = ParkingSession.objects.annotate(counted=_credited() - _taken_off()).exclude(paid_fen=F("counted"))
    for ids in _session_ids(since):
        for pk, lot, paid, counted in rows.filter(pk__in=ids).values_list("pk", "lot", "paid_fen", "counted"):
            yield BookFault(f"session {pk}", paid, counted, lot)


def _session_ids(since: datetime | None) -> Iterator[list[int]]:
    """Yield the ids of stays to look at, a page at a time."""
    sessions: QuerySet[ParkingSession] = ParkingSession.objects.order_by("pk")
    if since is not None:
        booked = LedgerEntry.objects.filter(at__gte=since).values("payment__session")
        sessions = sessions.filter(pk__in=booked)
    last = 0
    while ids := list(sessions.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]


def _credited() -> Coalesce:
    paid = Payment.objects.filter(session=OuterRef("pk"), state=Payment.State.PAID).order_by()
    return _sum(paid.values("session").annotate(fen=Sum("credited_fen")))


def _taken_off() -> Coalesce:
    """Return what was promised back: it is taken off the stay at once, and counted again only if it fails."""
    gone = Refund.objects.filter(payment__session=OuterRef("pk")).order_by()
    gone = gone.exclude(state=Refund.State.FAILED).exclude(reason=Refund.Reason.SURPLUS)
    return _sum(gone.values("payment__session").annotate(fen=Sum("amount_fen")))


def _sum(rows: Any) -> Coalesce:
    return Coalesce(Subquery(rows.values("fen"), output_field=BigIntegerField()), Value(0))


def ledger_faults() -> Iterator[BookFault]:
    """Yield, per merchant, ledger sums that disagree with payments and refunds."""
    booked: dict[tuple[str, str, str], int] = {}
    checked = LedgerEntry.objects.filter(kind__in={*CHECKED, *CREDITED})  # a coupon's entry names no payment
    rows = checked.order_by().values_list("payment__provider", "payment__merchant", "kind")
    for provider, merchant, kind, fen in rows.annotate(fen=Sum("amount_fen")):
        key = provider, merchant, CREDITED.get(kind, kind)
        booked[key] = booked.get(key, 0) + fen
    counted = _counted()
    for key in sorted(booked.keys() | counted.keys()):
        if booked.get(key, 0) != counted.get(key, 0):
            provider, merchant, kind = key
            name = f"ledger {kind} {provider} {merchant}"
            yield BookFault(name, booked.get(key, 0), counted.get(key, 0))


CREDITED = {"waived": Kind.PAYMENT}  # counts for a stay as a payment does
CHECKED = {Kind.PAYMENT, Kind.SURPLUS, Kind.REFUND_DONE}


def _counted() -> dict[tuple[str, str, str], int]:
    sums: dict[tuple[str, str, str], int] = {}
    paid = Payment.objects.filter(state=Payment.State.PAID).order_by().values_list("provider", "merchant")
    for provider, merchant, credited, all_fen in paid.annotate(
        credited=Sum("credited_fen"), all_fen=Sum("amount_fen")
    ):
        sums[provider, merchant, Kind.PAYMENT] = credited
        sums[provider, merchant, Kind.SURPLUS] = all_fen - credited
    done = Refund.objects.filter(state=Refund.State.DONE).order_by()
    named = done.values_list("payment__provider", "payment__merchant")
    for provider, merchant, fen in named.annotate(fen=Sum("amount_fen")):
        sums[provider, merchant, Kind.REFUND_DONE] = fen
    return sums
