"""Which channels of a lot have failed lately: a driver is not sent to one that is known to be down.

The failures are rows, so that what one process has met hides the channel in all of them, on every machine.
Reading them is kept off the hot path: a process looks at the table at most every two seconds, and where
nothing has failed, a success writes nothing.
"""

import threading
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from payments.channel_state import ChannelState

FAILURES = 3  # definite ones,
WITHIN = timedelta(minutes=5)  # in this time and without a success between, hide a channel,
PAUSE = timedelta(minutes=2)  # and this long after the last it is asked again
FRESH = 2.0  # seconds for which a process believes what it read

type Key = tuple[int, str, str]  # a lot's id, its channel, and the merchant


class Health:
    """This process's view of `ChannelState`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hidden: frozenset[Key] = frozenset()
        self._shaky: frozenset[Key] = frozenset()
        self._read_at: float | None = None

    def failed(self, key: Key, *, at: datetime, call: str = "start", reason: str = "") -> bool:
        """Note a failure; True where it is the one that hides the channel."""
        lot, provider, merchant = key
        with transaction.atomic():
            ChannelState.objects.get_or_create(lot_id=lot, provider=provider, merchant=merchant)
            state = _rows(key).select_for_update(of=("self",)).get()
            was_hidden = state.hidden_at is not None
            moments = [*state.failed_at, at.isoformat()][-FAILURES:]
            state.failed_at, state.failures = moments, len(moments)
            state.last_call, state.last_reason, state.last_failed_at = call[:12], reason[:40], at
            if len(moments) == FAILURES and at - datetime.fromisoformat(moments[0]) <= WITHIN:
                state.hidden_at, state.probe_at = state.hidden_at or at, at + PAUSE
            state.save()
        self.forget()
        return state.hidden_at is not None and not was_hidden

    def worked(self, key: Key) -> bool:
        """Note a success; True where it brings a hidden channel back."""
        self._look()
        if key not in self._shaky:
            return False
        back = bool(_rows(key).filter(hidden_at__isnull=False).count())
        _rows(key).update(failed_at=[], failures=0, hidden_at=None, probe_at=None)
        self.forget()
        return back

    def is_up(self, key: Key) -> bool:
        self._look()
        return key not in self._hidden

    def hidden(self) -> list[Key]:
        """Return all that is hidden now, as the table says."""
        self.forget()
        self._look()
        return sorted(self._hidden)

    def claim_probe(self, key: Key, *, at: datetime) -> bool:
        """Return whether it is this caller's turn, of all processes, to probe a hidden channel."""
        due = _rows(key).filter(hidden_at__isnull=False, probe_at__lte=at)
        return bool(due.update(probe_at=at + PAUSE))

    def forget(self) -> None:
        """Read the table again at the next question."""
        with self._lock:
            self._read_at = None

    def _look(self) -> None:
        with self._lock:
            if self._read_at is not None and time.monotonic() - self._read_at < FRESH:
                return
        found = list(
            ChannelState.objects.filter(Q(hidden_at__isnull=False) | Q(failures__gt=0)).values_list(
                "lot_id", "provider", "merchant", "hidden_at"
            )
        )
        with self._lock:
            self._shaky = frozenset(row[:3] for row in found)
            self._hidden = frozenset(row[:3] for row in found if row[3] is not None)
            self._read_at = time.monotonic()


def _rows(key: Key) -> QuerySet[ChannelState]:
    lot, provider, merchant = key
    return ChannelState.objects.filter(lot_id=lot, provider=provider, merchant=merchant)


HEALTH = Health()
