"""Signs in photos: what kind each code is, what is written around it, and what is wrong."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selfcheck import clause_wording, ocr, plain_chinese, prompt_wording
from selfcheck.printed_codes import Register
from selfcheck.purity_verdict import PurityVerdict
from selfcheck.qr_codes import Code
from selfcheck.sites import host_of
from selfcheck.verdicts import PageOutcome

MUCH_LARGER = 1.5  # times the width of the pure code


def lines_on(photo: bytes) -> tuple[ocr.Line, ...] | None:
    """Return what is written on the sign; None where it could not be read."""
    if not ocr.available():
        return None
    try:
        return ocr.read_lines(photo)
    except ocr.Unread:
        return None


_LABELS = (
    ("member", re.compile(r"会员码?|积分|注册")),
    ("pure", re.compile(r"纯净|停车缴费|扫码缴费|临停|付停车费")),
)


def label_near(code: Code, lines: Sequence[ocr.Line]) -> str:
    """Return what the sign calls a code, by the nearest line in its column: pure, member, or nothing."""
    best, label = code.height, ""
    for line in lines:
        middle = line.x + line.width / 2
        if not code.x - code.width / 3 <= middle <= code.x + code.width * 4 / 3:
            continue
        gap = max(code.y - line.y - line.height, line.y - code.y - code.height, 0.0)
        named = next((name for name, rule in _LABELS if _names(rule, line.text)), "")
        if named and gap < best:
            best, label = gap, named
    return label


def _names(rule: re.Pattern[str], text: str) -> bool:
    plain = plain_chinese.simplified(text)
    return bool(rule.search(plain)) and not clause_wording.denied(plain)


@dataclass(frozen=True)
class Judged:
    """One code of a sign: what the sign calls it, where that was given, and what it turned out to be."""

    code: Code
    labelled: str  # pure, member, or empty: not given
    outcome: PageOutcome | None  # None: it is no web address
    registered: str = ""  # its name in the register of signs

    @property
    def kind(self) -> str:
        """What the code is by what it does: pure, member, other, unknown."""
        if self.code.foreign or self.outcome is None:
            return "other"
        if self.outcome.verdict is PurityVerdict.UNKNOWN:
            return "unknown"
        member = {"P3", "P4a", "P14"} & set(self.outcome.breached)
        return (
            "member" if member else "pure" if self.outcome.verdict is not PurityVerdict.NOT_PURE else "other"
        )


@dataclass(frozen=True)
class PhotoSign:
    """What else was found out about a sign, where it could be."""

    lines: tuple[ocr.Line, ...] | None = None  # what is written on it; None: not read
    register: Register | None = None
    remains: Mapping[int, tuple[float, float]] | None = None  # beside which codes another one shows

    @property
    def words(self) -> str:
        return plain_chinese.simplified("\n".join(line.text for line in self.lines or ()))

    @property
    def untested(self) -> list[str]:
        """Return what could not be tested, and why, in Chinese."""
        missing = {
            "标识文字未测：本机没有装文字识别（OCR），或照片没能识别": self.lines is None,
            "未与标识登记册核对：没有给出登记册（--register）": self.register is None,
            "贴码痕迹未测：本机没有装 OpenCV": self.remains is None,
        }
        return [text for text, true in missing.items() if true]


def faults(codes: Sequence[Judged], sign: PhotoSign = PhotoSign()) -> list[str]:
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
    found += _sizes(codes) + _overlapping(codes) + _wording(sign.words)
    for place in sorted(sign.remains or {}):
        found.append(f"第 {place + 1} 个码旁露出另一个二维码的定位图案，可能有贴码覆盖")
    return found + _unregistered(codes, sign.register)


def _unregistered(codes: Sequence[Judged], register: Register | None) -> list[str]:
    if register is None:
        return []
    wrong = [
        (number, register.fault(row.code.text)) for number, row in enumerate(codes, 1) if row.code.is_address
    ]
    member = {number for number, row in enumerate(codes, 1) if (row.labelled or row.kind) == "member"}
    return [
        f"第 {number} 个码{text}"
        for number, text in wrong
        if text and not (number in member and "不是本单位" in text)
    ]


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
    prompts = prompt_wording.prompts_on_poster(words) if words else {}
    return [f"标识文字含“{name}”引导：{clause}" for name, clause in prompts.items()]


def exit_code(rows: Sequence[Judged], found: Sequence[str], codes: Mapping[PurityVerdict, int]) -> int:
    """Return 0 if the sign is in order, 1 if not, 2 if it could not be judged."""
    if found:
        return 1
    verdicts = [row.outcome.verdict for row in rows if row.outcome and row.kind != "member"]
    results = {codes[verdict] for verdict in verdicts}
    return 1 if 1 in results else 2 if 2 in results or not results else 0


def _verdict(rows: Sequence[Judged], found: Sequence[str]) -> PurityVerdict:
    """Return the verdict on a sign: as bad as its worst page, and never better than what was tested."""
    verdicts = {row.outcome.verdict for row in rows if row.outcome}
    if found or PurityVerdict.NOT_PURE in verdicts:
        return PurityVerdict.NOT_PURE
    return next(
        (v for v in (PurityVerdict.UNKNOWN, PurityVerdict.PARTIAL) if v in verdicts),
        PurityVerdict.REMARKS if verdicts else PurityVerdict.UNKNOWN,
    )


def as_json(photo: bytes, rows: Sequence[Judged], found: Sequence[str], sign: PhotoSign) -> dict[str, Any]:
    """Return the result of a photo: its digest, each code, and what is wrong with the sign."""
    codes = [
        {
            "text": row.code.text,
            "host": host_of(row.code.text),
            "place": [round(v, 3) for v in (row.code.x, row.code.y, row.code.width, row.code.height)],
            "label": row.labelled,
            "kind": row.kind,
            "foreign": row.code.foreign,
            "registered": row.registered,
            "verdict": row.outcome.verdict.value if row.outcome else "",
        }
        for row in rows
    ]
    return {
        "photo_sha256": hashlib.sha256(photo).hexdigest(),
        "verdict": _verdict(rows, found).value,
        "why": [] if rows else ["照片中没有识别到二维码"],
        "codes": codes,
        "faults": list(found),
        "words": sign.words.splitlines(),
        "untested": sign.untested,
    }
