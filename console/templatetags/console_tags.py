"""What a page of the console shows depends on who looks.

{% may "money.see" as money %}: whether they may do something somewhere, or in a lot.
{% can "devices.edit" lot as edits %}: the same, and known well enough for it; for buttons that act at once.
{% factor_hint %}: says that something is not shown for want of a second factor, where that is so.
{% menu as places %}: the pages that they may open, by place.
{% attention as waiting %}: what waits for them: tasks, a red signal.
{% way_back as address %}: where they were when a second factor was asked for; empty otherwise.
{% page_help as help %}: what this page is and what to do; empty where there is none.
{% link "console:payment" row.pk %}no. 7{% endlink %}: a link for who may open it, else its text; nothing
with only=True.
{% form_key %}: the key of a form that makes something: a second press of it is the same one.
{{ row.at|dated:"m-d H:i" }}: a date or moment, with its year where that is not this one.
{{ faults|row_faults }}: what is wrong with the rows of a file, a sentence for each reason.
{% sso as name %}: what the house calls its identity provider; empty where there is none.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from uuid import uuid4

from django import template
from django.conf import settings
from django.template.defaultfilters import date as date_format
from django.urls import resolve, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate, now

from console.attention import Attention, kept_attention
from console.menu import BELONGS_TO, BELONGS_TO_OF_LOT
from console.page_help import ACTS, HELP, READ_ONLY, Help
from console.row_faults import row_faults
from core.spoken_time import spoken_hours
from lots.models import Lot
from staff import background
from staff.access import BACK, Access
from staff.access import can as is_able

HOME = "/console/"
ACTIONS: dict[str, str] = {}  # by route, as `_action_of` found them
OF_LOT = re.compile(r"/console/lots/[^/]+/(\w+)")
register = template.Library()
register.filter(row_faults)
register.filter(spoken_hours)


@register.filter(expects_localtime=True)
def dated(at: date | None, form: str) -> str:
    """Return a date or moment in `form`, which begins with the month; first the year if not this one."""
    return date_format(at, form if not at or at.year == localdate().year else f"Y-{form}")


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], action: str, lot: Lot | None = None) -> bool:
    person = getattr(context["request"], "access", None)
    return isinstance(person, Access) and person.may(action, None if lot is None else lot.pk)


@register.simple_tag(takes_context=True)
def can(context: dict[str, Any], action: str, lot: Lot | None = None) -> bool:
    request = context["request"]
    return hasattr(request, "access") and is_able(request, action, None if lot is None else lot.pk)


@register.simple_tag(takes_context=True)
def may_start_work(context: dict[str, Any]) -> bool:
    """Return whether this person may start any work that runs in the background."""
    return any(may(context, kind.action) for kind in background.KINDS.values())


@register.simple_tag
def form_key() -> SafeString:
    """Return a hidden field with a new key, for `console.background_start.key_of`."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid4())


@register.simple_block_tag(takes_context=True)
def link(context: dict[str, Any], content: SafeString, route: str, *args: object, only: bool = False) -> str:
    """Return a link if the reader may open it, else its text; `only` leaves it out then."""
    address, content = reverse(route, args=args), SafeString(content.strip())
    person = getattr(context["request"], "access", None)
    if isinstance(person, Access) and person.may(_action_of(route, address)):
        return format_html('<a href="{}">{}</a>', address, content)
    return SafeString("") if only else content


def _action_of(route: str, address: str) -> str:
    """Return the permission that a route requires, wherever it leads."""
    if route not in ACTIONS:
        ACTIONS[route] = getattr(resolve(address).func, "action", "")
    return ACTIONS[route]


@register.inclusion_tag("console/_factor.html", takes_context=True)
def factor_hint(context: dict[str, Any]) -> dict[str, Any]:
    """Show the line once on a page: beside the buttons where there are any, else at the end."""
    request = context["request"]
    wanted, request.wants_factor = getattr(request, "wants_factor", False), False
    return {"wanted": wanted}


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the places of `console.menu` with their pages; the one that is open is marked."""
    path = context["request"].path
    addresses = _menu_addresses()
    here = _entry_of(path, addresses)
    places = []
    for label, entries in settings.CONSOLE_MENU:
        pages = [
            {
                "name": name,
                "label": text,
                "address": addresses[name],
                "current": "" if name != here else "page" if addresses[name] == path else "true",
            }
            for name, text, action in entries
            if may(context, action)
        ]
        if pages:
            is_here = any(page["current"] for page in pages)
            places.append({"label": label, "pages": pages, "here": is_here})
    return places


@cache
def _menu_addresses() -> dict[str, str]:
    """Return the address of each entry; they are the same for as long as the process lives."""
    return {name: reverse(name) for _label, entries in settings.CONSOLE_MENU for name, *_rest in entries}


def _entry_of(path: str, addresses: Mapping[str, str]) -> str:
    """Return the menu's entry to which an address belongs: the longest that it begins with."""
    for prefix, name in BELONGS_TO.items():
        if path.startswith(prefix):
            return name
    if (of_lot := OF_LOT.match(path)) and of_lot[1] in BELONGS_TO_OF_LOT:
        return BELONGS_TO_OF_LOT[of_lot[1]]
    fits = [
        name
        for name, address in addresses.items()
        if path == address or (address != HOME and path.startswith(address.rstrip("/") + "/"))
    ]
    return max(fits, key=lambda name: len(addresses[name]), default="")


@register.simple_tag(takes_context=True)
def attention(context: dict[str, Any]) -> Attention | None:
    person = getattr(context["request"], "access", None)
    return kept_attention(person, at=now()) if isinstance(person, Access) else None


@register.simple_tag(takes_context=True)
def way_back(context: dict[str, Any]) -> str:
    session = getattr(context["request"], "session", None)
    return str(session.get(BACK, "")) if session is not None else ""


@register.simple_tag(takes_context=True)
def page_help(context: dict[str, Any]) -> Help | None:
    match = getattr(context["request"], "resolver_match", None)
    help_of = HELP.get(match.view_name) if match else None
    acts = ACTS.get(match.view_name, ()) if match else ()
    if help_of and acts and not any(may(context, act) for act in acts):
        return help_of[0], READ_ONLY
    return help_of


@register.simple_tag
def sso() -> str:
    return str(settings.OIDC_NAME or "SSO") if settings.OIDC_ISSUER else ""
