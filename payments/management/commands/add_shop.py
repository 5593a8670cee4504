"""manage.py add_shop LOT NAME --offers FILE.json: lets a shop hand out coupons (see docs/coupons.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.timezone import now

from lots.management.files import lot_called, read_json
from lots.models import Lot
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.coupons.coupon_offers import NameTaken, OfferError, add_offer, add_shop, read_offer

LIMITS = {
    "pays_percent": "what the shop pays of the value its coupons took, in percent (default 100)",
    "per_hour": "coupons in 60 minutes",
    "per_day": "coupons in a day",
    "per_plate_day": "coupons for one plate in a day (default 1)",
    "month_fen": "most that the coupons of one month may take, in fen",
}


class Command(BaseCommand):
    help = "Add a shop, or give one that is there more offers: a JSON list of offers or of names of offers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("name")
        parser.add_argument("--offers", help="JSON file; see payments.coupons.coupon_offers")
        parser.add_argument("--dry-run", action="store_true", help="only check the file")
        for name, help_ in LIMITS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=help_)

    def handle(self, *args: Any, lot: str, name: str, offers: str, dry_run: bool, **options: Any) -> None:
        place, documents = lot_called(lot), read_json(offers) if offers else []
        limits = {key: options[key] for key in LIMITS if options[key] is not None}
        if any(value < 0 for value in limits.values()) or limits.get("pays_percent", 0) > 100:
            raise CommandError("Nothing was written: a limit is out of range.")
        if not isinstance(documents, list):
            raise CommandError("Nothing was written: the file is no list of offers.")
        try:
            if dry_run:
                for document in documents:
                    _ = document if isinstance(document, str) else read_offer(document)
                self.stdout.write(f"{len(documents)} offers are in order")
                return
            with transaction.atomic():
                shop = self._shop(place, name, limits)
                shop.offers.add(*[_offer(place, document) for document in documents])
        except OfferError as error:
            raise CommandError(f"Nothing was written.\n{error}") from None
        except NameTaken:
            raise CommandError(
                "Nothing was written: an offer of this name is there. Name it alone."
            ) from None
        self.stdout.write(
            f"{shop.pk}  {shop.name}: {', '.join(one.name for one in shop.offers.order_by('pk'))}"
        )

    def _shop(self, lot: Lot, name: str, limits: dict[str, int]) -> Shop:
        shop = Shop.objects.filter(lot=lot, name=name).first()
        if shop is None:
            return add_shop(lot=lot, name=name, at=now(), **limits)
        for key, value in limits.items():
            setattr(shop, key, value)
        shop.save(update_fields=list(limits))
        return shop


def _offer(lot: Lot, document: Any) -> CouponOffer:
    """Return the offer of a name that is there already, or make the one that the document says."""
    if not isinstance(document, str):
        return add_offer(lot=lot, document=document, at=now())
    offer = CouponOffer.objects.filter(lot=lot, name=document, ended_at=None).first()
    if offer is None:
        raise OfferError("name", "there is no offer of this name in this lot")
    return offer
