"""Filters: {{ name|channel_label }}, {{ event|cause_label }}, {{ day|weekday }}, {{ plates|entry:pk }}."""

from datetime import date

from django import template
from django.utils.translation import gettext as _

from console.bill_words import conclusion
from console.channel_words import cause_label
from payments import channel_names
from presentation.ambiguity_sentences import DAYS

register = template.Library()
register.filter(channel_names.channel_label)
register.filter(conclusion)
register.filter(cause_label)


@register.filter
def entry(table: dict[object, object], key: object) -> object:
    """Return an entry of a dictionary, "" without one."""
    return table.get(key, "")


@register.filter
def weekday(day: date) -> str:
    """Return the day of the week, short."""
    return str(DAYS[day.weekday()])


@register.filter
def zone_label(zone: str) -> str:
    """Return what a time zone is called on a page; all of China has one."""
    return _("Beijing time") if zone == "Asia/Shanghai" else zone
