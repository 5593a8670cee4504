"""Finds files that tell visitors apart: by a tag (ETag) or by bytes of their own for each who asks.

A browser sends the tag back on its next visit, as it would a cookie. An honest tag follows from the bytes; a
few servers behind one name may each have their own, so it counts only if every answer has another one. What
stands in a file that the browser keeps is an identifier if no other answer has it and the page sends it back.
"""

import re
from collections.abc import Iterable, Iterator

from selfcheck.chrome import Options
from selfcheck.fetching import fetch
from selfcheck.proxy import Exchange
from selfcheck.request_data import text_of
from selfcheck.sites import site_of, tidy
from selfcheck.visit import Phase, StoredItem

MAX_FILES, TIMES = 2, 4  # that are asked for, and how often each
_LASTS = re.compile(r"\bmax-age=(?:[1-9]\d{3,})\b|\bimmutable\b")  # about an hour or more
_TOKEN = re.compile(r"(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{6,}")


async def telling_files(exchanges: Iterable[Exchange], site: str, options: Options) -> list[StoredItem]:
    """Return the files of a site that differ for each visitor, as what is left in the browser."""
    known = list(exchanges)
    found = []
    kept = [one for one in _kept(known, site) if one.answer_header("etag") or _returned(one, known)]
    for exchange in kept[:MAX_FILES]:
        answers = [await fetch(exchange.url, options) for _ in range(TIMES)]
        if any(answer.status != 200 for answer in answers):
            continue
        tags = {answer.headers.get("etag", "") for answer in answers} | {exchange.answer_header("etag")}
        alike = {answer.body for answer in answers} == {answers[0].body}
        others = [set(_TOKEN.findall(answer.body.decode("utf-8", "replace"))) for answer in answers]
        if alike and len(tags) > TIMES:
            found.append(StoredItem(Phase.ARRIVE, "ETag", "etag", False, 0, tidy(exchange.url)))
        elif len({answer.body for answer in answers}) == TIMES and _returned(exchange, known) - set().union(
            *others
        ):
            found.append(StoredItem(Phase.ARRIVE, "file bytes", "number", False, 0, tidy(exchange.url)))
    return found


def _returned(file: Exchange, exchanges: list[Exchange]) -> set[str]:
    """Return what stands in a file that lasts and is sent back to the site later."""
    if not _LASTS.search(file.answer_header("cache-control")) or len(file.answer) > 100_000:
        return set()
    tokens = set(_TOKEN.findall(file.answer.decode("utf-8", "replace")))
    later = exchanges[exchanges.index(file) + 1 :]
    sent = "\n".join(f"{one.url}\n{text_of(one)}" for one in later if one.body or "?" in one.url)
    return tokens & set(_TOKEN.findall(sent))


def _kept(exchanges: Iterable[Exchange], site: str) -> Iterator[Exchange]:
    """Yield the files that a browser keeps, each address once."""
    seen: set[str] = set()
    for exchange in exchanges:
        kept = "no-store" not in exchange.answer_header("cache-control")
        own = exchange.method == "GET" and exchange.status == 200 and site_of(exchange.url) == site
        early = getattr(exchange.mark, "phase", None) is Phase.ARRIVE  # no plate was typed
        if kept and own and early and exchange.url not in seen:
            seen.add(exchange.url)
            yield exchange
