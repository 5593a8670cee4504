"""Who changed how an operator, a lot or something of it is set up (设置变更记录)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import data_kinds
from core.privacy import Stored
from core.write_once import AddedOnly


class Thing(models.TextChoices):
    """What was changed."""

    OPERATOR = "operator", pgettext_lazy("lot", "Operator")
    LOT = "lot", _("Lot")
    LANE = "lane", _("Lane")
    DEVICE = "device", _("Devices")
    SHOP = "shop", _("Shop")
    COUPON = "coupon", _("Coupon type")


class ChangeKind(models.TextChoices):
    """What was done with it."""

    ADDED = "added", pgettext_lazy("done", "Added")
    CHANGED = "changed", _("Changed")
    OPENED = "opened", _("Open for payments")  # takes payments from then on
    PLANNED = "planned", _("Opening scheduled")  # will, from a date
    CLOSED = "closed", _("Suspend payments")
    ROTATING = "rotating", _("Key change started")  # has a second key beside the first
    ROTATED = "rotated", _("Revoke the old key")  # the first key is gone
    REVOKED = "revoked", _("Taken out of service")


class SettingChange(AddedOnly):
    """One change, from what to what. Made once, never changed. It never holds a secret."""

    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="changes")
    lot = models.ForeignKey(
        "lots.Lot",
        models.PROTECT,
        null=True,
        related_name="changes",
        help_text="Null: of the operator itself.",
    )
    thing = models.CharField(max_length=8, choices=Thing)
    row = models.PositiveBigIntegerField(help_text="Its id.")
    name = models.CharField(max_length=120, help_text="What it was called then.")
    kind = models.CharField(max_length=8, choices=ChangeKind)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(null=True, help_text="What it has become; null: it counts none.")
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="Null: command line."
    )
    at = models.DateTimeField()
    press = models.UUIDField(
        unique=True, null=True, help_text="Made with the form: a second press is the same act."
    )

    PRIVACY = (
        Stored(
            "id operator lot thing row name kind before after revision why at",
            data_kinds.SETUP,
            _("what was changed in the set-up, from what to what"),
        ),
        Stored(
            "by press", data_kinds.STAFF, _("which staff member changed it; each change is recorded once")
        ),
    )

    class Meta:
        indexes = [
            models.Index(fields=["lot", "-at"], name="change_of_lot"),
            models.Index(fields=["thing", "row", "-at"], name="change_of_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing} {self.row}"


class DeviceTrouble(models.Model):
    """How often a device that proved its key was refused on one day, and why: so that staff see it."""

    device = models.ForeignKey("lots.Device", models.CASCADE, related_name="troubles")
    day = models.DateField(help_text="By the clock of UTC.")
    code = models.CharField(max_length=24)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    PRIVACY = (
        Stored(
            "id device day code count last_at",
            data_kinds.DEVICE,
            _("to show staff what is wrong with it; stored for 30 days"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("device", "day", "code", name="trouble_once_a_day")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.code} {self.count}"
