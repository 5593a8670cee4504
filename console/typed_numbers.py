"""Numbers, amounts and times as a person in a hurry types or pastes them."""

import re
import unicodedata

_FULL_STOP = re.compile(r"\u3002")  # the key of the point, with a Chinese keyboard
_UNITS = re.compile(
    r"^(?:\xa5|CNY|RMB)\s*|\s*(?:\u5143|\u5757|CNY|RMB)$", re.IGNORECASE
)  # yuan, also colloquial
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")

_WRITTEN_DAY = re.compile(  # 2026-11-3, also with slashes, points, or year, month and day
    r"([0-9]{4})\s*[-/.\u5e74]\s*([0-9]{1,2})\s*[-/.\u6708]\s*([0-9]{1,2})\s*\u65e5?(?![0-9])"
)
_BARE_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])")


def plain_number(text: str) -> str:
    """Return a number without currency, groups of thousands and full-width digits; other text stays."""
    number = _FULL_STOP.sub(".", unicodedata.normalize("NFKC", text)).strip()
    number = _UNITS.sub("", number)
    return number.replace(",", "") if _GROUPED.fullmatch(number) else number


def plain_time(text: str) -> str:
    """Return a day, or a moment, with the day as 2026-11-03 and the time behind a T; other text stays.

    A day without its year stays too: a year that is guessed lets a permit end, or a price begin, wrongly.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _WRITTEN_DAY.match(plain) or _BARE_DAY.match(plain)
    if found is None:
        return text
    day = "-".join([found[1], *(part.zfill(2) for part in found.groups()[1:])])
    time = plain[found.end() :].lstrip("Tt ")
    return f"{day}T{time.zfill(5) if time[1:2] == ':' else time}" if time else day
