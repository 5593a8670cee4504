"""Public pages on purity: an operator's lots with their state, and the signed declaration of this host."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

from compliance.models import SelfCheck
from driver import page_cache
from driver.driver_view import driver_view
from driver.first_pages import declared, published
from lots.models import Lot, Operator
from presentation.failures import Failure
from presentation.respond import page
from selfcheck.signed_declaration import PATH, canonical, public_key


@dataclass(frozen=True)
class PurityLine:
    """One lot's line on the page."""

    name: str
    slug: str
    verdict: str
    on: str


@driver_view("GET", "HEAD")
def operator_page(request: HttpRequest, operator: str) -> HttpResponse:
    """Show an operator's lots, each with the result and time of its last self-check."""
    is_number = operator.isdecimal() and len(operator) < 10
    row = Operator.objects.filter(pk=operator).first() if is_number else None
    if row is None:
        raise Failure("not_found")
    checks = {check.lot_id: check for check in SelfCheck.objects.filter(lot__operator=row).defer("document")}
    lots = [_state(lot.name, lot.slug, checks.get(lot.pk)) for lot in row.lots.order_by("name")]
    key = public_key(settings.DECLARATION_KEY) if settings.DECLARATION_KEY else ""
    context = {"operator": row, "lots": lots, "key": key, "path": f"/operator/{row.pk}"}
    return page(request, "purity.html", context)


def _state(name: str, slug: str, check: SelfCheck | None) -> PurityLine:
    words = {
        "pure": _("Pure"),
        "remarks": _("Pure, with remarks"),
        "partial": _("No breach found, not fully tested"),
        "not_pure": _("Not pure"),
        "unknown": _("Could not be tested"),
    }
    if check is None or check.checked_at is None:
        return PurityLine(name, slug, _("Not yet tested"), "")
    return PurityLine(
        name, slug, words.get(check.verdict, words["unknown"]), localtime(check.checked_at).date().isoformat()
    )


@driver_view("GET", "HEAD")
def well_known(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Send the declaration, for machines; 404 where the operator has set no key."""
    if not settings.DECLARATION_KEY:
        raise Failure("not_found")
    return _json(page_cache.DOCUMENTS.facts(PATH, _declaration))


def _declaration() -> bytes:
    from compliance.purity_declaration import declare  # with the self-check and its words: asked for rarely
    from selfcheck.verdicts import dump

    at = now()
    return dump(declare(at=localtime(at), details=lambda lot: declared(lot, at=at))).encode()


@driver_view("GET", "HEAD")
def lot_facts_document(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001
    """Send the public facts from which the first pages of a lot are made."""
    return _json(page_cache.DOCUMENTS.facts(slug, lambda: _facts_document(slug)))


def _facts_document(slug: str) -> bytes:
    lot = Lot.objects.select_related("operator").filter(slug=slug).first()
    if lot is None:
        raise Failure("not_found")
    return canonical(published(lot, at=now()).as_json())


def _json(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="application/json; charset=utf-8")
