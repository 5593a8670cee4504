"""Each format is read by both decoders; a character that no font has is named, never a hollow box."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from fontTools.ttLib import TTFont
from PIL import Image

from lots.signs import font_coverage, typesetting
from lots.signs.print_errors import MissingGlyphs, TextTooLong
from lots.signs.print_formats import FORMATS
from lots.signs.sign_faces import pure_face
from lots.signs.sign_wording import PRESETS, City
from tests.factories import NOON
from tests.lots.signs.samples import ADDRESS, MEMBER, ground, hanging, member, pure
from tools.machine import Program

FACES = {name: pure(name) for name in FORMATS} | {"member": member("a4")}
EMOJI, RARE = "\U0001f600", "\U00020bb7"  # in no font of ours; in full Chinese fonts only


@pytest.mark.parametrize("name", FACES)
def test_both_decoders_read_every_format(name):
    face = FACES[name]
    picture = Image.open(BytesIO(typesetting.png(face, dpi=60))).convert("RGB")
    wanted = MEMBER.address if name == "member" else ADDRESS
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == [wanted]
    texts, _ = cv2.wechat_qrcode.WeChatQRCode().detectAndDecode(np.array(picture)[..., ::-1].copy())
    assert texts == (wanted,)


@pytest.mark.parametrize("city", City)
@pytest.mark.parametrize("name", FORMATS)
def test_every_preset_fits_every_format(name, city):
    assert typesetting.svg(pure(name, city=city)).startswith(b"<svg")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("direction", ["entry", "exit"])
def test_lane_codes_fit_every_format(name, direction):
    assert typesetting.svg(pure(name, lane="地下二层东北出口", direction=direction)).startswith(b"<svg")


def test_presets_use_bundled_fonts_only():
    named = [text for city in City for text in pure(city=city).texts()]
    assert font_coverage.choose([*named, *typesetting.static_texts()]).system is False


def test_bundled_fonts_cover_gb2312():
    levels = [bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    missing = [
        text
        for raw in levels
        if (text := raw.decode("gb2312", "ignore")) and ord(text) not in font_coverage.own()
    ]
    assert missing == []


@pytest.mark.parametrize("weight", font_coverage.WEIGHTS)
def test_code_points_match_fonttools(weight):
    file = font_coverage.FOLDER / f"PureCodeSansSC-{weight}.otf"
    assert font_coverage.code_points(file, 0) == set(TTFont(file).getBestCmap())


def test_font_licence_is_included():
    assert "SIL OPEN FONT LICENSE Version 1.1" in (font_coverage.FOLDER / "OFL.txt").read_text(
        encoding="utf-8"
    )
    assert sum(file.stat().st_size for file in font_coverage.FOLDER.iterdir()) < 3_500_000


def test_missing_glyph_is_named():
    face = pure_face(ground(lot=f"浦江{EMOJI}广场"), hanging(), ADDRESS)
    with pytest.raises(MissingGlyphs, match="U\\+1F600") as fault:
        typesetting.press_pdf([face], at=NOON)
    assert fault.value.characters == (EMOJI,)


def test_rare_character_needs_full_font(monkeypatch):
    monkeypatch.setattr(font_coverage, "full", lambda: (("Noto Sans CJK SC", frozenset({ord(RARE)})),))
    assert font_coverage.choose([f"{RARE}记"]) == font_coverage.FontChoice(
        (font_coverage.FAMILY, "Noto Sans CJK SC"), system=True
    )
    monkeypatch.setattr(font_coverage, "full", lambda: ())
    with pytest.raises(MissingGlyphs, match="fonts-noto-cjk"):
        font_coverage.choose([f"{RARE}记"])


def full_font():
    font_coverage.full.cache_clear()
    return font_coverage.FOLDER if font_coverage.full() else None


def test_full_font_draws_rare_character():
    from pypdf import PdfReader

    Program("Noto Sans CJK", full_font, "fonts-noto-cjk", "--cask font-noto-sans-cjk").bring()
    pdf = typesetting.press_pdf([pure_face(ground(lot=f"{RARE}记广场"), hanging(), ADDRESS)], at=NOON)
    assert RARE in PdfReader(BytesIO(pdf)).pages[0].extract_text()


def test_lot_name_is_not_executed():
    lot = '#panic("x") $a$ *b* {hours} \\'
    face = pure_face(ground(lot=lot), hanging(), ADDRESS)
    assert json.dumps(face.data)
    assert typesetting.svg(face)


def test_overlong_text_is_named():
    face = pure_face(ground(payee="某" * 119), hanging("sticker-square"), ADDRESS)
    with pytest.raises(TextTooLong, match="某某"):
        typesetting.press_pdf([face], at=NOON)


def test_long_names_fit_every_format():
    long = ground(
        lot="上海浦东新区世纪大道浦江国际购物中心地下停车场",
        payee="上海浦东陆家嘴金融城商业地产运营管理（集团）有限公司徐汇第一分公司",
        cash="现金请到 B1 层东侧岗亭或 1 层总服务台缴纳，均可找零；其余时间请按道闸旁对讲按钮",
    )
    for name in FORMATS:
        assert typesetting.svg(
            pure_face(long, hanging(name, place="B2 层 C 区 3 号立柱（近东侧客梯厅）"), ADDRESS)
        )


def test_sign_rendering_is_deterministic():
    assert typesetting.png(pure("a5")) == typesetting.png(pure("a5"))
    assert typesetting.press_pdf([pure("a5")], at=NOON) == typesetting.press_pdf([pure("a5")], at=NOON)


def test_member_sign_differs_in_greyscale():
    """In grey: the pure sign's head is one dark field, the member sign's is light with stripes."""

    def head(face):
        picture = Image.open(BytesIO(typesetting.png(face, dpi=25))).convert("L")
        cut = picture.crop((0, 0, picture.width, picture.height // 5))
        return sum(cut.get_flattened_data()) / (cut.width * cut.height)

    assert head(pure("a4")) < 130 < 200 < head(member("a4"))


def test_custom_wording_appears_on_sign():
    words = replace(PRESETS[City.SHANGHAI], promise="不需关注、不需注册、只用车牌，真的")
    face = pure_face(replace(ground(), wording=words), hanging(), ADDRESS)
    assert "不需关注、不需注册、只用车牌，真的" in list(face.texts())
    assert Path(typesetting.FOLDER).is_dir()
