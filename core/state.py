"""A state machine: one table of transitions, the one method that writes the state, and its event rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db import models

from core import hot_writes
from core.write_once import AddedOnly


class StateMachine(models.Model):
    """A row whose `state` changes only along TRANSITIONS, and only by `advance`."""

    TRANSITIONS: ClassVar[Mapping[Any, set[Any]]]
    state: Any  # a field of each subclass

    class Meta:
        abstract = True

    def advance(
        self,
        to: str,
        *,
        at: datetime,
        cause: str,
        by: Any = None,
        unchanged: tuple[str, ...] = (),
        along: Sequence[hot_writes.WriteStatement] = (),
        commits: bool = False,
        is_durable: bool = True,
        **fields: Any,
    ) -> bool:
        """Move to `to`, set `fields` and record an event; False if the transition is not allowed.

        Another process may move the row meanwhile: the transition is then tried from the state it has now.
        With `unchanged`, fields that must still be as they were read, it is not tried again. What is written
        `along` stands or falls with the move. `commits`: this is the last write of a transaction that
        holds the row locked (`hot_sql.short_transaction`). `is_durable`: see `hot_writes.together`.
        """
        event = {"cause": cause, "at": at} | ({} if by is None else {"by": by})
        return self._move(to, unchanged, fields, event, along, commits=commits, is_durable=is_durable)

    def _move(
        self,
        to: str,
        unchanged: tuple[str, ...],
        fields: dict[str, Any],
        event: dict[str, Any],
        along: Sequence[hot_writes.WriteStatement] = (),
        *,
        commits: bool = False,
        is_durable: bool = True,
    ) -> bool:
        while to in self.TRANSITIONS[self.state]:
            before = self.state
            where = {"state": before, **{name: getattr(self, name) for name in unchanged}}
            row = self._event(was=before, became=to, **event)
            events = [] if row is None else [hot_writes.insertion(row)]
            move = hot_writes.changing(self, where=where, state=to, **fields)
            if hot_writes.together(move, *events, *along, commits=commits, is_durable=is_durable):
                for name, value in {"state": to, **fields}.items():
                    setattr(self, name, value)
                return True
            if commits:
                raise AssertionError("a row that is locked was moved by another process")
            if unchanged:
                return False
            self.refresh_from_db(fields=["state"])
        return False

    def _event(self, **event: Any) -> models.Model | None:  # noqa: ARG002 - for subclasses
        """Return the unsaved event row of a transition (was, became, cause, at, and by if known), or None."""
        return None


class Transition(AddedOnly):
    """One move of a state machine, which `advance` records. Append-only."""

    was: Any  # a field of each subclass, as are the next two
    became: Any
    cause: Any
    at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.was} → {self.became}"
