"""Finds a payment by what only its payer knows: its receipt code, or the number in the payer's bill (046)."""

import unicodedata

from payments.channel_names import ONLINE
from payments.models import Payment
from payments.numbers import RECEIPT_LENGTH

LONGEST = 64  # characters of what was typed that are read, and shown again
_AS_READ = str.maketrans("OIL", "011", " -·.\0")  # PostgreSQL takes no NUL


def written(code: str) -> str:
    """Return a code as a person reads it out: three groups of four."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def find_paid(text: str) -> Payment | None:
    """Return the paid payment whose receipt code `text` spells, or else the number in the payer's own bill.

    That is the channel's number (WeChat: transaction_id 交易单号, Alipay: trade_no 订单号), which no one
    but the payer sees; ours (out_trade_no) stands in the cashier's address and opens nothing. What can be
    neither is looked for all the same, so that the time of the answer tells nothing.
    """
    paid = Payment.objects.select_related("session", "lot__operator").filter(state=Payment.State.PAID)
    typed = _spelled(text)
    if len(typed) > RECEIPT_LENGTH and typed.isdecimal():
        return paid.filter(provider_number=typed, provider__in=ONLINE).first()
    return paid.filter(receipt_code=typed).first()


def _spelled(text: str) -> str:
    """Return what `text` spells in any case and width, with O for 0, I or L for 1; any text is taken."""
    return unicodedata.normalize("NFKC", text[:LONGEST]).upper().translate(_AS_READ)
