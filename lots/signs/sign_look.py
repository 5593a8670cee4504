"""A mall's own colour and logo on its signs, within what keeps them readable and tells codes apart. Pure.

White letters stand on the colour and are read at a distance, so it must be dark (7:1, WCAG AAA). It must not
look like the member sign's purple, by which drivers know that code.
"""

import colorsys
import re
from io import BytesIO

from lots.signs.print_errors import WordingFault
from lots.signs.sign_messages import message as _

LEAST_CONTRAST = 7.0
MEMBER_HUES = (265, 335)  # degrees
LARGEST = 2 * 1024 * 1024  # bytes of an uploaded logo
BOX = (600, 240)  # pixels that a logo is reduced to
LEAST_SIDE = 60
_HEX = re.compile(r"#[0-9a-f]{6}")


def contrast_with_white(colour: str) -> float:
    """Return the contrast ratio of a colour `#rrggbb` with white (WCAG 2)."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def check_colour(colour: str) -> str:
    """Return a colour as it is stored, "" for the standard one. Raises `WordingFault`."""
    colour = colour.strip().lower()
    if not colour:
        return ""
    if not _HEX.fullmatch(colour):
        raise WordingFault([_("Write the colour as #rrggbb.")])
    if contrast_with_white(colour) < LEAST_CONTRAST:
        raise WordingFault(
            [_("The colour is too light for white letters (contrast of at least 7:1). Choose a darker one.")]
        )
    hue, _light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in _parts(colour)))
    if saturation > 0.2 and MEMBER_HUES[0] <= hue * 360 <= MEMBER_HUES[1]:
        raise WordingFault([_("Purple is the colour of member signs. Choose another.")])
    return colour


def cmyk_of(colour: str) -> str:
    """Return a colour as four percentages for the press: "92,30,74,38"."""
    red, green, blue = (part / 255 for part in _parts(colour))
    black = 1 - max(red, green, blue)
    lightest = max(red, green, blue) or 1
    parts = [(lightest - part) / lightest for part in (red, green, blue)]
    return ",".join(f"{round(100 * part)}" for part in (*parts, black))


def logo_of(data: bytes) -> bytes:
    """Return an uploaded picture as a small PNG on white. Raises `WordingFault`."""
    from PIL import Image, UnidentifiedImageError

    if len(data) > LARGEST:
        raise WordingFault([_("The logo must not be larger than 2 MB.")])
    try:
        opened = Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"])
        if opened.width * opened.height > 20_000_000:
            raise WordingFault([_("The logo has too many pixels. Make it smaller first.")])
        picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise WordingFault([_("The logo must be a PNG, JPEG or WebP picture.")]) from None
    if min(picture.size) < LEAST_SIDE:
        raise WordingFault(
            [_("The logo is too small: each side needs at least %(side)s pixels.", side=LEAST_SIDE)]
        )
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    flat = Image.alpha_composite(white, picture).convert("RGB")
    flat.thumbnail(BOX)
    out = BytesIO()
    flat.save(out, "PNG", optimize=True)
    return out.getvalue()


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
