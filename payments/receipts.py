"""Finds a payment by its receipt code, the only credential for it (decision 014)."""

import unicodedata

from payments.models import Payment
from payments.numbers import RECEIPT_LENGTH

_AS_READ = str.maketrans("OIL", "011", " -·.")


def read_receipt_code(text: str) -> str:
    """Return the code that `text` spells (any case, full width, O for 0, I or L for 1); any text is taken."""
    return unicodedata.normalize("NFKC", text[:64]).upper().translate(_AS_READ)[: RECEIPT_LENGTH + 1]


def written(code: str) -> str:
    """Return a code as a person reads it out: three groups of four."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def find_paid(text: str) -> Payment | None:
    """Return the payment whose receipt code `text` spells.

    What cannot be a code is looked for all the same, so that the time of the answer tells nothing.
    """
    code = read_receipt_code(text).replace("\0", "")  # PostgreSQL takes no NUL
    found = Payment.objects.select_related("session", "lot__operator")
    return found.filter(receipt_code=code, state=Payment.State.PAID).first()
