"""What is filled in about shops and what they hand out; limits left empty are none."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.money_forms import YuanField
from console.tariff_faults import fault
from lots.models import Lot
from lots.tariff_drafts import document_of, written
from lots.tariffs import TariffError
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.coupons.coupon_offers import BOUNDS, VALUES, OfferError, read_offer
from payments.coupons.rules import Kind, Position

KINDS = [
    (Kind.AMOUNT.value, gettext_lazy("减金额（元）")),
    (Kind.MINUTES.value, gettext_lazy("减时长（分钟）")),
    (Kind.PERCENT.value, gettext_lazy("打折（减百分之几）")),
    (Kind.ALL_FREE.value, gettext_lazy("全免")),
    (Kind.TARIFF.value, gettext_lazy("按另一套计费规则")),
]
POSITIONS = [
    ("", gettext_lazy("请选择")),
    (Position.DEDUCT_HEAD.value, gettext_lazy("最先的时长免费（车主通常这样理解）")),
    (Position.DEDUCT_TAIL.value, gettext_lazy("最后的时长免费")),
    (Position.SHIFT_ENTRY.value, gettext_lazy("视为晚入场：其余时长从首段起计费")),
]
FUNDERS = [("shop", gettext_lazy("商户")), ("operator", gettext_lazy("运营方"))]
PLACES = {  # where a fault of the document stands in the form
    "name": "name", "kind": "kind", "value": "value", "position": "position", "most_fen": "most",
    "per_stay": "per_stay", "most_minutes": "most_minutes", "valid_hours": "valid_hours",
    "entry": "entry_to", "funded_by": "funded_by",
}  # fmt: skip
COUNT: dict[str, Any] = {"required": False, "min_value": 0, "max_value": 1_000_000}
CLOCK = forms.TimeInput({"type": "time"}, format="%H:%M")


class ShopForm(forms.Form):
    """A shop: its limits, and which of the lot's coupons it may hand out."""

    name = forms.CharField(label=gettext_lazy("商户名称"), max_length=60)
    pays_percent = forms.IntegerField(
        label=gettext_lazy("商户承担抵扣额的百分比"), min_value=0, max_value=100, initial=100
    )
    per_hour = forms.IntegerField(label=gettext_lazy("每小时最多发放（张）"), **COUNT)
    per_day = forms.IntegerField(label=gettext_lazy("每天最多发放（张）"), **COUNT)
    per_plate_day = forms.IntegerField(label=gettext_lazy("每个号牌每天最多（张）"), initial=1, **COUNT)
    month_fen = YuanField(label=gettext_lazy("每月预算（元）"), required=False)
    offers = forms.ModelMultipleChoiceField(
        CouponOffer.objects.none(),
        label=gettext_lazy("可以发放的停车券"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, lot: Lot, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["offers"]
        field.queryset = lot.coupon_offers.filter(ended_at=None).order_by("pk")  # type: ignore[attr-defined]


def filled(shop: Shop) -> dict[str, Any]:
    """Return what the form of a shop begins with."""
    budget = "" if shop.month_fen is None else f"{shop.month_fen / 100:.2f}"
    own = ("name", "pays_percent", "per_hour", "per_day", "per_plate_day")
    return {
        **{key: getattr(shop, key) for key in own},
        "month_fen": budget,
        "offers": shop.offers.filter(ended_at=None),
    }


class OfferForm(forms.Form):
    """A sort of coupon; `document` is what it says, as `payments.coupons.coupon_offers` reads it."""

    name = forms.CharField(label=gettext_lazy("名称（车主和商户都会看到）"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("减免方式"), choices=KINDS)
    value = forms.CharField(
        label=gettext_lazy("减免多少"),
        required=False,
        validators=[RegexValidator(r"^[0-9]{1,6}(\.[0-9]{1,2})?$", gettext_lazy("请填写数字。"))],
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    position = forms.ChoiceField(label=gettext_lazy("减时长：减哪一段"), choices=POSITIONS, required=False)
    most = YuanField(label=gettext_lazy("单张最多抵扣（元）"), required=False)
    stackable = forms.BooleanField(label=gettext_lazy("可与其他可叠加的券同用"), required=False)
    per_stay = forms.IntegerField(label=gettext_lazy("每次停车最多用几张"), initial=1, required=False)
    most_minutes = forms.IntegerField(label=gettext_lazy("每次停车合计最多减（分钟）"), required=False)
    same_day = forms.BooleanField(label=gettext_lazy("仅限发放当天"), required=False, initial=True)
    valid_hours = forms.IntegerField(label=gettext_lazy("有效期（小时）"), initial=24, required=False)
    entry_from = forms.TimeField(label=gettext_lazy("入场不早于"), required=False, widget=CLOCK)
    entry_to = forms.TimeField(label=gettext_lazy("入场早于"), required=False, widget=CLOCK)
    funded_by = forms.ChoiceField(label=gettext_lazy("由谁承担"), choices=FUNDERS)
    tariff = forms.CharField(
        label=gettext_lazy("另一套计费规则（JSON，写法同计费规则）"),
        required=False,
        max_length=40_000,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        try:
            self.document = self._document(said)
            read_offer(self.document)
        except TariffError as error:
            path, place, reason = fault(error)
            self.add_error("tariff", f"{place or path} {reason}".strip())
        except OfferError as error:
            self.add_error(PLACES.get(error.path.split(".")[0]), _reason(error, said))
        return said

    def _document(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return the document; what has no place in this kind of coupon is left out."""
        kind = Kind(said["kind"])
        document: dict[str, Any] = {key: said[key] for key in ("name", "stackable", "same_day", "funded_by")}
        document["kind"] = kind.value
        if kind in VALUES:
            document["value"] = _worth(kind, said["value"])
        if kind is Kind.MINUTES:
            document["position"] = said["position"]
        if kind is Kind.TARIFF:
            document["tariff"] = document_of(said["tariff"])
        own = {
            "most_fen": said["most"],
            **{key: said[key] for key in ("per_stay", "most_minutes", "valid_hours")},
        }
        document |= {key: value for key, value in own.items() if value is not None}
        if said["entry_from"] or said["entry_to"]:
            document["entry"] = [
                f"{one:%H:%M}" if (one := said[key]) else "" for key in ("entry_from", "entry_to")
            ]
        return document


def offer_filled(offer: CouponOffer) -> dict[str, Any]:
    """Return what the form begins with where a new sort is to be like one there is."""
    own = ("name", "kind", "position", "stackable", "per_stay", "most_minutes", "same_day", "valid_hours")
    value = f"{offer.value / 100:.2f}" if offer.kind == Kind.AMOUNT else offer.value or ""
    return {
        **{key: getattr(offer, key) for key in (*own, "entry_from", "entry_to", "funded_by")},
        "value": value,
        "tariff": written(offer.tariff) if offer.tariff else "",
        "most": "" if offer.most_fen is None else f"{offer.most_fen / 100:.2f}",
    }


def _worth(kind: Kind, text: str) -> int | None:
    """Return fen, minutes or percent; None is refused with the others that are out of bounds."""
    whole, _point, part = text.partition(".")
    if kind is Kind.AMOUNT and whole:
        return int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return int(whole) if whole and not part else None


def _reason(error: OfferError, said: dict[str, Any]) -> str:
    """Say what is wrong in words; bounds are told in the unit that is typed."""
    path = error.path
    bounds = VALUES.get(Kind(said["kind"])) if path == "value" else BOUNDS.get(path)
    if bounds is None:
        return {
            "position": _("请选择减哪一段时长：同一张券，减法不同，应缴金额也不同。"),
            "entry": _("请填写两个不同的时刻。"),
        }.get(path, _("请核对这一项。"))
    least, most = bounds
    if path == "most_fen" or (path == "value" and said["kind"] == Kind.AMOUNT):
        return _("应为 %(least)s 至 %(most)s 元。") % {"least": f"{least / 100:.2f}", "most": most // 100}
    return _("应为 %(least)s 至 %(most)s 的整数。") % {"least": least, "most": most}
