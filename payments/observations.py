"""Counts of channels' errors, for all processes at once.

A provider counts in the memory of its own process what it meets in answers and notices (it never touches the
database); here the growth since the last time is added to the rows that the health page and the metrics
read. So one look sees every process, and a restart loses a second at most.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from django.db import IntegrityError, transaction
from django.db.models import F, Sum

from payments.channel_state import ChannelCount, ChannelReading
from payments.models import Payment
from payments.providers.contract import Observed, Provider

SELDOM = 1.0  # seconds: forged notices, however many, cost one statement in this time
RETENTION = timedelta(days=35)
OLD = datetime(1970, 1, 1, tzinfo=UTC)  # the hour that holds the sum of all forgotten ones
NOTABLE_SKEW = timedelta(seconds=30)
STRANGER = "unknown_merchant"
MOST_STRANGERS = 20  # merchants remembered between two writings; an address can be made up without end

_lock = threading.Lock()
_reported: WeakKeyDictionary[Observed, dict[str, int]] = WeakKeyDictionary()
_strangers: Counter[tuple[str, str]] = Counter()
_last = 0.0


def count(provider: str, merchant: str, kind: str, *, at: datetime, by: int = 1) -> None:
    """Add to how often `kind` happened in the hour of `at`."""
    at = at.astimezone(UTC)
    key = {
        "provider": provider,
        "merchant": merchant[:64],
        "kind": kind[:20],
        "hour": at.replace(minute=0, second=0, microsecond=0),
    }
    _add(key, by)


def note_stranger(provider: str, merchant: str, *, at: datetime) -> None:
    """Count a notice to a merchant that is not set up here; nothing can verify it.

    It is counted under the merchant's number only where our books know that: it was taken out of the settings
    too early, and its money is not known yet. Any other number may be made up.
    """
    with _lock:
        key = provider, merchant
        _strangers[key if key in _strangers or len(_strangers) < MOST_STRANGERS else (provider, "")] += 1
    flush((), at=at)


def flush(providers: Iterable[Provider], *, at: datetime, at_once: bool = False) -> None:
    """Write down what this process's providers have met since the last time, at most every second."""
    global _last  # one clock for the process
    with _lock:
        if not at_once and time.monotonic() - _last < SELDOM:
            return
        _last = time.monotonic()
        grown = [each for provider in providers for each in _growth(provider)]
        strangers = _strangers.copy()
        _strangers.clear()
    for name, merchant, kind, by in grown:
        count(name, merchant, kind, at=at, by=by)
    for (name, merchant), by in strangers.items():
        count(name, _if_in_books(name, merchant), STRANGER, at=at, by=by)


def _if_in_books(provider: str, merchant: str) -> str:
    return merchant if Payment.objects.filter(provider=provider, merchant=merchant).exists() else ""


def note_clocks(providers: Iterable[Provider], *, at: datetime, all_of_them: bool) -> None:
    """Write down how far each channel's clock is from ours; else only where that is notable."""
    for provider in providers:
        skew = provider.clock_skew if isinstance(provider, Observed) else None
        if skew is not None and (all_of_them or abs(skew) >= NOTABLE_SKEW):
            ChannelReading.objects.update_or_create(
                provider=provider.name,
                merchant=provider.merchant,
                kind="clock_skew",
                defaults={"value": skew.total_seconds(), "at": at},
            )


def fold(*, before: datetime) -> int:
    """Sum up old hours, so that the table stays small and the totals never fall."""
    old = ChannelCount.objects.filter(hour__lt=before, hour__gt=OLD)
    with transaction.atomic():
        sums = old.order_by().values("provider", "merchant", "kind").annotate(total=Sum("count"))
        for each in list(sums):
            key = {name: each[name] for name in ("provider", "merchant", "kind")}
            _add({**key, "hour": OLD}, each["total"])
        return old.delete()[0]


def _growth(provider: Provider) -> list[tuple[str, str, str, int]]:
    if not isinstance(provider, Observed):
        return []
    found, reported = [], _reported.setdefault(provider, {})
    for kind, total in provider.troubles().items():
        if by := total - reported.get(kind, 0):
            reported[kind] = total
            found.append((provider.name, provider.merchant, kind, by))
    return found


def _add(key: dict[str, Any], by: int) -> None:
    rows = ChannelCount.objects.filter(**key)
    if rows.update(count=F("count") + by):
        return
    try:
        with transaction.atomic():
            ChannelCount.objects.create(**key, count=by)
    except IntegrityError:  # another process was faster
        rows.update(count=F("count") + by)
