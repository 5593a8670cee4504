"""The first page of a sign and its script, with all headers, made from facts alone; its declared digest."""

import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.module_loading import import_string

from driver.fee_assets import fee_script
from driver.plate import first_page
from driver.sign_page import price_of
from lots.contacts import code_digest
from lots.models import Lot, Sign
from presentation.languages import SUFFIXES, TAGS
from presentation.page_data import LotFacts, SignFacts, facts_at, lot_facts
from presentation.published_facts import PublishedFacts, publish
from presentation.respond import sealed
from selfcheck.signed_declaration import canonical, stated

FEE_SCRIPT = "/fee"
_one_at_a_time = threading.Lock()  # rendering hundreds of pages in several threads only delays drivers


@dataclass(frozen=True)
class FirstPage:
    """What a browser is answered that asks for a page uncompressed: headers in lower case, and bytes."""

    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def digest(self) -> str:
        """One digest over headers, the policy among them, and body."""
        body = hashlib.sha256(self.body).hexdigest()
        return hashlib.sha256(
            canonical({"headers": [list(h) for h in self.headers], "body": body})
        ).hexdigest()


def build(facts: SignFacts, language: str, origin: str) -> FirstPage:
    """Return the page that the site at `origin` serves of these facts: nothing else goes into it."""

    with translation.override(language):
        return _served(first_page(facts).answer, f"/p/{facts.code}{SUFFIXES[language]}", origin)


def build_script(origin: str) -> FirstPage:
    """Return the script that the first page fetches while the driver types."""
    return _served(fee_script, FEE_SCRIPT, origin)


def _served(answer: Callable[[HttpRequest], HttpResponse], path: str, origin: str) -> FirstPage:
    handler: Callable[[HttpRequest], HttpResponse] = lambda request: sealed(answer(request))  # noqa: E731
    for name in reversed(settings.MIDDLEWARE):
        handler = import_string(name)(handler)
    response = handler(_request(path, origin))
    headers = sorted((name.lower(), value) for name, value in response.headers.items())
    return FirstPage(tuple(headers), response.content)


def _request(path: str, origin: str) -> WSGIRequest:
    parts = urlsplit(origin)
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "SERVER_NAME": parts.hostname or "localhost",
            "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
            "HTTP_HOST": parts.netloc,
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": io.BytesIO(),
        }
    )


def facts_on_page(facts: SignFacts, language: str) -> dict[str, str]:
    """Return the facts as the page writes them, by their published name."""
    names = (
        "name",
        "legal_name",
        "service_phone",
        "complaint_phones",
        "cash_information",
        "slug",
        "province",
    )
    with translation.override(language):
        shown = {name: str(getattr(facts.lot, name)) for name in names}
        shown |= {"place": facts.place, "number": str(facts.number), "tariff": price_of(facts.lot)}
    return {name: text for name, text in shown.items() if text}


@lru_cache(maxsize=20_000)
def _digest(facts: SignFacts, language: str, origin: str) -> str:
    return build(facts, language, origin).digest


def facts_of(lot: Lot, *, at: datetime) -> tuple[LotFacts, list[SignFacts]]:
    """Read the facts of a lot and of its signs in use."""
    facts = lot_facts(lot, at=at)
    signs = Sign.objects.filter(lot=lot, revoked_at=None).select_related("lane").order_by("number")
    return facts, [facts_at(sign, facts) for sign in signs]


def published(lot: Lot, *, at: datetime) -> PublishedFacts:
    return publish(*facts_of(lot, at=at))


def declared(lot: Lot, *, at: datetime) -> dict[str, Any]:
    """Return what the declaration states of a lot's facts and first pages.

    The page at an exit lane shows what the car standing there owes; it is declared without a digest.
    """
    facts, signs = facts_of(lot, at=at)
    document = publish(facts, signs)
    with _one_at_a_time:
        return {
            "facts": {
                "address": f"/lot/{lot.slug}/facts.json",
                "sha256": hashlib.sha256(canonical(document.as_json())).hexdigest(),
                "each": {name: stated(name, value) for name, value in document.lot.items()},
            },
            "pages": {code_digest(sign.code): _pages(sign) for sign in signs},
        }


def _pages(sign: SignFacts) -> dict[str, str]:
    if sign.at_exit and not sign.lot.closed:
        return {}
    return {tag: _digest(sign, language, settings.PUBLIC_URL) for language, tag in TAGS.items()}
