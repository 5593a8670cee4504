"""Keeps what was typed in a form that came too late: its sign-in had ended, or its token was out of date.

The page holds the fields of the form and a button that sends them again, after a sign-in in another tab. The
text goes back to the browser that sent it and nowhere else: no row, session, cookie or address has it.
"""

from typing import Any

from django.http import HttpRequest

OPEN_TO_ALL = (
    *("/console/login", "/console/logout", "/console/join", "/console/language"),
    *("/console/account/", "/console/sso/"),
)
MOST_TEXT = 200_000  # characters of all fields


def can_keep(request: HttpRequest) -> bool:
    """Return whether a request is a form that a person sent from a page of ours, and small enough.

    The button sends what stands in the form in that person's name, so a form of another site must never be
    kept: a page can forge neither header. Passwords are not kept, and files cannot be.
    """
    sent = {name: request.headers.get(f"Sec-Fetch-{name}") for name in ("Site", "Mode")}
    if request.method != "POST" or sent != {"Site": "same-origin", "Mode": "navigate"}:
        return False
    if request.path_info.startswith(OPEN_TO_ALL) or request.FILES:
        return False
    return bool(_fields(request)) and sum(len(value) for _name, value in _fields(request)) <= MOST_TEXT


def is_opened(request: HttpRequest) -> bool:
    """Return whether a person opened this address, and no script or program asked for it."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"


def kept_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the page needs to show a form and to send it again."""
    fields = _fields(request)
    return {
        "fields": fields,
        "typed": [value for _name, value in fields if _is_prose(value)],
        "signed_out": not request.user.is_authenticated,
        "keeps_form": True,
    }


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value.replace("\0", ""))
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]


def _is_prose(value: str) -> bool:
    """Return whether a person may have typed a value: numbers of rows and choices mean nothing to them."""
    is_document = value.lstrip().startswith("{")  # of a tariff, which the form shows as fields
    return not is_document and any(character.isspace() or not character.isascii() for character in value)
