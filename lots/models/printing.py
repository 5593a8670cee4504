"""What was printed, revoked and worded, by whom and why. Rows here are added and never changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds
from core.privacy import Stored
from lots.signs.sign_wording import City


class PrintRun(models.Model):
    """Signs that were printed together (一次印制), from the console or by command."""

    key = models.UUIDField(primary_key=True, help_text="Chosen by the caller; a repeat is the same run.")
    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="print_runs")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=200, blank=True)
    orders = models.JSONField(help_text="Which sign in which format; member signs, which have no row, whole.")

    PRIVACY = (
        Stored(
            "key lot at orders",
            data_kinds.SETUP,
            _("which signs were printed together, so that a second click prints none"),
        ),
        Stored("by why", data_kinds.STAFF, _("which staff member printed them and why")),
    )

    def __str__(self) -> str:
        return f"print run {self.key}"


class SignEvent(models.Model):
    """Something that was done with one sign (标识记录)."""

    class Kind(models.TextChoices):
        PRINTED = "printed", pgettext_lazy("sign", "Print")
        REPRINTED = "reprinted", _("Reprinted")
        REVOKED = "revoked", _("Revoke")
        SEEN = "seen", pgettext_lazy("sign", "Seen on patrol")

    sign = models.ForeignKey("lots.Sign", models.CASCADE, related_name="events")
    kind = models.CharField(max_length=9, choices=Kind)
    run = models.ForeignKey(PrintRun, models.CASCADE, null=True, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=20, blank=True)
    distance_cm = models.PositiveIntegerField(null=True, help_text="Reading distance asked for.")

    PRIVACY = (
        Stored(
            "id sign kind run at format distance_cm",
            data_kinds.SETUP,
            _("when a sign was printed, in what form, or revoked"),
        ),
        Stored("by why", data_kinds.STAFF, _("which staff member did it and why")),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "sign"], condition=Q(run__isnull=False), name="sign_once_per_print_run"
            ),
            models.UniqueConstraint(
                fields=["sign"], condition=Q(kind="revoked"), name="sign_revoked_at_most_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sign_id}"


class SignWording(models.Model):
    """Whose rule a lot's signs follow and in which words (标识用语); the newest row is in force."""

    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="wordings")
    city = models.CharField(max_length=10, choices=[(city.value, city.value) for city in City])
    texts = models.JSONField(default=dict, blank=True, help_text="Words that differ from the preset's.")
    colour = models.CharField(max_length=7, blank=True, help_text="#rrggbb; blank: the standard green.")
    logo = models.BinaryField(null=True, help_text="A small PNG.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=200, blank=True)

    PRIVACY = (
        Stored(
            "id lot city texts colour logo at",
            data_kinds.SETUP,
            _("whose rule a lot's signs follow and in which words"),
        ),
        Stored("by why", data_kinds.STAFF, _("which staff member chose them and why")),
    )

    def __str__(self) -> str:
        return f"wording {self.pk}"


class SignAlarm(models.Model):
    """What a patrol found wrong at a sign (标识异常); open until staff record what was done."""

    class Kind(models.TextChoices):
        FOREIGN = "foreign", _("A code that is not ours")
        REVOKED = "revoked", _("A revoked code still hangs")
        ELSEWHERE = "elsewhere", _("A sign of another lot hangs here")
        MISPLACED = "misplaced", _("The sign hangs in another place")
        DAMAGED = "damaged", _("The sign is missing, damaged or unreadable")

    lot = models.ForeignKey("lots.Lot", models.CASCADE, related_name="sign_alarms")
    sign = models.ForeignKey(
        "lots.Sign", models.CASCADE, null=True, related_name="+", help_text="Where it was found, if known."
    )
    kind = models.CharField(max_length=9, choices=Kind)
    found = models.CharField(max_length=100, blank=True, help_text="Host of a foreign code, never all of it.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handled_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    done = models.CharField(max_length=200, blank=True)

    PRIVACY = (
        Stored("id lot sign kind found at handled_at", data_kinds.SETUP, _("what a patrol found at a sign")),
        Stored("by handled_by done", data_kinds.STAFF, _("which staff member found it, and what was done")),
    )

    class Meta:
        indexes = [models.Index(fields=["lot", "at"], condition=Q(handled_at=None), name="sign_alarm_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
