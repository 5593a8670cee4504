"""Coupons by shop: the sums of the settlement with shops, for several lots at once."""

from django.utils.translation import gettext

from payments.coupons.coupon_models import Shop
from payments.coupons.shop_settlement import settlements
from payments.reports.report import Report, ReportRange, Unit


def by_shop(asked: ReportRange) -> Report:
    """Return how many coupons each shop issued, how many were used, and what they took."""
    found = []
    for _, lots, begin, end in asked.zones():
        shops = Shop.objects.filter(lot__in=lots).select_related("lot").order_by("lot__name", "name")
        found += settlements(shops, begin=begin, end=end)
    rows = [
        (one.shop.lot.name, one.shop.name, one.issued, one.used, one.used_fen, one.shop_fen)
        for one in found
        if one.issued or one.used or one.used_fen
    ]
    return Report(
        (
            (gettext("Lot"), Unit.TEXT),
            (gettext("Shop"), Unit.TEXT),
            (gettext("Coupons issued"), Unit.COUNT),
            (gettext("Coupons used"), Unit.COUNT),
            (gettext("Deduction (¥)"), Unit.FEN),
            (gettext("Payable by the shop (¥)"), Unit.FEN),
        ),
        rows,
        gettext("Deductions by shop (¥), at most 20 shops"),
        sorted(((row[1], row[4]) for row in rows), key=lambda bar: -bar[1])[:20],
        Unit.FEN,
        (gettext("Total"), "", *(sum(int(row[at]) for row in rows) for at in range(2, 6))),
        gettext(
            "Same basis as the settlement with shops. Shops with no coupons issued or used are left out."
        ),
    )
