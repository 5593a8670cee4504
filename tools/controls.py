"""Fail controls: break each guarantee in a copy of the tree and see that its tests turn red.

python -m tools.controls              all of them; exit code 1 if a broken guarantee passes its tests
python -m tools.controls run WORD     those whose guarantee contains WORD
python -m tools.controls write        write docs/guarantees.md
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tools.guarantees import CONTROLS, Control
from tools.machine import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "node_modules", "__pycache__", ".*_cache")
FAILED = 1  # pytest's exit code where a test failed; others mean that nothing was tested
HEAD = """# Guarantees and their controls

Made by `python -m tools.controls write` from `tools/guarantees.py`. `make controls` breaks each guarantee by
its patch in a copy of the tree and runs its tests: they must fail. Where they pass, the tests would not
notice that the guarantee was lost.

| Guarantee | Patched file | Tests that must fail |
| --- | --- | --- |
"""


def broken(control: Control, text: str) -> str:
    """Return a file's text without its guarantee. Raises `ValueError` unless the patch fits exactly once."""
    if text.count(control.old) != 1:
        raise ValueError(f"{control.file}: the patch fits {text.count(control.old)} times")
    return text.replace(control.old, control.new)


def page() -> str:
    rows = (f"| {c.guarantee} | `{c.file}` | {' '.join(f'`{t}`' for t in c.tests)} |\n" for c in CONTROLS)
    return HEAD + "".join(rows)


def tests_of(controls: Iterable[Control]) -> list[str]:
    return sorted({test for control in controls for test in control.tests})


def run(controls: list[Control]) -> list[str]:
    """Return what is wrong: survivors, and tests that fail without any patch."""
    with tempfile.TemporaryDirectory(prefix="controls-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT, symlinks=True)
        (tree / "var").mkdir()
        (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
        if code := _pytest(tree, tests_of(controls)):
            return [
                f"{c.guarantee}: not tried, the tests fail without a patch (exit {code})" for c in controls
            ]
        return [fault for control in controls if (fault := _try(tree, control))]


def _try(tree: Path, control: Control) -> str:
    path, begun = tree / control.file, time.monotonic()
    original = path.read_text(encoding="utf-8")
    try:
        path.write_text(broken(control, original), encoding="utf-8")
        code = _pytest(tree, list(control.tests), "-x")
    finally:
        path.write_text(original, encoding="utf-8")
    seconds = round(time.monotonic() - begun)
    word = "caught" if code == FAILED else "SURVIVED" if code == 0 else f"no test ran (exit code {code})"
    print(f"{word:9} {seconds:4} s  {control.guarantee}", flush=True)
    return "" if code == FAILED else f"{control.guarantee}: {word}"


def _pytest(tree: Path, tests: list[str], *options: str) -> int:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *options, *tests]
    done = subprocess.run(command, cwd=tree, check=False, capture_output=True, text=True)
    if done.returncode not in {0, FAILED} or ("-x" not in options and done.returncode):
        print(done.stdout[-3000:], done.stderr[-2000:])
    return done.returncode


def main(action: str = "run", word: str = "") -> int:
    if action == "write":
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    begun = time.monotonic()
    chosen = [control for control in CONTROLS if word.casefold() in control.guarantee.casefold()]
    faults = run(chosen)
    minutes = (time.monotonic() - begun) / 60
    print(f"{len(chosen)} controls, {len(chosen) - len(faults)} caught, in {minutes:.1f} minutes")
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
