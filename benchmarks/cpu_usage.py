"""Processor time of a process and its descendants, from /proc. 0 where /proc does not exist."""

import os
import time
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
IS_READABLE = (PROC / "self" / "stat").exists()


def _stat(pid: str) -> tuple[int, float] | None:
    """Return a process's parent and its CPU seconds, reaped children included."""
    try:
        words = (PROC / pid / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None  # the process has just ended
    return int(words[1]), sum(map(int, words[11:15])) / TICK


def parent_of(pid: int) -> int | None:
    found = _stat(str(pid))
    return found[0] if found else None


def cpu_seconds(root: int | None) -> float:
    """Return the CPU seconds that `root` and its descendants have used so far; 0 if unknown."""
    return 0.0 if root is None else sum(_family(root).values())


def processes_with(thread: str, root: int) -> int | None:
    """Return how many of `root` and its descendants have a thread of this name; None if unknown."""
    if not IS_READABLE:
        return None
    return sum(thread in _threads(pid) for pid in _family(root))


def _threads(pid: int) -> set[str]:
    names = set()
    for path in (PROC / str(pid) / "task").glob("*/comm"):
        with suppress(OSError):  # the thread has just ended
            names.add(path.read_text(encoding="utf-8", errors="replace").strip())
    return names


def _family(root: int) -> dict[int, float]:
    """Return the CPU seconds of `root` and of each descendant; nothing if unknown."""
    if not IS_READABLE:
        return {}
    found = {int(path.name): _stat(path.name) for path in PROC.iterdir() if path.name.isdecimal()}
    table = {pid: stat for pid, stat in found.items() if stat is not None}
    descendants, new = {root}, {root}
    while new:
        new = {pid for pid, (parent, _) in table.items() if parent in descendants} - descendants
        descendants |= new
    return {pid: table[pid][1] for pid in descendants if pid in table}


def busy_seconds() -> float:
    """Return the CPU seconds used by the whole machine since boot; 0 if unknown."""
    try:
        words = (PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _waiting, *interrupts = map(int, words[:8])
    return (user + nice + system + sum(interrupts)) / TICK


class OtherLoad:
    """Cores used by other programs while `root` and its descendants measure."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.last = self._now()

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), busy_seconds() - cpu_seconds(self.root)

    def since(self) -> float:
        """Return the average cores used by other programs since the previous call."""
        before, self.last = self.last, self._now()
        return max(0.0, (self.last[1] - before[1]) / (self.last[0] - before[0]))
