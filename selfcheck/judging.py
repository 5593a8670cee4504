"""What the rules find in visits: each function takes one visit and yields breaches with their evidence.

A breach is tied to something that acts: a control, a field, an overlay, a permission, a request, a cookie,
or a sentence that itself asks for something. A mere mention is none.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from selfcheck import page_wording
from selfcheck.cashiers import cashier_at, may_be_cashier
from selfcheck.hosts import Lists
from selfcheck.page_controls import asked_first, leads_elsewhere, of_parking, priced_goods
from selfcheck.page_wording import simplified
from selfcheck.qr_codes import Code
from selfcheck.sites import host_of, path_of, scheme_of, site_of
from selfcheck.visit import (
    BEFORE_PAY,
    BEFORE_SUBMIT,
    Control,
    Field,
    Overlay,
    Phase,
    Picture,
    Request,
    Screen,
    Visit,
)


@dataclass(frozen=True, order=True)
class Finding:
    """One breach: the rule, what was seen, and on which phones."""

    rule: str
    what: str  # Chinese, with the evidence in it
    evidence: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Context:
    """What a judge needs besides the visit."""

    lists: Lists
    labelled: str = "pure"  # what the sign calls the code: pure, member, or nothing

    def whose(self, url: str, kind: str = "") -> str:
        owner = self.lists.owner(host_of(url)) or self.lists.blocked(url, kind)
        if not owner:
            return "（名单外）"
        return f"（{owner.name}，{owner.category}，名单规则 {owner.rule}，{owner.source}）"


type Breaches = Iterator[tuple[str, str, str]]
type Judge = Callable[[Visit, Context], Breaches]
JUDGES: list[Judge] = []


def judge(function: Judge) -> Judge:
    JUDGES.append(function)
    return function


def findings(visit: Visit, context: Context) -> list[Finding]:
    """Return every breach in a visit, each once."""
    found = {
        Finding(rule, what, evidence, visit.phone)
        for function in JUDGES
        for rule, what, evidence in function(visit, context)
    }
    return sorted(found)


def before_pay(visit: Visit) -> list[Screen]:
    return [screen for screen in visit.screens if screen.phase in BEFORE_PAY]


def moment(screen: Screen) -> str:
    return MOMENTS.get(screen.moment, "")


# At these moments a page may tell what happened.
_EXCUSED = {"cancelled", "left", "returned", "turned", "offline", "online", "behind"}
MOMENTS = {
    "opened": "打开时", "waited": "停留后", "touched": "首次触摸后", "scrolled": "滚动后", "field touched": "点车牌框后",
    "fee read": "看费用时", "cancelled": "取消支付后", "touched again": "再次触摸后", "left": "离开页面时",
    "returned": "回到页面时", "turned": "横屏时", "variant": "换语言或字号后", "offline": "断网时", "online": "网络恢复时", "typed": "输入后", "fee": "查费后", "pay": "点支付后", "second visit": "再次打开时", "keyboard": "键盘上",
}  # fmt: skip


@judge
def first_page_is_the_plate_page(visit: Visit, _context: Context) -> Breaches:
    for hop in visit.hops:
        if hop.how == "scheme":
            yield "P1", "打开页面时要跳到应用", hop.url
        elif hop.third:
            yield "P1", "到车牌页之前跳转了他站", hop.url
    if not visit.stopped and sum(not hop.third and hop.how != "scheme" for hop in visit.hops) > 1:
        yield "P1", "到车牌页之前跳转超过一次", " → ".join(hop.url for hop in visit.hops)
    if no_plate_form(visit):
        yield "P1", "第一页没有车牌输入框", visit.url
    for url in visit.downloads if "opened" in visit.did else ():
        yield "P1", "打开页面就下载文件", url


def no_plate_form(visit: Visit) -> bool:
    """Say whether the page was read at leisure and shows something else instead of a place for the plate."""
    if (
        visit.typed_by
        or visit.stopped
        or visit.status != 200
        or not visit.scripts
        or "scrolled" not in visit.did
    ):
        return False
    return not out_of_service(visit)


def out_of_service(visit: Visit) -> bool:
    """Say whether the page only announces that it does not work: nothing can be judged of it."""
    screens = [screen for screen in visit.screens if screen.phase is Phase.ARRIVE]
    text = page_wording.all_text(screens).strip()
    short = len(text) < 200 and not any(screen.fields for screen in screens)
    return short and bool(page_wording.MAINTENANCE.search(text))


@judge
def two_acts(visit: Visit, _context: Context) -> Breaches:
    if visit.scripts and visit.cashier and visit.acts > 2:
        yield "P2", f"到收银台共 {visit.acts} 步", visit.cashier
    elif visit.scripts and not visit.cashier and visit.acts > 3 and not visit.cashier_unknown:
        yield "P2", f"按了 {visit.acts} 步仍未到收银台", visit.url


_PERSONAL = re.compile(
    r"phone|mobile|\btel\b|tel_|sms|vcode|verify_?code|captcha|id_?card|idno|real_?name|user_?name|nick|e?mail|birthday|gender"
    r"|手机|电话|验证码|姓名|身份证|邮箱|生日|昵称|性别",
    re.IGNORECASE,
)
_HIDDEN_ID = re.compile(
    r"^(?:u_?id|user_?id|open_?id|union_?id|device_?id|client_?id|visitor_?id|member_?id|imei|oaid|idfa|phone|mobile|finger\w*)$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"票号|取票|券码|发票|车位|泊位|搜索|停车场|车牌|号牌|车号|ticket|search|other|overseas|plate|其他|境外|省份|图形码",
    re.IGNORECASE,
)
_TYPED = {"text", "search", "number", "tel", "email", "password", "date", "url", "textarea"}


@judge
def only_the_plate(visit: Visit, _context: Context) -> Breaches:
    for screen in visit.screens:
        if screen.phase is Phase.PAY and visit.cashier and site_of(screen.url) != site_of(visit.url):
            continue  # a cashier's own fields
        boxes = [row for row in screen.fields if row.plate]
        for row in screen.fields:
            if len(boxes) >= 6 and not row.name and row.type != "hidden" and not _PERSONAL.search(row.label):
                continue  # one of the boxes of the plate
            if what := _too_much(row):
                evidence = f"<{row.tag} type={row.type} name={row.name}> {row.label}".strip()
                yield "P3", what, evidence


def _too_much(row: Field) -> str:
    words = f"{row.name} {simplified(row.label)} {row.autocomplete}"
    if row.type == "hidden":
        return "表单里带有隐藏的用户标识" if _HIDDEN_ID.match(row.name) else ""
    if row.plate or not row.visible or row.type == "choice":
        return ""
    choice = row.type in {"checkbox", "radio", "switch"} and not row.ticked  # a ticked one is P5b's
    if (choice or row.tag == "select") and _strange_choice(simplified(row.label)):
        return "与缴费无关的选项"
    if (
        row.type in {"tel", "email", "password"}
        or row.autocomplete == "one-time-code"
        or (_PERSONAL.search(words) and row.type not in {"checkbox", "radio", "switch"})
    ):
        return "要求填写个人信息"
    if row.type == "file":
        return "要求上传文件"
    if row.type in _TYPED and not _HARMLESS.search(words):
        return "除车牌外还有输入框"
    return ""


def _strange_choice(label: str) -> bool:
    return len(label) >= 2 and not _HARMLESS.search(label) and leads_elsewhere(label)


_USERINFO = re.compile(
    r"scope=(?:[^&]*(?:snsapi_userinfo|auth_user|auth_zhima|auth_base,auth_user))", re.IGNORECASE
)
_ASKS_WHO = re.compile(
    r"^(?:getUserProfile|getUserInfo|getPhoneNumber|getAuthUserInfo|getOpenUserInfo|chooseContact|openAddress|editAddress"
    r"|chooseAddress|getAddress|getUserPhone|getWeChatUser|getOpenId|getIdCard|startFacialRecognition\w*|chooseInvoice\w*"
    r"|getRecommendedAddress|contact|searchContacts|selectEnterpriseContact|getTeamUserInfo|requestPhoneNumber)$"
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


_PROFILE = re.compile(
    r"mp\.weixin\.qq\.com/(?:mp/(?:profile_ext|subscribemsg)|s\b)|weixin\.qq\.com/r/|u\.wechat\.com"
    r"|work\.weixin\.qq\.com|weixin://(?:contacts|dl/(?:officialaccounts|profile|add))|qm\.qq\.com|jq\.qq\.com|weibo\.com|douyin\.com|xiaohongshu\.com|xhslink\.com|kuaishou\.com",
    re.IGNORECASE,
)
_LEADS_ELSEWHERE = {
    "公众号关注码": "关注",
    "微信群码": "加好友",
    "个人或群的加好友码": "加好友",
    "QQ 加群码": "加好友",
}
_MEMBER_WORDS = {"会员", "注册", "登录", "手机号", "授权"}


@judge
def no_prompts(visit: Visit, context: Context) -> Breaches:
    for screen in before_pay(visit):
        for name, evidence in _prompts_on(screen):
            if not (context.labelled == "member" and name in _MEMBER_WORDS):
                yield "P5a", f"缴费前出现“{name}”引导", evidence
        for row in screen.fields:
            label = simplified(row.label)
            chosen = row.ticked and (page_wording.CONSENT.search(label) or _strange_choice(label))
            if (row.ticked and row.type in {"checkbox", "switch"}) or (
                row.type in {"radio", "choice"} and chosen
            ):
                yield "P5b", "选项被预先勾选", f"{row.name} {row.label}".strip()


def _prompts_on(screen: Screen) -> Iterator[tuple[str, str]]:
    found = _prompts_to_press(screen)
    for overlay in screen.overlays:
        if page_wording.overlay_kind(overlay) != "keyboard":
            for name, clause in page_wording.prompts_in(overlay.text).items():
                found.setdefault(name, clause)
    for name, evidence in _prompts_in_pictures(screen):
        found.setdefault(name, evidence)
    if first := asked_first(screen.text):
        found.setdefault("先做别的", first)
    for text in (screen.title, screen.text, *(row.label for row in screen.fields if row.visible)):
        for name, clause in page_wording.prompts_in(text).items():
            found.setdefault(name, clause)
    yield from found.items()


def _prompts_to_press(screen: Screen) -> dict[str, str]:
    found: dict[str, str] = {}
    for control in screen.controls:
        if _PROFILE.search(control.href):
            found.setdefault("关注", f"链接 {control.text} → {control.href}")
        elif _unexplained(control, screen):
            found.setdefault("其他入口", f"没有文字的链接 {control.text} {control.href}")
        elif name := page_wording.prompt_of_control(control.text):
            found.setdefault(name, f"按钮 {control.text}")
        elif _leads_elsewhere(control, screen):
            found.setdefault("其他入口", f"与缴费无关的按钮或链接 {control.text} {control.href}".strip())
    return found


# What a link without words may show, and where it may lead.
_SIGNS = re.compile(r"^[\s‹›<>«»←→↑↓⬅➡×✕✖⨯?？ℹ☎📞🏠🌐🔍⌨⚙❓❔⋮⋯…☰+\-–—©®\ufe0f]*$")
_PATHS = re.compile(
    r"help|notice|rule|fee|price|about|contact|lang|privacy|map|invoice|receipt|service|faq|back|index|home|park|lot|car|plate|bill|record|pay|tel|phone|complain|access",
    re.IGNORECASE,
)


def _unexplained(control: Control, screen: Screen) -> bool:
    """Say whether a link to another page of the site says with no word what it is."""
    path = path_of(control.href)
    if control.frame or not control.href.startswith("http") or re.search(r"\w", control.text):
        return False
    if path in {"", "/", path_of(screen.url)} or _PUBLIC.search(host_of(control.href)):
        return False
    return not (_PATHS.search(path) or (control.text.strip() and _SIGNS.search(control.text)))


def _leads_elsewhere(control: Control, screen: Screen) -> bool:
    """Say whether something to be pressed has nothing to do with paying for parking."""
    if control.frame or control.href.startswith(("tel:", "mailto:")) or _PUBLIC.search(host_of(control.href)):
        return False
    path = path_of(control.href)
    if control.href and not control.third and path in {"", "/", path_of(screen.url)}:
        return False  # the site's or the page's own top
    return len(control.text) <= 40 and leads_elsewhere(control.text)


def _prompts_in_pictures(screen: Screen) -> Iterator[tuple[str, str]]:
    for picture in screen.pictures:
        if kind := _LEADS_ELSEWHERE.get(Code(picture.code, 0, 0).foreign):
            yield kind, f"图片里的二维码 {picture.code}"
        for name, clause in page_wording.prompts_on_poster(picture.text or picture.alt).items():
            yield name, f"图片文字 {clause}"


@judge
def nothing_strange_is_behind(visit: Visit, context: Context) -> Breaches:
    """What the page's own links and buttons open belongs to the page, whatever they are called."""
    for text, screen in visit.behind:
        if site_of(screen.url) != site_of(visit.url):
            if screen.url.startswith("http") and not cashier_at(screen.url):
                yield "P5a", "链接或按钮转到他站", f"{text} → {screen.url}"
            continue
        found = [page_wording.overlay_kind(overlay) in {"prompt", "ad"} for overlay in screen.overlays]
        asked = dict(_prompts_in_pictures(screen)) | _prompts_to_press(screen)
        if asked or screen.pictures:  # words alone explain something there
            asked |= page_wording.prompts_in(screen.text)
        if context.labelled == "member":
            asked = {name: clause for name, clause in asked.items() if name not in _MEMBER_WORDS}
        if any(found) or asked:
            what = next(iter(asked), "弹窗")
            yield "P5a", f"链接或按钮后面是“{what}”引导", f"{text} → {asked.get(what, screen.url)}"
        elif sold := page_wording.advertised(screen.text):
            yield "P12d", "链接或按钮后面是推销", f"{text} → {sold}"


@judge
def nothing_is_said_aloud(visit: Visit, _context: Context) -> Breaches:
    for call in visit.calls:
        if call.name == "spoken" and call.phase in BEFORE_PAY:
            for name, clause in page_wording.prompts_in(call.detail).items():
                yield "P5a", f"语音播报“{name}”引导", clause


def _excused(screen: Screen, overlay: Overlay) -> bool:
    """Say whether a cover tells what just happened; on a turned phone a bar alone covers much."""
    state = page_wording.STATE.search(overlay.text)
    return screen.moment == "turned" or (screen.moment in _EXCUSED and bool(state))


@judge
def nothing_covers_the_page(visit: Visit, _context: Context) -> Breaches:
    for screen in before_pay(visit):
        for overlay in screen.overlays:
            kind = page_wording.overlay_kind(overlay)
            unasked = screen.phase is Phase.ARRIVE
            stray = not page_wording.speaks_of_parking(overlay.text)
            if kind == "other" and _excused(screen, overlay):
                continue
            if kind in {"prompt", "ad"} or (kind == "other" and (unasked or overlay.modal or stray)):
                yield "P5c", f"{moment(screen)}遮罩或弹窗盖住页面", overlay.text[:60]
            elif kind == "trap":
                yield "P5c", f"{moment(screen)}看不见的一层截住触摸", overlay.trap
    for text in visit.dialogs:
        yield "P5c", "弹出系统对话框", text
    for url in visit.popups:
        yield "P5c", "弹出新页面", url
    if visit.traps_back or _traps_back(visit):
        yield "P5c", "拦截返回键", visit.url


def _traps_back(visit: Visit) -> bool:
    """Say whether the page adds itself to the history unasked, and listens for going back."""
    early = [call for call in visit.calls if call.phase is Phase.ARRIVE]
    listens = any(call.name == "listen" and call.detail == "popstate" for call in early)
    pushes = [call for call in early if call.name == "push"]
    here = visit.url.partition("?")[0].partition("#")[0]
    same = [
        c
        for c in pushes
        if c.detail in {"same", "", "#"} or c.detail.partition("?")[0].partition("#")[0] in here
    ]
    return listens and bool(same)


@judge
def pay_button_pays(visit: Visit, _context: Context) -> Breaches:
    if visit.waylaid:
        yield "P5d", "点击支付后没有进入收银台，先出现了别的内容", visit.waylaid
    for screen in before_pay(visit):
        for control in screen.controls:
            text = simplified(control.text)
            if (
                page_wording.PAY.search(text)
                and page_wording.LURE.search(text)
                and not page_wording.denied(text)
            ):
                yield "P5d", "按钮形似支付，实为营销", control.text
            elif page_wording.is_pay(text) and control.third and not may_be_cashier(control.href):
                yield "P5d", "支付字样的按钮通向他站", f"{control.text} → {control.href}"


@judge
def no_third_party(visit: Visit, context: Context) -> Breaches:
    for request in visit.requests:
        if request.kind == "pieces":
            continue
        if request.phase is Phase.PAY and visit.cashier and cashier_at(request.url):
            continue  # the cashier, embedded after pay was pressed
        if request.third and not request.main:  # the page itself being replaced is P1's and P5d's
            what = {"websocket": "向第三方建立长连接", "connection": "预先连接第三方"}.get(
                request.kind, "请求第三方"
            )
            whose = context.whose(request.url, request.kind)
            yield "P6", f"{what} {host_of(request.url)}{whose}", f"{request.kind} {request.url}"
        elif request.cname and (owner := context.lists.owner(request.cname)):
            what = f"以本站域名伪装的第三方：实为 {owner.name}"
            yield "P6", what, f"{host_of(request.url)} → {request.cname}"


@judge
def nothing_is_reported_elsewhere(visit: Visit, context: Context) -> Breaches:
    """A header may have the browser report to another site what happens on the page."""
    for name in ("content-security-policy", "content-security-policy-report-only", *_REPORTING):
        value = visit.headers.get(name, "")
        part = value if name in _REPORTING else "".join(re.findall(r"report-uri[^;]*", value))
        for url in re.findall(r"https?://[^\s\"'>,;]+", part):
            if site_of(url) != site_of(visit.url):
                yield "P6", f"让浏览器向第三方 {host_of(url)} 报告{context.whose(url)}", name


_REPORTING = ("reporting-endpoints", "report-to")


@judge
def no_other_transport(visit: Visit, context: Context) -> Breaches:
    for call in visit.calls:
        if call.name == "transport" and site_of(call.detail) != site_of(visit.url):
            yield "P6", f"向第三方建立长连接 {host_of(call.detail)}{context.whose(call.detail)}", call.detail


@judge
def no_connection_hinted(visit: Visit, context: Context) -> Breaches:
    seen = {host_of(request.url) for request in visit.requests}
    for screen in before_pay(visit):
        for url in screen.hints:
            if host_of(url) not in seen and not may_be_cashier(url) and not cashier_at(url):
                yield "P6", f"预先连接第三方 {host_of(url)}{context.whose(url)}", f"<link> {url}"


_LASTING = {"localStorage", "indexedDB", "cache", "files"}


@judge
def nothing_is_left(visit: Visit, _context: Context) -> Breaches:
    for row in visit.stored:
        if row.phase is Phase.PAY or row.where in {"window.name", "history.state"}:
            continue
        evidence = f"{row.where} {row.name}，由 {row.by} 写入"
        if row.where == "worker":  # it lasts, but a script alone tells nobody apart
            yield "P7b", "注册了常驻脚本（Service Worker）", evidence
            continue
        if row.where in _LASTING or row.third or row.hours >= 1:
            days = (
                f"，{round(row.hours / 24)} 天"
                if row.hours >= 24
                else f"，{row.hours} 小时"
                if row.hours
                else ""
            )
            third = "（第三方）" if row.third else ""
            yield "P7a", f"浏览器里留下 {row.where}{days}{third}", evidence
        else:
            yield "P7b", f"使用会话 {row.where}", evidence


@judge
def plate_stays_here(visit: Visit, context: Context) -> Breaches:
    for form, url in visit.addresses:
        yield "P8a", "车牌出现在网址中", f"{form} {url}"
    for request in visit.requests:
        in_address = sorted(form for form in request.plate if form.startswith(("url:", "referer:")))
        forms = "、".join(request.plate)
        if request.plate and (request.third or (request.cname and context.lists.owner(request.cname))):
            yield "P8b", f"车牌发给第三方 {host_of(request.url)}", f"{forms} {request.url}"
        if in_address and not request.third and request.phase is not Phase.TYPE:
            yield "P8a", "车牌出现在网址或 Referer 中", f"{'、'.join(in_address)} {request.url}"
        if request.phase in BEFORE_SUBMIT and request.plate and not request.third:
            yield "P8c", "车牌没输完就被发送", f"{forms} {request.url}"
    for row in visit.stored:
        if row.plate:
            yield "P8c", "车牌被写入浏览器存储", f"{row.where} {row.name}"


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
    "background": ("P9a", "登记后台运行"), "kept": ("P9a", "申请长期存储"), "adverts": ("P9b", "调用广告接口"),
}  # fmt: skip
PROPERTIES = 5  # of the phone read by one page before it counts as a fingerprint


@judge
def no_permission_no_fingerprint(visit: Visit, _context: Context) -> Breaches:
    for call in visit.calls:
        if call.phase is Phase.PAY and visit.cashier:
            continue
        if call.name in _PERMISSIONS:
            yield "P9a", f"索要{_PERMISSIONS[call.name]}", f"{call.detail} {call.by}".strip()
        elif call.name in _FINGERPRINTS:
            yield "P9b", f"采集设备指纹（{_FINGERPRINTS[call.name]}）", f"{call.detail} {call.by}".strip()
    read = sorted({call.detail for call in visit.calls if call.name == "property"})
    if len(read) >= PROPERTIES:
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
    if sent:
        how = "、".join([*sorted(watched), *(["页面快照"] if mutations else [])])
        yield "P9b", "监听操作并上报（录屏式统计）", f"{how} → {sent[0].url}"


def _reports(request: Request) -> bool:
    """Say whether a request can carry what was watched: data sent, or an address with data after a touch."""
    if request.kind in {"connection", "document"}:
        return False
    if request.method == "POST" or request.kind in {"websocket", "ping", "beacon"}:
        return True
    return request.touched and request.query and request.kind in {"image", "fetch", "xhr"}


@judge
def protected(visit: Visit, _context: Context) -> Breaches:
    if visit.url and not visit.secure:
        yield "P10a", "页面未使用 HTTPS", visit.url
    for request in visit.requests:
        clear = scheme_of(request.url) in {"http", "ws"}
        if visit.secure and visit.url.startswith("https:") and clear and not request.third:
            yield "P10a", "页面请求了明文地址", request.url
    headers = visit.headers
    if not headers:
        return
    policy = headers.get("content-security-policy", "")
    wanted = {
        "Content-Security-Policy": bool(policy),
        "X-Content-Type-Options": headers.get("x-content-type-options") == "nosniff",
        "Referrer-Policy": headers.get("referrer-policy", "")
        not in {"", "unsafe-url", "no-referrer-when-downgrade"},
        "frame-ancestors": "frame-ancestors" in policy or "x-frame-options" in headers,
    }
    if visit.url.startswith("https:"):
        wanted["Strict-Transport-Security"] = "strict-transport-security" in headers
    if missing := [name for name, there in wanted.items() if not there]:
        yield "P10b", "缺少安全响应头", "、".join(missing)
    if visit.answer_headers and "no-store" not in visit.answer_headers.get("cache-control", ""):
        yield "P10b", "车牌查询结果可能被缓存", visit.answer_headers.get("cache-control", "(none)")


@judge
def answers_alike(visit: Visit, _context: Context) -> Breaches:
    if len(visit.answers) == 2 and visit.answers[0] != visit.answers[1]:
        yield (
            "P11a",
            "两个不在场的车牌得到不同答复",
            " ≠ ".join(text[:80] for text in _difference(*visit.answers)),
        )
    for kind, name in visit.disclosed:
        yield "P11b", f"接口的答复里有{kind}", name
    first = visit.first(Phase.ARRIVE)
    known = simplified(first.text) if first else ""
    for screen in visit.screens:
        if screen.phase is not Phase.SUBMIT:
            continue
        text = simplified(screen.text)
        texts = (found.group() for found in page_wording.TELLS_TOO_MUCH.finditer(text))
        # A sign may name places ("B3 is flooded"); a time or a number is of this car wherever it stands.
        if words := next((w for w in texts if w not in known or re.search(r"\d", w)), ""):
            yield "P11b", "查询结果透露过多", words
        elif (place := page_wording.TELLS_PLACE.search(text)) and place.group() not in known:
            yield "P11b", "查询结果透露停放位置", place.group()
        elif besides := page_wording.tells_besides(text, known):
            yield "P11b", "查询结果透露费用以外的信息", besides
        shown = {picture.src for picture in first.pictures} if first else set()
        new = [p for p in screen.pictures if p.src not in shown]
        if photo := next((p for p in new if _photo_of_car(p) or (visit.fee and _photo(p))), None):
            yield "P11b", "查询结果展示车辆照片", f"{photo.alt} {photo.src}".strip()
        plates = {p for p in page_wording.PLATE_NEARBY.findall(text) if not p.endswith("12345")}
        if len(plates) >= 2:
            yield "P11b", "查询结果列出他人车牌", f"{len(plates)} 个"


def _photo(picture: Picture) -> bool:
    """Say whether a picture is fetched, and neither drawn, a code, nor words: an answer needs no other."""
    fetched = picture.src.startswith("http") and not picture.src.partition("?")[0].endswith(".svg")
    return fetched and not picture.code and not picture.text.strip()


def _photo_of_car(picture: Picture) -> bool:
    return bool(page_wording.CAR_PHOTO.search(f"{picture.alt} {picture.src[:120]}"))


def _difference(one: str, other: str) -> tuple[str, str]:
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[max(0, start - 10) :] or "(nothing)", other[max(0, start - 10) :] or "(nothing)"


@judge
def honest_about_money(visit: Visit, _context: Context) -> Breaches:
    screens = before_pay(visit)
    text = page_wording.all_text(screens)
    if visit.typed_by:
        for rule, pattern, what in (
            ("P12a", page_wording.PAYEE, "没有写明收款方"),
            ("P12b", page_wording.PRICE_RULE, "没有写明收费标准"),
            ("P12c", page_wording.PHONE, "没有服务或投诉电话"),
        ):
            if not pattern.search(text):
                yield rule, what, visit.url
    for screen in screens:
        yield from _ads(screen)
        yield from _ads_in_words(screen)
        if found := page_wording.matches(page_wording.DEARER, screen.text):
            yield "P12e", "以会员价区别收费", found
        elif prices := _prices_by_membership(screen):
            yield "P12e", "以会员价区别收费", prices


def _prices_by_membership(screen: Screen) -> str:
    """Return two pay buttons of which one is for members and asks for another amount; empty: none."""
    prices: dict[bool, set[str]] = {True: set(), False: set()}
    for control in screen.controls:
        amount = page_wording.AMOUNT.search(control.text)
        if amount and page_wording.PAY.search(simplified(control.text)):
            prices["会员" in simplified(control.text)].add(amount.group())
    if prices[True] and prices[False] and prices[True] != prices[False]:
        return f"会员 {min(prices[True])}，其他 {min(prices[False])}"
    return ""


_PUBLIC = re.compile(r"(?:^|\.)gov\.cn$|^www\.12377\.cn$")


def _ads(screen: Screen) -> Breaches:
    for control in screen.controls:
        if _PUBLIC.search(host_of(control.href)) or (control.frame and cashier_at(control.href)):
            continue  # the registration of the site, which the law wants on it; a cashier shown in place
        text = simplified(control.text)
        words = page_wording.AD_WORDS.search(text) and not page_wording.denied(text)
        if control.frame:
            yield "P12d", "嵌入他站内容", control.href
        elif (
            (control.third and (control.picture or control.ad or words))
            or (control.picture and words and control.href)
        ) and not page_wording.is_pay(text):
            yield "P12d", "广告位", f"{control.text} → {control.href}".strip()
    for overlay in screen.overlays:
        if page_wording.overlay_kind(overlay) in {"ad", "prompt"} and page_wording.AD_WORDS.search(
            simplified(overlay.text)
        ):
            yield "P12d", "弹窗广告", overlay.text[:60]
    yield from _ads_in_pictures(screen)
    for url in screen.media:
        yield "P12d", "自动播放音频或视频", url


def _ads_in_pictures(screen: Screen) -> Breaches:
    for picture in screen.pictures:
        text = simplified(picture.text or picture.alt)
        if page_wording.AD_WORDS.search(text) and not page_wording.denied(text):
            yield "P12d", "图片广告", f"{text[:60]} {picture.href}".strip()
        elif picture.acts and not picture.unread and _leads_off(picture, screen):
            yield "P12d", "与缴费无关的图片可以点击", f"{text[:60]} {picture.href or picture.src}".strip()


def _leads_off(picture: Picture, screen: Screen) -> bool:
    """Say whether a picture that can be touched has nothing to do with paying, as far as its words go."""
    if _PUBLIC.search(host_of(picture.href)) or path_of(picture.href) in {"/", path_of(screen.url)}:
        return False
    text = simplified(picture.text or picture.alt)
    named = text.strip() and text.strip() in simplified(screen.text)  # a logo
    return not named and not page_wording.speaks_of_parking(text) and not of_parking(text)


def _ads_in_words(screen: Screen) -> Breaches:
    if offer := page_wording.advertised(screen.text):
        yield "P12d", "推销商品或服务", offer
    if goods := priced_goods(screen.text):
        yield "P12d", "标价出售别的商品", goods
    if page_wording.AD_LABEL.search(simplified(screen.text)) and (screen.pictures or screen.overlays):
        yield "P12d", "标有“广告”的内容", moment(screen)


@judge
def usable_by_everyone(visit: Visit, _context: Context) -> Breaches:
    for name in visit.barriers or ():
        yield "P13a", "无障碍检查未通过", name
    if not visit.scripts and visit.status == 200 and not visit.stopped and not out_of_service(visit):
        if not visit.typed_by:
            yield "P13b", "关闭脚本后没有可用的车牌表单", visit.url
        elif visit.last(Phase.SUBMIT) is None and not visit.cashier:
            yield "P13b", "关闭脚本后无法提交车牌", visit.url
    for name in visit.cut_off or ():
        yield "P13c", "字号放大后内容被截断", name


HEADING = 14  # characters: what is longer is a sentence, which may speak of members


@judge
def label_is_true(visit: Visit, context: Context) -> Breaches:
    screen = visit.first(Phase.ARRIVE)
    if screen and context.labelled == "pure":
        headings = [line for line in screen.text[:300].splitlines() if len(line.strip()) <= HEADING]
        head = simplified("\n".join([screen.title, *headings]))
        if found := page_wording.matches(page_wording.MEMBER_PAGE, head):
            yield "P14", "标为纯净码，打开的却是会员页", found


@judge
def notice_is_true(visit: Visit, _context: Context) -> Breaches:
    if not visit.typed_by or visit.notice is None:
        return
    text = simplified("\n".join((visit.notice, *(screen.text for screen in before_pay(visit)))))
    if not visit.notice and not page_wording.NOTICE.search(text):
        yield "P15a", "缴费前看不到隐私说明", visit.url
        return
    notice = simplified(visit.notice) or text
    if missing := [name for name, part in page_wording.NOTICE_PARTS.items() if not part.search(notice)]:
        words = {"purpose": "用途", "retention": "保存期限", "contact": "联系方式"}
        yield "P15a", "隐私说明不完整", "、".join(words[name] for name in missing)
    cookies = [row for row in visit.stored if row.where == "cookie"]
    if page_wording.SAYS_NO_COOKIE.search(text) and cookies:
        yield "P15b", "说明称不用 Cookie，实测写入了 Cookie", cookies[0].name
    others = [r for r in visit.requests if r.third and not (r.main or r.phase is Phase.PAY)]
    if page_wording.SAYS_NO_OTHERS.search(text) and others:
        yield "P15b", "说明称不提供给第三方，实测请求了第三方", others[0].url
    if page_wording.SAYS_NOTHING_STORED.search(text) and any(row.hours >= 24 for row in visit.stored):
        yield "P15b", "说明称不收集任何信息，实测留下了标识", visit.stored[0].name


@judge
def same_for_everyone(visit: Visit, _context: Context) -> Breaches:
    for what in visit.cloaked:
        yield "P16", "对自动化浏览器隐去了内容", what
