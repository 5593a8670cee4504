"""Who of staff may do what, and where: one row a role given to a person (授权).

The roles' rights stand in one table, `lots.console.rights.MAY`.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models import Q

from lots.errors import ParkingError

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.base import SessionBase

    from lots.models import Lot, Operator


class Role(models.TextChoices):
    """What somebody is at an operator or at one lot of it."""

    OWNER = "owner"  # 负责人
    FINANCE = "finance"  # 财务
    DUTY = "duty"  # 值班经理
    BOOTH = "booth"  # 岗亭收费员
    TECHNICIAN = "technician"  # 设备维护
    AUDITOR = "auditor"  # 审计, reads everything and changes nothing
    REGULATOR = "regulator"  # 监管人员, sees the compliance pages alone
    SHOP = "shop"  # 商户, hands out coupons and sees nothing else


class Grant(models.Model):
    """One role of one person at one operator, or at one lot of it alone.

    It is ended, never deleted: who could do what at any time stays known.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="grants")
    lot = models.ForeignKey(
        "lots.Lot", models.PROTECT, null=True, related_name="grants", help_text="Null: each of its lots."
    )
    role = models.CharField(max_length=10, choices=Role)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "operator", "role"],
                condition=Q(lot=None, ended_at=None),
                name="grant_once_per_operator",
            ),
            models.UniqueConstraint(
                fields=["user", "lot", "role"],
                condition=Q(lot__isnull=False, ended_at=None),
                name="grant_once_per_lot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.operator_id}/{self.lot_id or '*'}"


class Invitation(models.Model):
    """A code, good once and for some days, by which somebody gets an account, or a new password for theirs.

    The owner who asked for it sees it once and hands it over; here is its digest only.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the code.")
    operator = models.ForeignKey("lots.Operator", models.PROTECT, related_name="+")
    lot = models.ForeignKey("lots.Lot", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role, blank=True, help_text="Blank: only a new password.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose new password it is for; null: a new account.",
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role="", user__isnull=False) | (~Q(role="") & Q(user=None)),
                name="invitation_gives_a_role_or_a_password",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class SignIn(AbstractBaseSession):
    """Django's session of somebody of staff, with whose it is, so that one sees and ends one's own.

    No driver has one. It keeps neither address nor browser.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sign_ins")
    since = models.DateTimeField()

    @classmethod
    def get_session_store_class(cls) -> "type[SessionBase]":
        from lots.signins import SessionStore

        return SessionStore


class ForeignLot(ParkingError):
    """The lot belongs to another operator."""

    code = "grant_foreign_lot"


class LastOwner(ParkingError):
    """An operator would be left without anybody who can give rights."""

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
