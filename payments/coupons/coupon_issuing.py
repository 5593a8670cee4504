"""Handing out coupons within a shop's limits, and taking them back while they are unused."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, QuerySet, Sum, When

from core.errors import ParkingError
from core.vault import plate_index
from lots import gates, sessions
from lots.models import Lot, ParkingSession
from lots.plates import Plate
from lots.plates import PlateKind as PlateKind
from lots.pricing import pricing_of
from payments.coupons import coupon_rules
from payments.coupons.coupon_codes import digest, new_code, reveal, seal_code
from payments.coupons.coupon_models import Coupon, CouponEvent, CouponOffer, Shop
from payments.coupons.late_coupons import give_back_late_coupons
from payments.coupons.redemption import let_go, locked, use_coupons

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PLATE_LONGEST = timedelta(hours=24)  # no coupon makes us know a plate for longer
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_AT_ONCE = 100
State = Coupon.State
Kind = CouponOffer.Kind


class NotOffered(ParkingError):
    """The shop cannot issue this sort of coupon: one of them has ended, or it was never assigned."""

    code = "coupon_not_offered"


class NotRevocable(ParkingError):
    """The coupon is used, in a payment or expired."""

    code = "coupon_not_revocable"


class LimitReached(ParkingError):
    """One of the shop's limits would be exceeded; `limit` is the name of its field."""

    code = "coupon_limit"

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


def issue(
    *, shop: Shop, offer: CouponOffer, plate: Plate, request: str, at: datetime, by: "User | None" = None
) -> Coupon:
    """Hand out a coupon for a plate. A repeat of `request` returns the first one.

    A car that has paid already gets the difference back; one that stands at the exit is let out if nothing is
    left to pay. For any other it counts when its driver looks up the fee, or by itself at the exit.
    Raises `NotOffered` or `LimitReached`.
    """
    coupon = _issue(shop, offer, plate, request, at, by)
    session = sessions.find_open(shop.lot_id, plate)
    if session is not None and session.paid_fen:
        give_back_late_coupons(session, at=at)
    elif session is not None and session.entered_at and gates.waits(session, at=at):
        use_coupons(session, lane=None, at=at)
    coupon.refresh_from_db()
    return coupon


@transaction.atomic
def issue_codes(
    *,
    shop: Shop,
    offer: CouponOffer,
    count: int = 1,
    request: str,
    at: datetime,
    by: "User | None" = None,
) -> list[Coupon]:
    """Hand out `count` coupons with a code each, all or none. A repeat returns the first ones."""
    assert 1 <= count <= MOST_AT_ONCE
    return [_issue(shop, offer, None, f"{request}/{number}", at, by) for number in range(count)]


@transaction.atomic
def _issue(
    shop: Shop, offer: CouponOffer, plate: Plate | None, request: str, at: datetime, by: "User | None"
) -> Coupon:
    """Issue a coupon with the shop locked, so that its limits hold however many people press at once."""
    shop = Shop.objects.select_for_update(of=("self",)).select_related("lot").get(pk=shop.pk)
    if earlier := Coupon.objects.filter(request=request).first():
        if earlier.shop_id != shop.pk:
            raise NotOffered(f"shop {shop.pk}: another shop's request")
        earlier.code = reveal(earlier.sealed_code)
        return earlier
    if shop.ended_at or offer.ended_at or not shop.offers.filter(pk=offer.pk).exists():
        raise NotOffered(f"shop {shop.pk} offer {offer.pk}")
    index = plate_index(shop.lot_id, plate.text) if plate else None
    bound = bound_fen(offer, lot=shop.lot, at=at)
    if limit := _exceeded(shop, index, bound, at):
        raise LimitReached(limit)
    code = None if plate else new_code()
    coupon = Coupon.objects.create(
        lot_id=shop.lot_id,
        shop=shop,
        offer=offer,
        digest=digest(code) if code else None,
        sealed_code=seal_code(code) if code else None,
        code_end=code[-4:] if code else "",
        plate_index=index,
        for_plate=plate is not None,
        issued_at=at,
        valid_until=valid_until(offer, lot=shop.lot, for_plate=plate is not None, at=at),
        bound_fen=bound,
        request=request,
    )
    CouponEvent.objects.create(coupon=coupon, became=State.ISSUED, cause="issue", by=by, at=at)
    coupon.code = code
    return coupon


def valid_until(offer: CouponOffer, *, lot: Lot, for_plate: bool, at: datetime) -> datetime:
    ends = [at + timedelta(hours=offer.valid_hours)]
    ends += [coupon_rules.end_of_day(at, lot.tz)] if offer.same_day else []
    ends += [at + PLATE_LONGEST] if for_plate else []
    return min(ends)


def bound_fen(offer: CouponOffer, *, lot: Lot, at: datetime) -> int:
    """Return the most that a coupon is thought to take, for the shop's budget: its ceiling or amount, the
    price of its minutes, else of 24 hours. Raises `NoTariff`."""
    if offer.kind == Kind.AMOUNT:
        worth = offer.value
    else:
        sample = ParkingSession(lot=lot, plate_kind=PlateKind.ORDINARY, entered_at=at)
        time = timedelta(minutes=offer.value) if offer.kind == Kind.MINUTES else DAY
        worth = pricing_of(sample)[0](at, at + time).fen
    return worth if offer.most_fen is None else min(worth, offer.most_fen)


def _exceeded(shop: Shop, index: bytes | None, bound: int, at: datetime) -> str:
    """Return the name of the limit that one more coupon would exceed, or nothing."""
    day = coupon_rules.end_of_day(at, shop.lot.tz) - DAY
    alive = shop.coupons.exclude(state=State.REVOKED)
    counts = {
        "per_hour": alive.filter(issued_at__gt=at - HOUR),
        "per_day": alive.filter(issued_at__gte=day),
        "per_plate_day": alive.filter(issued_at__gte=day, plate_index=index) if index else alive.none(),
    }
    for name, rows in counts.items():
        most = getattr(shop, name)
        if most is not None and rows.count() >= most and (name != "per_plate_day" or index):
            return name
    if shop.month_fen is not None and committed_fen(shop, at=at) + bound > shop.month_fen:
        return "month_fen"
    return ""


def committed_fen(shop: Shop, *, at: datetime) -> int:
    """Return what this month's coupons have taken, or may still take, of the shop's budget."""
    month = at.astimezone(shop.lot.tz).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows: QuerySet[Coupon] = shop.coupons.filter(issued_at__gte=month)
    worth = Case(
        When(state=State.USED, then=F("use__fen")),
        When(state__in=Coupon.OPEN, then=F("bound_fen")),
        default=0,
    )
    return rows.aggregate(fen=Sum(worth))["fen"] or 0


@transaction.atomic
def revoke(coupon: Coupon, *, why: str, at: datetime, by: "User | None" = None) -> bool:
    """Take a coupon back; False if it is used, being paid with, or over. Repeating it changes nothing."""
    (coupon,) = locked([coupon.pk])
    coupon.by = by
    return let_go(coupon, at=at) and coupon.advance(State.REVOKED, at=at, cause=why[:100])


def open_offers(shop: Shop) -> Sequence[CouponOffer]:
    return list(shop.offers.filter(ended_at=None).order_by("name"))
