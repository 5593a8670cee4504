"""What a lot gives its members, and a member taking it: always a coupon of the operator's own, or a permit.

The price of a stay is not touched: a coupon takes something off it like any other, and the pure page charges
everybody by the same tariff.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from core.errors import ParkingError
from lots.models import Lot
from lots.plates import Plate
from members.asked import AskedField, BenefitKind, chosen
from members.joining import NotJoined, in_force, is_current
from members.member_keys import request_key
from members.models import Benefit, Member, Points
from payments.coupons.coupon_issuing import issue, issue_codes, revoke
from payments.coupons.coupon_models import Coupon, CouponOffer, Shop
from payments.coupons.coupon_offers import OfferNameTaken, add_offer, add_shop

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SHOP = "会员"
LARGEST = {
    BenefitKind.MINUTES: 24 * 60,
    BenefitKind.PERCENT: 99,
    BenefitKind.POINTS: 100_000,
    BenefitKind.PASS: 0,
}
MOST_POINTS = 100_000


class WrongBenefit(ParkingError):
    """The values make no benefit of this kind; `field` says which."""

    code = "member_benefit_invalid"

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class AlreadyOn(ParkingError):
    """The lot has a benefit of this kind; it has to be ended before another begins."""

    code = "member_benefit_on"


class NotEnough(ParkingError):
    """The member has fewer points than the coupon costs."""

    code = "member_points_short"


def start(
    *,
    lot: Lot,
    kind: BenefitKind,
    at: datetime,
    value: int = 0,
    points: int = 0,
    optional: Iterable[str] = (),
    by: "User | None" = None,
) -> Benefit:
    """Begin a benefit in a lot; the same press again gets the one that it began.

    `optional`: fields that it offers to remember, of those that serve it.
    Raises `asked.NotAsked`, `WrongBenefit` or `AlreadyOn`.
    """
    fields = chosen(kind, optional)
    if kind is BenefitKind.PASS and (value or points):
        raise WrongBenefit("value")
    if kind is not BenefitKind.PASS and not 1 <= value <= LARGEST[kind]:
        raise WrongBenefit("value")
    if not ((1 <= points <= MOST_POINTS) if kind is BenefitKind.POINTS else points == 0):
        raise WrongBenefit("points")
    wanted = {
        "lot": lot,
        "kind": kind,
        "value": value,
        "points": points,
        "asks_plate": AskedField.PLATE in fields or kind is BenefitKind.PASS,
        "asks_name": AskedField.NAME in fields,
        "started_by": by,
    }
    try:
        with transaction.atomic():
            benefit = Benefit.objects.create(**wanted, started_at=at)
            if kind is not BenefitKind.PASS:
                _offer(benefit, at)
            return benefit
    except IntegrityError:
        if (running := Benefit.objects.filter(**wanted, ended_at=None).first()) is not None:
            return running
        raise AlreadyOn(kind) from None


@transaction.atomic
def end(benefit: Benefit, *, at: datetime, by: "User | None" = None) -> bool:
    """End a benefit; coupons and passes that members have keep what they were promised."""
    if not Benefit.objects.filter(pk=benefit.pk, ended_at=None).update(ended_at=at, ended_by=by):
        return False
    if benefit.offer_id is not None:
        CouponOffer.objects.filter(pk=benefit.offer_id).update(ended_at=at)
    return True


def take(benefit: Benefit, member: Member, *, plate: Plate | None, at: datetime) -> Coupon:
    """Give a member today's coupon, for a plate or with a code; a second press gives the same one.

    Raises `NotJoined`, or what `payments.coupons.coupon_issuing` raises.
    """
    _must_be_in(member, benefit)
    assert benefit.shop is not None
    assert benefit.offer is not None
    request = todays(benefit, member, at)
    if plate is None or taken(benefit, member, at=at):
        return issue_codes(shop=benefit.shop, offer=benefit.offer, request=request, at=at)[0]
    return issue(shop=benefit.shop, offer=benefit.offer, plate=plate, request=f"{request}/0", at=at)


def todays(benefit: Benefit, member: Member, at: datetime) -> str:
    """Return the key of the one coupon that a member gets on the lot's day."""
    return request_key(benefit.pk, member.pk, at.astimezone(benefit.lot.tz).date())


@transaction.atomic
def spend_points(benefit: Benefit, member: Member, *, press: str, at: datetime) -> Coupon:
    """Turn points into a coupon with a code. A repeat of `press` gives the same one. Raises `NotEnough`."""
    _must_be_in(member, benefit)
    assert benefit.shop is not None
    assert benefit.offer is not None
    Member.objects.select_for_update().get(pk=member.pk)
    if not Points.objects.filter(member=member, press=press).exists():
        if balance(member, benefit.lot) < benefit.points:
            raise NotEnough
        Points.objects.create(member=member, lot=benefit.lot, points=-benefit.points, press=press, at=at)
    return issue_codes(
        shop=benefit.shop, offer=benefit.offer, request=request_key("points", member.pk, press), at=at
    )[0]


def balance(member: Member, lot: Lot) -> int:
    return Points.objects.filter(member=member, lot=lot).aggregate(n=Sum("points"))["n"] or 0


def coupons_of(member: Member, lot: Lot, *, at: datetime) -> list[Coupon]:
    """Return the coupons that a member took here and may still use, found by their keys alone.

    One for a plate stays in the list until its time is over, used or not: else its absence would show that
    the car was here and has paid.
    """
    daily = Benefit.objects.filter(lot=lot, offer__isnull=False).exclude(kind=BenefitKind.POINTS)
    found = [f"{todays(one, member, at)}/0" for one in daily.select_related("lot")]
    spent = Points.objects.filter(member=member, lot=lot, points__lt=0).values_list("press", flat=True)
    found += [f"{request_key('points', member.pk, press)}/0" for press in spent]
    listed = Q(state__in=Coupon.OPEN) | Q(for_plate=True) & ~Q(state=Coupon.State.REVOKED)
    rows = Coupon.objects.filter(listed, request__in=found, valid_until__gt=at)
    return list(rows.select_related("offer").order_by("pk"))


def taken(benefit: Benefit, member: Member, *, at: datetime) -> bool:
    """Return whether a member had today's coupon already, whatever became of it."""
    return Coupon.objects.filter(request=f"{todays(benefit, member, at)}/0").exists()


def take_back(member: Member, lot: Lot, *, at: datetime) -> int:
    """Take back a member's unused coupons, when they leave."""
    return sum(revoke(coupon, why="member left", at=at) for coupon in coupons_of(member, lot, at=at))


def _must_be_in(member: Member, benefit: Benefit) -> None:
    consent = in_force(member, benefit.lot)
    if benefit.ended_at is not None or consent is None or not is_current(consent):
        raise NotJoined


def _offer(benefit: Benefit, at: datetime) -> None:
    """Make the coupon of a benefit: the operator pays for it, and its terms stand in the offer."""
    shop = Shop.objects.filter(lot=benefit.lot, name=SHOP).first()
    if shop is None:
        shop = add_shop(lot=benefit.lot, name=SHOP, at=at, per_plate_day=None)
    worth = {"minutes": "minutes", "percent": "percent", "points": "amount"}[benefit.kind]
    document = {
        "name": f"会员权益 {benefit.pk}",
        "kind": worth,
        "value": benefit.value,
        "funded_by": "operator",
        **({"position": "deduct_head"} if worth == "minutes" else {}),
        **({"same_day": False, "valid_hours": 30 * 24} if benefit.kind == BenefitKind.POINTS else {}),
    }
    try:
        offer = add_offer(lot=benefit.lot, document=document, at=at)
    except OfferNameTaken:
        raise WrongBenefit("name") from None
    offer.shops.add(shop)
    Benefit.objects.filter(pk=benefit.pk).update(shop=shop, offer=offer)
    benefit.shop, benefit.offer = shop, offer
