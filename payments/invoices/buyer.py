"""The buyer on an invoice: personal data, so it is sealed in its row and hidden in every repr."""

import json
from dataclasses import asdict, dataclass, field

from core.vault import seal, unseal


@dataclass(frozen=True)
class Buyer:
    """A driver's details for an invoice; `link` is where the issued one is fetched from, since who has it
    can read all of that."""

    title: str = field(repr=False)
    tax_number: str = field(repr=False, default="")  # "": made out to a person
    email: str = field(repr=False, default="")  # "": no mail is wanted
    link: str = field(repr=False, default="")

    @property
    def is_company(self) -> bool:
        return bool(self.tax_number)


def context_of(payment_id: int) -> str:
    """Return what a sealed buyer is bound to, so that it opens in no other row."""
    return f"invoice {payment_id}"


def seal_buyer(payment_id: int, buyer: Buyer) -> bytes:
    return seal(json.dumps(asdict(buyer), ensure_ascii=False), context_of(payment_id))


def unseal_buyer(payment_id: int, value: bytes | memoryview) -> Buyer:
    """Open what `seal_buyer` made; raise `core.vault.Unreadable` where its key is gone."""
    return Buyer(**json.loads(unseal(value, context_of(payment_id))))
