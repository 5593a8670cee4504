"""Forms for shops and their sorts of coupon. An empty limit means no limit."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from console.list_filters import CLOCK
from console.money_forms import YuanField
from console.typed_numbers import plain_number
from lots.models import Lot
from lots.tariff_drafts import document_of, open_draft
from lots.tariffs import TariffError
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.coupons.coupon_offers import BOUNDS, SHOP_FIELDS, VALUES, OfferError, read_offer
from payments.coupons.coupon_rules import CouponKind, Position
from presentation.tariff_faults import fault

LONGEST_ID = 18  # digits
KINDS = [
    (kind.value, kind.label)
    for kind in (
        CouponOffer.Kind.AMOUNT,
        CouponOffer.Kind.MINUTES,
        CouponOffer.Kind.PERCENT,
        CouponOffer.Kind.ALL_FREE,
        CouponOffer.Kind.TARIFF,
    )
]
POSITIONS = [
    ("", gettext_lazy("Please choose")),
    (Position.DEDUCT_HEAD.value, gettext_lazy("The first minutes are free (what drivers usually expect)")),
    (Position.DEDUCT_TAIL.value, gettext_lazy("The last minutes are free")),
    (
        Position.SHIFT_ENTRY.value,
        gettext_lazy("Entry counts as later: the rest is charged from the first step"),
    ),
]
FUNDERS = [("shop", gettext_lazy("Shop")), ("operator", pgettext_lazy("lot", "Operator"))]
PLACES = {  # where a fault of the document stands in the form
    "name": "name", "kind": "kind", "value": "value", "position": "position", "most_fen": "most",
    "per_stay": "per_stay", "most_minutes": "most_minutes", "valid_hours": "valid_hours",
    "entry": "entry_to", "funded_by": "funded_by", "tariff": "tariff",
}  # fmt: skip
COUNT: dict[str, Any] = {"required": False, "min_value": 0, "max_value": 1_000_000}


class OfferChoices(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Offers by their ids. Django asks the database even for a number that is too large for it."""

    def clean(self, value: Any) -> Any:
        for one in value or ():
            if len(one) > LONGEST_ID:
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": one[:20]})
        return super().clean(value)


class ShopForm(forms.ModelForm):  # type: ignore[type-arg]
    """A shop: its limits, and which of the lot's coupons it may hand out."""

    pays_percent = forms.IntegerField(
        label=gettext_lazy("Share paid by the shop (percent)"), min_value=0, max_value=100, initial=100
    )
    per_hour = forms.IntegerField(label=gettext_lazy("Maximum per hour"), **COUNT)
    per_day = forms.IntegerField(label=gettext_lazy("Maximum per day"), **COUNT)
    per_plate_day = forms.IntegerField(label=gettext_lazy("Maximum per plate and day"), initial=1, **COUNT)
    month_fen = YuanField(label=gettext_lazy("Monthly budget (¥)"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, initial=1)
    offers = OfferChoices(
        CouponOffer.objects.none(),
        label=gettext_lazy("Coupons it can issue"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    others: Sequence[tuple[Any, str, str]] = ()  # what someone else changed meanwhile

    class Meta:
        model = Shop
        fields = SHOP_FIELDS
        labels = {"name": gettext_lazy("Shop name")}

    def __init__(self, lot: Lot, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        offers = lot.coupon_offers.filter(ended_at=None).order_by("pk")
        self.fields["offers"].queryset = offers  # type: ignore[attr-defined]
        if self.instance.pk:
            self.initial["offers"] = offers.filter(shops=self.instance)
            self.initial["revision"] = self.instance.revision

    def values(self) -> dict[str, Any]:
        """Return what was typed, as `coupon_offers.values_of_shop` returns it of a shop."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "revision"}
        return {**typed, "offers": sorted(offer.name for offer in typed["offers"])}


class NumberField(forms.CharField):
    """A number, with its unit or without."""

    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    default_validators = [
        RegexValidator(r"^[0-9]{1,6}(\.[0-9]{1,2})?$", gettext_lazy("Please enter a number."))
    ]

    def to_python(self, value: Any) -> str:
        return re.sub(r"\s*(%|min|\u5206\u949f)$", "", plain_number(super().to_python(value) or ""))


class OfferForm(forms.Form):
    """A sort of coupon; `document` is what it says, as `payments.coupons.coupon_offers` reads it."""

    name = forms.CharField(label=gettext_lazy("Name (drivers and shops see it)"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Discount type"), choices=KINDS)
    value = NumberField(label=gettext_lazy("Value"), required=False)
    position = forms.ChoiceField(label=gettext_lazy("Minutes: which part"), choices=POSITIONS, required=False)
    most = YuanField(label=gettext_lazy("Maximum per coupon (¥)"), required=False)
    stackable = forms.BooleanField(
        label=gettext_lazy("Can be combined with other combinable coupons"), required=False
    )
    per_stay = forms.IntegerField(label=gettext_lazy("Maximum coupons per stay"), initial=1, required=False)
    most_minutes = forms.IntegerField(label=gettext_lazy("Maximum total per stay (minutes)"), required=False)
    same_day = forms.BooleanField(
        label=gettext_lazy("Valid only on the day of issue"), required=False, initial=True
    )
    valid_hours = forms.IntegerField(label=gettext_lazy("Valid for (hours)"), initial=24, required=False)
    entry_from = forms.TimeField(label=gettext_lazy("Entry from"), required=False, widget=CLOCK)
    entry_to = forms.TimeField(label=gettext_lazy("Entry before"), required=False, widget=CLOCK)
    funded_by = forms.ChoiceField(label=gettext_lazy("Who pays"), choices=FUNDERS)
    tariff = forms.ChoiceField(label=gettext_lazy("Other tariff"), required=False)

    def __init__(self, lot: Lot, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.tariffs = _tariffs_of(lot)
        labels = [(key, label) for key, (label, _document) in self.tariffs.items()]
        self.fields["tariff"].choices = [("", gettext_lazy("Please choose")), *labels]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.document = self._document(cleaned)
            read_offer(self.document)
        except TariffError as error:
            path, place, reason = fault(error)
            self.add_error("tariff", f"{place or path} {reason}".strip())
        except OfferError as error:
            self.add_error(PLACES.get(error.path.split(".")[0]), _reason(error, cleaned))
        return cleaned

    def _document(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the document; what has no place in this kind of coupon is left out."""
        kind = CouponKind(values["kind"])
        document: dict[str, Any] = {
            key: values[key] for key in ("name", "stackable", "same_day", "funded_by")
        }
        document["kind"] = kind.value
        if kind in VALUES:
            document["value"] = _worth(kind, values["value"])
        if kind is CouponKind.MINUTES:
            document["position"] = values["position"]
        if kind is CouponKind.TARIFF:
            if not values["tariff"]:
                raise OfferError("tariff", "one of the lot")
            _label, tariff = self.tariffs[values["tariff"]]
            document["tariff"] = document_of(tariff) if isinstance(tariff, str) else tariff
        own = {
            "most_fen": values["most"],
            **{key: values[key] for key in ("per_stay", "most_minutes", "valid_hours")},
        }
        document |= {key: value for key, value in own.items() if value is not None}
        if values["entry_from"] or values["entry_to"]:
            document["entry"] = [
                f"{one:%H:%M}" if (one := values[key]) else "" for key in ("entry_from", "entry_to")
            ]
        return document


def _tariffs_of(lot: Lot) -> dict[str, tuple[str, Any]]:
    """Return the tariffs that a coupon can be charged by, each with its name: a text is a draft's."""
    found: dict[str, tuple[str, Any]] = {}
    if draft := open_draft(lot):
        found["draft"] = _("The draft of this lot"), draft.text
    for one in lot.tariffs.exclude(version=0).order_by("-version"):
        words = {"number": one.version, "date": f"{one.valid_from.astimezone(lot.tz):%Y-%m-%d}"}
        found[f"version-{one.version}"] = _("Version %(number)s, from %(date)s") % words, one.document
    for offer in lot.coupon_offers.filter(kind=CouponKind.TARIFF).order_by("pk"):
        found[f"offer-{offer.pk}"] = _("As in “%(name)s”") % {"name": offer.name}, offer.tariff
    return found


def offer_filled(offer: CouponOffer) -> dict[str, Any]:
    """Return what the form begins with where a new sort is to be like one there is."""
    own = ("name", "kind", "position", "stackable", "per_stay", "most_minutes", "same_day", "valid_hours")
    value = f"{offer.value / 100:.2f}" if offer.kind == CouponKind.AMOUNT else offer.value or ""
    return {
        **{key: getattr(offer, key) for key in (*own, "entry_from", "entry_to", "funded_by")},
        "value": value,
        "tariff": f"offer-{offer.pk}" if offer.tariff else "",
        "most": offer.most_fen,
    }


def _worth(kind: CouponKind, text: str) -> int | None:
    """Return fen, minutes or percent; None is refused with the others that are out of bounds."""
    whole, _point, part = text.partition(".")
    if kind is CouponKind.AMOUNT and whole:
        return int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return int(whole) if whole and not part else None


def _reason(error: OfferError, values: dict[str, Any]) -> str:
    """Explain a fault in words, with bounds in the unit that was typed."""
    path = error.path
    bounds = VALUES.get(CouponKind(values["kind"])) if path == "value" else BOUNDS.get(path)
    if bounds is None:
        return {
            "position": _("Choose which minutes are free: the fee depends on it."),
            "tariff": _("Choose a tariff. A new one is drafted under “Tariffs”; a draft changes no fee."),
            "entry": _("Enter two different times of day."),
        }.get(path, _("Please check this field."))
    least, most = bounds
    if path == "most_fen" or (path == "value" and values["kind"] == CouponKind.AMOUNT):
        return _("Enter an amount from ¥%(least)s to ¥%(most)s.") % {
            "least": f"{least / 100:.2f}",
            "most": most // 100,
        }
    return _("Enter a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
