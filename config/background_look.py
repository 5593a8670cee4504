"""Ask the database in a thread of its own, one at a time: no request waits longer than it wants to."""

import threading
import time
from collections.abc import Callable

from django.db import Error, connections


class BackgroundLook:
    """Runs `look`, whose database errors count as a failure."""

    def __init__(self, name: str, look: Callable[[], object]) -> None:
        self._name, self._look, self._lock = name, look, threading.Lock()
        self._done: threading.Event | None = None  # of the look that is running
        self._began_at = 0.0
        self.failed_at: float | None = None  # where the last one to end has failed

    def wait(self, seconds: float) -> None:
        """Begin to look where no look is running; wait for its end, but no longer than this."""
        with self._lock:
            if self._done is None:
                self._done, self._began_at = threading.Event(), time.monotonic()
                threading.Thread(target=self._run, args=(self._done,), name=self._name, daemon=True).start()
            done = self._done
        done.wait(seconds)

    def is_failing(self, *, late: float) -> bool:
        """Return whether the last look has failed, or one has been running for `late` seconds."""
        is_late = self._done is not None and time.monotonic() - self._began_at >= late
        return self.failed_at is not None or is_late

    def _run(self, done: threading.Event) -> None:
        failed_at = None
        try:
            self._look()
        except Error:
            failed_at = time.monotonic()
        finally:
            connections.close_all()
            with self._lock:
                self._done, self.failed_at = None, failed_at
            done.set()
