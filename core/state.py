"""A state machine: one table of transitions and the one method that writes the state."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import models, transaction

from core import hot_sql


class Moves(models.Model):
    """A row whose `state` moves along the graph ALLOWED, by one door."""

    ALLOWED: ClassVar[Mapping[Any, set[Any]]]
    state: Any  # a field of each heir

    class Meta:
        abstract = True

    def advance(self, to: str, *, at: datetime, cause: str, **fields: Any) -> bool:
        """Move to `to`, set `fields`, leave an event; False where the graph does not lead there."""
        while to in self.ALLOWED[self.state]:
            was = self.state
            with transaction.atomic(savepoint=False):
                if hot_sql.change(self, where={"state": was}, state=to, **fields):
                    hot_sql.insert(self._event(was=was, became=to, cause=cause, at=at))
                    for name, value in {"state": to, **fields}.items():
                        setattr(self, name, value)
                    return True
            self.refresh_from_db(fields=["state"])
        return False

    @abstractmethod
    def _event(self, **what: Any) -> models.Model:
        """Return the row, not yet kept, that says of a move: from where, to where, why and when."""
