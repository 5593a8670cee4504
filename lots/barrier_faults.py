"""Finds barriers that were ordered to open for car after car and, as far as is known, did not.

A device on the open API reports whether its barrier opened. A Vzenith camera never does, nor do all programs
of others: of a lane without any report for a week, an order counts as carried out once it was fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from lots.models import Device, GateCommand, Lane, PlateRead

IN_A_ROW = 3  # cars: one lost report is no fault
CONFIRMED_WITHIN = timedelta(minutes=1)  # a device reports within seconds
LOOKBACK = timedelta(days=7)
State = GateCommand.State


@dataclass(frozen=True)
class BarrierFault:
    """A lane where no opening was reported for the last `count` cars; the first was to go at `since`."""

    lane: Lane
    count: int
    since: datetime


def barrier_faults(at: datetime, lots: Sequence[int] | None = None) -> list[BarrierFault]:
    """Return the lanes of open lots, or of these, whose last IN_A_ROW orders opened nothing."""
    used = Device.objects.in_use().filter(lane=OuterRef("pk"))
    reporting = used.filter(make=Device.Make.API)
    lanes = Lane.objects.filter(Exists(used), lot__closed_at=None).annotate(reports=Exists(reporting))
    if lots is not None:
        lanes = lanes.filter(lot__in=lots)
    ordered = _ordered(OuterRef("pk"), at).order_by("-captured_at").values("command__state")
    newest = {f"newest_{n}": Subquery(ordered[n : n + 1]) for n in range(IN_A_ROW)}
    unopened = Q()
    for name in newest:
        unopened &= Q(**{f"{name}__in": [State.FAILED, State.EXPIRED, State.QUEUED]}) | Q(
            **{name: State.SENT}, reports=True
        )
    found = lanes.annotate(**newest).filter(unopened).select_related("lot").order_by("pk")
    return [fault for lane in found if (fault := _fault(lane, at)) is not None]


def _ordered(lane: OuterRef | int, at: datetime) -> QuerySet[PlateRead]:
    """Return the reads of a lane whose order is no longer under way."""
    decided = (
        Q(command__state__in=[State.OPENED, State.FAILED, State.EXPIRED])
        | Q(command__state=State.SENT, command__sent_at__lte=at - CONFIRMED_WITHIN)
        | Q(command__state=State.QUEUED, command__expires_at__lte=at)
    )
    return PlateRead.objects.filter(decided, lane=lane, captured_at__gte=at - LOOKBACK)


def _fault(lane: Lane, at: datetime) -> BarrierFault | None:
    """Return the fault of a lane since the last order that worked, if it has one."""
    reads = _ordered(lane.pk, at)
    reports = reads.filter(command__answered_at__isnull=False).exists()
    works = [State.OPENED] if reports else [State.OPENED, State.SENT]
    last = reads.filter(command__state__in=works).order_by("-captured_at").first()
    if last is not None:
        reads = reads.filter(captured_at__gt=last.captured_at)
    row = reads.aggregate(count=Count("pk"), since=Min("command__issued_at"))
    return BarrierFault(lane, row["count"], row["since"]) if row["count"] >= IN_A_ROW else None
