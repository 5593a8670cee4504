"""The real channels in the browser: their own browsers' names, WeChat's bridge, the production clients.

WeChat's cashier is no page. Its bridge appears some time after the page, says so by an event, opens the
cashier over the page and answers with a word; here it presses the buttons of the sandbox's cashier instead.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from core.transport import PooledTransport
from payments.merchants import read_merchants
from payments.providers.alipay import AlipayProvider
from payments.providers.wechat import WechatProvider
from sandbox.alipay.keys import open_alipay_keys
from sandbox.wechat.keys import Keys, open_keys
from sandbox.wechat.messages import OPENID
from tests.browser.watch import Phone
from tests.sandbox import SandboxServer

_ANDROID = "Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121 Mobile"
_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
AGENTS = {
    "wechat-android": f"{_ANDROID} Safari/537.36 MicroMessenger/8.0.47.2560(0x28002F35) WeChat/arm64",
    "wechat-ios": f"{_IOS} Mobile/15E148 MicroMessenger/8.0.50(0x18003230) NetType/WIFI Language/zh_CN",
    "alipay": f"{_ANDROID} Safari/537.36 AliApp(AP/10.5.88) AlipayClient/10.5.88",
    "browser": f"{_ANDROID} Safari/537.36",
    "dingtalk": f"{_ANDROID} Safari/537.36 AliApp(DingTalk/7.5.20) com.alibaba.android.rimet",
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
    keys: Keys
    acts: list[str] = field(default_factory=list)
    prepaid: list[str] = field(default_factory=list)

    def opened(self, name: str, said: dict[str, str]) -> str:
        """Open the cashier as WeChat does: only for the merchant's signature; say how it ended."""
        assert name == "getBrandWCPayRequest"
        assert set(said) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
        text = "".join(f"{said[part]}\n" for part in ("appId", "timeStamp", "nonceStr", "package"))
        self.keys.merchant.verify(base64.b64decode(said["paySign"]), text.encode(), PKCS1v15(), SHA256())
        self.prepaid.append(said["package"].removeprefix("prepay_id="))
        act = self.acts.pop(0) if self.acts else "ok"
        return act if act != "ok" or self._pays() else "fail"

    def _pays(self) -> bool:
        _, headers, _ = self.server.browse("GET", f"/cashier/prepay/{self.prepaid[-1]}")
        return self.server.press(headers["Location"], "pays")[0] < 400


@dataclass
class Channels:
    """WeChat Pay and Alipay as an operator sets them up, at the sandbox."""

    server: SandboxServer
    keys: Keys

    def equip(self, phone: Phone, *acts: str) -> Bridge:
        """Put WeChat's bridge around the pages of a phone."""
        bridge = Bridge(self.server, self.keys, list(acts))
        phone.context.expose_function("openCashier", bridge.opened)
        phone.context.add_init_script(BRIDGE)
        return bridge

    def another_payer(self, openid: str = "oSECONDpayer000000000000canary") -> None:
        """The next phone that WeChat authorises is somebody else's."""
        self.server.fault("other_payer", openid=openid)

    def lands(self, number: str) -> None:
        """Money for an order arrives that was on its way when we closed it."""
        self.server.control(late_payment=number)


def merchants(keys: Path, server: SandboxServer, folder: Path) -> str:
    """Return MERCHANTS with both of the sandbox's merchants, as an operator writes it."""
    open_keys(keys / "wechat")
    open_alipay_keys(keys / "alipay")
    said = json.loads((keys / "wechat" / "settings.json").read_text())
    held = {"app_secret": said.pop("app_secret"), "api_keys": "\n".join(said.pop("api_keys"))}
    for name, text in held.items():
        (folder / name).write_text(text)
        said[f"{name}_file"] = str(folder / name)
    hosts = dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), server.url)
    own = {"private_key_file": said.pop("private_key"), "products": "jsapi,h5,native"}
    wechat = {"provider": "wechat", "lots": "*", **said, **hosts, **own}
    said = json.loads((keys / "alipay" / "settings.json").read_text())
    named = {name.removeprefix("ALIPAY_").lower(): value for name, value in said.items()}
    alipay = {"provider": "alipay", "lots": "*", "gateway": f"{server.url}/gateway.do", **named}
    return json.dumps([wechat, alipay])


def providers(text: str) -> Iterator[Any]:
    """Yield the settings' merchants, and then a provider for each, over one transport."""
    found, transport = read_merchants(text), PooledTransport(read_seconds=2)
    clients = {"wechat": WechatProvider, "alipay": AlipayProvider}
    yield found
    made = [clients[each.provider](each.config, transport=transport) for each in found]
    yield {(provider.name, provider.merchant): provider for provider in made}
    transport.close()


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
