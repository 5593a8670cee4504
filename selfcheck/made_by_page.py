"""What a page makes of the plate and sends: its signs one by one, or a number computed from it."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus, urlsplit

from selfcheck.proxy import Exchange
from selfcheck.request_data import text_of
from selfcheck.sites import host_of

SIGNS = 5  # of a plate: so many told one by one are no chance
_WORD = re.compile(r"[0-9A-Za-z]+|[\u4e00-\u9fff]")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{12,}")


def tells_sign(text: str, sign: str) -> bool:
    """Return whether a text names a sign of a plate: by itself, or by its number."""
    number = ord(sign)
    spellings = {sign, sign.lower(), str(number), f"{number:x}", f"{number:X}", f"u{number:04x}"}
    return not spellings.isdisjoint(_WORD.findall(unquote_plus(text)))


def told_one_by_one(rows: Sequence[tuple[Exchange, str]]) -> list[Exchange]:
    """Return the requests to one host that each name the sign just typed, if most of the plate went there.

    `rows` are the requests made while the plate was typed, each with what stood in the field.
    """
    for host in {host_of(exchange.url) for exchange, _ in rows}:
        own = [(e, typed) for e, typed in rows if host_of(e.url) == host and typed]
        told = {typed: e for e, typed in own if tells_sign(f"{e.url}\n{text_of(e)}", typed[-1])}
        if len({typed[-1] for typed in told}) >= SIGNS:
            return list(told.values())
    return []


def sent_at_each_key(rows: Sequence[tuple[Exchange, str]], before: Iterable[str]) -> str:
    """Return the path to which something else is sent at each key, and nothing was before; or nothing."""
    known = {urlsplit(url).path for url in before}
    by_path: dict[str, dict[str, str]] = {}
    for exchange, typed in rows:
        path = urlsplit(exchange.url).path
        if typed and path not in known:
            by_path.setdefault(path, {})[typed] = f"{exchange.url}\n{text_of(exchange)}"
    return next((path for path, sent in by_path.items() if len(set(sent.values())) >= SIGNS), "")


def computed_in(url: str, given: str) -> list[str]:
    """Return digests of the long numbers in an address that the server gave in no text."""
    return [
        hashlib.sha256(token.encode()).hexdigest()[:12]
        for token in _TOKEN.findall(url.partition("://")[2].partition("/")[2])
        if len(re.findall(r"\d", token)) >= 3
        and len(re.findall(r"[A-Za-z]", token)) >= 3
        and not all(part in given for part in re.split("[-_]", token))
    ]
