"""A stalled command is named and ended with its children; a slow one is left alone."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from tools.watched import run_watched

pytestmark = pytest.mark.servers

HERE = Path(__file__).parent


def run(code: str, stall: float = 1.0) -> tuple[int, str]:
    return run_watched([sys.executable, "-c", code], cwd=HERE, env={}, stall=stall)


def test_output_and_exit_code_are_returned():
    assert run("print('one'); raise SystemExit(3)") == (3, "one\n")


def test_busy_silent_command_is_left_alone():
    busy = "import time\nend = time.process_time() + 3\nwhile time.process_time() < end: pass\nprint('done')"
    assert run(busy, stall=5) == (0, "done\n")


def test_stalled_command_ends_with_children(tmp_path):
    pid = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "child = subprocess.Popen(sleep, start_new_session=True)\n"
        f"open({str(pid)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    status, output = run(code)
    assert status != 0
    assert "Stalled" in output
    child = int(pid.read_text())
    for _ in range(50):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the child outlived the command")


def test_stall_names_running_test():
    title = "[pytest-xdist running] a.py::test_b"
    code = f"import setproctitle, time; setproctitle.setproctitle({title!r}); time.sleep(600)"
    assert "a.py::test_b" in run(code)[1]


def test_environment_is_passed_on():
    assert run_watched(
        [sys.executable, "-c", "import os; print(os.environ['A'])"], cwd=HERE, env={**os.environ, "A": "b"}
    ) == (0, "b\n")
