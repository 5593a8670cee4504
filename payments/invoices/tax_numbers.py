"""The tax number of a company: its unified social credit code (统一社会信用代码, GB 32100-2015).

18 characters of an alphabet without I, O, S, V and Z. The last is a check: with the values 0 to 30 of the
characters and the weights 3^i mod 31, all of them sum to a multiple of 31.
"""

import unicodedata

from core.errors import ParkingError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
_SPACE = str.maketrans("", "", " -\t\u3000")


class BadTaxNumber(ParkingError):
    """Not a unified social credit code: a character, the length or the check is wrong."""

    code = "bad_tax_number"


def read_tax_number(text: str) -> str:
    """Return the code that `text` spells: full width, lower case, spaces. Raises `BadTaxNumber`."""
    if len(text) > 4 * LENGTH:
        raise BadTaxNumber
    code = unicodedata.normalize("NFKC", text).upper().translate(_SPACE)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or check_of(code[:-1]) != code[-1]:
        raise BadTaxNumber
    return code


def check_of(body: str) -> str:
    """Return the check character that belongs to the first 17."""
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return ALPHABET[-total % 31]
