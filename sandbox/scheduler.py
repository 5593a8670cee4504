"""Delayed calls: one thread waits, and each due call runs in a short-lived thread of its own."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Scheduler:
    """Runs delayed calls. Calls that are pending when the process ends are lost."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._sequence), call))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait if self._due else None)
                call = heapq.heappop(self._due)[2]
            threading.Thread(target=call, daemon=True).start()
