"""Time limits that tell a page that hangs from a machine that is busy.

A page that spins has the processor and does not answer; on a busy machine it waits for the processor, and
would answer if it got it. So the time that processes of this machine spent waiting for a processor does not
count, as far as the kernel tells it (Linux, pressure stall information). A limit is never more than
LONGEST times as long: a page that keeps the machine busy itself has to end too.
"""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
LONGEST = 4.0
STEP = 0.5  # seconds between two looks at the clock


def waited_for_processor() -> float:
    """Return for how many seconds processes waited since the machine started; 0 where that is unknown."""
    with suppress(OSError, ValueError, IndexError):
        line = PRESSURE.read_text(encoding="ascii").splitlines()[0]
        return int(line.rpartition("total=")[2]) / 1_000_000
    return 0.0


def stretched(seconds: float) -> float:
    """Return a limit in milliseconds for a step that the browser times by itself.

    It is longer the busier the machine was in the last ten seconds, at most LONGEST times.
    """
    busy = 0.0
    with suppress(OSError, ValueError, IndexError):
        line = PRESSURE.read_text(encoding="ascii").splitlines()[0]
        busy = float(line.partition("avg10=")[2].split()[0]) / 100
    return 1000 * seconds * (1 + busy * (LONGEST - 1))


class FairClock:
    """Counts seconds, without those in which the machine was busy with something else."""

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), waited_for_processor()

    def spent(self) -> float:
        passed = time.monotonic() - self._began
        return max(passed - (waited_for_processor() - self._waited), passed / LONGEST)


async def within[T](seconds: float, work: Awaitable[T]) -> T:
    """Return what `work` returns; raises TimeoutError once `seconds` of a fair clock are spent on it."""
    task, clock = asyncio.ensure_future(work), FairClock()
    try:
        while (left := seconds - clock.spent()) > 0:
            await asyncio.wait({task}, timeout=min(STEP, left + 0.01))
            if task.done():
                return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=STEP)
