"""Waiting for what another thread or process brings about."""

import time
from collections.abc import Callable


def wait_for[T](
    look: Callable[[], T], what: str = "it", log: Callable[[], str] = str, *, seconds: float = 180
) -> T:
    """Return the first true answer of `look`; fail with `what` and the log when the time is over."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"waited in vain: {what}; {log()}"
        time.sleep(0.05)
    return found
