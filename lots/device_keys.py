"""Authentication of devices: a device names its key id and proves that it has the secret."""

import re
import secrets
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.utils.timezone import now

from core import hot_sql
from core.vault import Unreadable, seal, unseal
from lots.models import Device, Lane

CONTEXT = "device"
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
MOST = 20_000  # devices that a process remembers; a full memory starts again
log = structlog.get_logger("devices")

_KNOWN = "(a.key_id = %s OR a.next_key_id = %s) AND a.make = %s AND a.revoked_at IS NULL"
# All that a usual read depends on; when the device was last seen does not.
_OF_DEVICE = ("lane_id", "make", "serial", "key_id", "secret", "keep_images")
_OF_LANE = ("direction", "min_confidence", "has_screen")
_SAME = " AND ".join([*(f"d.{name} = %s" for name in _OF_DEVICE), *(f"l.{name} = %s" for name in _OF_LANE)])
_UNCHANGED = (
    "EXISTS (SELECT 1 FROM lots_device d JOIN lots_lane l ON l.id = d.lane_id"  # noqa: S608
    f" WHERE d.id = %s AND d.revoked_at IS NULL AND {_SAME})"
)


class Remembered(NamedTuple):
    """A device with its lane as this process read them. `unchanged`: SQL that is true while they are so."""

    device: Device
    secret: str
    unchanged: hot_sql.Query


_rows: dict[str, Sequence[Any]] = {}  # of devices and their lanes, by key id, not used yet
_remembered: dict[str, Remembered] = {}
_NO_ONES = secrets.token_urlsafe(32)
_ID, _KEY_ID = (
    [field.name for field in Device._meta.concrete_fields].index(name) for name in ("id", "key_id")
)
_learnt_to = 0  # the newest device that `_learn` has read


def remembered(key_id: str, *, make: str, proof: Callable[[str], bool]) -> Remembered | None:
    """Return the device of this key from memory, if `proof` accepts its secret; else ask `prove`.

    Use it only in statements that demand that it is `unchanged`.
    """
    known = _remembered.get(key_id)
    if known is None and (row := _rows.pop(key_id, None)) is not None:
        device = _device(row)
        if secret := secret_of(device):
            known = _remembered[key_id] = Remembered(device, secret, _unchanged(device))
    is_right = proof(known.secret if known else _NO_ONES)  # as long for a key that is not known
    return known if known and is_right and known.device.make == make else None


def clear_remembered() -> None:
    """Forget all devices, for tests."""
    global _learnt_to
    _rows.clear()
    _remembered.clear()
    _learnt_to = 0


def _unchanged(device: Device) -> hot_sql.Query:
    values = [getattr(device, name) for name in _OF_DEVICE] + [
        getattr(device.lane, name) for name in _OF_LANE
    ]
    return _UNCHANGED, [device.pk, *values]


def _learn(key_id: str, row: Sequence[Any], device: Device) -> None:
    """Remember a device that has proven its key, and with the first one all others.

    Each of thousands of cameras is seen once a minute by some process: it would be a stranger to most.
    """
    global _learnt_to
    if len(_remembered) + len(_rows) >= MOST:
        clear_remembered()
    known = _remembered.get(key_id)
    if known is not None and known.unchanged == _unchanged(device):
        known.device.last_seen_at, known.device.clock_offset = device.last_seen_at, device.clock_offset
        return
    _remembered.pop(key_id, None)
    _rows[key_id] = row
    if device.pk > _learnt_to:
        for other in hot_sql.rows(
            f"{_select()} WHERE a.id > %s AND a.revoked_at IS NULL LIMIT {MOST}", [_learnt_to]
        ):
            _rows[other[_KEY_ID]] = other
            _learnt_to = max(_learnt_to, other[_ID])


def prove(key_id: str, *, make: str, proof: Callable[[str], bool]) -> Device | None:
    """Return the device of this key if `proof` accepts its secret.

    Unknown, revoked and wrong keys all give None after the same work, so that neither the answer nor its
    time shows which keys exist. While a device's key is being changed, both its keys are good.
    """
    row = _find(key_id, make) if KEY_ID.fullmatch(key_id) else None
    device = _device(row) if row else None
    secret = secret_of(device, key_id) if device else _decoy()
    proven = proof(secret) if secret else False
    if device and proven and key_id == device.next_key_id and device.next_used_at is None:
        Device.objects.filter(pk=device.pk, next_key_id=key_id).update(next_used_at=now())
    elif row and device and proven and secret and key_id == device.key_id:
        _learn(key_id, row, device)
    return device if proven else None


def _find(key_id: str, make: str) -> Sequence[Any] | None:
    """Return the columns of the device of a key, and of its lane."""
    found = hot_sql.rows(f"{_select()} WHERE {_KNOWN} LIMIT 1", [key_id, key_id, make])
    return found[0] if found else None


@cache
def _select() -> str:
    columns = f"{hot_sql.columns(Device, 'a')}, {hot_sql.columns(Lane, 'b')}"
    return f"SELECT {columns} FROM lots_device a JOIN lots_lane b ON b.id = a.lane_id"  # noqa: S608


def _device(row: Sequence[Any]) -> Device:
    wide = hot_sql.width(Device)
    device = hot_sql.read(Device, row[:wide])
    device.lane = hot_sql.read(Lane, row[wide:])
    return device


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
