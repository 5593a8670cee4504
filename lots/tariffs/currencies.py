"""Currencies of a tariff, with the decimals of their minor unit (ISO 4217). Pure.

Every amount of a document is a whole number of the minor unit: fen, Hong Kong cents, whole yen. Fields and
parameters are called `fen`, as the yuan is the rule.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Currency:
    """`sign` stands before an amount and names the currency without doubt; `digits` are its decimals."""

    code: str
    sign: str
    digits: int

    def exact(self, minor: int | str) -> str:
        """Return an amount of the minor unit with all its decimals; "3.5" has parts of one."""
        if isinstance(minor, str):
            return f"{Decimal(minor).scaleb(-self.digits):f}"
        text = f"{abs(minor):0{self.digits + 1}}"
        amount = f"{text[: -self.digits]}.{text[-self.digits :]}" if self.digits else text
        return f"−{amount}" if minor < 0 else amount

    def short(self, minor: int | str) -> str:
        """Return an amount without decimals where they are all 0."""
        return self.exact(minor).removesuffix(f".{'0' * self.digits}")


CNY = Currency("CNY", "¥", 2)
CURRENCIES = {
    one.code: one
    for one in (
        CNY,
        Currency("AED", "AED ", 2),
        Currency("AUD", "A$", 2),
        Currency("CAD", "C$", 2),
        Currency("CHF", "CHF ", 2),
        Currency("EUR", "€", 2),
        Currency("GBP", "£", 2),
        Currency("HKD", "HK$", 2),
        Currency("JPY", "JP¥", 0),
        Currency("KRW", "₩", 0),
        Currency("KWD", "KWD ", 3),
        Currency("MOP", "MOP$", 2),
        Currency("MYR", "RM", 2),
        Currency("NZD", "NZ$", 2),
        Currency("SGD", "S$", 2),
        Currency("THB", "฿", 2),
        Currency("TWD", "NT$", 2),
        Currency("USD", "US$", 2),
    )
}
