"""Long lists a page at a time, newest first, by the last row's id: no page costs more than the first."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, QueryDict

SIZE = 50
BEFORE = "before"


@dataclass(frozen=True)
class Slice[M: Model]:
    """Some rows of a list, and the queries of the address that lead on; "" where there is nothing more."""

    rows: list[M]
    older: str
    newest: str


def slice_of[M: Model](
    request: HttpRequest, rows: QuerySet[M], size: int = SIZE, *, few: bool = False
) -> Slice[M]:
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
    found = list(rows.order_by("-pk")[: size + 1])
    more = found[size:]
    return Slice(
        found[:size],
        older=query_of(request.GET, {BEFORE: found[size - 1].pk}) if more else "",
        newest=query_of(request.GET, {}) if before is not None else "",
    )


def before_of(query: QueryDict) -> int | None:
    """Return the id before which the page begins; None for the first page."""
    text = query.get(BEFORE, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def query_of(query: QueryDict, changes: Mapping[str, object]) -> str:
    """Return an address's query with some changes, from the first page unless they name another."""
    query = query.copy()
    query.pop(BEFORE, None)
    for name, value in changes.items():
        query[name] = str(value)
    return "?" + query.urlencode()
