"""The chain of digests over the audit log: what is changed, removed or slipped in afterwards no longer fits.

Anyone who can write to the database could also rebuild the chain. So its newest digest is sent off-site: it
stands on each paper for an inspector and in the worker's log, and `verify_audit --expect` looks for it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from compliance.audit.audit_rows import SOURCES
from compliance.models import AuditDigest
from core.audit_sources import Source

SETTLED = timedelta(
    hours=1
)  # rows carry the time at which their work began, and may be written a little later


@dataclass(frozen=True)
class BrokenLink:
    """A link that does not fit: which night, and which kinds of rows have changed since."""

    until: datetime
    names: tuple[str, ...]  # none: the link itself was changed


def add_link(*, at: datetime) -> AuditDigest | None:
    """Cover one more day, up to last midnight; None where that is done, or another worker was faster.

    One day at a time also after a worker was away: so two workers never follow one link by two, whatever
    their clocks say, and a clock that is years ahead has sealed a few days to come when someone notices.
    """
    midnight = _midnight(localtime(at) - SETTLED)
    last = AuditDigest.objects.order_by("until").last()
    until = min(midnight, _midnight(localtime(last.until) + timedelta(days=1))) if last else midnight
    if last is not None and last.until >= until:
        return None
    since, follows = (last.until, last.digest) if last else (None, "")
    parts = parts_of(since, until)
    try:
        with transaction.atomic():
            return AuditDigest.objects.create(
                since=since,
                until=until,
                at=at,
                parts=parts,
                follows=follows,
                digest=digest_of(since, until, parts, follows),
            )
    except IntegrityError:
        return None


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def parts_of(since: datetime | None, until: datetime) -> dict[str, list[Any]]:
    """Return, for each sort of row, how many there are and their SHA-256."""
    return {name: _part(source, since, until) for name, source in SOURCES.items() if source.sealed}


def digest_of(since: datetime | None, until: datetime, parts: dict[str, list[Any]], follows: str) -> str:
    text = [_plain(since), _plain(until), parts, follows]
    return hashlib.sha256(_canonical(text)).hexdigest()


def verify() -> Iterator[BrokenLink]:
    """Work every link out again, oldest first, and yield those that do not fit."""
    before: AuditDigest | None = None
    for link in AuditDigest.objects.order_by("until"):
        difference = _differs(link, before)
        if difference is not None:
            yield BrokenLink(link.until, difference)
        before = link


def _differs(link: AuditDigest, before: AuditDigest | None) -> tuple[str, ...] | None:
    """Return which sorts of rows differ from what the link says; none if it was changed itself."""
    names = [name for name, part in link.parts.items() if name in SOURCES]
    now = {name: _part(SOURCES[name], link.since, link.until) for name in names}
    if wrong := tuple(name for name in names if now[name] != link.parts[name]):
        return wrong
    follows = before.digest if before else ""
    whole = link.digest == digest_of(link.since, link.until, link.parts, link.follows)
    joined = link.follows == follows and link.since == (before.until if before else None)
    return None if whole and joined else ()


def _part(source: Source, since: datetime | None, until: datetime) -> list[Any]:
    names, count, digest = source.sealed.split(), 0, hashlib.sha256()
    for row in source.within(since, until).values_list("pk", *names).iterator(chunk_size=2000):
        digest.update(_canonical([_plain(value) for value in row]))
        count += 1
    return [count, digest.hexdigest()]


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    """Return a value as both databases and every run write it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)
