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


KINDRED = 3  # signs that are asked for besides the one just typed: then the page draws its keys


def _spellings(sign: str) -> set[str]:
    number = ord(sign)
    return {sign, sign.lower(), str(number), f"{number:x}", f"{number:X}", f"u{number:04x}"}


def tells_sign(text: str, sign: str) -> bool:
    """Return whether a text names a sign of a plate: by itself, or by its number."""
    return not _spellings(sign).isdisjoint(_WORD.findall(unquote_plus(text)))


def _frames_of(url: str) -> dict[str, str]:
    """Return the words of an address, each by what stands around it."""
    plain = unquote_plus(url)
    return {f"{plain[: word.start()]}*{plain[word.end() :]}": word[0] for word in _WORD.finditer(plain)}


def _of_drawn_keys(exchange: Exchange, sign: str, asked: Iterable[str]) -> bool:
    """Return whether an address is one of many that differ by the sign alone: the keys are pictures."""
    mine = {frame for frame, word in _frames_of(exchange.url).items() if word in _spellings(sign)}
    others = {w for url in asked for frame, w in _frames_of(url).items() if frame in mine}
    return len(others - _spellings(sign)) >= KINDRED


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
            at_once = [other.url for other, standing in rows if standing == typed]
            if sign and host_of(exchange.url) == host and not _of_drawn_keys(exchange, sign, at_once):
                sent.append((sign, exchange))
        if len(sent) >= SIGNS and len({sign for sign, _ in sent}) >= DIFFERENT:
            return [exchange for _, exchange in sent]
    return []


def are_files(sent: Iterable[Exchange]) -> bool:
    """Return whether all that was asked for are pictures that may be kept, at addresses without parameters.

    A keyboard may fetch the picture of a key when that is pressed; whether it counts them is not seen.
    """
    return all(
        exchange.method == "GET"
        and not (exchange.body or urlsplit(exchange.url).query or _TOKEN.search(urlsplit(exchange.url).path))
        and exchange.answer_header("content-type").startswith("image/")
        and re.search(r"max-age=[1-9]|immutable", exchange.answer_header("cache-control"))
        for exchange in sent
    )


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
