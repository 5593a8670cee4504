"""A payment channel in memory with every answer on demand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from core.transport import OutcomeUnknown
from payments.providers.contract import (
    Answer,
    BillRow,
    HandOver,
    Notice,
    Order,
    Outcome,
    Payer,
    ProviderRefused,
    RefundOrder,
    Scene,
    Statement,
)


@dataclass
class FakeProvider:
    name: str = "fake"
    merchant: str = "m1"
    app: str = "app1"
    has_bills: bool = True
    currencies: frozenset[str] = frozenset({"CNY"})
    orders: dict[str, Order] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    refunds: dict[str, Outcome] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    bill: list[BillRow] = field(default_factory=list)
    by_hand: set[str] = field(default_factory=set)  # orders of which something was refunded by hand
    fault: str = ""  # "unknown", "refused" or "drop" (accepted, but the answer is lost)

    def scenes(self) -> frozenset[Scene]:
        return frozenset(Scene)

    def fetch_bill(self, day: date) -> Iterator[BillRow]:
        yield from self.bill

    def start(self, order: Order, payer: Payer) -> HandOver:
        self._call("start")
        self.orders[order.number] = order
        self.outcomes.setdefault(order.number, Outcome.OPEN)
        if self.fault == "drop":
            raise OutcomeUnknown
        return HandOver(f"https://cashier.example/{order.number}")

    def query(self, number: str) -> Statement:
        self._call("query")
        return self.statement(number)

    def close(self, number: str) -> Statement:
        self._call("close")
        if self.outcomes.get(number) == Outcome.OPEN:
            self.outcomes[number] = Outcome.CLOSED
        return self.statement(number)

    def refund(self, refund: RefundOrder) -> Statement:
        self._call("refund")
        self.refunds.setdefault(refund.number, Outcome.REFUND_DONE)
        return self.refund_statement(refund)

    def query_refund(self, refund: RefundOrder) -> Statement:
        self._call("query_refund")
        return self.refund_statement(refund)

    def read_notice(self, headers: object, body: bytes, at: datetime) -> Notice:
        return Notice((self.statement(body.decode()),), Answer(204), Answer(503))

    def pay(self, number: str) -> Statement:
        """Take the money, as the payer would."""
        self.outcomes[number] = Outcome.PAID
        return self.statement(number)

    def statement(self, number: str, **changes: object) -> Statement:
        order = self.orders.get(number)
        values: dict[str, object] = {
            "provider": self.name,
            "merchant": self.merchant,
            "app": self.app,
            "number": number,
            "outcome": self.outcomes.get(number, Outcome.NOT_FOUND),
            "provider_number": f"P{number}" if order else "",
            "amount_fen": order.amount_fen if order else None,
            "is_refunded": number in self.by_hand,
        }
        return Statement(**{**values, **changes})  # type: ignore[arg-type]

    def refund_statement(self, refund: RefundOrder) -> Statement:
        return self.statement(
            refund.payment_number,
            outcome=self.refunds.get(refund.number, Outcome.NOT_FOUND),
            amount_fen=refund.amount_fen,
            refund_number=refund.number,
        )

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.fault == "unknown":
            raise OutcomeUnknown
        if self.fault == "refused":
            raise ProviderRefused("no_auth")
