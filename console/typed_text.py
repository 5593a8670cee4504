"""Text that staff type into a single field: a reason, what was done."""

from django.http import HttpRequest

LONGEST = 200


def typed(request: HttpRequest, name: str, longest: int = LONGEST) -> str:
    """Return a posted text, trimmed and cut to `longest`."""
    return request.POST.get(name, "").strip()[:longest]
