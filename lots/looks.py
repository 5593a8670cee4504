"""Who of staff looked for a plate, or at whole plates (号牌查阅记录): one row a look.

A row holds neither the plate nor what was typed: who, when, where, in what way, and how many stays (or
passes) it showed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from lots.added_only import AddedOnly

if TYPE_CHECKING:
    from lots.models import AccessRight, ParkingSession


class PlateLook(AddedOnly):
    """One look of one person. Made once, never changed."""

    class Kind(models.TextChoices):
        WHOLE = "whole"  # searched by a whole plate
        PART = "part"  # searched by a piece of one
        SHOWN = "shown"  # had the plates of a page shown whole

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "lots.Lot", models.PROTECT, null=True, related_name="+", help_text="Null: each lot of this person."
    )
    kind = models.CharField(max_length=5, choices=Kind)
    count = models.PositiveIntegerField(help_text="How many stays it found or showed.")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["lot", "-at"], name="look_of_lot")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


def note_shown(rows: Iterable["ParkingSession | AccessRight"], *, staff: Any, at: datetime) -> None:
    """Put on record that the plates of these rows are shown whole: a row for each of their lots."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.lot_id] = counts.get(row.lot_id, 0) + 1
    PlateLook.objects.bulk_create(
        PlateLook(staff=staff, lot_id=lot, kind=PlateLook.Kind.SHOWN, count=count, at=at)
        for lot, count in counts.items()
    )
