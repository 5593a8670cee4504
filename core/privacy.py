"""Declarations of a model's stored fields: purpose, legal ground, recipients, retention.

A model lists its fields in `PRIVACY`, beside them:

    PRIVACY = (
        Stored("plate", data_kinds.PLATE, _("to show staff which car it is; sealed")),
        Stored("id lot entered_at left_at", data_kinds.SESSION, _("to work out the fee")),
    )

`compliance.inventory` derives docs/data.md, the public notice, the console's page and the inspection report
from these declarations, and a test fails for a field without one. Texts are message ids.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise


class Personal(StrEnum):
    """Whether a value is personal information (PIPL Art. 4)."""

    YES = "yes"
    INDIRECTLY = "indirectly"  # identifies a person only together with a plate or a channel's books
    NO = "no"

    @property
    def label(self) -> Text:
        return _PERSONAL[self]


_PERSONAL = {Personal.YES: _("yes"), Personal.INDIRECTLY: _("indirectly"), Personal.NO: _("no")}


@dataclass(frozen=True, eq=False)
class NoticeRow:
    """A row of the public notice. `%(hours)s` in a text is the lot's retention."""

    what: Text
    why: Text
    how_long: Text


@dataclass(frozen=True, eq=False)
class DataKind:
    """What fields of one kind have in common. Kinds with a `notice` are listed in the public notice."""

    name: str
    label: Text
    personal: Personal
    ground: Text
    recipients: Text
    retention: Text
    notice: NoticeRow | None = None
    topic: str = ""  # the notice row belongs to an extension of the lot (core.hooks.Remark)


@dataclass(frozen=True, eq=False)
class Stored:
    """Fields of one model that serve one purpose. `names` are separated by blanks."""

    names: str
    kind: DataKind
    purpose: Text

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.names.split())
