"""What proves that we forget."""

from django.db import models

from lots.models import Lot


class Forgetting(models.Model):
    """One run that forgot plates in one lot: the proof, without any plate."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    left_before = models.DateTimeField(help_text="Cars that left before this were forgotten.")
    sessions = models.PositiveIntegerField()
    reads = models.PositiveIntegerField()
    pictures = models.PositiveIntegerField(default=0)
    coupons = models.PositiveIntegerField(default=0, help_text="Coupons that no longer know their plate.")

    def __str__(self) -> str:
        return f"{self.at} {self.sessions} sessions, {self.reads} reads, {self.pictures} pictures"
