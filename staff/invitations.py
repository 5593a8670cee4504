"""Invitations: an owner hands over a code, its holder chooses name and password.

The same code, made for an existing account, lets its user choose a new password.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core import row_security
from core.errors import ParkingError
from lots.models import Lot, Operator
from staff import grants
from staff.access import Access
from staff.models import Invitation, Role

type Follow = Callable[[Invitation, User], None]

FOLLOWED: list[
    Follow
] = []  # what else a used code does, in its transaction; `lots` must not import its callers
LIFETIME = timedelta(days=7)
AGAIN = timedelta(minutes=10)  # in which a second press of the same form shows the same code once more
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 20  # 100 bits, too many to guess


class NoInvitation(ParkingError):
    """The code is unknown, used, withdrawn or too old, or who made it may invite no more.

    The reason is not disclosed.
    """

    code = "no_invitation"


class AccountNameTaken(ParkingError):
    """The name is taken, or none was given."""

    code = "name_taken"


class WeakPassword(ParkingError):
    """The password is too easy to guess; `reasons` say why, in the reader's language."""

    code = "weak_password"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(self.code)
        self.reasons = reasons


def invite(
    *, operator: Operator, lot: Lot | None, role: str, by: User, at: datetime, press: UUID | None = None
) -> str:
    """Return a code that gives its holder an account with a role. Raises `people.ForeignLot`.

    `press` is the idempotency key that comes with a form: a double click gets the same code twice.
    """
    if lot is not None and lot.operator_id != operator.pk:
        raise grants.ForeignLot(f"lot {lot.pk}")
    return _make(press, operator=operator, lot=lot, role=role, made_by=by, made_at=at)


def invite_back(*, user: User, operator: Operator, by: User, at: datetime, press: UUID | None = None) -> str:
    """Return a code by which a user who forgot the password chooses a new one. `press` as in `invite`."""
    return _make(press, operator=operator, user=user, made_by=by, made_at=at)


def note_dropped_factors(*, user: User, operator: Operator, by: User, at: datetime) -> None:
    """Record that a user's second factors were taken off, as a reset whose code was never given out.

    It counts like a new password where two people must decide (`staff.second_person`).
    """
    _make(None, operator=operator, user=user, made_by=by, made_at=at, withdrawn_at=at)


def withdraw(invitation: Invitation, *, at: datetime) -> bool:
    """Make a code worth nothing; False if it was used or withdrawn before."""
    return bool(_open(at).filter(pk=invitation.pk).update(withdrawn_at=at))


@transaction.atomic
def accept(*, code: str, name: str, password: str, at: datetime) -> User:
    """Use a code up, and return the account it made or whose password it changed.

    Raises `NoInvitation`, `AccountNameTaken`, `WeakPassword`; the code stays good then.
    """
    found = _open(at).select_for_update(of=("self",)).filter(digest=_digest(code)).first()
    if found is None or not _open(at).filter(pk=found.pk).update(used_at=at):
        raise NoInvitation
    row_security.show({found.operator_id})
    if not _may_still_invite(found):
        raise NoInvitation
    user = found.user or _new_account(name)
    _set_password(user, password)
    if found.role:
        grants.give(
            user=user, operator=found.operator, lot=found.lot, role=found.role, at=at, by=found.made_by
        )
    for follow in FOLLOWED:
        follow(found, user)
    return user


def by_code(code: str) -> Invitation:
    """Return the invitation that a code was made for."""
    return Invitation.objects.get(digest=_digest(code))


def was_made(code: str, *, at: datetime) -> bool:
    """Return whether a code was made at this moment, and not by an earlier press of the same form."""
    return by_code(code).made_at == at


def _make(press: UUID | None, **fields: Any) -> str:
    code, at = _code_of(press or uuid4(), **fields), fields["made_at"]
    known = Invitation.objects.filter(digest=_digest(code))
    if known.exists() and not (_open(at) & known.filter(made_at__gt=at - AGAIN)).exists():
        code = _code_of(uuid4(), **fields)  # an old page sent its form once more
    # The digest is unique, so of two presses at once one stores the row and both return its code.
    Invitation.objects.get_or_create(digest=_digest(code), defaults={**fields, "expires_at": at + LIFETIME})
    return "-".join(code[i : i + 4] for i in range(0, LENGTH, 4))


def _code_of(press: UUID, *, operator: Operator, made_by: User, **fields: Any) -> str:
    """Return the code of a press: another one for another role, lot or user, so none names what it is not."""
    about = [fields[name].pk if fields.get(name) else "" for name in ("lot", "user")]
    message = f"invitation {press} {operator.pk} {made_by.pk} {about} {fields.get('role', '')}"
    digest = hmac.digest(settings.CODE_KEY, message.encode(), "sha256")
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:LENGTH])


def _open(at: datetime) -> Any:
    return Invitation.objects.filter(used_at=None, withdrawn_at=None, expires_at__gt=at)


def _may_still_invite(invitation: Invitation) -> bool:
    """Return whether who made it still may: a dismissed owner must not come back by a code kept for later."""
    maker = Access(invitation.made_by, "shops.edit" if invitation.role == Role.SHOP else "people.edit")
    if not maker.user.is_active:
        return False
    if invitation.lot_id is not None:
        return maker.lots().filter(pk=invitation.lot_id).exists()
    return maker.operators().filter(pk=invitation.operator_id).exists()


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _new_account(name: str) -> User:
    if not name:
        raise AccountNameTaken
    try:
        with transaction.atomic():
            return get_user_model().objects.create_user(name)
    except IntegrityError:
        raise AccountNameTaken from None


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(error.messages) from None
    user.set_password(password)
    user.save(update_fields=["password"])
