"""What the cashier's door looks like: an address, an app's scheme, a call of the app's bridge. No Django."""

from selfcheck.sites import host_of, scheme_of

_HOSTS = (
    *("wx.tenpay.com", "payapp.weixin.qq.com", "openapi.alipay.com", "mclient.alipay.com", "mapi.alipay.com"),
    *("qr.alipay.com", "ds.alipay.com", "cashier.alipay.com", "openapi-sandbox.dl.alipaydev.com"),
    *("95516.com", "chinaums.com", "ccb.com", "icbc.com.cn", "abchina.com", "boc.cn"),
)  # fmt: skip
_SCHEMES = {"weixin", "wechat", "alipays", "alipay", "upwrp", "uppay"}
CALLS = {"bridge:getBrandWCPayRequest", "chooseWXPay", "bridge:chooseWXPay", "bridge:tradePay"}
_SILENT = "open.weixin.qq.com/connect/oauth2/authorize"


def door_at(url: str, also: tuple[str, ...] = ()) -> str:
    """Return the cashier that an address opens, or nothing. `also` names further hosts (host:port)."""
    host, netloc = host_of(url), url.partition("//")[2].partition("/")[0].partition("?")[0]
    if scheme_of(url) in _SCHEMES and ("pay" in url.lower() or "platformapi" in url.lower()):
        return f"{scheme_of(url)}:"
    if netloc in also or host in also:
        return netloc
    return next((host for name in _HOSTS if host == name or host.endswith("." + name)), "")


def silent_openid(url: str) -> bool:
    """Say whether an address is WeChat's silent authorisation, which the cashier inside WeChat needs."""
    return _SILENT in url and "snsapi_base" in url
