"""A mall's colour and logo on its signs: within contrast, never in the colour of member signs."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from lots.signs import sign_look, typesetting
from lots.signs.print_errors import WordingFault
from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import Hanging, pure_face
from tools.sign_photos import ADDRESS, GROUND


def picture(size=(300, 100), kind="PNG", colour=(200, 30, 30)):
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("colour", ["", "#0b4a6f", "#7a0000", "#000000", "#0B4A6F "])
def test_dark_colours_are_taken(colour):
    assert sign_look.check_colour(colour) == colour.strip().lower()


@pytest.mark.parametrize(
    "colour", ["#ffffff", "#0b8f5f", "#ffd400", "#777777", "red", "#12", "#4b0b6f", "url(x)", "#12345g"]
)
def test_other_colours_are_refused(colour):
    with pytest.raises(WordingFault):
        sign_look.check_colour(colour)


def test_standard_contrasts_are_known():
    assert sign_look.contrast_with_white("#000000") == pytest.approx(21)
    assert sign_look.contrast_with_white("#ffffff") == pytest.approx(1)


@pytest.mark.parametrize("colour", ["#000000", "#0b4a6f", "#7a0000"])
def test_press_colours_are_percentages(colour):
    parts = [int(part) for part in sign_look.cmyk_of(colour).split(",")]
    assert len(parts) == 4
    assert all(0 <= part <= 100 for part in parts)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_becomes_a_small_png(kind):
    made = Image.open(BytesIO(sign_look.logo_of(picture((3000, 800), kind))))
    assert made.format == "PNG"
    assert made.width <= sign_look.BOX[0]
    assert made.height <= sign_look.BOX[1]


@pytest.mark.parametrize(
    "data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\nx", picture((10, 10)), b"x" * (sign_look.LARGEST + 1)]
)
def test_odd_logos_are_refused(data):
    with pytest.raises(WordingFault):
        sign_look.logo_of(data)


def test_sign_is_drawn_in_the_colour():
    ground = replace(GROUND, colour="#0b4a6f", logo=sign_look.logo_of(picture()))
    drawn = {}
    for name, each in (("plain", GROUND), ("own", ground)):
        face = pure_face(each, Hanging("12", "B2", FORMATS["a4"], None, "2026-11-24"), ADDRESS)
        image = Image.open(BytesIO(typesetting.png(face, dpi=40))).convert("RGB")
        colours = {colour for _, colour in image.getcolors(1_000_000)}
        drawn[name] = (image.getpixel((3, 3)), any(r > 150 and g < 90 and b < 90 for r, g, b in colours))
    assert drawn["plain"][0] != drawn["own"][0]
    red, green, blue = drawn["own"][0]
    assert blue > green > red
    assert (drawn["plain"][1], drawn["own"][1]) == (False, True)
