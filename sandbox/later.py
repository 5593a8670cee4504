"""Doing things later: one thread that waits, and a short-lived one for each thing that is due."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Later:
    """A timetable. What is still due when the process ends is not done."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), do))
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait if self._due else None)
                do = heapq.heappop(self._due)[2]
            threading.Thread(target=do, daemon=True).start()
