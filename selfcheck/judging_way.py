"""What the rules find on the way: the first page, the acts, the fields and choices, the pay button (P1, P2, P3, P5b, P5d)."""

import re
from dataclasses import replace

from selfcheck import clause_wording, covers, page_wording, prompt_wording
from selfcheck.breaches import Breaches, Context, Judges, before_pay
from selfcheck.cashiers import cashier_at, is_authorisation, may_be_cashier
from selfcheck.page_controls import granted, leads_elsewhere, names_plate_kind, of_trade, takes_off
from selfcheck.plain_chinese import simplified
from selfcheck.request_data import IDENTITY
from selfcheck.sites import path_of, site_of
from selfcheck.visit import BEFORE_SUBMIT, Field, Phase, Screen, Visit

judge = Judges()


@judge
def first_page_is_the_plate_page(visit: Visit, _context: Context) -> Breaches:
    for hop in visit.hops:
        if hop.how == "scheme":
            yield "P1", "打开页面时要跳到应用", hop.url
        elif hop.third:
            yield "P1", "到车牌页之前跳转了他站", hop.url
    if not visit.stopped and sum(not hop.third and hop.how == "script" for hop in visit.hops) > 1:
        yield "P1", "到车牌页之前跳转超过一次", " → ".join(hop.url for hop in visit.hops)
    asked = visit.typed_by and visit.before_plate and asks_for_something_else(visit)
    if asked or no_plate_form(visit):
        yield "P1", "第一页没有车牌输入框", visit.url
    if visit.scripts and visit.typed_by and len(visit.before_plate) > 1:
        pressed = " → ".join(visit.before_plate)
        yield "P1", f"到车牌输入处之前要先按 {len(visit.before_plate)} 次", pressed
    for url in visit.downloads if "opened" in visit.did else ():
        yield "P1", "打开页面就下载文件", url


def no_plate_form(visit: Visit) -> bool:
    """Return whether the page was read at leisure and asks for something else instead of the plate."""
    if (
        visit.typed_by
        or visit.stopped
        or visit.status != 200
        or not visit.scripts
        or "scrolled" not in visit.did
    ):
        return False
    if visit.unread or out_of_service(visit) or cannot_type(visit) or only_in_app(visit) or no_page(visit):
        return False
    return asks_for_something_else(visit)


def place_not_found(visit: Visit) -> bool:
    """Return whether the plate is asked for in a way that was not understood: that accuses nobody."""
    lingered = visit.scripts and visit.status == 200 and not visit.stopped and "scrolled" in visit.did
    return lingered and not (
        visit.typed_by
        or visit.known_car
        or no_plate_form(visit)
        or out_of_service(visit)
        or only_in_app(visit)
        or no_page(visit)
    )


def _arrived(visit: Visit) -> list[Screen]:
    return [screen for screen in visit.screens if screen.phase in BEFORE_SUBMIT]


def asks_for_something_else(visit: Visit) -> bool:
    """Return whether the first page asks who the driver is, or for a deed, by a field, a button or a sentence."""
    for screen in _arrived(visit):
        if any(_too_much(row) == ASKS_WHO for row in screen.fields):
            return True
        controls = (control.text for control in screen.controls)
        if any(map(prompt_wording.prompt_of_control, controls)) or prompt_wording.prompts_in(screen.text):
            return True
    return False


def cannot_type(visit: Visit) -> bool:
    """Return whether the plate is asked for, and could not be typed: on a canvas nobody finds the keys but by looking."""
    arrived = (screen for screen in visit.screens if screen.phase is Phase.ARRIVE)
    canvases = (p.text for screen in arrived for p in screen.pictures if p.src == "canvas" and p.acts)
    painted = any(page_wording.PLATE.search(simplified(t)) or covers.signs_in(t) >= 20 for t in canvases)
    return not visit.typed_by and (visit.untyped or painted)


def out_of_service(visit: Visit) -> bool:
    """Return whether the page only announces that it does not work: nothing can be judged of it."""
    screens = [screen for screen in visit.screens if screen.phase is Phase.ARRIVE]
    if visit.typed_by or visit.untyped or any(screen.fields for screen in screens):
        return False
    text = page_wording.all_text(screens).strip()
    headings = [line for line in text.splitlines() if line.strip()][:HEADINGS]
    announced = any(len(h) <= HEADING and page_wording.MAINTENANCE.search(h) for h in headings)
    announced = announced or (len(text) < 200 and bool(page_wording.MAINTENANCE.search(text)))
    return announced and not asks_for_something_else(visit)


HEADINGS, HEADING = 2, 24  # lines that may announce it, where a longer text says what to do instead


def no_page(visit: Visit) -> str:
    """Return why there was no page to judge (Chinese): something else was opened, or it shows nothing."""
    kind = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in {"text/html", "application/xhtml+xml"}:
        return f"打开的不是网页而是 {kind}"
    screens = [screen for screen in visit.screens if screen.phase in BEFORE_SUBMIT]
    shows = any(
        s.text.strip() or s.fields or s.controls or s.pictures or s.overlays or s.media for s in screens
    )
    led_away = any(hop.third for hop in visit.hops)  # what is blank is another site's, which was not asked
    seen = screens and "scrolled" in visit.did
    return "页面是空白的，什么也没有显示" if seen and not shows and not led_away else ""


_ONLY_IN_APP = re.compile(
    r"(?:请|只能|仅限?|需|须).{0,8}(?:微信|支付宝|云闪付).{0,8}(?:打开|访问|扫|进入|使用)|open .{0,16}(?:in|with) (?:wechat|alipay)",
    re.IGNORECASE,
)


def only_in_app(visit: Visit) -> bool:
    """Return whether the page shows this phone only that another app has to open it."""
    screens = [screen for screen in visit.screens if screen.phase is Phase.ARRIVE]
    if visit.typed_by or not screens or screens[-1].fields:
        return False
    last = simplified(screens[-1].text).strip()
    headings = [line for line in last.splitlines() if line.strip()][:HEADINGS]
    announced = any(len(line) <= HEADING and _ONLY_IN_APP.search(line) for line in headings)
    return announced or (len(last) < 120 and bool(_ONLY_IN_APP.search(last)))


def pays_in_app(visit: Visit) -> bool:
    """Return whether this phone, when it was to pay, was shown that another app has to open the page."""
    bill = visit.last(Phase.SUBMIT)
    answers = [s for s in visit.screens if s.phase is Phase.PAY and site_of(s.url) == site_of(visit.url)]
    says_so = any(_ONLY_IN_APP.search(covers.shown_instead(screen, bill)) for screen in answers)
    return visit.pressed_pay and not visit.cashier and not visit.waylaid and says_so


@judge
def two_acts(visit: Visit, _context: Context) -> Breaches:
    if visit.scripts and visit.cashier and visit.acts > 2:
        yield "P2", f"到收银台共 {visit.acts} 步", visit.cashier


_PERSONAL = re.compile(
    r"phone|mobile|\btel\b|tel_|sms|vcode|verify_?code|captcha|id_?card|idno|real_?name|user_?name|nick|e?mail|birthday|gender"
    r"|\bvin\b|\botp\b|车架号|发动机号|识别代[号码]|短信.{0,4}码|手机(?!(?:自带|系统)?的?(?:键盘|输入法)|[扫缴支付])|电话|验证码|姓名|身份证|证件|驾驶证|行驶证|登记证|保单|邮箱|生日|昵称|性别",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"票号|取票|(?:查找|[找搜筛]选?索?)(?![^，,。]*(?:[您你]|小区|单位))[^，,。]{0,4}(?:路|段|场|库|楼)|券码|券.{0,2}(?:号|编号|序列号)|减免码|优惠码|抵扣码|核销码|停车码|(?:票|小票|收据|凭条)[^，,。]{0,10}[码号]|发票|纳税人|车位|泊位|搜索|停车场|车场名|楼栋|停车卡|停车日期|(?:停|泊).{0,4}(?:时长|小时)|车牌|号牌|车号|ticket|search|other|overseas|plate|其他|境外|省份|图形码",
    re.IGNORECASE,
)
_DRAWN_CODE = re.compile(  # guards the look-up, and tells nobody who it is
    r"图[形片像]?(?:中|里|上)?的?(?:验证|校验|字符)?码|算式|计算结果|captcha", re.IGNORECASE
)
_FILLED_IN = re.compile(
    r"(?:^|\s)(?:tel|email|name|given-name|family-name|bday|sex|cc-|address|street|username)"
)
BINDS = re.compile(
    r"会员|订阅|推送|短信|(?<!风)险|加购|营销|(?<![不已])开通|签约|自动续[费订期]|连续包[月季年]|(?:省钱|权益|特权|出行)卡"
)  # what a choice may bind to
_TYPED = {"text", "search", "number", "tel", "email", "password", "date", "url", "textarea"}


@judge
def only_the_plate(visit: Visit, _context: Context) -> Breaches:
    for screen in (*visit.screens, *visit.later):
        if screen.phase is Phase.PAY and visit.cashier and site_of(screen.url) != site_of(visit.url):
            continue  # a cashier's own fields
        boxes = [row for row in screen.fields if row.plate]
        for row in _distinguished(screen, visit):
            if len(boxes) >= 6 and not row.name and row.type != "hidden" and not _PERSONAL.search(row.label):
                continue  # one of the boxes of the plate
            channel = covers.is_channel(row, screen) and not BINDS.search(simplified(row.label))
            if not channel and (what := _too_much(row)):
                evidence = f"<{row.tag} type={row.type} name={row.name}> {row.label}".strip()
                yield "P3", what, evidence


_OF_AN_INVOICE = re.compile(r"发票|抬头|税号|开票")


@judge
def nobody_is_asked_after_pay(visit: Visit, _context: Context) -> Breaches:
    """On the receipt nobody is asked who the driver is; an invoice is asked for by a form of its own."""
    for screen in visit.afterwards:
        labels = [simplified(f"{row.label} {row.name}") for row in screen.fields]
        if site_of(screen.url) != site_of(visit.url) or any(map(_OF_AN_INVOICE.search, labels)):
            continue
        for row, label in zip(screen.fields, labels, strict=True):
            if row.visible and row.type in _TYPED and _PERSONAL.search(label):
                yield (
                    "P3",
                    "付款后要求填写个人信息",
                    f"<{row.tag} type={row.type} name={row.name}> {row.label}",
                )


def _distinguished(screen: Screen, visit: Visit) -> list[Field]:
    """Return a screen's fields: after the plate was typed, a lone field of another name is not the plate's."""
    arrived = [s for s in visit.screens if s.phase in BEFORE_SUBMIT]
    asked = [row for s in arrived for row in s.fields if row.plate]
    boxes = _boxes(screen, {_unnumbered(row) for row in asked if re.search(r"\d", row.name or row.label)})
    fields = [replace(row, plate=True) if row in boxes else row for row in screen.fields]
    if screen.phase not in {Phase.SUBMIT, Phase.PAY}:
        return fields
    known = {row.name or row.label for row in (*asked, *boxes)}
    return [replace(row, plate=row.plate and (row.name or row.label) in known) for row in fields]


PLATE_SIGNS = range(6, 9)  # boxes of a plate: 7 or 8, of which the province may be a list


def _boxes(screen: Screen, asked: set[str]) -> list[Field]:
    """Return the fields that are numbered alike with one for the plate: its boxes, each for a sign."""
    rows = [row for row in screen.fields if row.visible and row.type in _TYPED]
    boxes = [row for row in rows if _unnumbered(row) in asked and not _PERSONAL.search(row.label)]
    return boxes if len(boxes) in PLATE_SIGNS else []


def _unnumbered(row: Field) -> str:
    return re.sub(r"\d+", "#", row.name or re.split(r"[，,（(：:]", row.label)[0])


LABEL_LINES = 3  # above drawn keys, in which stands what is to be typed on them


def _asked_on_number_pad(screen: Screen) -> str:
    """Return the line above a drawn number pad that asks who the driver is: a field in all but name; empty: none."""
    lines = [line.strip() for line in simplified(screen.text).splitlines() if line.strip()]
    if not set("0123456789") <= set(lines) or sum(len(line) == 1 for line in lines) >= PLATE_KEYS:
        return ""
    first = min(lines.index(sign) for sign in "0123456789")
    for line in lines[max(0, first - LABEL_LINES) : first]:
        asks = _PERSONAL.search(line) and not (_DRAWN_CODE.search(line) or page_wording.PHONE.search(line))
        if asks and not (clause_wording.denied(line) or clause_wording.ELSEWHERE.search(line)):
            return line
    return ""


PLATE_KEYS = 20  # signs: so many are keys for a plate


@judge
def nothing_is_typed_on_drawn_keys(visit: Visit, _context: Context) -> Breaches:
    for screen in before_pay(visit):
        if line := _asked_on_number_pad(screen):
            yield "P3", ASKS_WHO, f"画出的数字键盘 {line}"


@judge
def no_identity_is_sent(visit: Visit, _context: Context) -> Breaches:
    """A script can add to a request what no field shows. Paying inside WeChat needs the openid."""
    for request in visit.requests:
        if request.identity and not request.third and request.phase is not Phase.PAY:
            yield "P3", f"请求里带有用户标识 {request.identity}", request.url


ASKS_WHO = "要求填写个人信息"


def _too_much(row: Field) -> str:
    words = f"{row.name} {simplified(row.label)} {row.autocomplete}"
    if row.lurks and _FILLED_IN.search(row.autocomplete):
        return "看不见的输入框等浏览器自动填入个人信息"
    if row.type == "hidden":
        return "表单里带有隐藏的用户标识" if IDENTITY.match(row.name) else ""
    if row.plate or not row.visible or row.type == "choice":
        return ""
    choice = row.type in {"checkbox", "radio", "switch"} and not row.ticked  # a ticked one is P5b's
    binds = choice and BINDS.search(simplified(row.label)) and not clause_wording.denied(row.label)
    if binds or ((choice or row.tag == "select") and not chooses_place(row) and _binds_to_others(row.label)):
        return "与缴费无关的选项"
    if _DRAWN_CODE.search(words):
        return ""
    if (
        row.type in {"tel", "email", "password"}
        or row.autocomplete == "one-time-code"
        or (_PERSONAL.search(words) and row.type not in {"checkbox", "radio", "switch"})
    ):
        return ASKS_WHO
    if row.type == "file":
        return "要求上传文件"
    of_the_driver = row.type in _TYPED and _OF_THE_DRIVER.search(words) and not _is_of_parking(row)
    return "除车牌外还有输入框" if of_the_driver else ""


# What a field asks of the one who drives: who, where from, how to be reached, sent by whom.
_OF_THE_DRIVER = re.compile(
    r"本人|联系|称呼|姓氏|单位|住址|地址|居住|小区|年龄|职业|邀请|推荐[人码]|微信号|账号|QQ|\b(?:contact|address|company|invit|refer)",
    re.IGNORECASE,
)


def asked_who(screen: Screen) -> str:
    """Return the label of a field that asks who the driver is; empty: none does."""
    asks = (row for row in screen.fields if row.visible and _too_much(row) == ASKS_WHO)
    return next((row.label.strip() or row.name or row.type for row in asks), "")[:40]


def held_up(visit: Visit) -> str:
    """Return the label of a field that asks who the driver is where no fee was shown; empty: nothing held the visit up.

    The visit leaves it empty, so that what a driver sees behind it was not seen.
    """
    if not visit.scripts or visit.fee or visit.cashier:
        return ""
    return next(filter(None, map(asked_who, before_pay(visit))), "")


def not_understood(visit: Visit) -> str:
    """Return the label of a field or choice that nothing explains; empty: none. A person must see what it is for.

    The visit left it empty: where the way to the cashier was open all the same, it is not asked for.
    """
    for screen in visit.screens:
        if screen.phase is Phase.PAY and site_of(screen.url) != site_of(visit.url):
            continue
        for row in _distinguished(screen, visit):
            if (
                row.plate
                or not row.visible
                or row.type in {"choice", "hidden"}
                or covers.is_channel(row, screen)
            ):
                continue
            chosen = row.type in {"checkbox", "radio", "switch"} or row.tag == "select"
            label = simplified(row.label)
            strange = (
                chosen
                and not (chooses_place(row) or _LOOKS.search(label) or _is_of_bill(label))
                and _strange_choice(label)
            )
            typed = row.type in _TYPED and not (chosen or _is_of_parking(row))
            boxes = [one for one in screen.fields if one.plate]
            if strange or (typed and not (len(boxes) >= 6 and not row.name)):
                return (row.label or row.name or row.type).strip()[:40]
    return ""


def _is_of_parking(row: Field) -> bool:
    """Judge a field by its label; by its name only where the label says nothing."""
    label = simplified(row.label)
    named = _HARMLESS.search(f"{row.name} {row.autocomplete}") and not re.search(r"[\u4e00-\u9fff]{2}", label)
    return bool(_HARMLESS.search(label) or named)


# A choice of the building or gate is one of parking; the driver's own place is not.
_PLACE = re.compile(
    r"^(?!.*(?:您|你|家|居住|所在|单位|小区)).*(?:[楼部院区门馆厅场站层栋座口号室园路街库]|(?<![A-Za-z\d])[BPFL]\d{1,2})$"
)
_IN_BRACKETS = re.compile(r"\s*[（(][^（()）您你家]*[）)]\s*$")
_NAMES_PLACE = re.compile(r"^(?:park|lot|site|garage|yard|zone|area|gate|building)\w{0,6}$", re.IGNORECASE)


def chooses_place(row: Field) -> bool:
    """Return whether a choice is one of the car park or the building, by its name or its label."""
    return names_place(row.label) or bool(_NAMES_PLACE.match(row.name) and not _binds_or_sells(row.label))


def names_place(label: str) -> bool:
    """Return whether a label is the name of a car park or a building."""
    return _is_place(simplified(label)) and not _binds_or_sells(label)


def _is_place(label: str) -> bool:
    """Return whether a label is a place; what stands in brackets behind it says where that is."""
    return bool(_PLACE.search(_IN_BRACKETS.sub("", label)))


def _binds_or_sells(label: str) -> bool:
    return of_trade(label) or bool(BINDS.search(simplified(label)))


_BILLED = re.compile(
    r"^\W*(?:车牌|号牌|车号|本次|此次|停车|欠费|历史|(?:20\d\d[-/年.])?(?:1[0-2]|0?[1-9])[-/月.](?:3[01]|[12]\d|0?[1-9])(?!\d)|[\u4e00-\u9fff][A-Z][·• ]?[A-Z0-9*]{5,6}\b)"
)


def _is_of_bill(label: str) -> bool:
    """Return whether a ticked line is what is looked up or paid: the plate, the stay, what is taken off."""
    binds = BINDS.search(label) or prompt_wording.CONSENT.search(label) or of_trade(label)
    return takes_off(label) or granted(label) or bool(_BILLED.search(label) and not binds)


# Of an invoice, a plate, a day, or the size of letters.
_PLAIN_CHOICE = re.compile(
    r"^\W*(?:个人|企业|单位|公司|纸质|[有无]牌|是|否|[今明昨]天|[特超最]?[大小]|[大中小]号)\W*$"
)


def _binds_to_others(label: str) -> bool:
    """Return whether a choice is about the driver, or about something that is sold or sent."""
    plain = simplified(label)
    named = of_trade(plain) or prompt_wording.CONSENT.search(plain) or prompt_wording.LURE.search(plain)
    asked = named or _OF_THE_DRIVER.search(plain) or prompt_wording.prompt_of_control(plain)
    return _strange_choice(plain) and bool(asked)


def _strange_choice(label: str) -> bool:
    if _is_place(label) or names_plate_kind(label) or _PLAIN_CHOICE.search(_IN_BRACKETS.sub("", label)):
        return False
    return len(label) >= 2 and not _HARMLESS.search(label) and leads_elsewhere(label)


def folded_bills(visit: Visit) -> list[Screen]:
    """Return the bill as it stands once something beside the fee was pressed: a part of it may be folded away."""
    bill = visit.last(Phase.SUBMIT) if visit.fee else None
    return [s for _, s in visit.behind if bill and _still_shows(s, bill)]


def _still_shows(screen: Screen, bill: Screen) -> bool:
    """Return whether a screen is the bill with something more: it can be paid there, and hardly a line has gone."""
    known = [line for line in bill.text.splitlines() if line.strip()]
    stays = sum(line in screen.text for line in known) >= STAYS * len(known)
    pays = any(page_wording.is_pay(control.text) for control in screen.controls)
    return stays and pays and path_of(screen.url) == path_of(bill.url)


STAYS = 0.7  # of the lines of a bill


@judge
def nothing_chosen_in_advance(visit: Visit, _context: Context) -> Breaches:
    for screen in (*before_pay(visit), *folded_bills(visit)):
        for row in screen.fields:
            label = simplified(row.label)
            binds = prompt_wording.CONSENT.search(label) or _binds_to_others(label)
            chosen = row.ticked and (binds or _costs_though_free(row, screen))
            declines = _REFUSES.match(label) or (row.type == "choice" and clause_wording.denied(label))
            chosen = chosen and not declines
            ticked = row.ticked and row.type in {"checkbox", "switch"} and _costs(row)
            if ticked or (row.type in {"radio", "choice"} and chosen):
                yield "P5b", "选项被预先勾选", f"{row.name} {row.label}".strip()


# Consent that is given by using the page, and what it covers besides paying.
_TAKEN_AS_CONSENT = re.compile(
    r"(?:(?:即|则|就|均)?(?:视为|视同|表示|意味着|代表|默认)(?:您|你|用户|车主|客户)?(?:已经?|均)?(?:阅读并|知悉并|自愿)?(?:同意|授权|许可|接受)"
    r"|(?:使用|点击|查询|进入|浏览|继续|提交|扫码|支付|付款|缴费)[^。！？；\n]{0,14}?(?:即|就|则)(?:已|等于)?(?:同意|授权|许可))(?P<what>[^。！？\n]{0,120})"
)
# What binds beyond this fee: an account, a contract, an insurer, a lender.
_BINDING = re.compile(
    r"(?:开通|签约|绑定|注册|加入|入会|升级)(?![的了时])|成为[^，,。；\n]{0,10}(?:会员|用户|车友|VIP)|会员(?:章程|协议|规则|条款|计划)|保险公司|投保|征信|信贷|贷款"
)
_BOUND_BY_PAYING = re.compile(
    r"(?:点击|支付|付款|缴费)[^。！？；\n]{0,8}?(?:即|就|(?:后|时)?(?:将|会)?(?:自动|默认))[^。！？；，,\n]{0,6}?(?:开通|签约|绑定|注册|加入|入会|升级)(?![的了时])(?![^，,。；\n]{0,8}(?:名单|通[行道]|放行|[出离]场))"
)
_MARKETING = re.compile(
    r"营销|推销|商业(?:性|信息|短信|推广)|广告|推广|促销|(?:优惠|活动|产品|资讯)(?:信息|短信|消息|通知)|(?:推送|发送|接收).{0,10}(?:优惠|活动|资讯|短信)|用户画像|(?:合作|关联)(?:伙伴|商家|商户|机构|企业|公司|单位|方).{0,16}(?:共享|分享|提供|使用|联系|推荐)|(?:共享|分享|提供|披露)给?.{0,6}(?:合作|关联)(?:伙伴|商家|商户|机构|企业|公司|单位|方)"
    r"|(?:共享|分享|提供|披露|转交|转给)[^，,。；\n]{0,20}(?:保险|二手车|贷款|信贷|理财|房产|汽车销售|经销商|4S|电商|广告商)|用于[^。；\n]{0,16}(?:报价|回访|续保|招揽|引流|获客|推介)"
)

_PROFILES = re.compile(
    rf"{_MARKETING.pattern}|画像|客群|(?:偏好|消费|行为|到访)(?:习惯)?分析|精准(?:推|投)|个性化|(?:活动|商品|品牌|优惠)(?:的)?推荐"
)
# Consent to all that stands there; what is asked for apart, or of members alone.
_ALL_OF_IT = re.compile(
    r"^.{0,4}(?:[以如]上|上[述列]|前述|本(?:告知|说明|政策|声明|协议|条款|规则)|全部|所有)"
)
_ASKED_APART = re.compile(
    r"会员|注册|另行|单独|自愿|(?<!不)[经征].{0,6}同意|同意[后的]|[如若]您|您选择|[无不未][^，,；;]{0,8}(?:画像|营销|推荐|分析)"
)

# A denial by its verb, up to the next comma: 不投放广告, 从不向合作商户提供. 不经同意 and 不仅 deny nothing.
_DOES_NOT = re.compile(
    r"(?:不|未曾|从未|没有)(?:[会予对向将把以再做作设发投推用使播含带插弹打]|共享|分享|提供|出售|披露|转[交让给]|收集|展示)[^，,。；;\n]*"
)


def used_for_marketing(notice: str) -> str:
    """Return the clause by which a notice uses the plate or the visit for marketing, unasked; or nothing."""
    for clause in clause_wording.clauses(notice):
        denied = clause_wording.denied(clause) or _TAKEN_AS_CONSENT.search(clause)
        if _PROFILES.search(_DOES_NOT.sub("", clause)) and not (denied or _ASKED_APART.search(clause)):
            return " ".join(clause.split())[:60]
    return ""


def consent_in_terms(text: str) -> str:
    """Return the sentence by which using the page, or paying, is consent to marketing or binds; or nothing."""
    for sentence in re.split(r"(?<=[。！？\n])", simplified(text)):
        if (bound := _BOUND_BY_PAYING.search(sentence)) and not clause_wording.denied(bound.group()):
            return " ".join(sentence.split())[:80]
        for found in _TAKEN_AS_CONSENT.finditer(sentence):
            marketing = _MARKETING.search(found["what"]) or _BINDING.search(found["what"])
            if marketing and not clause_wording.denied(found["what"][: marketing.end()]):
                return " ".join(sentence.split())[:80]
            if _ALL_OF_IT.search(found["what"]) and (use := used_for_marketing(text)):
                return f"{use}…{' '.join(sentence.split())}"[:80]
    return ""


@judge
def consent_is_not_taken(visit: Visit, _context: Context) -> Breaches:
    """Consent to marketing that stands in terms is as little asked for as a box ticked in advance."""
    texts = [visit.notice or "", *(s.text for s in before_pay(visit)), *(s.text for _, s in visit.behind)]
    for text in texts:
        if sentence := consent_in_terms(text):
            yield "P5b", "条款里把使用本页视为同意营销或签约", sentence


# A refusal, as the label of a box: 不绑定车牌, 我不需要, do not send me.
_REFUSES = re.compile(
    r"(?<![^\W\d_])我?(?:暂?不(?!是|同(?!意)|足|在|满|少|限)(?:需要|要|想|愿意?|同意|接受|希望)?|无[需须]|拒绝|谢绝|放弃|请?勿|别)"
    r"|\b(?:i )?(?:do not|don't|no)\b",
    re.IGNORECASE,
)


def refused(row: Field) -> str:
    """Return what a box refuses, if that binds: who leaves such a box alone is bound by doing nothing."""
    label = simplified(row.label)
    what = _REFUSES.sub(" ", label)
    refuses = row.type in {"checkbox", "switch"} and what != label
    return what if refuses and _binds(what) else ""


def _binds(label: str) -> bool:
    named = prompt_wording.CONSENT.search(label) or BINDS.search(label) or _MARKETING.search(label)
    return bool(named) or _binds_to_others(label)


@judge
def nothing_binds_unless_refused(visit: Visit, _context: Context) -> Breaches:
    for screen in before_pay(visit):
        for row in screen.fields:
            if row.visible and not row.ticked and refused(row):
                yield "P5b", "不勾选就算同意", f"{row.name} {row.label}".strip()


def _costs_though_free(row: Field, screen: Screen) -> bool:
    """Return whether what is chosen in advance costs something, and could be left for nothing: a tip of ¥2."""
    if not _ADDS.search(row.label) or takes_off(row.label) or covers.is_channel(row, screen):
        return False
    group = (one for one in screen.fields if one is not row and (one.type, one.name) == (row.type, row.name))
    return row.tag == "option" or any(not _ADDS.search(one.label) for one in group)


_ADDS = re.compile(r"[¥￥]\s*(?=[\d.]*[1-9])\d|(?<![\d.])(?=[\d.]*[1-9])\d[\d.]*\s*元")


def _costs(row: Field) -> bool:
    """Return whether a box that is ticked in advance agrees to something, or buys it."""
    label = simplified(row.label)
    if _is_of_bill(label) or refused(row):
        return False
    binds = prompt_wording.CONSENT.search(label) or BINDS.search(label) or _binds_to_others(label)
    priced = page_wording.AMOUNT.search(label) and not clause_wording.denied(label)
    return bool(binds or priced or of_trade(label) or prompt_wording.prompt_of_control(label))


# How a page looks or sounds: a choice that binds to nothing.
_LOOKS = re.compile(
    r"夜间|深色|暗色|日间|配色|大字|字号|字体|长辈|老年|适老|无障碍|朗读|语音|播报|读屏|对比度|简体|繁体|中文|新能源|\b(?:dark|large|contrast|voice)\b",
    re.IGNORECASE,
)


def ticked_for_unknown(visit: Visit) -> str:
    """Return the label of a box that is ticked in advance, where nobody can tell whether it binds to anything."""
    open_before: set[str] = set()  # such as the box of terms that the test ticked itself
    for row in (row for screen in before_pay(visit) for row in screen.fields):
        label = simplified(row.label)
        open_before |= set() if row.ticked else {label}
        if label in open_before and _OF_TERMS.search(label):
            continue
        pays = page_wording.is_pay(label) and not BINDS.search(label)
        harmless = (
            _is_of_bill(label) or refused(row) or _LOOKS.search(label) or names_plate_kind(label) or pays
        )
        if row.ticked and row.type in {"checkbox", "switch"} and not (_costs(row) or harmless):
            return label.strip() or "没有文字的选项"
    return ""


def on_the_way_to_pay(visit: Visit) -> str:
    """Return what was shown between pay and the cashier and speaks neither of paying nor of waiting; or nothing."""
    bill = visit.last(Phase.SUBMIT)
    for screen in visit.screens:
        if screen.moment == "pay" and site_of(screen.url) == site_of(visit.url):
            new = covers.shown_instead(screen, bill)
            if new and not covers.on_the_way(new):
                return new[:40]
    return ""


@judge
def fee_waits_for_the_driver(visit: Visit, _context: Context) -> Breaches:
    """Report a page that leaves for another site by itself once it has shown the fee."""
    for request in visit.requests:
        url = request.url
        pays = cashier_at(url) or is_authorisation(url) or may_be_cashier(url)
        left = request.main and request.third and request.phase is Phase.SUBMIT
        if left and visit.fee and not pays:
            yield "P5d", "看到费用后网页自己转到他站", url


WAYLAID = "点击支付后没有进入收银台，先出现了别的内容"


@judge
def pay_button_pays(visit: Visit, _context: Context) -> Breaches:
    if visit.waylaid:
        instead = "点击支付后要求储值，而不是缴纳停车费" if covers.tops_up(visit.waylaid) else WAYLAID
        yield "P5d", instead, visit.waylaid
    for screen in before_pay(visit):
        for control in screen.controls:
            text = simplified(control.text)
            if page_wording.PAY.search(text) and prompt_wording.lures(text):
                yield "P5d", "按钮形似支付，实为营销", control.text
            elif page_wording.is_pay(text) and control.third and not may_be_cashier(control.href):
                yield "P5d", "支付字样的按钮通向他站", f"{control.text} → {control.href}"


_OF_TERMS = re.compile(
    r"(?:阅读|知晓|知悉|了解|同意).{0,12}(?:须知|规[则定]|说明|告知|协议|条款|标准)|\bread\b.{0,24}(?:terms|rules|notice)",
    re.IGNORECASE,
)


def waits_for_terms(bill: Screen) -> bool:
    """Return whether the only box of a bill that is not ticked says that terms of parking were read.

    A driver ticks it. One that binds to anything else is left alone.
    """
    boxes = [row for row in bill.fields if row.type == "checkbox" and row.visible and not row.ticked]
    label = simplified(boxes[0].label) if len(boxes) == 1 else ""
    binds = BINDS.search(label) or leads_elsewhere(label) or prompt_wording.prompts_in(label)
    return bool(_OF_TERMS.search(label)) and not binds
