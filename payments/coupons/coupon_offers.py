"""Setting up shops and what they may hand out.

An offer as a document, amounts in fen, with all that may stand in it:

    {"name": "消费满 100 元停 1 小时",
     "kind": "minutes", "value": 60, "position": "deduct_head",
     "most_fen": 2000, "stackable": true, "per_stay": 2, "most_minutes": 300,
     "same_day": true, "valid_hours": 24, "entry": ["09:00", "22:00"],
     "funded_by": "shop"}

`value` is fen (amount), minutes (minutes) or percent off (percent), and absent for all_free and tariff; a
tariff offer has the other tariff in `tariff`. Minutes must say their `position`: nothing is assumed, because
the same coupon is worth 7.00 or 3.50 by it (`payments.coupons.coupon_rules`). The rest is optional.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any

from django.db import IntegrityError, transaction

from core.errors import ParkingError
from lots import tariffs
from lots.models import Lot
from lots.setup.change_recorder import ChangedBy, Stale, Thing, pressed, record
from lots.setup.change_recorder import ChangeKind as ChangeKind
from lots.tariffs import TariffError
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.coupons.coupon_rules import CouponKind, Position

SYSTEM = ChangedBy()  # the command line, or the system itself
SHOP_FIELDS = ("name", "pays_percent", "per_hour", "per_day", "per_plate_day", "month_fen")
MOST_FEN = 1_000_000
BOUNDS = {
    "value": (1, MOST_FEN),
    "most_fen": (1, MOST_FEN),
    "per_stay": (1, 50),
    "most_minutes": (1, 31 * 24 * 60),
    "valid_hours": (1, 366 * 24),
}
VALUES = {
    CouponKind.AMOUNT: (1, MOST_FEN),
    CouponKind.MINUTES: (1, 31 * 24 * 60),
    CouponKind.PERCENT: (1, 99),
}
KNOWN = {*BOUNDS, "name", "kind", "position", "tariff", "stackable", "same_day", "entry", "funded_by"}


class OfferError(ParkingError):
    """The document is no offer: `path` says where, `reason` what is expected there."""

    code = "coupon_offer_invalid"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class OfferNameTaken(ParkingError):
    """The lot has a shop, or an offer, of this name already."""

    code = "coupon_name_taken"


def add_shop(
    *,
    lot: Lot,
    name: str,
    at: datetime,
    offers: Iterable[CouponOffer] = (),
    by: ChangedBy = SYSTEM,
    **limits: Any,
) -> Shop:
    """Add a shop to a lot; a second press of the same form returns it. Raises `OfferNameTaken`."""
    try:
        with transaction.atomic():
            shop = Shop.objects.create(lot=lot, name=name, created_at=at, **limits)
            shop.offers.set(offers)
            record(shop, Thing.SHOP, ChangeKind.ADDED, by=by, at=at, after=values_of_shop(shop))
            return shop
    except IntegrityError:
        if (known := pressed(by, Shop)) is not None:
            return known  # type: ignore[no-any-return]
        raise OfferNameTaken(f"lot {lot.pk}") from None


def values_of_shop(shop: Shop) -> dict[str, Any]:
    """Return what staff set of a shop; its coupons by name."""
    values = {name: getattr(shop, name) for name in SHOP_FIELDS}
    return {**values, "offers": sorted(shop.offers.values_list("name", flat=True))}


def change_shop(
    shop: Shop,
    *,
    offers: Iterable[CouponOffer],
    at: datetime,
    by: ChangedBy = SYSTEM,
    revision: int | None = None,
    **fields: Any,
) -> bool:
    """Write a shop's name, limits and what it may hand out; False where nothing differs.

    Coupons that were handed out keep what they promised; the limits count from the next one on. `revision`:
    the one that the form was made from. Raises `OfferNameTaken`, or `Stale` for a form older than the shop.
    """
    try:
        with transaction.atomic():
            row = Shop.objects.select_for_update(of=("self",)).select_related("lot__operator").get(pk=shop.pk)
            before, wanted = values_of_shop(row), list(offers)
            after = {**fields, "offers": sorted(offer.name for offer in wanted)}
            changed = [name for name, value in after.items() if value != before[name]]
            if not changed:
                return False
            if revision not in {None, row.revision}:
                raise Stale(row)
            for name, value in fields.items():
                setattr(row, name, value)
            row.revision += 1
            row.save(update_fields=[*fields, "revision"])
            row.offers.set(wanted)
            former, new = ({name: values[name] for name in changed} for values in (before, after))
            record(row, Thing.SHOP, ChangeKind.CHANGED, by=by, at=at, before=former, after=new)
            return True
    except IntegrityError:
        raise OfferNameTaken(f"lot {shop.lot_id}") from None


@transaction.atomic
def end_shop(shop: Shop, *, at: datetime, by: ChangedBy) -> None:
    """End a shop: it issues no more. What it has issued stays valid, and a repeat changes nothing."""
    if Shop.objects.filter(pk=shop.pk, ended_at=None).update(ended_at=at):
        record(shop, Thing.SHOP, ChangeKind.REVOKED, by=by, at=at)


@transaction.atomic
def end_offer(offer: CouponOffer, *, at: datetime, by: ChangedBy) -> None:
    """End an offer: no shop issues it any more. What drivers hold stays valid."""
    if CouponOffer.objects.filter(pk=offer.pk, ended_at=None).update(ended_at=at):
        record(offer, Thing.COUPON, ChangeKind.REVOKED, by=by, at=at)


def add_offer(*, lot: Lot, document: Mapping[str, Any], at: datetime, by: ChangedBy = SYSTEM) -> CouponOffer:
    """Add an offer to a lot; a second press of the same form returns it.

    Raises `OfferError` or `OfferNameTaken`.
    """
    fields = read_offer(document)
    try:
        with transaction.atomic():
            offer = CouponOffer.objects.create(lot=lot, created_at=at, **fields)
            record(offer, Thing.COUPON, ChangeKind.ADDED, by=by, at=at)
            return offer
    except IntegrityError:
        if (known := pressed(by, CouponOffer, Thing.COUPON)) is not None:
            return known  # type: ignore[no-any-return]
        raise OfferNameTaken(f"lot {lot.pk}") from None


def read_offer(document: object) -> dict[str, Any]:
    """Return the fields of an offer, or raise `OfferError` at the first thing wrong in its document."""
    if not isinstance(document, Mapping):
        raise OfferError("", "must be an object")
    for key in document:
        if key not in KNOWN:
            raise OfferError(str(key), "is not known")
    kind = _one_of(document, "kind", list(CouponKind))
    fields: dict[str, Any] = {"name": _name(document), "kind": kind, **_worth(document, CouponKind(kind))}
    for key in ("most_fen", "per_stay", "most_minutes", "valid_hours"):
        if key in document:
            fields[key] = _whole(document, key, *BOUNDS[key])
    for key in ("stackable", "same_day"):
        if key in document:
            fields[key] = _yes_or_no(document, key)
    if "funded_by" in document:
        fields["funded_by"] = _one_of(document, "funded_by", list(CouponOffer.Funder))
    return {**fields, **_entry(document)}


def _worth(document: Mapping[str, Any], kind: CouponKind) -> dict[str, Any]:
    worth: dict[str, Any] = {}
    for key, wanted in {
        "value": kind in VALUES,
        "position": kind is CouponKind.MINUTES,
        "tariff": kind is CouponKind.TARIFF,
    }.items():
        if (key in document) != wanted:
            raise OfferError(key, "is missing" if wanted else f"has no place in a coupon of kind {kind}")
    if kind in VALUES:
        worth["value"] = _whole(document, "value", *VALUES[kind])
    if kind is CouponKind.MINUTES:
        worth["position"] = _one_of(document, "position", list(Position))
    if kind is CouponKind.TARIFF:
        try:
            rule = tariffs.read(document["tariff"])
        except TariffError as error:
            raise OfferError(f"tariff.{error.path}", error.reason) from None
        if rule.currency is not tariffs.CNY:
            raise OfferError("tariff.currency", "must be CNY: coupons are settled in yuan")
        worth["tariff"] = document["tariff"]
    return worth


def _entry(document: Mapping[str, Any]) -> dict[str, Any]:
    if "entry" not in document:
        return {}
    try:
        begin, end = (time.fromisoformat(text) for text in document["entry"])
    except (TypeError, ValueError):
        raise OfferError("entry", 'must be two times of day, such as ["09:00", "22:00"]') from None
    if begin == end or begin.tzinfo or end.tzinfo:
        raise OfferError("entry", "must be two different times of day")
    return {"entry_from": begin, "entry_to": end}


def _name(document: Mapping[str, Any]) -> str:
    name = document.get("name")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 60:
        raise OfferError("name", "must be a text of 1 to 60 characters")
    return name.strip()


def _one_of(document: Mapping[str, Any], key: str, values: list[Any]) -> str:
    value = document.get(key)
    if value not in values:
        raise OfferError(key, f"must be one of {', '.join(map(str, values))}")
    return str(value)


def _whole(document: Mapping[str, Any], key: str, least: int, most: int) -> int:
    value = document[key]
    if type(value) is not int or not least <= value <= most:
        raise OfferError(key, f"must be a whole number from {least} to {most}")
    return value


def _yes_or_no(document: Mapping[str, Any], key: str) -> bool:
    value = document[key]
    if not isinstance(value, bool):
        raise OfferError(key, "must be true or false")
    return value
