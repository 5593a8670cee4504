"""Cache pages in this process: made once per sign or lot and language, checked every few seconds.

Where a stamp says whether anything has changed, one statement every few seconds serves all signs. Elsewhere
the facts are read again after TTL. Equal facts keep the bytes, others make them again, and a revoked sign
raises. What was last known also lets a failure page name the lot's phone without the database.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from threading import Lock

from django.utils import translation

from lots.changes import FactsStamp, Stamp
from lots.models import Sign
from presentation.page_data import LotFacts, SignFacts
from presentation.respond import CachedPage

TTL = 3.0  # seconds; a revoked sign lives no longer
MOST = 5000  # about 100 MB of pages at most


@dataclass(frozen=True)
class CachedRow[F]:
    facts: F
    looked_at: float
    stamp: Stamp | None = None
    pages: tuple[tuple[str, CachedPage], ...] = ()


class PageCache[F: Hashable]:
    """Keeps facts, and the pages made of them, per key; forgets the least used."""

    def __init__(
        self,
        *,
        stamp: FactsStamp | None = None,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._stamp = stamp
        self._clock = clock
        self._most = most
        self._lock = Lock()
        self._entries: OrderedDict[str, CachedRow[F]] = OrderedDict()

    def facts(self, key: str, read: Callable[[], F]) -> F:
        """Return the facts of `key`, read again when they are older than TTL; what `read` raises passes."""
        return self._entry(key, read).facts

    def page(self, key: str, read: Callable[[], F], make: Callable[[F], CachedPage]) -> CachedPage:
        """Return the page of `key` in the active language."""
        return self.stamped_page(key, read, make)[0]

    def stamped_page(
        self, key: str, read: Callable[[], F], make: Callable[[F], CachedPage]
    ) -> tuple[CachedPage, Stamp | None]:
        """Return the page of `key` in the active language, and the stamp until whose change it holds."""
        entry = self._entry(key, read)
        language = translation.get_language() or ""
        page = dict(entry.pages).get(language)
        if page is None:
            page = make(entry.facts)
            entry = replace(entry, pages=(*entry.pages, (language, page)))
            self._put(key, entry)
        return page, entry.stamp

    def last_known(self, key: str) -> F | None:
        """Return what was last read of `key`, however old, without the database."""
        entry = self._entries.get(key)
        return entry.facts if entry else None

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
        if self._stamp:
            self._stamp.forget()

    def _entry(self, key: str, read: Callable[[], F]) -> CachedRow[F]:
        entry, stamp = self._entries.get(key), None
        if self._stamp:  # before the facts, so that no change is missed
            stamp = self._stamp.recent() or self._stamp.current()
            if entry is not None and entry.stamp == stamp:
                return entry
        now = self._clock()
        if entry is not None and not stamp and now - entry.looked_at < TTL:
            return entry
        facts = read()
        pages = entry.pages if entry is not None and entry.facts == facts else ()
        entry = CachedRow(facts, now, stamp, pages)
        self._put(key, entry)
        return entry

    def _put(self, key: str, entry: CachedRow[F]) -> None:
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)


STAMP = FactsStamp()
SIGNS: PageCache[SignFacts] = PageCache(stamp=STAMP)
ROWS: PageCache[Sign] = PageCache(
    stamp=STAMP
)  # with lot and lane; what starts a payment or gives a ticket reads them again
TARIFFS: PageCache[LotFacts] = PageCache()
PRIVACY: PageCache[LotFacts] = PageCache()
DOCUMENTS: PageCache[bytes] = PageCache(
    most=500
)  # the declaration, and lots' published facts, by their address
