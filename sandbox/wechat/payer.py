"""What a payer's browser meets at WeChat: the silent openid (静默授权) and the ways into the cashier.

The bridge that opens the cashier inside WeChat cannot exist in the sandbox. A demo page goes to
`/cashier/prepay/<prepay_id>` instead; its prepay_id stands in `package` of the bridge parameters. Like an
H5 address it takes `redirect_url`, the page that the payer comes back to.
"""

import re
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.channel import Channel
from sandbox.faults import Faults
from sandbox.gateway import Asked, Said
from sandbox.store import Order
from sandbox.wechat.keys import Keys
from sandbox.wechat.messages import OPENID
from sandbox.wechat.signing import encoded

CODE_SECONDS = 300
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_STATE = re.compile(r"[0-9A-Za-z]{0,128}", re.ASCII)
_PAGE = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


class Payer:
    """The payer's side of the gateway."""

    def __init__(self, keys: Keys, channel: Channel, faults: Faults) -> None:
        self.keys, self.channel, self.faults = keys, channel, faults
        self._lock = threading.Lock()
        self._codes: dict[str, float] = {}  # until when; 0 once it was used
        self.prepaid = {
            order.extra["prepay_id"]: order.number
            for order in channel.store.orders.values()
            if order.kind == "wechat"
        }

    def serve(self, asked: Asked) -> Said:
        where = urlsplit(asked.path)
        said = dict(parse_qsl(where.query))
        if asked.method == "GET" and where.path == "/connect/oauth2/authorize":
            return self._authorize(said)
        if asked.method == "GET" and where.path == "/sns/oauth2/access_token":
            return Said(200, {"Content-Type": "text/plain"}, encoded(self._access_token(said)))
        if asked.method == "GET" and where.path == "/cashier/h5":
            return self._h5(asked, said)
        if asked.method == "GET" and where.path.startswith("/cashier/prepay/"):
            return self._enter(where.path.rpartition("/")[2], "prepay_until", said)
        return _page(404, "沙箱：没有这个页面。")

    # the openid

    def _authorize(self, said: Mapping[str, str]) -> Said:
        redirect, state = said.get("redirect_uri", ""), said.get("state", "")
        fine = said.get("appid") == self.keys.appid and said.get("response_type") == "code"
        if not fine or said.get("scope") != "snsapi_base" or not _STATE.fullmatch(state):
            return _page(400, "沙箱：授权参数错误。")
        if not _WEB.fullmatch(redirect):
            return _page(400, "redirect_uri 参数错误（10003）")
        code = secrets.token_hex(16)
        with self._lock:
            self._codes[code] = time.monotonic() + CODE_SECONDS
        query = urlencode({"code": code, "state": state})
        return Said(302, {"Location": f"{redirect}{'&' if '?' in redirect else '?'}{query}"})

    def _access_token(self, said: Mapping[str, str]) -> dict[str, object]:
        if said.get("appid") != self.keys.appid:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if said.get("secret") != self.keys.app_secret:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        with self._lock:
            until = self._codes.get(said.get("code", ""))
            if until == 0:
                return {"errcode": 40163, "errmsg": "code been used"}
            if until is None or time.monotonic() > until or said.get("grant_type") != "authorization_code":
                return {"errcode": 40029, "errmsg": "invalid code"}
            self._codes[said["code"]] = 0
        return {
            "access_token": secrets.token_hex(32),
            "expires_in": 7200,
            "refresh_token": secrets.token_hex(32),
            "openid": (self.faults.take("other_payer") or {}).get("openid", OPENID),
            "scope": "snsapi_base",
        }

    # the cashier

    def _h5(self, asked: Asked, said: Mapping[str, str]) -> Said:
        if not asked.headers.get("Referer"):
            return _page(403, "商家参数格式有误，请联系商家解决")
        if "MicroMessenger" in (asked.headers.get("User-Agent") or ""):
            return _page(403, "请在微信外打开订单，进行支付")
        return self._enter(said.get("prepay_id", ""), "h5_until", said)

    def _enter(self, prepay_id: str, life: str, said: Mapping[str, str]) -> Said:
        order = self.channel.store.orders.get(self.prepaid.get(prepay_id, ""))
        if order is None or order.extra["prepay_id"] != prepay_id:
            return _page(404, "沙箱：没有这笔订单。")
        if not _alive(order, life):
            return _page(410, "支付链接已过期，请返回商户重新下单。")
        if _WEB.fullmatch(said.get("redirect_url", "")):
            order.back = said["redirect_url"]
        return Said(302, {"Location": f"/cashier/{order.token}", "Cache-Control": "no-store"})


def _alive(order: Order, life: str) -> bool:
    return life in order.extra and datetime.now(UTC) < datetime.fromisoformat(order.extra[life])


def _page(status: int, text: str) -> Said:
    return Said(status, _PAGE, text.encode())
