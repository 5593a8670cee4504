"""What the rules find asked of the phone and of the app around the page (P4, P9)."""

import re
from collections import Counter

from selfcheck.breaches import Breaches, Context, Judges
from selfcheck.sites import path_of, site_of
from selfcheck.visit import BEFORE_PAY, BEFORE_SUBMIT, Phase, Request, Visit

judge = Judges()

_USERINFO = re.compile(
    r"scope=(?:[^&]*(?:snsapi_userinfo|auth_user|auth_zhima|auth_base,auth_user))", re.IGNORECASE
)
_ASKS_WHO = re.compile(
    r"^(?:getUserProfile|getUserInfo|getPhoneNumber|getAuthUserInfo|getOpenUserInfo|chooseContact|openAddress|editAddress"
    r"|chooseAddress|getAddress|getUserPhone|getWeChatUser|getOpenId|getIdCard|startFacialRecognition\w*|chooseInvoice\w*"
    r"|getRecommendedAddress|contact|searchContacts|selectEnterpriseContact|getTeamUserInfo|requestPhoneNumber|requestPayer)$"
)  # fmt: skip
_SCOPE = re.compile(r"auth_user|auth_zhima|userinfo|phone|mobile", re.IGNORECASE)


@judge
def no_question_who_it_is(visit: Visit, _context: Context) -> Breaches:
    for request in visit.requests:
        if "#userinfo" in request.url:
            yield "P4a", "跳转授权以获取用户信息", request.url
        elif "#base" in request.url and request.phase in BEFORE_PAY:
            yield "P4b", "支付之前就静默授权", request.url
    yield from _app_calls(visit)
    for call in visit.calls:
        if _ASKS_WHO.match(call.name.rpartition(".")[2]):
            yield "P4a", f"调用 {call.name} 索取用户信息", call.by
        elif call.name in {"getAuthCode", "authorize", "getAuthorizeCode"}:
            if _SCOPE.search(call.detail):
                yield "P4a", f"调用 {call.name} 索取用户信息", call.detail
            elif call.phase in BEFORE_PAY:
                yield "P4b", "支付之前就静默授权", call.name


# What a page may ask of the app around it: to pay, and how the app's own frame looks.
_APP_NEEDED = re.compile(
    r"^(?:config|ready|error|checkJsApi|on\w*|set\w*|hide\w*|show(?:Option|Menu|Toast|Loading|Title|Back)\w*|close\w*|exitApp|pop\w*|toast|alert|confirm|vibrate\w*|getEnv|getStartupParams|getTheme\w*|getWindowInfo"
    r"|getBrandWCPayRequest|chooseWXPay|tradePay|requestPayment|update\w*ShareData|menu:\w+|getAuthCode|authorize|getAuthorizeCode|pageScrollTo|reportAnalytics|remoteLog)$"
)
_APP_FOLLOWS = re.compile(
    r"contact|profile|favou?rite|follow|subscribe|friend|group|card|coupon|member", re.IGNORECASE
)
_APP_LEAVES = re.compile(
    r"^(?:miniProgram\.\w+|launch\w*|navigateTo\w*|redirectTo|reLaunch|switchTab|startApp|open(?!Location|Address)\w*|install\w*|download\w*|jump\w*)$",
    re.IGNORECASE,
)


def _app_calls(visit: Visit) -> Breaches:
    for call in visit.calls:
        bare = call.name.rpartition(".")[2]
        if not call.app or call.phase is Phase.PAY or _APP_NEEDED.match(bare) or call.name in _PERMISSIONS:
            continue
        if _ASKS_WHO.match(bare):
            continue
        if _APP_FOLLOWS.search(bare):
            yield "P5a", f"调用 {call.name} 引导关注、收藏或领卡券", call.detail
        elif _APP_LEAVES.match(call.name):
            rule = "P1" if call.phase is Phase.ARRIVE else "P5d"
            yield rule, f"调用 {call.name} 离开缴费页", call.detail
        else:
            yield "P9a", f"调用与缴费无关的应用接口 {call.name}", call.detail


def scope_mark(url: str) -> str:
    """Return what an authorisation address asks for, as a mark that survives tidying."""
    if _USERINFO.search(url):
        return "#userinfo"
    return "#base" if re.search(r"scope=[^&]*(?:snsapi_base|auth_base)", url) else ""


_PERMISSIONS = {
    "geolocation": "定位", "getLocation": "定位", "openLocation": "定位", "getCurrentLocation": "定位", "camera": "相机或麦克风",
    "clipboard": "剪贴板", "clipboard-write": "写剪贴板", "setClipboard": "写剪贴板", "getClipboard": "剪贴板",
    "sensors": "传感器", "notification": "通知", "bluetooth": "蓝牙", "contacts": "通讯录", "credentials": "登录凭据",
    "scanQRCode": "相机", "scan": "相机", "chooseImage": "相册", "chooseVideo": "相册", "deviceInfo": "设备信息",
    "startRecord": "麦克风", "getNetworkType": "网络状态", "startSearchBeacons": "蓝牙", "openBluetoothAdapter": "蓝牙",
    "battery": "电池状态", "apps": "已安装的应用", "idle": "使用状态", "screens": "屏幕布局", "pick": "文件", "getBLEDevices": "蓝牙", "watchShake": "传感器",
}  # fmt: skip
_SPIED_ON = {
    *("mousemove", "touchmove", "touchstart", "touchend", "pointerdown", "scroll", "keydown", "keyup"),
    *("keypress", "input", "click", "pointermove", "wheel", "visibilitychange", "change"),
}
_FINGERPRINTS = {
    "canvas": "画布", "audio": "音频", "fonts": "字体", "webgl": "显卡", "rtc": "WebRTC 本机地址",
    "queries": "媒体特征", "hints": "机型与系统版本",
}  # fmt: skip
_MORE = {
    "share": ("P5a", "引导分享"), "fullscreen": ("P5c", "要求全屏"), "install": ("P5a", "引导安装到桌面"), "lock": ("P9a", "要求保持亮屏或锁定指针"),
    "background": ("P9a", "登记后台运行"), "persist": ("P9a", "申请长期存储"), "adverts": ("P9b", "调用广告接口"),
}  # fmt: skip
PROPERTIES, TELLING = 5, 3  # of the phone read by one page; so many of them not for its layout: a fingerprint
# What frameworks read to draw a page: which engine, which fingers, which language, which way up.
_FOR_LAYOUT = {"platform", "vendor", "maxTouchPoints", "languages", "orientation", "connection", "webdriver"}


def asks_of_phone(name: str) -> bool:
    """Return whether a call that a probe saw asks for a permission, or who the driver is."""
    bare = name.removeprefix("bridge:")
    return bare in _PERMISSIONS or bool(_ASKS_WHO.match(bare.rpartition(".")[2]))


@judge
def no_permission_no_fingerprint(visit: Visit, _context: Context) -> Breaches:
    for call in visit.calls:
        if call.phase is Phase.PAY and visit.cashier and site_of(call.by) != site_of(visit.url):
            continue  # the cashier's own affair
        if call.name in _PERMISSIONS:
            yield "P9a", f"索要{_PERMISSIONS[call.name]}", f"{call.detail} {call.by}".strip()
        elif call.name in _FINGERPRINTS:
            yield "P9b", f"采集设备指纹（{_FINGERPRINTS[call.name]}）", f"{call.detail} {call.by}".strip()
    read = sorted({call.detail for call in visit.calls if call.name == "property"})
    if len(read) >= PROPERTIES and len(set(read) - _FOR_LAYOUT) >= TELLING:
        yield "P9b", "采集设备指纹（设备属性）", "、".join(read)
    yield from _recording(visit)


@judge
def nothing_else_is_asked_of_the_phone(visit: Visit, _context: Context) -> Breaches:
    for call in visit.calls:
        if call.name in _MORE and call.phase in BEFORE_PAY:
            rule, what = _MORE[call.name]
            yield rule, what, f"{call.detail} {call.by}".strip()
        elif call.name == "play" and call.phase is Phase.ARRIVE:
            yield "P12d", "自动播放音频或视频", call.detail
    for request in visit.requests:
        if request.device and request.phase is not Phase.PAY:
            yield "P9b", f"上报手机的{request.device}", request.url


_UNANSWERED = {"websocket", "ping", "beacon"}  # kinds of request that a page sends and expects no answer to


def _recording(visit: Visit) -> Breaches:
    keys = any(c.name == "keys" or (c.name == "listen" and c.detail.startswith("key")) for c in visit.calls)
    for request in visit.requests:
        if keys and request.series and request.method == "POST":
            yield "P9b", "记录击键或触摸的时刻并上报", request.url
            break
    early = [call for call in visit.calls if call.phase in BEFORE_SUBMIT]
    watched = {call.detail for call in early if call.name == "listen"} & _SPIED_ON
    mutations = any(call.name == "observe" for call in early)
    if len(watched) < 3 and not mutations:
        return
    sent = [r for r in visit.requests if r.phase in BEFORE_SUBMIT and not r.main and _reports(r)]
    often = max(Counter(path_of(r.url) for r in sent).values(), default=0) > 1
    if sent and (often or any(r.series or r.kind in _UNANSWERED for r in sent)):
        how = "、".join([*sorted(watched), *(["页面快照"] if mutations else [])])
        yield "P9b", "监听操作并上报（录屏式统计）", f"{how} → {sent[0].url}"


def _reports(request: Request) -> bool:
    """Return whether a request can carry what was watched: data sent, or an address with data after a touch."""
    if request.kind in {"connection", "document"}:
        return False
    if request.kind in _UNANSWERED:
        return True
    if request.method == "POST":
        return request.touched or request.series
    return request.touched and request.query and request.kind in {"image", "fetch", "xhr"}
