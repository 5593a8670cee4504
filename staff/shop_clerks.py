"""Clerks of a shop: accounts that see this shop alone, invited by who sets shops up."""

from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import transaction

from payments.coupons.coupon_models import Shop
from staff import grants, invitations
from staff.models import ClerkInvitation, Grant, Invitation, Role


@transaction.atomic
def invite_clerk(*, shop: Shop, by: User, at: datetime, press: UUID | None = None) -> str:
    """Return a code that gives its holder an account for this shop's page and nothing else.

    `press` as in `invitations.invite`.
    """
    lot, press = shop.lot, press and uuid5(press, f"shop {shop.pk}")
    code = invitations.invite(operator=lot.operator, lot=lot, role=Role.SHOP, by=by, at=at, press=press)
    ClerkInvitation.objects.get_or_create(invitation=invitations.by_code(code), defaults={"shop": shop})
    return code


@transaction.atomic
def dismiss_clerk(*, shop: Shop, clerk: User, by: User, at: datetime) -> None:
    """Take a shop from an account; one that has no other shop in this lot loses its role there too."""
    shop.clerks.remove(clerk)
    if clerk.shops.filter(lot=shop.lot).exists():
        return
    for grant in Grant.objects.filter(user=clerk, lot=shop.lot, role=Role.SHOP, ended_at=None):
        grants.end(grant, at=at, by=by)


def _joined(invitation: Invitation, user: User) -> None:
    row = ClerkInvitation.objects.filter(invitation=invitation).select_related("shop").first()
    if row is not None:
        row.shop.clerks.add(user)


invitations.FOLLOWED.append(_joined)
