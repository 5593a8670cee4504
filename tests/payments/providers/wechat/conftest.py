import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.transport import PooledTransport
from payments.providers.contract import HandOver, Order, Payer, Scene
from payments.providers.wechat import WechatProvider
from tests.payments.providers.conftest import Merchant
from tests.payments.providers.wechat import known
from tests.sandbox import SandboxServer

OPENID = "oSANDBOXpayer0000000000canary"
IN_WECHAT = Payer(Scene.WECHAT, openid=OPENID)
IN_BROWSER = Payer(Scene.BROWSER, client_ip="203.0.113.9")
ON_SCREEN = Payer(Scene.SCREEN)

Settings = dict[str, Any]
MakeProvider = Callable[..., WechatProvider]


@dataclass
class WechatMerchant(Merchant):
    """A merchant at the sandbox's WeChat Pay."""

    server: SandboxServer
    provider: WechatProvider

    def start(self, order: Order, payer: Payer = IN_WECHAT) -> HandOver:
        return self.provider.start(order, payer)

    def opened(self, amount_fen: int = 1200) -> Order:
        order = self.order(amount_fen)
        self.start(order)
        return order


def wechat_settings(url: str, keys: Path) -> Settings:
    settings: Settings = json.loads((keys / "wechat" / "settings.json").read_text())
    hosts = dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), url)
    return {**settings, **hosts, "products": "jsapi,h5,native"}


@pytest.fixture
def settings_of_wechat(sandbox_keys: Path, sandbox_server: SandboxServer) -> Settings:
    return wechat_settings(sandbox_server.url, sandbox_keys)


@pytest.fixture
def make_provider(settings_of_wechat: Settings, transport: PooledTransport) -> MakeProvider:
    """Return a maker of providers, whose settings differ from the sandbox's in what is given."""

    def make(clock: Callable[[], datetime] | None = None, **changed: Any) -> WechatProvider:
        config = known.config({**settings_of_wechat, **changed})
        given = {"clock": clock} if clock else {}
        return WechatProvider(config, transport=transport, bill_transport=transport, **given)

    return make


@pytest.fixture
def merchant(sandbox_server: SandboxServer, make_provider: MakeProvider) -> WechatMerchant:
    return WechatMerchant(sandbox_server, make_provider())


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Fetch a page as a browser would, query included, and follow nothing."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request("GET", f"{where.path}?{where.query}" if where.query else where.path, headers=named)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
