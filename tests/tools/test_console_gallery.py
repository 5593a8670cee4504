"""The index of the console's pictures: titles that are the same in each run."""

import re

import pytest

from tools.console_gallery import INDEX, without_number


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Stay 13", "Stay"),
        ("停车记录 5", "停车记录"),
        ("Daily closing 2026-11-24", "Daily closing 2026-11-24"),
    ],
)
def test_title_loses_its_number(title, shown):
    assert without_number(title) == shown


def test_index_names_no_row():
    names = re.findall(r"^\*\*(.+)\*\* .+ \(`", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) > 50
    assert [name for name in names if without_number(name) != name] == []
