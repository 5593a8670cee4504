"""The phones that a page is opened with: what they call themselves, and the bridges that their apps offer.

No Django.
"""

from dataclasses import dataclass, replace

_ANDROID = "Mozilla/5.0 (Linux; Android 14; V2309A Build/UP1A.231005.007) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.103 Mobile Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
HONEST = " PureCodeSelfCheck/1"


@dataclass(frozen=True)
class Phone:
    name: str
    zh: str
    agent: str
    bridge: str = ""  # wechat, alipay
    scripts: bool = True

    def honest(self) -> "Phone":
        """Return the same phone saying what it is, for pages whose owner should be able to tell."""
        return replace(self, agent=self.agent + HONEST)


PHONES = {
    phone.name: phone
    for phone in (
        Phone("wechat", "微信（安卓）", f"{_ANDROID} XWEB/1300289 MMWEBSDK/20241103 MicroMessenger/8.0.55.2780(0x28003737) WeChat/arm64 NetType/4G Language/zh_CN", "wechat"),
        Phone("wechat-ios", "微信（苹果）", f"{_IPHONE} MicroMessenger/8.0.54(0x18003637) NetType/4G Language/zh_CN", "wechat"),
        Phone("alipay", "支付宝", f"{_ANDROID} UCBS/1.0 AlipayDefined(nt:4G,ws:360|0|3.0) AliApp(AP/10.6.80.8000) AlipayClient/10.6.80.8000 Language/zh-Hans", "alipay"),
        Phone("plain", "手机浏览器", _ANDROID),
        Phone("no-script", "手机浏览器（关闭脚本）", _ANDROID, scripts=False),
    )
}  # fmt: skip
EVERY = tuple(PHONES)
FEW = ("wechat", "plain", "no-script")  # for lists of hundreds: what differs on most pages
