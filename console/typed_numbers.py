"""Numbers and amounts as a person in a hurry types or pastes them."""

import re
import unicodedata

FULL_STOP = "\u3002"  # the key of the point, with a Chinese keyboard
YUAN, COLLOQUIAL = "\u5143", "\u5757"
_UNITS = re.compile(rf"^(?:\xa5|CNY|RMB)\s*|\s*(?:{YUAN}|{COLLOQUIAL}|CNY|RMB)$", re.IGNORECASE)
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")


def plain_number(text: str) -> str:
    """Return a number without currency, groups of thousands and full-width digits; other text stays."""
    number = unicodedata.normalize("NFKC", text).replace(FULL_STOP, ".").strip()
    number = _UNITS.sub("", number)
    return number.replace(",", "") if _GROUPED.fullmatch(number) else number
