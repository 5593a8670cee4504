"""What a page makes of the plate and sends: its signs one by one, or a number computed from it."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus, urlsplit

from selfcheck.proxy import Exchange
from selfcheck.request_data import text_of
from selfcheck.sites import host_of

SIGNS, DIFFERENT = 5, 3  # of a plate: so many sent one by one, and so many of them unlike, are no chance
_WORD = re.compile(r"[0-9A-Za-z]+|[\u4e00-\u9fff]")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{12,}")


def tells_sign(text: str, sign: str) -> bool:
    """Return whether a text names a sign of a plate: by itself, or by its number."""
    number = ord(sign)
    spellings = {sign, sign.lower(), str(number), f"{number:x}", f"{number:X}", f"u{number:04x}"}
    return not spellings.isdisjoint(_WORD.findall(unquote_plus(text)))


def sent_one_by_one(rows: Sequence[tuple[Exchange, str]]) -> list[Exchange]:
    """Return the requests to one host that each name a sign just typed, if most of the plate went there.

    `rows` are the requests made while the plate was typed, each with what stood in the field then:
    on a busy machine that may be one sign more.
    """
    for host in {host_of(exchange.url) for exchange, _ in rows}:
        sent: list[tuple[str, Exchange]] = []
        for exchange, typed in rows:
            text = f"{exchange.url}\n{text_of(exchange)}"
            sign = next((s for s in reversed(typed[-2:]) if tells_sign(text, s)), "")
            if sign and host_of(exchange.url) == host:
                sent.append((sign, exchange))
        if len(sent) >= SIGNS and len({sign for sign, _ in sent}) >= DIFFERENT:
            return [exchange for _, exchange in sent]
    return []


def sent_at_each_key(rows: Sequence[tuple[Exchange, str]], before: Iterable[str]) -> str:
    """Return the path to which something else is sent at each key, and nothing was before; or nothing."""
    known = {urlsplit(url).path for url in before}
    by_path: dict[str, list[tuple[str, str]]] = {}
    for exchange, typed in rows:
        path = urlsplit(exchange.url).path
        if typed and path not in known:
            by_path.setdefault(path, []).append((typed, f"{exchange.url}\n{text_of(exchange)}"))
    for path, sent in by_path.items():
        moments, texts = (len(set(column)) for column in zip(*sent, strict=True))
        if len(sent) >= SIGNS and moments >= SIGNS - 1 and texts >= DIFFERENT:
            return path
    return ""


def computed_in(url: str, given: str) -> list[str]:
    """Return digests of the long numbers in an address that the server gave in no text."""
    return [
        hashlib.sha256(token.encode()).hexdigest()[:12]
        for token in _TOKEN.findall(url.partition("://")[2].partition("/")[2])
        if len(re.findall(r"\d", token)) >= 3
        and len(re.findall(r"[A-Za-z]", token)) >= 3
        and not all(part in given for part in re.split("[-_]", token))
    ]
