"""Long lists a page at a time, newest first: no page costs more than the first.

A list begins after the last row of the page before, named by its id (`slice_of`) or by its time and id
(`Newest`), so rows that come in meanwhile move nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, Model, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan, LessThanOrEqual
from django.http import HttpRequest, QueryDict

BEFORE = "before"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = (datetime(2100, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Slice[M: Model]:
    """Some rows of a list, and the queries of the address that lead on; "" where there is nothing more."""

    rows: list[M]
    older: str
    newest: str


def slice_of[M: Model](request: HttpRequest, rows: QuerySet[M], size: int, *, few: bool = False) -> Slice[M]:
    """Return the rows that the address asks for: those before its `before`, or the newest.

    `few`: an index finds all rows, so they are sorted. Otherwise PostgreSQL may walk through the whole table
    by its primary key, expecting to meet them soon.
    """
    before = before_of(request.GET)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if few:
        by_value = rows.order_by((F("pk") + 0).desc()).values_list("pk", flat=True)
        rows = rows.filter(pk__in=list(by_value[: size + 1]))
    return slice_from(request, rows.order_by("-pk"), size, lambda row: row.pk, is_first=before is None)


def slice_from[M: Model](
    request: HttpRequest, rows: QuerySet[M], size: int, place: Callable[[M], object], *, is_first: bool
) -> Slice[M]:
    """Return the first of these rows; the address of the next page names the last row by its place."""
    found = list(rows[: size + 1])
    return Slice(
        found[:size],
        older=query_of(request.GET, {BEFORE: place(found[size - 1])}) if len(found) > size else "",
        newest="" if is_first else query_of(request.GET, {}),
    )


@dataclass(frozen=True)
class RowPlace:
    """Where a row stands in a list by time."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.pk}"


@dataclass(frozen=True)
class Newest:
    """The order of a list by time, newest first, then by id.

    A row's time is the first of `times` that it has. An index must have the same expression.
    """

    times: tuple[str, ...]

    def sorted[M: Model](self, rows: QuerySet[M], *, few: bool = False) -> QuerySet[M]:
        time = self.time()
        if few:
            time = ExpressionWrapper(time + timedelta(0), DateTimeField())
        return rows.order_by(time.desc(), "-pk")

    def after[M: Model](self, rows: QuerySet[M], place: RowPlace) -> QuerySet[M]:
        """Return the rows that come after a place."""
        since = rows.filter(LessThanOrEqual(self.time(), place.at))  # a range of the index
        return since.filter(Q(LessThan(self.time(), place.at)) | Q(pk__lt=place.pk))

    def place(self, row: Model) -> RowPlace:
        return RowPlace(next(at for name in self.times if (at := getattr(row, name)) is not None), row.pk)

    def time(self) -> Any:
        return F(self.times[0]) if len(self.times) == 1 else Coalesce(*self.times)


def slice_by_time[M: Model](
    request: HttpRequest, rows: QuerySet[M], order: Newest, size: int, *, few: bool
) -> Slice[M]:
    """Return the page that the address asks for of a list by time; `few` as in `slice_of`."""
    before = place_of(request.GET)
    if before is not None:
        rows = order.after(rows, before)
    return slice_from(request, order.sorted(rows, few=few), size, order.place, is_first=before is None)


def place_of(query: QueryDict) -> RowPlace | None:
    """Return the place after which the page begins; None for the first page."""
    at, _dash, pk = query.get(BEFORE, "").partition("-")
    if not (_is_number(at) and _is_number(pk)):
        return None
    moment = EPOCH + timedelta(microseconds=min(int(at), LATEST))
    return RowPlace(moment, int(pk))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def before_of(query: QueryDict) -> int | None:
    """Return the id before which the page begins; None for the first page."""
    text = query.get(BEFORE, "")
    return int(text) if _is_number(text) else None


def query_of(query: QueryDict, changes: Mapping[str, object]) -> str:
    """Return an address's query with some changes, from the first page unless they name another."""
    query = query.copy()
    query.pop(BEFORE, None)
    for name, value in changes.items():
        query[name] = str(value)
    return "?" + query.urlencode()
