"""Changing the number of an account (更换手机号): the old one counts until the new one is proven.

Only who has proven the new number learns that it has an account already. Nothing is merged.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from core.errors import ParkingError
from lots.models import Lot
from members import joining, member_keys, member_sessions, sms
from members.models import Member, SmsCode

# To the old number, which may be someone else's by now: without the new one.
CHANGED = gettext_lazy(
    "The mobile number of your member account at %(operator)s was changed, and this one no longer opens it."
    " Not right? Call %(phone)s."
)


class SameNumber(ParkingError):
    """The account has this number already."""

    code = "member_same_number"


class NumberTaken(ParkingError):
    """The number is proven, and has an account of its own at this operator."""

    code = "member_number_taken"


def ask_code(member: Member, *, lot: Lot, phone: str, language: str, client: str, at: datetime) -> str:
    """Have a code sent to the new number, as for joining. Raises `SameNumber` or `TooMany`."""
    if member_keys.phone_digest(member.operator_id, phone) == bytes(member.phone_digest):
        raise SameNumber
    return joining.ask_code(
        lot=lot, phone=phone, version=None, language=language, client=client, at=at, changes=member
    )


def change(
    member: Member, *, session: str, lot: Lot, token: str, code: str, client: str, at: datetime
) -> None:
    """Set the account's number to the one that the code was sent to, and end its other sessions.

    Raises `TooMany`, `WrongCode` or `NumberTaken`.
    """
    row = joining.proven(lot=lot, token=token, code=code, client=client, at=at, changes=member)
    try:
        _change(member, row, session, at)
    except IntegrityError:  # the database allows one account per number, also in a race
        raise NumberTaken from None


@transaction.atomic
def _change(member: Member, row: SmsCode, session: str, at: datetime) -> None:
    old = Member.objects.select_for_update(of=("self",)).select_related("operator").get(pk=member.pk)
    if bytes(old.phone_digest) == bytes(row.phone_digest):
        return  # by another attempt, a moment ago
    Member.objects.filter(pk=old.pk).update(phone=row.phone, phone_digest=row.phone_digest)
    SmsCode.objects.filter(phone_digest=old.phone_digest).delete()
    member_sessions.end_others(old, keep=session)
    sms.notify(old, "phone_changed", CHANGED, at=at)
