"""What the data of a request tells: of the phone, of its owner, of the moments of keys and touches."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from selfcheck.canary import in_base64
from selfcheck.proxy import Exchange

PACKED, SLASHES = 24, 6  # signs that a packed plate takes at least; parts of a path before it
KEYS = 5  # strokes that a plate takes at least, after the province and the letter
_MOMENT = re.compile(r"(?<![\w.])\d{3,13}(?:\.\d+)?(?!\w)")
IDENTITY = re.compile(
    r"^(?:u_?id|user_?id|open_?id|union_?id|device_?id|client_?id|visitor_?id|member_?id|imei|oaid|idfa|phone|mobile|finger\w*)$",
    re.IGNORECASE,
)


def text_of(exchange: Exchange) -> str:
    """Return what the page sent in the body or over the socket, unpacked where it was packed."""
    parts = [exchange.body[:20000], *exchange.frames[:50]]
    return b"\n".join(parts + [_unpacked(part) for part in parts]).decode("utf-8", "replace")


_WRITTEN = re.compile(r"[A-Za-z0-9+/_-]{24,4000}")  # bytes as text: base64, base32 or hexadecimal


def packed_in(text: str) -> str:
    """Return what stands packed in a text, written in letters and digits as in an address; or nothing."""
    read = dict.fromkeys((unquote(text), unquote_plus(text)))  # a plus may belong to base64, or be a space
    runs = [run.split("/") for words in read for run in _WRITTEN.findall(words)[:20]]
    # A slash may belong to base64, or to the path before it.
    words = dict.fromkeys("/".join(parts[at:]) for parts in runs for at in range(min(len(parts), SLASHES)))
    found = [_unpacked(raw) for word in words if len(word) >= PACKED for raw in _as_bytes(word)]
    return b"\n".join(filter(None, found)).decode("utf-8", "replace")


_CODED = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9+/_-]{20,}={0,2}")
_NOT_TEXT = re.compile("[\ufffd\x00-\x08\x0e-\x1f]")


def unreadable_in(exchange: Exchange) -> bool:
    """Return whether a request sends what nobody can read: a long code, or bytes that are no text.

    Encrypted or salted, the plate may stand in it.
    """
    sent = unquote_plus(f"{urlsplit(exchange.url).query}\n{text_of(exchange)}")
    return bool(_CODED.search(sent) or _NOT_TEXT.search(sent))


def _as_bytes(word: str) -> Iterator[bytes]:
    """Yield the bytes that a word may be, by each way to write bytes in letters and digits."""
    url_safe = word.translate(str.maketrans("-_", "+/"))
    for decode, padded in (
        (base64.b64decode, url_safe + "=" * (-len(word) % 4)),
        (base64.b32decode, word.upper() + "=" * (-len(word) % 8)),
        (bytes.fromhex, word),
    ):
        with suppress(ValueError):
            yield decode(padded)


def _unpacked(packed: bytes) -> bytes:
    for form in (31, 15, -15):  # gzip, zlib, bare deflate
        with suppress(zlib.error):
            return zlib.decompressobj(form).decompress(packed, 20000) if len(packed) > 8 else b""
    return b""


_DEVICE = {
    "浏览器标识": re.compile(r"Mozilla/5\.0"),
    "屏幕尺寸": re.compile(r"(?<!\d)(?:360|390)\D{1,14}(?:740|760|780|800)(?!\d)"),
    "时区": re.compile(r"Asia/Shanghai"),
    "平台": re.compile(r"Linux armv\w+"),
}  # what scripts alone can read; no request needs it in its body or address
_DEVICE_BASE64 = tuple(sorted(in_base64(b"Mozilla/5.0")))


def device_in(text: str) -> str:
    """Return what a text tells of the phone, or nothing."""
    plain = unquote_plus(unquote_plus(text))
    found = [name for name, rule in _DEVICE.items() if rule.search(plain)]
    if not found and any(form in text for form in _DEVICE_BASE64):
        found = ["浏览器标识"]
    return "、".join(found)


def holds_series(text: str) -> bool:
    """Return whether a text holds as many moments one after the other as a plate has keys."""
    run, last = 0, 0.0
    for number in map(float, _MOMENT.findall(text)):
        run = run + 1 if number >= last else 1
        last = number
        if run >= KEYS:
            return True
    return False


def identity_in(exchange: Exchange) -> str:
    """Return the name under which a request sends who the driver or the phone is, or nothing.

    A script may put it into the body, the address or a header of its own.
    """
    headers = ((_OWN.sub("", name).replace("-", "_"), value) for name, value in exchange.headers)
    members = chain(_members(exchange), parse_qsl(urlsplit(exchange.url).query), headers)
    return next((name for name, value in members if value and IDENTITY.match(name)), "")


_AMOUNT = re.compile(
    r"(?:total|txn|order|pay|trade|trans)_?(?:amount|amt|fee)[\"']?\s*[=:]\s*[\"']?(\d+(?:\.\d{1,2})?)(?![\d.])",
    re.IGNORECASE,
)


def amount_in(exchange: Exchange) -> str:
    """Return the amount that a cashier is asked to collect, as it is written there; empty: none is."""
    found = _AMOUNT.search(unquote_plus(unquote_plus(f"{exchange.url}\n{text_of(exchange)}")))
    return found[1] if found else ""


_OWN = re.compile(r"^x-", re.IGNORECASE)  # a page's own headers begin so


def _members(exchange: Exchange) -> Iterator[tuple[str, str]]:
    text = exchange.body[:20000].decode("utf-8", "replace")
    if "multipart/" in exchange.header("content-type"):
        yield from _PART.findall(text)
    elif text[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):
            yield from _leaves("", json.loads(text))
    else:
        yield from parse_qsl(text)


_PART = re.compile(r'name="([^"]{1,60})"\r?\n\r?\n([^\r\n]*)')


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(str(key), inner)
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from _leaves(name, inner)
    else:
        yield name, "" if value is None else str(value)


# Code that reads back what was painted, or which card paints it: no worker of a parking page needs to.
_PAINTS = re.compile(rb"OffscreenCanvas[\s\S]*(?:convertToBlob|getImageData|readPixels|3744[56]|UNMASKED)")


def worker_paints(script: bytes) -> bool:
    """Return whether a worker takes a fingerprint of the canvas: no breakpoint reaches it there."""
    return bool(_PAINTS.search(script[:500_000]))
