"""What the rules find in answers, prices, notices and for everybody's use (P11 to P16)."""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from selfcheck import answer_wording, clause_wording, offer_wording, page_wording, threat_wording
from selfcheck.breaches import Breaches, Context, Judges, before_pay
from selfcheck.judging_way import asks_for_something_else, folded_bills, out_of_service
from selfcheck.page_controls import billed, charged_for_the_place
from selfcheck.plain_chinese import simplified
from selfcheck.sites import site_of
from selfcheck.visit import Phase, Picture, Screen, Visit

judge = Judges()


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
    answers = [screen for screen in visit.screens if screen.phase is Phase.SUBMIT and not visit.known_car]
    for screen, text in _without_own_clocks(answers, visit):
        details = answer_wording.TELLS_TOO_MUCH.finditer(text)
        texts = (found.group() for found in details if not _stood_there(found, known))
        # A sign may name places ("B3 is flooded"); a time or a number is of this car wherever it stands.
        if words := next((w for w in texts if w not in known or re.search(r"\d", w)), ""):
            yield "P11b", "查询结果透露过多", words
        elif (place := answer_wording.tells_place(text, known)) and place[1]:
            yield "P11b", "查询结果透露停放位置", place[0]
        elif besides := answer_wording.tells_besides(text, known):
            yield "P11b", "查询结果透露费用以外的信息", besides
        if row := billed(answer_wording.new_in(screen.text, known)):
            yield "P12d", "账单里有停车以外的项目", row
        shown = {picture.src for picture in first.pictures} if first else set()
        new = [p for p in screen.pictures if p.src not in shown]
        if photo := next(filter(_photo_of_car, new), None):
            yield "P11b", "查询结果展示车辆照片", f"{photo.alt} {photo.src}".strip()
        plates = {p for p in answer_wording.PLATE_NEARBY.findall(text) if not p.endswith("12345")}
        if len(plates) >= 2:
            yield "P11b", "查询结果列出他人车牌", f"{len(plates)} 个"


def _stood_there(found: re.Match[str], known: str) -> bool:
    """Return whether the lines of a match stood on the first page as they are: 泊位 HK0231 is where its sign hangs."""
    text, seen = found.string, {line.strip() for line in known.splitlines()}
    start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
    return all(line.strip() in seen for line in text[start : end if end >= 0 else None].splitlines())


@judge
def nothing_is_folded_into_the_bill(visit: Visit, _context: Context) -> Breaches:
    bill = visit.last(Phase.SUBMIT)
    for screen in folded_bills(visit) if bill else ():
        if bill and (row := billed(answer_wording.new_in(screen.text, bill.text))):
            yield "P12d", "账单里有停车以外的项目", row


@judge
def fee_stands_still(visit: Visit, _context: Context) -> Breaches:
    """Report a fee that grows on a page where nothing else changes: it tells neither why nor when."""
    later = [screen for screen in visit.later if screen.phase is Phase.SUBMIT]
    for shown in ([s for s in visit.screens if s.phase is Phase.SUBMIT], later):
        for one, then in pairwise(shown):
            fees = _fee_on(one, visit), _fee_on(then, visit)
            if 0 < fees[0] < fees[1] and _without_amounts(one) == _without_amounts(then):
                yield "P12e", "停在费用页上，金额自己变多", f"{fees[0]:.2f} → {fees[1]:.2f}"


@judge
def fee_is_the_same_in_any_language(visit: Visit, _context: Context) -> Breaches:
    if visit.other_fee:
        yield "P12e", "手机换一种语言，同一车牌的费用就不同", visit.other_fee


def _without_amounts(screen: Screen) -> str:
    text = answer_wording.CLOCK.sub("", page_wording.AMOUNT.sub("", screen.text))
    return " ".join(text.split())


_EXAMPLE = re.compile(r"例|如[:：]|格式|样式|比如|e\.g\.|example|such as", re.IGNORECASE)
SEVERAL = 3  # whole plates of other cars; one or two may be examples


@judge
def no_plates_of_others(visit: Visit, _context: Context) -> Breaches:
    """Report whole plates that a page shows to everybody, at once or one after the other."""
    lines = {line for s in before_pay(visit) for line in simplified(s.text).splitlines()}
    plates = {
        answer_wording.bare_plate(plate)
        for line in lines
        if not _EXAMPLE.search(line)
        for plate in answer_wording.WHOLE_PLATE.findall(line)
    }
    others = {plate for plate in plates if not plate.endswith("12345") and len(set(plate[2:])) > 2}
    if len(others) >= SEVERAL:
        yield "P11b", "页面列出他人车牌", f"{len(others)} 个"


def answer_for_a_person(visit: Visit) -> str:
    """Return what an answer shows and no word explains (Chinese): a moment, or a photo; or nothing."""
    first = visit.first(Phase.ARRIVE)
    known = simplified(first.text) if first else ""
    shown = {picture.src for picture in first.pictures} if first else set()
    answers = [screen for screen in visit.screens if screen.phase is Phase.SUBMIT]
    for screen, text in _without_own_clocks(answers, visit):
        if when := answer_wording.unlabelled_moment(text, known):
            return f"答复里的“{when}”没有写明是什么时刻，是否入场时间"
        if place := answer_wording.tells_place(text, known)[0]:
            return f"答复里的“{place}”是否车辆的位置，"
        if visit.fee and any(_photo(p) and p.src not in shown for p in screen.pictures):
            return "答复里有图片，是否车辆照片"
    return ""


def _without_own_clocks(answers: list[Screen], visit: Visit) -> list[tuple[Screen, str]]:
    """Return the text of each answer without clocks that run, and those that tell the time of the answer."""
    running = answer_wording.ticking([screen.text for screen in answers])
    now = answer_wording.clocks_of(visit.looked_up_at)
    return [
        (
            screen,
            simplified(
                answer_wording.CLOCK.sub(
                    lambda c: "" if c[0] in running or c[0].replace("：", ":")[:5] in now else c[0],
                    screen.text,
                )
            ),
        )
        for screen in answers
    ]


def charge_not_on_the_board(visit: Visit) -> str:
    """Return what a bill charges for the place itself, where the first page's tariff does not name it."""
    first = visit.first(Phase.ARRIVE)
    board = first.text if first else ""
    bills = (s for s in before_pay(visit) if s.phase is Phase.SUBMIT)
    return next(filter(None, (charged_for_the_place(s.text, board) for s in bills)), "")


@judge
def nothing_is_added_to_the_bill(visit: Visit, _context: Context) -> Breaches:
    """Report what is charged only once pay was pressed: the bill did not show it."""
    bill = visit.last(Phase.SUBMIT)
    known = bill.text.splitlines() if bill else []
    shown = {_amount(found) for line in known for found in page_wording.AMOUNT.findall(line)}
    own = [s for s in visit.screens if s.moment == "pay" and site_of(s.url) == site_of(visit.url)]
    for screen in own if known else ():
        new = "\n".join(line for line in screen.text.splitlines() if line not in known)
        # The amount of the bill, shown again beside the payee's name, is no row of its own.
        rest = page_wording.AMOUNT.sub(lambda found: "" if _amount(found[0]) in shown else found[0], new)
        if row := billed(rest):
            yield "P12d", "点击支付后多出账单上没有的项目", row


def _photo(picture: Picture) -> bool:
    """Return whether a picture is fetched, and neither drawn, a code, nor words: an answer needs no other."""
    fetched = picture.src.startswith("http") and not picture.src.partition("?")[0].endswith(".svg")
    return fetched and not picture.code and not picture.text.strip()


def _photo_of_car(picture: Picture) -> bool:
    return bool(answer_wording.CAR_PHOTO.search(f"{picture.alt} {picture.src[:120]}"))


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
        if found := offer_wording.dearer(screen.text):
            yield "P12e", "以会员价区别收费", found
        elif prices := _prices_by_membership(screen):
            yield "P12e", "以会员价区别收费", prices


@judge
def charges_what_it_shows(visit: Visit, _context: Context) -> Breaches:
    shown = {float(n) for s in before_pay(visit) for n in re.findall(r"\d+(?:\.\d+)?", s.text)}
    answer = visit.last(Phase.SUBMIT)
    listed = [_amount(text) for text in page_wording.AMOUNT.findall(answer.text)] if answer else []
    fee, sums = max(listed, default=0), _sums(listed)
    for screen in visit.screens if visit.fee and fee else ():
        if screen.phase is Phase.PAY and site_of(screen.url) == site_of(visit.url):
            for asked, words in _amounts_to_pay(screen):
                if asked > fee and asked not in shown and round(asked, 2) not in sums:
                    yield "P12e", "点支付后要付的金额比查到的费用多", words
    for request in visit.requests:
        if request.amount and visit.fee and not shown & {float(request.amount), float(request.amount) / 100}:
            yield "P12e", "交给收银台的金额与页面显示的不同", f"{request.amount} {request.url}"


@judge
def button_asks_for_the_fee(visit: Visit, _context: Context) -> Breaches:
    """Report a button that pays more than the fee beside it, and more than what is listed makes together."""
    first = visit.first(Phase.ARRIVE)
    for screen in visit.screens:
        if first is None or screen.phase is not Phase.SUBMIT:
            continue
        text = answer_wording.new_in(screen.text, first.text)
        for control in screen.controls:
            text = text.replace(simplified(control.text), "\n")
        listed = [_amount(found) for line in text.splitlines() for found in _fees_in(line)]
        sums = _sums(listed)
        for control in screen.controls:
            asked = _asked_for(control.text)
            if listed and asked > max(listed) and round(asked, 2) not in sums:
                yield "P12e", "支付按钮要付的金额比显示的费用多", control.text


SUMMED = 8  # amounts of which the sums are made


def _sums(listed: Sequence[float]) -> set[float]:
    """Return what the amounts of a bill make together, whichever of them are paid."""
    rows = listed[:SUMMED]
    return {round(sum(part), 2) for n in range(len(rows) + 1) for part in combinations(rows, n)}


def _fees_in(line: str) -> list[str]:
    """Return the amounts of a line that tells a fee: it stands alone or is named, and is no tariff."""
    rest = page_wording.AMOUNT.sub("", line).strip()
    if page_wording.PRICE_RULE.search(line) or not (
        len(rest) <= ALONE or page_wording.DUE.search(line) or "费" in rest
    ):
        return []
    return page_wording.AMOUNT.findall(line)


ALONE = 4  # characters beside an amount
TOTAL_LINE = 20  # characters: what is longer explains


def _amounts_to_pay(screen: Screen) -> list[tuple[float, str]]:
    """Return the amounts that a screen after pay asks for: on its buttons, and in lines where they stand alone."""
    labels = [(_asked_for(control.text), control.text) for control in screen.controls]
    if not any(page_wording.is_pay(control.text) for control in screen.controls):
        return labels  # what was paid, or could be: nothing is to be paid there
    lines = [line for line in screen.text.splitlines() if len(line.strip()) <= TOTAL_LINE]
    return labels + [(_amount(found), line.strip()) for line in lines for found in _fees_in(line)]


def _asked_for(label: str) -> float:
    """Return the amount on a button that pays; 0: none."""
    found = page_wording.AMOUNT.findall(label) if page_wording.is_pay(label) else []
    return max(map(_amount, found), default=0)


def fee_that_fell(visits: Sequence[Visit]) -> str:
    """Return two fees of the same car, where the later one is lower: time alone makes a fee grow; or nothing."""
    asked = sorted((v for v in visits if v.fee and not v.known_car), key=lambda visit: visit.looked_up_at)
    answers = [(visit, s) for visit in asked for s in (visit.last(Phase.SUBMIT), *visit.asked_again[:1]) if s]
    fees = [fee for visit, screen in answers if (fee := _fee_on(screen, visit))]
    return next((f"{one:.2f}、{then:.2f}" for one, then in pairwise(fees) if then < one), "")


def fee_of(visit: Visit) -> float:
    """Return the amount of the fee that a visit was shown; 0: none."""
    bill = visit.last(Phase.SUBMIT) if visit.fee and not visit.known_car else None
    return _fee_on(bill, visit) if bill else 0


def _fee_on(screen: Screen, visit: Visit) -> float:
    """Return the amount of an answer: the one on its button, or the largest that tells a fee; 0: none."""
    first = visit.first(Phase.ARRIVE)
    new = answer_wording.new_in(screen.text, first.text if first else "")
    listed = (_amount(found) for line in new.splitlines() for found in _fees_in(line))
    asked = max((_asked_for(control.text) for control in screen.controls), default=0)
    return asked or max(listed, default=0)


RENEWED, APART = 5, 15  # seconds: by how much a deadline may shift, and the look-ups lie apart


def deadline_begins_anew(visits: Sequence[Visit]) -> str:
    """Return the sentence that a fee will rise when a clock has run down, if each look-up starts the clock."""
    seen: dict[str, list[tuple[float, int]]] = {}
    for visit in visits:
        texts = [screen.text for screen in visit.screens if screen.phase is Phase.SUBMIT]
        clauses = filter(None, map(threat_wording.threatened, texts))
        running = answer_wording.ticking(texts)
        clause = next((c for c in clauses if not running.isdisjoint(answer_wording.CLOCK.findall(c))), "")
        if clause:
            clock = next(c for c in answer_wording.CLOCK.findall(clause) if c in running)
            row = (visit.looked_up_at, _seconds(clock))
            seen.setdefault(answer_wording.CLOCK.sub("…", clause), []).append(row)
    for clause, rows in seen.items():
        moments, left = zip(*rows, strict=True)
        if max(moments) - min(moments) >= APART and max(left) - min(left) <= RENEWED:
            return clause
    return ""


def _seconds(clock: str) -> int:
    parts = [int(part) for part in re.split("[:：]", clock)]
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def _amount(text: str) -> float:
    number = re.search(r"\d+(?:\.\d+)?", text)
    return float(number.group()) if number else 0


_BOUND = re.compile(
    r"(?<!非)会员|储值|余额|充值|零钱包|卡付|办卡|开卡|券|积分|贵宾|VIP|绑[定卡]|签约|免密|member|stored|wallet",
    re.IGNORECASE,
)


def _prices_by_membership(screen: Screen) -> str:
    """Return two ways to pay of which one is for customers and asks for another amount; empty: none."""
    prices: dict[bool, set[str]] = {True: set(), False: set()}
    for control in screen.controls:
        text, amount = simplified(control.text), page_wording.AMOUNT.search(control.text)
        if amount and (page_wording.PAY.search(text) or text.endswith(("付", amount.group()))):
            prices[bool(_BOUND.search(text))].add(amount.group())
    if prices[True] and prices[False] and prices[True] != prices[False]:
        return f"会员或储值 {min(prices[True])}，其他 {min(prices[False])}"
    return ""


@judge
def fee_can_be_read(visit: Visit, _context: Context) -> Breaches:
    """Report a fee that is drawn so small or so pale that it is hard to read, wherever it stands."""
    bill = visit.last(Phase.SUBMIT) if visit.fee else None
    for line in bill.pale if bill else ():
        for amount in page_wording.AMOUNT.findall(line):
            if (
                bill
                and _amount(amount) == fee_of(visit)
                and bill.text.count(amount) <= sum(amount in row for row in bill.pale)
            ):
                yield "P13a", "费用的字太小或太淡，很难看清", line


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
    if screen and context.labelled == "pure" and asks_for_something_else(visit):
        headings = [line for line in screen.text[:300].splitlines() if len(line.strip()) <= HEADING]
        head = simplified("\n".join([screen.title, *headings]))
        if found := clause_wording.matches(page_wording.MEMBER_PAGE, head):
            yield "P14", "标为纯净码，打开的却是会员页", found


def _noticed(visit: Visit) -> str:
    """Return the notice and all that was shown before paying: it may stand on the page itself."""
    return _readable("\n".join((visit.notice or "", *(screen.text for screen in before_pay(visit)))), visit)


def _readable(text: str, visit: Visit) -> str:
    """Return a text in simplified characters, without what the page shows so that nobody can read it."""
    screens = before_pay(visit)
    for line in {line for screen in screens for line in screen.faint}:
        if all(line in screen.faint or line not in screen.text for screen in screens):
            text = text.replace(line, "")
    return simplified(text)


def without_notice(visit: Visit) -> bool:
    """Return whether a page that was walked tells nothing of what becomes of the plate."""
    if not (visit.typed_by or visit.known_car) or visit.notice is None:
        return False
    parts, shown = page_wording.NOTICE_PARTS.values(), _noticed(visit)
    if any(part.search(_readable(visit.notice, visit)) for part in parts):
        return False
    beside = page_wording.RIGHTS.search(shown) or page_wording.HANDLER.search(shown)
    if page_wording.TELLS_OF_PLATE.search(shown) and beside:
        return False  # it stands on the page, without a name
    # A notice that stays empty is none, unless the page tells by itself what becomes of the plate.
    linked = _readable(visit.notice, visit).strip()
    return not (page_wording.TELLS_OF_PLATE if linked else page_wording.NOTICE).search(shown)


def notice_for_a_person(visit: Visit) -> str:
    """Return what keeps a notice from being compared with the page (Chinese): blanks, or no end to keeping."""
    if not (visit.typed_by or visit.known_car) or visit.notice is None or without_notice(visit):
        return ""
    notice = _readable(visit.notice, visit) or _noticed(visit)
    if blank := page_wording.UNFILLED.search(notice):
        return f"隐私说明里还有模板的空白“{blank.group()}”，无从核对，须由人核对"
    forever = page_wording.kept_for_ever(notice)
    return forever and f"隐私说明写有“{forever}”，是否超过必要的期限，须由人核对"


@judge
def notice_is_true(visit: Visit, _context: Context) -> Breaches:
    if not (visit.typed_by or visit.known_car) or visit.notice is None:
        return
    text = _noticed(visit)
    if without_notice(visit):
        yield "P15a", "缴费前看不到隐私说明", visit.url
        return
    notice = _readable(visit.notice, visit) or text
    if missing := [name for name, part in page_wording.NOTICE_PARTS.items() if not part.search(notice)]:
        words = {"purpose": "用途", "retention": "保存期限", "contact": "联系方式"}
        yield "P15a", "隐私说明不完整", "、".join(words[name] for name in missing)
    if blank := page_wording.UNFILLED.search(notice):
        yield "P15a", "隐私说明是没有填好的模板", blank.group()
    if forever := page_wording.kept_for_ever(notice):
        yield "P15a", "隐私说明没有保存期限", forever
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
