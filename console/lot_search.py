"""Search for one of many lots by name, number or address. It goes by POST: what is typed may be a plate."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from console.lists import FEW_LOTS
from lots.models import Lot

LONGEST = 64


def typed(request: HttpRequest) -> str:
    """Return what was typed to search for a lot; "" where the page was only opened."""
    return request.POST.get("q", "").strip()[:LONGEST] if request.method == "POST" else ""


def named(lots: Sequence[Lot], text: str) -> list[Lot]:
    """Return those of the lots whose name, number or address contains every word of a text; all for ""."""
    words = _plain(text).split()
    return [lot for lot in lots if all(word in _plain(_names(lot)) for word in words)]


def search_box(lots: Sequence[Lot], found: Sequence[Lot], text: str) -> dict[str, Any]:
    """Return the context of console/_lot_search.html: of few lots one sees the whole list at once."""
    missed = gettext("No lot has this in its name, number or address. All lots are listed.")
    return {
        "offers_search": len(lots) > FEW_LOTS,
        "text": text,
        "most": LONGEST,
        "found_all": bool(text and found),
        "error": missed if text and not found else "",
    }


def _names(lot: Lot) -> str:
    return f"{lot.name} {lot.slug} {lot.address}"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
