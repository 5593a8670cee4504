"""Turn a template into an answer with the headers that every driver's page has, and into cached bytes."""

import base64
import gzip
import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import brotli
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.csp import CSP

from presentation import inline
from presentation.languages import NAMES, SUFFIXES, TAGS

# All scripts are ours, and no page can be framed (frame-ancestors, so X-Frame-Options is not needed). No
# other site's window matters to a page without sessions (Cross-Origin-Opener-Policy).
HEADERS = {"Cross-Origin-Resource-Policy": "same-origin", "X-Robots-Tag": "noindex"}
# Forbids to ask where the driver is, and what the phone sees and hears. The first page must fit 4,096 bytes
# with its headers and does without: its policy lets no script run that could ask.
CSP_HEADER = str(CSP.HEADER_ENFORCE)
SENSORS = ("camera", "geolocation", "microphone", "payment")
PERMISSIONS = ",".join(f"{name}=()" for name in SENSORS)
ZIP_FROM = 1600  # bytes; a smaller answer and its headers, a kilobyte, are two packets, zipped or not
SMALL_WINDOW = 13  # bits of a window of 8 kB
INDENT = re.compile(r"\s*\n\s*")
_BLOCK = "html|meta|link|title|style|script|main|header|nav|p|div|dl|dt|dd|h1|h2|form|section"
SPACE = re.compile(
    rf"\n(</?(?:{_BLOCK})\b)|(</?(?:{_BLOCK})\b[^>]*>)\n"
)  # white space around a block is not shown
PRIVATE = "private, no-cache"  # no shared cache stores it, so that it needs no Vary either
BROTLI = {"mode": brotli.MODE_FONT, "lgwin": 12}  # of all settings the smallest for pages of 9 kB
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=11, **BROTLI),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
    "": bytes,
}


def sealed[R: HttpResponse](response: R) -> R:
    """Set the headers and the policy of a driver's page; nothing is cached unless the view allows it."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    if response.content:
        response.headers["Content-Length"] = str(len(response.content))  # else it is sent in chunks
    if not hasattr(response, "_csp_config"):
        response._csp_config = inline.POLICY  # type: ignore[attr-defined] # Django's own name for it
    if response._csp_config is inline.POLICY:  # type: ignore[attr-defined] # spare building it each time
        response.headers[CSP_HEADER] = inline.POLICY_TEXT
    if response._csp_config is not inline.SIGN_POLICY:  # type: ignore[attr-defined]
        response.headers["Permissions-Policy"] = PERMISSIONS
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
    return INDENT.sub("\n", render_to_string(f"driver/{template}", context)).strip()


def policy_of(template: str, html: str) -> dict[str, list[Any]]:
    """Return the policy of a page: a short one for the first behind a sign, which carries nothing else."""
    is_first = template == "page.html" and inline.RESULT_STYLE not in html and inline.PAY_SCRIPT not in html
    return inline.SIGN_POLICY if is_first else inline.POLICY


def cached_page(template: str, context: dict[str, Any]) -> "CachedPage":
    """Return a page in which nothing depends on the visitor, to be cached."""
    html = SPACE.sub(r"\1\2", render(template, context))
    return CachedPage(html.encode(), policy_of(template, html))


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Answer with a page that may hold a plate or an amount: never cached, zipped where that is taken."""
    return answer(request, template, render(template, context), status=status)


def answer(request: HttpRequest, template: str, html: str, *, status: int = 200) -> HttpResponse:
    """Answer with what a template rendered; see `page`."""
    body, is_zipped = packed(html, request.META.get("HTTP_ACCEPT_ENCODING", ""))
    return sent(body, policy_of(template, html), is_zipped=is_zipped, status=status)


def sent(
    body: bytes, policy: dict[str, list[Any]], *, is_zipped: bool = False, status: int = 200
) -> HttpResponse:
    """Return the response with a page as `packed` returned it."""
    response = HttpResponse(status=status)
    response._csp_config = policy  # type: ignore[attr-defined] # Django's own name for it
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.content = body
    return response


def packed(html: str, accept_encoding: str) -> tuple[bytes, bool]:
    """Return a page as it is sent, and whether that is in gzip's format."""
    body = html.encode()
    is_zipped = len(body) >= ZIP_FROM and "gzip" in accepted(accept_encoding)
    return (_zipped(body), True) if is_zipped else (body, False)


def _zipped(body: bytes) -> bytes:
    """Return it in gzip's format. Setting up the usual window costs twice as much as packing a fee."""
    window, memory = (SMALL_WINDOW, 6) if len(body) <= 1 << SMALL_WINDOW else (zlib.MAX_WBITS, 8)
    pack = zlib.compressobj(6, zlib.DEFLATED, 16 + window, memory)
    return pack.compress(body) + pack.flush()


@dataclass(frozen=True)
class CachedPage:
    """The bytes of a page in which nothing depends on the visitor, with an ETag for each encoding."""

    body: bytes
    policy: dict[str, list[Any]] = field(default_factory=lambda: inline.POLICY, hash=False)
    _made: dict[str, tuple[bytes, str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def encoded(self, encoding: str) -> tuple[bytes, str]:
        """Return the bytes in an encoding, "" being none, and their ETag: packed once, when first taken."""
        if encoding not in self._made:
            body = PACKERS[encoding](self.body)
            self._made[encoding] = body, _tag(body)
        return self._made[encoding]

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer in the best encoding that the browser takes, or 304 where it has these bytes already."""
        taken = accepted(request.headers.get("Accept-Encoding", ""))
        encoding = next((name for name in ("br", "gzip") if name in taken), "")
        body, tag = self.encoded(encoding)
        fresh = has_tag(request.headers.get("If-None-Match", ""), tag)
        response = HttpResponse(status=304 if fresh else 200)
        response._csp_config = self.policy  # type: ignore[attr-defined] # Django's own name for it
        if not fresh:
            response.content = body
        if encoding and not fresh:
            response.headers["Content-Encoding"] = encoding
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = PRIVATE
        return response


def _tag(body: bytes) -> str:
    return f'"{base64.urlsafe_b64encode(hashlib.blake2s(body, digest_size=6).digest()).decode()}"'


def has_tag(if_none_match: str, tag: str) -> bool:
    """Return whether a browser has the bytes with this ETag already."""
    return tag in if_none_match.replace("W/", "").split(", ")


@lru_cache(maxsize=64)  # few, for a stranger may send long ones
def accepted(accept_encoding: str) -> frozenset[str]:
    """Return the encodings a browser takes; one with q=0 it refuses."""
    words = accept_encoding.lower().replace(" ", "").split(",")
    parts = (word.partition(";q=") for word in words)
    return frozenset(name for name, _, q in parts if q not in {"0", "0.0"})
