"""One paid payment of ten yuan, and an invoice issuer in memory."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from lots.plates import parse
from payments.invoices import invoice_issuing
from payments.invoices.buyer import Buyer
from payments.invoices.issuer import InvoiceOrder, IssuerAnswer, IssuerOutcome, IssuerRefused, IssuerUnknown
from payments.models import Payment
from payments.settling import settle
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.conftest import channel
from tests.payments.payment_steps import look_up, start_paying

__all__ = ["channel"]

LEAVING = NOON + timedelta(minutes=61)
COMPANY = Buyer(title="上海示例贸易有限公司", tax_number="91350100M000100Y43")
PERSON = Buyer(title="张三")


@pytest.fixture
def payment(db, channel):
    lot = make_lot()
    see(make_device(lot, "entry"), "沪A12345", NOON)
    quote = look_up(lot=lot, plate=parse("沪A12345"), at=LEAVING)
    started = start_paying(quote, "fake", at=LEAVING)
    settle(channel.pay(started.number), cause="notice", at=LEAVING)
    return Payment.objects.get(pk=started.pk)


@dataclass
class FakeIssuer:
    """Issues at once, or as `mood` says: pending, rejected, unknown, lost (issued, no answer), refused."""

    mood: str = ""
    orders: dict[str, InvoiceOrder] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def issue(self, order: InvoiceOrder) -> IssuerAnswer:
        self.calls.append("issue")
        if self.mood == "unknown":
            raise IssuerUnknown
        if self.mood == "refused":
            raise IssuerRefused("no_quota")
        assert self.orders.setdefault(order.number, order) == order, "a repeat is equal in every field"
        if self.mood == "lost":
            raise IssuerUnknown
        return self._answer(order.number)

    def query(self, number: str) -> IssuerAnswer:
        self.calls.append("query")
        if self.mood == "unknown":
            raise IssuerUnknown
        return self._answer(number) if number in self.orders else IssuerAnswer(IssuerOutcome.NOT_FOUND)

    def _answer(self, number: str) -> IssuerAnswer:
        if self.mood in {"pending", "rejected"}:
            return IssuerAnswer(IssuerOutcome(self.mood))
        return IssuerAnswer(IssuerOutcome.ISSUED, "24312000000012345678", "https://invoices.example/x")


@pytest.fixture
def issuer(monkeypatch, settings):
    settings.INVOICE_ISSUER_URL, settings.INVOICE_ISSUER_KEY = "https://invoices.example", b"k" * 32
    fake = FakeIssuer()
    monkeypatch.setattr(invoice_issuing, "issuer", lambda: fake)
    return fake
