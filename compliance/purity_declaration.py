"""The signed declaration of this host's lots: made from the same facts as the pages and the notice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation

from compliance import privacy_notice
from compliance.models import SelfCheck
from compliance.notice_versions import LANGUAGE
from compliance.recipient_list import receivers_of
from core.release import release
from lots.models import Lot
from selfcheck import signed_declaration
from selfcheck.purity_rules import VERSION


def declare(*, at: datetime, details: Callable[[Lot], dict[str, Any]] = lambda _: {}) -> dict[str, Any]:
    """Return the signed declaration of this host; needs DECLARATION_KEY.

    `details` adds what is to be declared of a lot's pages, which a layer above this one makes.
    """
    checks = {row.lot_id: row for row in SelfCheck.objects.exclude(checked_at=None).defer("document")}
    lots = Lot.objects.select_related("operator").order_by("slug")
    statement = {
        "format": signed_declaration.FORMAT,
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "issued_on": at.date().isoformat(),
        "release": release().as_json(),
        "notice_version": privacy_notice.VERSION,
        "fields": ["plate"],
        "recipients": [],  # of the page's own requests; to whom the lot passes data on stands with the lot
        "storage": [],
        "lots": [_lot(lot, checks.get(lot.pk)) | details(lot) for lot in lots],
    }
    return signed_declaration.sign(statement, settings.DECLARATION_KEY)


def _recipients(lot: Lot) -> list[dict[str, str]]:
    with translation.override(LANGUAGE):
        return [
            {
                "kind": one.kind,
                "name": one.name,
                "contact": one.contact,
                "data": str(one.data),
                "purpose": str(one.purpose),
            }
            for one in receivers_of(lot)
        ]


def _lot(lot: Lot, check: SelfCheck | None) -> dict[str, Any]:
    return {
        "slug": lot.slug,
        "name": lot.name,
        "operator": lot.operator.legal_name,
        "retention_hours": lot.retention_hours,
        "privacy": f"/lot/{lot.slug}/privacy",
        "recipients": _recipients(lot),
        "selfcheck": {"on": check.checked_at.date().isoformat(), "verdict": check.verdict, "rules": VERSION}
        if check and check.checked_at
        else None,
    }
