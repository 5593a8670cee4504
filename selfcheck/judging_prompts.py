"""What the rules find urged on the driver: prompts, covers, advertisements (P5a, P5c, P12d)."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import pairwise

from selfcheck import clause_wording, covers, offer_wording, page_wording, prompt_wording, words_and_deeds
from selfcheck.breaches import Breaches, Context, Judges, before_pay, moment
from selfcheck.cashiers import cashier_at, is_authorisation, may_be_cashier
from selfcheck.judging_way import asked_who
from selfcheck.page_controls import (
    asked_first,
    explained,
    holds_out,
    leads_elsewhere,
    lured,
    names_language,
    names_lot,
    of_parking,
    of_trade,
    priced_goods,
)
from selfcheck.plain_chinese import simplified
from selfcheck.qr_codes import Code
from selfcheck.sites import is_public, path_of, scheme_of, site_of
from selfcheck.visit import (
    BEFORE_PAY,
    DOWNLOADED,
    FOLLOWING,
    LATER,
    LED_ON,
    Overlay,
    PageControl,
    Phase,
    Picture,
    Screen,
    Visit,
)

judge = Judges()

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
        for name, evidence in _prompts_on(screen, visit):
            if not (context.labelled == "member" and name in _MEMBER_WORDS):
                yield "P5a", f"缴费前出现“{name}”引导", evidence


def _prompts_on(screen: Screen, visit: Visit) -> Iterator[tuple[str, str]]:
    found = _prompts_to_press(screen, visit)
    for overlay in screen.overlays:
        if covers.overlay_kind(overlay) != "keyboard":
            for name, clause in prompt_wording.prompts_in(overlay.text).items():
                found.setdefault(name, clause)
    for name, evidence in _prompts_in_pictures(screen):
        found.setdefault(name, evidence)
    for text in (
        screen.title,
        _without_explained(screen.text, visit),
        *(row.label for row in screen.fields if row.visible),
    ):
        for name, clause in prompt_wording.prompts_in(text).items():
            if name != _BARGAIN:
                found.setdefault(name, clause)
    for name, clause in _lures_in_words(screen):
        if words_and_deeds.acts_on(clause, screen, visit.led_on):
            found.setdefault(name, clause)
    yield from found.items()


def _without_explained(text: str, visit: Visit) -> str:
    """Return a text without the labels that what they open explains."""
    shown = "\n".join(line for line in text.splitlines() if line.strip() not in visit.denied_behind)
    for label in visit.apart_behind:
        shown = shown.replace(label, "")
    return shown


_BARGAIN = "优惠"  # what a sentence holds out; what it asks for by name is a prompt of its own


def _lures_in_words(screen: Screen) -> Iterator[tuple[str, str]]:
    """Return what sentences hold out or ask to be done first, as far as words can tell."""
    if first := asked_first(screen.text):
        yield "先做别的", first
    if lure := lured(screen.text):
        yield _BARGAIN, lure
    if bargain := prompt_wording.prompts_in(screen.text).get(_BARGAIN):
        yield _BARGAIN, bargain


def only_in_words(visit: Visit, rule: str) -> str:
    """Return a sentence that may push (P5a) or sell (P12d) and that nothing acts on; empty: none. A person must look."""
    judge = {"P5a": _lures_in_words, "P12d": _sales_in_words}[rule]
    for screen in before_pay(visit):
        for _, clause in judge(screen):
            if not words_and_deeds.acts_on(clause, screen, visit.led_on):
                return clause
    return ""


def _prompts_to_press(screen: Screen, visit: Visit, *, foreign: bool = False) -> dict[str, str]:
    """Return what buttons and links ask for; one that led to the fee or the cashier is explained by that."""
    found: dict[str, str] = {}
    for control in screen.controls:
        if _PROFILE.search(control.href):
            found.setdefault("关注", f"链接 {control.text} → {control.href}")
        elif _opens_app(control.href):
            found.setdefault("打开应用", f"链接 {control.text} → {control.href}")
        elif _installs(control.href):
            found.setdefault("下载", f"链接 {control.text} → {control.href}")
        elif name := prompt_wording.prompt_of_control(control.text):
            apart = control.text in visit.apart_behind or _set_apart(control.text, screen)
            apart = apart and name in _MEMBER_WORDS
            if not apart and control.text not in visit.denied_behind:
                found.setdefault(name, f"按钮 {control.text}")
        elif _sells_or_leaves(control) and _unexplained(control, screen, visit, foreign=foreign):
            found.setdefault("其他入口", f"与缴费无关的按钮或链接 {control.text} {control.href}".strip())
    return found


_APART = re.compile(
    r"与.{0,6}(?:本页|缴费|停车|支付|付款).{0,4}无关|(?:not|un)\s*(?:part of|related to|needed for) (?:this |the )?(?:payment|paying|parking)",
    re.IGNORECASE,
)
LINES_ABOVE = 2  # in which a page may say that what follows has nothing to do with paying


def _set_apart(label: str, screen: Screen) -> bool:
    """Return whether a page names an entry for members, promises nothing for it, and says that it is not of paying.

    That accuses nobody; whether it belongs on the page, a person decides.
    """
    lines = [line.strip() for line in simplified(screen.text).splitlines() if line.strip()]
    plain = simplified(label).strip()
    at = next((number for number, line in enumerate(lines) if plain in line), None)
    if at is None or _promises(plain):
        return False
    return any(map(_APART.search, (plain, *lines[max(0, at - LINES_ABOVE) : at + 1])))


def _promises(label: str) -> bool:
    """Return whether the label of an entry for members, in simplified characters, holds something out for entering."""
    rest = re.sub("会员|member", "", label, flags=re.IGNORECASE)
    return bool(
        lured(label)
        or holds_out(label)
        or prompt_wording.LURE.search(rest)
        or prompt_wording.BARGAIN.search(label)
    )


def _apart_on(visit: Visit) -> set[str]:
    """Return the labels of entries for members that the page sets apart."""
    controls = ((c.text, screen) for screen in before_pay(visit) for c in screen.controls)
    return visit.apart_behind | {
        text for text, screen in controls if text.strip() and _set_apart(text, screen)
    }


_NEEDS_NO_MEMBER = re.compile(
    r"(?:停车|缴费|付款|支付)[^，,。；;\n]{0,8}(?:无需|无须|不需要?|不用|不必)(?:先|另)?(?:登[录陆]|注册|入会|成为会员|关注)"
)


def set_apart_by_target(visit: Visit) -> set[str]:
    """Return the labels of entries for members, promising nothing, whose page says that paying needs none."""
    return {
        label
        for label, screen in visit.behind
        if prompt_wording.prompt_of_control(label) in _MEMBER_WORDS
        and not _promises(simplified(label))
        and (_NEEDS_NO_MEMBER.search(simplified(screen.text)) or _APART.search(simplified(screen.text)))
    }


_OF_THE_WEB = {"http", "https", "about", "javascript", "data", "blob", "tel", "mailto", "geo"}


def _opens_app(url: str) -> bool:
    """Return whether an address has the scheme of an app that is no cashier."""
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", url, re.IGNORECASE)
    return bool(scheme) and scheme_of(url) not in _OF_THE_WEB and not cashier_at(url)


# Files that put an app, or a profile that binds the phone, on a phone: whatever the link is called, it offers one.
_INSTALLER = re.compile(r"\.(?:x?apks?|apkm|aab|ipa|hap|mobileconfig|exe|msi|dmg)$", re.IGNORECASE)


def _installs(url: str) -> bool:
    return bool(_INSTALLER.search(path_of(url)))


@judge
def nothing_is_installed(visit: Visit, _context: Context) -> Breaches:
    """Report an app that comes by itself, or from the button that pays, and that no link named."""
    for url in (*visit.downloads, visit.waylaid.removeprefix(DOWNLOADED)):
        if _installs(url):
            yield "P5a", "缴费前出现“下载”引导", f"下载文件 {url}"


# What a link without words may show, and where it may lead.
_SIGNS = re.compile(r"^[\s‹›<>«»←→↑↓⬅➡×✕✖⨯?？ℹ☎📞🏠🌐🔍⌨⚙❓❔⋮⋯…☰+\-–—©®\ufe0f]*$")
_PATHS = re.compile(
    r"help|notice|rule|fee|price|about|contact|lang|privacy|map|invoice|receipt|service|faq|back|index|home|park|lot|car|plate|bill|record|pay|tel|phone|complain|access",
    re.IGNORECASE,
)


def _sells_or_leaves(control: PageControl) -> bool:
    """Return whether a control is known to lead to another site or to sell something: that is a fault.

    One that nothing explains is none: what it opens is judged, or a person has to press it.
    """
    return control.third or _sells(control.text)


def _sells(label: str) -> bool:
    return of_trade(label) or holds_out(simplified(label))


BOXES = 6  # of a plate at least, drawn one by one


def _is_box(control: PageControl, visit: Visit) -> bool:
    """Return whether a button is one of the boxes of a plate: a row of them is numbered alike (第 5 位 空).

    Boxes that are filled may be called otherwise.
    """
    number = _numbered(control.text)
    if not number or control.href or _sells(control.text):
        return False
    rows = (
        {c.text for c in s.controls if not c.href and _numbered(c.text) == number} for s in before_pay(visit)
    )
    return any(len(row) >= BOXES for row in rows)


def _numbered(label: str) -> str:
    """Return a label up to its number, which stands in its first characters; empty: it has none there."""
    found = re.match(r"\D{0,8}?(?=\d{1,2}(?!\d))\d+\s*[位个格]?", label.strip())
    return re.sub(r"\d+\s*", "#", found.group()) if found else ""


def _unexplained(control: PageControl, screen: Screen, visit: Visit, *, foreign: bool = False) -> bool:
    if _is_box(control, visit):
        return False
    known = visit.led_on | visit.opened_keys
    known_page = understood(visit) and not foreign
    return control.text not in known and _leads_elsewhere(control, screen, known_page)


def not_pressed(visit: Visit) -> str:
    """Return the label of something to be pressed that nothing explains; empty: none. A person must press it."""
    for screen in before_pay(visit):
        for control in screen.controls:
            if _is_wordless(control, screen) or _unexplained(control, screen, visit):
                return control.text.strip() or path_of(control.href)
    return ""


def _is_wordless(control: PageControl, screen: Screen) -> bool:
    """Return whether a link to another page of the site says with no word what it is."""
    path = path_of(control.href)
    if control.frame or not control.href.startswith("http") or re.search(r"\w", control.text):
        return False
    if path in {"", "/", path_of(screen.url)} or is_public(control.href):
        return False
    return not (_PATHS.search(path) or (control.text.strip() and _SIGNS.search(control.text)))


def understood(visit: Visit) -> bool:
    """Return whether the visit got an answer to the plate: else what is unexplained may belong to the way there."""
    return bool(visit.cashier) or "looked up" in visit.did


def _leads_elsewhere(control: PageControl, screen: Screen, known_page: bool = True) -> bool:
    """Return whether something to be pressed has nothing to do with paying for parking.

    What sells or leads to another site does so on any page; what only has no words of parking may be a key of a
    keyboard, or the look-up of a page that was not understood.
    """
    if not (control.third or of_trade(control.text)) and (control.key or not known_page):
        return False
    if control.frame or control.href.startswith(("tel:", "mailto:")) or is_public(control.href):
        return False
    path = path_of(control.href)
    if control.href and not control.third and path in {"", "/", path_of(screen.url)}:
        return False  # the site's or the page's own top
    if not (control.href or control.third) and (names_lot(control.text) or _turns_keys(control.text)):
        return False  # one of several car parks, or of a keyboard
    if control.href and not control.third and page_wording.NOTICE.search(simplified(control.text)):
        return False  # the privacy notice, which has to be there
    if (
        not (control.href or control.third)
        and len(control.text.strip()) <= BRIEF
        and not _sells(control.text)
    ):
        return False  # a button that goes nowhere and sells nothing: a word or two alone accuse nobody
    return len(control.text) <= 40 and leads_elsewhere(control.text)


def _turns_keys(label: str) -> bool:
    return bool(page_wording.OTHER_KEYS.search(simplified(label)))


BRIEF = 4  # characters


def _prompts_in_pictures(screen: Screen) -> Iterator[tuple[str, str]]:
    for picture in screen.pictures:
        if kind := _code_leads_to(picture.code, screen):
            yield kind, f"图片里的二维码 {picture.code}"
        for name, clause in prompt_wording.prompts_on_poster(picture.text or picture.alt).items():
            yield name, f"图片文字 {clause}"


def _code_leads_to(text: str, screen: Screen) -> str:
    """Return where a QR in a picture leads, if neither to the page's own site nor to a cashier."""
    code = Code(text, 0, 0)
    if "收款码" in code.foreign:
        return ""  # see below
    if code.foreign in _LEADS_ELSEWHERE or _opens_app(text):
        return _LEADS_ELSEWHERE.get(code.foreign, "打开应用")
    away = code.is_address and site_of(text) != site_of(screen.url)
    return "其他入口" if away and not (cashier_at(text) or is_public(text)) else ""


@judge
def no_personal_codes(visit: Visit, _context: Context) -> Breaches:
    """Report codes that pay a person: a fee is paid at a cashier, where it is booked."""
    for screen in visit.screens:
        for picture in screen.pictures:
            if "个人收款码" in Code(picture.code, 0, 0).foreign:
                yield "P5d", "让车主向个人收款码付款", f"图片里的二维码 {picture.code}"
        if screen.pictures and (clause := asks_transfer(screen.text)):
            yield "P5d", "让车主向个人转账", clause


# Money is sent to a person: by hand, with a picture of the screen as the receipt.
_TRANSFER = re.compile(
    r"(?:向|给|加|扫).{0,20}(?:转账|转款|打款)|(?:转账|转款|打款)(?:给|到|至)|(?:付款|转账|支付)(?:成功|完成)?后?(?:的|请将|请把)?.{0,4}截[图屏].{0,12}(?:出示|给|发|上传|交)"
    r"|(?:个人|私人|老板|经理|师傅|员工|门卫|保安).{0,6}(?:微信|支付宝)?.{0,4}收款码"
)
_NO_PERSON = re.compile(r"对公|月租|退[款还回]|原路|基本户|开户行")


def asks_transfer(text: str) -> str:
    """Return the clause that asks to send the fee to a person, or nothing."""
    for clause in clause_wording.clauses(text):
        asked = _TRANSFER.search(clause) and not _NO_PERSON.search(clause)
        if asked and not (clause_wording.denied(clause) or clause_wording.ELSEWHERE.search(clause)):
            return " ".join(clause.split())[:60]
    return ""


@judge
def nothing_strange_is_behind(visit: Visit, context: Context) -> Breaches:
    """What the page's own links and buttons open belongs to the page, whatever they are called."""
    apart = _apart_on(visit)
    for text, screen in visit.behind:
        if site_of(screen.url) != site_of(visit.url):
            if screen.url.startswith("http") and not cashier_at(screen.url):
                yield "P5a", "链接或按钮转到他站", f"{text} → {screen.url}"
            elif _opens_app(screen.url):
                yield "P5a", "链接或按钮打开应用", f"{text} → {screen.url}"
            continue
        found = [covers.overlay_kind(overlay) in {"prompt", "ad"} for overlay in screen.overlays]
        to_press = _prompts_to_press(screen, visit, foreign=names_language(text))
        asked = dict(_prompts_in_pictures(screen)) | to_press
        if asked or _new_pictures(visit, screen):  # words alone explain something there
            asked |= prompt_wording.prompts_in(screen.text)
        if context.labelled == "member" or text in apart:
            asked = {name: clause for name, clause in asked.items() if name not in _MEMBER_WORDS}
        if any(found) or asked:
            what = next(iter(asked), "弹窗")
            yield "P5a", f"链接或按钮后面是“{what}”引导", f"{text} → {asked.get(what, screen.url)}"
        elif sold := offer_wording.advertised(screen.text):
            yield "P12d", "链接或按钮后面是推销", f"{text} → {sold}"
        elif offer_wording.AD_LABEL.search(simplified(screen.text)) and _has_button(screen):
            yield "P12d", "链接或按钮后面有标为“广告”的按钮", f"{text} → {screen.url}"


@judge
def every_way_to_pay_pays(visit: Visit, _context: Context) -> Breaches:
    """Report a further way to pay, beside the fee or on the site's own cashier, that leads elsewhere."""
    for text, screen in visit.other_payments:
        if site_of(screen.url) == site_of(visit.url):
            pushed = _prompts_to_press(screen, visit) | prompt_wording.prompts_in(_new_behind(visit, screen))
            if found := next(iter(pushed.values()), "") or asked_who(screen):
                yield "P5d", "另一个支付入口后面不是支付", f"{text} → {found}"
        elif screen.url.startswith("http"):
            if not (_of_paying(screen.url) or may_be_cashier(screen.url)):
                yield "P5d", "另一个支付入口通向他站", f"{text} → {screen.url}"
        elif _opens_app(screen.url):
            yield "P5d", "另一个支付入口打开应用", f"{text} → {screen.url}"


def _new_behind(visit: Visit, screen: Screen) -> str:
    """Return what a link or button showed that the page did not show before."""
    known = {line for shown in before_pay(visit) for line in shown.text.splitlines()}
    return "\n".join(line for line in screen.text.splitlines() if line.strip() and line not in known)


def _new_pictures(visit: Visit, screen: Screen) -> list[Picture]:
    """Return the pictures that a link or button showed and that the page did not show before."""
    known = {(picture.src, picture.code) for shown in before_pay(visit) for picture in shown.pictures}
    return [picture for picture in screen.pictures if (picture.src, picture.code) not in known]


def _has_button(screen: Screen) -> bool:
    """Return whether a screen has a button of its own, and not only links and what leads back."""
    return any(
        not c.href
        and len(c.text) > 1
        and not page_wording.NO_WAY_ON.search(simplified(c.text).replace("抬杆", ""))
        for c in screen.controls
    )


def explained_by_target(visit: Visit) -> set[str]:
    """Return the labels of what shows a text about parking that pushes nothing, or only chooses something."""
    labels = set()
    for label, screen in visit.behind:
        new = _new_behind(visit, screen)
        own = site_of(screen.url) == site_of(visit.url) and not (
            screen.overlays or _new_pictures(visit, screen)
        )
        tells = (page_wording.speaks_of_parking(new) or (new and explained(new))) and not _pushes(new)
        chooses = not _sells(label) and _only_chooses(visit, screen)
        if own and not of_trade(label) and (tells or chooses):
            labels.add(label)
    return labels


def _only_chooses(visit: Visit, screen: Screen) -> bool:
    """Return whether a button changed how the page looks or what is chosen there, and nothing that is shown."""
    arrived = visit.first(Phase.ARRIVE)
    known = {control.text for shown in before_pay(visit) for control in shown.controls}
    same = not _new_behind(visit, screen) and all(control.text in known for control in screen.controls)
    changed = arrived and (
        (arrived.looks and screen.looks != arrived.looks) or _chosen(screen) != _chosen(arrived)
    )
    return bool(changed) and same


def _chosen(screen: Screen) -> set[str]:
    return {row.label for row in screen.fields if row.ticked}


# 回到栏杆前的车: back to what stood there before.
_BACK_TO = re.compile(r"^\W*(?:回到|返回|切回|换回|back to (?:the )?)\s*(?P<what>\S.+?)\W*$", re.IGNORECASE)


def leads_back(visit: Visit) -> set[str]:
    """Return the labels of buttons that lead back to what the page showed when they were not there."""
    screens = [*visit.screens, *(screen for _, screen in visit.behind)]
    labels = {c.text for screen in screens for c in screen.controls if not (c.href or of_trade(c.text))}
    return {
        label
        for label in labels
        if (back := _BACK_TO.match(simplified(label)))
        and any(back["what"] in simplified(s.text) and label not in s.text for s in screens)
    }


def denied_by_target(visit: Visit) -> set[str]:
    """Return the labels that name a prompt and open a text which only says that there is none."""
    labels = set()
    for label, screen in visit.behind:
        name = prompt_wording.prompt_of_control(label)
        rule = prompt_wording.CONTROL_PROMPTS.get(name)
        new = _new_behind(visit, screen)
        own = site_of(screen.url) == site_of(visit.url) and not (
            screen.overlays or _new_pictures(visit, screen)
        )
        asks = any(row.visible and not row.plate and row.type != "choice" for row in screen.fields)
        denies = rule and any(
            rule.search(clause) and clause_wording.denied(clause) for clause in clause_wording.clauses(new)
        )
        if own and denies and not (asks or _pushes(new)):
            labels.add(label)
    return labels


def _pushes(text: str) -> bool:
    judges = (prompt_wording.prompts_in, offer_wording.advertised, lured, asked_first, priced_goods)
    return any(judge(text) for judge in judges)


@judge
def no_spoken_prompts(visit: Visit, _context: Context) -> Breaches:
    for call in visit.calls:
        if call.name == "spoken" and call.phase in BEFORE_PAY:
            for name, clause in prompt_wording.prompts_in(call.detail).items():
                yield "P5a", f"语音播报“{name}”引导", clause
            if not page_wording.speaks_of_parking(call.detail) or offer_wording.advertised(call.detail):
                yield "P12d", "语音播报与缴费无关的内容", call.detail


# At these moments a page may tell what happened.
_EXCUSED = {"looked up again", "cancelled", "left", "returned", "turned", "offline", "online", "behind"}


def _excused(screen: Screen, overlay: Overlay) -> bool:
    """Return whether a cover tells what just happened, or is the cashier that was left open.

    On a turned phone a bar alone covers much.
    """
    if screen.moment == "cancelled" and cashier_at(overlay.frame):
        return True
    state = bool(covers.STATE.search(overlay.text))
    return screen.moment == "turned" or (state and screen.moment in _EXCUSED)


_CLOSES = re.compile(
    r"^\W*(?:确[定认]|继续.{0,4}|好的?|我?(?:知道|明白)了?|关闭|取消|返回.{0,4}|修改.{0,4}|刷新|再?重?试.{0,2}|ok|close|cancel|retry)?\W*$",
    re.IGNORECASE,
)


def _answers_in_words(overlay: Overlay, visit: Visit) -> bool:
    """Return whether a box of words came with the answer to the look-up, can only be closed, and sells nothing."""
    with_answer = any(
        overlay.text == one.text for s in visit.screens if s.moment == "fee" for one in s.overlays
    )
    closes = all(_CLOSES.search(simplified(word)) for word in overlay.controls)
    shows_more = overlay.fields or overlay.pictures or overlay.frame or not closes
    says_why = covers.STATE.search(overlay.text) or covers.answers(overlay.text)
    return with_answer and not shows_more and bool(says_why)


def _chooses_lot(overlay: Overlay) -> bool:
    """Return whether a box has the driver choose the car park, and nothing else."""
    chosen = [word for word in overlay.controls if not page_wording.NO_WAY_ON.search(word)]
    return bool(chosen) and all(map(names_lot, chosen)) and not (overlay.fields or overlay.frame)


def _comes_late(overlay: Overlay, screen: Screen) -> bool:
    """Return whether a cover came after minutes and is not known to tell that the page or the fee is out of date."""
    says_so = covers.STATE.search(overlay.text) or explained(overlay.text)
    return screen.moment == LATER and not (says_so or page_wording.speaks_of_parking(overlay.text))


def _passes(overlay: Overlay, screen: Screen, visit: Visit) -> bool:
    """Return whether a cover shows words only, and is gone by itself on a later screen, as one that waits is."""
    if screen.moment == LATER:
        return False
    after = visit.screens[next(i for i, one in enumerate(visit.screens) if one is screen) + 1 :]
    later = (one for one in after if (one.phase, one.url) == (screen.phase, screen.url))
    gone = any(overlay.text not in (over.text for over in one.overlays) for one in later)
    return gone and not (overlay.controls or overlay.pictures or overlay.fields or overlay.frame)


def passing_cover(visit: Visit) -> str:
    """Return the words of a cover that went by itself or came after minutes, and is not known to be about the fee."""
    for screen in before_pay(visit):
        for overlay in screen.overlays:
            passes = _passes(overlay, screen, visit) or _comes_late(overlay, screen)
            passes |= _answers_in_words(overlay, visit) and covers.strange(overlay.text)
            if covers.overlay_kind(overlay) == "other" and passes:
                return overlay.text[:40]
    return ""


@judge
def nothing_covers_the_page(visit: Visit, _context: Context) -> Breaches:
    for screen in before_pay(visit):
        for overlay in screen.overlays:
            kind = covers.overlay_kind(overlay)
            unasked = screen.phase is Phase.ARRIVE and screen.moment != LED_ON
            stray = not page_wording.speaks_of_parking(overlay.text)
            priced = page_wording.AMOUNT.search(overlay.text) and not overlay.modal
            strange = not (priced or explained(overlay.text))
            if kind == "other" and (
                screen.moment == LATER
                or _excused(screen, overlay)
                or _answers_in_words(overlay, visit)
                or _chooses_lot(overlay)
                or _passes(overlay, screen, visit)
            ):
                continue
            if kind in {"prompt", "ad"} or (kind == "other" and (unasked or strange or stray)):
                yield "P5c", f"{moment(screen)}遮罩或弹窗盖住页面", overlay.text[:60]
            elif kind == "trap":
                yield "P5c", f"{moment(screen)}看不见的一层截住触摸", overlay.trap
    for text in visit.dialogs:
        yield "P5c", "弹出系统对话框", text
    for url in visit.popups:
        yield "P5c", "弹出新页面", url
    if visit.traps_back:
        yield "P5c", "拦截返回键", visit.url


@judge
def no_advertisement(visit: Visit, _context: Context) -> Breaches:
    reported: set[str] = set()  # a picture that moves is read again on each screen, and is one advertisement
    for screen in before_pay(visit):
        yield from _ads(replace(screen, pictures=()), understood(visit))
        for picture in screen.pictures:
            found = list(_ads_in_pictures(replace(screen, pictures=(picture,)), understood(visit)))
            if found and picture.src not in reported:
                reported.add(picture.src)
                yield from found
        yield from _ads_in_words(screen, visit.led_on)


@judge
def no_advertisement_at_the_cashier(visit: Visit, _context: Context) -> Breaches:
    for screen in visit.screens:
        if site_of(screen.url) != site_of(visit.url):
            continue
        if screen.moment == FOLLOWING:
            yield from _ads(screen, understood(visit))
        elif screen.moment == "pay":  # for some seconds; a button there is judged as one on the way
            yield from _ads(replace(screen, controls=()), understood(visit))


_THEN = re.compile(r"(?:后|之后|完成)[，,]?\s*$")
# What a gate does, or a car at it.
_GATE = re.compile(
    r"抬[杆起]|[道开起]闸|栏杆|放行|[离出]场|出口|驶离|\b(?:barrier|gate|exit)\b", re.IGNORECASE
)


def _of_paying(url: str) -> bool:
    return bool(cashier_at(url)) or is_authorisation(url) or is_public(url)


# What an address names that tells how a payment ended, or that parks; and what it names that advertises.
_RESULT = re.compile(
    r"(?:^|[/_.-])(?:results?|success|done|finish(?:ed)?|complete[d]?|return|back|orders?|bill|receipt|invoice|paid|park\w*|tingche)(?:$|[/_.-])",
    re.IGNORECASE,
)
_ADVERTISES = re.compile(
    r"(?:^|[/_.-])(?:ads?|advert\w*|act|activity|hd|huodong|gifts?|lottery|draw|prize|rewards?|coupons?|quan|promo\w*|marketing|mall|shop|games?|cps|hongbao|red-?pack\w*)(?:$|[/_.-])",
    re.IGNORECASE,
)


def returns_elsewhere(visit: Visit) -> str:
    """Return the other site to which a cashier sends the driver back, if its address tells of paying or parking.

    An operator may have a second domain for that; what it shows is not asked for.
    """
    return next((s.url for s in visit.afterwards if _tells_of_parking(s.url, visit)), "")


def _tells_of_parking(url: str, visit: Visit) -> bool:
    """Return whether an address is on another site, and named as one that tells of paying or parking."""
    if not url.startswith("http") or site_of(url) == site_of(visit.url) or _of_paying(url):
        return False
    where = url.partition("://")[2].partition("?")[0]
    return bool((may_be_cashier(url) or _RESULT.search(where)) and not _ADVERTISES.search(where))


def _goes_to_market(url: str, visit: Visit) -> bool:
    """Return whether a page after the payment is named as one that advertises, and the site's own way is not."""
    path = path_of(url)
    named = _ADVERTISES.search(path)
    return bool(named and not _RESULT.search(path) and named.group().strip("/_.-") not in visit.url)


@judge
def nothing_is_asked_after_pay(visit: Visit, _context: Context) -> Breaches:
    """Who has paid may leave: no other site is opened, and the gate depends on no deed."""
    for screen in visit.afterwards:
        if site_of(screen.url) != site_of(visit.url):
            if not (_of_paying(screen.url) or _tells_of_parking(screen.url, visit)):
                yield "P5d", "付款后自动转到他站或应用", screen.url
            continue
        if _goes_to_market(screen.url, visit):
            yield "P12d", "付款后自动转到营销页", screen.url
        for clause, following in pairwise([*clause_wording.clauses(screen.text), ""]):
            says = clause + (following if _THEN.search(clause) else "")
            if _GATE.search(says) and prompt_wording.prompts_in(clause):
                yield "P5d", "付款后还要做别的才放行", " ".join(says.split())[:60]
        yield from _ads(screen, known_page=True)
        yield from _rewards_to_press(screen)
        for name, evidence in _prompts_in_pictures(screen):
            if name in _HELD_OUT and not _RECEIPT.search(evidence):
                yield "P12d", "付款后的图片是推销", evidence
        for clause in _offered_on_receipt(screen, visit):
            yield "P12d", "付款后推销", clause


# On the receipt nothing is left to do: a button that holds something out sells.
_HELD_OUT = {"游戏", "优惠", "领券", "下载"}
_RECEIPT = re.compile(r"票|凭证|收据|减免|退款")


_LEAVES_RECEIPT = re.compile(r"^\W*(?:完成|确[定认]|好的?|我?知道了|返回.{0,6}|关闭|离开|首页)\W*$")


def _offered_on_receipt(screen: Screen, visit: Visit) -> Iterator[str]:
    """Return the lines of a receipt that sell or hold something out, if something besides leaving acts on them."""
    buttons = tuple(c for c in screen.controls if not _LEAVES_RECEIPT.search(simplified(c.text)))
    shown = replace(screen, controls=buttons)
    for line in simplified(screen.text).splitlines():
        prompts = prompt_wording.prompts_on_poster(line).keys() & _HELD_OUT
        offered = offer_wording.advertised(line) or priced_goods(line) or lured(line) or holds_out(line)
        sells = (prompts or offered) and not (_RECEIPT.search(line) or clause_wording.denied(line))
        if sells and words_and_deeds.acts_on(line, shown, visit.led_on):
            yield line.strip()[:60]


def strange_on_receipt(visit: Visit) -> str:
    """Return the label of a button or link on a receipt that nothing explains: a person must press it; or nothing."""
    known = visit.led_on | visit.opened_keys | {c.text for s in before_pay(visit) for c in s.controls}
    for screen in visit.afterwards:
        if site_of(screen.url) == site_of(visit.url):
            for control in screen.controls:
                brief = not (control.href or control.third) and leads_elsewhere(control.text)
                if control.text not in known and (brief or _leads_elsewhere(control, screen)):
                    return control.text.strip()
    return ""


def _rewards_to_press(screen: Screen) -> Breaches:
    for control in screen.controls:
        text = simplified(control.text)
        held_out = prompt_wording.prompt_of_control(text) in _HELD_OUT
        if held_out and not (_RECEIPT.search(text) or control.disabled or is_public(control.href)):
            yield "P12d", "付款后的按钮是推销", f"{control.text} → {control.href}".strip(" →")


# What binds the driver to the operator. Beside a receipt it holds nothing up: whether it advertises, a person decides.
_BINDING = {"关注", "会员", "注册", "加好友", "订阅消息", "开通"}


def bound_on_receipt(visit: Visit) -> str:
    """Return what a receipt has the driver press or scan to follow or join, and that is no cover; or nothing."""
    for screen in visit.afterwards:
        if site_of(screen.url) != site_of(visit.url):
            continue
        for control in screen.controls:
            text = simplified(control.text)
            binds = _PROFILE.search(control.href) or prompt_wording.prompt_of_control(text) in _BINDING
            if binds and not (_RECEIPT.search(text) or control.disabled or _set_apart(text, screen)):
                return control.text
        for name, evidence in _prompts_in_pictures(screen):
            if name in _BINDING and not _RECEIPT.search(evidence):
                return evidence[:60]
    return ""


@judge
def nothing_binding_covers_the_receipt(visit: Visit, _context: Context) -> Breaches:
    for screen in visit.afterwards:
        for overlay in screen.overlays if site_of(screen.url) == site_of(visit.url) else ():
            text = simplified(overlay.text)
            asked = prompt_wording.prompts_in(text).keys() | set(
                map(prompt_wording.prompt_of_control, overlay.controls)
            )
            if asked & _BINDING and not _RECEIPT.search(text):
                yield "P12d", "付款后的弹窗是推销", overlay.text[:60]


_REWARDS = {"游戏", "优惠", "领券"}  # what a cover holds out, before paying and after


def _ads(screen: Screen, known_page: bool) -> Breaches:
    for control in screen.controls:
        if is_public(control.href) or (control.frame and cashier_at(control.href)):
            continue  # the registration of the site, which the law wants on it; a cashier shown in place
        text = simplified(control.text)
        words = offer_wording.AD_WORDS.search(text) and not clause_wording.denied(text)
        if control.frame:
            yield "P12d", "嵌入他站内容", control.href
        elif (
            (control.third and (control.picture or control.ad or words))
            or (control.picture and words and control.href)
            or (words and _leads_elsewhere(control, screen))
        ) and not page_wording.is_pay(text):
            yield "P12d", "广告位", f"{control.text} → {control.href}".strip()
    for overlay in screen.overlays:
        text = simplified(overlay.text)
        sells = offer_wording.AD_WORDS.search(text) or _REWARDS & prompt_wording.prompts_in(text).keys()
        if covers.overlay_kind(overlay) in {"ad", "prompt"} and sells:
            yield "P12d", "弹窗广告", overlay.text[:60]
    yield from _ads_in_pictures(screen, known_page)
    for url in screen.media:
        yield "P12d", "自动播放音频或视频", url


def _ads_in_pictures(screen: Screen, known_page: bool) -> Breaches:
    for picture in screen.pictures:
        text = simplified(picture.text or picture.alt)
        ad = offer_wording.AD_WORDS.search(text) and not clause_wording.denied(text)
        if ad or holds_out(text):
            yield "P12d", "图片广告", f"{text[:60]} {picture.href}".strip()
        elif (
            picture.acts
            and not picture.unread
            and (known_page or site_of(picture.href or screen.url) != site_of(screen.url))
            and _says_other_things(picture, screen)
        ):
            yield "P12d", "与缴费无关的图片可以点击", f"{text[:60]} {picture.href or picture.src}".strip()


KEYS = 9  # single signs drawn in a picture: so many are keys


def wordless_to_press(visit: Visit) -> str:
    """Return the address of a large picture that can be pressed and of which nothing says what for; or nothing."""
    for screen in (*before_pay(visit), *visit.afterwards):
        for picture in screen.pictures:
            words = picture.unread or picture.code or (picture.text or picture.alt).strip()
            if picture.acts and not words and _leads_off(picture, screen):
                return picture.src[:60]
    return ""


def _says_other_things(picture: Picture, screen: Screen) -> bool:
    away = bool(picture.href) and site_of(picture.href) != site_of(screen.url)
    return (away or bool((picture.text or picture.alt).strip())) and _leads_off(picture, screen)


def _leads_off(picture: Picture, screen: Screen) -> bool:
    """Return whether a picture that can be touched has nothing to do with paying, as far as its words go."""
    if is_public(picture.href) or (
        path_of(picture.href) in {"/", path_of(screen.url)} and site_of(picture.href) == site_of(screen.url)
    ):
        return False
    if covers.signs_in(picture.text) >= KEYS:
        return False  # a keyboard
    text = simplified(picture.text or picture.alt)
    named = text.strip() and text.strip() in simplified(screen.text)  # a logo
    return not named and not page_wording.speaks_of_parking(text) and not of_parking(text)


def _sales_in_words(screen: Screen) -> Iterator[tuple[str, str]]:
    if offer := offer_wording.advertised(screen.text):
        yield "推销商品或服务", offer
    if goods := priced_goods(screen.text):
        yield "标价出售别的商品", goods


def _ads_in_words(screen: Screen, led_on: Collection[str]) -> Breaches:
    for what, clause in _sales_in_words(screen):
        if words_and_deeds.acts_on(clause, screen, led_on):
            yield "P12d", what, clause
    if offer_wording.AD_LABEL.search(simplified(screen.text)) and (screen.pictures or screen.overlays):
        yield "P12d", "标有“广告”的内容", moment(screen)
