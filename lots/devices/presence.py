"""When a device was last heard: written rarely, because cameras say so every few seconds."""

from datetime import datetime
from typing import Any

from lots.models import Device
from lots.reads import SEEN_EVERY


def note_seen(device: Device, *, at: datetime, clock_offset: int | None = None) -> bool:
    """Keep that the device was heard, and how far its clock is ahead if it told; False if that was known."""
    known = device.last_seen_at is not None and at - device.last_seen_at <= SEEN_EVERY
    if known and clock_offset in {None, device.clock_offset}:
        return False
    fields: dict[str, Any] = {"last_seen_at": at} | (
        {} if clock_offset is None else {"clock_offset": clock_offset}
    )
    return bool(Device.objects.filter(pk=device.pk).update(**fields))
