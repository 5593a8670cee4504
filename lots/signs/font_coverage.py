"""Which characters can be printed here. Pure: reads the character maps of font files, nothing else.

The project brings a subset of its own (all of GB 2312). A character beyond it is looked up in the full Noto
or Source Han Sans, where the machine has one; a character that no font has is an error, never a hollow box.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import typst

from lots.signs.print_errors import MissingGlyphs

FOLDER = Path(__file__).parent / "fonts"
FAMILY = "PureCode Sans SC"
FULL = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN")
WEIGHTS = ("Regular", "Bold")
BOLD = 600  # and heavier
_BLANK = {"\n", "\r", "\t", "\u200b"}


@dataclass(frozen=True)
class FontChoice:
    """The families to set a text in, and whether the machine's own fonts have to be looked at."""

    families: tuple[str, ...]
    system: bool


def choose(texts: Iterable[str]) -> FontChoice:
    """Return the fonts that cover every character of `texts`, or raise `MissingGlyphs`."""
    wanted = {character for text in texts for character in text} - _BLANK
    rest = {character for character in wanted if ord(character) not in own()}
    if not rest:
        return FontChoice((FAMILY,), system=False)
    for family, covered in full():
        if all(ord(character) in covered for character in rest):
            return FontChoice((FAMILY, family), system=True)
    have = frozenset().union(*(covered for _, covered in full()))
    raise MissingGlyphs(sorted(character for character in rest if ord(character) not in have) or sorted(rest))


@cache
def own() -> frozenset[int]:
    """Return the code points that both of our weights have."""
    maps = [code_points(FOLDER / f"PureCodeSansSC-{weight}.otf", 0) for weight in WEIGHTS]
    return maps[0] & maps[1]


@cache
def full() -> tuple[tuple[str, frozenset[int]], ...]:
    """Return this machine's full families with a regular and a bold weight, with their code points."""
    installed = [one for one in typst.Fonts(True, False).fonts() if one.family in FULL and one.path]
    found = []
    for family in FULL:
        faces = [one for one in installed if one.family == family]
        if len({one.weight >= BOLD for one in faces}) == 2:
            maps = [code_points(Path(str(one.path)), one.index) for one in faces]
            found.append((family, frozenset.intersection(*maps)))
    return tuple(found)


@cache
def code_points(file: Path, index: int) -> frozenset[int]:
    """Return what the character map of one face covers (formats 4 and 12, which every font of today has)."""
    data = file.read_bytes()
    start = struct.unpack_from(">I", data, 12 + 4 * index)[0] if data[:4] == b"ttcf" else 0
    table = _table(data, start, b"cmap")
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, table + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * number)
        if platform == 0 and encoding == 5:  # variation sequences
            continue
        found |= _covered(data, table + offset)
    return frozenset(found)


def _table(data: bytes, start: int, name: bytes) -> int:
    for number in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * number)
        if tag == name:
            return int(offset)
    raise ValueError("a font without a character map")


def _covered(data: bytes, at: int) -> set[int]:
    kind = struct.unpack_from(">H", data, at)[0]
    if kind == 12:
        count = struct.unpack_from(">I", data, at + 12)[0]
        groups = [struct.unpack_from(">III", data, at + 16 + 12 * number) for number in range(count)]
        return {point for first, last, _ in groups for point in range(first, last + 1)}
    return _segments(data, at) if kind == 4 else set()


def _segments(data: bytes, at: int) -> set[int]:
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    words = f">{count}H"
    last, first, delta, offset = (
        struct.unpack_from(words, data, at + 14 + 2 * count * part + (2 if part else 0)) for part in range(4)
    )
    found = set()
    for number in range(count):
        for point in range(first[number], last[number] + 1):
            glyph = point
            if offset[number]:
                place = at + 16 + 6 * count + 2 * number + offset[number] + 2 * (point - first[number])
                glyph = struct.unpack_from(">H", data, place)[0]
                if glyph == 0:
                    continue
            if (glyph + delta[number]) % 0x10000:
                found.add(point)
    return found - {0xFFFF}
