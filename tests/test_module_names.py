"""Each module and class has a name of its own, except where Python, Django or pytest gives the name."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.conf import settings

from tests.test_imports import PACKAGES

# As docs/developing.md lists them.
OF_PYTHON = {"__init__", "__main__"}
OF_DJANGO = {"apps", "models", "urls", "0001_initial"}
OF_PYTEST = {"conftest"}
DJANGO_CLASSES = {"Command", "Config", "Migration"}


def shared(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Return the names that several modules have, without management commands: users type those names."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path.stem not in OF_PYTHON | OF_DJANGO and path.parent.name != "commands":
            found[path.stem].append(path)
    return {name: where for name, where in found.items() if len(where) > 1}


def shared_classes(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return the names that classes of several modules have, nested classes left out."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name not in DJANGO_CLASSES:
                found[node.name].append(str(path))
    return {name: where for name, where in found.items() if len(where) > 1}


@pytest.fixture(scope="module")
def modules() -> list[Path]:
    folders = [settings.BASE_DIR / name for name in (*PACKAGES, "deploy", "members")]
    return [path for folder in folders for path in folder.rglob("*.py")]


def test_modules_have_names_of_their_own(modules):
    assert len(modules) > 500
    assert shared(modules) == {}


def test_classes_have_names_of_their_own(modules):
    assert shared_classes(modules) == {}


def test_shared_class_is_found(tmp_path):
    paths = [tmp_path / "lots.py", tmp_path / "pages.py"]
    for path in paths:
        path.write_text("class Verdict:\n    class Meta: ...\n\n\nclass Config: ...\n", encoding="utf-8")
    assert shared_classes(paths) == {"Verdict": [str(path) for path in paths]}


def test_test_modules_have_names_of_their_own():
    paths = [path for path in (settings.BASE_DIR / "tests").rglob("*.py") if path.stem not in OF_PYTEST]
    assert len(paths) > 300
    assert shared(paths) == {}


def test_shared_name_is_found():
    paths = [Path("lots/plates.py"), Path("console/plates.py"), Path("lots/apps.py"), Path("staff/apps.py")]
    assert shared(paths) == {"plates": paths[:2]}
