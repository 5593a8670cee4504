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
class Asked:
    """What to look for; with nothing set, everything."""

    kind: str = ""
    lot: Lot | None = None
    staff: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Entry:
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


def page(
    mine: Access, asked: Asked, *, after: Place | None = None, size: int = SIZE
) -> tuple[list[Entry], Place | None]:
    """Return some entries and the place from which the list goes on; None where it ends."""
    found = _newest(_rows(mine, asked, after), size + 1)
    return found[:size], found[size - 1].place if len(found) > size else None


def count(mine: Access, asked: Asked, *, most: int) -> int:
    """Return how many entries there are; any number above `most` where there are more."""
    found = 0
    for _source, rows in _rows(mine, asked, None):
        found += rows.order_by()[: most + 1 - found].count()
        if found > most:
            break
    return found


def entries(mine: Access, asked: Asked, *, most: int) -> list[Entry]:
    """Return all that is asked for, newest first, `most` at most."""
    return _newest(_rows(mine, asked, None), most)


def _rows(mine: Access, asked: Asked, after: Place | None) -> Iterable[tuple[Source, QuerySet[Any]]]:
    for source in SOURCES.values():
        if asked.kind and source.name != asked.kind:
            continue
        if (asked.lot and not source.lot) or (asked.staff and not source.who):
            continue
        rows = source.listed_rows().filter(seen_by(mine, source), **_narrow(source, asked))
        yield source, rows.filter(_after(source, *after)) if after else rows


def _after(source: Source, at: datetime, name: str, pk: int) -> Q:
    """Return which rows come after a place, by time, sort and number: thousands may be of one moment."""
    earlier, then = Q(**{f"{source.when}__lt": at}), Q(**{source.when: at})
    if source.name == name:
        return earlier | then & Q(pk__lt=pk)
    return earlier | then if source.name < name else earlier


def _narrow(source: Source, asked: Asked) -> dict[str, Any]:
    wanted = {
        source.lot: asked.lot,
        f"{source.who}_id": asked.staff,
        f"{source.when}__gte": asked.since,
        f"{source.when}__lt": asked.until,
    }
    return {path: value for path, value in wanted.items() if value is not None}


def seen_by(mine: Access, source: Source) -> Q:
    """Return which rows of a sort this person may see: those of their lots, and those that hold for all.

    What belongs to no lot, such as a look at plates in every lot of a person, the operators may see whose
    staff that is.
    """
    if mine.user.is_superuser:
        return Q()
    seen = Q(pk__in=[])
    if source.lot:
        seen |= Q(**{f"{source.lot}__in": list(mine.lots().values_list("pk", flat=True))})
    operators = list(mine.operators().values_list("pk", flat=True))
    of_all = {source.lot: None} if source.lot else {}
    if source.operator:
        seen |= Q(**of_all, **{f"{source.operator}__in": operators})
    elif source.of_house:
        staff = Grant.objects.filter(operator__in=operators).values("user")
        seen |= Q(**of_all, **{f"{source.who}__in": staff})
    return seen


def _newest(rows: Iterable[tuple[Source, QuerySet[Any]]], most: int) -> list[Entry]:
    found = [
        Entry(source, row)
        for source, query in rows
        for row in query.order_by(f"-{source.when}", "-pk")[:most]
    ]
    return sorted(found, key=lambda entry: entry.place, reverse=True)[:most]


def _reach(row: Any, path: str) -> Any:
    for name in path.split("__") if path else ():
        row = getattr(row, name, None)
    return row if path else None
