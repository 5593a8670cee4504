"""Monthly passes of members (月卡): permits that staff grant to a plate which its holder has shown.

The lot sees a permit of a plate and no member; the member sees until when it is good, and no stay. It
ends with what it was given for: when the plate is given up or shown by someone else, and when the member
leaves. What it covered until then stays covered.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import ParkingError
from core.vault import Unreadable, plate_index
from lots.models import Lot, Permit
from lots.permits import AlreadyRuns, BadTerm, extend, grant, passes_of, revoke
from lots.plates import Plate
from members import member_keys
from members.asked import BenefitKind
from members.joining import in_force, is_current
from members.models import Benefit, BoundPlate, Member

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_DAYS = 366
MONTH = "month"  # of the passes that a lot's tariff may sell, the one that members get
WHY: dict[str, str | Promise] = {
    "off": _("The monthly pass benefit is not on in this lot."),
    "consent": _("This member has not agreed to the current text; ask them to do so on the member page."),
    "runs": _("This plate already has a permit; see Permits."),
    "term": _("The pass cannot end before the current one."),
}


class NoPass(ParkingError):
    """A pass cannot be granted; `reason` is a key of WHY."""

    code = "member_no_pass"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def give(bound: BoundPlate, *, lot: Lot, until: datetime, by: "User", at: datetime) -> Permit:
    """Grant a pass to a bound plate, or let the one that runs end later. Raises `NoPass`."""
    consent = in_force(bound.member, lot)
    if not Benefit.objects.filter(lot=lot, kind=BenefitKind.PASS, ended_at=None).exists():
        raise NoPass("off")
    if consent is None or not is_current(consent):
        raise NoPass("consent")
    plate = member_keys.unseal_plate(bound.operator_id, bound.held)
    running = _running([lot], plate, at)
    name = MONTH if any(one.name == MONTH for one in passes_of(lot, at)) else ""
    try:
        if running:
            return extend(running[0], until=until, at=at, by=by)
        return grant(
            lot=lot,
            plate=plate,
            name=name,
            valid_from=at,
            valid_until=until,
            source=Permit.Source.MEMBER,
            at=at,
            by=by,
        )
    except BadTerm:
        raise NoPass("term") from None
    except AlreadyRuns:
        raise NoPass("runs") from None


@transaction.atomic
def end_for(bound: BoundPlate, *, at: datetime, lot: Lot | None = None) -> int:
    """End the passes that run on a bound plate, in one lot or in all of its operator; return how many."""
    lots = [lot] if lot else Lot.objects.filter(operator=bound.operator_id)
    try:
        running = _running(lots, member_keys.unseal_plate(bound.operator_id, bound.held), at)
    except Unreadable:
        return 0
    for permit in running:
        revoke(permit, why="会员退出或车牌解绑", at=at)
    return len(running)


def end_at(member: Member, lot: Lot, *, at: datetime) -> int:
    """End a member's passes at one lot; return how many."""
    return sum(end_for(bound, at=at, lot=lot) for bound in member.plates.all())


def of_member(member: Member, lot: Lot, *, at: datetime) -> list[tuple[str, str]]:
    """Return a member's passes at a lot: the plate as it is read out, and until when it is good."""
    found = []
    for bound in member.plates.order_by("pk"):
        try:
            plate = member_keys.unseal_plate(bound.operator_id, bound.held)
        except Unreadable:
            continue
        found += [(plate.pretty, _until(permit, lot)) for permit in _running([lot], plate, at)]
    return found


def _until(permit: Permit, lot: Lot) -> str:
    return f"{permit.valid_until.astimezone(lot.tz):%Y-%m-%d %H:%M}"


def _running(lots: Iterable[Lot], plate: Plate, at: datetime) -> list[Permit]:
    rows = Permit.objects.filter(source=Permit.Source.MEMBER, closed_at=None, valid_until__gt=at)
    return [
        permit
        for lot in lots
        for permit in rows.filter(lot=lot, plate_index=plate_index(lot.pk, plate.text)).order_by("pk")
    ]
