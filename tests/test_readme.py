"""Both READMEs say what the code says: settings, dependencies, files, commands."""

import re
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
READMES = ["README.md", "README.zh-CN.md"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def rows(readme: str, part: str) -> dict[str, list[str]]:
    """The tables of one part, by what stands in code in their first column."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    body = text.split(f'<a id="{part}"></a>', 1)[1].split("\n## ", 1)[0]
    found = re.findall(r"^\| `([^`]+)` \|(.+)\|$", body, re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in found}


def settings_read() -> set[str]:
    return {
        name
        for path in (ROOT / "config").glob("*.py")
        for name in re.findall(r'_env\.read\(\s*"([A-Z0-9_]+)"', path.read_text(encoding="utf-8"))
    }


def declared() -> set[str]:
    lines = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return {re.split(r"[\[<>=~!; ]", line)[0] for line in lines}


@pytest.mark.parametrize("readme", READMES)
def test_readme_lists_every_setting(readme):
    assert set(rows(readme, "settings")) == settings_read()


@pytest.mark.parametrize("readme", READMES)
def test_readme_tables_have_no_duplicates(readme):
    tables = re.findall(r"(?:^\|.+\n)+", (ROOT / readme).read_text(encoding="utf-8"), re.MULTILINE)
    names = [re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE) for table in tables]
    assert len(names) > 3
    assert [name for table in names for name in table if table.count(name) > 1] == []


@pytest.mark.parametrize("readme", READMES)
def test_readme_lists_every_dependency(readme):
    told = rows(readme, "dependencies")
    assert set(told) == declared()
    assert all(cells[0] for cells in told.values())


@pytest.mark.parametrize("readme", READMES)
def test_readme_links_exist(readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readmes_have_the_same_parts():
    parts = [re.findall(r'<a id="(\w+)"></a>', (ROOT / name).read_text(encoding="utf-8")) for name in READMES]
    assert parts[0] == parts[1]
    assert parts[0]


def test_screenshot_has_expected_size():
    picture = ROOT / "docs" / "images" / "phone.png"
    assert Image.open(BytesIO(picture.read_bytes())).size == (720, 1280)
    assert picture.stat().st_size < 120 * 1024


def test_every_decision_is_indexed():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert sorted(re.findall(r"\]\((\d{3}-[^)]+)\)", index)) == pages


def test_operating_guide_commands_exist():
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    ours = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    django = {"migrate", "createsuperuser", "check", "shell", "changepassword", "clearsessions"}
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= ours | django
