"""How many look-ups of plates failed lately, counted over all processes (查询计数)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored


class LookupCount(models.Model):
    """The points that one client, network or lot has spent in one window.

    No foreign key: rows are written by one statement beside a driver's request and live for an hour.
    """

    bucket = models.PositiveIntegerField(help_text="Number of the window.")
    lot_id = models.PositiveBigIntegerField()
    name = models.BinaryField(max_length=16, help_text="Keyed hash; empty: the lot's own sum.")
    points = models.PositiveIntegerField()

    PRIVACY = (
        Stored(
            "id bucket lot_id name points", data_kinds.LOOKUP, _("to slow down searches for others' plates")
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot_id", "bucket", "name"], name="lookup_count_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.bucket}"
