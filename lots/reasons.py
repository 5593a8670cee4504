"""The reason for an act of staff (原因): required, and without personal data, as it outlives every plate."""

import re
import unicodedata

from core.errors import ParkingError
from lots.plates import PROVINCES

LONGEST = 200
SEPARATORS = re.compile(r"[\s·•.\-–—_]+")
PLATE = re.compile(rf"[{''.join(PROVINCES)}][A-Za-z][A-Za-z0-9]{{4,6}}")
PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class NoReason(ParkingError):
    """An act of staff needs a reason of at most 200 characters."""

    code = "no_reason"


class IdentifiesPerson(ParkingError):
    """The reason holds a plate or a phone number: it is stored for years, a plate for hours."""

    code = "reason_names_somebody"


def checked(text: str) -> str:
    """Return a reason as it is stored. Raises `NoReason` or `IdentifiesPerson`."""
    if not text.strip() or len(text) > LONGEST:
        raise NoReason
    if identifies_person(text):
        raise IdentifiesPerson
    return text.strip()


def identifies_person(text: str) -> bool:
    """Return whether a text holds a plate or a phone number, in whatever width or spacing."""
    plain = SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return bool(PLATE.search(plain) or PHONE.search(plain))
