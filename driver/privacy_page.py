"""Public pages of a lot: what is stored of whom. What parking costs is in `price_page`."""

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from compliance.privacy_notice import extension_rows, make_notice, recipients_of, systems_of
from core.hooks import remarks_of
from driver import page_cache
from driver.driver_view import driver_view
from lots import pictures
from lots.models import Lot
from presentation.failures import Failure
from presentation.page_data import LotFacts, lot_facts
from presentation.respond import CachedPage, render


@dataclass(frozen=True)
class PrivacySection:
    """One part of the privacy page: a heading, sentences, and optionally rows of (field, why, how long)."""

    heading: str
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()


@driver_view("GET", "HEAD")
def privacy_page(request: HttpRequest, slug: str) -> HttpResponse:
    return page_cache.PRIVACY.page(slug, lambda: _privacy_facts(slug), _privacy).answer(request)


def _privacy_facts(slug: str) -> LotFacts:
    lot = Lot.objects.select_related("operator").filter(slug=slug).first()
    if lot is None:
        raise Failure("not_found")
    at = now()
    return replace(
        lot_facts(lot, at=at),
        keeps_pictures=pictures.kept_in(slug),
        systems=systems_of(lot),
        recipients=recipients_of(lot),
        remarks=remarks_of(lot, at=at),
    )


def _privacy(lot: LotFacts) -> CachedPage:
    context = {"lot": lot, "path": f"/lot/{lot.slug}/privacy", "sections": _sections(lot)}
    return CachedPage(render("privacy.html", context).encode())


def _sections(lot: LotFacts) -> list[PrivacySection]:
    """Return the notice as the page's sections; who is responsible stands in the page's foot."""
    notice = make_notice(
        lot=lot.name,
        controller=lot.legal_name,
        contact=lot.contact,
        complaint_phones=lot.complaint_phones,
        retention_hours=lot.retention_hours,
        keeps_pictures=lot.keeps_pictures,
        systems=lot.systems,
        recipients=lot.recipients,
    )
    return [
        PrivacySection(_("What we use"), notice.what),
        PrivacySection(_("On what ground"), notice.ground),
        PrivacySection(_("What is kept, and how long"), rows=notice.stored),
        PrivacySection(_("Who receives it"), notice.recipients),
        PrivacySection(_("Your rights"), notice.rights),
        *(PrivacySection(_("Of members alone"), rows=extension_rows(remark.topic)) for remark in lot.remarks),
    ]
