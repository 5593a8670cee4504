"""Orders to barriers, and calls for help at a lane."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds
from core.privacy import Stored
from core.state import StateMachine
from lots.models.car_park import Lane, Lot
from lots.models.querysets import GateCommandQuerySet
from lots.models.session_models import ParkingSession, PlateRead
from lots.sightings import TRUSTED


class GateCommand(StateMachine):
    """One order to one barrier, with an expiry (开闸指令). It opens at most once."""

    class Cause(models.TextChoices):
        ENTRY = "entry", _("Entry")
        TICKET = "ticket", _("Entered with a ticket")
        PAID = "paid", pgettext_lazy("stay", "Paid")
        NOTHING_OWED = "nothing_owed", _("Nothing to pay")
        MANUAL = "manual", _("Manual release")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting for the barrier to fetch it")
        SENT = "sent", _("Sent to the barrier")
        OPENED = "opened", _("Barrier opened")
        FAILED = "failed", _("Barrier not opened")
        EXPIRED = "expired", _("Expired before it was fetched")

    TRANSITIONS = {
        State.QUEUED: {State.SENT, State.EXPIRED},
        State.SENT: {State.OPENED, State.FAILED},
        State.OPENED: set(),
        State.FAILED: set(),
        State.EXPIRED: {State.QUEUED},  # never sent, and the car still stands there
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="+", db_index=False)
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="commands", db_index=False)
    session = models.ForeignKey(ParkingSession, models.SET_NULL, null=True, related_name="commands")
    read = models.OneToOneField(PlateRead, models.SET_NULL, null=True, related_name="command")
    cause = models.CharField(max_length=12, choices=Cause)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    PRIVACY = (
        Stored(
            "id lot lane session read cause state issued_at expires_at sent_at answered_at",
            data_kinds.BARRIER,
            _("to open a barrier once and never late, and to record why a car was let out"),
        ),
    )

    objects = GateCommandQuerySet["GateCommand"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["lane", "issued_at"], condition=Q(state="queued"), name="command_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.state}"

    def advance(self, to: str, *, unchanged: tuple[str, ...] = (), **fields: Any) -> bool:
        """Move to `to` and set `fields`, its own `cause` among them; no event is recorded."""
        return self._move(to, unchanged, fields, event={})

    def is_in_time(self, at: datetime) -> bool:
        """Return whether the barrier may still move for it: see `_too_late`."""
        return self.issued_at <= at + TRUSTED and at < self.expires_at

    def expire(self, *, at: datetime) -> bool:
        """Expire a command that was not fetched by `at`; False if it was, or was queued again."""
        lapsed = self.state == self.State.QUEUED and not self.is_in_time(at)
        return lapsed and self.advance(self.State.EXPIRED, unchanged=("expires_at",))


class LaneCall(models.Model):
    """A request of staff for help at a lane; every open booth screen of its lot shows it (呼叫)."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="+", db_index=False)
    lane = models.ForeignKey(Lane, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    PRIVACY = (
        Stored(
            "id lot lane at by answered_at answered_by",
            data_kinds.STAFF,
            _("who asked for help at a lane, and who went; deleted after a day"),
        ),
    )

    class Meta:
        indexes = [models.Index(fields=["lot", "at"], name="lane_call_of_lot")]
        constraints = [
            models.UniqueConstraint(
                fields=["lane"], condition=Q(answered_at=None), name="lane_call_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"
