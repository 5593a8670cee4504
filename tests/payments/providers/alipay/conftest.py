import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.transport import PooledTransport
from payments.providers.alipay import AlipayConfig, AlipayProvider
from payments.providers.contract import HandOver, Order, Payer, Scene
from tests.payments.providers.conftest import Merchant
from tests.sandbox import NoticeSink, SandboxServer


class AlipayMerchant(Merchant):
    """A merchant at the sandbox's Alipay, and the phone of its one customer."""

    def visit(self, address: str) -> tuple[int, str, str]:
        """Open one of Alipay's addresses in a browser; return status, where it leads to, and the page."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}")
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location", ""), answer.read().decode()
        finally:
            connection.close()

    def cashier(self, order: Order) -> str:
        """Return the cashier that the phone is led to."""
        status, where, _ = self.visit(self.start(order).url)
        assert status == 302
        return where

    def start(self, order: Order) -> HandOver:
        return self.provider.start(order, Payer())

    def opened(self, amount_fen: int = 1200) -> Order:
        """Return an order whose payer has logged in: only that makes a trade of it."""
        order = self.order(amount_fen)
        assert self.server.press(self.cashier(order), "logs_in")[0] == 200
        return order


def alipay_at(url: str, keys: Path, transport: PooledTransport, **other: Any) -> AlipayProvider:
    settings = json.loads((keys / "alipay" / "settings.json").read_text(encoding="utf-8"))
    config = AlipayConfig.from_mapping({**settings, "ALIPAY_GATEWAY": f"{url}/gateway.do"})
    return AlipayProvider(config, transport=transport, downloads=transport, **other)


@pytest.fixture
def notice_sink(notice_sink: NoticeSink) -> NoticeSink:
    notice_sink.status, notice_sink.answer = 200, b"success"
    return notice_sink


@pytest.fixture
def merchant(sandbox_server: SandboxServer, sandbox_keys: Path, transport: PooledTransport) -> AlipayMerchant:
    return AlipayMerchant(sandbox_server, alipay_at(sandbox_server.url, sandbox_keys, transport))


SCREEN = Payer(Scene.SCREEN)
