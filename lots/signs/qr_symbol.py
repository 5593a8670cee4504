"""The QR symbol of a text: the fewest modules at error correction Q or better. Pure.

Nothing is ever laid over the modules: the correction is for dirt and scratches, not for a logo.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qrcode import QRCode

QUIET = 4  # modules of white on each side, as ISO/IEC 18004 asks
_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")


@dataclass(frozen=True)
class Symbol:
    """A square of dark (True) and light modules, without its quiet zone."""

    text: str
    version: int
    level: str
    alphanumeric: bool
    rows: tuple[tuple[bool, ...], ...]

    @property
    def modules(self) -> int:
        return len(self.rows)

    @property
    def with_quiet(self) -> int:
        """Modules a side, quiet zone included."""
        return self.modules + 2 * QUIET


@lru_cache(maxsize=512)
def symbol(text: str) -> Symbol:
    """Return the smallest symbol at level Q; level H where that takes no larger one."""
    from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_Q  # large, and few processes draw

    alphanumeric = _ALPHANUMERIC.fullmatch(text) is not None
    chosen, level = _make(text, ERROR_CORRECT_Q, alphanumeric=alphanumeric), "Q"
    better = _make(text, ERROR_CORRECT_H, alphanumeric=alphanumeric)
    if better.version == chosen.version:
        chosen, level = better, "H"
    rows = tuple(tuple(bool(module) for module in row) for row in chosen.modules)
    return Symbol(text, chosen.version, level, alphanumeric, rows)


def _make(text: str, correction: int, *, alphanumeric: bool) -> "QRCode":
    from qrcode import QRCode
    from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

    code = QRCode(error_correction=correction, border=QUIET)
    mode = MODE_ALPHA_NUM if alphanumeric else MODE_8BIT_BYTE
    code.add_data(QRData(text.encode(), mode=mode))
    code.make(fit=True)
    return code
