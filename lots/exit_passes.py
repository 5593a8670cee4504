"""Which cars have paid and may leave: a list that an exit uses while the server is away (脱机放行).

It holds no plate. Each entry is a digest under the device's own secret, which the device computes itself when
it reads that car; so a list that gets lost does not show who parks here.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.vault import Unreadable, unseal_plate
from lots.models import Device, Lane

KEEP = timedelta(minutes=15)  # no longer than this may a list be used


@dataclass(frozen=True)
class ExitPass:
    digest: str
    leave_by: datetime


def passes_of(device: Device, secret: str, *, at: datetime) -> list[ExitPass]:
    """Return the cars of the device's lot within their exit window; none for an entry lane."""
    return (
        [] if device.lane.direction == Lane.Direction.ENTRY else sorted(_paid(device, secret, at), key=_end)
    )


def digest_of(secret: str, plate: str) -> str:
    """Return what stands for a plate: hexadecimal HMAC-SHA256 of "pass", a line feed and the plate."""
    return hmac.new(secret.encode(), f"pass\n{plate}".encode(), hashlib.sha256).hexdigest()


def _end(one: ExitPass) -> datetime:
    return one.leave_by


def _paid(device: Device, secret: str, at: datetime) -> Iterator[ExitPass]:
    rows = device.lot.sessions.inside().filter(exit_until__gte=at)
    for plate, leave_by in rows.values_list("plate", "exit_until"):
        if plate is None or leave_by is None:
            continue
        with suppress(Unreadable):  # its key was dropped: no list can name it
            yield ExitPass(digest_of(secret, unseal_plate(device.lot_id, plate)), leave_by)
