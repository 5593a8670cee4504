"""The list of shops with what each owes for a period (商户结算), and that of coupons. No plate is shown."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.bulk_acts import WITHDRAW
from console.list_filters import Days, Filter, day_field
from console.lists import Column, ListPage, amount, lot_name, text, when
from console.shop_pages import STATES, pages_of, period_of, settled, shops_of
from payments.coupons.coupon_models import Coupon, Shop
from staff.access import access


class ShopFilter(Filter):
    """Which shops, and the days whose coupons are settled: this month, where none are named."""

    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All")), ("open", _("In use")), ("ended", _("Retired"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = day_field(pgettext_lazy("period", "From"))
        self.fields["to"] = day_field(_("Until"))

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, state = super().narrow(rows), self.value_of("state")
        return rows if state is None else rows.filter(ended_at__isnull=state == "open")


class ShopList(ListPage):
    """Every shop with what its coupons took in a period."""

    action, title, name = "shops.see", _("Shops and coupons"), "shops"
    route = "console:shops"
    model, filter_class, order, size = Shop, ShopFilter, "name", 100
    template_name = "console/shops.html"
    empty = _("No shops match.")
    none_yet = _("No shops yet.")
    columns = (
        Column(
            _("Shop"),
            lambda line: line["row"].name,
            show=lambda line: _named(line["row"], line["page"]),
            is_header=True,
            cell="name",
            sort="name",
        ),
        lot_name(),
        text(_("Issued coupons"), "issued", of="sums", css="number wide"),
        text(_("Redeemed"), "used", of="sums", css="number"),
        amount(_("Face value (¥)"), "face_fen", of="sums", css="number wide"),
        amount(_("Deducted (¥)"), "used_fen", of="sums"),
        amount(_("Payable by the shop (¥)"), "shop_fen", of="sums"),
    )

    def make_form(self) -> ShopFilter:
        query, period = self.request.GET.copy(), period_of(self.request)
        query["from"], query["to"] = str(period.first), str(period.last)
        return ShopFilter(query, lots=access(self.request).lots())

    def queryset(self) -> QuerySet[Any]:
        return shops_of(self.request)

    def lines(self, rows: Sequence[Shop]) -> list[dict[str, Any]]:
        period = period_of(self.request)
        sums = settled(rows, period)
        page_of = pages_of(access(self.request))
        return [{"row": one.shop, "sums": one, "page": page_of(one.shop)} for one in sums]

    def context(self) -> dict[str, Any]:
        sums = settled(list(self.rows()), period_of(self.request))
        return {
            "total": {name: sum(getattr(one, name) for one in sums) for name in ("used_fen", "shop_fen")},
            **self.places("shops.edit"),
        }


# As the list calls them: one that a payment holds is unused until the money comes.
SHOWN_STATES = [(state, words) for state, words in STATES.items() if state != Coupon.State.HELD]


class CouponFilter(Days):
    """Which coupons: of a lot, of a shop, in a state, issued on some days."""

    at = "issued_at"
    state = forms.ChoiceField(required=False, label=_("State"), choices=[("", _("All")), *SHOWN_STATES])
    field_order = ["lot", "shop", "state", "first", "last"]

    def __init__(self, data: Any, *, lots: QuerySet[Any]) -> None:
        super().__init__(data, lots=lots)
        shops = Shop.objects.filter(lot__in=lots).order_by("name")
        self.fields["shop"] = forms.ModelChoiceField(
            shops, required=False, label=gettext("Shop"), empty_label=gettext("All")
        )
        self.order_fields(self.field_order)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, shop, state = super().narrow(rows), self.value_of("shop"), self.value_of("state")
        if shop is not None:
            rows = rows.filter(shop=shop)
        return rows if state is None else rows.filter(state__in=Coupon.OPEN if state == "issued" else [state])


class CouponList(ListPage):
    """Every coupon that shops issued: what became of it and what it took off."""

    action, title, name = "shops.see", _("All coupons"), "coupons"
    route, acts = "console:coupons", (WITHDRAW,)
    model, filter_class, related = Coupon, CouponFilter, ("lot", "shop", "offer", "use")
    empty = _("No coupons match.")
    none_yet = _("No coupons have been issued yet.")
    columns = (
        when(pgettext_lazy("coupon", "Issued at"), "issued_at", sort="issued_at"),
        Column(
            _("Shop"),
            lambda line: line["row"].shop.name,
            link=lambda line: line["page"],
            cell="name",
            sort="shop__name",
        ),
        lot_name(),
        text(_("Coupon"), "offer.name", css="wide", cell="name", sort="offer__name"),
        Column(_("Method"), lambda line: _method(line["row"]), css="wide"),
        Column(
            _("State"),
            lambda line: STATES[line["row"].state],
            show=lambda line: format_html('<span class="tag">{}</span>', STATES[line["row"].state]),
            sort="state",
        ),
        when(_("Used at"), "use.used_at", css="wide", sort="use__used_at"),
        amount(_("Deduction (¥)"), "use.fen", sort="use__fen"),
    )

    def lines(self, rows: Sequence[Coupon]) -> list[dict[str, Any]]:
        page_of = pages_of(access(self.request))
        return [{"row": row, "page": page_of(row.shop)} for row in rows]


def _named(shop: Shop, page: str) -> str:
    tag = format_html(' <span class="tag">{}</span>', gettext("Retired")) if shop.ended_at else ""
    name = format_html('<a href="{}">{}</a>', page, shop.name) if page else shop.name
    return format_html("{}{}", name, tag)


def _method(coupon: Coupon) -> str:
    if coupon.for_plate:
        return gettext("By plate")
    return gettext("QR code …%(end)s") % {"end": coupon.code_end}
