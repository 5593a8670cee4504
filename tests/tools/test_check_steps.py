"""A step that does not exist is no passed check."""

import pytest

from tools import check


@pytest.mark.parametrize("name", ["--help", "typse", "", "tests"])
def test_unknown_step_is_refused(name, capsys):
    assert check.main(["types", name]) == 2
    shown = capsys.readouterr().out
    assert shown.startswith(f"No step is called {name}.")
    assert "types" in shown
