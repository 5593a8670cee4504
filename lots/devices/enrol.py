"""Giving a device its key: made here, shown once, kept sealed."""

import secrets

from lots.devices.keys import CONTEXT
from lots.models import Device, Lane
from lots.vault import seal


def enrol(*, lane: Lane, name: str, make: str, serial: str = "") -> tuple[Device, str]:
    """Register a device in a lane; return it with its secret, which nobody can read again later.

    `serial`, where given, is checked against what the camera calls itself in each message.
    """
    secret = secrets.token_urlsafe(32)
    device = Device.objects.create(
        lot_id=lane.lot_id,
        lane=lane,
        name=name,
        make=Device.Make(make),
        serial=serial,
        key_id=secrets.token_hex(8),
        secret=seal(secret, CONTEXT),
    )
    return device, secret
