"""Plates that had their free minutes of a date (当日免费已用), where that stay no longer has its plate."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.car_park import Lot


class FreeMinutesUse(models.Model):
    """A plate had free minutes that it has only so often on a date; these stays no longer have the plate.

    Written when a plate is erased before that date is over, deleted when it is (`lots.daily_free_uses`).
    """

    lot = models.ForeignKey(  # found by the constraint's index
        Lot, models.CASCADE, related_name="free_minutes_uses", db_index=False
    )
    plate_index = models.BinaryField(max_length=16, help_text="Blind index.")
    day = models.DateField(help_text="Of the entry, by the lot's clock.")
    uses = models.PositiveSmallIntegerField(default=1, help_text="By stays that have no plate any more.")
    used_at = models.DateTimeField(help_text="When the last of these stays ended.")

    PRIVACY = (
        Stored(
            "id lot plate_index day uses used_at",
            data_kinds.FREE_MINUTES,
            _("to give a plate its free minutes only so often a day, where the tariff says so"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "plate_index", "day"], name="free_minutes_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.day}"
