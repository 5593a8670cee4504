"""A step that does not exist is no passed check."""

import pytest

from tools import check


@pytest.mark.parametrize("name", ["--help", "typse", "", "tests"])
def test_unknown_step_is_refused(name, capsys):
    assert check.main(["types", name]) == 2
    shown = capsys.readouterr().out
    assert shown.startswith(f"No step is called {name}.")
    assert "types" in shown


def test_deep_run_leaves_nothing_out():
    assert check.EVERY_RUN.but_not("browser") == "not deep and not browser"
    assert check.DEEP.but_not("browser") == "not browser"


def test_caller_chooses_the_effort(monkeypatch):
    monkeypatch.delenv("EFFORT", raising=False)
    assert [tier.env["EFFORT"] for tier in (check.EVERY_RUN, check.DEEP)] == ["1", "4"]
    monkeypatch.setenv("EFFORT", "2")
    assert check.DEEP.env["EFFORT"] == "2"
