"""What an app that this one does not know says on a lot's public price board: one quiet line, no link.

It is never on the first page. A remark is a plain value that is equal when the page would be equal; it puts
itself into words in the page's language.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from lots.models import Lot


class Remark(Protocol):
    """Something about a lot. `topic` names what is stored for it (core.privacy.DataKind.topic)."""

    @property
    def topic(self) -> str: ...

    def line(self) -> str: ...

    def __hash__(self) -> int: ...


type Look = Callable[[Lot, datetime], Remark | None]
_looks: list[Look] = []


def add_remark(look: Look) -> Look:
    """Let an app say something about a lot; it calls this when it starts."""
    _looks.append(look)
    return look


def remarks_of(lot: Lot, *, at: datetime) -> tuple[Remark, ...]:
    """Return what is to be said about a lot now."""
    return tuple(remark for look in _looks if (remark := look(lot, at)) is not None)
