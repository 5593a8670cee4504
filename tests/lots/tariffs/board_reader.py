"""A reader of price boards: it knows the Chinese sentences, and prices stays from them alone.

It never sees a tariff document, a rule or a clause, and shares no code with the engine or with `reference`.
What a sentence means to a driver is written here a second time, minute by minute. A sentence that it does not
know is an error, so every new clause needs its meaning here.
"""

import itertools
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

ENDLESS = 10**9
CLOCK = [[f"{hour:02}:{minute:02}" for minute in range(60)] for hour in range(24)]
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS = {
    "工作日": ["mon", "tue", "wed", "thu", "fri", "makeup"],
    "周一": ["mon"],
    "周二": ["tue"],
    "周三": ["wed"],
    "周四": ["thu"],
    "周五": ["fri"],
    "周末及法定节假日": ["sat", "sun", "holiday"],
    "周末": ["sat", "sun"],
    "周六": ["sat"],
    "周日": ["sun"],
    "法定节假日": ["holiday"],
    "调休上班日": ["makeup"],
}
YUAN = r"¥(?P<yuan>\d+)(?:\.(?P<cents>\d{2,5}))?"
TIME = r"(?:\d+ 小时)?(?: ?\d+ 分钟)?"
HOURS = r"(?P<start>\d\d:\d\d)–(?P<end>\d\d:\d\d)"
REST = "其余时间："
LABEL = re.compile(rf"(?P<days>[^\d：]*?) ?(?:日间|晚间|夜间)? ?(?:{HOURS})?(?P<all>全天)?：(?P<rest>.*)")


@dataclass
class Price:
    """From minute `start` up to `end` of the count: fen for each unit, or once if there is no unit."""

    start: int
    end: int
    unit: int
    fen: int
    instead: bool = False  # of everything before
    reached: bool = False  # due already at the very minute of its start


@dataclass
class Period:
    """A part of the day with its own prices; without hours: all other time."""

    days: set[str] = field(default_factory=lambda: {*WEEK, "holiday", "makeup"})
    start: str = ""
    end: str = ""
    prices: list[Any] = field(default_factory=list)
    cap: int | None = None


@dataclass
class Board:
    rest: Period = field(default_factory=Period)
    periods: list[Any] = field(default_factory=list)
    free: int = 0
    deducted: bool = False
    free_each: bool = False
    free_daily: bool = False
    full: bool = False
    by_start_of_unit: bool = False
    amounts_run_on: bool = False
    free_counts: bool = False
    steps_by_period: bool = False
    steps_by_stay: bool = False
    cycle_hours: int = 0
    cycle_time: str = ""
    cycle_after_free: bool = False
    periods_again: bool = False
    caps: list[Any] = field(default_factory=list)
    so_far: list[Any] = field(default_factory=list)
    later: int = 0
    stay_cap: int = ENDLESS
    pooled: int = 0
    by_first_day: bool = False
    tail: int = 0
    long_caps: list[Any] = field(default_factory=list)
    offers: list[Any] = field(default_factory=list)
    cheapest: bool = False
    shared: list[Any] = field(default_factory=list)
    percent: int = 100
    round_to: int = 1
    round_how: str = ""
    turn_after: int = 0
    turn_whole: bool = False
    turned: Any = None
    free_times: int = 0
    month_cap: int = 0
    night_at: str = ""
    night_fen: int = 0
    night_once: bool = False
    free_below: bool = False
    tail_below: bool = False
    amounts_reached: bool = False
    turn_reached: bool = False


def minutes(text):
    hours, rest = re.search(r"(\d+) 小时", text), re.search(r"(\d+) 分钟", text)
    return (int(hours[1]) * 60 if hours else 0) + (int(rest[1]) if rest else 0)


def unit(text):
    return {"小时": 60, "分钟": 1}.get(text) or minutes(text)


def fen(match):
    """Return an amount in fen, as a fraction if it has parts of one."""
    cents = match["cents"] or "00"
    amount = Fraction(int(match["yuan"] + cents), 10 ** (len(cents) - 2))
    return int(amount) if amount.denominator == 1 else amount


def price_sentence(period, text):
    """Add the price of a sentence to a period; False if the sentence is no price."""
    per = rf"每 ?(?P<unit>小时|分钟|{TIME}) {YUAN}。"
    known = [
        (per, lambda m: Price(0, ENDLESS, unit(m["unit"]), fen(m))),
        (rf"(每次|按停放所跨天数，每天) {YUAN}。", lambda m: Price(0, ENDLESS, 0, fen(m))),
        (
            rf"每 (?P<h>\d+) 小时 {YUAN}，不足 (?P=h) 小时的按 (?P=h) 小时计。",
            lambda m: Price(0, ENDLESS, 0, fen(m)),
        ),
        (r"免费。|免费停放。|其余时间免费。", lambda _: Price(0, ENDLESS, 0, 0)),
        (rf"前 (?P<b>{TIME})：免费。", lambda m: Price(0, minutes(m["b"]), 0, 0)),
        (rf"(?P<a>{TIME})至 (?P<b>{TIME})：免费。", lambda m: Price(minutes(m["a"]), minutes(m["b"]), 0, 0)),
        (rf"(?P<a>{TIME})之后：免费。", lambda m: Price(minutes(m["a"]), ENDLESS, 0, 0)),
        (rf"前 (?P<b>{TIME})：{per}", lambda m: Price(0, minutes(m["b"]), unit(m["unit"]), fen(m))),
        (rf"前 (?P<b>{TIME})：共 {YUAN}。", lambda m: Price(0, minutes(m["b"]), 0, fen(m))),
        (
            rf"(?P<a>{TIME})至 (?P<b>{TIME})：{per}",
            lambda m: Price(minutes(m["a"]), minutes(m["b"]), unit(m["unit"]), fen(m)),
        ),
        (
            rf"(?P<a>{TIME})至 (?P<b>{TIME})：另收 {YUAN}。",
            lambda m: Price(minutes(m["a"]), minutes(m["b"]), 0, fen(m)),
        ),
        (
            rf"(?P<a>{TIME})至 (?P<b>{TIME})：共 {YUAN}。",
            lambda m: Price(minutes(m["a"]), minutes(m["b"]), 0, fen(m) - amounts(period)),
        ),
        (
            rf"(?P<a>{TIME})之后：共 {YUAN}。",
            lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m) - amounts(period)),
        ),
        (rf"(?P<a>{TIME})之后：{per}", lambda m: Price(minutes(m["a"]), ENDLESS, unit(m["unit"]), fen(m))),
        (rf"(?P<a>{TIME})之后：另收 {YUAN}。", lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m))),
        (rf"超过 (?P<a>{TIME})：共收 {YUAN}。", lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m), True)),
        (
            rf"满 (?P<a>{TIME})：共收 {YUAN}。",
            lambda m: Price(minutes(m["a"]), ENDLESS, 0, fen(m), instead=True, reached=True),
        ),
    ]
    for pattern, made in known:
        if match := re.fullmatch(pattern, text):
            period.prices.append(made(match))
            return True
    if match := re.fullmatch(rf"(每天)?最高 {YUAN}。", text):
        period.cap = fen(match)
        return True
    return False


def amounts(period):
    """Return what the prices so far come to, each of which is one amount."""
    assert not any(price.unit for price in period.prices)
    return sum(price.fen for price in period.prices)


def rule_sentence(board, text):
    """Set what a sentence about the whole board says; False if it is not known."""
    known = [
        (rf"停车不超过 (?P<a>{TIME})免费；超过的，从入场时起计费。", lambda m: {"free": minutes(m["a"])}),
        (
            rf"停车不足 (?P<a>{TIME})免费；满 (?P<b>{TIME})的，从入场时起计费。",
            lambda m: {"free": minutes(m["a"]), "free_below": m["a"] == m["b"]},
        ),
        (rf"其中不足 (?P<a>{TIME})的尾数不计费。", lambda m: {"tail": minutes(m["a"]), "tail_below": True}),
        (r"恰好停满一段时长的，即按下一段的金额收费。", lambda _: {"amounts_reached": True}),
        (
            rf"停车满 (?P<a>{TIME})的，从入场时起全部改按以下标准收费：",
            lambda m: {"turn_after": minutes(m["a"]), "turn_whole": True, "turn_reached": True},
        ),
        (
            r"每个号牌每个自然月最多享受 (?P<n>\d+) 次免费时长，以入场日期为准。",
            lambda m: {"free_times": int(m["n"])},
        ),
        (
            rf"同一号牌在同一自然月入场的各次停车，合计最高收费 {YUAN}；"
            r"停车跨月的，每多跨一个月，封顶增加同样金额。",
            lambda m: {"month_cap": fen(m)},
        ),
        (rf"前 (?P<a>{TIME})免费，不计入计费时长。", lambda m: {"free": minutes(m["a"]), "deducted": True}),
        (r"每 \d+ 小时都有一次免费时长。|每天都有一次免费时长。", lambda _: {"free_each": True}),
        (
            r"每个号牌每日最多享受 (?P<n>\d+) 次免费时长，以入场日期为准。",
            lambda m: {"free_daily": True, "free_times": int(m["n"])},
        ),
        (r"每个号牌每日只享受一次免费时长，以入场日期为准。", lambda _: {"free_daily": True}),
        (r"不足一个计时单位的，按一个计时单位收费。", lambda _: {"full": False}),
        (r"不足一个计时单位的部分不收费。", lambda _: {"full": True}),
        (r"跨时段停放，各时段分别计费后相加。", lambda _: {"by_start_of_unit": False}),
        (r"计时单位跨时段的，按开始时所在时段收费。", lambda _: {"by_start_of_unit": True}),
        (
            r"计时单位或一次计价的时长跨时段的，按开始时所在时段收费，至其结束为止。",
            lambda _: {"by_start_of_unit": True, "amounts_run_on": True},
        ),
        (r"再次享受的免费时长，计入分段价格的时间。", lambda _: {"free_counts": True}),
        (r"每个时段内重新从首段起计费。", lambda _: {"steps_by_period": True}),
        (r"跨时段时，分段时间连续计算。", lambda _: {"steps_by_period": False}),
        (r"每满 (?P<h>\d+) 小时，重新开始计费。", lambda m: {"cycle_hours": int(m["h"])}),
        (r"每天 (?P<t>\d\d:\d\d) 重新计费。", lambda m: {"cycle_time": m["t"]}),
        (
            r"每满 (?P<h>\d+) 小时，计时单位截止，重新起算。",
            lambda m: {"cycle_hours": int(m["h"]), "steps_by_stay": True},
        ),
        (
            r"每天 (?P<t>\d\d:\d\d) 计时单位截止，重新起算。",
            lambda m: {"cycle_time": m["t"], "steps_by_stay": True},
        ),
        (r"分段价格按整次停车连续计算。", lambda _: {"steps_by_stay": True}),
        (r"每个 \d+ 小时从免费时长结束时起算。", lambda _: {"cycle_after_free": True}),
        (r"每个 \d+ 小时从入场时起算，免费时长包含在内。", lambda _: {"cycle_after_free": False}),
        (r"此时尚未结束的时段，也重新开始计费。", lambda _: {"periods_again": True}),
        (
            r"此时尚未结束的时段不重新计费，其(?P<steps>分段、)?封顶和按次收费以整个时段为准。",
            lambda m: {"periods_again": False} | ({"steps_by_period": True} if m["steps"] else {}),
        ),
        (rf"其中不超过 (?P<a>{TIME})的尾数不计费。", lambda m: {"tail": minutes(m["a"])}),
        (
            rf"每 (?P<n>\d+) (天|个 \d+ 小时)合计最高收费 {YUAN}。",
            lambda m: {"long_caps": [*board.long_caps, (int(m["n"]), fen(m))]},
        ),
        (
            rf"(?P<days>\S+) {HOURS} 入场、(?:(?P<day>当日|次日|(?P<n>\d) 日后) (?P<by>\d\d:\d\d) 前离场的"
            rf"|停车不超过 (?P<a>{TIME})的)："
            rf"(?:(?P<how>共收|最高收费) {YUAN}|免费)。",
            lambda m: {"offers": [*board.offers, offer(m)]},
        ),
        (
            r"上一项仅适用于该离场日 (?P<t>\d\d:\d\d) 及以后离场的。",
            lambda m: {"offers": [*board.offers[:-1], (*board.offers[-1], m["t"])]},
        ),
        (r"同时符合多项的，以列在前面的为准。", lambda _: {"cheapest": False}),
        (r"同时符合多项的，取其中最低的。", lambda _: {"cheapest": True}),
        (
            rf"同一日开始的 (?P<hours>[\d:–、]+) 时段，合计最高收费 {YUAN}。",
            lambda m: {"shared": [*board.shared, (m["hours"].split("、"), fen(m))]},
        ),
        (r"以上合计金额按 (?P<n>\d+)% 收取。", lambda m: {"percent": int(m["n"])}),
        (rf"合计金额不足 {YUAN} 的部分舍去。", lambda m: {"round_to": fen(m), "round_how": "down"}),
        (rf"合计金额四舍五入到 {YUAN} 的整数倍。", lambda m: {"round_to": fen(m), "round_how": "nearest"}),
        (
            rf"合计金额不足 {YUAN} 的部分按 ¥[\d.]+ 收取。",
            lambda m: {"round_to": fen(m), "round_how": "up"},
        ),
        (
            rf"停车超过 (?P<a>{TIME})的，从入场时起全部改按以下标准收费：",
            lambda m: {"turn_after": minutes(m["a"]), "turn_whole": True},
        ),
        (
            rf"停车超过 (?P<a>{TIME})的，超出部分改按以下标准收费，不再有免费时长：",
            lambda m: {"turn_after": minutes(m["a"])},
        ),
        (
            r"停车过 (?P<t>\d\d:\d\d) 仍未离场的，(?P<how>每过一次加收|整次停车只加收一次) "
            rf"{YUAN}，不计入封顶。",
            lambda m: {"night_at": m["t"], "night_fen": fen(m), "night_once": m["how"] != "每过一次加收"},
        ),
        (rf"单次停车最高收费 {YUAN}。", lambda m: {"stay_cap": fen(m)}),
        (
            rf"(自入场起)?每 \d+ 小时最高收费 {YUAN}。|每个自然日最高收费 ¥(?P<y2>\d+)(\.(?P<c2>\d\d))?。",
            None,
        ),
        (
            rf"整次停车最高收费为 {YUAN} 乘以停放(的 \d+ 小时数，不足的按一个计|所跨天数)。",
            lambda m: {"pooled": fen(m)},
        ),
        (rf"第 \d+ (个 \d+ 小时|天)(及以后，每[个天])?最高收费 {YUAN}。", None),
        (
            rf"每天 (?P<t>\d\d:\d\d) 至次日 (?P=t) 最高收费 {YUAN}。",
            lambda m: {"cycle_time": m["t"], "caps": [*board.caps, fen(m)]},
        ),
        (
            rf"至第 \d+ (个 \d+ 小时|天)结束，累计最高收费 {YUAN}。",
            lambda m: {"so_far": [*board.so_far, fen(m)]},
        ),
        (rf"其后每个周期最多再收 {YUAN}。", lambda m: {"later": fen(m)}),
        (r"跨零点的时段，零点后仍按开始当日的标准计费。", lambda _: {"by_first_day": True}),
        (r"零点后按次日的标准计费。", lambda _: {"by_first_day": False}),
        (r"法定节假日与平日收费相同。", lambda _: {}),
        (
            r"(法定节假日及调休上班日以国务院|公众假期以当地)公布的安排为准，当天不再按星期几或周末计费。",
            lambda _: {},
        ),
    ]
    for pattern, says in known:
        if match := re.fullmatch(pattern, text):
            vars(board).update(says(match) if says else {"caps": [*board.caps, cap_of(text)]})
            return True
    return False


def offer(match):
    days = {*WEEK, "holiday", "makeup"}
    if match["days"] != "每天":
        days = days_named(match["days"])
    hours = (match["start"], match["end"], match["by"] or minutes(match["a"]))
    return (
        days,
        hours,
        int(match["n"] or (match["day"] == "次日")),
        match["how"] == "最高收费",
        fen(match) if match["how"] else 0,
    )


def days_named(text):
    """Return the kinds of day in a list such as 周一至周四、周末."""
    found = set()
    for word in text.split("、"):
        first, _, last = word.partition("至")
        ends = [WEEK.index(*DAYS[end]) for end in (first, last)] if last else []
        found |= {*WEEK[ends[0] : ends[1] + 1]} if ends else {*DAYS[word]}
    return found


def cap_of(text):
    return fen(re.search(YUAN, text))


FOREIGN = {"JP¥": 0, "₩": 0, "KWD ": 3} | dict.fromkeys(
    ["AED ", "A$", "C$", "CHF ", "€", "£", "HK$", "MOP$", "RM", "NZ$", "S$", "฿", "NT$", "US$"], 2
)


def in_yuan(text):
    """Return a sentence with foreign amounts as so many fen as they are of their own minor unit."""
    for sign, digits in sorted(FOREIGN.items(), key=lambda one: -len(one[0])):
        found = re.compile(rf"(?<![A-Z]){re.escape(sign)}(\d+)(?:\.(\d+))?")
        text = found.sub(lambda m, digits=digits: yuan_text(m[1], m[2] or "", digits), text)
    return text


def yuan_text(whole, decimals, digits):
    minor = Fraction(f"{whole}.{decimals or 0}") * 10**digits
    return f"¥{int(minor) // 100}.{int(minor) % 100:02}" + f"{float(minor % 1):.3f}"[2:].rstrip("0")


def read(sentences):
    """Return what the sentences of a board say."""
    sentences = [in_yuan(text) for text in sentences]
    board = Board()
    for index, text in enumerate(sentences):
        if board.turn_after:
            board.turned = read(sentences[index:])
            break
        if rule_sentence(board, text) or price_sentence(board.rest, text):
            continue
        if text.startswith(REST):
            for part in re.findall("[^。]+。", text.removeprefix(REST)):
                assert price_sentence(board.rest, part.strip()), f"unknown price: {part}"
            continue
        label = LABEL.fullmatch(text)
        assert label, f"unknown sentence: {text}"
        period = Period(start=label["start"] or "00:00", end=label["end"] or "24:00")
        if label["days"]:
            period.days = days_named(label["days"].strip())
        for part in re.findall("[^。]+。", label["rest"]):
            assert price_sentence(period, part.strip()), f"unknown price: {part}"
        board.periods.append(period)
    stepped = any(len(period.prices) > 1 for period in (board.rest, *board.periods))
    again = board.free_each and board.deducted and board.steps_by_stay and stepped
    assert board.free_counts or not again, "left open: whether free minutes count towards the steps"
    return board


def price(board, entered_at, until, zone, calendar, absent=(), *, has_free=True):
    """Return in fen what a driver works out from the board, minute by minute. Whole minutes only.

    `absent`: minutes in which the car was outside, where several visits count as one stay.
    """
    count = int((until - entered_at) / timedelta(minutes=1))
    clock = [entered_at.astimezone(zone) + timedelta(minutes=n) for n in range(count)]
    charged = sorted({*range(count)} - {*absent})
    turned, rest = board.turned, 0
    if turned and len(charged) > board.turn_after - board.turn_reached:
        if board.turn_whole:
            cost = price(turned, entered_at, until, zone, calendar, absent, has_free=has_free)
            return min(cost, month_limit(board, clock)) if board.month_cap else cost
        if has_free and board.free and not (board.deducted or board.free_each):
            if not left_after_free(board, charged):  # the length of the whole stay decides
                return 0
            has_free = False
        rest = usual(turned, clock, charged[board.turn_after :], calendar, has_free=False)
        charged = charged[: board.turn_after]
    cost = summed(board, usual(board, clock, charged, calendar, has_free=has_free) + rest)
    return min(cost, month_limit(board, clock)) if board.month_cap else cost


def month_limit(board, clock):
    """Return what the stays of a plate cost at most that enter in the month of this one."""
    months = {(at.year, at.month) for at in clock}
    return board.month_cap * max(1, len(months))


def in_month(board, before, stay, zone, calendar):
    """Return what a stay costs after others of the same plate and month that cost `before`."""
    count = (stay[1] - stay[0]) // timedelta(minutes=1)
    clock = [stay[0].astimezone(zone) + timedelta(minutes=n) for n in range(count)]
    return min(price(board, *stay, zone, calendar), max(0, month_limit(board, clock) - before))


def summed(board, cost):
    """Return the share of a sum that the board asks for, rounded as it says."""
    units = Fraction(cost * board.percent, 100 * board.round_to)
    if board.round_how == "up":
        return -(-units // 1) * board.round_to
    return (units + (Fraction(1, 2) if board.round_how == "nearest" else 0)) // 1 * board.round_to


def usual(board, clock, charged, calendar, *, has_free):
    """Return the sum for these minutes of the clock, before it is rounded."""
    if not charged:
        return 0
    clock = clock[charged[0] : charged[-1] + 1]
    charged = [n - charged[0] for n in charged]
    if not has_free:
        board = replace(board, free=0)
    if board.free and not board.free_each:
        charged = left_after_free(board, charged)
    if not charged:
        return 0
    first = charged[0] if board.cycle_after_free or board.cycle_time else 0
    cycle = cycle_numbers(board, clock, first)
    touched = cycle[charged[-1]]
    if board.free_each and board.free:
        numbers = sorted(set(cycle))
        charged = [
            n
            for number in numbers
            for n in left_after_free(board, [m for m in charged if cycle[m] == number])
        ]
    where = places(board, clock, calendar)
    if board.periods_again:
        where = [(period, one, number) for (period, one), number in zip(where, cycle, strict=True)]
    cost = within_caps(board, add_up(board, charged, cycle, where), touched)
    return with_offers(board, cost + for_nights(board, clock, charged), clock, calendar)


def for_nights(board, clock, charged):
    """Return what the nights of these minutes cost on top."""
    nights = 0
    for before, n in itertools.pairwise(charged):
        nights += n == before + 1 and f"{clock[n]:%H:%M}" == board.night_at
    return board.night_fen * (bool(nights) if board.night_once else nights)


def with_offers(board, cost, clock, calendar):
    """Return the usual price, or that of an offer which fits the times of entry and exit."""
    entered, left = clock[0], clock[-1] + timedelta(minutes=1)
    prices = []
    for days, (start, end, by), later, at_most, amount, *not_before in board.offers:
        now, until = f"{entered:%H:%M}", "00:00" if end == "24:00" else end
        inside = start <= now < until if start < until else now >= start or now < until
        date = entered.replace(hour=0, minute=0) + timedelta(days=later)
        if isinstance(by, int):
            late = len(clock) > by
        else:
            late = left > date + timedelta(hours=int(by[:2]), minutes=int(by[3:]))
        early = any(left < date + timedelta(hours=int(t[:2]), minutes=int(t[3:])) for t in not_before)
        if cost and inside and not late and not early and kind(calendar, entered.date()) in days:
            prices.append(min(cost, amount) if at_most else amount)
    if not prices:
        return cost
    return min(prices) if board.cheapest else prices[0]


def left_after_free(board, numbers):
    if len(numbers) <= board.free - board.free_below:
        return []
    return numbers[board.free :] if board.deducted else numbers


def cycle_numbers(board, clock, first):
    if board.cycle_hours:
        return [1 + (n - first) // (60 * board.cycle_hours) for n in range(len(clock))]
    if not board.cycle_time:
        return [1] * len(clock)
    hour, minute = int(board.cycle_time[:2]), int(board.cycle_time[3:])
    days = [(at - timedelta(hours=hour, minutes=minute)).date() for at in clock]
    return [1 + (day - days[first]).days for day in days]  # day 1 is that of the first charged minute


def places(board, clock, calendar):
    """Return for each minute the period that holds and which one it is since the entry."""
    found, others = [], 0
    hours = [time for one in board.periods for time in (one.start, one.end)]
    limits = {0, *(int(time[:2]) % 24 * 60 + int(time[3:]) for time in hours)}
    before = None
    for at in clock:
        minute = at.hour * 60 + at.minute
        if minute not in limits and minute - 1 == before:
            found.append(found[-1])  # no period begins or ends
            before = minute
            continue
        before = minute
        here = (None, 0)
        for index, period in enumerate(board.periods):
            if began := holds(board, period, at, calendar):
                here = (index, began)
        if here[0] is None:
            others += bool(found) and found[-1][0] is not None
            here = (None, others)
        found.append(here)
    return found


def holds(board, period, at, calendar):
    now, today = CLOCK[at.hour][at.minute], at.date()
    end = "00:00" if period.end == "24:00" else period.end
    night = end <= period.start
    if now >= period.start and (night or now < end) and kind(calendar, today) in period.days:
        return today
    before = today - timedelta(days=1)
    decides = before if board.by_first_day else today
    return before if night and now < end and kind(calendar, decides) in period.days else None


def kind(calendar, day):
    if day in calendar.holidays:
        return "holiday"
    return "makeup" if day in calendar.workdays else WEEK[day.weekday()]


def add_up(board, charged, cycle, where):  # noqa: C901 - one sentence after another
    """Return what each cycle costs before its cap."""
    costs, of_period, of_date, once, began = {}, {}, {}, set(), {}
    busy, runs_in = -1, None  # up to when a unit runs that is paid, and in which cycle (and period)
    within = set(charged)
    whereabouts = list(zip(cycle, where, strict=True))
    last = None
    for n, at_its_end in minutes_and_ends(board, charged):
        if n < busy and whereabouts[n] == last and not at_its_end:
            continue  # the unit that runs here covers this minute too
        last = whereabouts[n]
        period = board.rest if where[n][0] is None else board.periods[where[n][0]]
        costs.setdefault(cycle[n], 0)
        counts_from = where[n] if board.steps_by_period else None if board.steps_by_stay else cycle[n]
        since = began.setdefault(counts_from, n)
        if n < busy and runs_in in ((cycle[n], None), (cycle[n], where[n])) and not at_its_end:
            continue
        step = next(one for one in period.prices if n - since < one.end)
        if at_its_end:  # a minute that completes a stretch has begun the amount of the next one
            step = next((one for one in period.prices if 0 < one.start == n + 1 - since), step)
            if step.start != n + 1 - since or not (board.amounts_reached or step.reached) or step.unit:
                continue
        end = min(since + step.end, ENDLESS)
        runs_on = step.unit or (board.amounts_run_on and step.end < ENDLESS)
        runs_in = (cycle[n], None if board.by_start_of_unit and board.periods and runs_on else where[n])
        busy = min(end, n + step.unit) if step.unit else end
        if step.unit and (board.full or board.tail):
            used = next(
                m - n
                for m in range(n, n + step.unit + 1)
                if m not in within
                or (cycle[m], where[m]) != (cycle[n], where[n])
                or m in (end, n + step.unit)
            )
            if used < step.unit if board.full else used <= board.tail - board.tail_below:
                busy = n + used
                continue
        if step.instead:
            costs[cycle[n]] = step.fen
            continue
        one_amount = len(period.prices) == 1 and board.periods
        goes_on = board.steps_by_stay and len(period.prices) > 1
        if not step.unit and (board.steps_by_period or one_amount or goes_on):
            if (where[n], step.start) in once:
                continue
            once.add((where[n], step.start))
        before = of_period.get(where[n], 0)
        of_period[where[n]] = before + step.fen
        most = ENDLESS if period.cap is None else period.cap
        adds = min(before + step.fen, most) - min(before, most)
        for group, (hours, together) in enumerate(board.shared):
            if f"{period.start}–{period.end}" in hours:
                date_key = (group, *where[n][1:])
                so_far = of_date.get(date_key, 0)
                of_date[date_key] = min(so_far + adds, together)
                adds = of_date[date_key] - so_far
        costs[cycle[n]] += adds
    return costs


def minutes_and_ends(board, charged):
    """Yield each minute, and the end of it if a board has amounts that are due exactly then."""
    everything = [board.rest, *board.periods]
    ends = board.amounts_reached or any(one.reached for period in everything for one in period.prices)
    for n in charged:
        yield n, False
        if ends:
            yield n, True


REENTRY = [
    (rf"离场后 (?P<time>{TIME})内再次入场的，", "left"),
    (rf"自首次入场起 (?P<time>{TIME})内再次入场的，", "entered"),
    (r"当日再次入场的，", "day"),
]
AGAIN = "；跨入下一个同样时限的，封顶相应增加。"
PAYS = [
    (r"不再享受免费时长。", "no_free"),
    (r"与前次合并为一次停车计费，场外时间计入。", "one_charged"),
    (r"与前次合并为一次停车计费，场外时间不收费，计时不中断。", "one_free"),
    (rf"各次分别计费，合计最高收费 {YUAN}{AGAIN}", "capped"),
    (rf"各次分别计费，仅首次享受免费时长，合计最高收费 {YUAN}{AGAIN}", "capped_first_free"),
]


def visits(board, sentence, stays, zone, calendar):
    """Return what the last of these stays [(entered_at, left_at), …] adds, by the sentence on coming back."""
    [(since, within, how, cap)] = [
        (since, minutes(found["time"]) if "time" in found.groupdict() else 0, how, found)
        for when, since in REENTRY
        for pays, how in PAYS
        if (found := re.fullmatch(when + pays, sentence))
    ]
    group = []
    for stay in stays:
        if group and not comes_back(group, stay, since, timedelta(minutes=within), zone):
            group = []
        group.append(stay)
    if how == "no_free":
        return price(board, *group[-1], zone, calendar, has_free=len(group) == 1)
    if how in ("capped", "capped_first_free"):
        charged = []
        for index, stay in enumerate(group):
            cost = price(board, *stay, zone, calendar, has_free=how == "capped" or not index)
            last = stay[1] - timedelta(minutes=1)
            further = (last - group[0][0]) // timedelta(minutes=within or 1)
            if since == "day":
                further = (last.astimezone(zone).date() - group[0][0].astimezone(zone).date()).days
            left = fen(cap) * (1 + further) - sum(charged)
            charged.append(min(cost, max(0, left)) if index else cost)
        return charged[-1]
    whole, before = (together(board, part, how, zone, calendar) for part in (group, group[:-1]))
    return max(0, whole - before)


def with_counted_free(board, stays, zone, calendar, sentence=""):
    """Return what the last of these stays of one plate costs if its free minutes are counted.

    `sentence`: that a car has none which comes back soon, if the board says so.
    """
    soon = {
        stay for index, stay in enumerate(stays) if sentence and is_back(sentence, stays[: index + 1], zone)
    }
    period, most = ("%Y-%m-%d", 1) if board.free_daily else ("%Y-%m", len(stays))
    most = board.free_times or most
    *earlier, last = stays
    mine = f"{last[0].astimezone(zone):{period}}"
    alike = [one for one in earlier if f"{one[0].astimezone(zone):{period}}" == mine]
    alike = [one for one in alike if one not in soon]
    lengths = [(left - entered) // timedelta(minutes=1) for entered, left in alike]
    longest = board.free - board.free_below
    uses = sum(length > 0 and (board.deducted or length <= longest) for length in lengths)
    return price(board, *last, zone, calendar, has_free=uses < most and last not in soon)


def is_back(sentence, stays, zone):
    """Return whether the last of these stays begins soon after one before, as the sentence says it."""
    [(since, within)] = [
        (since, minutes(found["time"]) if "time" in found.groupdict() else 0)
        for when, since in REENTRY
        if (found := re.fullmatch(when + r"不再享受免费时长。", sentence))
    ]
    group = []
    for stay in stays:
        back = bool(group) and comes_back(group, stay, since, timedelta(minutes=within), zone)
        group = [*group, stay] if back else [stay]
    return len(group) > 1


def comes_back(group, stay, since, within, zone):
    if since == "day":
        first, again = (one[0].astimezone(zone).date() for one in (group[0], stay))
        return first == again
    return stay[0] - (group[-1][1] if since == "left" else group[0][0]) <= within


def together(board, stays, how, zone, calendar):
    """Return the price of stays that count as one."""
    if not stays:
        return 0
    start, end = stays[0][0], stays[-1][1]
    outside = []
    if how == "one_free":
        for one, other in itertools.pairwise(stays):
            first, last = ((at - start) // timedelta(minutes=1) for at in (one[1], other[0]))
            outside += range(first, last)
    return price(board, start, end, zone, calendar, outside)


HOLIDAYS = {
    "元旦假期": "new_year",
    "春节假期": "spring_festival",
    "清明节假期": "qingming",
    "劳动节假期": "labour_day",
    "端午节假期": "dragon_boat",
    "中秋节假期": "mid_autumn",
    "国庆节假期": "national_day",
}


def season_holds(kinds, day, calendar):
    """Return whether the heading of a season's board is for an entry on this date."""
    text = kinds.removeprefix("入场日期：")
    feasts = [one for one in HOLIDAYS if one in text]
    words = re.match("[^\\d]*", text)[0]
    for one in feasts:
        words = words.split(one)[0]
    words = words.strip()
    if words and kind(calendar, day) not in days_named(words):
        return False
    if any(calendar.holiday_of(day) == HOLIDAYS[one] for one in feasts):
        return True
    spans = [(first, last or first) for first, last in re.findall(r"([\d-]+)(?: 至 ([\d-]+))?", text)]
    if not spans and not feasts:
        return True
    for first, last in spans:
        now = f"{day:%Y-%m-%d}" if len(first) > 5 else f"{day:%m-%d}"
        if first <= now <= last or (first > last and (now >= first or now <= last)):
            return True
    return False


def board_of_day(usual_board, seasons, day, calendar):
    """Return the board that counts for an entry on this date: `seasons` are (heading, sentences)."""
    return next((read(texts) for kinds, texts in seasons if season_holds(kinds, day, calendar)), usual_board)


def within_long_caps(costs, caps):
    """Return the sum of what cycles cost, each stretch of cycles within its cap, the shortest first."""
    size = 1
    for cycles, amount in caps:
        sums = {}
        for number, cost in costs.items():
            key = (number - 1) * size // cycles + 1
            sums[key] = sums.get(key, 0) + cost
        costs, size = {key: min(cost, amount) for key, cost in sums.items()}, cycles
    return sum(costs.values())


def within_caps(board, costs, touched):
    """Return the sum within every cap; `touched`: the number of the stay's last cycle, free or not."""
    total = 0
    if not costs:
        return 0
    if board.pooled:
        return min(sum(costs.values()), board.pooled * touched, board.stay_cap)
    if board.long_caps:
        most = board.caps or [ENDLESS]
        each = {number: min(cost, most[min(number, len(most)) - 1]) for number, cost in costs.items()}
        return min(within_long_caps(each, board.long_caps), board.stay_cap)
    for number, cost in sorted(costs.items()):
        if board.so_far:
            later = max(0, number - len(board.so_far)) * board.later
            total = min(total + cost, board.so_far[min(number, len(board.so_far)) - 1] + later)
        elif board.caps:
            total += min(cost, board.caps[min(number, len(board.caps)) - 1])
        else:
            total += cost
    return min(total, board.stay_cap)
