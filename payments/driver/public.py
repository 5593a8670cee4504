"""Public pages of a lot: what is stored of whom. What parking costs is in `price_page`."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from lots import pictures
from lots.models import Lot
from payments.driver import kept
from payments.driver.beside import remarks_of
from payments.driver.desk import driver_view
from payments.driver.facts import LotFacts, lot_facts
from payments.driver.failures import Failure
from payments.driver.respond import Kept, render


@dataclass(frozen=True)
class Section:
    """One part of the privacy page: a heading, sentences, and optionally rows of (field, why, how long)."""

    heading: str
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()


type Notice = Callable[[LotFacts], list[Section]]
_notices: list[Notice] = []


def add_to_privacy_page(notice: Notice) -> Notice:
    """Let the app that keeps the data inventory say what is stored; it calls this when it starts."""
    _notices.append(notice)
    return notice


@driver_view("GET", "HEAD")
def privacy_page(request: HttpRequest, slug: str) -> HttpResponse:
    return kept.PRIVACY.page(slug, lambda: _privacy_facts(slug), _privacy).answer(request)


def _privacy_facts(slug: str) -> LotFacts:
    lot = Lot.objects.select_related("operator").filter(slug=slug).first()
    if lot is None:
        raise Failure("not_found")
    at = now()
    keeps, remarks = pictures.kept_in(slug), remarks_of(lot, at=at)
    return replace(lot_facts(lot, at=at), keeps_pictures=keeps, remarks=remarks)


def _privacy(lot: LotFacts) -> Kept:
    sections = [section for notice in _notices for section in notice(lot)]
    context = {"lot": lot, "path": f"/lot/{lot.slug}/privacy", "sections": sections}
    return Kept(render("privacy.html", context).encode())
