"""Reads text in pictures, on this machine, where an engine is installed; without one, nothing is read.

Engines, the first that is found: the Python package rapidocr-onnxruntime (its models come with it), the
program tesseract with Chinese (Debian: tesseract-ocr-chi-sim).
"""

import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from typing import Any


@cache
def engine() -> str:
    """Return the name of the engine; empty: none."""
    if find_spec("rapidocr_onnxruntime"):
        return "rapidocr"
    return "tesseract" if _tesseract_languages() else ""


def available() -> bool:
    return bool(engine())


@cache
def _tesseract_languages() -> str:
    program = shutil.which("tesseract")
    if not program:
        return ""
    done = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False)  # noqa: S603
    names = set(done.stdout.split()) & {"chi_sim", "chi_tra", "eng"}
    return "+".join(sorted(names)) if "chi_sim" in names else ""


@cache
def _rapid() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


def read_text(picture: bytes) -> str:
    """Return the text in a PNG or JPEG, a line each."""
    if engine() == "rapidocr":
        import numpy
        from PIL import Image

        image = numpy.array(Image.open(BytesIO(picture)).convert("RGB"))
        rows, _seconds = _rapid()(image)
        return "\n".join(row[1] for row in rows or [])
    if engine() == "tesseract":
        program = shutil.which("tesseract") or ""
        words = [program, "-", "-", "-l", _tesseract_languages(), "--psm", "11"]
        done = subprocess.run(words, input=picture, capture_output=True, check=False, timeout=30)  # noqa: S603
        text = done.stdout.decode("utf-8", "replace")
        return "\n".join(line.replace(" ", "") for line in text.splitlines() if line.strip())
    return ""
