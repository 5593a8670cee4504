"""Calls for help at a lane, between the people who look at a lot's booth screens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from lots.models import Lane, LaneCall, Lot

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LASTS = timedelta(minutes=15)  # an unanswered call is over then
RETENTION = timedelta(days=1)


def open_calls(lots: Sequence[Lot], *, at: datetime) -> QuerySet[LaneCall]:
    rows = LaneCall.objects.filter(lot__in=lots, answered_at=None, at__gt=at - LASTS)
    return rows.select_related("lane", "by").order_by("at")


def call(lane: Lane, *, by: "User", at: datetime) -> LaneCall:
    """Ask for help at a lane. While a call is open there, another press is the same call."""
    LaneCall.objects.filter(lane=lane, answered_at=None, at__lte=at - LASTS).delete()
    found, _made = LaneCall.objects.get_or_create(
        lane=lane, answered_at=None, defaults={"lot_id": lane.lot_id, "by": by, "at": at}
    )
    return found


def answer(found: LaneCall, *, by: "User", at: datetime) -> bool:
    """Answer the call; False if another colleague answered before."""
    rows = LaneCall.objects.filter(pk=found.pk, answered_at=None)
    return bool(rows.update(answered_at=at, answered_by=by))


def delete_old(*, at: datetime) -> int:
    return LaneCall.objects.filter(at__lt=at - RETENTION).delete()[0]
