"""What the stays of a plate count in a calendar month (号牌月度计次), where they no longer have the plate."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.car_park import Lot


class PlateMonth(models.Model):
    """How many free visits of a month a plate has had, and what its stays cost; these have no plate any more.

    Written when a plate is erased before the month of its entry is over, deleted when it is
    (`lots.plate_months`). It holds sums: neither a time of a visit nor a link to one.
    """

    lot = models.ForeignKey(  # found by the constraint's index
        Lot, models.CASCADE, related_name="plate_months", db_index=False
    )
    plate_index = models.BinaryField(max_length=16, help_text="Blind index.")
    month = models.DateField(help_text="Its first day, by the lot's clock.")
    free_visits = models.PositiveIntegerField(default=0)
    fen = models.PositiveBigIntegerField(default=0, help_text="What the stays cost by the tariff.")
    counted_to = models.DateTimeField(help_text="When the last of these stays ended.")

    PRIVACY = (
        Stored(
            "id lot plate_index month free_visits fen counted_to",
            data_kinds.PLATE_MONTH,
            _("to count free visits and the cap of a calendar month, where the tariff says so"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "plate_index", "month"], name="plate_month_once")
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.month}"
