"""What staff fill in while they set up. Shapes and words; what may be kept, `lots.setup` decides.

Each form brings the number of its press, so that a double click is one act, and a form that changes
something brings the revision that it was made from.
"""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lots.models import Device, Lane, Lot, Operator, Recipient
from lots.plates import PROVINCES
from lots.setup.setting_changes import LONGEST_WHY, By
from staff.access import access

MAKES = [(make.value, make.label) for make in (Device.Make.VZENITH, Device.Make.API)]
REQUIRED = _("This field must be filled in.")


def _text(label: Any, most: int, help_text: Any = "", **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **more.pop("attrs", {})})
    return forms.CharField(label=label, max_length=most, help_text=help_text, widget=widget, **more)


def _number(label: Any, help_text: Any, low: int, high: int, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, min_value=low, max_value=high, initial=initial
    )


class SetupForm(forms.Form):
    """A step of the set-up. `press` is made with the page."""

    press = forms.CharField(widget=forms.HiddenInput, required=False)
    template_name = "console/setup/_form.html"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.initial.setdefault("press", str(uuid4()))
        for field in self.fields.values():
            field.error_messages["required"] = REQUIRED

    def by(self, request: HttpRequest) -> By:
        """Return who presses, as which press: a number that is none counts as a press of its own."""
        try:
            press = UUID(self.cleaned_data["press"])
        except ValueError:
            press = uuid4()
        return By(access(request).user, press, self.cleaned_data.get("why", ""))

    def refuse(self, faults: Any) -> None:
        """Put what the service found beside its fields."""
        for name, text in faults.items():
            self.add_error(name if name in self.fields else None, list(text))


class OperatorForm(SetupForm):
    legal_name = _text(
        _("Operator's full name"),
        120,
        _("As on the business licence. Drivers see it on payment pages, signs and in the privacy notice."),
    )
    contact = _text(
        _("Contact for personal data"),
        200,
        _("Postal or e-mail address for drivers' questions about their data; must be published by law."),
    )
    service_phone = _text(
        _("Service phone"), 40, _("Drivers call this number when a payment fails; it should be staffed.")
    )
    complaint_phones = _text(
        _("Complaint phones"),
        80,
        _("Default: citizens' hotline 12345 and consumers' hotline 12315."),
        initial="12345 / 12315",
    )
    cash_information = _text(
        _("Cash payment details"),
        200,
        _("Where and when cash is accepted, e.g. booth at the east exit on B1, 24 hours, gives change."),
    )


class LotForm(SetupForm):
    """A lot's settings; a new one also gets its short name."""

    name = _text(_("Lot name"), 80, _("The name drivers see, e.g. Pujiang Plaza underground car park."))
    slug = _text(
        _("Short name"),
        50,
        _(
            "Used in addresses and in the merchants' file: lower-case letters, digits and hyphens. It "
            "cannot be changed later."
        ),
        required=False,
        attrs={"autocapitalize": "none", "spellcheck": "false"},
    )
    address = _text(_("Address"), 200, _("Full street address. Shown on payment pages and signs."))
    kind = forms.ChoiceField(label=_("Type"), choices=Lot.Kind.choices, initial=Lot.Kind.MALL)
    province = forms.ChoiceField(
        label=_("First character of plates"),
        choices=[(each, each) for each in PROVINCES],
        initial=Lot._meta.get_field("province").default,
        help_text=_("Preselected when a driver types a plate."),
    )
    bays = _number(_("Bays"), _("Used to show occupancy; enter 0 if unknown."), 0, 100_000, 0)
    retention_hours = _number(
        _("Plate retention (hours)"),
        _("Plates are erased this long after a car has left. The shorter the better; default: 24."),
        1,
        720,
        24,
    )
    exit_window = _number(
        _("Time to leave after paying (minutes)"),
        _("Minutes to leave after paying without a further charge. Default: 15."),
        5,
        120,
        15,
    )
    zone = _text(
        _("Time zone"),
        40,
        _("Asia/Shanghai is used throughout China; no need to change it."),
        initial="Asia/Shanghai",
    )


class NewLotForm(LotForm):
    operator = forms.ModelChoiceField(
        Operator.objects.none(), label=pgettext_lazy("lot", "Operator"), empty_label=None
    )
    field_order = ["operator", "name", "slug"]

    def __init__(self, data: Any = None, *, operators: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["operator"].queryset = operators  # type: ignore[attr-defined]


class SettingsForm(LotForm):
    slug = None  # type: ignore[assignment]
    jam_minutes = _number(
        _("Extra time on congestion (minutes)"),
        _("Extra time to leave for paid cars when the exits are congested. Default: 30."),
        1,
        240,
        30,
    )
    field_order = [*(name for name in LotForm.base_fields if name not in {"slug", "zone"}), "jam_minutes"]
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class OperatorSettingsForm(OperatorForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class RecipientForm(SetupForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=Recipient.Kind.choices)
    name = _text(_("Legal name"), 120)
    contact = _text(
        _("Contact for personal data"), 200, _("Address, phone or e-mail; stands in the notice too.")
    )


class LaneForm(SetupForm):
    name = _text(_("Lane name"), 40, _("The name used on site, e.g. east entry, B1 exit."))
    direction = forms.ChoiceField(label=_("Direction"), choices=Lane.Direction.choices)


class LaneNameForm(SetupForm):
    name = _text(_("Lane name"), 40)
    min_confidence = forms.IntegerField(
        label=_("Least confidence of the camera, in percent"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=_(
            "A plate that the camera is less sure of counts as not read: at an exit the barrier stays "
            "closed until the driver types the plate or staff decide. 0 believes every read."
        ),
    )
    has_screen = forms.BooleanField(
        label=_("A screen at the barrier shows the code"),
        required=False,
        help_text=_(
            "Exits only. The screen's code changes with each car, and a photo of it is of no use later. The "
            "printed lane code then asks for the plate."
        ),
    )
    was = forms.CharField(widget=forms.HiddenInput, max_length=40)


class LaneChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class DeviceForm(SetupForm):
    lane = LaneChoice(Lane.objects.none(), label=_("Lane it is installed in"), empty_label=None)
    make = forms.ChoiceField(label=_("Connection"), choices=MAKES)
    name = _text(_("Device name"), 40, _("Leave empty to use the lane's name."), required=False)
    serial = _text(
        _("Serial number"),
        64,
        _(
            "Shown on the camera's web page or housing. If set, only that camera is accepted; can be "
            "left empty."
        ),
        required=False,
    )
    keep_images = forms.BooleanField(
        label=_("Store camera pictures"),
        required=False,
        help_text=_(
            "Vzenith cameras only. Pictures are encrypted, erased with the plate and listed in the "
            "privacy notice. Off by default."
        ),
    )

    def __init__(self, data: Any = None, *, lot: Lot, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["lane"].queryset = lot.lanes.order_by("name")  # type: ignore[attr-defined]


class OpenForm(SetupForm):
    starts_at = forms.DateTimeField(
        label=_("Take payments from"),
        required=False,
        help_text=_("Leave empty for now. With a future time, the lot opens automatically."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class CloseForm(SetupForm):
    why = _text(
        _("Reason"), LONGEST_WHY, _("Stored in the settings history, e.g. channel down, taking cash.")
    )
