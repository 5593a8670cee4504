"""manage.py issue_coupon LOT SHOP OFFER: hands out a coupon: a link, or with --plate for a plate."""

from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from core.errors import ParkingError
from lots.management.files import lot_called
from lots.plates import PlateError, parse
from payments.coupons.coupon_codes import address
from payments.coupons.coupon_issuing import MOST_AT_ONCE, LimitReached, issue, issue_codes
from payments.coupons.coupon_models import CouponOffer, Shop


class Command(BaseCommand):
    help = "Hand out coupons of a shop, within its limits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("lot", help="the lot's name in addresses")
        parser.add_argument("shop")
        parser.add_argument("offer")
        parser.add_argument("--plate", action="store_true", help="for the plate on standard input")
        parser.add_argument("--count", type=int, default=1, help="how many links")

    def handle(self, *args: Any, lot: str, shop: str, offer: str, count: int, **options: Any) -> None:
        place = lot_called(lot)
        one = Shop.objects.filter(lot=place, name=shop).first()
        sort = CouponOffer.objects.filter(lot=place, name=offer).first()
        if one is None or sort is None or not 1 <= count <= MOST_AT_ONCE:
            raise CommandError("There is no such shop or offer, or the count is out of range.")
        try:
            if options["plate"]:
                coupon = issue(shop=one, offer=sort, plate=parse(input()), request=str(uuid4()), at=now())
                self.stdout.write(f"Issued until {coupon.valid_until.astimezone(place.tz):%m-%d %H:%M}")
                return
            for each in issue_codes(shop=one, offer=sort, count=count, request=str(uuid4()), at=now()):
                self.stdout.write(address(each.code or ""))
        except PlateError as error:
            raise CommandError(f"Nothing was issued: the plate is not valid ({error.reason}).") from None
        except LimitReached as reached:
            raise CommandError(f"Nothing was issued: the shop's limit {reached.limit} is reached.") from None
        except ParkingError as error:
            raise CommandError(f"Nothing was issued: {error.code}.") from None
