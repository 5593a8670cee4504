"""Signs in photos: every QR in a picture, each followed and judged; pure and member codes told apart.

No Django.
"""

from dataclasses import dataclass
from io import BytesIO

from selfcheck.check_errors import SelfCheckError
from selfcheck.sites import scheme_of
from selfcheck.verdicts import Outcome, Verdict

LARGEST = 50_000_000  # pixels


class Unreadable(SelfCheckError):
    """The file is no picture, or no reader of codes (zxing-cpp) is installed; the message says which."""

    code = "photo_unreadable"


@dataclass(frozen=True)
class Code:
    """One QR in a picture: what it says and where it is, from 0 to 1 from the left and from the top."""

    text: str
    x: float
    y: float

    @property
    def is_address(self) -> bool:
        return scheme_of(self.text) in {"http", "https"}


def read_codes(photo: bytes) -> list[Code]:
    """Return every QR in a picture once, from the top left to the bottom right."""
    try:
        import zxingcpp
        from PIL import Image
    except ImportError:
        raise Unreadable("reading photos needs the packages zxing-cpp and pillow") from None
    try:
        opened = Image.open(BytesIO(photo))
        if opened.width * opened.height > LARGEST:
            raise Unreadable("the picture is too large")
        image = opened.convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        raise Unreadable("the file is no picture") from None
    found: dict[str, Code] = {}
    for code in zxingcpp.read_barcodes(image):
        corner = code.position.top_left
        found.setdefault(code.text, Code(code.text, corner.x / image.width, corner.y / image.height))
    return sorted(found.values(), key=lambda code: (round(code.y, 1), code.x))


@dataclass(frozen=True)
class Judged:
    """One code of a sign: what the sign calls it, where told, and what it turned out to be."""

    code: Code
    labelled: str  # pure, member, or empty: not told
    outcome: Outcome | None  # None: it is no web address

    @property
    def kind(self) -> str:
        """What the code is by what it does: pure, member, other."""
        if self.outcome is None or self.outcome.verdict is Verdict.UNKNOWN:
            return "other"
        member = {"P3", "P4a", "P14"} & set(self.outcome.broken)
        return "member" if member else "pure" if self.outcome.verdict is not Verdict.NOT_PURE else "other"


def faults(codes: list[Judged]) -> list[str]:
    """Return what is wrong with a sign as a whole, in Chinese (rule P14)."""
    found = []
    kinds = [row.kind for row in codes]
    if not codes:
        return ["照片中没有识别到二维码"]
    if "pure" not in kinds:
        found.append("标识上没有可用的纯净码")
    for number, row in enumerate(codes, 1):
        if row.outcome is None:
            found.append(f"第 {number} 个码不是网页地址")
        elif row.labelled == "pure" and row.kind == "member":
            found.append(f"第 {number} 个码标为纯净码，实为会员码")
        elif row.labelled == "member" and row.kind == "pure":
            found.append(f"第 {number} 个码标为会员码，实为纯净码")
    if "member" in kinds and len(codes) > 1 and not all(row.labelled for row in codes):
        found.append("纯净码与会员码同在一块标识上：请核对各自的文字标注（用 --label 按顺序告知）")
    return found
