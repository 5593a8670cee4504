"""Forms for passes and white lists."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.list_filters import CLOCK, DayField
from console.permit_words import kind_words
from lots.models import Lot
from lots.permits import ALWAYS, Hours, passes_of
from lots.plates import LONGEST, Plate, PlateError, parse
from lots.tariffs.day_kinds import kinds_of


class PlateField(forms.CharField):
    """A plate as it is written; it never comes back in an address."""

    def __init__(self) -> None:
        attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(label=_("Plate"), max_length=LONGEST, widget=forms.TextInput(attrs=attrs))


class PermitPlateForm(forms.Form):
    plate = PlateField()
    overseas = forms.ChoiceField(
        required=False,
        label=_("Plate format"),
        choices=[("", _("Mainland")), ("1", _("Overseas or other, stored as entered"))],
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        try:
            self.known = parse(values.get("plate", ""), overseas=bool(values.get("overseas")))
        except PlateError:
            if "plate" in values:
                self.add_error("plate", _("The plate is invalid. Please check it."))
        return values

    known: Plate


class GrantForm(PermitPlateForm):
    """A new permit. Both days count whole; hours are for the white list, a pass has its own."""

    name = forms.ChoiceField(required=False, label=_("Type"))
    first = DayField(label=_("Start date"))
    last = DayField(label=_("End date (inclusive)"))
    start = forms.TimeField(
        required=False, label=_("White list hours: from (empty for all day)"), widget=CLOCK
    )
    end = forms.TimeField(required=False, label=_("White list hours: to"), widget=CLOCK)
    days = forms.ChoiceField(
        required=False,
        label=_("White list days"),
        choices=[
            ("", _("Every day")),
            ("workday", _("Working days (including make-up workdays)")),
            ("restday", _("Weekends and holidays")),
        ],
    )

    def __init__(self, data: Any, *, lot: Lot, at: datetime) -> None:
        super().__init__(data, initial={"first": at.astimezone(lot.tz).date()}, label_suffix="")
        sorts = ["", *(one.name for one in passes_of(lot, at))]
        self.fields["name"].choices = [(name, kind_words(name)) for name in sorts]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if (cleaned.get("start") is None) != (cleaned.get("end") is None):
            self.add_error("end", _("Enter both times of day, or neither."))
        if cleaned.get("name") and (cleaned.get("start") is not None or cleaned.get("days")):
            self.add_error("name", _("Hours of a pass are set by the tariff: leave hours and days empty."))
        if "first" in cleaned and "last" in cleaned and cleaned["last"] < cleaned["first"]:
            self.add_error("last", _("The end must not be before the start."))
        return cleaned

    def hours(self) -> Hours:
        values = self.cleaned_data
        start, end = values.get("start"), values.get("end")
        days = kinds_of([values["days"]]) if values.get("days") else ALWAYS.days
        if start is None or end is None:
            return Hours(days=days)
        return Hours(_second(start), _second(end), days)


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60


class ExtendForm(forms.Form):
    last = DayField(label=_("Extend until (inclusive)"))


class RevokeForm(forms.Form):
    why = forms.CharField(label=_("Reason (no plates or names)"), max_length=200)


class MoveForm(PermitPlateForm):
    why = forms.CharField(label=_("Reason (no plates or names)"), max_length=200)
