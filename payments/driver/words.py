"""Amounts, times, price rules and plate faults in the words of the page's language."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lots.plates import Reason
from lots.tariffs import MINUTE, Step, Tariff, examples
from payments.coupons.codes import pretty, read_code
from payments.coupons.rules import Refusal

REASONS = {
    Reason.EMPTY: gettext_lazy("Please enter the licence plate."),
    Reason.TOO_LONG: gettext_lazy("This is too long for a licence plate."),
    Reason.CHARACTERS: gettext_lazy("A plate has only Chinese characters, letters and digits."),
    Reason.PROVINCE: gettext_lazy(
        "The plate should begin with a province, such as 沪. For an overseas plate tick “Overseas or other”."
    ),
    Reason.AGENCY_LETTER: gettext_lazy("After the province comes a letter. Check the second character."),
    Reason.LENGTH: gettext_lazy("A plate has 7 characters, a green new-energy plate 8. Check the length."),
    Reason.GREEN_IS_EIGHT: gettext_lazy("A green new-energy plate has 8 characters. Check the length."),
    Reason.NEW_ENERGY_LETTER: gettext_lazy(
        "A plate of 8 characters is a green one: its third or last character is a letter such as D or F."
    ),
    Reason.NEW_ENERGY_DIGITS: gettext_lazy(
        "On a green plate all other characters at the end are digits. Check letter O or digit 0."
    ),
    Reason.DIGITS: gettext_lazy("Check the letters and digits of this special plate."),
    Reason.SUFFIX: gettext_lazy("Check the Chinese characters of the plate."),
    Reason.TICKET: gettext_lazy("Check the entry ticket: T and nine letters or digits."),
}
REFUSALS = {
    Refusal.UNKNOWN: gettext_lazy("This is no coupon of this car park. Check the code."),
    Refusal.USED: gettext_lazy("This coupon has been used already."),
    Refusal.REVOKED: gettext_lazy("This coupon was withdrawn. Please ask the shop."),
    Refusal.IN_USE: gettext_lazy("Another car is being paid for with this coupon right now."),
    Refusal.EXPIRED: gettext_lazy("This coupon is no longer valid."),
    Refusal.OTHER_DAY: gettext_lazy("This coupon was valid on the day of its issue only."),
    Refusal.ENTRY_TIME: gettext_lazy("This coupon is not for the time at which the car came in."),
    Refusal.NOT_TOGETHER: gettext_lazy("This coupon does not go together with another one."),
    Refusal.PER_STAY: gettext_lazy("No more coupons of this kind count for this stay."),
    Refusal.MOST_MINUTES: gettext_lazy("This stay has all the free time that coupons give."),
    Refusal.NOTHING_LEFT: gettext_lazy("This coupon would take nothing off. It is not used."),
}
CHANNELS = {
    "wechat": gettext_lazy("WeChat Pay"),
    "alipay": gettext_lazy("Alipay"),
    "sandbox": gettext_lazy("Trial payment (no real money)"),
}


def yuan(fen: int) -> str:
    """Return 800 as 8.00."""
    return f"{fen // 100}.{fen % 100:02}"


def short_yuan(fen: int) -> str:
    """Return 800 as 8 and 850 as 8.50, for price boards."""
    return yuan(fen).removesuffix(".00")


def duration(minutes: int) -> str:
    """Return 90 as 1 小时 30 分钟."""
    hours, rest = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours})
    if rest or not hours:
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", rest) % {"n": rest})
    return " ".join(parts)


def unit(minutes: int) -> str:
    """Return 60 as 小时 and 30 as 30 分钟, for “¥10 per …”."""
    return _("hour") if minutes == 60 else duration(minutes)


def clock(at: datetime, *, on: datetime) -> str:
    """Return hh:mm, with the date before it where that is another day than `on`; both in the lot's zone."""
    return f"{at:%H:%M}" if at.date() == on.date() else f"{at:%m-%d %H:%M}"


def stay(entered_at: datetime, until: datetime, lines: list[dict[str, Any]]) -> str:
    """Return how long the car has been here, up to the next whole billing unit.

    The exact time of entry is the driver's business, and anyone can type a plate; the amount tells the
    units anyway.
    """
    step = min((line["values"].get("unit_minutes", 60) for line in lines), default=60) * MINUTE
    return duration(-(-(until - entered_at) // step) * step // MINUTE)


def line(values: Mapping[str, Any], code: str) -> str:
    """Return the sentence of one `lots.tariffs.Line`."""
    words: dict[str, Any] = dict(values)
    for name in ("minutes", "unit_minutes", "until_minutes", "after_minutes"):
        if name in values:
            words[name] = (unit if name == "unit_minutes" else duration)(values[name])
    for name in ("cycle_fen", "amount_fen", "unit_fen"):
        if name in values:
            words[name] = short_yuan(values[name])
    sentences = {
        "exempt": _("Free of charge"),
        "free_within": _("Free within %(minutes)s"),
        "free_deducted": _("%(minutes)s free, not charged"),
        "cycles": _("%(cycles)s × %(hours)s h, each ¥%(cycle_fen)s"),
        "cap": _("Cap: %(cycles)s × ¥%(amount_fen)s per %(hours)s h"),
        "first_units": _("First %(until_minutes)s: %(units)s × ¥%(unit_fen)s per %(unit_minutes)s"),
        "units": _("%(units)s × ¥%(unit_fen)s per %(unit_minutes)s"),
    }
    if code.startswith("coupon_"):
        return _coupon(code, words)
    if code == "units" and values.get("after_minutes"):
        return _("After %(after_minutes)s: %(units)s × ¥%(unit_fen)s per %(unit_minutes)s") % words
    return sentences[code] % words if code in sentences else ""


def _coupon(code: str, words: dict[str, Any]) -> str:
    sentences = {
        "coupon_all_free": _("Coupon: parking free of charge"),
        "coupon_tariff": _("Coupon: reduced price rule"),
        "coupon_shift_entry": _("Coupon: counted as if you came %(minutes)s later"),
        "coupon_deduct_head": _("Coupon: the first %(minutes)s are free"),
        "coupon_deduct_tail": _("Coupon: the last %(minutes)s are free"),
        "coupon_percent": _("Coupon: %(percent)s%% off"),
        "coupon_amount": _("Coupon: ¥%(amount_fen)s off"),
    }
    return sentences[f"coupon_{words['position']}" if code == "coupon_minutes" else code] % words


def is_coupon(line: Mapping[str, Any]) -> bool:
    return str(line["code"]).startswith("coupon_")


def coupon_lines(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the sentence of each coupon and what it takes off, without its sign."""
    return [(line(one["values"], one["code"]), yuan(-one["fen"])) for one in lines if is_coupon(one)]


def shown_code(text: str) -> str:
    """Return a code as it is read out; what is none of ours is not repeated."""
    code = read_code(text)
    return pretty(code) if code else ""


@lru_cache(maxsize=256)
def tariff_of(document: str) -> Tariff:
    return Tariff.from_document(json.loads(document))


def price_board(tariff: Tariff) -> list[str]:
    """Return the rule as a board at the entrance would put it, one sentence each."""
    board = []
    if tariff.free:
        sentence = (
            _("The first %(time)s are free and not charged.")
            if tariff.deduct
            else _("Free up to %(time)s; a longer stay is charged from its first minute.")
        )
        board.append(sentence % {"time": duration(tariff.free // MINUTE)})
    start = timedelta(0)
    for step in tariff.steps:
        board.append(_step(step, start, last=step is tariff.steps[-1]))
        start = step.until
    hours = tariff.cycle // MINUTE // 60
    if tariff.cap is not None:
        board.append(
            _("At most ¥%(amount)s for each %(hours)s hours from entry.")
            % {"amount": short_yuan(tariff.cap), "hours": hours}
        )
    board.append(_("A started unit counts as a whole one."))
    if tariff.cap is not None or len(tariff.steps) > 1:
        board.append(_("After %(hours)s hours the count begins again.") % {"hours": hours})
    if "emergency" in tariff.exempt:
        board.append(_("Vehicles with 应急 (emergency) plates park free of charge."))
    return board


def _step(step: Step, start: timedelta, *, last: bool) -> str:
    words = {
        "amount": short_yuan(step.fen),
        "unit": unit(step.unit // MINUTE),
        "from": duration(start // MINUTE),
        "until": duration(step.until // MINUTE),
    }
    if not start:
        sentence = _("¥%(amount)s per %(unit)s.") if last else _("First %(until)s: ¥%(amount)s per %(unit)s.")
    elif last:
        sentence = _("After %(from)s: ¥%(amount)s per %(unit)s.")
    else:
        sentence = _("From %(from)s to %(until)s: ¥%(amount)s per %(unit)s.")
    return sentence % words


def price_line(tariff: Tariff) -> str:
    """Return the rule in one line for the first page; the whole of it is one tap away."""
    parts = []
    if tariff.free:
        parts.append(_("%(time)s free") % {"time": duration(tariff.free // MINUTE)})
    parts += _rates(tariff.steps)
    if tariff.cap is not None:
        words = {"amount": short_yuan(tariff.cap), "hours": str(tariff.cycle // MINUTE // 60)}
        parts.append(_("at most ¥%(amount)s per %(hours)s h") % words)
    return _(", ").join(parts)


def _rates(steps: tuple[Step, ...]) -> list[str]:
    rates = [
        _("¥%(amount)s/%(unit)s") % {"amount": short_yuan(step.fen), "unit": unit(step.unit // MINUTE)}
        for step in steps
    ]
    if len(rates) == 1:
        return rates
    if len(rates) == 2:
        until = duration(steps[0].until // MINUTE)
        return [
            _("first %(until)s %(rate)s") % {"until": until, "rate": rates[0]},
            _("then %(rate)s") % {"rate": rates[1]},
        ]
    return [_("first %(rate)s, then by steps") % {"rate": rates[0]}]


def worked_examples(tariff: Tariff) -> list[tuple[str, str]]:
    return [(duration(minutes), yuan(fen)) for minutes, fen in examples(tariff)]
