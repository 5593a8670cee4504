"""How much processor time a program and all it started have taken; nothing where the system does not tell."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def _stat(pid: str) -> tuple[int, float] | None:
    """Return a process's parent and its seconds, those of its reaped children included."""
    try:
        words = (PROC / pid / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None  # it has just ended
    return int(words[1]), sum(map(int, words[11:15])) / TICK


def parent_of(pid: int) -> int | None:
    found = _stat(str(pid))
    return found[0] if found else None


def cpu_seconds(root: int | None) -> float:
    """Return the seconds that `root` and its descendants have used so far; 0 where that is not known."""
    if root is None or not (PROC / "self" / "stat").exists():
        return 0.0
    found = {int(path.name): _stat(path.name) for path in PROC.iterdir() if path.name.isdecimal()}
    table = {pid: stat for pid, stat in found.items() if stat is not None}
    family, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, _) in table.items() if parent in family} - family
        family, grown = family | more, bool(more)
    return sum(table[pid][1] for pid in family if pid in table)
