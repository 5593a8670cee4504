"""Style and script that stand inside each page, and the policy that allows exactly these bytes.

Read and hashed once at import. No build step: comments and indentation go, nothing else changes.
"""

import base64
import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.utils.csp import CSP

SOURCES = Path(__file__).resolve().parents[2] / "templates" / "driver"


def squeeze(text: str) -> str:
    """Remove block comments, lines that are only a comment, indentation and empty lines."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _read(name: str) -> str:
    return squeeze((SOURCES / name).read_text(encoding="utf-8"))


STYLE, MORE_STYLE = _read("page.css"), _read("more.css")
SCRIPT, WAIT_SCRIPT, PAY_SCRIPT = _read("page.js"), _read("wait.js"), _read("pay.js")


def _allow(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


POLICY = {
    **settings.SECURE_CSP,
    "style-src": [_allow(STYLE), _allow(MORE_STYLE)],
    "script-src": [_allow(SCRIPT), _allow(WAIT_SCRIPT), _allow(PAY_SCRIPT)],
    "img-src": ["data:"],  # the empty icon, which saves a request for /favicon.ico
    "connect-src": [CSP.SELF],
}
