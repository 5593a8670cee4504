"""What the stays of a plate count in a calendar week or month (号牌周期累计), where they lost the plate."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.car_park import Lot


class PlatePeriod(models.Model):
    """How many free visits a plate has had in a week or month, and what its stays cost; these lost the plate.

    Written when a plate is erased before the week or month of its entry is over, deleted when it is
    (`lots.plate_periods`). It holds sums: neither a time of a visit nor a link to one.
    """

    lot = models.ForeignKey(  # found by the constraint's index
        Lot, models.CASCADE, related_name="plate_periods", db_index=False
    )
    plate_index = models.BinaryField(max_length=16, help_text="Blind index.")
    first_day = models.DateField(help_text="Of the week or month, by the lot's clock.")
    last_day = models.DateField()
    free_visits = models.PositiveIntegerField(default=0)
    fen = models.PositiveBigIntegerField(default=0, help_text="What the stays cost by the tariff.")
    counted_to = models.DateTimeField(help_text="When the last of these stays ended.")

    PRIVACY = (
        Stored(
            "id lot plate_index first_day last_day free_visits fen counted_to",
            data_kinds.PLATE_PERIOD,
            _("to count free visits and the cap of a calendar week or month, where the tariff says so"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "plate_index", "first_day", "last_day"], name="plate_period_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.first_day}"
