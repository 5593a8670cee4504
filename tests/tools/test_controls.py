"""Each fail control fits the tree, names tests that exist, and stands in the docs."""

import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tools import controls
from tools.guarantees import CONTROLS
from tools.machine import ROOT


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.guarantee)
def test_patch_fits_exactly_once(control):
    text = (ROOT / control.file).read_text(encoding="utf-8")
    assert controls.broken(control, text) != text


@pytest.mark.parametrize("name", controls.tests_of(CONTROLS))
def test_named_test_exists(name):
    file, _, test = name.partition("::")
    assert re.search(rf"def {test}\(", (ROOT / file).read_text(encoding="utf-8"))


def test_misfit_patch_is_an_error():
    with pytest.raises(ValueError, match="fits 0 times"):
        controls.broken(CONTROLS[0], "")


def test_page_matches_the_list():
    page = controls.PAGE.read_text(encoding="utf-8")
    assert page.startswith(controls.HEAD)
    shown = page.removeprefix(controls.HEAD).splitlines()
    assert [line.rpartition(" | ")[0] + " |" for line in shown] == controls.rows()
    assert len(CONTROLS) >= 30


def test_one_passing_test_is_a_survivor():
    assert controls.verdict({"a::x", "a::y"}, ["a::x", "a::y"]) == controls.CAUGHT
    assert controls.verdict({"a::x"}, ["a::x", "a::y"]) == "SURVIVED a::y"


def test_error_in_a_fixture_is_no_failure(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        """<testsuites><testsuite>
        <testcase classname="tests.a" name="test_x[1]"/>
        <testcase classname="tests.a" name="test_x[2]"><failure/></testcase>
        <testcase classname="tests.a" name="test_y"><error/></testcase>
        </testsuite></testsuites>""",
        encoding="utf-8",
    )
    ran, failed = controls.failures(report)
    assert ran == {"tests/a.py::test_x", "tests/a.py::test_y"}
    assert failed == {"tests/a.py::test_x"}


def test_results_go_with_the_tree(tmp_path):
    kept = tmp_path / "results.json"
    controls.Results(kept, "one tree").add("promise", controls.CAUGHT)
    assert controls.Results(kept, "one tree").words == {"promise": controls.CAUGHT}
    assert controls.Results(kept, "another tree").words == {}


@pytest.mark.servers
def test_killed_command_leaves_nothing(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    program = """
        import subprocess, sys, time
        from pathlib import Path
        from tools.cleaner import Cleaner
        cleaner = Cleaner(Path(sys.argv[1]))
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        cleaner.started(child.pid)
        print(child.pid, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as killed:
        child = int(killed.stdout.readline())
        killed.send_signal(signal.SIGKILL)
    for _ in range(600):
        if not folder.exists() and not is_running(child):
            return
        time.sleep(0.05)
    pytest.fail("the folder or the child is still there")


def is_running(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in {"", "Z"}  # an orphan in a container without init stays a zombie
