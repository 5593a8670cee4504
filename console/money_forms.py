"""Forms about money. Each carries the number of its act, so that a second press is the same act."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.error_messages import MESSAGES
from console.list_filters import MomentField
from console.reason_forms import ReasonField
from console.typed_numbers import plain_number
from core.errors import ParkingError
from core.money import yuan
from core.vault import plate_index
from lots.corrections import Overlaps
from lots.models import Lot, ParkingSession
from lots.models.session_models import VEHICLES
from lots.plates import Plate, PlateError
from lots.plates import parse as parse_plate
from lots.sessions import find_open
from payments.booth import BadAmount, PaidMeanwhile
from payments.staff_action_log import ActedBy
from payments.staff_actions import LanePaid
from presentation.templatetags.money_tags import grouped

YUAN = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")


class NoSuchSession(ParkingError):
    """No stay of this lot has that number, and no car of that plate is or was here."""

    code = "no_such_stay"


class YuanField(forms.CharField):
    """An amount as staff type it, in yuan, with its currency or without; becomes fen. No sign."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def prepare_value(self, value: Any) -> Any:
        """Return fen as yuan; what was typed stays as it was typed."""
        return f"{value / 100:.2f}" if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        typed = super().clean(value)
        if not typed:
            return None
        text = plain_number(typed)
        if not text.isascii() or not YUAN.fullmatch(text):
            raise forms.ValidationError(gettext("Enter an amount in yuan, e.g. 12.50."))
        return int(Decimal(text) * 100)


class ActForm(forms.Form):
    """An act with its reason."""

    act = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    reason = ReasonField()
    field_order = [
        "amount",
        "counted",
        "float",
        "means",
        "owed",
        "target",
        "plate",
        "vehicle_class",
        "entered",
        "left",
        "reason",
    ]
    error_messages = {"required": _("This field must be filled in.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}-%s")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
                field.error_messages["required"] = gettext("This field must be filled in.")

    def by(self, request: HttpRequest) -> ActedBy:
        """Return who does it and why. Raises `NoReason` or `IdentifiesPerson`."""
        assert isinstance(request.user, User)
        return ActedBy(self.cleaned_data["act"], request.user, self.cleaned_data["reason"])

    def explain(self, error: ParkingError) -> bool:
        """Return whether the form itself shows why the act was refused, at one of its fields."""
        shown = {name: field for name, field in self.fields.items() if not self[name].is_hidden}
        amounts = [name for name, field in shown.items() if isinstance(field, YuanField)]
        if isinstance(error, BadAmount) and amounts:
            bounds = {"least": grouped(yuan(error.least_fen)), "most": grouped(yuan(error.most_fen))}
            self.add_error(amounts[0], gettext("Enter an amount between ¥%(least)s and ¥%(most)s.") % bounds)
        elif isinstance(error, Overlaps):
            self.add_error(next(iter(shown)), _overlap_words(error.other))
        else:
            return False
        return True


def _overlap_words(other: ParkingSession) -> str:
    """Return that another stay of the car is in the way, with the way to it."""
    return format_html(
        '{} <a href="{}">{}</a>',
        gettext("Overlaps another stay of this car; resolve that one first."),
        reverse("console:stay", args=[other.pk]),
        gettext("Stay %(stay)s") % {"stay": other.pk},
    )


class AmountForm(ActForm):
    amount = YuanField(label=_("Amount (¥)"))


class TakeForm(AmountForm):
    """Money for a stay. `paid` is what the stay has paid by now, `due` what it owes now, in fen.

    `seen` is what it had paid when the form was made. Where a colleague or the driver has paid since, the
    form asks once before more is recorded: cash that was taken is recorded in any case, but few take it
    twice.
    """

    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, paid: int, due: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.paid, self.due = paid, due
        self.initial.setdefault("seen", paid)

    def explain(self, error: ParkingError) -> bool:
        if not isinstance(error, PaidMeanwhile):
            return super().explain(error)
        more, since = error.paid_fen - self.cleaned_data["seen"], error.paid_fen - self.paid
        facts = {"paid": grouped(yuan(more)), "due": grouped(yuan(max(0, self.due - since)))}
        self.add_error(
            "amount",
            gettext(
                "¥%(paid)s was paid since you opened this form; ¥%(due)s is due now. If you hold this"
                " money as well, press again."
            )
            % facts,
        )
        sent: Any = self.data
        again = sent.copy()
        again["seen"] = str(error.paid_fen)
        self.data = again
        return True


class LostTicketForm(ActForm):
    """Cash for a car without a session. `after` is the act that took the money for the car before it.

    Where no camera sees the cars, two cashiers may press for one; so the second is asked whether it is the
    next car.
    """

    after = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def explain(self, error: ParkingError) -> bool:
        if not isinstance(error, LanePaid) or not error.is_gone:
            return super().explain(error)
        self.add_error(
            "reason",
            gettext(
                "Cash was taken at this lane at %(time)s, and the barrier has opened since. If that car has"
                " left and this is the next one, press again."
            )
            % {"time": f"{localtime(error.act.at):%H:%M:%S}"},
        )
        sent: Any = self.data
        again = sent.copy()
        again["after"] = str(error.act.pk)
        self.data = again
        return True


class CouponForm(ActForm):
    code = forms.CharField(
        label=_("Code on the coupon"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ["code", "reason"]


class WaiveForm(ActForm):
    amount = YuanField(label=_("Amount to waive (¥), empty for all of it"), required=False)


class RefundForm(AmountForm):
    share = forms.ChoiceField(label=_("How much"), required=False, widget=forms.RadioSelect)
    owed = forms.ChoiceField(
        label=_("After the refund"),
        choices=[
            ("owed", _("This stay still has to be paid (wrong car, or another payment method)")),
            ("waived", _("Waive this part of the fee")),
        ],
        widget=forms.RadioSelect,
    )
    field_order = ["share", "amount", "owed", "reason"]

    def __init__(self, *args: Any, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = {"all": left, "half": left // 2}
        shares = [
            ("all", gettext("All of it: ¥%(amount)s") % {"amount": grouped(yuan(left))}),
            ("half", gettext("Half: ¥%(amount)s") % {"amount": grouped(yuan(left // 2))}),
            ("other", gettext("Another amount")),
        ]
        self.fields["share"].choices = shares  # type: ignore[attr-defined]
        self.fields["amount"].required = False
        self.fields["amount"].label = gettext("Another amount (¥)")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        share = cleaned.get("share")
        if share in self.parts:
            if "amount" in self.errors or cleaned.get("amount") not in {None, self.parts[share]}:
                self.errors.pop("amount", None)
                self.add_error("amount", gettext("Choose “Another amount” above, or empty this field."))
            cleaned["amount"] = self.parts[share]
        elif not share and not self["amount"].data:
            self.add_error("share", gettext("Choose how much is refunded."))
        elif "amount" not in self.errors:
            amount = cleaned.get("amount")
            if amount is None:
                self.add_error("amount", gettext("This field must be filled in."))
            elif not 0 < amount <= self.parts["all"]:
                self.add_error("amount", MESSAGES["refund_too_much" if amount else "bad_amount"])
        return cleaned


class JamForm(ActForm):
    minutes = forms.IntegerField(label=_("From now on (minutes)"), min_value=1, max_value=240)
    field_order = ["minutes", "reason"]


class GivenBackForm(ActForm):
    means = forms.ChoiceField(
        label=_("How it was refunded"),
        choices=[
            ("cash", _("Cash at the booth (in my shift)")),
            ("other", _("Another method (bank transfer etc.)")),
        ],
        widget=forms.RadioSelect,
    )


class TargetForm(ActForm):
    target = forms.CharField(
        label=_("Stay number or plate"), max_length=32, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def session(self, lot: Lot) -> ParkingSession:
        """Return the session meant: by its number, or the last one of a plate. Raises `NoSuchSession`."""
        text = self.cleaned_data["target"].strip()
        sessions = ParkingSession.objects.filter(lot=lot)
        if text.isascii() and text.isdigit():
            found = sessions.filter(pk=int(text)).first()
        else:
            plate = _parsed(text)
            found = (plate and find_open(lot.pk, plate)) or (
                sessions.filter(plate_index=plate_index(lot.pk, plate.text)).order_by("-pk").first()
                if plate
                else None
            )
        if found is None:
            raise NoSuchSession
        return found


class IdentifyForm(TargetForm):
    """Whose session a misread car is: one of those proposed, or one that staff name."""

    choice = forms.ChoiceField(label=_("Similar plates inside"), required=False, widget=forms.RadioSelect)
    field_order = ["choice", "target", "reason"]

    def __init__(self, *args: Any, proposals: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].required = False
        if proposals:
            self.fields["choice"].choices = proposals  # type: ignore[attr-defined]
            self.fields["target"].label = gettext("Or: stay number or plate")
        else:
            del self.fields["choice"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["target"] = cleaned.get("choice") or cleaned.get("target", "")
        if not cleaned["target"]:
            self.add_error("target", gettext("This field must be filled in."))
        return cleaned


class BookToLotForm(ActForm):
    lot = forms.ModelChoiceField(
        Lot.objects.none(), label=_("Book to lot"), to_field_name="slug", empty_label=_("Please choose")
    )
    field_order = ["lot", "target", "number", "reason"]

    def __init__(self, *args: Any, lots: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["lot"]
        if len(lots) == 1:  # of several none is chosen by itself: money would be booked with the first
            field.empty_label = None
        field.queryset = lots


class AdoptForm(BookToLotForm, TargetForm):
    """Which stay some money is for; a number of a stay is looked for in the lot that is chosen."""


class GoneBackForm(BookToLotForm):
    number = forms.CharField(
        label=_("Channel's refund number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CorrectPlateForm(ActForm):
    plate = forms.CharField(
        label=_("Correct plate"), max_length=32, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_plate(self) -> Plate:
        plate = _parsed(self.cleaned_data["plate"])
        if plate is None:
            raise forms.ValidationError(gettext("This is not a full plate."))
        return plate


class ClassForm(ActForm):
    """`classes`: a choice for each class of vehicle, named as the lot's board does."""

    vehicle_class = forms.ChoiceField(label=_("Vehicle class"), choices=VEHICLES)

    def __init__(self, *args: Any, classes: Sequence[tuple[str, Any]] = VEHICLES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vehicle_class"].choices = classes  # type: ignore[attr-defined]


class EntryForm(ActForm):
    entered = MomentField(label=_("Entry time"))


class EndForm(ActForm):
    left = MomentField(label=_("Exit time"))

    def left_at(self, at: datetime) -> datetime:
        """Return the time to the minute, no later than now: a form shows no seconds."""
        left: datetime = self.cleaned_data["left"]
        return at if left.replace(second=0, microsecond=0) == at.replace(second=0, microsecond=0) else left


class OpenShiftForm(ActForm):
    lot = forms.ModelChoiceField(Lot.objects.none(), label=_("Lot"), to_field_name="slug", empty_label=None)
    float = YuanField(label=_("Float (¥)"), initial="0")
    field_order = ["lot", "float", "reason"]

    def __init__(self, *args: Any, lots: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"].queryset = lots  # type: ignore[attr-defined]
        self.fields["reason"].initial = gettext("Start of shift")


class CloseShiftForm(ActForm):
    counted = YuanField(label=_("Counted cash (¥)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = gettext("Note (explain any cash over or short)")
        self.fields["reason"].initial = gettext("Close shift")


class CorrectCountForm(ActForm):
    counted = YuanField(label=_("The drawer really held (¥)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = gettext("What was wrong with the count")


def _parsed(text: str) -> Plate | None:
    for overseas in (False, True):
        try:
            return parse_plate(text, overseas=overseas)
        except PlateError:
            continue
    return None
