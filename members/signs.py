"""Member signs: each printed copy has its own code; and how one looks, for `lots.signs` to draw."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from core import hot_sql
from core.errors import ParkingError
from lots.models import Lot, Sign
from lots.signs.patrol_list import also_listed, member_row, printed_on
from lots.signs.sign_faces import Member as Face
from members.codes import new_code, read_code
from members.models import MemberSign


class UnknownMemberCode(ParkingError):
    """This is no member code of ours (then the database was not asked), or no sign carries it."""

    code = "unknown_member_code"


class RevokedMemberCode(ParkingError):
    """The sign was taken down; `sign` says where it hung."""

    code = "revoked_member_code"

    def __init__(self, sign: MemberSign) -> None:
        super().__init__(f"member sign {sign.pk}")
        self.sign = sign


def find_sign(text: str) -> MemberSign:
    """Return the sign whose member code is `text`, with its lot and operator."""
    code = read_code(text)
    rows = MemberSign.objects.select_related("lot__operator")
    sign = rows.filter(code=code).first() if code else None
    if sign is None:
        raise UnknownMemberCode
    if sign.revoked_at is not None:
        raise RevokedMemberCode(sign)
    return sign


@transaction.atomic
def new_sign(*, lot: Lot, place: str, title: str = "会员码", address: str = "") -> MemberSign:
    """Register one more copy, under the lot's next number. `address` is that of an official account."""
    hot_sql.by_id(Lot, lot.pk, lock=True)
    last = MemberSign.objects.filter(lot=lot).aggregate(n=Max("number"))["n"] or 0
    return MemberSign.objects.create(
        lot=lot, number=last + 1, place=place, title=title, address=address, code=new_code()
    )


def revoke(sign: MemberSign, *, at: datetime) -> bool:
    """Make a member code worth nothing; False if it was already."""
    return bool(MemberSign.objects.filter(pk=sign.pk, revoked_at=None).update(revoked_at=at))


def sign_address(sign: MemberSign) -> str:
    """Return what its QR says: our page, in capitals as a QR stores best, or the official account."""
    return sign.address or f"{settings.MEMBERS_URL}/M/{sign.code}".upper()


def number_of(sign: MemberSign) -> str:
    """Return a sign's number as it stands on it: 会1, which no pure sign has."""
    return f"会{sign.number}"


@also_listed
def listed(lot: Lot) -> list[dict[str, str]]:
    """Return the good member signs of a lot for the patrol's list."""
    good = MemberSign.objects.filter(lot=lot, revoked_at=None).order_by("number")
    return [
        member_row(number_of(sign), sign.place, sign_address(sign), printed_on(lot, sign.printed_at))
        for sign in good
    ]


def face_of(sign: MemberSign, *, collects: str, pure_place: str, arrow: str) -> Face:
    return Face(sign.title, sign_address(sign), collects, pure_place, arrow)


def pure_sign_of(lot: Lot) -> Sign | None:
    """Return the pure sign that leads away from here: to pay, nothing of a member is needed."""
    return lot.signs.filter(kind=Sign.Kind.PURE, revoked_at=None).order_by("number").first()
