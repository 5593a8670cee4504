"""Styles and scripts that stand inside each page, and the policies that allow exactly these bytes.

`tools.assets` minifies them into `templates/driver/built`; they are read and hashed once at import.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.csp import CSP, build_policy

BUILT = Path(__file__).resolve().parents[1] / "templates" / "driver" / "built"


def without_comments(text: str) -> str:
    """Return a style sheet without block comments, indentation and empty lines."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line)


def _read(name: str) -> str:
    # Stripped, because the page's own white space is: the hash is that of the bytes in the page.
    return (BUILT / name).read_text(encoding="utf-8").strip()


STYLE, RESULT_STYLE, MORE_STYLE = _read("page.css"), _read("result.css"), _read("more.css")
SCRIPT, FEE_SCRIPT, WAIT_SCRIPT, PAY_SCRIPT = (
    _read("page.js"),
    _read("fee.js"),
    _read("wait.js"),
    _read("pay.js"),
)
TARIFF_STYLE = _read("tariff.css")
RECEIPT_STYLE, PRINT_SCRIPT = _read("receipt.css"), _read("print.js")


def _allow(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


# What `/fee` answers: one script that brings its own style, so that the first page's policy needs no further
# hash. A style element would need one; a rule that a script inserts does not.
FEE_ASSETS = (
    f"(s=>s.insertRule({json.dumps(f'@media all{{{RESULT_STYLE}}}', ensure_ascii=False)},s.cssRules.length))"
    f"(document.styleSheets[0]);{FEE_SCRIPT}"
)


def policy(styles: list[str], scripts: list[str], *, own: bool = False) -> dict[str, list[Any]]:
    """Return a policy for pages with these styles and scripts; each hash costs 54 bytes of every answer.

    `own`: a script may be loaded from this site as well (`/fee`).
    """
    return {
        **settings.SECURE_CSP,
        "style-src": [_allow(text) for text in styles],
        "script-src": [*[CSP.SELF] * own, *map(_allow, scripts)] or [CSP.NONE],
        "img-src": ["data:"],  # the empty icon, which saves a request for /favicon.ico
        "connect-src": [CSP.SELF if scripts else CSP.NONE],
    }


SIGN_POLICY = policy([STYLE], [SCRIPT], own=True)  # of the first page behind a sign
POLICY = policy([STYLE, RESULT_STYLE, MORE_STYLE], [SCRIPT, FEE_SCRIPT, WAIT_SCRIPT, PAY_SCRIPT], own=True)
POLICY_TEXT = build_policy(POLICY)
# Only the pages behind a receipt code have these: the others' headers need not carry their hashes.
RECEIPT_POLICY = {
    **policy([STYLE, RESULT_STYLE, MORE_STYLE, RECEIPT_STYLE], [PRINT_SCRIPT]),
    "connect-src": [CSP.NONE],
}
TARIFF_POLICY = policy([STYLE, RESULT_STYLE, MORE_STYLE, TARIFF_STYLE], [])
