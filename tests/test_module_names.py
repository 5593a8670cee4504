"""Each module has a name of its own, except where Python, Django or pytest gives the name."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from tests.test_imports import PACKAGES

# As docs/developing.md lists them.
OF_PYTHON = {"__init__", "__main__"}
OF_DJANGO = {"apps", "models", "urls", "0001_initial"}
OF_PYTEST = {"conftest"}


def shared(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Return the names that several modules have, without management commands: users type those names."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path.stem not in OF_PYTHON | OF_DJANGO and path.parent.name != "commands":
            found[path.stem].append(path)
    return {name: where for name, where in found.items() if len(where) > 1}


def test_modules_have_names_of_their_own():
    folders = [settings.BASE_DIR / name for name in (*PACKAGES, "deploy", "members")]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    assert len(paths) > 500
    assert shared(paths) == {}


def test_test_modules_have_names_of_their_own():
    paths = [path for path in (settings.BASE_DIR / "tests").rglob("*.py") if path.stem not in OF_PYTEST]
    assert len(paths) > 300
    assert shared(paths) == {}


def test_shared_name_is_found():
    paths = [Path("lots/plates.py"), Path("console/plates.py"), Path("lots/apps.py"), Path("staff/apps.py")]
    assert shared(paths) == {"plates": paths[:2]}
