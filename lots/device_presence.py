"""When a device last made contact, and which are silent. Written rarely: cameras call every few seconds."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from lots.models import Device
from lots.plate_reads import SEEN_EVERY

SILENT = timedelta(minutes=5)


def silent(at: datetime, path: str = "") -> Q:
    """Return the condition that a device, reached by `path`, made no contact for SILENT, or never did."""
    return Q(**{f"{path}last_seen_at": None}) | Q(**{f"{path}last_seen_at__lt": at - SILENT})


def is_silent(device: Device, at: datetime) -> bool:
    """Return whether this device is silent; see `silent`."""
    return device.last_seen_at is None or device.last_seen_at < at - SILENT


def note_seen(device: Device, *, at: datetime, clock_offset: int | None = None) -> bool:
    """Store that the device made contact, and its clock offset if known; False if nothing changed."""
    known = device.last_seen_at is not None and at - device.last_seen_at <= SEEN_EVERY
    if known and clock_offset in {None, device.clock_offset}:
        return False
    fields: dict[str, Any] = {"last_seen_at": at} | (
        {} if clock_offset is None else {"clock_offset": clock_offset}
    )
    return bool(Device.objects.filter(pk=device.pk).update(**fields))
