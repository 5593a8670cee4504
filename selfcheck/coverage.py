"""Which deeds each rule needs before it counts as tested, and what is written where they were not done."""

from collections.abc import Callable, Sequence

from selfcheck import ocr
from selfcheck.breaches import Context, before_pay
from selfcheck.judging_answers import (
    answer_for_a_person,
    charge_not_on_the_board,
    fee_that_fell,
    notice_for_a_person,
    without_notice,
)
from selfcheck.judging_prompts import (
    bound_on_receipt,
    not_pressed,
    only_in_words,
    passing_cover,
    returns_elsewhere,
    strange_on_receipt,
    wordless_to_press,
)
from selfcheck.judging_traffic import sent_unread
from selfcheck.judging_way import (
    cannot_type,
    held_up,
    not_understood,
    on_the_way_to_pay,
    only_in_app,
    out_of_service,
    pays_in_app,
    place_not_found,
    ticked_for_unknown,
    used_for_marketing,
)
from selfcheck.threat_wording import threatened
from selfcheck.visit import Visit

type Deed = Callable[[Visit], bool]


def _read(visit: Visit) -> bool:
    return "opened" in visit.did and visit.status == 200 and not visit.stopped and not out_of_service(visit)


def _lingered(visit: Visit) -> bool:
    return _read(visit) and {"waited", "touched", "scrolled"} <= visit.did


def _typed(visit: Visit) -> bool:
    return _lingered(visit) and (bool(visit.typed_by) or visit.known_car)


def _looked_up(visit: Visit) -> bool:
    return _typed(visit) and ("looked up" in visit.did or bool(visit.cashier))


def _paid(visit: Visit) -> bool:
    return _looked_up(visit) and bool(visit.cashier)


def why_no_cashier(visits: Sequence[Visit]) -> str:
    """Return why the cashier was not reached, as far as it is known. No reason excuses the page."""
    if any(v.cashier_unknown for v in visits):
        host = next(v.cashier_unknown for v in visits if v.cashier_unknown)
        return f"点击支付后到了名单之外的支付页 {host}，须人工核对（可用 --cashier 指明）"
    if any(v.waylaid for v in visits):
        return "点击支付后先出现了别的内容，没有走到收银台"
    if any(v.pressed_pay for v in visits):
        return "点击支付后没有走到收银台"
    if any(v.pay_disabled for v in visits):
        return "支付按钮不可点击，没有走到收银台"
    if any(v.fee for v in visits):
        return "显示了费用，但没有找到支付按钮"
    if any(v.typed_by for v in visits):
        return "查费后没有出现可支付的费用，没有走到收银台（请用 --plate 指定在场且欠费的车牌）"
    return "没有走到收银台"


_LINGERED = "没有停留、触摸和滚动"
_SCRIPTED: dict[str, tuple[Deed, str]] = {
    "P1": (_lingered, "页面没有读完"),
    "P2": (_paid, ""),
    "P3": (_looked_up, "没有走完查费"),
    "P4a": (_looked_up, "没有走完查费"),
    "P4b": (_looked_up, "没有走完查费"),
    "P5a": (_looked_up, "没有走完查费"),
    "P5b": (_looked_up, "没有走完查费"),
    "P5c": (_looked_up, "没有走完查费"),
    "P5d": (_paid, ""),
    "P6": (_looked_up, "没有走完查费"),
    "P7a": (_looked_up, "没有走完查费"),
    "P7b": (_looked_up, "没有走完查费"),
    "P8a": (_looked_up, "没有走完查费"),
    "P8b": (_looked_up, "没有走完查费"),
    "P8c": (_typed, "没有输入车牌"),
    "P9a": (_looked_up, "没有走完查费"),
    "P9b": (_looked_up, "没有走完查费"),
    "P10a": (_read, "页面没有读到"),
    "P10b": (_read, "页面没有读到"),
    "P11b": (_looked_up, "没有查到结果"),
    "P12a": (_typed, "没有走到缴费页"),
    "P12b": (_typed, "没有走到缴费页"),
    "P12c": (_typed, "没有走到缴费页"),
    "P12d": (_looked_up, "没有走完查费"),
    "P12e": (_looked_up, "没有走完查费"),
    "P14": (_read, "页面没有读到"),
    "P16": (_lingered, _LINGERED),
}


def _words(rule: str) -> Callable[[Visit], str]:
    return lambda visit: only_in_words(visit, rule)


def _threat(visit: Visit) -> str:
    return next(filter(None, (threatened(screen.text) for screen in before_pay(visit))), "")


def _marketing(visit: Visit) -> str:
    return used_for_marketing(visit.notice or "")


def _unseen_afterwards(visit: Visit) -> str:
    return visit.unseen_afterwards


def _untried_way(visit: Visit) -> str:
    return next(iter(visit.untried_ways), "")


def _grown_fee(visit: Visit) -> str:
    return visit.grown_fee


def _each_key(visit: Visit) -> str:
    return visit.each_key


def _computed_alike(visits: Sequence[Visit]) -> str:
    """Return an address with a number that the page computed alike on all phones; or nothing."""
    walked = [visit.computed for visit in visits if visit.scripts and visit.typed_by]
    alike = set(walked[0]).intersection(*walked[1:]) if len(walked) > 1 else set()
    return next((url for digest, url in walked[0].items() if digest in alike), "") if alike else ""


def _unsure_secret(visit: Visit) -> str:
    return next((name for name, _, sure in visit.secrets if not sure), "")


def _only_on_phones(*names: str) -> Callable[[Visit], str]:
    """Return a search for the functions of these that a page's scripts name and that only a phone has."""
    return lambda visit: "、".join(name for name in names if visit.scripts and name in visit.phone_only)


# What was seen and no rule can judge: how it is found, and what a person is asked.
_FOR_A_PERSON: dict[str, tuple[tuple[Callable[[Visit], str], str], ...]] = {
    "P3": ((not_understood, "“{}”处可以填写或选择，看不出是什么；是否必填，须由人核对"),),
    "P5a": (
        (_words("P5a"), "“{}”像是引导或推销，但没有按钮、图片或弹窗与它相连，须由人核对"),
        (not_pressed, "按钮或链接“{}”看不出做什么，须由人按一下核对"),
        (_only_on_phones("share"), "网页的脚本会用手机的分享功能（{}），检查用的浏览器没有，须由人核对"),
    ),
    "P5b": (
        (ticked_for_unknown, "“{}”已被勾选，看不出勾选后会怎样，须由人核对"),
        (_marketing, "隐私说明写有“{}”，是否另行征得同意，须由人核对"),
    ),
    "P5c": ((passing_cover, "“{}”盖住过页面，看不出与缴费有无关系，须由人核对"),),
    "P5d": (
        (on_the_way_to_pay, "点击支付后先出现了“{}”，与缴费有无关系须由人核对"),
        (returns_elsewhere, "付款后转到另一网站 {}，是否经营者自己的结果页须由人核对"),
        (_unseen_afterwards, "{}，须由人核对"),
        (_untried_way, "另一种付款方式“{}”没有能够试，通向哪里须由人核对"),
    ),
    "P8b": (
        (
            sent_unread,
            "网页向第三方 {} 传了读不出的内容，或嵌有它的页面（见 P6）；可能含加密的车牌，须由人核对",
        ),
    ),
    "P8c": ((_each_key, "每输入一个字，网页就向 {} 发一次请求，是否带有所按的字须由人核对"),),
    "P9a": (
        (
            _only_on_phones("contacts", "NDEFReader"),
            "网页的脚本会用手机的通讯录或 NFC（{}），检查用的浏览器没有，须由人用手机核对",
        ),
    ),
    "P10a": ((_unsure_secret, "网页的脚本里写有 {}，像是密钥；是否能用来冒充经营者，须由人核对"),),
    "P11b": ((answer_for_a_person, "{}须由人核对"),),
    "P12d": (
        (_words("P12d"), "“{}”像是引导或推销，但没有按钮、图片或弹窗与它相连，须由人核对"),
        (wordless_to_press, "可以点击的大图 {} 看不出做什么，须由人核对"),
        (bound_on_receipt, "付款后的页面上有“{}”，是否推广须由人核对"),
        (strange_on_receipt, "付款后的按钮或链接“{}”看不出做什么，须由人按一下核对"),
        (_unseen_afterwards, "{}，须由人核对"),
    ),
    "P12e": (
        (_threat, "“{}”是催促或警告的话，是否属实须由人核对"),
        (_grown_fee, "同一账单过一会儿再看，金额由 {}，是否合于收费标准须由人核对"),
        (charge_not_on_the_board, "账单另收“{}”，本页没有标明；现场是否明码标价、可否不付，须由人核对"),
    ),
}  # fmt: skip


def for_a_person(rule: str, visits: Sequence[Visit]) -> str:
    """Return what of a rule only a person can judge; nothing if there is no such thing."""
    for find, asks in _FOR_A_PERSON.get(rule, ()):
        if found := next(filter(None, map(find, visits)), ""):
            return asks.format(found)
    return ""


_READS_PICTURES = {"P5a", "P12d"}
_ON_SCREENS = {"P3", "P5a", "P5b", "P5c", "P5d", "P11b", "P12d", "P12e"}
_BY_CALLS = {"P4a", "P4b", "P5c", "P7a", "P9a", "P9b"}
_MAY_COME_LATER = {"P5a", "P5c", "P7a", "P12d"}  # what a second visit may show


def not_tested(rule: str, visits: Sequence[Visit], context: Context) -> str:
    """Return why a rule was not tested, in Chinese; nothing if it was.

    It needs every phone that can walk the page: one that was stopped may have been the one that is asked.
    """
    if special := _special(rule, visits, context):
        return special
    if limit := _limit(rule, visits) or _behind_a_field(rule, visits):
        return limit
    if judge := for_a_person(rule, visits):
        return judge
    if rule not in _SCRIPTED:
        return ""
    done, reason = _SCRIPTED[rule]
    walkers = _walkers(done, visits)
    if walkers and all(done(visit) for visit in walkers):
        return ""
    stopped = sorted({text for visit in walkers for text in visit.stopped})
    if stopped:
        return stopped[0]
    statuses = sorted({visit.status for visit in walkers if visit.status not in {0, 200}})
    if statuses:
        return f"服务器答复 HTTP {statuses[0]}"
    if any(map(only_in_app, walkers)):
        return "页面在部分手机上只提示到指定应用里打开，之后的页面没有看到"
    if not any(visit.typed_by for visit in walkers) and rule not in {"P1", "P10a", "P10b", "P14", "P16"}:
        return "没有找到车牌输入处，之后的页面没有看到"
    return reason or why_no_cashier(walkers)


def _behind_a_field(rule: str, visits: Sequence[Visit]) -> str:
    """Return which field before the fee was left empty, for rules that hold behind it too; or nothing."""
    asked = next(filter(None, map(held_up, visits)), "")
    behind = rule in _SCRIPTED and _SCRIPTED[rule][0] in {_looked_up, _paid}
    return f"没有填写“{asked}”，它后面的页面没有看到" if asked and behind else ""


def _walkers(done: Deed, visits: Sequence[Visit]) -> list[Visit]:
    """Return the visits that a rule needs; of a page that is paid in apps alone, those in apps."""
    walkers = [visit for visit in visits if visit.scripts] or list(visits)
    if done is _paid and any(map(_paid, walkers)):
        return [visit for visit in walkers if not pays_in_app(visit)]
    return walkers


def _limit(rule: str, visits: Sequence[Visit]) -> str:
    """Return what of the page was not read, tried or recorded and would count for the rule."""
    screens = [s for v in visits for s in (*v.screens, *(v.afterwards if rule == "P12d" else ()))]
    if rule in _READS_PICTURES and any(picture.unread for screen in screens for picture in screen.pictures):
        why = "文字识别（OCR）没能读出" if ocr.available() else "本机没有装文字识别（OCR）"
        return f"页面上有图片，{why}，图片上的字没有读"
    if rule in _MAY_COME_LATER and (missed := sorted({text for v in visits for text in v.missed})):
        return missed[0]
    if rule in _ON_SCREENS and any(visit.unread for visit in visits):
        return "页面内容太多，没有全部读到"
    if rule == "P11b" and any(visit.unread_answer for visit in visits):
        return "查费的答复太长，或压缩方式不认识，没有全部读到"
    if rule == "P8c" and any(visit.unheard for visit in visits):
        return "页面的长连接没有接通，或在输入车牌前断开，经它发送的内容没有看到"
    if rule in _BY_CALLS and any(visit.unrecorded for visit in visits):
        return "页面调用接口太多，没有全部记录"
    return ""


_OF_THE_PLATE = {"P8a", "P8b", "P8c", "P11a", "P11b"}  # which need a plate that was typed


def _special(rule: str, visits: Sequence[Visit], context: Context) -> str:
    if rule in _OF_THE_PLATE and any(visit.known_car for visit in visits):
        return "车牌由道口识别，没有输入，它发往哪里、别的车牌会怎样答复没有看到，须由人核对"
    if rule == "P1":
        return _no_plate_page(visits)
    if rule == "P8a" and (url := _computed_alike(visits)):
        return f"网址 {url} 里有网页自己算出、各手机相同的编号，是否由车牌算出须由人核对"
    if rule == "P12e" and (fees := fee_that_fell(visits)):
        return f"同一车牌先后查到不同的费用（{fees}），是否因人、因手机而异须由人核对"
    if rule == "P11a" and not any("compared" in visit.did for visit in visits):
        owed = any(visit.fee or visit.cashier for visit in visits)
        return "测试车牌有应缴费用，未比较不在场车牌的答复" if owed else "没有比较两个不在场车牌的答复"
    if rule == "P13a" and not any(visit.barriers is not None for visit in visits):
        return "未做无障碍检查"
    if rule == "P13b" and not any(_read(visit) for visit in visits if not visit.scripts):
        return "未测关闭脚本的情形"
    if rule == "P13c" and not any(visit.cut_off is not None for visit in visits):
        return "未做大字号检查"
    if rule == "P14" and not context.labelled:
        return "没有告知标识如何称呼这个码"
    return _no_notice(rule, visits) if rule in {"P15a", "P15b"} else ""


def _no_plate_page(visits: Sequence[Visit]) -> str:
    """Return why it is open whether the first page is the plate page; empty: it is known."""
    walkers = [visit for visit in visits if visit.scripts] or visits
    if any(map(cannot_type, walkers)):
        return "有输入车牌的地方，但没有能够输入"
    if any(visit.before_plate and visit.typed_by for visit in walkers):
        return "第一页没有输入车牌的地方，按了按钮才到；是否必要，须由人核对"
    return (
        "第一页没有找到输入车牌的地方，也没有要求别的，须由人核对"
        if any(map(place_not_found, visits))
        else ""
    )


def _no_notice(rule: str, visits: Sequence[Visit]) -> str:
    """Return why the notice was not compared with the page: where there is none, nothing it says is true."""
    if not any(v.notice is not None and (v.typed_by or v.known_car) for v in visits):
        return "没有读取隐私说明"
    if rule == "P15a":
        return ""
    if any(map(without_notice, visits)):
        return "页面上没有隐私说明，无从核对；现场是否另有公示，须由人核对"
    return next(filter(None, map(notice_for_a_person, visits)), "")


_DONE = {
    "opened": "打开",
    "waited": "停留",
    "touched": "触摸",
    "scrolled": "滚动",
    "looked up": "查费",
    "cancelled": "取消支付",
    "revisited": "再次打开",
    "moments": "离开再回、横屏、断网",
    "compared": "比较两个不在场车牌",
}


_AFTERWARDS = {"P5d", "P12d"}  # which hold after paying too


def what_was_done(rule: str, visits: Sequence[Visit]) -> str:
    """Return what was done to test a rule that was kept."""
    done = [word for key, word in _DONE.items() if any(key in visit.did for visit in visits)]
    if any(visit.typed_by for visit in visits):
        done.insert(min(4, len(done)), "输入车牌")
    if any(visit.cashier for visit in visits):
        done.append("走到收银台")
    ahead = max((visit.ahead for visit in visits), default=0)
    if rule in _MAY_COME_LATER and ahead:
        unseen = "，其后网页继续询问服务器，答复没有看" if any(visit.polls_on for visit in visits) else ""
        done.append(f"把网页的时钟拨快 {ahead // 60} 分 {ahead % 60} 秒{unseen}")
    if rule in _AFTERWARDS and any(visit.afterwards for visit in visits):
        done.append("看付款后的页面")
    if rule == "P13a":
        done = ["axe 检查"]
    elif rule == "P13b":
        done = ["关闭脚本走一遍"]
    elif rule == "P13c":
        done = ["字号放大一倍"]
    elif rule == "P11a":
        done = ["比较两个不在场车牌"]
    return "、".join(done) + f"（{len(visits)} 种手机）"
