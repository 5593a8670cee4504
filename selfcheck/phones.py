"""The phones that a page is opened with: identity, screen, and the bridges that their apps offer."""

from dataclasses import dataclass, replace

_ANDROID = "Mozilla/5.0 (Linux; Android 14; V2309A Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/{major}.0.0.0 Mobile Safari/537.36"
_CHROME = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Mobile Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
HONEST = " PureCodeSelfCheck/1"


@dataclass(frozen=True)
class Phone:
    name: str
    zh: str
    agent: str  # {major} is the version of the Chromium that really runs
    bridge: str = ""  # wechat, alipay
    scripts: bool = True
    platform: str = "Linux armv81"
    brand: str = "Android WebView"  # for the client hints; empty: the phone sends none
    width: int = 360
    height: int = 760
    density: float = 3
    located: bool = False  # its driver lets the page know where the phone is: an invented place

    def honest(self) -> "Phone":
        """Return the same phone, which says in its user agent that this is a test."""
        return replace(self, agent=self.agent + HONEST)

    def agent_for(self, version: str) -> str:
        return self.agent.replace("{major}", version.partition(".")[0] or "130")


PHONES = {
    phone.name: phone
    for phone in (
        Phone("wechat", "微信（安卓）", f"{_ANDROID} XWEB/1300289 MMWEBSDK/20241103 MicroMessenger/8.0.55.2780(0x28003737) WeChat/arm64 NetType/4G Language/zh_CN", "wechat"),
        Phone("wechat-ios", "微信（苹果）", f"{_IPHONE} MicroMessenger/8.0.54(0x18003637) NetType/4G Language/zh_CN", "wechat", platform="iPhone", brand="", width=390, height=740),
        Phone("alipay", "支付宝", f"{_ANDROID} UCBS/1.0 AlipayDefined(nt:4G,ws:360|0|3.0) AliApp(AP/10.6.80.8000) AlipayClient/10.6.80.8000 Language/zh-Hans", "alipay"),
        Phone("plain", "手机浏览器", _CHROME, brand="Google Chrome", located=True),
        Phone("no-script", "手机浏览器（关闭脚本）", _CHROME, scripts=False, brand="Google Chrome"),
    )
}  # fmt: skip
EVERY = tuple(PHONES)
FEW = ("wechat", "plain", "no-script")  # for lists of hundreds: what differs on most pages
