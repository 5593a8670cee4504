"""docs/compliance.md walks through the rules line by line, and each test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
SHANGHAI = {"a", "b1", "b2", "b3", "b4", "c1", "c2", "d1", "d2", "d3", "e", "f", "g1", "g2"}


def rows() -> list[list[str]]:
    """The rows of every table, without their heads."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[-1] not in {"测试", "---"}]


@cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_deleted_with_members(path: str) -> bool:
    """Members may be deleted with their tests; the rest of the page stays true."""
    return path.startswith("tests/members/") and not (ROOT / "members").is_dir()


def test_each_rule_names_a_test():
    assert len(rows()) >= 30
    assert all(len(row[-2]) > 4 and "::test_" in row[-1] for row in rows())


def test_shanghai_guideline_is_complete():
    assert {row[0] for row in rows() if row[0][:1] in "abcdefg"} == SHANGHAI


def test_every_named_test_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
    assert len(named) > 50
    assert [
        f"{path}::{name}"
        for path, name in named
        if not is_deleted_with_members(path) and name not in names_in(path)
    ] == []


def test_missing_test_would_be_found():
    assert "test_of_yesterday" not in names_in("tests/compliance/test_guideline.py")
    assert names_in("tests/nothing.py") == frozenset()
