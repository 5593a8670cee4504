"""Signs in photos: every QR in a picture, what kind it is, what is written around it, and what is wrong."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from selfcheck import ocr, page_wording
from selfcheck.check_errors import SelfCheckError
from selfcheck.sites import host_of, scheme_of
from selfcheck.verdicts import Outcome, Verdict

MAX_PIXELS = 50_000_000
MUCH_LARGER = 1.5  # times the width of the pure code
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


class Unreadable(SelfCheckError):
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
        return scheme_of(self.text) in {"http", "https"} and not self.foreign

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
        raise Unreadable("reading photos needs the packages zxing-cpp and pillow") from None
    try:
        opened = Image.open(BytesIO(photo))
        if opened.width * opened.height > MAX_PIXELS:
            raise Unreadable("the picture is too large")
        image = ImageOps.exif_transpose(opened).convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        raise Unreadable("the file is no picture") from None
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


def words_on(photo: bytes) -> str:
    """Return what is written on the sign; nothing where no OCR is installed."""
    return page_wording.simplified(ocr.read_text(photo)) if ocr.available() else ""


@dataclass(frozen=True)
class Judged:
    """One code of a sign: what the sign calls it, where that was given, and what it turned out to be."""

    code: Code
    labelled: str  # pure, member, or empty: not given
    outcome: Outcome | None  # None: it is no web address

    @property
    def kind(self) -> str:
        """What the code is by what it does: pure, member, other, unknown."""
        if self.code.foreign or self.outcome is None:
            return "other"
        if self.outcome.verdict is Verdict.UNKNOWN:
            return "unknown"
        member = {"P3", "P4a", "P14"} & set(self.outcome.breached)
        return "member" if member else "pure" if self.outcome.verdict is not Verdict.NOT_PURE else "other"


def faults(codes: Sequence[Judged], words: str = "") -> list[str]:
    """Return what is wrong with a sign as a whole, in Chinese (rule P14)."""
    if not codes:
        return []
    found = []
    kinds = [row.kind for row in codes]
    if "pure" not in kinds and "unknown" not in kinds:
        found.append("标识上没有可用的纯净码")
    for number, row in enumerate(codes, 1):
        if row.code.foreign:
            found.append(f"第 {number} 个码是{row.code.foreign}")
        elif row.outcome is None:
            found.append(f"第 {number} 个码不是网页地址")
        elif row.labelled == "pure" and row.kind == "member":
            found.append(f"第 {number} 个码标为纯净码，实为会员码")
        elif row.labelled == "member" and row.kind == "pure":
            found.append(f"第 {number} 个码标为会员码，实为纯净码")
    if "member" in kinds and len(codes) > 1 and not all(row.labelled for row in codes):
        found.append("纯净码与会员码同在一块标识上：请核对各自的文字标注（用 --label 按顺序给出）")
    return found + _sizes(codes) + _overlapping(codes) + _wording(words)


def _sizes(codes: Sequence[Judged]) -> list[str]:
    pure = [row.code.width for row in codes if (row.labelled or row.kind) == "pure"]
    others = [
        (number, row.code.width)
        for number, row in enumerate(codes, 1)
        if (row.labelled or row.kind) in {"member", "other"}
    ]
    if not pure or not max(pure):
        return []
    return [
        f"第 {number} 个码比纯净码大得多（{width / max(pure):.1f} 倍），喧宾夺主"
        for number, width in others
        if width > MUCH_LARGER * max(pure)
    ]


def _overlapping(codes: Sequence[Judged]) -> list[str]:
    """Return codes that lie on each other: one may be pasted over the other."""
    found = []
    for i, one in enumerate(codes):
        for j, other in enumerate(codes[i + 1 :], i + 1):
            a, b = one.code, other.code
            across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
            if across > 0.1 * min(a.width, b.width) and down > 0.1 * min(a.height, b.height):
                found.append(f"第 {i + 1} 个码与第 {j + 1} 个码重叠，可能有贴码覆盖")
    return found


def _wording(words: str) -> list[str]:
    prompts = page_wording.prompts_in(words) if words else {}
    return [f"标识文字含“{name}”引导：{clause}" for name, clause in prompts.items()]


def exit_code(rows: Sequence[Judged], found: Sequence[str], codes: Mapping[Verdict, int]) -> int:
    """Return 0 if the sign is in order, 1 if not, 2 if nothing could be told."""
    if found:
        return 1
    verdicts = [row.outcome.verdict for row in rows if row.outcome and row.kind != "member"]
    results = {codes[verdict] for verdict in verdicts}
    return 1 if 1 in results else 2 if 2 in results or not results else 0


def as_json(photo: bytes, rows: Sequence[Judged], found: Sequence[str]) -> dict[str, Any]:
    """Return the result of a photo: its digest, each code, and what is wrong with the sign."""
    codes = [
        {
            "text": row.code.text,
            "host": host_of(row.code.text),
            "place": [round(v, 3) for v in (row.code.x, row.code.y, row.code.width, row.code.height)],
            "label": row.labelled,
            "kind": row.kind,
            "foreign": row.code.foreign,
            "verdict": row.outcome.verdict.value if row.outcome else "",
        }
        for row in rows
    ]
    bad = bool(found) or any(row.outcome and row.outcome.verdict is Verdict.NOT_PURE for row in rows)
    verdict = "unknown" if not rows else "not_pure" if bad else "remarks"
    return {
        "photo_sha256": hashlib.sha256(photo).hexdigest(),
        "verdict": verdict,
        "why": [] if rows else ["照片中没有识别到二维码"],
        "codes": codes,
        "faults": list(found),
        "ocr": ocr.engine() or "none",
    }
