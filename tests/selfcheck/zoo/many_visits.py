"""Measures a run over a city: as many local pages as are asked for, with the memory of all processes.

python -m tests.selfcheck.zoo.many_visits 462 200      kills it once 200 are done, and lets it go on
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.selfcheck.zoo.animals import ANIMALS, Answer
from tests.selfcheck.zoo.keeper import open_zoo

ROOT = Path(__file__).resolve().parents[3]
NAMES = [animal.name for animal in ANIMALS.values() if not animal.redirect and not animal.start]


def by_path(_host: str, method: str, path: str, body: str) -> Answer:
    """Serve the animal that the second part of the path names."""
    _, number, name, *rest = [*path.split("/"), "", ""]
    if name not in ANIMALS:
        return Answer("", 404)
    answer = ANIMALS[name].answer(method, "/" + "/".join(part for part in rest if part), body)
    text = answer.body.replace("action='/", f"action='/{number}/{name}/")
    return Answer(
        text.replace("href='/privacy'", f"href='/{number}/{name}/privacy'"), answer.status, answer.headers
    )


def usage(pid: int) -> tuple[int, float]:
    """Return the proportional memory of a process and all below it, in MB, and their seconds of processor."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    total, seconds, todo = 0, 0.0, [pid]
    while todo:
        one = todo.pop()
        todo += children.get(one, [])
        try:
            rows = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            ticks = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15]
        except OSError:
            continue
        seconds += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        total += next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0)
    return total // 1024, seconds


@dataclass
class Tally:
    """What a run has cost: minutes, minutes of processor, MB at most."""

    minutes: float = 0.0
    work: float = 0.0
    peak: int = 0

    def follow(self, child: "subprocess.Popen[bytes]", enough: Callable[[], bool]) -> None:
        """Look on while it runs, and kill it with all its children as soon as it is `enough`."""
        began, work = time.monotonic(), 0.0
        while child.poll() is None:
            memory, seconds = usage(child.pid)
            self.peak, work = max(self.peak, memory), max(work, seconds)
            if enough():
                os.killpg(child.pid, signal.SIGKILL)
            time.sleep(1)
        self.minutes += (time.monotonic() - began) / 60
        self.work += work / 60


def main(count: int, kill_at: int = 0) -> None:
    with tempfile.TemporaryDirectory() as name, open_zoo(Path(name), by_path) as zoo:
        folder = Path(name)
        pages = [f"http://127.0.0.1:{zoo.ports[0]}/{n}/{NAMES[n % len(NAMES)]}/p/7F3K" for n in range(count)]
        (folder / "list.csv").write_text("\n".join(["url", *pages]), encoding="utf-8")
        words = f"-m selfcheck {folder}/list.csv --out {folder}/run --allow-private".split()
        tally = Tally()
        done = lambda: {p: p.stat().st_mtime_ns for p in (folder / "run" / "pages").glob("*.json")}  # noqa: E731
        before: dict[Path, int] = {}
        for limit in [kill_at, 0] if kill_at else [0]:
            child = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=os.environ,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            tally.follow(child, lambda at=limit: bool(at) and len(done()) >= at)  # type: ignore[misc]
            if limit:
                before = done()
                print(f"killed with {len(before)} pages done")
        kept = sum(done()[path] == when for path, when in before.items())
        output = (folder / "run" / "table.csv").read_text(encoding="utf-8")
        unknown = sum(",unknown," in line for line in output.splitlines())
        print(f"{len(done())} pages, {tally.minutes:.1f} minutes, {tally.work:.1f} of processor", end=", ")
        print(f"at most {tally.peak} MB; {unknown} could not be judged; {kept} kept from before the kill")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
