"""What a sign can be printed as, and how large its code has to be. Pure; lengths in millimetres.

A phone reads a code from about ten times its side: 20 cm of code from 2 m. The side is that of the symbol
without its quiet zone.
"""

from dataclasses import dataclass
from enum import StrEnum

from lots.signs.qr_symbol import Symbol
from lots.signs.sign_messages import message as _

BLEED = 3.0  # what is cut off all round, so that no white edge shows
SLUG = 12.0  # paper round the trimmed sign: bleed, crop marks, a line for the print shop
DISTANCE_TO_SIZE = 10
LEAST_MODULE = 0.8  # below this a phone needs its macro lens
SHRINK = 0.75  # a code for a short distance may be this much smaller than the format allows
TOLERANCE = 1.02
NEAREST, FARTHEST = 0.1, 10.0  # metres; scans are never nearer or farther


class Layout(StrEnum):
    POSTER = "poster"
    BAND = "band"
    CARD = "card"
    SQUARE = "square"
    ROUND = "round"


@dataclass(frozen=True)
class PrintFormat:
    """One trimmed size. `room` is the side of the code's field, quiet zone included, at its largest."""

    name: str
    title: str
    width: float
    height: float
    layout: Layout
    room: float


FORMATS = {
    form.name: form
    for form in (
        PrintFormat("a3", "A3 海报", 297, 420, Layout.POSTER, 178),
        PrintFormat("a4", "A4 海报", 210, 297, Layout.POSTER, 126),
        PrintFormat("a5", "A5 台卡", 148, 210, Layout.POSTER, 88.8),
        PrintFormat("sticker-square", "方形贴纸 120", 120, 120, Layout.SQUARE, 64),
        PrintFormat("sticker-round", "圆形贴纸 150", 150, 150, Layout.ROUND, 76),
        PrintFormat("lane", "车道立牌 400 × 600", 400, 600, Layout.POSTER, 256),
        PrintFormat("pillar", "立柱腰带 800 × 300", 800, 300, Layout.BAND, 244),
        PrintFormat("window", "玻璃窗贴 210 × 150", 210, 150, Layout.CARD, 98),
    )
}


@dataclass(frozen=True)
class Fit:
    """A code in its format. `reach` is how far it reads, in metres; `warning` is empty if that is enough."""

    side: float
    module: float
    reach: float
    warning: str = ""

    def field(self, code: Symbol) -> float:
        """Return the side of the code with its quiet zone, in millimetres."""
        return self.module * code.with_quiet


def fit(form: PrintFormat, code: Symbol, distance: float | None) -> Fit:
    """Return how large `code` is printed to be read from `distance` metres; as large as fits without one."""
    largest = form.room * code.modules / code.with_quiet
    needed = largest if distance is None else distance * 1000 / DISTANCE_TO_SIZE
    side = min(max(needed, largest * SHRINK), largest)
    module = side / code.modules
    return Fit(side, module, side * DISTANCE_TO_SIZE / 1000, _warning(needed, side, module))


def _warning(needed: float, side: float, module: float) -> str:
    if needed > side * TOLERANCE:
        return _(
            "The code is %(side)s mm wide and can be scanned from about %(reach)s m; your distance needs "
            "%(needed)s mm. Choose a larger format.",
            side=f"{side:.0f}",
            reach=f"{side * DISTANCE_TO_SIZE / 1000:.1f}",
            needed=f"{needed:.0f}",
        )
    if module < LEAST_MODULE:
        return _(
            "The code's dots are only %(module)s mm wide, which phones focus badly. Choose a larger format "
            "or a shorter address.",
            module=f"{module:.2f}",
        )
    return ""
