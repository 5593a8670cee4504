"""Coupons by shop: the sums of the settlement with shops, for several lots at once."""

from django.utils.translation import gettext

from payments.coupons.coupon_models import Shop
from payments.coupons.shop_settlement import settlements
from payments.reports.report import Asked, Report, Unit


def by_shop(asked: Asked) -> Report:
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
            (gettext("停车场"), Unit.TEXT),
            (gettext("商户"), Unit.TEXT),
            (gettext("发放张数"), Unit.COUNT),
            (gettext("使用张数"), Unit.COUNT),
            (gettext("抵扣（元）"), Unit.FEN),
            (gettext("商户应付（元）"), Unit.FEN),
        ),
        rows,
        gettext("各商户抵扣（元），至多 20 家"),
        sorted(((row[1], row[4]) for row in rows), key=lambda bar: -bar[1])[:20],
        Unit.FEN,
        (gettext("合计"), "", *(sum(int(row[at]) for row in rows) for at in range(2, 6))),
        gettext("与商户结算同一口径。没有发放也没有使用的商户不列出。"),
    )
