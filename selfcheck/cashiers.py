"""What a cashier looks like: an address, an app's scheme, a call of the app's bridge.

The hosts are those of payment institutions and banks licensed in China, as their public documents name
them; a missing one is given with `--cashier HOST`.
"""

import re
from urllib.parse import parse_qsl

from selfcheck.sites import host_of, scheme_of

VERSION = "2026-11-27"
_HOSTS = (
    *("wx.tenpay.com", "payapp.weixin.qq.com", "openapi.alipay.com", "mclient.alipay.com", "mapi.alipay.com"),
    *("qr.alipay.com", "ds.alipay.com", "cashier.alipay.com", "render.alipay.com", "openapi-sandbox.dl.alipaydev.com"),
    *("95516.com", "unionpay.com", "chinaums.com", "ccb.com", "ccb.com.cn", "abchina.com.cn", "bankofchina.com", "cmbc.com.cn", "cib.com.cn", "hxb.com.cn", "cgbchina.com.cn", "shrcb.com", "bosc.cn", "icbc.com.cn", "abchina.com", "boc.cn"),
    *("cmbchina.com", "bankcomm.com", "psbc.com", "cebbank.com", "spdb.com.cn", "citicbank.com", "pingan.com.cn"),
    *("lakala.com", "lklpay.com", "shouqianba.com", "huifu.com", "cloudpnr.com", "allinpay.com", "allinpaycard.com"),
    *("suixingpay.com", "tianquetech.com", "vbill.cn", "yeepay.com", "fuioupay.com", "sandpay.com.cn", "lianlianpay.com"),
    *("umpay.com", "helipay.com", "5upay.com", "jdpay.com", "pay.jd.com", "duolabao.com", "postar.cn", "yeahka.com"),
    *("leshuazf.com", "ysepay.com", "hkrt.cn", "sumpay.cn", "99bill.com", "dinpay.com", "gopay.com.cn", "kuaijie-pay.com"),
    *("ecny.com", "netsunion.com", "ips.com.cn", "chinapay.com", "cpcn.com.cn", "baofu.com", "easypay.com.cn"),
)  # fmt: skip
_SCHEMES = {"alipays", "alipay", "upwrp", "uppay", "dcep"}
CALLS = {"bridge:getBrandWCPayRequest", "bridge:chooseWXPay", "bridge:tradePay", "bridge:requestPayment"}
_SILENT = "open.weixin.qq.com/connect/oauth2/authorize"
_AUTHORISATION = {"open.weixin.qq.com", "openauth.alipay.com", "openauth-sandbox.dl.alipaydev.com"}
_PAYS = re.compile(r"cashier|checkout|/pay|pay\.|[./_-]pay|zhifu|shouyin|收银", re.IGNORECASE)


def cashier_at(url: str, also: tuple[str, ...] = ()) -> str:
    """Return the cashier that an address opens, or nothing. `also` names further hosts (host:port)."""
    host, netloc = host_of(url), url.partition("//")[2].partition("/")[0].partition("?")[0]
    scheme, lower = scheme_of(url), url.lower()
    if scheme in {"weixin", "wechat"}:  # weixin://dl/business opens a mini program, which is no cashier
        return f"{scheme}:" if re.match(r"(?:weixin|wechat)://(?:wap/|wx)?pay(?:[/?]|$)", lower) else ""
    if scheme in _SCHEMES and ("pay" in lower or "platformapi" in lower):
        return f"{scheme}:"
    if netloc in also or host in also:
        return netloc
    return next((host for name in _HOSTS if host == name or host.endswith("." + name)), "")


def may_be_cashier(url: str) -> bool:
    """Return whether an address of a host in no list has the name of a payment page."""
    return scheme_of(url) in {"http", "https"} and bool(_PAYS.search(url.partition("?")[0]))


def silent_openid(url: str) -> bool:
    """Return whether an address is WeChat's silent authorisation, which the cashier inside WeChat needs."""
    return _SILENT in url and "snsapi_base" in url


def is_authorisation(url: str) -> bool:
    return host_of(url) in _AUTHORISATION


_RETURN_IN_REQUEST = ("tenpay.com", "weixin.qq.com", "alipay.com", "alipaydev.com")
# Where the driver is sent back to, as acquirers name it. UnionPay's backUrl is that of a server, and its
# frontUrl that of the page, and Alipay's quit_url that of
# a driver who did not pay, so that these count only where there is no other.
_RETURN = re.compile(
    r"^(?:out)?_?(?:redirect|ret(?:urn)?|front(?:_?(?:end|notify))?|page(?:_?notify)?|call_?back|jump|success"
    r"|finish|result|mer(?:chant)?)_?(?:url|to|page)?$",
    re.IGNORECASE,
)
_BACK = re.compile(r"^(?:back|home|quit)_?(?:url|to|page)?$", re.IGNORECASE)


def names_its_return(cashier: str) -> bool:
    """Return whether a cashier goes where its request names, or back to the page, and nowhere else.

    That is so with WeChat and Alipay. Others may be given the address by the operator's server, with the order.
    """
    of_app = cashier.endswith(":") or f"bridge:{cashier}" in CALLS
    return of_app or any(cashier == name or cashier.endswith("." + name) for name in _RETURN_IN_REQUEST)


def returns_to(asked: str) -> str:
    """Return the address to which a cashier sends the driver back, from the parameters of its request; empty: none.

    WeChat's H5 cashier opens it whether or not the fee was paid.
    """
    given = [
        (name, value)
        for name, value in parse_qsl(asked.partition("?")[2] or asked)
        if re.match(r"https?://|/(?!/)", value)
    ]
    named = (value for rule in (_RETURN, _BACK) for name, value in given if rule.match(name))
    return next(named, "")
