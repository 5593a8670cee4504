"""Numbers and tokens: random, so that a restored backup cannot repeat one and nobody guesses one."""

import secrets
import string

from core.codes import ALPHABET

CAPITALS_AND_DIGITS = string.ascii_uppercase + string.digits
RECEIPT_LENGTH = 12


def new_number() -> str:
    """Return a letter and 25 capitals or digits: valid as an order number at every channel."""
    return secrets.choice(string.ascii_uppercase) + _random(CAPITALS_AND_DIGITS, 25)


def new_token() -> str:
    """Return 26 characters (130 bits) that name a page or a quote, and nothing else."""
    return _random(ALPHABET, 26)


def new_receipt_code() -> str:
    """Return 12 characters (60 bits) that a driver can read out and type: the only key to a receipt."""
    return _random(ALPHABET, RECEIPT_LENGTH)


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
