"""Phone numbers as they are typed. Pure."""

import re
import unicodedata

from core.errors import ParkingError

LONGEST = 40  # characters that are looked at
_MAINLAND = re.compile(r"1[3-9]\d{9}", re.ASCII)
_ABROAD = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


class NotAPhone(ParkingError):
    """This is no mobile number."""

    code = "not_a_phone"


def read_phone(text: str) -> str:
    """Return a mobile number the one way it is kept: 13812345678, or +85291234567. Raises `NotAPhone`."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST])
    plain = re.sub(r"[\s()\-·.]", "", plain)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    plain = plain.removeprefix("+86") if plain.startswith("+86") else plain
    if _MAINLAND.fullmatch(plain) or (_ABROAD.fullmatch(plain) and not plain.startswith("+86")):
        return plain
    raise NotAPhone


def masked(phone: str) -> str:
    """Return enough for its owner to know it: 138****5678."""
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:] if len(phone) > 8 else "*" * len(phone)
