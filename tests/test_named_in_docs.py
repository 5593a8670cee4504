"""Files, modules, commands with their options, settings and menu entries that the docs name exist."""

import re
from argparse import _SubParsersAction
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from console.menu import with_members
from deploy.cli import parser
from tests.test_readme import PAGES, ROOT, text_of

FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")} - {"var"}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
# Modules of other packages.
ELSEWHERE = {"pytest", "http.server", "venv", "pip", "granian"}
OURS = re.compile(
    r"(?:manage\.py|purecode|deploy/install|selfcheck|python -m (?:tests|tools|benchmarks)\S*) .*"
)
OPTIONS_ELSEWHERE = {"--database", "--delete"}  # of Django and of rsync
IN_FILE = re.compile(
    r"`([\w.]+)(?:\(\))?`\s(?:in|of)\s`([\w/]+(?:\.\w+)?)`"
)  # `settle()` in `payments/settling.py`
DOTTED = re.compile(rf"`((?:{'|'.join(sorted(FOLDERS))})(?:\.\w+)+)(?:\(\))?`")
MENU_PATH = re.compile(r"(?<![\w*])(?<![›→] )\**([\u4e00-\u9fff]{2,8})(?:\** [›→] \**[\u4e00-\u9fff]+)+")
# Where a path begins besides the menu; the consoles of the channels.
BEGINNINGS = {"商户平台", "微信商户平台", "支付宝开放平台", "公众平台"}


def in_code(page: str) -> str:
    return "\n".join(CODE.findall(text_of(page)))


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file() or name in ELSEWHERE


@cache
def sources() -> str:
    paths = [path for name in FOLDERS - {"docs", "locale"} for path in (ROOT / name).rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@pytest.fixture(scope="module")
def known_names() -> set[str]:
    names = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", sources()))
    return names | {f"{name}_FILE" for name in names}


def targets() -> set[str]:
    lines = re.findall(r"^([a-z][\w -]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return {target for line in lines for target in line.split()}


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_named_things_exist(page, known_names):
    code = in_code(page)
    paths = [path for path in re.findall(r"`([\w-]+(?:/[\w.-]+)+)/?`", code) if path.split("/")[0] in FOLDERS]
    wrong = [path for path in paths if not (ROOT / path).exists()]
    wrong += [name for name in re.findall(r"\bpython3? -m ([\w.]+)", code) if not is_module(name)]
    wrong += [name for name in re.findall(r"\bmake ([a-z][\w-]*)", code) if name not in targets()]
    wrong += [
        name for name in re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`", code) if name not in known_names
    ]
    assert wrong == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_purecode_commands_exist(page):
    choices = next(action.choices for action in parser()._actions if isinstance(action, _SubParsersAction))
    named = re.findall(r"(?:`|^)(?:sudo )?purecode ([a-z][\w-]*)", in_code(page), re.MULTILINE)
    assert [name for name in named if name not in choices] == []


@pytest.fixture(scope="module")
def known_options() -> set[str]:
    return set(re.findall(r'"(--[a-z][a-z-]+)"', sources()))


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_named_options_exist(page, known_options):
    code = in_code(page)
    named = re.findall(r"`(--[a-z][a-z-]+)", code)
    named += [option for line in OURS.findall(code) for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", line)]
    assert [option for option in named if option not in known_options | OPTIONS_ELSEWHERE] == []


@pytest.mark.parametrize("page", PAGES)
def test_paths_begin_in_the_menu(page):
    with translation.override("zh-hans"):
        menu = with_members(on=True)
        labels = {str(place) for place, _ in menu} | {
            str(label) for _, entries in menu for _, label, _ in entries
        }
    assert [name for name in MENU_PATH.findall(text_of(page)) if name not in labels | BEGINNINGS] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])
def test_named_file_has_the_name(page):
    found = [pair for pair in IN_FILE.findall(text_of(page)) if pair[1].split("/")[0] in FOLDERS]
    assert [pair for pair in found if not has_name(ROOT / pair[1], pair[0].split(".")[-1])] == []


def test_names_in_docstrings_exist():
    found = {name for name in DOTTED.findall(sources()) if not is_model(name)}
    assert len(found) > 30
    assert [name for name in sorted(found) if not is_dotted_name(name)] == []


def has_name(path: Path, name: str) -> bool:
    paths = [path] if path.is_file() else path.rglob("*.py")
    return any(re.search(rf"\b{name}\b", each.read_text(encoding="utf-8")) for each in paths)


def is_dotted_name(dotted: str) -> bool:
    """Return whether the longest module that a dotted name begins with has the rest of it."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:length])
        if path.with_suffix(".py").is_file() or path.is_dir():
            file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
            return all(has_name(file, name) for name in parts[length:])
    return False


def is_model(dotted: str) -> bool:
    """Return whether this is a model's label, as in `lots.PlateRead`."""
    app, *name = dotted.split(".")
    return len(name) == 1 and (app, name[0].lower()) in {
        (m._meta.app_label, m._meta.model_name) for m in apps.get_models()
    }


def test_modules_of_selfcheck_exist():
    table = re.findall(r"^\| (`.+?) \|", text_of("selfcheck/README.md"), re.MULTILINE)
    names = [name for cell in table for name in re.findall(r"`([a-z_]+)(?:\.js)?`", cell)]
    files = {path.stem for path in (ROOT / "selfcheck").iterdir()}
    assert len(names) > 40
    assert [name for name in names if name not in files] == []


def test_missing_things_are_found(tmp_path, monkeypatch, known_names):
    (tmp_path / "page.md").write_text(
        "`lots/nowhere.py` `make nothing` `python -m lots.nowhere` `NO_SUCH_SETTING`", encoding="utf-8"
    )
    with pytest.raises(AssertionError, match="nowhere"):
        test_named_things_exist(str(Path(tmp_path / "page.md")), known_names)
