"""What a stay costs everybody, and what a member's coupon takes off: one rule, the lot's, on both pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from lots import tariffs
from lots.models import Lot
from lots.plates import PlateKind as PlateKind
from lots.pricing import place_of, version_at
from lots.tariffs import Price
from lots.tariffs.examples import MONDAY_AT_TEN
from members.asked import BenefitKind
from members.models import Benefit
from payments.coupons import coupon_rules

MINUTES = (120, 480)


def compared(lot: Lot, benefits: Sequence[Benefit], *, at: datetime) -> list[tuple[int, int, int]]:
    """Return (minutes, what everybody pays, what is left with the best daily coupon) for two usual stays.

    Nothing where another vendor's system prices the stays.
    """
    version = version_at(lot, at) if lot.system == Lot.System.BUILTIN else None
    daily = [one for one in benefits if one.kind in {BenefitKind.MINUTES, BenefitKind.PERCENT}]
    if version is None or not daily:
        return []
    tariff, place = tariffs.read(version.document), place_of(lot)
    came = MONDAY_AT_TEN.replace(tzinfo=place.zone)

    def price(begin: datetime, end: datetime) -> Price:
        return tariff.price(begin, end, PlateKind.ORDINARY, place=place)

    found = []
    for minutes in MINUTES:
        until = came + timedelta(minutes=minutes)
        left = min(coupon_rules.reduce(price, came, until, [_right(one)]).fen for one in daily)
        found.append((minutes, price(came, until).fen, left))
    return found


def _right(benefit: Benefit) -> coupon_rules.Right:
    kind = (
        coupon_rules.CouponKind.MINUTES
        if benefit.kind == BenefitKind.MINUTES
        else coupon_rules.CouponKind.PERCENT
    )
    return coupon_rules.Right(0, kind, benefit.value, coupon_rules.Position.DEDUCT_HEAD, None, None)
