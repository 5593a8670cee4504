"""What a page of the console shows depends on who looks.

{% may "money.see" as money %}: whether they may do something somewhere, or in a lot.
{% can "devices.edit" lot as edits %}: the same, and known well enough for it; for buttons that act at once.
{% factor_hint %}: says that something is not shown for want of a second factor, where that is so.
{% menu as groups %}: the pages that they may open.
{% sso as name %}: what the house calls its identity provider; empty where there is none.
"""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

from lots.models import Lot
from staff.access import Access
from staff.access import can as is_able

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], action: str, lot: Lot | None = None) -> bool:
    person = getattr(context["request"], "access", None)
    return isinstance(person, Access) and person.may(action, None if lot is None else lot.pk)


@register.simple_tag(takes_context=True)
def can(context: dict[str, Any], action: str, lot: Lot | None = None) -> bool:
    request = context["request"]
    return hasattr(request, "access") and is_able(request, action, None if lot is None else lot.pk)


@register.inclusion_tag("console/_factor.html", takes_context=True)
def factor_hint(context: dict[str, Any]) -> dict[str, Any]:
    """Show the line once on a page: beside the buttons where there are any, else at the end."""
    request = context["request"]
    wanted, request.wants_factor = getattr(request, "wants_factor", False), False
    return {"wanted": wanted}


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the groups of `console.menu` with their addresses; the page that is open is marked."""
    here = context["request"].path
    groups = []
    for label, entries in settings.CONSOLE_MENU:
        pages = [
            {"label": text, "address": reverse(name), "here": reverse(name) == here}
            for name, text, action in entries
            if may(context, action)
        ]
        if pages:
            groups.append({"label": label, "pages": pages})
    return groups


@register.simple_tag
def sso() -> str:
    return str(settings.OIDC_NAME or "SSO") if settings.OIDC_ISSUER else ""
