"""The part of a page that answers a look-up, filled into cached frames (presentation.frames).

It shows little of the sign, so that all signs share its frames. `driver.sign_page` uses them where nothing
else is shown.
"""

from functools import partial
from typing import Any

from driver.fee_view import Fee
from lots.plates import Plate, looks_cut_short, may_lack_province
from presentation.frames import framed
from presentation.page_data import SignFacts
from presentation.respond import render

PART = "_part.html"
_RENDER = partial(render, PART)
HINTS = ("plate", "cut_short", "no_province")  # what `hints_of` names


def fee_part(facts: SignFacts, fee: Fee, *, lane: bool | None = None, language: str | None = None) -> str:
    """Return the part that shows a fee; `lane`: of the car that a camera read.

    `language`: one that need not be active.
    """
    lot = {"slug": facts.lot.slug, "takes_coupons": facts.lot.takes_coupons}
    return _framed("fee", facts, lot, {"fee": fee, "lane": lane}, language)


def nothing_part(facts: SignFacts, hints: dict[str, Any], *, language: str | None = None) -> str:
    """Return the part that shows that no fee was found; `hints`: see `hints_of`."""
    lot = {"phone_link": facts.lot.phone_link, "service_phone": facts.lot.service_phone}
    return _framed("nothing", facts, lot, {"nothing": True, **hints}, language)


def hints_of(plate: Plate) -> dict[str, Any]:
    """Return which hints a page shows for a plate for which it found no fee."""
    return {
        "plate": plate.pretty,
        "cut_short": looks_cut_short(plate),
        "no_province": may_lack_province(plate),
    }


def _framed(
    name: str, facts: SignFacts, lot: dict[str, Any], shown: dict[str, Any], language: str | None
) -> str:
    return framed(_RENDER, name, {"path": f"/p/{facts.code}", "lot": lot, **shown}, language)
