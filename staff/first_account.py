"""The very first account: who sets the site up, and owns its first operator."""

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from core.errors import ParkingError
from lots.models import Operator
from lots.setup.change_recorder import ChangedBy, ChangeKind, Thing, plain, record, values_of
from staff import grants, invitations
from staff.models import Invitation, Role

_LATER = {field.name for field in Operator._meta.fields} - {"legal_name"}


class UnfitName(ParkingError):
    """One of the two names is empty, too long or has characters that it must not have."""

    code = "unfit_name"


class AlreadyOwned(ParkingError):
    """A user has signed in here before: accounts now come by invitation."""

    code = "already_owned"


@transaction.atomic
def first_owner(*, name: str, legal_name: str, at: datetime) -> str:
    """Return a code by which the first owner chooses a password. Raises `AlreadyOwned` or `UnfitName`.

    The account is a superuser: no other account can register more operators. The operator's page asks for the
    fields that are left empty here. Called again before the code is used, this returns a new one.
    """
    legal_name = plain(legal_name)
    try:
        User(username=name).clean_fields(exclude=["password"])
        Operator(legal_name=legal_name).clean_fields(exclude=_LATER)
    except ValidationError:
        raise UnfitName from None
    if User.objects.exclude(username=name).exists() or User.objects.filter(last_login__isnull=False).exists():
        raise AlreadyOwned
    user, made = User.objects.get_or_create(username=name, defaults={"is_superuser": True})
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    elif user.has_usable_password():
        raise AlreadyOwned
    operator = Operator.objects.order_by("pk").first()
    if operator is None:
        operator = Operator.objects.create(legal_name=legal_name)
        record(operator, Thing.OPERATOR, ChangeKind.ADDED, by=ChangedBy(), at=at, after=values_of(operator))
    grants.give(user=user, operator=operator, role=Role.OWNER, at=at)
    for earlier in Invitation.objects.filter(user=user, used_at=None, withdrawn_at=None):
        invitations.withdraw(earlier, at=at)
    return invitations.invite_back(user=user, operator=operator, by=user, at=at)
