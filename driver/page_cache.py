"""Pages kept in this process: made once per sign or lot and language, looked over every few seconds.

After TTL the facts are read again; equal facts keep the bytes, others make them anew, and a revoked sign
raises at once. What was last known also lets a failure page name the lot's phone without the database.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from threading import Lock

from django.utils import translation

from presentation.page_data import LotFacts, SignFacts
from presentation.respond import Kept

TTL = 3.0  # seconds; a revoked sign lives no longer
MOST = 5000  # about 100 MB of pages at most

type Facts = SignFacts | LotFacts


@dataclass(frozen=True)
class Entry[F]:
    facts: F
    looked_at: float
    pages: tuple[tuple[str, Kept], ...] = ()


class Shelf[F: Hashable]:
    """Keeps facts, and the pages made of them, per key; forgets the least used."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = Lock()
        self._entries: OrderedDict[str, Entry[F]] = OrderedDict()

    def facts(self, key: str, read: Callable[[], F]) -> F:
        """Return the facts of `key`, read again when they are older than TTL; what `read` raises passes."""
        return self._entry(key, read).facts

    def page(self, key: str, read: Callable[[], F], make: Callable[[F], Kept]) -> Kept:
        """Return the page of `key` in the active language."""
        entry = self._entry(key, read)
        language = translation.get_language() or ""
        kept = dict(entry.pages).get(language)
        if kept is None:
            kept = make(entry.facts)
            _ = kept.encodings, kept.tag
            entry = replace(entry, pages=(*entry.pages, (language, kept)))
            self._put(key, entry)
        return kept

    def last_known(self, key: str) -> F | None:
        """Return what was last read of `key`, however old, without the database."""
        entry = self._entries.get(key)
        return entry.facts if entry else None

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def _entry(self, key: str, read: Callable[[], F]) -> Entry[F]:
        entry, now = self._entries.get(key), self._clock()
        if entry is not None and now - entry.looked_at < TTL:
            return entry
        facts = read()
        pages = entry.pages if entry is not None and entry.facts == facts else ()
        entry = Entry(facts, now, pages)
        self._put(key, entry)
        return entry

    def _put(self, key: str, entry: Entry[F]) -> None:
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)


SIGNS: Shelf[SignFacts] = Shelf()
TARIFFS: Shelf[LotFacts] = Shelf()
PRIVACY: Shelf[LotFacts] = Shelf()
DOCUMENTS: Shelf[bytes] = Shelf(most=500)  # the declaration, and lots' published facts, by their address
