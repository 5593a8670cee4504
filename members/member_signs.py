"""Member signs (会员码): each printed copy has its own code; `lots.signs` draws them."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from core import hot_sql
from core.errors import ParkingError
from lots.models import Lot, Sign
from lots.signs.patrol_list import member_row, printed_on
from lots.signs.sign_faces import MemberFace as Face
from members.member_codes import new_code, read_code
from members.models import MemberSign


class UnknownMemberCode(ParkingError):
    """The text is not one of our member codes (then the database was not asked), or no sign has it."""

    code = "unknown_member_code"


class RevokedMemberCode(ParkingError):
    """The sign was revoked; `sign` says where it hung."""

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
    """Register one more copy, under the lot's next number. `address` is that of an official account.

    Where the same one is registered and not printed yet, it is that: a form may be sent twice.
    """
    hot_sql.by_id(Lot, lot.pk, lock=True)
    same = MemberSign.objects.filter(lot=lot, place=place, title=title, address=address)
    if known := same.filter(printed_at=None, revoked_at=None).first():
        return known
    last = MemberSign.objects.filter(lot=lot).aggregate(n=Max("number"))["n"] or 0
    return MemberSign.objects.create(
        lot=lot, number=last + 1, place=place, title=title, address=address, code=new_code()
    )


def revoke(sign: MemberSign, *, at: datetime) -> bool:
    """Revoke a member code; False if it was revoked already."""
    return bool(MemberSign.objects.filter(pk=sign.pk, revoked_at=None).update(revoked_at=at))


def sign_address(sign: MemberSign) -> str:
    """Return the address in its QR code: our page in capitals (a smaller symbol), or the official account."""
    return sign.address or f"{settings.MEMBERS_URL}/M/{sign.code}".upper()


def number_of(sign: MemberSign) -> str:
    """Return a sign's printed number, such as 会1; no pure sign has such a number."""
    return f"会{sign.number}"


def patrol_rows(lot: Lot) -> list[dict[str, str]]:
    """Return the valid member signs of a lot as rows of the patrol list."""
    valid = MemberSign.objects.filter(lot=lot, revoked_at=None).order_by("number")
    return [
        member_row(number_of(sign), sign.place, sign_address(sign), printed_on(lot, sign.printed_at))
        for sign in valid
    ]


def face_of(sign: MemberSign, *, collects: str, pure_place: str, arrow: str) -> Face:
    return Face(sign.title, sign_address(sign), collects, pure_place, arrow)


def pure_sign_of(lot: Lot) -> Sign | None:
    """Return the pure sign to point drivers to: paying needs no membership."""
    return lot.signs.filter(kind=Sign.Kind.PURE, revoked_at=None).order_by("number").first()
