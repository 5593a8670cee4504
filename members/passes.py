"""Monthly passes of members (月卡): access rights that staff grant to a plate which its holder has shown.

The lot sees an access right of a plate and no member; the member sees until when it is good, and no stay.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from lots.errors import ParkingError
from lots.models import Lot
from members.models import BoundPlate, Member

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_DAYS = 366
WHY = {"unavailable": _("本版本尚不能办理月卡。")}


class NoPass(ParkingError):
    """A pass cannot be granted; `reason` is a key of WHY."""

    code = "member_no_pass"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def give(bound: BoundPlate, *, lot: Lot, until: datetime, by: "User", at: datetime) -> None:
    raise NoPass("unavailable")


def end_for(row: BoundPlate, *, at: datetime) -> int:
    """End the passes that ran on a bound plate; return how many."""
    return 0


def end_at(member: Member, lot: Lot, *, at: datetime) -> int:
    """End a member's passes at one lot; return how many."""
    return 0


def of_member(member: Member, lot: Lot, *, at: datetime) -> list[tuple[str, str]]:
    """Return a member's passes at a lot: the plate as it is read out, and until when it is good."""
    return []
