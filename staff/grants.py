"""Grants (授权): one row for each role given to a person at an operator or a lot.

The roles' permissions stand in one table, `staff.permissions.MAY`.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from core.errors import ParkingError
from staff.models import Grant, Role
from staff.permissions import MAY

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from lots.models import Lot, Operator


class ForeignLot(ParkingError):
    """The lot belongs to another operator."""

    code = "grant_foreign_lot"


class LastOwner(ParkingError):
    """An operator would be left without anyone who can grant roles."""

    code = "grant_last_owner"


@transaction.atomic
def give(
    *,
    user: "User",
    operator: "Operator",
    role: str,
    at: datetime,
    by: "User | None" = None,
    lot: "Lot | None" = None,
) -> Grant:
    """Give a role. Repeating it changes nothing. Raises `ForeignLot`."""
    if lot is not None and lot.operator_id != operator.pk:
        raise ForeignLot(f"lot {lot.pk}")
    grant, _ = Grant.objects.get_or_create(
        user=user,
        operator=operator,
        lot=lot,
        role=role,
        ended_at=None,
        defaults={"given_at": at, "given_by": by},
    )
    return grant


@transaction.atomic
def end(grant: Grant, *, at: datetime, by: "User | None" = None) -> bool:
    """Take a role away; False if it had ended. Raises `LastOwner`.

    The operator's owners are locked first, so that two who end each other's role at once do not both win.
    """
    owners = Grant.objects.filter(operator=grant.operator_id, lot=None, role=Role.OWNER, ended_at=None)
    left = [one.pk for one in owners.select_for_update(of=("self",)).order_by("pk")]
    if left == [grant.pk]:
        raise LastOwner(f"operator {grant.operator_id}")
    return bool(Grant.objects.filter(pk=grant.pk, ended_at=None).update(ended_at=at, ended_by=by))


def is_alone(user: "User", action: str, lot: "Lot") -> bool:
    """Return whether no other active account may do this in the lot."""
    here = Q(lot=lot) | Q(lot=None, operator=lot.operator_id)
    granted = Grant.objects.filter(here, user=OuterRef("pk"), role__in=MAY[action], ended_at=None)
    others = get_user_model().objects.filter(Q(is_superuser=True) | Exists(granted), is_active=True)
    return not others.exclude(pk=user.pk).exists()
