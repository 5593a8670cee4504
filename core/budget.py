"""How often codes may be tried: receipt codes, coupon codes, and what members confirm.

Spending is counted per client in fixed windows, in this process's memory only: a client is an HMAC under a
random key that is discarded with its window, so no address is stored, not even in memory, and one window
cannot be linked to the next. With several processes each has a budget of its own: the codes are too
long to guess anyway. Look-ups of plates are counted over all processes, in `lots.lookup_budget`.
"""

import hmac
import secrets
import time
from collections import Counter
from threading import Lock

WINDOW = 600  # seconds
FOUND, NOTHING = 1, 5
PER_CLIENT = 60


class Budget:
    """Counts attempts.

    `per_lot` is what all clients together can spend in one lot; None: no limit, so that no client can use it
    up for the others.
    """

    def __init__(self, *, per_lot: int | None = None) -> None:
        self._per_lot = per_lot
        self._lock = Lock()
        self._window = -1
        self._key = b""
        self._spent: Counter[bytes] = Counter()

    def allowed(self, client: str, lot_id: int) -> bool:
        """Return whether this client may try once more in this lot."""
        with self._lock:
            one, all_ = self._names(client, lot_id)
            is_open = self._per_lot is None or self._spent[all_] < self._per_lot
            return self._spent[one] < PER_CLIENT and is_open

    def spend(self, client: str, lot_id: int, *, found: bool) -> None:
        with self._lock:
            for name in self._names(client, lot_id):
                self._spent[name] += FOUND if found else NOTHING

    def _names(self, client: str, lot_id: int) -> tuple[bytes, bytes]:
        window = int(time.monotonic() // WINDOW)
        if window != self._window:
            self._window, self._key = window, secrets.token_bytes(32)
            self._spent.clear()
        return (
            hmac.digest(self._key, f"{lot_id} {client}".encode(), "sha256"),
            hmac.digest(self._key, f"{lot_id}".encode(), "sha256"),
        )


# Receipt codes belong to no lot (0). 60 bits guard them; this keeps guessing from being worth an attempt.
NO_LOT = 0
RECEIPTS = Budget()
COUPONS = Budget()  # codes added to a charge that is shown already
