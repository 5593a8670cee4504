"""Signs: each printed copy has its own code, number and place, and can be revoked alone."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from core import hot_sql
from core.codes import new_code, read_code
from core.errors import ParkingError
from lots.models import Lane, Lot, Sign, SignEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import User


_SOURCE = "FROM lots_sign s JOIN lots_lot l ON l.id = s.lot_id LEFT JOIN lots_lane n ON n.id = s.lane_id"


class UnknownCode(ParkingError):
    """The text is not one of our codes (then the database was not asked), or no sign carries it."""

    code = "unknown_code"


class RevokedCode(ParkingError):
    """The sign was taken down; `sign` says where it hung."""

    code = "revoked_code"

    def __init__(self, sign: Sign) -> None:
        super().__init__(f"sign {sign.pk}")
        self.sign = sign


def find_sign(text: str) -> Sign:
    """Return the sign whose code is `text`, with its lot and lane."""
    code = read_code(text)
    if code is None:
        raise UnknownCode
    return _found("s.code = %s", code)


def sign_with_id(pk: int) -> Sign:
    """Return the sign that a sealed charge names, as `find_sign` does."""
    return _found("s.id = %s", pk)


def _found(where: str, value: str | int) -> Sign:
    """Read a sign with its lot and lane in one statement. Raises `UnknownCode` or `RevokedCode`."""
    found = hot_sql.joined({"s": Sign, "l": Lot, "n": Lane}, f"{_SOURCE} WHERE {where}", [value])
    if found is None:
        raise UnknownCode
    sign: Sign
    sign, sign.lot, lane = found
    if sign.revoked_at is not None:
        raise RevokedCode(sign)
    if lane is not None:
        sign.lane = lane
    return sign


def sign_of_lot(lot: Lot) -> Sign | None:
    """Return the first pure sign of a lot that is in use, for pages that lead to one."""
    sign = Sign.objects.filter(lot=lot, kind=Sign.Kind.PURE, revoked_at=None).order_by("number").first()
    if sign is not None:
        sign.lot = lot
    return sign


def hold(lot: Lot) -> None:
    """Lock the numbers of a lot's signs for others, to the end of the transaction."""
    Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot.pk)


def new_sign(*, lot: Lot, place: str, lane: Lane | None = None) -> Sign:
    """Register one more copy to be printed, under the lot's next number."""
    sign = draft_sign(lot=lot, place=place, lane=lane, number=next_number(lot))
    sign.save()
    return sign


def draft_sign(*, lot: Lot, place: str, lane: Lane | None, number: int) -> Sign:
    """Return a sign with a code of its own that is not registered yet."""
    kind = Sign.Kind.LANE if lane else Sign.Kind.PURE
    return Sign(lot=lot, lane=lane, kind=kind, number=number, place=place, code=new_code())


def next_number(lot: Lot) -> int:
    """Return the number that the lot's next sign gets; numbers of revoked ones are never used again."""
    last = lot.signs.order_by("-number").first()
    return last.number + 1 if last else 1


@transaction.atomic
def revoke(sign: Sign, *, at: datetime, by: "User | None" = None, why: str = "") -> bool:
    """Make a sign's code worth nothing from now on, once; False if it was already."""
    if not Sign.objects.in_use().filter(pk=sign.pk).update(revoked_at=at):
        return False
    SignEvent.objects.create(sign=sign, kind=SignEvent.Kind.REVOKED, at=at, by=by, why=why)
    return True
