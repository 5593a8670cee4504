"""Turn a template into an answer with the headers that every driver's page has, and into kept bytes."""

import gzip
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import brotli
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from presentation import inline
from presentation.languages import NAMES, SUFFIXES, TAGS

# All scripts are ours, and no page can be framed (frame-ancestors, so X-Frame-Options is not needed). What is
# left to forbid: to ask where the driver is, and what the phone sees and hears.
SENSORS = ("camera", "geolocation", "microphone", "payment")
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ",".join(f"{name}=()" for name in SENSORS),
    "X-Robots-Tag": "noindex",
}
ZIP_FROM = 1200  # bytes; a smaller answer is one packet anyway


def sealed[R: HttpResponse](response: R) -> R:
    """Set the headers and the policy of a driver's page; nothing is kept unless the view said so."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    if response.content:
        response.headers["Content-Length"] = str(len(response.content))  # else it is sent in chunks
    if not hasattr(response, "_csp_config"):
        response._csp_config = inline.POLICY  # type: ignore[attr-defined] # Django's own name for it
    return response


def render(template: str, context: dict[str, Any]) -> str:
    """Render in the active language, without indentation. No context processor: there is no visitor in it."""
    language = translation.get_language() or "zh-hans"
    context = {
        "lang": TAGS[language],
        "suffix": SUFFIXES[language],
        "gap": " " if language == "en" else "",  # between two sentences
        "languages": [(TAGS[c], NAMES[c], SUFFIXES[c]) for c in SUFFIXES if c != language],
        "style": inline.STYLE,
        "result_style": inline.RESULT_STYLE,
        "more_style": inline.MORE_STYLE,
        "script": inline.SCRIPT,
        "fee_script": inline.FEE_SCRIPT,
        "wait_script": inline.WAIT_SCRIPT,
        "pay_script": inline.PAY_SCRIPT,
        **context,
    }
    return re.sub(r"\s*\n\s*", "\n", render_to_string(f"driver/{template}", context)).strip()


def policy_of(template: str, context: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the policy of a template: a short one for the page behind a sign, which is the first to load."""
    first = template == "page.html" and not context.get("asked")
    return inline.SIGN_POLICY if first else inline.POLICY


def kept(template: str, context: dict[str, Any]) -> "Kept":
    """Return a page in which nothing depends on the visitor, to be kept."""
    return Kept(render(template, context).encode(), policy_of(template, context))


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a page that may hold a plate or an amount: never kept, zipped where that is taken."""
    body = render(template, context).encode()
    response = HttpResponse(status=status)
    response._csp_config = policy_of(template, context)  # type: ignore[attr-defined] # Django's own name for it
    if len(body) >= ZIP_FROM and "gzip" in _accepted(request):
        body = gzip.compress(body, 6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.content = body
    return response


@dataclass(frozen=True)
class Kept:
    """The bytes of a page in which nothing depends on the visitor, compressed ahead, with an ETag."""

    body: bytes
    policy: dict[str, list[Any]] = field(default_factory=lambda: inline.POLICY, hash=False)

    @cached_property
    def encodings(self) -> dict[str, bytes]:
        zipped = gzip.compress(self.body, 9, mtime=0)
        return {"br": brotli.compress(self.body, mode=brotli.MODE_TEXT, quality=11), "gzip": zipped}

    @cached_property
    def tag(self) -> str:
        return hashlib.blake2s(self.body, digest_size=9).hexdigest()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer in the best encoding that the browser takes, or 304 where it has these bytes already."""
        accepted = _accepted(request)
        encoding = next((name for name in ("br", "gzip") if name in accepted), "")
        tag = f'"{self.tag}{"-" * bool(encoding)}{encoding}"'
        fresh = tag in request.headers.get("If-None-Match", "").replace("W/", "").split(", ")
        response = HttpResponse(status=304 if fresh else 200)
        response._csp_config = self.policy  # type: ignore[attr-defined] # Django's own name for it
        if not fresh:
            response.content = self.encodings[encoding] if encoding else self.body
        if encoding and not fresh:
            response.headers["Content-Encoding"] = encoding
        response.headers["ETag"] = tag
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "private, no-cache"
        return response


def _accepted(request: HttpRequest) -> set[str]:
    """Return the encodings a browser takes; one with q=0 it refuses."""
    words = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    return {name for name, _, q in (word.partition(";q=") for word in words) if q not in {"0", "0.0"}}
