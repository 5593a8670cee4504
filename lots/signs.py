"""Signs: each printed copy has its own code, number and place, and can be revoked alone."""

from datetime import datetime

from lots import hot
from lots.codes import new_code, read_code
from lots.errors import ParkingError
from lots.models import Lane, Lot, Sign


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
    """Return the sign whose code is `text`, with its lot."""
    code = read_code(text)
    if code is None:
        raise UnknownCode
    sign = hot.one(Sign, "code = %s", [code])
    if sign is None:
        raise UnknownCode
    sign.lot = hot.by_id(Lot, sign.lot_id)
    if sign.revoked_at is not None:
        raise RevokedCode(sign)
    return sign


def new_sign(*, lot: Lot, place: str, lane: Lane | None = None) -> Sign:
    """Register one more copy to be printed, under the lot's next number."""
    last = lot.signs.order_by("-number").first()
    return Sign.objects.create(
        lot=lot,
        lane=lane,
        kind=Sign.Kind.LANE if lane else Sign.Kind.PURE,
        number=last.number + 1 if last else 1,
        place=place,
        code=new_code(),
    )


def revoke(sign: Sign, *, at: datetime) -> None:
    """Make a sign's code worth nothing from now on."""
    Sign.objects.filter(pk=sign.pk, revoked_at=None).update(revoked_at=at)
