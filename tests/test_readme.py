"""README and docs agree with the code: settings, dependencies, links, commands."""

import re
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
READMES = ["README.md", "README.zh-CN.md"]
SETTINGS = ["docs/settings.md", "docs/settings.zh-CN.md"]
DEPENDENCIES = ["docs/dependencies.md", "docs/dependencies.zh-CN.md"]
TWINS = [READMES, SETTINGS, DEPENDENCIES]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/*.md", "benchmarks/*.md", "selfcheck/*.md")
    for path in ROOT.glob(pattern)
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def text_of(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def tables(page: str) -> list[list[str]]:
    """Return each table that has code in its first column, as the list of those cells."""
    found = re.findall(r"(?:^\|.+\n)+", text_of(page), re.MULTILINE)
    names = [re.findall(r"^\| `([^|]+)` \|", table, re.MULTILINE) for table in found]
    return [table for table in names if table]


def rows(page: str) -> dict[str, list[str]]:
    """Return the rows of all tables of a page, by the code in their first column."""
    found = re.findall(r"^\| `([^`]+)` \|(.+)\|$", text_of(page), re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in found}


def anchors(page: str | Path) -> set[str]:
    """Return what a link to a part of this page can name: ids, and headings as GitHub writes them."""
    text = text_of(page)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]+>", "", heading).strip().lower()) for heading in headings]
    return {*re.findall(r'<a id="([\w-]+)"></a>', text), *(heading.replace(" ", "-") for heading in plain)}


def settings_read() -> set[str]:
    return {
        name
        for path in (ROOT / "config").glob("*.py")
        for name in re.findall(r'_env\.read\(\s*"([A-Z0-9_]+)"', path.read_text(encoding="utf-8"))
    }


def declared() -> set[str]:
    lines = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return {re.split(r"[\[<>=~!; ]", line)[0] for line in lines}


@pytest.mark.parametrize("page", SETTINGS)
def test_rows_and_settings_match(page):
    assert set(rows(page)) == settings_read()
    assert all(len(cells) == 2 and all(cells) for cells in rows(page).values())


@pytest.mark.parametrize("page", SETTINGS)
def test_setting_has_one_row(page):
    names = [name for table in tables(page) for name in table]
    assert len(names) == len(settings_read())


@pytest.mark.parametrize("language", [0, 1])
def test_no_table_repeats_a_row(language):
    names = [table for pages in TWINS for table in tables(pages[language])]
    assert len(names) > 3
    assert [name for table in names for name in table if table.count(name) > 1] == []


@pytest.mark.parametrize("page", DEPENDENCIES)
def test_reasons_and_dependencies_match(page):
    reasons = rows(page)
    assert set(reasons) == declared()
    assert all(cells[0] for cells in reasons.values())


@pytest.mark.parametrize("language", [0, 1])
def test_readme_links_to_settings_and_dependencies(language):
    text = text_of(READMES[language])
    assert [page for page in (SETTINGS[language], DEPENDENCIES[language]) if f"]({page})" not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_it_leads_to_exists(page):
    links = re.findall(r"\]\(([^)#]+)|<img src=\"([^\"]+)", text_of(page))
    files = [link or image for link, image in links if "://" not in link]
    assert [link for link in files if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_path_in_the_developers_guide_exists():
    paths = re.findall(r"`([a-z_]+/[\w/.-]+)`", text_of("docs/developing.md"))
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_readmes_link_to_files():
    assert all("](docs/" in text_of(page) for page in READMES)


@pytest.mark.parametrize("page", PAGES)
def test_link_anchor_exists(page):
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text_of(page))
    targets = [((ROOT / page).parent / file if file else ROOT / page, part) for file, part in links]
    assert [f"{target}#{part}" for target, part in targets if part not in anchors(target)] == []


@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins[0])
def test_the_twins_have_the_same_parts(twins):
    parts = [re.findall(r'<a id="(\w+)"></a>', text_of(page)) for page in twins]
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


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_operators_page_exists(page):
    ours = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    django = {"migrate", "createsuperuser", "check", "shell", "changepassword", "clearsessions"}
    named = re.findall(r"(?:manage\.py|purecode manage|start\.py manage) ([a-z_]+)", text_of(page))
    assert set(named) <= ours | django
