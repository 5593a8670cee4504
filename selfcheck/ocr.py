"""Reads text in pictures, on this machine, where an engine is installed; without one, nothing is read.

Engines, the first that is found: the Python package rapidocr-onnxruntime (its models come with it), the
program tesseract with Chinese (Debian: tesseract-ocr-chi-sim).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from selfcheck.check_errors import SelfCheckError

SECONDS = 40
LONGEST_SIDE = 2400  # pixels: larger photos are made smaller, which reads better and faster
SMALLEST_SIDE = 500  # smaller pictures are made twice as large


class Unread(SelfCheckError):
    """The engine failed on a picture: its text was not tested."""

    code = "picture_unread"


@dataclass(frozen=True)
class Line:
    """One line of text in a picture, and its box from 0 to 1 of the picture."""

    text: str
    x: float
    y: float
    width: float
    height: float


@cache
def engine() -> str:
    """Return the name of the engine; empty: none."""
    if find_spec("rapidocr_onnxruntime"):
        return "rapidocr"
    return "tesseract" if _tesseract_languages() else ""


def available() -> bool:
    return bool(engine())


@cache
def version() -> str:
    """Return engine and version for the report."""
    if engine() != "tesseract":
        return engine() or "none"
    done = subprocess.run([_program(), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return f"{(done.stdout or done.stderr).partition('\n')[0]} ({_tesseract_languages()})"


def _program() -> str:
    return shutil.which("tesseract") or ""


@cache
def _tesseract_languages() -> str:
    if not _program():
        return ""
    done = subprocess.run([_program(), "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S603
    # Its model reads Latin letters too; with `eng` beside it, short Chinese words are taken for English.
    return "chi_sim" if "chi_sim" in done.stdout.split() else ""


@cache
def _rapid() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


def read_text(picture: bytes) -> str:
    """Return the text in a PNG or JPEG, a line each. Raises `Unread`."""
    return "\n".join(line.text for line in read_lines(picture))


@lru_cache(maxsize=64)  # the same picture is seen on most screens of a visit
def read_lines(picture: bytes) -> tuple[Line, ...]:
    """Return the lines in a PNG or JPEG, from top to bottom; none where no engine is installed."""
    if not available():
        return ()
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(picture)) as opened:
            image = ImageOps.exif_transpose(opened).convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        raise Unread("the picture cannot be opened") from None
    read = _by_rapid if engine() == "rapidocr" else _by_tesseract
    found: dict[str, Line] = {}
    for factor in _factors(max(image.size)):
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        for line in read(ImageOps.autocontrast(image if factor == 1.0 else image.resize(size))):
            found.setdefault(line.text, line)
    return tuple(sorted(found.values(), key=lambda line: (line.y, line.x)))


def _factors(longest: int) -> tuple[float, float]:
    """Return in which two sizes a picture is read: what is misread in one is read well in the other."""
    first = 2.0 if longest < SMALLEST_SIDE else min(1.0, LONGEST_SIDE / longest)
    return (first, first / 2) if longest * first > 1.3 * SMALLEST_SIDE else (first, first * 1.5)


def _by_rapid(image: Any) -> Iterator[Line]:
    import numpy

    rows, _seconds = _rapid()(numpy.array(image.convert("RGB")))
    for corners, text, _score in rows or []:
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
        yield _line(text, box, image)


def _by_tesseract(image: Any) -> Iterator[Line]:
    out = BytesIO()
    image.save(out, "PNG")
    words = [_program(), "-", "-", "-l", _tesseract_languages(), "--psm", "11", "tsv"]
    one_thread = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # pages are tested in parallel already
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, no shell
            words, input=out.getvalue(), capture_output=True, check=False, timeout=SECONDS, env=one_thread
        )
    except (OSError, subprocess.TimeoutExpired):
        raise Unread("tesseract did not finish") from None
    if done.returncode:
        raise Unread("tesseract failed")
    lines: dict[tuple[str, ...], list[tuple[str, list[int]]]] = {}
    for row in done.stdout.decode("utf-8", "replace").splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[11].strip():
            lines.setdefault(tuple(cells[1:5]), []).append((cells[11].strip(), [*map(int, cells[6:10])]))
    for parts in lines.values():
        left, top = min(b[0] for _, b in parts), min(b[1] for _, b in parts)
        right, bottom = max(b[0] + b[2] for _, b in parts), max(b[1] + b[3] for _, b in parts)
        yield _line(_joined([text for text, _ in parts]), (left, top, right - left, bottom - top), image)


def _joined(words: list[str]) -> str:
    """Return words as one line: with a space only between two that are Latin."""
    return re.sub(r"(?<=[^\x00-\x7f]) +| +(?=[^\x00-\x7f])", "", " ".join(words))


def _line(text: str, box: tuple[float, float, float, float], image: Any) -> Line:
    x, y, wide, high = box
    return Line(text, x / image.width, y / image.height, wide / image.width, high / image.height)
