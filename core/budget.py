"""How many plates may be asked for: the brake on watching other people's cars.

A look-up that finds a fee costs little, one that finds nothing costs more, because a driver rarely misses and
a snoop does all the time. Spending is counted per client and per lot in fixed windows, in this process's
memory only: a client is an HMAC under a random key that is thrown away with its window, so no address is
kept, not even in memory, and nothing can be joined from one window to the next. With several processes each
has a budget of its own.
"""

import hmac
import secrets
import time
from collections import Counter
from threading import Lock

WINDOW = 600  # seconds
FOUND, NOTHING = 1, 5
PER_CLIENT = 60
PER_LOT = 3000


class Budget:
    """Counts look-ups. `clock` returns seconds that never go back; `per_lot` is what all clients together may
    spend in one lot."""

    def __init__(self, clock: object = time.monotonic, *, per_lot: int = PER_LOT) -> None:
        self._clock, self._per_lot = clock, per_lot
        self._lock = Lock()
        self._window = -1
        self._key = b""
        self._spent: Counter[bytes] = Counter()

    def allowed(self, client: str, lot_id: int) -> bool:
        """Say whether this client may look up one more plate in this lot."""
        with self._lock:
            one, all_ = self._names(client, lot_id)
            return self._spent[one] < PER_CLIENT and self._spent[all_] < self._per_lot

    def spend(self, client: str, lot_id: int, *, found: bool) -> None:
        with self._lock:
            for name in self._names(client, lot_id):
                self._spent[name] += FOUND if found else NOTHING

    def _names(self, client: str, lot_id: int) -> tuple[bytes, bytes]:
        window = int(self._clock() // WINDOW)  # type: ignore[operator]
        if window != self._window:
            self._window, self._key = window, secrets.token_bytes(32)
            self._spent.clear()
        return (
            hmac.digest(self._key, f"{lot_id} {client}".encode(), "sha256"),
            hmac.digest(self._key, f"{lot_id}".encode(), "sha256"),
        )


LOOKUPS = Budget()
allowed, spend = LOOKUPS.allowed, LOOKUPS.spend

# Receipt codes belong to no lot (0). 60 bits guard them; this keeps guessing from being worth an attempt.
NO_LOT = 0
RECEIPTS = Budget(per_lot=20 * PER_LOT)
