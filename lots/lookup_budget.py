"""Budget of plate look-ups without proof of work, against watching other people's cars.

1. A look-up that finds a fee is free and writes nothing. One that finds nothing costs MISS points, a view of
   an exit lane's page VIEW points.
2. Points are counted for a client (IPv4 address or IPv6 /64), for its /48, and for the lot, over the last
   hour: those of the window before fade as this one goes by. Within its budget a client looks up at once.
3. Over it, each look-up needs a proof of work (`driver.proof_of_work`). `effort` says how hard: two seconds
   on a weak phone at most for the first EASY misses, twice as much for each one after these. What it finds
   makes it no easier, until so many different cars were found that many drivers must share the address.
4. A lot whose sum is spent asks strangers for the first, easy proof. A client that found a fee is no
   stranger. So no one can close a lot for others.

Points are rows (`LookupCount`), because a client meets a different process at each request. A miss adds its
points and learns the sums of all processes in the same statement, so each process lets pass at most one miss
more than the budget; what was learnt is kept in memory, and a look-up reads only that.

No address is stored: a name is an HMAC under a key derived for one window. Rows go with the next window but
one, and backups leave them out, because PLATE_KEYS would let their owner try all addresses.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from threading import Lock

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from core import hot_sql
from core.client_networks import Client
from core.keyed_hash import keyed_hash
from lots.models import LookupCount

WINDOW = 3600  # seconds
MISS, VIEW = 5, 1
PER_CLIENT = 60  # 12 misses: a driver rarely has one, a shared address some
PER_NETWORK = 3 * PER_CLIENT  # of an IPv6 /48
PER_LOT = 3000
WAITS = 12  # misses of a client that waited instead of working

BASE = 16  # bits: 65,536 hashes on average
EASY = 18  # misses over the budget for which a proof has at most two bits more
HARDEST = 20  # bits more; a proof has at most 36
# Many drivers behind one address (mall Wi-Fi, a carrier's NAT): their misses add up, so it grows slower, and
# what another visitor of that Wi-Fi does must not lock them out. A sweep from an address of its own does not
# get there: before it has found as many, it has missed so often that it can no longer pay for a look-up.
SHARED_FROM = 20  # different stays found by one process
SHARED_DOUBLING, SHARED_HARDEST = 200, 2

VIEWS_AT_ONCE = 5  # views of a client that one statement counts
STOPS_AT_ONCE = 25  # look-ups stopped by a proof that one statement counts
MOST = 100_000  # names in memory; forgotten ones are learnt again at the next miss

CLIENT, NETWORK, WAITED = "client", "network", "waits"  # what a name stands for
LOT, STOPPED = b"", b"stopped"  # the lot's own sums: points of misses; look-ups whose proof never came


class LookupBudget:
    """Counts look-ups of this process, and those of others as far as it has learnt of them."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = Lock()
        self._bucket = -1
        self._last = 0, b""  # the name made last, by a hash of what it is of: a look-up asks twice
        self._clear()

    def effort(self, client: Client, lot_id: int) -> int:
        """Return the bits of proof that the next look-up needs; 0 for none. Asks no database."""
        with self._lock:
            self._begin_window()
            points = self._recent(lot_id, CLIENT, client.name)
            network = self._recent(lot_id, NETWORK, client.network) if client.network else 0
            if points < PER_CLIENT and network < PER_NETWORK:
                is_spent = self._points[lot_id, LOT] >= PER_LOT
                return BASE if is_spent and self._is_stranger(lot_id, client) else 0
            over = int(max(points - PER_CLIENT, network - PER_NETWORK)) // MISS
            if self._is_shared(lot_id, client):
                return BASE + min(over // SHARED_DOUBLING, SHARED_HARDEST)
            return BASE + (over * 3 // EASY if over < EASY else min(3 + over - EASY, HARDEST))

    def may_wait(self, client: Client, lot_id: int) -> bool:
        """Return whether a client without script may wait instead of working."""
        with self._lock:
            self._begin_window()
            return self._recent(lot_id, WAITED, client.name) < WAITS

    def found(self, client: Client, lot_id: int, stay: str) -> None:
        """Note that a client found a fee: in memory only, so that the driver's way writes nothing."""
        with self._lock:
            self._begin_window()
            mine = self._name(lot_id, CLIENT, client.name)
            known = self._found.get((lot_id, mine), frozenset())
            if len(known) < SHARED_FROM:
                self._found[lot_id, mine] = known | {hash(stay)}
            if len(self._found) > MOST:
                self._found.clear()

    def missed(self, client: Client, lot_id: int, *, waited: bool = False) -> None:
        """Count a look-up that found nothing."""
        with self._lock:
            self._begin_window()
            spent = {self._name(lot_id, CLIENT, client.name): MISS, LOT: MISS}
            if client.network:
                spent[self._name(lot_id, NETWORK, client.network)] = MISS
            if waited:
                spent[self._name(lot_id, WAITED, client.name)] = 1
        self._spend(lot_id, spent)

    def viewed(self, client: Client, lot_id: int) -> None:
        """Count a view of an exit lane's page, which shows the car that stands there."""
        with self._lock:
            self._begin_window()
            mine = self._name(lot_id, CLIENT, client.name)
            self._views[lot_id, mine] += VIEW
            self._points[lot_id, mine] += VIEW
            if self._views[lot_id, mine] < VIEWS_AT_ONCE:
                return
            points = self._views.pop((lot_id, mine))
            self._points[lot_id, mine] -= points  # comes back with the sum of all processes
            spent = {mine: points}
            if client.network:
                spent[self._name(lot_id, NETWORK, client.network)] = points
        self._spend(lot_id, spent)

    def stopped(self, lot_id: int) -> None:
        """Count a look-up that waits for its proof: a sweep that solves none is seen by these."""
        with self._lock:
            self._stops[lot_id] += 1
            if self._stops[lot_id] < STOPS_AT_ONCE:
                return
            count = self._stops.pop(lot_id)
        self._spend(lot_id, {STOPPED: count})

    def worked(self, lot_id: int) -> None:
        """Undo one `stopped`: its proof was sent."""
        with self._lock:
            self._stops[lot_id] -= 1

    def _spend(self, lot_id: int, spent: dict[bytes, int]) -> None:
        try:
            sums = add_points(self._bucket, lot_id, spent)
        except (DatabaseError, InterfaceError):  # a budget must not stop a driver; this process still counts
            sums = [(name, self._points[lot_id, name] + points) for name, points in spent.items()]
        with self._lock:
            for name, points in sums:
                self._points[lot_id, bytes(name)] = points + self._views[lot_id, bytes(name)]
            if len(self._points) > MOST:
                self._points.clear()

    def _begin_window(self) -> None:
        """Begin the next window where this one is over; the one before it fades."""
        bucket = int(self._clock() // WINDOW)
        if bucket != self._bucket:
            follows, self._bucket = bucket == self._bucket + 1, bucket
            self._clear(*((self._points, self._found) if follows else ()))

    def _name(self, lot_id: int, kind: str, who: str, *, before: int = 0) -> bytes:
        """Return the name of a client or a network in this window, or so many before."""
        asked = hash((lot_id, kind, who, self._bucket - before))
        if self._last[0] != asked:
            key = _key(next(iter(settings.PLATE_KEYS.values())), self._bucket - before)
            self._last = asked, keyed_hash(key, f"{lot_id} {kind} {who}".encode())[:16]
        return self._last[1]

    def _recent(self, lot_id: int, kind: str, who: str) -> float:
        """Return the points of about the last WINDOW seconds."""
        points: float = self._points[lot_id, self._name(lot_id, kind, who)]
        if self._points_before:
            left = 1 - (self._clock() % WINDOW) / WINDOW
            points += left * self._points_before[lot_id, self._name(lot_id, kind, who, before=1)]
        return points

    def _is_stranger(self, lot_id: int, client: Client) -> bool:
        """Return whether no car was found from this client in this window."""
        return (lot_id, self._name(lot_id, CLIENT, client.name)) not in self._found

    def _is_shared(self, lot_id: int, client: Client) -> bool:
        """Return whether many different cars were found from this client, in this window or the last."""
        now, then = (self._name(lot_id, CLIENT, client.name, before=before) for before in (0, 1))
        found = (self._found.get((lot_id, now), ()), self._found_before.get((lot_id, then), ()))
        return max(map(len, found)) >= SHARED_FROM

    def _clear(
        self,
        points_before: Counter[tuple[int, bytes]] | None = None,
        found_before: dict[tuple[int, bytes], frozenset[int]] | None = None,
    ) -> None:
        """Begin a window; what was learnt in the one before fades in this."""
        self._points: Counter[tuple[int, bytes]] = Counter()
        self._points_before = Counter() if points_before is None else points_before
        self._views: Counter[tuple[int, bytes]] = Counter()
        self._stops: Counter[int] = Counter()
        self._found: dict[tuple[int, bytes], frozenset[int]] = {}
        self._found_before = {} if found_before is None else found_before


def add_points(bucket: int, lot_id: int, spent: dict[bytes, int]) -> Sequence[tuple[bytes, int]]:
    """Add points to the sums of all processes and return these; one statement, rows in one order.

    Not an F() expression of the ORM: `bulk_create` cannot add to a row that is there.
    """
    table = connection.ops.quote_name(LookupCount._meta.db_table)
    rows = [value for name in sorted(spent) for value in (bucket, lot_id, name, spent[name])]
    values = ",".join(["(%s,%s,%s,%s)"] * len(spent))
    statement = (
        f"INSERT INTO {table} (bucket, lot_id, name, points) VALUES {values}"  # noqa: S608
        f" ON CONFLICT (lot_id, bucket, name) DO UPDATE SET points = {table}.points + excluded.points"
        " RETURNING name, points"
    )
    return [(bytes(name), points) for name, points in hot_sql.rows(statement, rows)]


def failed_in(lots: Iterable[int] | None, *, timestamp: float) -> dict[int, int]:
    """Return how many look-ups failed in each lot, in this window or the one before, whichever has more."""
    bucket = int(timestamp // WINDOW)
    rows = LookupCount.objects.filter(name__in=[LOT, STOPPED], bucket__in=[bucket - 1, bucket])
    if lots is not None:
        rows = rows.filter(lot_id__in=list(lots))
    counted: Counter[tuple[int, int]] = Counter()
    for lot_id, of, name, points in rows.values_list("lot_id", "bucket", "name", "points"):
        counted[lot_id, of] += points if bytes(name) == STOPPED else points // MISS
    found: dict[int, int] = {}
    for (lot_id, _), count in counted.items():
        found[lot_id] = max(count, found.get(lot_id, 0))
    return found


def forget(*, timestamp: float) -> int:
    """Delete the counts of windows that are over and judged."""
    return LookupCount.objects.filter(bucket__lt=int(timestamp // WINDOW) - 1).delete()[0]


@lru_cache(maxsize=4)
def _key(root: bytes, bucket: int) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"lookups %d" % bucket).derive(root)


LOOKUPS = LookupBudget()
