"""Authentication of devices: a device names its key id and proves that it has the secret."""

import re
import secrets
from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from django.utils.timezone import now

from core import hot_sql
from core.vault import Unreadable, seal, unseal
from lots.models import Device, Lane

CONTEXT = "device"
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
log = structlog.get_logger("devices")


def prove(key_id: str, *, make: str, proof: Callable[[str], bool]) -> Device | None:
    """Return the device of this key if `proof` accepts its secret.

    Unknown, revoked and wrong keys all give None after the same work, so that neither the answer nor its
    time shows which keys exist. While a device's key is being changed, both its keys are good.
    """
    device = None
    if KEY_ID.fullmatch(key_id):
        known = "(a.key_id = %s OR a.next_key_id = %s) AND a.make = %s AND a.revoked_at IS NULL"
        found = hot_sql.both(Device, Lane, "b.id = a.lane_id", known, [key_id, key_id, make])
        if found:
            device, device.lane = found[0], found[1]
    secret = secret_of(device, key_id) if device else _decoy()
    proven = proof(secret) if secret else False
    if device and proven and key_id == device.next_key_id and device.next_used_at is None:
        Device.objects.filter(pk=device.pk, next_key_id=key_id).update(next_used_at=now())
    return device if proven else None


def reseal_secrets() -> int:
    """Seal with the newest key what older ones sealed, so that dropping a key locks no camera out."""
    newest = next(iter(settings.PLATE_KEYS)).encode()
    head = bytes([len(newest)]) + newest
    done = 0
    for device in Device.objects.all():
        for name in ("secret", "next_secret"):
            old = bytes(getattr(device, name) or b"")
            if not old or old.startswith(head):
                continue
            if secret := secret_of(device, device.next_key_id if name == "next_secret" else None):
                rows = Device.objects.filter(pk=device.pk, **{name: old})
                done += rows.update(**{name: seal(secret, CONTEXT)})
    return done


def secret_of(device: Device, key_id: str | None = None) -> str | None:
    """Return the secret of a device, or of that key of it; None where the key that sealed it is gone."""
    sealed = device.secret
    if key_id is not None and key_id == device.next_key_id and device.next_secret is not None:
        sealed = device.next_secret
    try:
        return unseal(sealed, CONTEXT)
    except Unreadable:
        log.error("device_secret_unreadable", device=device.pk)  # noqa: TRY400 - the trace says no more
        return None


@cache
def _sealed_decoy() -> bytes:
    return seal(secrets.token_urlsafe(32), CONTEXT)


def _decoy() -> str:
    return unseal(_sealed_decoy(), CONTEXT)
