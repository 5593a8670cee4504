"""What a print shop gets: boxes, bleed, colours, and modules that a phone can see."""

import re
from io import BytesIO

import pikepdf
import pytest
from pypdf import PdfReader

from lots.signs import pdf_boxes, typesetting
from lots.signs.print_formats import BLEED, FORMATS, LEAST_MODULE, SLUG, fit
from lots.signs.qr_symbol import QUIET, symbol
from tests.factories import NOON
from tests.lots.signs.samples import ADDRESS, member, pure

POINT = 72 / 25.4
LONG_HOST = "HTTPS://PARKING-PAYMENT.LONG-NAME-OF-A-MALL.EXAMPLE.COM.CN/P/0123456789ABCDEF"


def millimetres(box):
    return [round(float(side) / POINT, 2) for side in box]


def opened(*faces):
    made = [pure(face) if isinstance(face, str) else face for face in faces]
    return pikepdf.open(BytesIO(typesetting.press_pdf(made, at=NOON)))


@pytest.fixture(scope="module")
def sheets():
    """Every format in one file, as pikepdf sees its pages."""
    with opened(*FORMATS) as pdf:
        yield dict(zip(FORMATS, pdf.pages, strict=True))


@pytest.mark.parametrize("name", FORMATS)
def test_pdf_boxes_match_format(sheets, name):
    form, page = FORMATS[name], sheets[name]
    right, top = form.width + 2 * SLUG, form.height + 2 * SLUG
    assert millimetres(page.mediabox) == pytest.approx([0, 0, right, top], abs=0.02)
    assert millimetres(page.trimbox) == pytest.approx([SLUG, SLUG, right - SLUG, top - SLUG], abs=0.02)
    out = SLUG - BLEED
    assert millimetres(page.bleedbox) == pytest.approx([out, out, right - out, top - out], abs=0.02)


def test_pypdf_reads_same_boxes():
    page = PdfReader(BytesIO(typesetting.press_pdf([pure("a4")], at=NOON))).pages[0]
    assert millimetres(page.trimbox) == pytest.approx([12, 12, 222, 309], abs=0.02)
    assert millimetres(page.bleedbox) == pytest.approx([9, 9, 225, 312], abs=0.02)


@pytest.mark.parametrize("face", [pure("a4"), pure("sticker-round"), pure("pillar"), member("a4")])
def test_press_pdf_is_cmyk_vector(face):
    with opened(face) as pdf:
        page = pdf.pages[0]
        operators = {str(one.operator) for one in pikepdf.parse_content_stream(page)}
        pictures = len(list(page.get_images()))
    assert "k" in operators
    assert not operators & {"rg", "RG", "g", "G", "sh"}
    assert pictures == 0


def test_press_pdf_text_is_selectable():
    text = PdfReader(BytesIO(typesetting.press_pdf([pure("a4")], at=NOON))).pages[0].extract_text()
    for part in ("直接扫码付停车费", "上海浦江商业管理有限公司", "pay.example.cn", "2026-11-24"):
        assert part in text


def test_only_round_sticker_has_cut_contour():
    with opened("sticker-round", "a4") as pdf:
        spaces = [page.Resources.get("/ColorSpace", {}).values() for page in pdf.pages]
        spots = [[str(one[1]) for one in page if str(one[0]) == "/Separation"] for page in spaces]
    assert spots == [["/CutContour"], []]


def test_single_page_keeps_its_boxes():
    alone = pdf_boxes.pages(typesetting.press_pdf([pure("a4"), pure("a5")], at=NOON))[1]
    assert millimetres(PdfReader(BytesIO(alone)).pages[0].trimbox) == pytest.approx(
        [12, 12, 160, 222], abs=0.02
    )


@pytest.mark.parametrize("address", [ADDRESS, LONG_HOST])
@pytest.mark.parametrize("name", FORMATS)
def test_modules_are_large_enough_to_scan(name, address):
    size = fit(FORMATS[name], symbol(address), 0.1)
    assert size.module >= LEAST_MODULE
    assert size.field(symbol(address)) <= FORMATS[name].room


def test_address_fits_qr_version_3():
    code = symbol(ADDRESS)
    assert (code.alphanumeric, code.version, code.level) == (True, 3, "Q")
    assert code.with_quiet == code.modules + 2 * QUIET == 37


def test_short_address_uses_level_h():
    assert symbol("HTTPS://A.CN/P/0123456789ABCDEF").level == "H"


@pytest.mark.parametrize(
    ("name", "distance", "side", "warns"),
    [
        ("a4", None, 98.8, False),
        ("a4", 0.9, 90.0, False),
        ("a4", 0.2, 74.1, False),  # never so small that the frame looks empty
        ("a4", 2.0, 98.8, True),
        ("lane", 2.0, 200.0, False),
        ("sticker-square", 1.0, 50.2, True),
    ],
)
def test_code_size_follows_scan_distance(name, distance, side, warns):
    size = fit(FORMATS[name], symbol(ADDRESS), distance)
    assert size.side == pytest.approx(side, abs=0.1)
    assert bool(size.warning) is warns


def test_drawn_code_has_quiet_zone():
    """Measured in the picture: modules black, and four of them white all round."""
    import zxingcpp
    from PIL import Image

    face = pure("a4", distance=0.9)
    dpi = 254  # ten pixels a millimetre
    picture = Image.open(BytesIO(typesetting.png(face, dpi=dpi))).convert("L")
    spot = zxingcpp.read_barcode(picture).position
    assert spot.top_right.x - spot.top_left.x == pytest.approx(900, abs=6)
    module = face.fit.module * 10
    left, top = spot.top_left.x, spot.top_left.y
    rim = picture.crop((int(left - 3.9 * module), int(top - 3.9 * module), int(left + 900), int(top - 4)))
    assert min(rim.get_flattened_data()) > 250


def test_svg_merges_adjacent_modules():
    assert len(re.findall(rb"<path", typesetting.svg(pure("a4")))) < 400  # not one shape a module
