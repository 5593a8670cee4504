"""What a text looks like wherever it may hide: percent-encoded, in base64, in hexadecimal, escaped."""

import base64
import html
import json
from collections.abc import Mapping
from urllib.parse import quote as url_quote

SHORTEST = 7  # characters of base64: shorter ones stand in random tokens by chance


def base64_forms(raw: bytes) -> set[bytes]:
    """Return what `raw` looks like inside base64, at each of the three places where it may begin.

    Of two Chinese characters that is their UTF-8; in two bytes each they are too short to tell.
    """
    found = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw)
        whole = text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        found |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in found if len(form) >= SHORTEST}


def forms_of_bytes(raw: bytes) -> set[bytes]:
    written = {raw, raw.hex().encode(), url_quote(raw).encode(), repr(raw)[2:-1].encode(), *base64_forms(raw)}
    return {form.lower() for form in written}


def forms(text: str) -> set[bytes]:
    """Return the bytes in which a text may hide; compared in lower case."""
    found = {json.dumps(text)[1:-1].encode(), html.escape(text).encode()}
    found.add("".join(f"&#{ord(c)};" for c in text).encode())
    found = {form.lower() for form in found}
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        found |= forms_of_bytes(text.encode(encoding))
    return found


def hits(haystack: bytes, needles: Mapping[str, set[bytes]]) -> list[str]:
    """Return which texts are found in the haystack in any form."""
    haystack = haystack.lower()
    return [text for text, written in needles.items() if any(form in haystack for form in written)]
