"""Every page of the console as a picture, and their index in docs/console-pages.md.

    python -m tools.console_gallery [--docs]

runs tests/browser/test_console_pages.py, which looks at each page in both languages, on three screens, by
day and by night. All pictures and contact sheets of them lie in var/console-pages; docs/ gets a small one
of each page. With --docs it takes only the pictures that docs/ shows, and checks nothing: some minutes.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from tools.machine import ROOT

FOLDER = ROOT / "var" / "console-pages"
SMALL = ROOT / "docs" / "images" / "pages"
INDEX = ROOT / "docs" / "console-pages.md"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", "-m", "deep")
USUAL = "-1366x768-light-zh.jpg"
SHOWN_MORE = ("today", "booth", "stays", "stay", "payment", "tasks", "day", "patrol", "tariff-draft")
MORE = ("-768x1024-dark-zh.jpg", "-360x640-light-zh.jpg", "-1366x768-dark-en.jpg")
WIDTH, HEIGHT = 600, 440  # pixels of a small picture
PLACES = ("Today", "Booth", "Parking", "Money", "Shop", "Devices", "Compliance", "Settings")  # as in the menu
MOST_BYTES = 2 * 1024 * 1024  # of all small pictures
CELL = (480, 420)
HEAD = """# The console, page by page

Every page as the owner of an invented lot sees it, in Chinese at 1366 × 768. The main ones are also shown
on a tablet in dark mode, on a phone, and in English in dark mode. `python -m tools.console_gallery` takes
every page in both languages, on all three screens, in light and dark, checks each, and makes this page.

[operations.md](operations.md) explains how to work with them.
"""


def main(words: Sequence[str]) -> int:
    if set(words) - {"--docs"}:  # --help among them
        print(__doc__)
        return int("--help" not in words)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    done = subprocess.run(
        [*PYTEST, "tests/browser/test_console_pages.py"],
        cwd=ROOT,
        env={
            **os.environ,
            "CONSOLE_PAGES": str(FOLDER),
            "CONSOLE_PAGES_FOR_DOCS": str(int("--docs" in words)),
        },
        check=False,
    )
    pictures = sorted(FOLDER.glob("*.jpg"))
    _sheets(pictures)
    size = _small(_pages())
    print(f"{len(pictures)} pictures in {FOLDER}; small ones: {size // 1024} KB")
    return done.returncode or int(size > MOST_BYTES)


def _sheets(pictures: Sequence[Path]) -> None:
    """Write contact sheets, one for each screen, light and language."""
    kinds: dict[str, list[Path]] = {}
    for file in pictures:
        kinds.setdefault("-".join(file.stem.rsplit("-", 3)[1:]), []).append(file)
    for kind, files in kinds.items():
        for number, start in enumerate(range(0, len(files), 16), 1):
            _sheet(files[start : start + 16]).save(FOLDER / f"sheet-{kind}-{number}.png")


def _sheet(files: Sequence[Path]) -> Image.Image:
    rows = -(-len(files) // 4)
    sheet = Image.new("RGB", (4 * CELL[0], rows * CELL[1]), (90, 90, 90))
    pen = ImageDraw.Draw(sheet)
    for place, file in enumerate(files):
        x, y = place % 4 * CELL[0], place // 4 * CELL[1]
        image = Image.open(file)
        image.thumbnail((CELL[0] - 8, CELL[1] - 24))
        sheet.paste(image, (x + 4, y + 20))
        pen.text((x + 4, y + 4), file.stem, fill=(255, 255, 255))
    return sheet


def _pages() -> dict[str, list[dict[str, str]]]:
    """Return the pages by place of the menu, each with its titles in both languages."""
    found: dict[str, dict[str, str]] = {}
    for line in map(json.loads, (FOLDER / "pages.jsonl").read_text(encoding="utf-8").splitlines()):
        page = found.setdefault(line["name"], {"name": line["name"]})
        page[line["language"]] = without_number(line["title"])
        page[f"place-{line['language']}"] = line["place"]
    places: dict[str, list[dict[str, str]]] = {}
    for page in found.values():
        places.setdefault(f"{page['place-en']} {page['place-zh']}".strip() or "Account", []).append(page)
    return places


def without_number(title: str) -> str:
    """Return a title without the number of its row, which differs between the two languages' runs."""
    return re.sub(r" \d+$", "", title)


def _order(place: str) -> int:
    """Return where a place stands in the menu; what belongs to none comes last."""
    return next((n for n, name in enumerate(PLACES) if place.startswith(name)), len(PLACES))


def _small(places: Mapping[str, Sequence[Mapping[str, str]]]) -> int:
    """Write a small picture of each page and the index; return the bytes of all pictures."""
    shutil.rmtree(SMALL, ignore_errors=True)
    SMALL.mkdir(parents=True)
    lines = []
    for place in sorted(places, key=_order):
        lines += ["", f"## {place}"]
        for page in sorted(places[place], key=lambda page: page["name"]):
            name = page["name"]
            links = [_shrunk(page, end) for end in (USUAL, *(MORE if name in SHOWN_MORE else ()))]
            lines += ["", f"**{page['en']}** {page['zh']} (`{name}`)", "", " ".join(links)]
    INDEX.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return sum(file.stat().st_size for file in SMALL.iterdir())


def _shrunk(page: Mapping[str, str], end: str) -> str:
    """Write a small copy of a picture and return the link that shows it."""
    name = page["name"]
    image = Image.open(FOLDER / f"{name}{end}").convert("RGB")
    image.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    target = SMALL / f"{name}{end.removesuffix('.jpg').removesuffix('-1366x768-light-zh')}.webp"
    image.save(target, "WEBP", quality=60, method=6)
    return f"![{page['en']}](images/pages/{target.name})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
