"""QR codes in pictures: every one with its place, and what kind of foreign code it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from selfcheck.check_errors import SelfCheckError
from selfcheck.sites import host_of, scheme_of

MAX_PIXELS = 50_000_000
# Codes that are no web page of a parking lot, by what they begin with.
_FOREIGN = (
    (re.compile(r"^wxp://", re.IGNORECASE), "微信个人收款码"),
    (re.compile(r"^https?://qr\.alipay\.com/(?:fkx|tsx|\w+\?_s=web-other)", re.IGNORECASE), "支付宝个人收款码"),
    (re.compile(r"^https?://(?:weixin|wx)\.qq\.com/g/", re.IGNORECASE), "微信群码"),
    (re.compile(r"^https?://weixin\.qq\.com/r/", re.IGNORECASE), "公众号关注码"),
    (re.compile(r"^https?://(?:u\.wechat\.com|work\.weixin\.qq\.com|qun\.qq\.com)", re.IGNORECASE), "个人或群的加好友码"),
    (re.compile(r"^https?://qm\.qq\.com|^https?://jq\.qq\.com", re.IGNORECASE), "QQ 加群码"),
    (re.compile(r"^weixin://|^wechat://", re.IGNORECASE), "微信应用内码"),
    (re.compile(r"^(?:tel|sms|mailto|wifi|mecard|begin:vcard)", re.IGNORECASE), "电话、名片或无线网码"),
)  # fmt: skip


class PhotoUnreadable(SelfCheckError):
    """The file is no picture, or no reader of codes (zxing-cpp) is installed; the message says which."""

    code = "photo_unreadable"


@dataclass(frozen=True)
class Code:
    """One QR in a picture: its text, and its place and width from 0 to 1 of the picture."""

    text: str
    x: float
    y: float
    width: float = 0.0
    height: float = 0.0

    @property
    def is_address(self) -> bool:
        return scheme_of(self.text) in {"http", "https"} and bool(host_of(self.text)) and not self.foreign

    @property
    def foreign(self) -> str:
        """Return which kind of foreign code it is, or nothing."""
        return next((name for rule, name in _FOREIGN if rule.search(self.text)), "")


def read_codes(photo: bytes) -> list[Code]:
    """Return every QR in a picture once, from the top left to the bottom right.

    Where the first decoder (zxing-cpp) finds none, a second one (OpenCV, if installed) tries.
    """
    try:
        import zxingcpp
        from PIL import Image, ImageOps
    except ImportError:
        raise PhotoUnreadable("reading photos needs the packages zxing-cpp and pillow") from None
    try:
        opened = Image.open(BytesIO(photo))
        if opened.width * opened.height > MAX_PIXELS:
            raise PhotoUnreadable("the picture is too large")
        image = ImageOps.exif_transpose(opened).convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        raise PhotoUnreadable("the file is no picture") from None
    found: dict[str, Code] = {}
    for code in zxingcpp.read_barcodes(image):
        corners = [
            (float(corner.x), float(corner.y))
            for corner in (
                code.position.top_left,
                code.position.top_right,
                code.position.bottom_right,
                code.position.bottom_left,
            )
        ]
        found.setdefault(code.text, _placed(code.text, corners, image.width, image.height))
    for text, corners in [] if found else _second_reading(image):
        found.setdefault(text, _placed(text, corners, image.width, image.height))
    return sorted(found.values(), key=lambda code: (round(code.y, 1), code.x))


def first_code(picture: bytes) -> str:
    """Return what the first QR in a picture says; nothing where there is none or no reader is installed."""
    try:
        return next((code.text for code in read_codes(picture)), "")
    except PhotoUnreadable:
        return ""


def _placed(text: str, corners: Sequence[tuple[float, float]], wide: int, high: int) -> Code:
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
    return Code(text, left / wide, top / high, (right - left) / wide, (bottom - top) / high)


def _second_reading(image: Any) -> list[tuple[str, list[tuple[float, float]]]]:
    try:
        import cv2
        import numpy
    except ImportError:
        return []
    array = numpy.array(image)
    for candidate in (array, cv2.createCLAHE(3.0, (8, 8)).apply(array)):
        good, texts, corners, _ = cv2.QRCodeDetector().detectAndDecodeMulti(candidate)
        if good:
            rows = [
                (text, [(float(x), float(y)) for x, y in quad])
                for text, quad in zip(texts, corners, strict=True)
                if text
            ]
            if rows:
                return rows
    return []
