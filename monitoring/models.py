"""The workers' heartbeats, incidents, silences, and the alerts to be sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine


class Heartbeat(models.Model):
    """A worker process that is, or was, alive."""

    worker = models.CharField(max_length=16, unique=True, help_text="Random, chosen at its start.")
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(help_text="When its loop last ran: a job that hangs stops it.")

    PRIVACY = (Stored("id worker started_at beat_at", data_kinds.OPERATION, _("that the worker is alive")),)

    def __str__(self) -> str:
        return self.worker


class WriteProbe(models.Model):
    """A single row that `/readyz` writes, to prove that the database can be written to."""

    at = models.DateTimeField()

    PRIVACY = (Stored("id at", data_kinds.OPERATION, _("that the database can be written")),)

    def __str__(self) -> str:
        return str(self.at)


class SteadyTime(models.Model):
    """A single row: the time by which the workers do what cannot be undone (`monitoring.steady_time`)."""

    at = models.DateTimeField()
    boot = models.CharField(max_length=36, blank=True, default="", help_text="Of the server that stored it.")
    seconds = models.FloatField(default=0, help_text="Since that start of the server, when it was stored.")

    PRIVACY = (Stored("id at boot seconds", data_kinds.OPERATION, _("that the server's clock did not jump")),)

    def __str__(self) -> str:
        return str(self.at)


class OpenCircuit(models.Model):
    """An outside party that a process does not call for the moment: it has not answered (`core.outside`)."""

    kind = models.CharField(max_length=24)
    host = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When a process last found that it does not answer.")

    PRIVACY = (
        Stored(
            "id kind host opened_at seen_at",
            data_kinds.OPERATION,
            _("which outside service does not answer, and since when"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "host"], name="open_circuit_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.host}"


class Incident(StateMachine):
    """A signal that turned red, until it has been green for some minutes (故障)."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ENDED = "ended", _("Ended")

    TRANSITIONS = {State.OPEN: {State.ENDED}, State.ENDED: set()}

    kind = models.CharField(max_length=24)
    subject = models.CharField(max_length=160, blank=True, help_text="Which channel, lot or certificate.")
    state = models.CharField(max_length=5, choices=State, default=State.OPEN)
    since = models.DateTimeField()
    red_at = models.DateTimeField(help_text="When it was last seen red.")
    alerted_at = models.DateTimeField(null=True, help_text="When an alert was last written for it.")
    ended_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id kind subject state since red_at alerted_at ended_at",
            data_kinds.OPERATION,
            _("what failed, from when to when"),
        ),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended_at=None), name="incident_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | Q(state="ended", ended_at__isnull=False),
                name="incident_ended_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Silence(models.Model):
    """A pause of the alerts of one kind, because staff know of the fault (静默)."""

    kind = models.CharField(max_length=24)
    until = models.DateTimeField()
    why = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id kind until why by at",
            data_kinds.ALARM_HANDLING,
            _("who silenced an alarm, until when and why"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["until"], name="silence_until")]

    def __str__(self) -> str:
        return f"{self.kind} until {self.until}"


class AlertMessage(models.Model):
    """One message to one destination. It is stored before it is sent, and repeated until it has arrived."""

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

    PRIVACY = (
        Stored(
            "id way text created_at next_check_at tries sent_at",
            data_kinds.OPERATION,
            _("to send an alarm until it has arrived; its text names no person and no plate"),
        ),
    )

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

    PRIVACY = (
        Stored(
            "id lot day step seconds count",
            data_kinds.OPERATION,
            _("how many payments took how long, in buckets of seconds; no row is about one payment"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lot", "day", "step", "seconds"], name="speed_once")]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.day} {self.step} {self.seconds}"
