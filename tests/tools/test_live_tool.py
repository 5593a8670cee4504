"""The live test is run where it can be; elsewhere one line says why not, and nothing fails."""

import os
import subprocess

import pytest

from tests.live import bare_machine
from tools import live


@pytest.fixture
def able(monkeypatch):
    """A machine on which everything is there."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(live.sys, "platform", "linux")
    monkeypatch.setattr(live, "_succeeds", lambda *command: True)
    monkeypatch.setattr(live, "_index_answers", lambda: True)
    monkeypatch.setattr(live, "install", lambda name: None)
    monkeypatch.setattr(bare_machine, "bare_root", lambda: None)
    return monkeypatch


def no_debian() -> None:
    raise subprocess.CalledProcessError(1, "mmdebstrap")


@pytest.mark.parametrize(
    ("holder", "name", "value", "reason"),
    [
        (os, "geteuid", lambda: 1000, "it needs root on Linux"),
        (live, "_succeeds", lambda *command: command[0] != "unshare", "this machine allows no name spaces"),
        (live, "_succeeds", lambda *command: command[0] != "mmdebstrap", "mmdebstrap is missing"),
        (live, "_index_answers", lambda: False, "no package index of Python answers"),
        (bare_machine, "bare_root", no_debian, f"mmdebstrap could not fetch {bare_machine.SUITE}"),
    ],
)
def test_missing_means_are_named_without_failure(able, capsys, holder, name, value, reason):
    able.setattr(holder, name, value)
    assert live.main() == 0
    assert capsys.readouterr().out == f"The live test was not run: {reason}.\n"


def test_status_of_the_run_is_passed_on(able):
    class Done:
        returncode = 3

    able.setattr(live.subprocess, "run", lambda *words, **options: Done)
    assert live.main() == 3
