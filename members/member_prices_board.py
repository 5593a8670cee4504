"""The line about members on a lot's public price board: what they get, and that nobody has to join."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from lots.models import Lot
from members import prices, words
from members.models import Benefit
from members.terms import open_benefits


@dataclass(frozen=True)
class MemberBenefits:
    """The benefits of a lot's members as a value: kind, value, points of each, and an example."""

    benefits: tuple[tuple[str, int, int], ...]
    example: tuple[int, int, int] | None = None  # minutes, public price, member price (fen)

    @property
    def topic(self) -> str:
        return "members"

    def line(self) -> str:
        rows = (Benefit(kind=kind, value=value, points=points) for kind, value, points in self.benefits)
        gets = {"benefits": words.joined(words.gets(one) for one in rows)}
        line = _("Members get: %(benefits)s. The prices above are for everybody; nobody has to join.") % gets
        gap = " " if get_language() == "en" else ""
        return line if self.example is None else f"{line}{gap}{words.compared(*self.example)}"


def remark_of(lot: Lot, at: datetime) -> MemberBenefits | None:
    """Return the remark about a lot's members; None if it has no benefits."""
    benefits = open_benefits(lot)
    if not benefits:
        return None
    examples = prices.compared(lot, benefits, at=at)
    values = tuple((one.kind, one.value, one.points) for one in benefits)
    return MemberBenefits(values, examples[0] if examples else None)
