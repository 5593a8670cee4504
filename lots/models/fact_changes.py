"""That something which pages and prices are made from has changed, as a row: see lots.changes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored


class FactsChange(models.Model):
    """One statement that changed a lot, sign, lane, operator, tariff version or coupon offer.

    The database's triggers write it; only the number of rows is read.
    """

    PRIVACY = (
        Stored(
            "id",
            data_kinds.OPERATION,
            _("so that every process knows when the pages it keeps are out of date"),
        ),
    )

    def __str__(self) -> str:
        return str(self.pk)
