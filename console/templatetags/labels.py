"""Filters of labels: {{ name|channel_label }}, {{ make|make_label }}, {{ day|weekday }}."""

from datetime import date

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.bill_words import conclusion
from console.channel_words import cause_label
from lots.models import Device
from payments import channel_names
from presentation.ambiguity_sentences import DAYS

MAKES: dict[str, Promise] = {  # how a device is connected
    Device.Make.VZENITH: gettext_lazy("Vzenith"),
    Device.Make.API: gettext_lazy("Open API"),
}

register = template.Library()
register.filter(channel_names.channel_label)
register.filter(conclusion)
register.filter(cause_label)


@register.filter
def entry(table: dict[object, object], key: object) -> object:
    """Return an entry of a dictionary, "" without one."""
    return table.get(key, "")


@register.filter
def make_label(make: str) -> str:
    """Return how a device is connected."""
    return str(MAKES[make])


@register.filter
def weekday(day: date) -> str:
    """Return the day of the week, short."""
    return str(DAYS[day.weekday()])


@register.filter
def zone_label(zone: str) -> str:
    """Return what a time zone is called on a page; all of China has one."""
    return _("Beijing time") if zone == "Asia/Shanghai" else zone
