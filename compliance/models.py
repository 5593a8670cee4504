"""What proves that we forget, and that the drivers' pages stay pure."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from lots.models import Lot


class Forgetting(models.Model):
    """One run that forgot plates in one lot: the proof, without any plate."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    left_before = models.DateTimeField(help_text="Cars that left before this were forgotten.")
    sessions = models.PositiveIntegerField()
    reads = models.PositiveIntegerField()
    pictures = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.at} {self.sessions} sessions, {self.reads} reads, {self.pictures} pictures"


class SelfCheck(models.Model):
    """The latest self-check (自查) of a lot's own page, and when the next is due."""

    lot = models.OneToOneField(Lot, models.CASCADE, related_name="+")
    next_check_at = models.DateTimeField(db_index=True)
    checked_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=8, blank=True, help_text="pure, remarks, not_pure or unknown.")
    document = models.JSONField(null=True, help_text="The result as `manage.py selfcheck --json` writes it.")

    def __str__(self) -> str:
        return f"{self.lot_id} {self.verdict}"


class SelfCheckAlarm(models.Model):
    """A lot's page got worse (回潮): open until staff say what was done."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    was = models.CharField(max_length=8)
    became = models.CharField(max_length=8)
    worse = models.CharField(max_length=200, help_text="The rules newly broken, for example P6 P7a.")
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, help_text="What was done, in staff's words.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(handled_at=None, handled_by=None)
                | Q(handled_at__isnull=False, handled_by__isnull=False),
                name="selfcheck_alarm_handled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.was} {self.became}"
