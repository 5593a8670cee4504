"""Finds what is left of a code that another one was pasted over: its finder patterns."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from selfcheck.qr_codes import Code

NEAR = 0.75  # of a code's width: how far outside it a covered code still shows
MIN_PIXELS = 12


def available() -> bool:
    """Return whether the package that this needs (OpenCV) is installed."""
    from importlib.util import find_spec

    return find_spec("cv2") is not None


def remains(photo: bytes, codes: Sequence[Code]) -> dict[int, tuple[float, float]]:
    """Return, for the place of a code in the list, where beside it a finder pattern of another code shows."""
    found: dict[int, tuple[float, float]] = {}
    if not available():
        return found
    for x, y, size in _finder_patterns(photo):
        if any(_belongs(code, x, y, size) for code in codes):
            continue
        for place, code in enumerate(codes):
            if _distance(code, x, y) <= NEAR * code.width:
                found.setdefault(place, (x, y))
                break
    return found


def _belongs(code: Code, x: float, y: float, size: float) -> bool:
    """Return whether a pattern lies in the area of a code, its margin included."""
    margin = 0.06 * code.width + size / 4
    return (
        code.x - margin <= x <= code.x + code.width + margin
        and code.y - margin <= y <= code.y + code.height + margin
    )


def _distance(code: Code, x: float, y: float) -> float:
    across = max(code.x - x, 0.0, x - code.x - code.width)
    down = max(code.y - y, 0.0, y - code.y - code.height)
    return max(across, down)


def _finder_patterns(photo: bytes) -> Iterator[tuple[float, float, float]]:
    """Yield centre and width (0 to 1) of each square that holds a square that holds a square, 7 to 5 to 3."""
    import cv2
    import numpy
    from PIL import Image, ImageOps

    with Image.open(BytesIO(photo)) as opened:
        image = ImageOps.exif_transpose(opened).convert("L")
        image.thumbnail((2000, 2000))
        array = numpy.array(image)
    block = max(31, min(array.shape) // 8 | 1)
    dark = cv2.adaptiveThreshold(array, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 8)
    outlines, tree = cv2.findContours(dark, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    for place, outline in enumerate(outlines):
        ring = _only_child(tree, place)
        core = _only_child(tree, ring) if ring >= 0 else -1
        if core < 0:
            continue
        boxes = [cv2.boundingRect(outlines[n]) for n in (place, ring, core)]
        left, top, wide, high = boxes[0]
        sizes = [max(box[2], box[3]) for box in boxes]
        if sizes[0] < MIN_PIXELS or not 0.6 <= wide / high <= 1.7 or not _filled(cv2, outline, wide * high):
            continue
        if 0.55 <= sizes[1] / sizes[0] <= 0.85 and 0.28 <= sizes[2] / sizes[0] <= 0.58:
            yield (
                (left + wide / 2) / array.shape[1],
                (top + high / 2) / array.shape[0],
                wide / array.shape[1],
            )


def _filled(cv2: Any, outline: Any, box: int) -> bool:
    return bool(cv2.contourArea(outline) > 0.45 * box)


def _only_child(tree: Any, place: int) -> int:
    """Return the number of the outline that is alone in another; -1 where there is none or are several."""
    child = int(tree[0][place][2])
    return child if child >= 0 and int(tree[0][child][0]) < 0 else -1
