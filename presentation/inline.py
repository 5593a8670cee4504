"""Style and script that stand inside each page, and the policy that allows exactly these bytes.

Read and hashed once at import. No build step: comments and needless space go, nothing else changes.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils.csp import CSP

SOURCES = Path(__file__).resolve().parents[1] / "templates" / "driver"


QUOTED = re.compile(r'("[^"\n]*"|`[^`]*`)')
LOOSE = re.compile(r"\s*([-=+*&|?:<>{}(),;!]+)\s*")  # not "/": a regular expression may begin there


def squeeze(text: str) -> str:
    """Remove block comments, lines that are only a comment, indentation and empty lines."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def squeeze_style(text: str) -> str:
    """Remove what a style sheet of ours does not need between its rules."""
    return re.sub(r";?\s*([{}])\s*", r"\1", squeeze(text))


def squeeze_script(text: str) -> str:
    """Remove the space around operators, outside of quotes.

    Our scripts end each statement with a semicolon, and space in their regular expressions is written \\s.
    """
    pieces = QUOTED.split(squeeze(text))
    pieces[::2] = (LOOSE.sub(r"\1", piece) for piece in pieces[::2])
    return "".join(pieces).replace(";}", "}")


def _read(name: str, squeezer: Callable[[str], str]) -> str:
    return squeezer((SOURCES / name).read_text(encoding="utf-8"))


STYLE, RESULT_STYLE, MORE_STYLE, COUPON_STYLE = (
    _read(f"{name}.css", squeeze_style) for name in ("page", "result", "more", "coupon")
)
SCRIPT, WAIT_SCRIPT, PAY_SCRIPT = (_read(f"{name}.js", squeeze_script) for name in ("page", "wait", "pay"))
TARIFF_STYLE = _read("tariff.css", squeeze_style)
RECEIPT_STYLE, PRINT_SCRIPT = _read("receipt.css", squeeze_style), _read("print.js", squeeze_script)


def _allow(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


POLICY = {
    **settings.SECURE_CSP,
    "style-src": [_allow(STYLE), _allow(RESULT_STYLE), _allow(MORE_STYLE), _allow(COUPON_STYLE)],
    "script-src": [_allow(SCRIPT), _allow(WAIT_SCRIPT), _allow(PAY_SCRIPT)],
    "img-src": ["data:"],  # the empty icon, which saves a request for /favicon.ico
    "connect-src": [CSP.SELF],
}
# Only the pages behind a receipt code have these: the others' headers need not carry their hashes.
RECEIPT_POLICY = {
    **POLICY,
    "style-src": [*map(_allow, (STYLE, RESULT_STYLE, MORE_STYLE, RECEIPT_STYLE))],
    "script-src": [_allow(PRINT_SCRIPT)],
    "connect-src": [CSP.NONE],
}
# The price board needs no script at all.
TARIFF_POLICY = {
    **POLICY,
    "style-src": [*map(_allow, (STYLE, RESULT_STYLE, MORE_STYLE, TARIFF_STYLE))],
    "script-src": [CSP.NONE],
    "connect-src": [CSP.NONE],
}
