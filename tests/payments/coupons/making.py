"""A shop with one offer, and what a test does with coupons most."""

from itertools import count
from typing import Any

from lots.models import Lot
from lots.plates import parse
from payments import ledger
from payments.coupons.coupon_issuing import issue, issue_codes
from payments.coupons.coupon_models import Coupon, CouponOffer, Shop
from tests.factories import NOON

PLATE = "沪A12345"
_numbers = count(1)


def make_shop(lot: Lot, **fields: Any) -> Shop:
    name = f"浦江书店 {next(_numbers)}"
    return Shop.objects.create(lot=lot, **{"name": name, "per_plate_day": None, "created_at": NOON, **fields})


def make_offer(shop: Shop, kind: str = "minutes", value: int = 60, **fields: Any) -> CouponOffer:
    position = "deduct_head" if kind == "minutes" else ""
    offer = CouponOffer.objects.create(
        lot=shop.lot,
        **{
            "name": f"券 {next(_numbers)}",
            "kind": kind,
            "value": value,
            "position": position,
            "created_at": NOON,
            **fields,
        },
    )
    offer.shops.add(shop)
    return offer


def hand_out(shop: Shop, offer: CouponOffer, at, plate: str | None = PLATE, **more: Any) -> Coupon:
    request = more.pop("request", f"press-{next(_numbers)}")
    if plate is not None:
        return issue(shop=shop, offer=offer, plate=parse(plate), request=request, at=at, **more)
    return issue_codes(shop=shop, offer=offer, request=request, at=at, **more)[0]


def booked() -> dict[str, int]:
    """The accounts that are not level; all accounts sum to zero."""
    balances = ledger.balances()
    assert sum(balances.values()) == 0
    return {name: fen for name, fen in balances.items() if fen}
