"""{% may "money.see" as money %}: whether the person behind the page may do something, or do it in a lot."""

from typing import Any

from django import template

from lots.console.access import Access
from lots.models import Lot

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], action: str, lot: Lot | None = None) -> bool:
    person = getattr(context["request"], "access", None)
    return isinstance(person, Access) and person.may(action, None if lot is None else lot.pk)
