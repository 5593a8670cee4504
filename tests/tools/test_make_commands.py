"""Each program that `make` starts is importable without any setting, as in a fresh clone."""

import os
import re
import subprocess
import sys

import pytest

from tools.machine import ROOT

MODULES = sorted(set(re.findall(r"\$\(RUN\) -m ([\w.]+)", (ROOT / "Makefile").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("module", [name for name in MODULES if name != "pytest"])
def test_program_needs_no_setting(module: str) -> None:
    load = f"from importlib import import_module as load; load({module!r})"
    done = subprocess.run(
        [sys.executable, "-c", load],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
