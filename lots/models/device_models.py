"""Cameras and gate boxes, each with a key of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import data_kinds
from core.privacy import Stored
from lots.models.car_park import Lane, Lot
from lots.models.querysets import Revocable


class Device(models.Model):
    """A camera or gate box with a key of its own (设备)."""

    class Make(models.TextChoices):
        API = "api", _("Other device, using the open API")
        VZENITH = "vzenith", _("Vzenith camera")

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="devices")
    lane = models.ForeignKey(Lane, models.CASCADE, related_name="devices")
    name = models.CharField(max_length=40)
    make = models.CharField(max_length=10, choices=Make)
    serial = models.CharField(max_length=64, blank=True, help_text="What the camera calls itself.")
    key_id = models.CharField(max_length=32, unique=True, help_text="Public half of the device's key.")
    secret = models.BinaryField(help_text="The device's secret, sealed like a plate.")
    next_key_id = models.CharField(
        max_length=32,
        unique=True,
        null=True,
        blank=True,
        help_text="While its key is being changed: the new one.",
    )
    next_secret = models.BinaryField(
        null=True, help_text="The new key's secret; both keys are good until then."
    )
    next_used_at = models.DateTimeField(null=True, blank=True, help_text="When the new key was first used.")
    keep_images = models.BooleanField(
        default=False, help_text="Keep the pictures that it pushes; else they are dropped."
    )
    clock_offset = models.IntegerField(default=0, help_text="Seconds by which its clock is ahead of ours.")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    PRIVACY = (
        Stored("id lot lane name make serial", data_kinds.DEVICE, _("where each camera or gate box is")),
        Stored("key_id secret", data_kinds.DEVICE, _("to authenticate its requests; the secret is sealed")),
        Stored(
            "next_key_id next_secret next_used_at",
            data_kinds.DEVICE,
            _("to change its key while it works; sealed"),
        ),
        Stored(
            "keep_images clock_offset last_seen_at revoked_at",
            data_kinds.DEVICE,
            _("its settings and its health"),
        ),
    )

    objects = Revocable["Device"].as_manager()

    def __str__(self) -> str:
        return self.name


class DeviceNonce(models.Model):
    """The nonce of a signed request, stored while its time stamp could still be accepted."""

    device = models.ForeignKey(Device, models.CASCADE)
    nonce = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    PRIVACY = (
        Stored(
            "id device nonce expires_at",
            data_kinds.DEVICE,
            _("to refuse a device's request that is sent twice; dropped an hour after its expiry"),
        ),
    )

    class Meta:
        constraints = [models.UniqueConstraint("device", "nonce", name="device_nonce_once")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.nonce}"
