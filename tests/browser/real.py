"""The real channels in the browser: their own browsers' names, WeChat's bridge, the production clients.

WeChat's cashier is no page. Its bridge appears some time after the page, says so by an event, opens the
cashier over the page and answers with a word; here it presses the buttons of the sandbox's cashier instead.
"""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from core.transport import PooledTransport
from payments.merchants import Merchant, at_sandbox, read_merchants
from payments.providers.alipay import AlipayProvider
from payments.providers.contract import Provider
from payments.providers.wechat import WechatProvider
from sandbox.wechat.wechat_keys import WechatKeys
from sandbox.wechat.wechat_messages import OPENID
from tests.browser.page_watch import ANDROID, Phone
from tests.sandbox import SandboxServer

_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
AGENTS = {
    "wechat-android": f"{ANDROID} MicroMessenger/8.0.47.2560(0x28002F35) WeChat/arm64",
    "wechat-ios": f"{_IOS} Mobile/15E148 MicroMessenger/8.0.50(0x18003230) NetType/WIFI Language/zh_CN",
    "alipay": f"{ANDROID} AliApp(AP/10.5.88) AlipayClient/10.5.88",
    "browser": ANDROID,
    "dingtalk": f"{ANDROID} AliApp(DingTalk/7.5.20) com.alibaba.android.rimet",
}
BRIDGE = """
addEventListener("DOMContentLoaded", () => setTimeout(() => {
  window.WeixinJSBridge = { invoke: (name, said, done) =>
    openCashier(name, said).then((word) => done({ err_msg: "get_brand_wcpay_request:" + word })) };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
}, 150));
"""


@dataclass
class Bridge:
    """WeChat around a page: `acts` are what its payer does next, then pays: ok, cancel or fail."""

    server: SandboxServer
    keys: WechatKeys
    acts: list[str] = field(default_factory=list)
    prepaid: list[str] = field(default_factory=list)

    def opened(self, name: str, message: dict[str, str]) -> str:
        """Open the cashier as WeChat does: only for the merchant's signature; say how it ended."""
        assert name == "getBrandWCPayRequest"
        assert set(message) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
        text = "".join(f"{message[part]}\n" for part in ("appId", "timeStamp", "nonceStr", "package"))
        self.keys.merchant.verify(base64.b64decode(message["paySign"]), text.encode(), PKCS1v15(), SHA256())
        self.prepaid.append(message["package"].removeprefix("prepay_id="))
        act = self.acts.pop(0) if self.acts else "ok"
        return act if act != "ok" or self._pays() else "fail"

    def _pays(self) -> bool:
        _, headers, _ = self.server.browse("GET", f"/cashier/prepay/{self.prepaid[-1]}")
        return self.server.press(headers["Location"], "pays")[0] < 400


@dataclass
class Channels:
    """WeChat Pay and Alipay as an operator sets them up, at the sandbox."""

    server: SandboxServer
    keys: WechatKeys

    def equip(self, phone: Phone, *acts: str) -> Bridge:
        """Put WeChat's bridge around the pages of a phone."""
        bridge = Bridge(self.server, self.keys, list(acts))
        phone.context.expose_function("openCashier", bridge.opened)
        phone.context.add_init_script(BRIDGE)
        return bridge

    def another_payer(self, openid: str = "oSECONDpayer000000000000canary") -> None:
        """The next phone that WeChat authorises is someone else's."""
        self.server.fault("other_payer", openid=openid)

    def lands(self, number: str) -> None:
        """Money for an order arrives that was on its way when we closed it."""
        self.server.control(late_payment=number)


def merchants(keys: Path, server: SandboxServer) -> str:
    """Return MERCHANTS with both of the sandbox's merchants as if they were real."""
    wechat, alipay = json.loads((keys / "merchants.json").read_text(encoding="utf-8"))
    wechat |= dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), server.url)
    alipay |= {"gateway": f"{server.url}/gateway.do"}
    for entry in (wechat, alipay):
        del entry["sandbox"]
    return json.dumps([wechat, alipay])


def providers(found: Iterable[Merchant], transport: PooledTransport) -> dict[tuple[str, str], Provider]:
    """Return a provider for each merchant, by channel and merchant."""
    clients: dict[str, Callable[..., Provider]] = {"wechat": WechatProvider, "alipay": AlipayProvider}
    made = [clients[each.provider](each.config, transport=transport) for each in found]
    return {(provider.name, provider.merchant): provider for provider in made}


def sandbox_wechat(keys: Path, server: SandboxServer) -> tuple[Merchant, ...]:
    """Return the sandbox's WeChat merchant alone, as the demo has it."""
    wechat, _ = read_merchants((keys / "merchants.json").read_text(encoding="utf-8"))
    return at_sandbox([wechat], server.url)


def keeps_the_payer_secret(phone: Phone) -> None:
    """No address that the phone asked for or can go back to names its payer, and none kept holds the code."""
    assert not [each.url for each in phone.asked if OPENID in each.url or "payer0000" in each.url]
    if not phone.scripts:
        return  # nothing but a script can take the code out of the address bar
    cdp = phone.context.new_cdp_session(phone.page)
    kept = [entry["url"] for entry in cdp.send("Page.getNavigationHistory")["entries"]]
    assert not [url for url in kept if url.startswith(phone.ours) and urlsplit(url).query]


def codes(phone: Phone) -> list[dict[str, list[str]]]:
    """Return what WeChat sent along each time that it led the phone back to us."""
    return [parse_qs(urlsplit(each.url).query) for each in phone.asked if urlsplit(each.url).path == "/w"]
