"""Numbers and tokens: random, so that a restored backup repeats none and none can be guessed."""

import secrets
import string

from core.codes import in_letters

CAPITALS_AND_DIGITS = string.ascii_uppercase + string.digits
RECEIPT_LENGTH = 12


def new_number() -> str:
    """Return a letter and 25 capitals or digits: valid as an order number at every channel."""
    return secrets.choice(string.ascii_uppercase) + in_letters(secrets.token_bytes(25), 25)


def new_token() -> str:
    """Return 26 characters (130 bits) that name a page, and nothing else."""
    return in_letters(secrets.token_bytes(26), 26)


def new_receipt_code() -> str:
    """Return 12 characters (60 bits) that a driver can read out and type: the only key to a receipt."""
    return in_letters(secrets.token_bytes(RECEIPT_LENGTH), RECEIPT_LENGTH)
