"""Leaving: withdrawing the consent at one lot, deleting the account, and a copy of all that is stored.

Both are done at once and ask for no reason. The proof that someone agreed, when and to what, stays without
anything by which they could be found.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from core.vault import Unreadable
from lots.models import Lot
from members import benefits, member_keys, member_plates, passes
from members.models import BoundPlate, Consent, Member, Points, SmsCode


@transaction.atomic
def withdraw(member: Member, *, lot: Lot, at: datetime) -> bool:
    """End the membership at one lot; return whether the account went with it, since it was the last one."""
    benefits.take_back(member, lot, at=at)
    passes.end_at(member, lot, at=at)
    _end(Consent.objects.filter(member=member, lot=lot), Consent.Ended.WITHDRAWN, at)
    Points.objects.filter(member=member, lot=lot).delete()
    if Consent.objects.filter(member=member, ended_at=None).exists():
        return False
    delete(member, at=at)
    return True


@transaction.atomic
def delete(member: Member, *, at: datetime, how: str = Consent.Ended.DELETED) -> None:
    """Delete an account with all that belongs to it."""
    for consent in Consent.objects.filter(member=member, ended_at=None).select_related("lot"):
        benefits.take_back(member, consent.lot, at=at)
    for bound in BoundPlate.objects.filter(member=member):
        passes.end_for(bound, at=at)
    _end(Consent.objects.filter(member=member), how, at)
    SmsCode.objects.filter(phone_digest=member.phone_digest).delete()
    Member.objects.filter(pk=member.pk).delete()


def copy_of(member: Member) -> dict[str, Any]:
    """Return all that is stored of a member, as plain values for a file."""
    consents = Consent.objects.filter(member=member).select_related("lot", "terms").order_by("pk")
    points = Points.objects.filter(member=member).select_related("lot").order_by("pk")
    return {
        "operator": member.operator.legal_name,
        "phone": _opened(lambda: member_keys.unseal_phone(member.operator_id, member.phone)),
        "name": _opened(lambda: member_keys.unseal_name(member.operator_id, member.name))
        if member.name
        else None,
        "joined_at": member.joined_at.isoformat(),
        "last_used_on": member.used_on.isoformat(),
        "plates": [_plate(row) for row in member.plates.order_by("pk")],
        "points": [{"lot": row.lot.name, "points": row.points, "at": row.at.isoformat()} for row in points],
        "consents": [
            {
                "lot": row.lot.name,
                "version": row.terms.version,
                "text": row.terms.texts[row.language],
                "given_at": row.given_at.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            }
            for row in consents
        ],
    }


def _plate(row: BoundPlate) -> dict[str, Any]:
    plate = member_plates.plate_of(row)
    return {
        "plate": plate.pretty if plate else None,
        "bound_at": row.bound_at.isoformat(),
        "proof": row.proof,
    }


def _opened(read: Any) -> str | None:
    try:
        return str(read())
    except Unreadable:
        return None


def _end(consents: Any, how: str, at: datetime) -> None:
    consents.filter(ended_at=None).update(ended_at=at, ended_how=how)
