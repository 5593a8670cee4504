"""WeChat's pages for the payer's browser: silent authorisation (静默授权) and links to the cashier.

The JavaScript bridge that opens the cashier inside WeChat cannot exist in the sandbox. A demo page links to
`/cashier/prepay/<prepay_id>` instead; the prepay_id is in `package` of the bridge parameters. Like an H5
URL it accepts `redirect_url`, the page to which the payer returns.
"""

import re
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.channel import SandboxChannel
from sandbox.faults import Faults
from sandbox.gateway import GatewayRequest, GatewayResponse
from sandbox.store import SandboxOrder
from sandbox.wechat.wechat_keys import WechatKeys
from sandbox.wechat.wechat_messages import OPENID
from sandbox.wechat.wechat_signatures import encode

CODE_SECONDS = 300
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_STATE = re.compile(r"[0-9A-Za-z]{0,128}", re.ASCII)
_PAGE = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}


class PayerPages:
    """The pages of the gateway for the payer."""

    def __init__(self, keys: WechatKeys, channel: SandboxChannel, faults: Faults) -> None:
        self.keys, self.channel, self.faults = keys, channel, faults
        self._lock = threading.Lock()
        self._codes: dict[str, float] = {}  # authorisation code: expiry, or 0 once used
        self.prepaid = {
            order.extra["prepay_id"]: order.number
            for order in channel.store.orders.values()
            if order.kind == "wechat"
        }

    def serve(self, request: GatewayRequest) -> GatewayResponse:
        url = urlsplit(request.path)
        query = dict(parse_qsl(url.query))
        if request.method == "GET" and url.path == "/connect/oauth2/authorize":
            return self._authorize(query)
        if request.method == "GET" and url.path == "/sns/oauth2/access_token":
            return GatewayResponse(200, {"Content-Type": "text/plain"}, encode(self._access_token(query)))
        if request.method == "GET" and url.path == "/cashier/h5":
            return self._h5(request, query)
        if request.method == "GET" and url.path.startswith("/cashier/prepay/"):
            return self._open_cashier(url.path.rpartition("/")[2], "prepay_until", query)
        return _page(404, "沙箱：没有这个页面。")

    # silent authorisation

    def _authorize(self, query: Mapping[str, str]) -> GatewayResponse:
        redirect, state = query.get("redirect_uri", ""), query.get("state", "")
        valid = query.get("appid") == self.keys.appid and query.get("response_type") == "code"
        if not valid or query.get("scope") != "snsapi_base" or not _STATE.fullmatch(state):
            return _page(400, "沙箱：授权参数错误。")
        if not _WEB.fullmatch(redirect):
            return _page(400, "redirect_uri 参数错误（10003）")
        code = secrets.token_hex(16)
        with self._lock:
            self._codes[code] = time.monotonic() + CODE_SECONDS
        parameters = urlencode({"code": code, "state": state})
        return GatewayResponse(302, {"Location": f"{redirect}{'&' if '?' in redirect else '?'}{parameters}"})

    def _access_token(self, query: Mapping[str, str]) -> dict[str, object]:
        if query.get("appid") != self.keys.appid:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if query.get("secret") != self.keys.app_secret:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        with self._lock:
            until = self._codes.get(query.get("code", ""))
            if until == 0:
                return {"errcode": 40163, "errmsg": "code been used"}
            if until is None or time.monotonic() > until or query.get("grant_type") != "authorization_code":
                return {"errcode": 40029, "errmsg": "invalid code"}
            self._codes[query["code"]] = 0
        return {
            "access_token": secrets.token_hex(32),
            "expires_in": 7200,
            "refresh_token": secrets.token_hex(32),
            "openid": (self.faults.take("other_payer") or {}).get("openid", OPENID),
            "scope": "snsapi_base",
        }

    # the cashier

    def _h5(self, request: GatewayRequest, query: Mapping[str, str]) -> GatewayResponse:
        if not request.headers.get("Referer"):
            return _page(403, "商家参数格式有误，请联系商家解决")
        if "MicroMessenger" in (request.headers.get("User-Agent") or ""):
            return _page(403, "请在微信外打开订单，进行支付")
        return self._open_cashier(query.get("prepay_id", ""), "h5_until", query)

    def _open_cashier(self, prepay_id: str, expiry: str, query: Mapping[str, str]) -> GatewayResponse:
        order = self.channel.store.orders.get(self.prepaid.get(prepay_id, ""))
        if order is None or order.extra["prepay_id"] != prepay_id:
            return _page(404, "沙箱：没有这笔订单。")
        if not _is_valid(order, expiry):
            return _page(410, "支付链接已过期，请返回商户重新下单。")
        if _WEB.fullmatch(query.get("redirect_url", "")):
            order.back = query["redirect_url"]
        return GatewayResponse(302, {"Location": f"/cashier/{order.token}", "Cache-Control": "no-store"})


def _is_valid(order: SandboxOrder, expiry: str) -> bool:
    return expiry in order.extra and datetime.now(UTC) < datetime.fromisoformat(order.extra[expiry])


def _page(status: int, text: str) -> GatewayResponse:
    return GatewayResponse(status, _PAGE, text.encode())
