"""Accounts of staff at the operator's own identity provider (单点登录).

An account here is tied to one there by its owner, who is signed in here and comes back from there. What is
stored is the provider's name for the account (issuer and subject): no name, no address, no token.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from core.errors import ParkingError
from staff.models import StaffIdentity


class IdentityTaken(ParkingError):
    """That account there, or this one here, is tied to another already."""

    code = "identity_taken"


def link(*, user: User, issuer: str, subject: str, at: datetime) -> StaffIdentity:
    """Link an account to one at the provider. Repeating it changes nothing. Raises `IdentityTaken`."""
    try:
        with transaction.atomic():
            row, _ = StaffIdentity.objects.get_or_create(
                user=user, issuer=issuer, subject=subject, defaults={"linked_at": at}
            )
    except IntegrityError:
        raise IdentityTaken from None
    return row


def unlink(*, user: User, issuer: str) -> bool:
    """Unlink an account; False if it was not linked."""
    return bool(StaffIdentity.objects.filter(user=user, issuer=issuer).delete()[0])


def linked(user: User, *, issuer: str) -> StaffIdentity | None:
    return StaffIdentity.objects.filter(user=user, issuer=issuer).first()


def whose(*, issuer: str, subject: str) -> User | None:
    """Return the user linked to an account at the provider, or None."""
    found = StaffIdentity.objects.filter(issuer=issuer, subject=subject).select_related("user").first()
    return found.user if found else None
