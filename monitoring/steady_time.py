"""The time by which the workers do what cannot be undone: erase, expire, delete, count a day as over.

A server's clock can be a day ahead for an hour, after a restart or by a hand. What is only late or early by
that is put right when the clock is; an erased plate is not. So jobs marked `lasting` follow a time that is
stored, never runs ahead of the clock, and catches up with it at most `FASTER` times as fast as real time
passes. How long all workers were away is counted by the server's own seconds since its start, which no one
sets. It lags after the clock has jumped, and where the server itself was off: then it is set at once as soon
as a payment channel has confirmed the clock (`payments.channel_clock`).
"""

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from monitoring.models import SteadyTime

FASTER = 2
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)  # an earlier time is of a clock that was not set yet
LAG = timedelta(minutes=1)  # of two looks and a busy worker; less is no jump

_seen: tuple[datetime, float] | None = None  # the stored time, and when this process first saw it


def steady(at: datetime) -> datetime:
    """Return the time by which lasting acts are done while the clock shows `at`: that, or less."""
    stored = SteadyTime.objects.values_list("at", flat=True).first()
    return at if stored is None else min(at, stored)


def tick(at: datetime) -> None:
    """Move the stored time on towards the clock. Every worker calls this; one at a time moves it."""
    global _seen  # only the urgent lane's thread calls this
    row, moment = SteadyTime.objects.first(), time.monotonic()
    if row is None or row.at < WRITTEN:
        if at >= WRITTEN:
            SteadyTime.objects.update_or_create(pk=1, defaults={"at": at, **_mark(moment)})
        return
    if _seen is None or _seen[0] != row.at:  # no worker of this process moved it last
        _seen = row.at, moment
    passed = moment - row.seconds if row.boot and row.boot == boot() else 0.0
    faster = FASTER * (moment - _seen[1])
    reached = min(at, row.at + timedelta(seconds=max(passed, faster)))
    if reached > row.at and SteadyTime.objects.filter(at=row.at).update(at=reached, **_mark(moment)):
        _seen = reached, moment


@cache
def boot() -> str:
    """Return what identifies this start of the server, or nothing where that is unknown.

    `time.monotonic` counts from it in every process, and stands still while the server sleeps.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:36]
    except (OSError, UnicodeDecodeError):
        return ""


def _mark(moment: float) -> dict[str, str | float]:
    return {"boot": boot(), "seconds": moment}


def differs(at: datetime) -> bool:
    """Return whether the stored time is not the clock's."""
    stored = SteadyTime.objects.values_list("at", flat=True).first()
    return stored is not None and abs(at - stored) > LAG


def set_to(at: datetime) -> None:
    """Set the stored time, either way: the clock was confirmed."""
    SteadyTime.objects.update(at=at, **_mark(time.monotonic()))
