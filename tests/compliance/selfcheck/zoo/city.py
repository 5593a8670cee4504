"""Measures a run over a city: as many local pages as are asked for, with the memory of all processes.

python -m tests.compliance.selfcheck.zoo.city 462
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.compliance.selfcheck.zoo.animals import ANIMALS, Answer
from tests.compliance.selfcheck.zoo.keeper import open_zoo

ROOT = Path(__file__).resolve().parents[4]
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


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name, open_zoo(Path(name), by_path) as zoo:
        folder = Path(name)
        pages = [f"http://127.0.0.1:{zoo.ports[0]}/{n}/{NAMES[n % len(NAMES)]}/p/7F3K" for n in range(count)]
        (folder / "list.csv").write_text("\n".join(["url", *pages]), encoding="utf-8")
        words = [
            "manage.py",
            "selfcheck",
            str(folder / "list.csv"),
            "--out",
            str(folder / "run"),
            "--allow-private",
        ]
        began, peak, work = time.monotonic(), 0, 0.0
        child = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL
        )
        while child.poll() is None:
            memory, seconds = usage(child.pid)
            peak, work = max(peak, memory), max(work, seconds)
            time.sleep(1)
        done = len(list((folder / "run" / "pages").glob("*.json")))
        minutes = (time.monotonic() - began) / 60
        told = (folder / "run" / "table.csv").read_text(encoding="utf-8")
        unknown = sum(",unknown," in line for line in told.splitlines())
        print(f"{done} pages, {minutes:.1f} minutes, {work / 60:.1f} of processor, at most {peak} MB")
        print(f"{unknown} could not be told")


if __name__ == "__main__":
    main(int(sys.argv[1]))
