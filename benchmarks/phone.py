"""Scan → paid on a slowed-down phone: the part that this program and the network take.

    python -m benchmarks.phone      print the section of docs/performance.md; needs Chromium

A current Chromium with its processor four times slower, over a network slowed down by the browser. The steps
are in `tests/browser/speed.py`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_report import table
from tools.machine import ROOT
from tools.packages import Missing

TARGET = 1.0  # seconds on 4G
NETWORKS = {"4G": "4G: 70 ms, 9 Mbit/s", "weak": "weak: 400 ms, 1.6 Mbit/s"}
STEPS = ("first page", "fee", "cashier", "paid")
TEXT = """## Scan to paid

A current Chromium with its processor slowed down four times, in a network slowed down by the browser; medians
of five drives, in seconds. Each step is counted from the driver's act (scan, last key, tap on pay, tap on
"paid" at the sandbox's cashier) until the page shows the answer; the cashier's own page is not counted.
Target: {target:.1f} s in all on 4G. Each step contains at least one round trip of the network.
"""


def measure() -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", "tests/browser/speed.py"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PHONE_RESULT": str(result)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Missing(f"The browser's measurement failed:\n{done.stdout[-2000:]}")
        return dict(json.loads(result.read_text(encoding="utf-8")))


def section(measured: dict[str, dict[str, float]]) -> str:
    rows = [
        (
            NETWORKS[name],
            *(f"{steps[step]:.2f}" for step in STEPS),
            f"{sum(steps.values()):.2f}",
        )
        for name, steps in measured.items()
    ]
    return f"{TEXT.format(target=TARGET)}\n{table(('network', *STEPS, 'in all'), rows)}\n"


if __name__ == "__main__":
    print(section(measure()))
