"""The form above a list: which lot, when. It goes by GET, so it never has a field for a plate."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import make_aware
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.typed_numbers import plain_time
from lots.models import Lane, Lot

MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
# Date arithmetic and conversion between time zones fail at the ends of the calendar.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
BAD_YEAR = _("Enter a year from 2000 to 2099.")
DAY_LIMITS = [MinValueValidator(FIRST_DAY, BAD_YEAR), MaxValueValidator(LAST_DAY, BAD_YEAR)]
MOMENT_LIMITS = [
    MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC), BAD_YEAR),
    MaxValueValidator(datetime(2100, 1, 1, tzinfo=UTC), BAD_YEAR),
]


class DayField(forms.DateField):
    """A day that date arithmetic can bear; typed in any plain way where the browser shows no calendar."""

    widget = DATE
    default_validators = [*DAY_LIMITS]
    default_error_messages = {"invalid": _("Enter a day like 2026-11-03.")}
    input_formats = ["%Y-%m-%d"]

    def to_python(self, value: Any) -> date | None:
        return super().to_python(plain_time(value) if isinstance(value, str) else value)


class MomentField(forms.DateTimeField):
    """A moment that can be converted to any time zone, as `datetime-local` sends it or a person types it."""

    widget = MOMENT
    default_validators = [*MOMENT_LIMITS]
    default_error_messages = {"invalid": _("Enter a day and a time like 2026-11-03 08:30.")}
    input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]

    def to_python(self, value: Any) -> datetime | None:
        return super().to_python(plain_time(value) if isinstance(value, str) else value)


def day_field(label: Any) -> DayField:
    return DayField(required=False, label=label)


def moment_field(label: Any) -> MomentField:
    return MomentField(required=False, label=label)


def midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, datetime.min.time()))


class PlainSelect(forms.Select):
    """A choice written without a template for each of its options: a big operator has hundreds of lots."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        widget = self.get_context(name, value, attrs)["widget"]
        options = (option for _group, found, _index in widget["optgroups"] for option in found)
        return format_html(
            '<select name="{}"{}>{}</select>',
            name,
            flatatt(widget["attrs"]),
            format_html_join(
                "",
                '<option value="{}"{}>{}</option>',
                ((one["value"], flatatt(one["attrs"]), one["label"]) for one in options),
            ),
        )


class LotChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the person's own lots, named in addresses by its slug."""

    def __init__(self, lots: QuerySet[Lot]) -> None:
        super().__init__(
            lots.order_by("name"),
            to_field_name="slug",
            required=False,
            label=gettext("Lot"),
            empty_label=gettext("All"),
            widget=PlainSelect,
        )

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def _as_text(field: forms.Field, typed: str, value: Any) -> str:
    """Return what a person chose or typed in a field of a filter."""
    if isinstance(field, forms.ModelChoiceField):
        return field.label_from_instance(value)
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices)[typed])  # type: ignore[arg-type]
    return typed.replace("T", " ")


class ListFilter(forms.Form):
    """Filters of a list. Subclasses add fields and apply them in `narrow`."""

    lot_path = "lot"  # from a row to its lot
    RANGES = (("first", "last"), ("begin", "end"), ("least", "most"))

    def __init__(self, data: Any, *, lots: QuerySet[Lot]) -> None:  # noqa: ARG002 - for subclasses
        super().__init__(data, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins: it would look as if there were nothing."""
        values = super().clean() or self.cleaned_data
        for begin, end in self.RANGES:
            first, last = values.get(begin), values.get(end)
            if first is not None and last is not None and last < first:
                amounts = gettext("The highest amount is less than the lowest.")
                self.add_error(end, amounts if end == "most" else gettext("The end is before the beginning."))
        return values

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the filter means."""
        return rows

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Return the label and the value of each field that narrows the list, as they are printed."""
        return [
            (str(self[name].label), _as_text(field, self[name].value(), value))
            for name, field in self.fields.items()
            if (value := self.value_of(name)) is not None
        ]

    def value_of(self, name: str) -> Any:
        """Return what a field says; None where it says nothing or nothing that can be read."""
        self.is_valid()
        return self.cleaned_data.get(name) or None


class Filter(ListFilter):
    """The filter of rows that belong to a lot."""

    def __init__(self, data: Any, *, lots: QuerySet[Lot]) -> None:
        super().__init__(data, lots=lots)
        self.fields["lot"] = LotChoice(lots)
        self.order_fields(["lot", *self.fields])

    @property
    def lot(self) -> Lot | None:
        return self.value_of("lot")  # type: ignore[no-any-return]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.lot is None else rows.filter(**{self.lot_path: self.lot})


class Days(Filter):
    """A list of things of some days. Subclasses say by which moment in `at`."""

    at: str
    first = day_field(pgettext_lazy("period", "From"))
    last = day_field(_("Until"))

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return super().narrow(rows).filter(**self.within(self.at))

    def within(self, name: str) -> dict[str, datetime]:
        """Return the look-ups that keep rows whose moment `name` is on these days."""
        first, last = self.value_of("first"), self.value_of("last")
        bounds = {
            f"{name}__gte": first and midnight(first),
            f"{name}__lt": last and midnight(last + timedelta(days=1)),
        }
        return {look: at for look, at in bounds.items() if at is not None}


class TimeFilter(Filter):
    """A list of things that happened at some time."""

    begin = moment_field(pgettext_lazy("period", "From"))
    end = moment_field(_("Until"))

    def between(self, name: str) -> dict[str, datetime]:
        """Return the look-ups that keep rows whose field `name` is in the window."""
        bounds = {f"{name}__gte": self.value_of("begin"), f"{name}__lt": self.value_of("end")}
        return {look: at for look, at in bounds.items() if at is not None}


class LaneFilter(TimeFilter):
    """A list of things that happened in the lanes of a lot, once it is chosen."""

    def __init__(self, data: Any, *, lots: QuerySet[Lot]) -> None:
        super().__init__(data, lots=lots)
        if (lot := self.lot_of_lanes(lots)) is not None:
            self.fields["lane"] = forms.ModelChoiceField(
                Lane.objects.filter(lot=lot).order_by("name"),
                required=False,
                label=gettext("Lane"),
                empty_label=gettext("All"),
            )
            self.full_clean()
        self.order_fields(self.field_order)

    def lot_of_lanes(self, lots: QuerySet[Lot]) -> Lot | None:  # noqa: ARG002 - for subclasses
        return self.lot
