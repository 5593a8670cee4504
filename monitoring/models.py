"""What keeps the house running: the workers' heartbeats, incidents, and the alerts that go out."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """A worker process that is, or was, alive."""

    worker = models.CharField(max_length=16, unique=True, help_text="Random, chosen at its start.")
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(help_text="When it last came round: a job that hangs stops it.")

    def __str__(self) -> str:
        return self.worker


class Incident(models.Model):
    """A signal that turned red, until it has been well for some minutes (故障)."""

    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=160, blank=True, help_text="Which channel, lot or certificate.")
    since = models.DateTimeField()
    red_at = models.DateTimeField(help_text="When it was last seen red.")
    told_at = models.DateTimeField(null=True, help_text="When an alert was last written for it.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at=None), name="incident_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Silence(models.Model):
    """Somebody knows of it: no alert of this kind goes out until then (静默)."""

    kind = models.CharField(max_length=24)
    until = models.DateTimeField()
    why = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="silence_until")]

    def __str__(self) -> str:
        return f"{self.kind} until {self.until}"


class AlertMessage(models.Model):
    """One message on one way out. It is a row before it is sent, and repeated until it has arrived."""

    class Way(models.TextChoices):
        MAIL = "mail"
        WECOM = "wecom"
        DINGTALK = "dingtalk"

    way = models.CharField(max_length=8, choices=Way)
    text = models.TextField(help_text="What is wrong and what to do; names no person and no plate.")
    created_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="alert_due")
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"


class SpeedCount(models.Model):
    """How many payments of a lot took a step within so many seconds, on one day."""

    class Step(models.TextChoices):
        FEE = "fee", "scan to fee"
        TAP = "tap", "fee to pay"
        PAID = "paid", "pay to settled"

    lot = models.ForeignKey("lots.Lot", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    step = models.CharField(max_length=4, choices=Step)
    seconds = models.PositiveSmallIntegerField(help_text="Upper end of the bucket; 0: longer than the last.")
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "day", "step", "seconds"], name="speed_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.day} {self.step} {self.seconds}"
