import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.transport import PooledTransport
from payments.providers.contract import HandOver, Notice, Order, Payer, Provider, RefundOrder, Scene
from tests.sandbox import SandboxServer, notice_sink, sandbox_keys, sandbox_process, sandbox_server

__all__ = ["notice_sink", "sandbox_keys", "sandbox_process", "sandbox_server"]

RETURN_URL = "http://pay.example.test/pay/return"


class Merchant:
    """A merchant at the sandbox: the provider, and orders with fresh numbers."""

    def __init__(self, server: SandboxServer, provider: Provider) -> None:
        self.server, self.provider = server, provider

    def order(self, amount_fen: int = 1200, seconds: float = 300) -> Order:
        return Order(
            number=new_number(),
            amount_fen=amount_fen,
            expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
            description="停车费",
            notify_url=self.server.notices.url,
            return_url=RETURN_URL,
        )

    def start(self, order: Order) -> HandOver:
        """Start an order in the scene that both channels offer alike: another phone scans a code."""
        return self.provider.start(order, Payer(Scene.SCREEN))

    def opened(self, amount_fen: int = 1200) -> Order:
        """Return an order whose payer has logged in: only then does Alipay know it."""
        order = self.order(amount_fen)
        self.start(order)
        self.server.act(order.number, "logs_in")
        return order

    def cashier(self, order: Order) -> str:
        """Return the cashier page to which the code leads."""
        url = self.start(order).qr
        status, headers, _ = self.server.browse("GET", url)
        return self.server.url + headers["Location"] if status == 302 else url

    def paid(self, amount_fen: int = 1200) -> Order:
        order = self.opened(amount_fen)
        self.server.act(order.number, "loses_notice")
        return order

    def refund_of(self, order: Order, amount_fen: int) -> RefundOrder:
        return RefundOrder(
            number=new_number(),
            payment_number=order.number,
            amount_fen=amount_fen,
            total_fen=order.amount_fen,
            notify_url=order.notify_url,
        )

    def notices(self, count: int = 1) -> list[Notice]:
        """Wait for the notices and read them as the provider does."""
        now = datetime.now(UTC)
        received = self.server.notices.wait(count)
        return [self.provider.read_notice(headers, body, now) for headers, body in received]


def new_number() -> str:
    return "T" + "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(25))


@pytest.fixture
def transport() -> Iterator[PooledTransport]:
    pooled = PooledTransport("wechat", read_seconds=1)
    yield pooled
    pooled.close()
