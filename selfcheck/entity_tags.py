"""Finds entity tags (ETag) that tell visitors apart: equal bytes that have another tag for each who asks.

A browser sends the tag back on its next visit, as it would a cookie. An honest tag follows from the bytes; a
few servers behind one name may each have their own, so it counts only if every answer has another one.
"""

from collections.abc import Iterable, Iterator

from selfcheck.chrome import Options
from selfcheck.fetching import fetch
from selfcheck.proxy import Exchange
from selfcheck.sites import site_of, tidy
from selfcheck.visit import Phase, StoredItem

MAX_FILES, TIMES = 2, 4  # that are asked for, and how often each


async def telling_tags(exchanges: Iterable[Exchange], site: str, options: Options) -> list[StoredItem]:
    """Return the files of a site whose tag differs for each visitor, as what is left in the browser."""
    found = []
    for exchange in list(_tagged(exchanges, site))[:MAX_FILES]:
        answers = [await fetch(exchange.url, options) for _ in range(TIMES)]
        tags = {answer.headers.get("etag", "") for answer in answers} | {exchange.answer_header("etag")}
        alike = {answer.body for answer in answers} == {answers[0].body} and answers[0].status == 200
        if alike and len(tags) > TIMES:
            found.append(StoredItem(Phase.ARRIVE, "ETag", "etag", False, 0, tidy(exchange.url)))
    return found


def _tagged(exchanges: Iterable[Exchange], site: str) -> Iterator[Exchange]:
    """Yield the files that a browser keeps with their tag, each address once."""
    seen: set[str] = set()
    for exchange in exchanges:
        kept = exchange.answer_header("etag") and "no-store" not in exchange.answer_header("cache-control")
        own = exchange.method == "GET" and exchange.status == 200 and site_of(exchange.url) == site
        early = getattr(exchange.mark, "phase", None) is Phase.ARRIVE  # no plate was typed
        if kept and own and early and exchange.url not in seen:
            seen.add(exchange.url)
            yield exchange
