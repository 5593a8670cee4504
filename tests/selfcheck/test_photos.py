"""Signs in photos: wording by a real OCR engine, the register, pasted codes, the report."""

import json
from io import BytesIO

import pytest
import qrcode
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from selfcheck import command_line, ocr, pasted_codes
from selfcheck.ocr import Line
from selfcheck.photos import PhotoSign, label_near
from selfcheck.printed_codes import BadRegister, Register, read_register
from selfcheck.qr_codes import Code, first_code, read_codes
from tools import machine
from tools.packages import Missing

pytestmark = pytest.mark.browser  # where the tests' programs are installed
FONTS = ("NotoSansCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc")
URL = "HTTPS://PAY.EXAMPLE.CN/P/0123456789ABCDEF"


@pytest.fixture(scope="module")
def engine():
    """Return the OCR engine's name; empty where none can be had: then the tests are of that case."""
    machine.install_chinese_font()
    try:
        machine.TESSERACT.bring()
    except Missing:
        return ""
    for known in (ocr.engine, ocr._tesseract_languages):
        known.cache_clear()
    return ocr.engine()


def font(size):
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return pytest.fail("no Chinese font: install fonts-noto-cjk")


def code(text, side):
    return qrcode.make(text, border=2).get_image().convert("L").resize((side, side), Image.Resampling.NEAREST)


def sign_picture(*codes, title="停车缴费", captions=()):
    """Return a drawn sign: a title, codes in a row (address and side), captions under them."""
    image = Image.new("L", (420 * max(1, len(codes)) + 60, 760), 245)
    draw = ImageDraw.Draw(image)
    draw.text((40, 30), title, fill=0, font=font(48))
    for place, (text, side) in enumerate(codes):
        image.paste(code(text, side), (40 + 420 * place, 160))
    for place, caption in enumerate(captions):
        draw.text((90 + 420 * place, 580), caption, fill=0, font=font(44))
    return image


def png(image):
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_engine_reads_words_on_signs(engine):
    read = ocr.read_text(png(sign_picture(title="扫码领券立减 5 元")))
    if engine:
        assert "领券立减" in read
        assert ocr.version() != "none"
    else:
        assert read == ""
        assert "标识文字未测" in PhotoSign().untested[0]


def test_captions_name_the_codes(engine):
    photo = png(sign_picture((URL, 380), ("https://m.cn/a", 380), captions=("纯净码", "会员码")))
    labels = [label_near(one, ocr.read_lines(photo)) for one in read_codes(photo)]
    assert labels == (["pure", "member"] if engine else ["", ""])


@pytest.mark.parametrize(
    ("words", "label"),
    [("纯净码", "pure"), ("会员码 领积分", "member"), ("无需注册会员", ""), ("禁止停车", "")],
)
def test_denied_caption_names_nothing(words, label):
    assert label_near(Code("x", 0.1, 0.1, 0.3, 0.3), [Line(words, 0.15, 0.42, 0.2, 0.05)]) == label
    assert label_near(Code("x", 0.1, 0.1, 0.3, 0.3), [Line(words, 0.75, 0.42, 0.2, 0.05)]) == ""


def pasted_over(side, at):
    """Return a photo of a sign whose code is covered by a larger or shifted sticker."""
    image = sign_picture((URL, 380))
    sticker = Image.new("L", (side + 40, side + 40), 255)
    sticker.paste(code("https://evil.cn/pay", side), (20, 20))
    image.paste(sticker, at)
    return png(image.filter(ImageFilter.GaussianBlur(0.6)))


@pytest.mark.parametrize(("side", "at"), [(260, (150, 250)), (240, (40, 300)), (300, (160, 140))])
def test_pasted_code_betrays_the_old_one(side, at):
    photo = pasted_over(side, at)
    assert list(pasted_codes.remains(photo, read_codes(photo))) == [0]


def test_whole_codes_hide_no_other():
    photo = png(sign_picture((URL, 380), ("https://m.cn/a", 300), captions=("纯净码", "会员码")))
    assert pasted_codes.remains(photo, read_codes(photo)) == {}


SIGNS = {
    "lot": "东场",
    "signs": [
        {"number": 1, "place": "B1 电梯厅", "address": URL, "revoked_at": None},
        {"number": 2, "place": "出口", "address": URL[:-1] + "0", "revoked_at": "2026-11-01T00:00:00Z"},
    ],
}


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "signs.json"
    path.write_text(json.dumps(SIGNS), encoding="utf-8")
    return read_register([path])


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        (URL, ""),
        (URL.lower() + "/?from=x", ""),
        (URL[:-1] + "0", "已作废的标识（东场 2 出口）"),
        (URL[:-1] + "7", "不在标识登记册中"),
        ("https://evil.cn/pay", "不是本单位张贴的码"),
    ],
)
def test_register_tells_own_signs_from_others(register, url, fault):
    assert fault in register.fault(url)
    assert bool(fault) == bool(register.fault(url))


def test_register_is_read_from_csv(tmp_path):
    path = tmp_path / "signs.csv"
    path.write_text("﻿name,url\n东门,https://a.cn/p/1\n", encoding="utf-8")
    found = read_register([path]).find("HTTPS://A.CN/P/1")
    assert found
    assert found.name == "东门"
    for text in ("", "name\nx\n", "{}", '{"signs": [1]}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BadRegister):
            read_register([path])


def test_photo_report_shows_what_was_found(register, tmp_path, capsys, engine):
    photo, out = tmp_path / "sign.png", tmp_path / "out"
    photo.write_bytes(png(sign_picture(("https://u.wechat.com/abc", 380), title="扫码领券")))
    words = [str(photo), "--register", str(tmp_path / "signs.json"), "--out", str(out)]
    assert command_line.main(words) == 1
    document = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert "第 1 个码是个人或群的加好友码" in document["faults"]
    assert any("领券" in text for text in document["faults"]) is bool(engine)
    assert any("标识文字未测" in text for text in document["untested"]) is not bool(engine)
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert command_line.main(["verify", str(out)]) == 0
    assert command_line.main(words) == 1  # an older bundle makes room for the new one


def test_picture_code_is_read():
    assert first_code(png(sign_picture(("https://u.wechat.com/abc", 380)))) == "https://u.wechat.com/abc"
    assert first_code(png(Image.new("L", (90, 90), 255))) == first_code(b"no picture") == ""


def test_damaged_picture_is_not_read(engine):
    if engine:
        with pytest.raises(ocr.Unread):
            ocr.read_lines(b"no picture")
    assert Register({}).fault("https://a.cn")
