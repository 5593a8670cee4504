"""Interface of an invoice service: two calls on plain values. It uses the network, never the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.errors import ParkingError
from payments.invoices.buyer import Buyer

ITEM = "车辆停放服务"  # the line of the invoice; its tax code and rate are the issuer's matter


class IssuerOutcome(StrEnum):
    ISSUED = "issued"
    PENDING = "pending"  # it has the order and works on it
    REJECTED = "rejected"  # the buyer's title or tax number is not right: the driver may correct it
    NOT_FOUND = "not_found"  # it never got the order
    BY_STAFF = "by_staff"  # this one is for a person to do


class IssuerUnknown(ParkingError):
    """No answer, a broken one or a server fault: it may have been issued. Ask, never guess."""

    code = "issuer_unknown"


class IssuerRefused(ParkingError):
    """A definite no that is not the driver's fault: a key, a quota, a setting. Staff see to it."""

    code = "issuer_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class InvoiceOrder:
    """One invoice to issue; a repeat is equal in every field. No plate, e-mail or receipt code."""

    number: str  # ours: the issuer makes one invoice of it, however often it is sent
    seller: str  # the operator's legal name
    lot: str
    amount_fen: int  # tax included
    paid_at: datetime
    buyer: Buyer = field(repr=False)
    item: str = ITEM


@dataclass(frozen=True)
class IssuerAnswer:
    """What the issuer reports of an order."""

    outcome: IssuerOutcome
    invoice_number: str = ""
    link: str = field(default="", repr=False)


class InvoiceIssuer(Protocol):
    """Issues invoices. Raises `IssuerUnknown` or `IssuerRefused`."""

    def issue(self, order: InvoiceOrder) -> IssuerAnswer: ...
    def query(self, number: str) -> IssuerAnswer: ...


class StaffQueue:
    """The issuer where none is set up: staff make each invoice in the tax bureau's own system."""

    def issue(self, order: InvoiceOrder) -> IssuerAnswer:
        del order
        return IssuerAnswer(IssuerOutcome.BY_STAFF)

    def query(self, number: str) -> IssuerAnswer:
        del number
        return IssuerAnswer(IssuerOutcome.BY_STAFF)


def order_json(order: InvoiceOrder) -> Mapping[str, object]:
    """Return an order as the HTTP issuer is sent it (docs/invoices.md)."""
    return {
        "number": order.number,
        "seller": order.seller,
        "lot": order.lot,
        "item": order.item,
        "amount_fen": order.amount_fen,
        "currency": "CNY",
        "paid_at": order.paid_at.isoformat(),
        "buyer": {
            "kind": "company" if order.buyer.is_company else "person",
            "title": order.buyer.title,
            "tax_number": order.buyer.tax_number,
        },
    }
