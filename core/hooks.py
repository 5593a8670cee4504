"""Extension points for optional apps, which no other app may import. Today members is the only one.

An optional app has one module with the names of `Hooks` (see `members/extensions.py`), and calls `register`
with it when it starts (`members/apps.py`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from core.audit_sources import Source, Words, add_source
from core.sealed_columns import SealedColumn


class Remark(Protocol):
    """One quiet line about a lot on its public price board, without a link; never on the first page.

    A plain value: two remarks are equal if the page would be equal, because pages are cached by it.
    """

    @property
    def topic(self) -> str:
        """The `core.privacy.DataKind.topic` of what is stored for it: the lot's notice lists that too."""
        ...

    def line(self) -> str:
        """Return the sentence in the active language."""
        ...

    def __hash__(self) -> int: ...


class Hooks(Protocol):
    """What an optional app adds to the others. `lot` is a `lots.models.Lot`."""

    @property
    def SEALED_COLUMNS(self) -> Sequence[SealedColumn]:  # noqa: N802 - a module's constant
        """Columns that `compliance.rekeying` must seal under the newest key, or their values are lost."""
        ...

    @property
    def AUDIT_SOURCES(self) -> Sequence[tuple[Source, Words]]:  # noqa: N802
        """Rows that record what staff did, for the audit log."""
        ...

    def price_board_remark(self, lot: Any, at: datetime) -> Remark | None:
        """Return what the price board and the privacy notice of a lot mention; None for most lots."""
        ...

    def patrol_rows(self, lot: Any) -> list[dict[str, str]]:
        """Return the app's own signs in a lot, as rows of the patrol list (`lots.signs.patrol_list`)."""
        ...


_registered: list[Hooks] = []


def register(hooks: Hooks) -> None:
    """Add an app's hooks; called once, when the app starts."""
    if hooks in _registered:
        return
    _registered.append(hooks)
    for source, words in hooks.AUDIT_SOURCES:
        add_source(source, words)


def registered() -> Sequence[Hooks]:
    return _registered


def remarks_of(lot: Any, *, at: datetime) -> tuple[Remark, ...]:
    """Return the remarks of all optional apps about a lot."""
    found = (hooks.price_board_remark(lot, at) for hooks in _registered)
    return tuple(remark for remark in found if remark is not None)
