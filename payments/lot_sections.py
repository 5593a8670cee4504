"""What payments add to a lot's document (`lots.lot_document`): its shops, and who reports outside payments.

    "shops": [{"name": "示例超市", "per_day": 200, "offers": [{"name": "…", "kind": "minutes", …}, "…"]}],
    "external_collectors": [{"device": "东出口", "channel": "etc", "gives_back": true}]

shops                 found by name. Limits: `pays_percent`, `per_hour`, `per_day`, `per_plate_day`,
                      `month_fen`. An offer is a document (payments.coupons.coupon_offers) or the name of one.
external_collectors   devices of the signed API that may report payments of an outside channel: etc,
                      plate_pay, other; null stops it. `gives_back`: it carries out refunds itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lots.lot_document import ApplyReport
from lots.models import Device, Lot
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.coupons.coupon_offers import OfferError, add_offer, add_shop, change_shop, read_offer
from payments.models import Reporter

LIMITS = {
    "pays_percent": 100,
    "per_hour": 10**6,
    "per_day": 10**6,
    "per_plate_day": 10**4,
    "month_fen": 10**12,
}


def apply_shops(lot: Lot, value: object, report: ApplyReport, at: datetime) -> None:
    """Add the shops that are missing and change the limits and offers of the others."""
    seen: set[str] = set()
    for path, item in report.items(value, "shops"):
        values = report.fields(item, path, {"name"}, {"offers", *LIMITS})
        name, limits = values.get("name"), _limits(values, path, report)
        if not isinstance(name, str) or not 0 < len(name.strip()) <= 60:
            report.fault(f"{path}.name", "must be a text of 1 to 60 characters")
        elif name.strip() in seen:
            report.fault(f"{path}.name", "stands here twice")
        else:
            seen.add(name.strip())
            listed = report.items(values["offers"], f"{path}.offers") if "offers" in values else []
            _shop(lot, name.strip(), limits, _offers(lot, listed, report, at), report, at)


def apply_external_collectors(lot: Lot, value: object, report: ApplyReport, _at: datetime) -> None:
    """Allow devices to report payments of an outside channel, or stop them."""
    for path, item in report.items(value, "external_collectors"):
        values = report.fields(item, path, {"device"}, {"channel", "gives_back"})
        channel, gives_back = values.get("channel"), values.get("gives_back", False)
        device = lot.devices.in_use().filter(name=values.get("device"), make=Device.Make.API).first()
        if device is None:
            report.fault(f"{path}.device", "no device of the signed API has this name")
        if channel is not None and channel not in Reporter.NAMES:
            report.fault(f"{path}.channel", f"must be one of {', '.join(Reporter.Channel.values)}, or null")
        if not isinstance(gives_back, bool):
            report.fault(f"{path}.gives_back", "must be true or false")
        elif device is not None and (channel is None or channel in Reporter.NAMES):
            _collector(device, channel, gives_back, report)


def _limits(values: Mapping[str, Any], path: str, report: ApplyReport) -> dict[str, Any]:
    limits = {}
    for name, most in LIMITS.items():
        value = values.get(name)
        if name not in values:
            continue
        if (value is None and name != "pays_percent") or (type(value) is int and 0 <= value <= most):
            limits[name] = value
        else:
            report.fault(f"{path}.{name}", f"must be a whole number from 0 to {most}")
    return limits


def _shop(
    lot: Lot,
    name: str,
    limits: Mapping[str, Any],
    offers: list[CouponOffer],
    report: ApplyReport,
    at: datetime,
) -> None:
    shop = Shop.objects.filter(lot=lot, name=name).first()
    if shop is None:
        shop = add_shop(lot=lot, name=name, at=at, **limits)
        report.changes.append(f"shop {name}: added")
    differs = {key: value for key, value in limits.items() if getattr(shop, key) != value}
    report.changes += [f"shop {name}: {key} {getattr(shop, key)} → {value}" for key, value in differs.items()]
    known = set(shop.offers.all())
    fresh = [offer for offer in offers if offer not in known]
    report.changes += [f"shop {name}: hands out {offer.name}" for offer in fresh]
    if differs or fresh:
        change_shop(shop, offers=[*known, *fresh], at=at, **differs)


def _offers(
    lot: Lot, listed: Sequence[tuple[str, Any]], report: ApplyReport, at: datetime
) -> list[CouponOffer]:
    offers: list[CouponOffer] = []
    for path, item in listed:
        offer = _offer(lot, path, item, report, at)
        if offer in offers:
            report.fault(path, "stands here twice")
        elif offer is not None:
            offers.append(offer)
    return offers


def _offer(lot: Lot, path: str, document: Any, report: ApplyReport, at: datetime) -> CouponOffer | None:
    """Return the offer of a name, or of a document; it is added where the lot has none of this name."""
    try:
        fields = {"name": document} if isinstance(document, str) else read_offer(document)
    except OfferError as error:
        report.fault(f"{path}.{error.path}" if error.path else path, error.reason)
        return None
    known = CouponOffer.objects.filter(lot=lot, name=fields["name"], ended_at=None).first()
    if known is None and isinstance(document, str):
        report.fault(path, "there is no offer of this name in this lot")
    elif known is None:
        report.changes.append(f"offer {fields['name']}: added")
        return add_offer(lot=lot, document=document, at=at)
    elif any(getattr(known, key) != value for key, value in fields.items()):
        report.fault(path, "an offer of this name has other terms: choose another name")
        return None
    return known


def _collector(device: Device, channel: str | None, gives_back: bool, report: ApplyReport) -> None:
    known = Reporter.objects.filter(device=device).first()
    if channel is None:
        if known is not None:
            known.delete()
            report.changes.append(f"device {device.name}: reports no more payments")
    elif known is None or (known.channel, known.gives_back) != (channel, gives_back):
        wanted = {"channel": channel, "gives_back": gives_back}
        Reporter.objects.update_or_create(device=device, defaults=wanted)
        report.changes.append(f"device {device.name}: reports payments of {channel}")
