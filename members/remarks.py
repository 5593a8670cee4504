"""The one line about members on a lot's public price board: what they get, and that nobody needs it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lots.models import Lot
from members import prices, words
from members.models import Benefit
from members.terms import open_benefits
from presentation.price_board_extensions import add_remark


@dataclass(frozen=True)
class Given:
    """What a lot gives its members, as a value: kind, value, points of each benefit, and an example."""

    benefits: tuple[tuple[str, int, int], ...]
    example: tuple[int, int, int] | None = None  # minutes, what everybody pays, what a member pays (fen)

    @property
    def topic(self) -> str:
        return "members"

    def line(self) -> str:
        told = (Benefit(kind=kind, value=value, points=points) for kind, value, points in self.benefits)
        gets = {"benefits": words.joined(words.gets(one) for one in told)}
        line = _("Members get: %(benefits)s. The prices above are for everybody; nobody has to join.") % gets
        gap = " " if get_language() == "en" else ""
        return line if self.example is None else f"{line}{gap}{words.compared(*self.example)}"


@add_remark
def given(lot: Lot, at: datetime) -> Given | None:
    """Return what a lot gives its members; None where it gives them nothing."""
    benefits = open_benefits(lot)
    if not benefits:
        return None
    examples = prices.compared(lot, benefits, at=at)
    told = tuple((one.kind, one.value, one.points) for one in benefits)
    return Given(told, examples[0] if examples else None)
