"""What the rules find in visits: each function takes one visit and yields breaches with their evidence.

No Django.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from selfcheck import page_wording
from selfcheck.hosts import Lists
from selfcheck.sites import host_of, scheme_of
from selfcheck.visit import BEFORE_PAY, BEFORE_SUBMIT, Field, Phase, Screen, Visit


@dataclass(frozen=True, order=True)
class Finding:
    """One breach: the rule, what was seen, and on which phones."""

    rule: str
    what: str  # Chinese, with the evidence in it
    evidence: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Context:
    """What a judge needs beside the visit."""

    lists: Lists
    labelled: str = "pure"  # what the sign says of the code: pure, member, or nothing

    def whose(self, url: str) -> str:
        owner = self.lists.owner(host_of(url))
        return (
            f"（{owner.name}，{owner.category}，名单规则 {owner.rule}，{owner.source}）"
            if owner
            else "（名单外）"
        )


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
    return [visit.screens[phase] for phase in BEFORE_PAY if phase in visit.screens]


@judge
def straight_to_the_plate(visit: Visit, _context: Context) -> Breaches:
    for hop in visit.hops:
        if hop.how == "scheme":
            yield "P1", "打开页面时要跳到应用", hop.url
        elif hop.third:
            yield "P1", "到车牌页之前跳转了他站", hop.url
    if not visit.stopped and sum(not hop.third and hop.how != "scheme" for hop in visit.hops) > 1:
        yield "P1", "到车牌页之前跳转超过一次", " → ".join(hop.url for hop in visit.hops)
    if not visit.typed_by and not visit.stopped and visit.status == 200 and visit.scripts:
        yield "P1", "第一页没有车牌输入框", visit.url


@judge
def two_acts(visit: Visit, _context: Context) -> Breaches:
    if visit.scripts and visit.cashier and visit.acts > 2:
        yield "P2", f"到收银台共 {visit.acts} 步", visit.cashier


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
    r"票号|取票|券码|发票|车位|泊位|搜索|停车场|ticket|search|other|overseas|其他|境外", re.IGNORECASE
)
_TYPED = {"text", "search", "number", "tel", "email", "password", "date", "url", "textarea"}


@judge
def only_the_plate(visit: Visit, _context: Context) -> Breaches:
    for screen in before_pay(visit):
        for row in screen.fields:
            if said := _too_much(row):
                yield "P3", said, f"<{row.tag} type={row.type} name={row.name}> {row.label}".strip()


def _too_much(row: Field) -> str:
    words = f"{row.name} {row.label} {row.autocomplete}"
    if row.type == "hidden":
        return "表单里带有隐藏的用户标识" if _HIDDEN_ID.match(row.name) else ""
    if row.plate or not row.visible:
        return ""
    if (
        row.type in {"tel", "email", "password"}
        or row.autocomplete == "one-time-code"
        or _PERSONAL.search(words)
    ):
        return "要求填写个人信息"
    if row.type == "file":
        return "要求上传文件"
    if row.type in _TYPED and not _HARMLESS.search(words):
        return "除车牌外还有输入框"
    return ""


_USERINFO = re.compile(
    r"scope=(?:[^&]*(?:snsapi_userinfo|auth_user|auth_zhima|auth_base,auth_user))", re.IGNORECASE
)
_ASKS_WHO = {"getUserProfile", "getUserInfo", "getPhoneNumber", "getAuthUserInfo", "chooseContact"}


@judge
def nobody_asks_who(visit: Visit, _context: Context) -> Breaches:
    for request in visit.requests:
        if "#userinfo" in request.url:
            yield "P4a", "跳转授权以获取用户信息", request.url
        elif "#base" in request.url and request.phase in BEFORE_PAY:
            yield "P4b", "支付之前就静默授权", request.url
    for call in visit.calls:
        if call.name in _ASKS_WHO:
            yield "P4a", f"调用 {call.name} 索取用户信息", call.by


def scope_mark(url: str) -> str:
    """Return what an authorisation address asks for, as a mark that survives tidying."""
    if _USERINFO.search(url):
        return "#userinfo"
    return "#base" if re.search(r"scope=[^&]*(?:snsapi_base|auth_base)", url) else ""


@judge
def no_prompts(visit: Visit, context: Context) -> Breaches:
    for screen in before_pay(visit):
        texts = {screen.text, *(f"{c.text}\n" for c in screen.controls), *screen.overlays}
        for text in sorted(texts):
            for name, clause in page_wording.prompts_in(text).items():
                if not (context.labelled == "member" and name in {"会员", "注册", "登录", "手机号", "授权"}):
                    yield "P5a", f"缴费前出现“{name}”引导", clause
        for row in screen.fields:
            if row.ticked and row.type == "checkbox":
                yield "P5b", "选项被预先勾选", f"{row.name} {row.label}".strip()


@judge
def nothing_covers_the_page(visit: Visit, _context: Context) -> Breaches:
    for screen in before_pay(visit):
        for words in screen.overlays:
            yield "P5c", "遮罩或弹窗盖住页面", words
    for words in visit.dialogs:
        yield "P5c", "弹出系统对话框", words
    for url in visit.popups:
        yield "P5c", "弹出新页面", url


@judge
def the_pay_button_pays(visit: Visit, _context: Context) -> Breaches:
    if visit.waylaid:
        yield "P5d", "点击支付后没有进入收银台，先出现了别的内容", visit.waylaid
    for screen in before_pay(visit):
        for control in screen.controls:
            if page_wording.PAY.search(control.text) and page_wording.LURE.search(control.text):
                yield "P5d", "按钮形似支付，实为营销", control.text
            elif page_wording.is_pay(control.text) and control.third:
                yield "P5d", "支付字样的按钮通向他站", f"{control.text} → {control.href}"


@judge
def nobody_else_is_asked(visit: Visit, context: Context) -> Breaches:
    for request in visit.requests:
        if request.third and not request.main:  # the page itself being replaced is P1's and P5d's
            yield (
                "P6",
                f"请求第三方 {host_of(request.url)}{context.whose(request.url)}",
                f"{request.kind} {request.url}",
            )
        elif request.cname and (owner := context.lists.owner(request.cname)):
            yield (
                "P6",
                f"以本站域名伪装的第三方：实为 {owner.name}",
                f"{host_of(request.url)} → {request.cname}",
            )


_LASTING = {"localStorage", "indexedDB", "cache", "worker"}


@judge
def nothing_is_left(visit: Visit, _context: Context) -> Breaches:
    for row in visit.kept:
        if row.phase is Phase.PAY:
            continue
        evidence = f"{row.where} {row.name}，由 {row.by} 写入"
        if row.where in _LASTING or row.third or row.days >= 1:
            how_long = f"，{row.days} 天" if row.days else ""
            yield "P7a", f"浏览器里留下 {row.where}{how_long}" + ("（第三方）" if row.third else ""), evidence
        else:
            yield "P7b", f"使用会话 {row.where}", evidence


@judge
def the_plate_stays_here(visit: Visit, context: Context) -> Breaches:
    for request in visit.requests:
        in_address = sorted(form for form in request.plate if form.startswith(("url:", "referer:")))
        forms = "、".join(request.plate)
        if request.plate and (request.third or (request.cname and context.lists.owner(request.cname))):
            yield "P8b", f"车牌发给第三方 {host_of(request.url)}", f"{forms} {request.url}"
        if in_address and not request.third:
            yield "P8a", "车牌出现在网址或 Referer 中", f"{'、'.join(in_address)} {request.url}"
        if request.phase in BEFORE_SUBMIT and request.plate and not request.third:
            yield "P8c", "车牌没输完就被发送", f"{forms} {request.url}"
    for row in visit.kept:
        if row.plate:
            yield "P8c", "车牌被写入浏览器存储", f"{row.where} {row.name}"


_PERMISSIONS = {
    "geolocation": "定位", "getLocation": "定位", "camera": "相机或麦克风", "clipboard": "剪贴板",
    "sensors": "传感器", "notification": "通知", "bluetooth": "蓝牙", "contacts": "通讯录",
    "scanQRCode": "相机", "chooseImage": "相册", "deviceInfo": "设备信息",
}  # fmt: skip
_WATCHED = {"mousemove", "touchmove", "scroll", "keydown", "keyup", "input", "click", "pointermove"}


@judge
def no_permission_no_fingerprint(visit: Visit, _context: Context) -> Breaches:
    for call in visit.calls:
        if call.name in _PERMISSIONS:
            yield "P9a", f"索要{_PERMISSIONS[call.name]}", call.by
        elif call.name in {"canvas", "audio", "fonts"}:
            yield "P9b", f"采集设备指纹（{call.name}）", call.by
    watched = {call.detail for call in visit.calls if call.name == "listen" and call.phase is Phase.ARRIVE}
    sent = [r for r in visit.requests if r.phase in BEFORE_SUBMIT and r.method == "POST"]
    if len(watched & _WATCHED) >= 3 and sent:
        yield (
            "P9b",
            "监听操作并上报（录屏式统计）",
            f"{'、'.join(sorted(watched & _WATCHED))} → {sent[0].url}",
        )


@judge
def protected(visit: Visit, _context: Context) -> Breaches:
    if visit.url and not visit.secure:
        yield "P10a", "页面未使用 HTTPS", visit.url
    for request in visit.requests:
        if (
            visit.secure
            and visit.url.startswith("https:")
            and scheme_of(request.url) == "http"
            and not request.third
        ):
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
    screen = visit.screens.get(Phase.SUBMIT)
    if screen and (found := page_wording.TELLS_TOO_MUCH.search(screen.text)):
        yield "P11b", "查询结果透露过多", found.group()


def _difference(one: str, other: str) -> tuple[str, str]:
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[max(0, start - 10) :] or "(nothing)", other[max(0, start - 10) :] or "(nothing)"


@judge
def honest_about_money(visit: Visit, _context: Context) -> Breaches:
    screens = before_pay(visit)
    text = "\n".join(screen.text for screen in screens)
    if visit.typed_by:
        for rule, pattern, said in (
            ("P12a", page_wording.PAYEE, "没有写明收款方"),
            ("P12b", page_wording.PRICE_RULE, "没有写明收费标准"),
            ("P12c", page_wording.PHONE, "没有服务或投诉电话"),
        ):
            if not pattern.search(text):
                yield rule, said, visit.url
    for screen in screens:
        for control in screen.controls:
            if control.ad or (control.third and control.picture):
                yield "P12d", "广告位", f"{control.text} → {control.href}".strip()
        if found := page_wording.AD.search(screen.text):
            yield "P12d", "页面带有广告", found.group()
    if found := page_wording.DEARER.search(text):
        yield "P12e", "以会员价区别收费", " ".join(found.group().split())


@judge
def for_everybody(visit: Visit, _context: Context) -> Breaches:
    for name in visit.barriers or ():
        yield "P13a", "无障碍检查未通过", name
    if not visit.scripts and visit.status == 200 and not visit.stopped and not visit.typed_by:
        yield "P13b", "关闭脚本后没有可用的车牌表单", visit.url
    elif not visit.scripts and visit.typed_by and Phase.SUBMIT not in visit.screens:
        yield "P13b", "关闭脚本后无法提交车牌", visit.url
    for name in visit.cut_off or ():
        yield "P13c", "字号放大后内容被截断", name


@judge
def what_the_label_says(visit: Visit, context: Context) -> Breaches:
    screen = visit.screens.get(Phase.ARRIVE)
    if screen and context.labelled == "pure":
        found = page_wording.MEMBER_PAGE.search(f"{screen.title}\n{screen.text[:200]}")
        clause = found and page_wording.prompts_in(screen.text).get("会员", screen.title)
        if found and clause:
            yield "P14", "标为纯净码，打开的却是会员页", found.group()


@judge
def a_true_notice(visit: Visit, _context: Context) -> Breaches:
    if not visit.typed_by or visit.notice is None:
        return
    text = "\n".join((visit.notice, *(screen.text for screen in before_pay(visit))))
    if not visit.notice and not page_wording.NOTICE.search(text):
        yield "P15a", "缴费前看不到隐私说明", visit.url
        return
    told = visit.notice or text
    if missing := [name for name, part in page_wording.NOTICE_PARTS.items() if not part.search(told)]:
        words = {"purpose": "用途", "retention": "保存期限", "contact": "联系方式"}
        yield "P15a", "隐私说明不完整", "、".join(words[name] for name in missing)
    if page_wording.SAYS_NO_COOKIE.search(text) and any(row.where == "cookie" for row in visit.kept):
        yield "P15b", "说明称不用 Cookie，实测写入了 Cookie", visit.kept[0].name
    others = [r for r in visit.requests if r.third and not (r.main or r.phase is Phase.PAY)]
    if page_wording.SAYS_NO_OTHERS.search(text) and others:
        yield "P15b", "说明称不提供给第三方，实测请求了第三方", others[0].url
    if page_wording.SAYS_NOTHING_KEPT.search(text) and any(row.days >= 1 for row in visit.kept):
        yield "P15b", "说明称不收集任何信息，实测留下了标识", visit.kept[0].name
