"""An upgrade or a rollback killed anywhere: the site answers, the tool names it, and completes it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parent.parent
RECORDS = (".upgrade.new", ".rollback.new")  # before the first one is renamed, nothing has begun


@pytest.fixture(scope="module")
def outcomes() -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrade_kills"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_step_of_a_change_is_killed(outcomes):
    """Its programs, records and links: a step that is added is killed too."""
    for command in ("upgrade", "rollback"):
        steps = [each["before"] for each in outcomes if each["command"] == command]
        assert len(steps) > 30, steps  # each twice: also with a power cut
        for part in ("systemctl start", "systemctl reload-or-restart nginx", "os.rename .current.new"):
            assert any(step.startswith(part) for step in steps), part


def test_site_answers_wherever_killed(outcomes):
    """One of two releases serves, also after a power cut."""
    assert [each["before"] for each in outcomes if not each["serving"]] == []


def test_killed_change_is_named(outcomes):
    """By status and by doctor."""
    silent = [
        each["before"] for each in outcomes if each["named"].count(" was interrupted: run it again") != 2
    ]
    assert all(before.endswith(RECORDS) for before in silent), silent


def test_second_command_completes_it(outcomes):
    assert [each for each in outcomes if each["again"]] == []


def test_rollback_leads_back(outcomes):
    """From a killed upgrade to the release that served, and not to the one before it."""
    assert [each for each in outcomes if each["back"] and not each["before"].endswith(RECORDS)] == []
