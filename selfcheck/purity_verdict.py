"""What a page is called after its test. Apart from how that is found out, which takes long to import."""

from enum import StrEnum


class PurityVerdict(StrEnum):
    PURE = "pure"
    REMARKS = "remarks"
    PARTIAL = "partial"  # nothing was found, and not every rule that matters was tested
    NOT_PURE = "not_pure"
    UNKNOWN = "unknown"

    @property
    def zh(self) -> str:
        return _ZH[self]

    @property
    def en(self) -> str:
        return _EN[self]

    @property
    def rank(self) -> int:
        """How bad it is; a page that could not be judged is neither better nor worse than any."""
        return _RANK[self]


_ZH = {
    PurityVerdict.PURE: "纯净",
    PurityVerdict.REMARKS: "纯净，有改进项",
    PurityVerdict.PARTIAL: "未测完，已测部分未见违反",
    PurityVerdict.NOT_PURE: "不纯净",
    PurityVerdict.UNKNOWN: "无法判定",
}
_EN = {
    PurityVerdict.PURE: "pure",
    PurityVerdict.REMARKS: "pure, with remarks",
    PurityVerdict.PARTIAL: "not fully tested, no breach found",
    PurityVerdict.NOT_PURE: "not pure",
    PurityVerdict.UNKNOWN: "could not tell",
}
_RANK = {
    PurityVerdict.PURE: 0,
    PurityVerdict.REMARKS: 1,
    PurityVerdict.PARTIAL: 2,
    PurityVerdict.UNKNOWN: 2,
    PurityVerdict.NOT_PURE: 3,
}
