"""Fail controls: break each guarantee in a copy of the tree and see that its tests turn red.

python -m tools.controls              those not yet tried on this tree; exit code 1 if one is not caught
python -m tools.controls run WORD     those whose guarantee contains WORD, tried or not
python -m tools.controls write        write docs/guarantees.md, with the results of the last runs

Each processor has its own copy of the tree. Results are kept in var/controls.json under a hash of the tree,
so a run that was stopped goes on where it was. A helper process removes the copies and ends the tests however
this one ends.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

from tools import postgres
from tools.cleaner import Cleaner
from tools.guarantees import CONTROLS, Control
from tools.machine import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
RESULTS = ROOT / "var" / "controls.json"
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "node_modules", "mutants", "__pycache__", ".*_cache"
)
SECONDS = 900  # of one run of tests; a patch can make an endless loop
CAUGHT = "caught"
HEAD = """# Guarantees and their controls

Made by `python -m tools.controls write` from `tools/guarantees.py`. `make controls` breaks each guarantee by
its patch in a copy of the tree and runs its tests: every one of them must fail. Where one passes, it would
not notice that the guarantee was lost.

`make controls` takes about ten minutes on two idle cores. Stop it at any time: it goes on where it was.

| Guarantee | Patched file | Tests that must fail | Last run |
| --- | --- | --- | --- |
"""


def broken(control: Control, text: str) -> str:
    """Return a file's text without its guarantee. Raises `ValueError` unless the patch fits exactly once."""
    if text.count(control.old) != 1:
        raise ValueError(f"{control.file}: the patch fits {text.count(control.old)} times")
    return text.replace(control.old, control.new)


def rows() -> list[str]:
    """Return the page's table without its last column."""
    return [f"| {c.guarantee} | `{c.file}` | {' '.join(f'`{t}`' for t in c.tests)} |" for c in CONTROLS]


def page(results: dict[str, str]) -> str:
    lines = (
        f"{row} {results.get(control.guarantee, 'not run')} |\n"
        for row, control in zip(rows(), CONTROLS, strict=True)
    )
    return HEAD + "".join(lines)


def tests_of(controls: Iterable[Control]) -> list[str]:
    return sorted({test for control in controls for test in control.tests})


def verdict(failed: set[str], tests: Iterable[str]) -> str:
    """Return `CAUGHT` where every named test failed, else which one passed or was not run."""
    passed = sorted(set(tests) - failed)
    return f"SURVIVED {' '.join(passed)}" if passed else CAUGHT


def failures(report: Path) -> tuple[set[str], set[str]]:
    """Return the tests of a JUnit report that ran, and those that failed, as `file::function`.

    An error in a fixture is no failure: such a test has not looked at the guarantee.
    """
    ran, failed = set(), set()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314
        name = case.get("classname", "").replace(".", "/") + ".py::" + case.get("name", "").partition("[")[0]
        ran.add(name)
        if case.find("failure") is not None:
            failed.add(name)
    return ran, failed


def tree_hash(root: Path) -> str:
    """Return a hash of all files that a run copies."""
    found = hashlib.sha256()
    for folder, folders, files in os.walk(root):
        ignored = LEFT_OUT(folder, [*folders, *files])
        folders[:] = sorted(set(folders) - ignored)
        for name in sorted(set(files) - ignored):
            path = Path(folder, name)
            if path == PAGE or path.is_symlink():
                continue
            found.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


@dataclass
class Results:
    """What runs on this tree have found, kept in a file."""

    path: Path
    tree: str
    words: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if self.path.exists():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            self.words = kept["words"] if kept["tree"] == self.tree else {}

    def add(self, guarantee: str, word: str) -> None:
        with self.lock:
            self.words[guarantee] = word
            self.path.parent.mkdir(exist_ok=True)
            unfinished = self.path.with_suffix(".part")
            unfinished.write_text(json.dumps({"tree": self.tree, "words": self.words}), encoding="utf-8")
            unfinished.replace(self.path)


@dataclass
class ControlsRun:
    """Copies of the tree, one for each processor, and the processes that work in them."""

    folder: Path
    cleaner: Cleaner
    database: str = ""  # PostgreSQL, where a control asks for it
    trees: "SimpleQueue[Path]" = field(default_factory=SimpleQueue)
    sound: set[str] = field(default_factory=set)  # tests that ran and passed without a patch
    problem: str = ""  # why they could not be run

    def copy(self, number: int) -> None:
        tree = self.folder / str(number)
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT, symlinks=True)
        (tree / "var").mkdir()
        (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
        self.trees.put(tree)

    def look_at(self, controls: list[Control]) -> None:
        """Run the tests without any patch, and keep which ran and which failed."""
        for postgresql in (False, True):
            tests = tests_of(c for c in controls if c.postgresql is postgresql)
            if tests:
                tree = self.trees.get()
                ran, failed, problem = self._pytest(tree, tests, postgresql=postgresql, seconds=4 * SECONDS)
                self.trees.put(tree)
                self.sound |= ran - failed
                self.problem = self.problem or problem

    def try_out(self, control: Control) -> str:
        """Return what became of a control's tests without its guarantee."""
        begun = time.monotonic()
        if unsound := sorted(set(control.tests) - self.sound):
            word = (
                f"not tried: without a patch {self.problem or 'failed or did not run: ' + ' '.join(unsound)}"
            )
        else:
            tree = self.trees.get()
            path = tree / control.file
            original = path.read_text(encoding="utf-8")
            try:
                path.write_text(broken(control, original), encoding="utf-8")
                _, failed, problem = self._pytest(tree, control.tests, postgresql=control.postgresql)
                word = problem or verdict(failed, control.tests)
            finally:
                path.write_text(original, encoding="utf-8")
                self.trees.put(tree)
        print(f"{word.split()[0]:9} {time.monotonic() - begun:4.0f} s  {control.guarantee}", flush=True)
        return word

    def _pytest(
        self, tree: Path, tests: Iterable[str], *, postgresql: bool, seconds: int = SECONDS
    ) -> tuple[set[str], set[str], str]:
        """Return the tests that ran, those that failed, and what kept pytest from running them."""
        report = tree / "var" / "report.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-B", "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"]
        command += ["-p", "no:randomly", f"--junitxml={report}", "-o", "junit_family=xunit1", *tests]
        database = {"DATABASE_URL": self.database} if postgresql else {}
        # A database migrated elsewhere would hide a patch of a migration.
        inherited = {name: value for name, value in os.environ.items() if name != "MIGRATED"}
        process = subprocess.Popen(
            command,
            cwd=tree,
            env={**inherited, **database},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.cleaner.started(process.pid)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return set(), set(), f"no end within {seconds} s"
        finally:
            self.cleaner.ended(process.pid)
        if not report.exists():
            return set(), set(), f"pytest ended with {process.returncode}"
        return *failures(report), ""


def run(controls: list[Control], results: Results) -> None:
    """Try controls, as many at a time as there are processors, and keep what is found."""
    workers = min(os.cpu_count() or 1, len(controls))
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="purecode-controls-"))
        started = ControlsRun(folder, stack.enter_context(Cleaner(folder)))
        if any(control.postgresql for control in controls):
            started.database = stack.enter_context(postgres.cluster()).url
        for number in range(workers):
            started.copy(number)
        started.look_at(controls)
        with ThreadPoolExecutor(workers) as pool:
            try:
                list(pool.map(lambda c: results.add(c.guarantee, started.try_out(c)), controls))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                started.cleaner.finish()  # ends the tests that the pool waits for
                raise


def main(action: str = "run", word: str = "") -> int:
    results = Results(RESULTS, tree_hash(ROOT))
    if action == "write":
        PAGE.write_text(page(results.words), encoding="utf-8")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = [control for control in CONTROLS if word.casefold() in control.guarantee.casefold()]
    due = [c for c in chosen if word or results.words.get(c.guarantee) != CAUGHT]
    print(f"{len(chosen)} controls, {len(chosen) - len(due)} caught on this tree before", flush=True)
    begun = time.monotonic()
    try:
        run(due, results)
    except KeyboardInterrupt:
        print(f"stopped: {len(results.words)} were tried; the next run goes on there")
        return 130
    found = {control.guarantee: results.words[control.guarantee] for control in chosen}
    faults = {guarantee: text for guarantee, text in found.items() if text != CAUGHT}
    print(
        f"{len(found) - len(faults)} of {len(found)} caught, in {(time.monotonic() - begun) / 60:.1f} minutes"
    )
    for guarantee, text in faults.items():
        print(f"  {guarantee}: {text}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
