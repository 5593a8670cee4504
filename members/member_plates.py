"""Binding a plate to a member (绑定号牌): only with proof of having the car, and with one holder.

Proofs: the code on the screen of an exit lane while the car stands there, the receipt code of a stay of that
plate that was paid, or staff who looked. A plate that is shown by another member goes over to them, and its
former holder is notified. Nobody is ever notified of entries or exits.
"""

import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from core import budget
from core.errors import ParkingError
from core.vault import Unreadable, plate_index
from core.vault import unseal_plate as unseal_read
from lots import gates
from lots.models import Lane, Lot, PlateRead
from lots.plates import Plate, parse
from members import member_keys, passes, sms
from members.joining import NotJoined, TooMany, in_force
from members.models import BoundPlate, LaneDisplay, Member
from payments.receipts import find_paid

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 3  # plates of one member
SHOWN = timedelta(minutes=10)  # a code from the screen may be typed in once out of the way
DIGITS = 6

# To the former holder: masked, and without saying who has it now.
MOVED = gettext_lazy(
    "The plate %(plate)s in your member account at %(operator)s was shown by somebody else and is"
    " no longer bound to it. Not right? Call %(phone)s."
)

PROVING = budget.Budget(per_lot=1500)
Proof = BoundPlate.Proof


class NotProven(ParkingError):
    """The code is none for this plate: wrong, too old, of another car, or the plate is forgotten already."""

    code = "member_plate_not_proven"


class TooManyPlates(ParkingError):
    """A member holds a few plates at most."""

    code = "member_too_many_plates"


def bind_by_lane(
    member: Member, *, lot: Lot, plate: Plate, code: str, client: str, at: datetime
) -> BoundPlate:
    """Bind with the code on the exit lane's screen. Raises `NotProven`, `TooMany` or `TooManyPlates`."""
    _prove(member, lot, client, found=_stood(lot, plate, code, at))
    return _bind(member, plate, Proof.LANE, at)


def bind_by_receipt(
    member: Member, *, lot: Lot, plate: Plate, code: str, client: str, at: datetime
) -> BoundPlate:
    """Bind with the receipt code of a stay of this plate that was paid. Raises as `bind_by_lane`."""
    _prove(member, lot, client, found=_paid(lot, plate, code))
    return _bind(member, plate, Proof.RECEIPT, at)


def bind_by_staff(member: Member, *, plate: Plate, by: "User", at: datetime) -> BoundPlate:
    """Bind on the word of staff, who is named in the row. Raises `TooManyPlates`."""
    return _bind(member, plate, Proof.STAFF, at, by=by)


def unbind(member: Member, *, pk: int, at: datetime) -> bool:
    """Remove a plate; what it was used for ends with it. False if the member does not hold it."""
    row = BoundPlate.objects.filter(member=member, pk=pk).first()
    if row is None:
        return False
    with transaction.atomic():
        passes.end_for(row, at=at)
        return bool(BoundPlate.objects.filter(pk=row.pk, member=member).delete()[0])


def plate_of(row: BoundPlate) -> Plate | None:
    """Return the plate of a row; None where its key is gone."""
    try:
        return member_keys.unseal_plate(row.operator_id, row.held)
    except Unreadable:
        return None


def screen_of(token: str) -> LaneDisplay | None:
    rows = LaneDisplay.objects.select_related("lane__lot__operator")
    return rows.filter(digest=member_keys.token_digest(token[:64])).first()


def shown_in(lane: Lane, *, at: datetime) -> tuple[str, str] | None:
    """Return what the screen of an exit lane shows: the plate standing there, masked, and its code."""
    read = gates.standing(lane, at=at)
    if read is None or read.plate is None:
        return None
    try:
        plate = parse(unseal_read(read.lot_id, read.plate), overseas=read.plate_kind == "overseas")
    except Unreadable:
        return None
    return plate.masked, _code_of(read)


def _prove(member: Member, lot: Lot, client: str, *, found: bool) -> None:
    """Continue with a proof. Attempts are limited for the visitor and for the account."""
    names = client, f"member {member.pk}"
    if not all(PROVING.allowed(name, lot.pk) for name in names):
        raise TooMany
    for name in names:
        PROVING.spend(name, lot.pk, found=found)
    if in_force(member, lot) is None:
        raise NotJoined
    if not found:
        raise NotProven


def _stood(lot: Lot, plate: Plate, code: str, at: datetime) -> bool:
    lanes = LaneDisplay.objects.filter(lane__lot=lot).values("lane")
    reads = PlateRead.objects.filter(
        lot=lot,
        plate_index=plate_index(lot.pk, plate.text),
        lane__in=lanes,
        offline=False,
        captured_at__gt=at - SHOWN,
    )
    given = code[: DIGITS + 1].encode("utf-8", "replace")
    return any(hmac.compare_digest(_code_of(read).encode(), given) for read in reads)


def _paid(lot: Lot, plate: Plate, code: str) -> bool:
    payment = find_paid(code)
    if payment is None or payment.lot_id != lot.pk or payment.session.plate_index is None:
        return False
    index = plate_index(lot.pk, plate.text)
    return hmac.compare_digest(bytes(payment.session.plate_index), index)


def _code_of(read: PlateRead) -> str:
    digest = hmac.digest(
        member_keys.derived("lane"), f"{read.pk}".encode() + bytes(read.plate_index or b""), "sha256"
    )
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"


def _bind(member: Member, plate: Plate, proof: str, at: datetime, *, by: "User | None" = None) -> BoundPlate:
    """Make this member the one holder. Of two who come at the same moment the later one holds it, and the
    other gets an explanation: the database takes one row a plate."""
    for _attempt in range(3):
        try:
            with transaction.atomic():
                return _take_over(member, plate, proof, at, by)
        except IntegrityError:  # another member was faster: take it over from them
            continue
    raise NotProven


def _take_over(member: Member, plate: Plate, proof: str, at: datetime, by: "User | None") -> BoundPlate:
    Member.objects.select_for_update().get(pk=member.pk)
    digest = member_keys.plate_digest(member.operator_id, plate)
    held = BoundPlate.objects.filter(operator=member.operator_id, held_digest=digest)
    former = held.select_for_update(of=("self",)).select_related("member").first()
    if former is not None and former.member_id == member.pk:
        return former
    if BoundPlate.objects.filter(member=member).count() >= MOST:
        raise TooManyPlates
    if former is not None:
        passes.end_for(former, at=at)
        former.delete()
        sms.notify(former.member, "plate_moved", MOVED, plate=plate.masked, at=at)
    return BoundPlate.objects.create(
        operator_id=member.operator_id,
        member=member,
        held=member_keys.seal_plate(member.operator_id, plate),
        held_digest=digest,
        proof=proof,
        bound_at=at,
        bound_by=by,
    )
