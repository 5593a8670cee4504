"""The assessment against ASVS names tests that exist."""

import re

from tools.machine import ROOT

TEXT = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")


def test_named_tests_exist():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)
    assert len(named) > 60
    for file, name in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert f"def {name}(" in source if name else source, (file, name)


def test_every_line_has_a_state():
    rows = [line for line in TEXT.splitlines() if re.match(r"\| (?:V\d|API\d)", line)]
    assert len(rows) > 60
    for row in rows:
        assert row.split(" | ")[1] in {"yes", "partly", "no", "not used"}, row
