"""What shops owe for their coupons (商户结算): per shop and period, and coupon by coupon.

Values come from the ledger, whose rows never change: a period that was settled keeps its sums, and what a car
takes more by staying on counts in the period in which that happened. No plate and no code stands here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from payments.coupons.coupon_models import Coupon, CouponUse, Shop
from payments.models import LedgerEntry

_SIGNED = Case(When(kind=LedgerEntry.Kind.COUPON, then=F("amount_fen")), default=-F("amount_fen"))
_OF_SHOP = Q(debit__startswith="shop:") | Q(credit__startswith="shop:")


@dataclass(frozen=True)
class ShopSettlement:
    """One shop in one period [begin, end)."""

    shop: Shop
    issued: int
    used: int
    face_fen: int
    used_fen: int  # taken off fees
    shop_fen: int  # of that, what the shop pays


@dataclass(frozen=True)
class CouponRow:
    """One coupon in one period. `face_fen` is null where it was first used in an earlier one."""

    used_at: datetime
    offer: str
    for_plate: bool
    face_fen: int | None
    used_fen: int
    shop_fen: int


def settlements(shops: Iterable[Shop], *, begin: datetime, end: datetime) -> list[ShopSettlement]:
    """Return what each shop's coupons took in a period."""
    shops = list(shops)
    issued = dict(
        Coupon.objects.filter(shop__in=shops, issued_at__gte=begin, issued_at__lt=end)
        .values_list("shop")
        .annotate(n=Count("pk"))
    )
    uses = CouponUse.objects.filter(shop__in=shops, used_at__gte=begin, used_at__lt=end)
    used = {shop: (n, face) for shop, n, face in
            uses.values_list("shop").annotate(n=Count("pk"), face=Sum("face_fen"))}  # fmt: skip
    taken = {shop: (fen, part or 0) for shop, fen, part in
             _entries(shops, begin, end).values_list("coupon_use__shop").annotate(
                 fen=Sum(_SIGNED), part=Sum(_SIGNED, filter=_OF_SHOP))}  # fmt: skip
    return [
        ShopSettlement(
            shop,
            issued.get(shop.pk, 0),
            *used.get(shop.pk, (0, 0)),
            *taken.get(shop.pk, (0, 0)),
        )
        for shop in shops
    ]


def rows_of(shop: Shop, *, begin: datetime, end: datetime) -> list[CouponRow]:
    """Return each coupon that took something in a period, in the order of use; they add up to its sums."""
    found = (
        _entries([shop], begin, end)
        .values_list(
            "coupon_use__used_at",
            "coupon_use__coupon__offer__name",
            "coupon_use__coupon__for_plate",
            "coupon_use__face_fen",
            "coupon_use",
        )
        .annotate(fen=Sum(_SIGNED), part=Sum(_SIGNED, filter=_OF_SHOP))
        .order_by("coupon_use__used_at", "coupon_use")
    )
    return [
        CouponRow(used_at, offer, for_plate, face if begin <= used_at < end else None, fen, part or 0)
        for used_at, offer, for_plate, face, _, fen, part in found
    ]


def _entries(shops: Iterable[Shop], begin: datetime, end: datetime) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(coupon_use__shop__in=list(shops), at__gte=begin, at__lt=end)
