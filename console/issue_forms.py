"""Forms for issuing coupons: for a plate, or as codes to be scanned."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lots.plates import LONGEST, Plate, PlateError, parse
from payments.coupons.coupon_issuing import MOST_AT_ONCE
from payments.coupons.coupon_models import CouponOffer, Shop


class _IssueForm(forms.Form):
    """The coupon, and the number of the press: a double click is the same press.

    A browser's way back brings an old form with an old press, which may now be for another plate.
    """

    press = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "invalid": _("This page is out of date. Please submit it again."),
            "required": _("This page is out of date. Please submit it again."),
        },
    )
    offer = forms.ModelChoiceField(
        CouponOffer.objects.none(),
        label=_("Coupon"),
        empty_label=_("Please choose"),
        error_messages={
            "invalid_choice": _("Choose a coupon."),
            "required": _("Choose a coupon."),
        },
    )
    field_order = ["press", "offer"]

    def __init__(self, data: Any = None, *, shop: Shop, auto_id: str) -> None:
        super().__init__(data, auto_id=auto_id, label_suffix="", initial={"press": uuid4()})
        offers: Any = self.fields["offer"]
        offers.queryset = shop.offers.filter(ended_at=None).order_by("name")
        if offers.queryset.count() == 1:
            offers.empty_label = None

    def renew_press(self) -> None:
        """Have a form that issued nothing stand for a new press."""
        self.data = {**self.data, "press": uuid4()}

    def press_fault(self) -> str:
        """Return what is wrong with the press, which has no field to stand beside."""
        return " ".join(str(fault) for fault in self.errors.get("press", []))


class PlateIssueForm(_IssueForm):
    plate = forms.CharField(
        label=_("Plate number"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": _("The plate is incomplete or invalid. Please check it.")},
    )
    other = forms.BooleanField(required=False, label=_("Overseas or other plate"))
    known: Plate

    def __init__(self, data: Any = None, *, shop: Shop) -> None:
        super().__init__(data, shop=shop, auto_id="plate-%s")
        self.fields["plate"].initial = shop.lot.province

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        try:
            self.known = parse(values.get("plate", ""), overseas=values.get("other", False))
        except PlateError:
            if "plate" in values:
                self.add_error("plate", gettext("The plate is incomplete or invalid. Please check it."))
        return values


class CodeIssueForm(_IssueForm):
    count = forms.IntegerField(
        label=_("Quantity"),
        required=False,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 1, "max": MOST_AT_ONCE}),
    )

    def __init__(self, data: Any = None, *, shop: Shop) -> None:
        super().__init__(data, shop=shop, auto_id="code-%s")
        fault = gettext("Enter a number from 1 to %(most)s.") % {"most": MOST_AT_ONCE}
        count = self.fields["count"]
        count.error_messages["invalid"] = fault
        count.validators = [MinValueValidator(1, fault), MaxValueValidator(MOST_AT_ONCE, fault)]

    def clean_count(self) -> int:
        return self.cleaned_data["count"] or 1
