"""The audit log as one list, newest first, of the lots that someone may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from compliance.audit.audit_rows import SOURCES
from core.audit_sources import Source
from lots.models import Lot
from staff.access import Access
from staff.models import Grant

SIZE = 50


@dataclass(frozen=True)
class AuditFilter:
    """What to look for; with nothing set, everything."""

    kind: str = ""
    lot: Lot | None = None
    staff: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditEntry:
    """One row of the list."""

    source: Source
    row: Any

    @property
    def at(self) -> datetime:
        return getattr(self.row, self.source.when)  # type: ignore[no-any-return]

    @property
    def place(self) -> "Place":
        return self.at, self.source.name, self.row.pk

    @property
    def who(self) -> Any:
        return _reach(self.row, self.source.who)

    @property
    def lot(self) -> Any:
        return _reach(self.row, self.source.lot)

    @property
    def operator(self) -> Any:
        return _reach(self.row, self.source.operator)


type Place = tuple[datetime, str, int]


@dataclass(frozen=True)
class AuditPage:
    entries: list[AuditEntry]
    older: Place | None  # from where the list goes on; None where it ends
    total: int  # entries of all pages; any number above the most to count where there are more


def page(
    mine: Access, asked: AuditFilter, *, most: int, after: Place | None = None, size: int = SIZE
) -> AuditPage:
    """Return some entries, and how many there are, counted up to `most`."""
    found, total = [], 0
    for source, rows in _rows(mine, asked):
        later = rows.filter(_after(source, *after)) if after else rows
        some = _first(source, later, size + 1)
        found += some
        if after or len(some) > size:  # else these are all
            total += rows.order_by().select_related(None)[: max(most + 1 - total, 0)].count()
        else:
            total += len(some)
    found = _newest_first(found)
    return AuditPage(found[:size], found[size - 1].place if len(found) > size else None, total)


def entries(mine: Access, asked: AuditFilter, *, most: int) -> list[AuditEntry]:
    """Return all that is asked for, newest first, `most` at most."""
    found = [entry for source, rows in _rows(mine, asked) for entry in _first(source, rows, most)]
    return _newest_first(found)[:most]


def _rows(mine: Access, asked: AuditFilter) -> Iterable[tuple[Source, QuerySet[Any]]]:
    for source in SOURCES.values():
        if asked.kind and source.name != asked.kind:
            continue
        if (asked.lot and not source.lot) or (asked.staff and not source.who):
            continue
        yield source, source.listed_rows().filter(_seen(mine, source), **_narrow(source, asked))


def _after(source: Source, at: datetime, name: str, pk: int) -> Q:
    """Return which rows come after a place, by time, sort and number: thousands may be of one moment."""
    earlier, then = Q(**{f"{source.when}__lt": at}), Q(**{source.when: at})
    if source.name == name:
        return earlier | then & Q(pk__lt=pk)
    return earlier | then if source.name < name else earlier


def _narrow(source: Source, asked: AuditFilter) -> dict[str, Any]:
    wanted = {
        source.lot: asked.lot,
        f"{source.who}_id": asked.staff,
        f"{source.when}__gte": asked.since,
        f"{source.when}__lt": asked.until,
    }
    return {path: value for path, value in wanted.items() if value is not None}


def _seen(mine: Access, source: Source) -> Q:
    """Return which rows someone may see: those of their lots, and those that hold for all.

    A row without a lot, such as a view of plates in all lots of a person, is shown to the operators that
    the person works for. An operator's lots are not listed one by one: with hundreds of them, and some thirty
    sorts of rows, the ids alone would cost more than the rows.
    """
    if mine.user.is_superuser:
        return Q()
    operators, lots = mine.granted()
    seen, of_all = Q(pk__in=[]), dict[str, None]()
    if source.lot:
        of_all = {source.lot: None}
        if operators:
            seen |= Q(**{f"{source.lot}__operator__in": operators})
        if lots:
            seen |= Q(**{f"{source.lot}__in": lots})
    if not operators:
        return seen
    if source.operator:
        seen |= Q(**of_all, **{f"{source.operator}__in": operators})
    elif source.of_staff:
        staff = Grant.objects.filter(operator__in=operators).values("user")
        seen |= Q(**of_all, **{f"{source.who}__in": staff})
    return seen


def _first(source: Source, rows: QuerySet[Any], most: int) -> list[AuditEntry]:
    return [AuditEntry(source, row) for row in rows.order_by(f"-{source.when}", "-pk")[:most]]


def _newest_first(found: list[AuditEntry]) -> list[AuditEntry]:
    return sorted(found, key=lambda entry: entry.place, reverse=True)


def _reach(row: Any, path: str) -> Any:
    for name in path.split("__") if path else ():
        row = getattr(row, name, None)
    return row if path else None
