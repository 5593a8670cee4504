"""What reports add up to, counted once: see payments.reports.session_days."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models import Lot


class SessionDay(models.Model):
    """What the sessions of a lot add up to on one day of its zone, from sessions whose entry was read.

    The worker counts a day when it has been over for a day. Where a time of a session in it changes later, a
    trigger deletes the rows of that day and those after it, and the worker counts them again. Counts are
    four bytes each, side by side: reports add up thousands of rows.
    """

    lot = models.ForeignKey(  # found by the constraint's index
        Lot, models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    inside = models.IntegerField(help_text="Cars inside when the day began.")
    hours = models.BinaryField(help_text="Entries of each hour since midnight, then exits of each.")
    lengths = models.BinaryField(help_text="Sessions that ended: no longer than each limit, then all.")

    PRIVACY = (
        Stored(
            "id lot day inside hours lengths",
            data_kinds.BOOKS,
            _("to show in reports how many cars came, stayed and left; it names no car"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "day"], name="session_day_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.day}"
