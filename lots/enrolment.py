"""Enrolment of devices: a key is made here, shown once and stored sealed."""

import secrets

from core.addresses import device_url
from core.vault import seal
from lots.device_keys import CONTEXT
from lots.models import Device, Lane


def enrol(
    *, lane: Lane, name: str, make: str, serial: str = "", keep_images: bool = False
) -> tuple[Device, str]:
    """Register a device in a lane; return it with its secret, which cannot be read again later.

    `serial`, if given, is compared with the serial number in each message of the camera.
    `keep_images`: store its pictures, which the lot's privacy notice then states.
    """
    secret = secrets.token_urlsafe(32)
    device = Device.objects.create(
        lot_id=lane.lot_id,
        lane=lane,
        name=name,
        make=Device.Make(make),
        serial=serial,
        keep_images=keep_images,
        key_id=secrets.token_hex(8),
        secret=seal(secret, CONTEXT),
    )
    return device, secret


def camera_addresses(device: Device, secret: str, *, key_id: str = "") -> dict[str, str]:
    """Return the addresses to enter at a Vzenith camera: `push`, `heartbeat` and `comet`."""
    base = device_url(f"/d/vzenith/{key_id or device.key_id}/{secret}")
    return {message: f"{base}/{message}" for message in ("push", "heartbeat", "comet")}
