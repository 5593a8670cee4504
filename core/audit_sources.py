"""Which rows record what staff did (操作记录), and how they read. `compliance.audit` lists and seals them.

An app with such rows registers them here, as it registers jobs with the worker: `compliance` does not know
every app.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable

ALL, STAFF = Q(), Q(by__isnull=False)


@dataclass(frozen=True)
class Source:
    """One kind of row. `when`, `who`, `lot` are paths; where `when` is null, it is not done yet.

    `sealed` are the fields that the nightly digest covers: those that stay as they are once `when` is set.
    Another choice of fields is another name: what was sealed is worked out by the old one. Rows that are
    deleted on a clock of their own are listed while they are there, and not sealed.
    """

    name: str
    model: type[Model]
    when: str
    who: str
    lot: str
    sealed: str
    related: str = ""
    operator: str = ""  # where rows may belong to each lot of an operator
    counts: Q = ALL  # which rows are meant at all
    listed: Q = ALL  # which of them a person did; the others are only in the digest
    of_staff: bool = False  # rows without a lot are the business of the operators whose staff that is
    beside: Mapping[str, Combinable] = field(default_factory=dict)  # annotations that their wording needs

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(self.counts, **{f"{self.when}__isnull": False})

    def listed_rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.rows().filter(self.listed).annotate(**self.beside)
        return rows.select_related(*{*self.related.split(), *self._reached()})

    def _reached(self) -> set[str]:
        return {path for path in (self.who, self.lot, self.operator) if path}

    def within(self, since: datetime | None, until: datetime) -> QuerySet[Any]:
        """Return the rows of a stretch of time, in the one order that the digest knows."""
        start = {} if since is None else {f"{self.when}__gte": since}
        return self.rows().filter(**start, **{f"{self.when}__lt": until}).order_by(self.when, "pk")


@dataclass(frozen=True)
class EntryWords:
    """One row as the audit log shows it."""

    what: str
    before: str = ""
    after: str = ""
    why: str = ""


@dataclass(frozen=True)
class Words:
    """The title of a kind of row, and the function that describes one."""

    title: Any
    describe: Callable[[Any], EntryWords]


SOURCES: dict[str, Source] = {}
WORDS: dict[str, Words] = {}


def add_source(source: Source, words: Words | None = None) -> None:
    """Register rows for the audit log. Their wording may come later, from the console."""
    SOURCES[source.name] = source
    if words is not None:
        WORDS[source.name] = words
