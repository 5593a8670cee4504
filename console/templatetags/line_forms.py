"""Forms of one line for rows of a page."""

from django import template
from django.utils.text import slugify

from console.health_page import SilenceForm
from console.reason_forms import HandledForm, ReasonForm
from console.saved_filters import NameForm
from lots.reasons import LONGEST
from monitoring.signal_rules import Signal

register = template.Library()


@register.simple_tag
def reason_form(pk: int, longest: int = LONGEST) -> ReasonForm:
    """Return the form for the reason of an act on a row."""
    return ReasonForm(auto_id=f"why-{pk}-%s", longest=longest)


@register.simple_tag
def handled_form(pk: int) -> HandledForm:
    """Return the form for what was done about an alarm."""
    return HandledForm(auto_id=f"done-{pk}-%s")


@register.simple_tag
def filter_name_form() -> NameForm:
    """Return the form for the name of a filter to save."""
    return NameForm(auto_id="filter-%s")


@register.simple_tag
def silence_form(signal: Signal) -> SilenceForm:
    """Return the form that mutes the alerts of a signal's kind."""
    place = "-".join(filter(None, (signal.kind, signal.subject)))
    return SilenceForm(initial={"kind": signal.kind}, auto_id=f"silence-{slugify(place)}-%s")
