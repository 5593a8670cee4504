"""Responses of the members' surface: in the drivers' style, without scripts."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.csp import CSP

from lots.models import Lot
from members.member_signs import pure_sign_of
from presentation import inline, respond
from presentation.languages import NAMES, SUFFIXES, TAGS

OWN = Path(__file__).resolve().parents[2] / "templates" / "members" / "members.css"
STYLES = [
    inline.STYLE,
    inline.RESULT_STYLE,
    inline.MORE_STYLE,
    inline.RECEIPT_STYLE,
    inline.without_comments(OWN.read_text(encoding="utf-8")),
]


def _allow(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = {
    **settings.SECURE_CSP,
    "style-src": [_allow(text) for text in STYLES],
    "img-src": ["data:"],
    "script-src": [CSP.NONE],
    "connect-src": [CSP.NONE],
}


def page(template: str, *, lot: Lot | None, status: int = 200, **context: Any) -> HttpResponse:
    """Answer with a page; where the lot is known, the way to pay without any of this comes first."""
    language = translation.get_language() or "zh-hans"
    sign = pure_sign_of(lot) if lot else None
    shown = {
        "lang": TAGS[language],
        "suffix": SUFFIXES[language],
        "gap": " " if language == "en" else "",
        "languages": [(TAGS[c], NAMES[c], SUFFIXES[c]) for c in SUFFIXES if c != language],
        "styles": STYLES,
        "lot": lot,
        "pure": f"{settings.PUBLIC_URL}/p/{sign.code}{SUFFIXES[language]}" if sign else "",
        "public": settings.PUBLIC_URL,
        "base": f"/member/{lot.slug}" if lot else "",
        **context,
    }
    body = re.sub(r"\s*\n\s*", "\n", render_to_string(f"members/{template}", shown)).strip()
    return HttpResponse(body, status=status, headers={"Cross-Origin-Opener-Policy": "same-origin"})


def sealed(response: HttpResponse) -> HttpResponse:
    """Set the headers and the policy that all of these pages have."""
    response._csp_config = POLICY  # type: ignore[attr-defined] # Django's own name for it
    return respond.sealed(response)


def suffix() -> str:
    return SUFFIXES[translation.get_language() or "zh-hans"]
