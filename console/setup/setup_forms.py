"""Forms of the set-up: shapes and words. `lots.setup` decides what is valid.

Each form brings the number of its press, so that a double click is one act, and a form that changes
something brings the revision that it was made from.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from console.list_filters import MomentField
from lots.models import Device, Lane, Lot, Operator, Recipient
from lots.plates import PROVINCES
from lots.setup import device_settings, place_settings
from lots.setup.change_recorder import LONGEST_WHY, ChangedBy
from lots.setup.lot_copy import Part
from staff.access import access

MAKES = [(make.value, make.label) for make in (Device.Make.VZENITH, Device.Make.API)]
REQUIRED = _("This field must be filled in.")


def _text(label: Any, most: int, help_text: Any = "", **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=more.pop("attrs", {}))
    return forms.CharField(label=label, max_length=most, help_text=help_text, widget=widget, **more)


def _number(label: Any, help_text: Any, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=low, max_value=high)


class SetupStep(forms.BaseForm):
    """Fields of every set-up form. `press` is made with the page."""

    template_name = "console/setup/_form.html"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **{"label_suffix": "", **kwargs})
        self.initial.setdefault("press", str(uuid4()))
        for field in self.fields.values():
            if not isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
                field.error_messages["required"] = REQUIRED
            if isinstance(field.widget, forms.TextInput):
                field.widget.attrs.setdefault("autocomplete", "off")

    def by(self, request: HttpRequest) -> ChangedBy:
        """Return who presses, as which press: a number that is none counts as a press of its own."""
        try:
            press = UUID(self.cleaned_data["press"])
        except ValueError:
            press = uuid4()
        return ChangedBy(access(request).user, press, self.cleaned_data.get("why", ""))

    def refuse(self, faults: Any) -> None:
        """Show the service's errors beside their fields."""
        for name, text in faults.items():
            self.add_error(name if name in self.fields else None, list(text))


class SetupForm(SetupStep, forms.Form):
    """A step of the set-up behind which no single row stands."""

    press = forms.CharField(widget=forms.HiddenInput, required=False)


class RowForm(SetupStep, forms.ModelForm):  # type: ignore[type-arg]
    """A row of the set-up: lengths, choices and defaults are its model's. `lots.setup` stores it, with its
    record, and knows a press that comes twice; so nothing is unique here yet."""

    press = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for column in self._meta.model._meta.fields:
            if column.name in self.fields and column.has_default():
                self.initial.setdefault(column.name, column.get_default())
        for field in self.fields.values():
            if isinstance(field, forms.TypedChoiceField) and field.required:  # the first stands ready
                choices: Any = field.choices
                field.choices = [(value, capfirst(label)) for value, label in choices if value != ""]

    def clean(self) -> Any:
        """Name beside what is wrong here what `lots.setup` would refuse later: all faults at once."""
        values = super().clean()
        if self.errors:
            later = self.later_faults(self.cleaned_data)
            ours = self.fields.keys() - self.errors.keys()
            self.refuse({name: text for name, text in later.items() if name in ours})
        return values

    def later_faults(self, values: Mapping[str, Any]) -> Mapping[str, list[str]]:  # noqa: ARG002
        """Return what `lots.setup` would refuse of the values that are right in themselves."""
        return {}

    def validate_unique(self) -> None:
        """Leave it to `lots.setup`."""

    def validate_constraints(self) -> None:
        """Leave it to `lots.setup`."""


class OperatorForm(RowForm):
    class Meta:
        model = Operator
        fields = ("legal_name", "contact", "service_phone", "complaint_phones", "cash_information")
        labels = {
            "legal_name": _("Operator's full name"),
            "contact": _("Contact for personal data"),
            "service_phone": _("Service phone"),
            "complaint_phones": _("Complaint phones"),
            "cash_information": _("Cash payment details"),
        }
        help_texts = {
            "legal_name": _(
                "As on the business licence. Drivers see it on payment pages, signs and in the privacy "
                "notice."
            ),
            "contact": _(
                "Postal or e-mail address for drivers' questions about their data; must be published by law."
            ),
            "service_phone": _("Drivers call this number when a payment fails; it should be staffed."),
            "complaint_phones": _("Default: citizens' hotline 12345 and consumers' hotline 12315."),
            "cash_information": _(
                "Where and when cash is accepted, e.g. booth at the east exit on B1, 24 hours, gives change."
            ),
        }

    def later_faults(self, values: Mapping[str, Any]) -> Mapping[str, list[str]]:
        return place_settings.operator_faults(values, is_new="revision" not in self.fields)


class LotForm(RowForm):
    """A lot's settings; a new one also gets its short name."""

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
    province = forms.ChoiceField(
        label=_("First character of plates"),
        choices=[(each, each) for each in PROVINCES],
        help_text=_("Preselected when a driver types a plate."),
    )
    bays = _number(_("Bays"), _("Used to show occupancy; enter 0 if unknown."), 0, 100_000)
    retention_hours = _number(
        _("Plate retention (hours)"),
        _("Plates are erased this long after a car has left. The shorter the better; default: 24."),
        1,
        720,
    )
    exit_window = _number(
        _("Time to leave after paying (minutes)"),
        _("Minutes to leave after paying without a further charge. Default: 15."),
        5,
        120,
    )

    class Meta:
        model = Lot
        fields: tuple[str, ...] = (
            "name",
            "slug",
            "address",
            "kind",
            "province",
            "bays",
            "retention_hours",
            "exit_window",
            "zone",
        )
        labels = {
            "name": _("Lot name"),
            "kind": _("Type"),
            "zone": _("Time zone"),
        }
        help_texts = {
            "name": _("The name drivers see, e.g. Pujiang Plaza underground car park."),
            "zone": _("Asia/Shanghai is used throughout China; no need to change it."),
        }

    def later_faults(self, values: Mapping[str, Any]) -> Mapping[str, list[str]]:
        return place_settings.lot_faults(values, is_new="slug" in self.fields)


TAKEN = {
    Part.TARIFF: _("Its tariff, version %(names)s, in force at once"),
    Part.LANES: _("Its lanes with their settings: %(names)s"),
    Part.WORDING: _("Words, colour and logo of its signs"),
    Part.RECIPIENTS: _("Its recipients of data: %(names)s"),
}


class NewLotForm(LotForm):
    """A new lot. `parts` are those of another lot that it may take over, with their names."""

    operator = forms.ModelChoiceField(
        Operator.objects.none(), label=pgettext_lazy("lot", "Operator"), empty_label=None
    )
    field_order = ["operator", "name", "slug"]

    def __init__(
        self,
        data: Any = None,
        *,
        operators: Any,
        parts: Mapping[Part, list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["operator"].queryset = operators  # type: ignore[attr-defined]
        self.parts = parts or {}
        for part, names in self.parts.items():
            words = TAKEN[part] % {"names": pgettext("list", ", ").join(names)}
            self.fields[f"take_{part}"] = forms.BooleanField(label=words, required=False, initial=True)

    def taken(self) -> set[Part]:
        """Return the parts of the other lot that are ticked."""
        return {part for part in self.parts if self.cleaned_data[f"take_{part}"]}


class SettingsForm(LotForm):
    slug = None  # type: ignore[assignment]
    jam_minutes = _number(
        _("Extra time on congestion (minutes)"),
        _("Extra time to leave for paid cars when the exits are congested. Default: 30."),
        1,
        240,
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    class Meta(LotForm.Meta):
        fields = (*(name for name in LotForm.Meta.fields if name != "slug"), "jam_minutes", "revision")


class OperatorSettingsForm(OperatorForm):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class RecipientForm(RowForm):
    class Meta:
        model = Recipient
        fields = ("kind", "name", "contact")
        labels = {"kind": _("Kind"), "name": _("Legal name"), "contact": _("Contact for personal data")}
        help_texts = {"name": "", "contact": _("Address, phone or e-mail; shown in the notice too.")}


class LaneForm(RowForm):
    class Meta:
        model = Lane
        fields = ("name", "direction")
        labels = {"name": _("Lane name"), "direction": _("Direction")}
        help_texts = {"name": _("The name used on site, e.g. east entry, B1 exit.")}


class LaneNameForm(RowForm):
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
    was_confidence = forms.IntegerField(widget=forms.HiddenInput, required=False)
    was_screen = forms.BooleanField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Lane
        fields = ("name", "min_confidence")
        labels = {"name": _("Lane name")}

    def seen(self) -> dict[str, Any]:
        """Return what the lane was when the form was made."""
        values = self.cleaned_data
        return {
            "name": values["was"],
            "min_confidence": values["was_confidence"],
            "has_screen": values["was_screen"],
        }


class LaneChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class DeviceForm(RowForm):
    lane = LaneChoice(Lane.objects.none(), label=_("Lane it is installed in"), empty_label=None)
    make = forms.ChoiceField(label=_("Connection"), choices=MAKES)
    name = _text(_("Device name"), 40, _("Leave empty to use the lane's name."), required=False)

    class Meta:
        model = Device
        fields = ("lane", "make", "name", "serial", "keep_images")
        labels = {"serial": _("Serial number"), "keep_images": _("Store camera pictures")}
        help_texts = {
            "serial": _(
                "Shown on the camera's web page or housing. If set, only that camera is accepted; can be "
                "left empty."
            ),
            "keep_images": _(
                "Vzenith cameras only. Pictures are encrypted, erased with the plate and listed in the "
                "privacy notice. Off by default."
            ),
        }

    def __init__(self, data: Any = None, *, lot: Lot, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.lot = lot
        self.fields["lane"].queryset = lot.lanes.order_by("name")  # type: ignore[attr-defined]

    def later_faults(self, values: Mapping[str, Any]) -> Mapping[str, list[str]]:
        given = {name: str(values.get(name) or "") for name in ("name", "serial", "make")}
        keep_images = bool(values.get("keep_images")) and bool(given["make"])
        return device_settings.device_faults(self.lot, keep_images=keep_images, **given)


class OpenForm(SetupForm):
    starts_at = MomentField(
        label=_("Take payments from"),
        required=False,
        help_text=_("Leave empty for now. With a future time, the lot opens automatically."),
    )


class CloseForm(SetupForm):
    why = _text(
        _("Reason"), LONGEST_WHY, _("Stored in the settings history, e.g. channel down, taking cash.")
    )
