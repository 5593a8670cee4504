"""Who is at the door: a device is known by its key id and proves that it has the secret."""

import re
import secrets
from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings

from lots import hot
from lots.models import Device
from lots.vault import Unreadable, seal, unseal

CONTEXT = "device"
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
log = structlog.get_logger("devices")


def prove(key_id: str, *, make: str, proof: Callable[[str], bool]) -> Device | None:
    """Return the device of this key if `proof` accepts its secret.

    Unknown, revoked and wrong all end in None after the same work, so that nobody can tell from the answer
    or its time which keys exist.
    """
    device = None
    if KEY_ID.fullmatch(key_id):
        device = hot.one(Device, "key_id = %s AND make = %s AND revoked_at IS NULL", [key_id, make])
    secret = secret_of(device) if device else _decoy()
    proven = proof(secret) if secret else False
    return device if proven else None


def reseal_secrets() -> int:
    """Seal with the newest key what older ones sealed, so that dropping a key locks no camera out."""
    newest = next(iter(settings.PLATE_KEYS)).encode()
    head = bytes([len(newest)]) + newest
    done = 0
    for device in Device.objects.all():
        old = bytes(device.secret)
        if not old.startswith(head) and (secret := secret_of(device)):
            done += Device.objects.filter(pk=device.pk, secret=old).update(secret=seal(secret, CONTEXT))
    return done


def secret_of(device: Device) -> str | None:
    """Return the device's secret, or None where the key that sealed it is gone."""
    try:
        return unseal(device.secret, CONTEXT)
    except Unreadable:
        log.error("device_secret_unreadable", device=device.pk)  # noqa: TRY400 - the trace says no more
        return None


@cache
def _sealed_decoy() -> bytes:
    return seal(secrets.token_urlsafe(32), CONTEXT)


def _decoy() -> str:
    return unseal(_sealed_decoy(), CONTEXT)
