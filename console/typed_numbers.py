"""Numbers and amounts as a person in a hurry types or pastes them."""

import re
import unicodedata

_FULL_STOP = re.compile(r"\u3002")  # the key of the point, with a Chinese keyboard
_UNITS = re.compile(
    r"^(?:\xa5|CNY|RMB)\s*|\s*(?:\u5143|\u5757|CNY|RMB)$", re.IGNORECASE
)  # yuan, also colloquial
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")


def plain_number(text: str) -> str:
    """Return a number without currency, groups of thousands and full-width digits; other text stays."""
    number = _FULL_STOP.sub(".", unicodedata.normalize("NFKC", text)).strip()
    number = _UNITS.sub("", number)
    return number.replace(",", "") if _GROUPED.fullmatch(number) else number
