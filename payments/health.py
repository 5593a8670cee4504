"""Which channels of a lot have failed lately: a driver is not sent to one that is known to be down.

Kept in the memory of one process: after a restart every channel is tried again, and nothing is worse.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta

FAILURES = 3  # definite ones,
WITHIN = timedelta(minutes=5)  # in this time, hide a channel,
PAUSE = timedelta(minutes=2)  # and this long after the last it is asked again


class Health:
    """Failures by key: a lot and its channel."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed: dict[Hashable, deque[datetime]] = defaultdict(lambda: deque(maxlen=FAILURES))
        self._probe_after: dict[Hashable, datetime] = {}

    def failed(self, key: Hashable, *, at: datetime) -> bool:
        """Note a failure; True where it is the one that hides the channel."""
        with self._lock:
            failures = self._failed[key]
            failures.append(at)
            if len(failures) < FAILURES or at - failures[0] > WITHIN:
                return False
            was_up = key not in self._probe_after
            self._probe_after[key] = at + PAUSE
            return was_up

    def worked(self, key: Hashable) -> None:
        with self._lock:
            self._failed.pop(key, None)
            self._probe_after.pop(key, None)

    def is_up(self, key: Hashable) -> bool:
        return key not in self._probe_after

    def claim_probe(self, key: Hashable, *, at: datetime) -> bool:
        """Say whether it is this caller's turn to ask a hidden channel whether it works again."""
        with self._lock:
            due = self._probe_after.get(key)
            if due is None or at < due:
                return False
            self._probe_after[key] = at + PAUSE
            return True

    def clear(self) -> None:
        with self._lock:
            self._failed.clear()
            self._probe_after.clear()


HEALTH = Health()
