"""Health of the channels as rows, which every process of every machine reads and updates.

`payments.channel_health` decides with them, `payments.observations` counts into them.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models import Lot


class ChannelState(models.Model):
    """One channel at one lot that has failed at least once: its latest failures, and whether it is hidden."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+")
    provider = models.CharField(max_length=16)
    merchant = models.CharField(max_length=64)
    failed_at = models.JSONField(default=list, help_text="The latest failures since it last worked.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="How many those are.")
    last_call = models.CharField(max_length=12, blank=True, help_text="start, query, close, refund …")
    last_reason = models.CharField(max_length=40, blank=True, help_text="A stable code, never what was sent.")
    last_failed_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True, help_text="Since when drivers are not sent to it.")
    probe_at = models.DateTimeField(null=True, help_text="When it is asked again whether it works.")

    PRIVACY = (
        Stored("id lot provider merchant", data_kinds.OPERATION, _("which channel of which lot failed")),
        Stored(
            "failed_at failures last_call last_reason last_failed_at hidden_at probe_at",
            data_kinds.OPERATION,
            _("so that every process hides a failing channel, and asks it again later"),
        ),
    )

    class Meta:
        app_label = "payments"
        constraints = [models.UniqueConstraint("lot", "provider", "merchant", name="channel_state_once")]

    def __str__(self) -> str:
        return f"{self.provider} at lot {self.lot_id}"


class ChannelCount(models.Model):
    """How often something went wrong with one merchant's channel in one hour."""

    provider = models.CharField(max_length=16)
    merchant = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, help_text="start_failed, bad_signature, unknown_serial …")
    hour = models.DateTimeField(help_text="When the hour began; 1970 holds the sum of all old ones.")
    count = models.PositiveBigIntegerField(default=0)

    PRIVACY = (
        Stored(
            "id provider merchant kind hour count",
            data_kinds.OPERATION,
            _("how often something went wrong at a channel"),
        ),
    )

    class Meta:
        app_label = "payments"
        constraints = [
            models.UniqueConstraint("provider", "merchant", "kind", "hour", name="channel_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.count}"


class ChannelReading(models.Model):
    """The latest measurement of one merchant's channel, for example how far the clocks are apart."""

    provider = models.CharField(max_length=16)
    merchant = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, help_text="clock_skew: seconds that the channel is ahead of us.")
    value = models.FloatField()
    at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id provider merchant kind value at",
            data_kinds.OPERATION,
            _("how far a channel's clock is from ours"),
        ),
    )

    class Meta:
        app_label = "payments"
        constraints = [models.UniqueConstraint("provider", "merchant", "kind", name="channel_reading_once")]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.value}"
