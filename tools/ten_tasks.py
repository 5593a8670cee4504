"""Write how many clicks, pages and seconds ten tasks take into docs/operations.md.

    python -m tools.ten_tasks

runs tests/browser/test_ten_tasks.py, which limits the clicks. Seconds are those of this machine, without
the person.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.machine import ROOT

PAGE = ROOT / "docs" / "operations.md"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", "-m", "browser")
BEGIN, END = "<!-- ten tasks -->", "<!-- end of ten tasks -->"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tasks.jsonl"
        done = subprocess.run(
            [*PYTEST, "tests/browser/test_ten_tasks.py"],
            cwd=ROOT,
            env={**os.environ, "TEN_TASKS": str(file)},
            check=False,
        )
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return done.returncode


def with_table(text: str, lines: list[dict[str, str]]) -> str:
    """Return the page with these figures between its two marks."""
    rows = [f"| {line['task']} | {line['clicks']} | {line['pages']} | {line['seconds']} |" for line in lines]
    head = ["| Task | Clicks | Pages | Seconds |", "| --- | --- | --- | --- |"]
    table = "\n".join([BEGIN, *head, *rows, END])
    return re.sub(f"{BEGIN}.*?{END}", lambda _: table, text, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
