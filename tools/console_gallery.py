"""Every page of the console as a picture, and their index in docs/console-pages.md.

    python -m tools.console_gallery

runs tests/browser/test_console_pages.py, which looks at each page in both languages, on three screens, by
day and by night. All pictures and contact sheets of them lie in var/console-pages; docs/ gets a small one
of each page.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from tools.machine import ROOT

FOLDER = ROOT / "var" / "console-pages"
SMALL = ROOT / "docs" / "images" / "pages"
INDEX = ROOT / "docs" / "console-pages.md"
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", "-m", "gallery")
USUAL = "-1366x768-light-zh.jpg"
WIDTH = 420  # pixels of a small picture
MOST_BYTES = 2 * 1024 * 1024  # of all small pictures
CELL = (480, 420)
HEAD = """# The console, page by page

Every page as the owner of an invented lot sees it. Each also exists in English, in dark mode, on a tablet and
on a phone; `python -m tools.console_gallery` takes all of these, checks them, and makes this page.

"""


def main() -> int:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    done = subprocess.run(
        [*PYTEST, "tests/browser/test_console_pages.py"],
        cwd=ROOT,
        env={**os.environ, "CONSOLE_PAGES": str(FOLDER)},
        check=False,
    )
    pictures = sorted(FOLDER.glob("*.jpg"))
    _sheets(pictures)
    size = _small([file for file in pictures if file.name.endswith(USUAL)])
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


def _small(files: Sequence[Path]) -> int:
    """Write a small picture of each page and the index; return the bytes of all pictures."""
    shutil.rmtree(SMALL, ignore_errors=True)
    SMALL.mkdir(parents=True)
    lines = []
    for file in files:
        name = file.name.removesuffix(USUAL)
        image = Image.open(file).convert("RGB")
        image.thumbnail((WIDTH, WIDTH))
        image.save(SMALL / f"{name}.jpg", "JPEG", quality=55, optimize=True)
        lines.append(f"| `{name}` | ![{name}](images/pages/{name}.jpg) |")
    INDEX.write_text(
        HEAD + "\n".join(["| Page | Picture |", "| --- | --- |", *lines]) + "\n", encoding="utf-8"
    )
    return sum(file.stat().st_size for file in SMALL.iterdir())


if __name__ == "__main__":
    sys.exit(main())
