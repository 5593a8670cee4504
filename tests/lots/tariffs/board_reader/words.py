"""Amounts, durations and days in the Chinese words of a board."""

import re
from fractions import Fraction

from tests.lots.tariffs.board_reader.board_values import WEEK

YUAN = r"¥(?P<yuan>\d+)(?:\.(?P<cents>\d{2,5}))?"
TIME = r"(?:\d+ 天（\d+ 小时）|(?:\d+ 小时)?(?: ?\d+ 分钟)?)"
HOURS = r"(?P<start>\d\d:\d\d)–(?P<end>\d\d:\d\d)"
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
    "法定节假日前一天": ["eve"],
}
FOREIGN = {"JP¥": 0, "₩": 0, "KWD ": 3} | dict.fromkeys(
    ["AED ", "A$", "C$", "CHF ", "€", "£", "HK$", "MOP$", "RM", "NZ$", "S$", "฿", "NT$", "US$"], 2
)


def minutes(text):
    if days := re.fullmatch(r"(\d+) 天（(\d+) 小时）", text):
        assert int(days[2]) == 24 * int(days[1]), text
    hours, rest = re.search(r"(\d+) 小时", text), re.search(r"(\d+) 分钟", text)
    return (int(hours[1]) * 60 if hours else 0) + (int(rest[1]) if rest else 0)


def unit(text):
    return {"小时": 60, "分钟": 1}.get(text) or minutes(text)


def fen(match):
    """Return an amount in fen, as a fraction if it has parts of one."""
    cents = match["cents"] or "00"
    amount = Fraction(int(match["yuan"] + cents), 10 ** (len(cents) - 2))
    return int(amount) if amount.denominator == 1 else amount


def days_named(text):
    """Return the kinds of day in a list such as 周一至周四、周末."""
    found = set()
    for word in text.split("、"):
        first, _, last = word.partition("至")
        ends = [WEEK.index(*DAYS[end]) for end in (first, last)] if last else []
        found |= {*WEEK[ends[0] : ends[1] + 1]} if ends else {*DAYS[word]}
    return found


def in_yuan(text):
    """Return a sentence with foreign amounts as so many fen as they are of their own minor unit."""
    for sign, digits in sorted(FOREIGN.items(), key=lambda one: -len(one[0])):
        found = re.compile(rf"(?<![A-Z]){re.escape(sign)}(\d+)(?:\.(\d+))?")
        text = found.sub(lambda m, digits=digits: yuan_text(m[1], m[2] or "", digits), text)
    return text


def yuan_text(whole, decimals, digits):
    minor = Fraction(f"{whole}.{decimals or 0}") * 10**digits
    return f"¥{int(minor) // 100}.{int(minor) % 100:02}" + f"{float(minor % 1):.3f}"[2:].rstrip("0")
