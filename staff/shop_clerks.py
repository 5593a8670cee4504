"""Clerks of a shop: accounts that see this shop alone, invited by who sets shops up."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from payments.coupons.coupon_models import Shop
from staff import grants, invitations
from staff.models import ClerkInvitation, Grant, Invitation, Role


@transaction.atomic
def invite_clerk(*, shop: Shop, by: User, at: datetime) -> str:
    """Return a code that gives its holder an account for this shop's page and nothing else."""
    lot = shop.lot
    code = invitations.invite(operator=lot.operator, lot=lot, role=Role.SHOP, by=by, at=at)
    ClerkInvitation.objects.create(shop=shop, invitation=invitations.by_code(code))
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
