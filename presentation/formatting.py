"""Amounts, times, the lines of a price and plate faults in the words of the page's language.

Price boards are in `boards`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.utils import translation
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from core.spoken_time import spoken
from lots.plates import PROVINCES, PlateError, PlateKind, Reason, parse
from lots.tariffs import CNY, CURRENCIES, Currency, Values
from lots.tariffs.day_kinds import ALL_KINDS, WEEK, WORDS, is_every_day
from payments.coupons.coupon_codes import pretty, read_code
from payments.coupons.coupon_rules import Refusal

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
    Refusal.NOT_HERE: gettext_lazy(
        "The parking system of this car park does not take this coupon. It is not used; ask the shop."
    ),
    Refusal.WAITING: gettext_lazy(
        "The parking system has not confirmed this coupon yet. Enter the plate again in a minute."
    ),
    Refusal.NOTHING_LEFT: gettext_lazy("This coupon would take nothing off. It is not used."),
}


ENDINGS = {
    "警": PlateKind.POLICE,
    "学": PlateKind.TRAINER,
    "挂": PlateKind.TRAILER,
    "港": PlateKind.HK_MACAO,
    "澳": PlateKind.HK_MACAO,
    "试": PlateKind.TEST,
    "超": PlateKind.TEST,
    "领": PlateKind.CONSULATE,
    "急": PlateKind.EMERGENCY,
}
KIND_COLOURS = {
    PlateKind.ORDINARY: "blue",  # large vehicles have yellow ones, which no character tells
    PlateKind.NEV_SMALL: "green",
    PlateKind.NEV_LARGE: "mixed",
    PlateKind.CIVIL_AVIATION: "green",
    PlateKind.TRAINER: "yellow",
    PlateKind.TRAILER: "yellow",
    PlateKind.HK_MACAO: "black",
    PlateKind.CONSULATE: "black",
    PlateKind.EMBASSY: "black",
    PlateKind.POLICE: "white",
    PlateKind.TEST: "white",
    PlateKind.EMERGENCY: "white",
    PlateKind.ARMED_POLICE: "white",
    PlateKind.MILITARY: "white",
}


def plate_colour(shown: str) -> str:
    """Return the colour of a plate as it is shown, whole or masked; "" for a ticket or a foreign one.

    Of a masked plate only the ends and the length are known: eight characters are a green plate.
    """
    text = shown.replace("·", "")
    if "*" in text:
        if text[0] not in PROVINCES:
            return ""
        return (
            KIND_COLOURS[ENDINGS[text[-1]]] if text[-1] in ENDINGS else "green" if len(text) == 8 else "blue"
        )
    try:
        return KIND_COLOURS.get(parse(text).kind, "")
    except PlateError:
        return ""


def fine_yuan(fen: str) -> str:
    """Return "3.5", a price with parts of a fen, as 0.035."""
    return f"{Decimal(fen) / 100:f}"


def yuan(fen: int) -> str:
    """Return 800 as 8.00 and -800 as −8.00."""
    return f"{'−' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def short_yuan(fen: int | str) -> str:
    """Return 800 as 8, 850 as 8.50 and "3.5" as 0.035, for price boards."""
    if isinstance(fen, str):
        return fine_yuan(fen)
    return yuan(fen).removesuffix(".00")


_NUMBER = r"(\d+)(?:\.(\d{2})(\d*))?"
_YUAN = re.compile(rf"¥{_NUMBER}|(?<![\d.]){_NUMBER} ?(?:元|yuan\b)")


def in_currency(text: str, currency: Currency) -> str:
    """Return a sentence that was made for yuan with its amounts in another currency: ¥8 as HK$8 or JP¥800.

    The same number of the minor unit is meant, which for yen has no decimals.
    """
    if currency is CNY:
        return text

    def amount(match: re.Match[str]) -> str:
        whole, cents, parts = match.groups()[:3] if match[1] else match.groups()[3:]
        minor = int(whole) * 100 + int(cents or 0)
        return currency.sign + currency.short(f"{minor}.{parts}" if parts else minor)

    return _YUAN.sub(amount, text)


def money(fen: int, currency: Currency) -> str:
    """Return an amount with the sign of its currency: ¥8.00, −¥8.00, JP¥800."""
    return f"{'−' if fen < 0 else ''}{currency.sign}{currency.exact(abs(fen))}"


def duration(minutes: int, language: str | None = None) -> str:
    """Return 90 as 1 小时 30 分钟 (`spoken`); `language`: one that need not be active."""
    return _known_duration(language or get_language(), minutes)


@lru_cache(maxsize=4096)
def _known_duration(language: str | None, minutes: int, *, in_days: bool = True) -> str:
    with translation.override(language):
        return spoken(minutes, in_days=in_days)


def exact_duration(stay: timedelta) -> str:
    """Return a stay to the second, as the tariff counts it: 1 小时 1 秒 are two units begun."""
    minutes, seconds = divmod(stay // timedelta(seconds=1), 60)
    rest = ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return rest if not minutes else f"{duration(minutes)} {rest}" if seconds else duration(minutes)


def rule_duration(minutes: int) -> str:
    """Return a duration of a tariff, always in hours: its days may be those of the calendar."""
    return _known_duration(get_language(), minutes, in_days=False)


def unit(minutes: int) -> str:
    """Return 60 as 小时 and 30 as 30 分钟, for a line of a bill."""
    return {1: _("minute"), 60: _("hour")}.get(minutes) or rule_duration(minutes)


def per_unit(minutes: int) -> str:
    """Return 60 as 每小时 and 30 as 每 30 分钟: “¥1/2 小时” could be taken for half a yuan an hour."""
    named = {1: _("per minute"), 60: _("per hour")}
    return named.get(minutes) or _("per %(time)s") % {"time": rule_duration(minutes)}


def clock(at: datetime, *, on: datetime) -> str:
    """Return hh:mm, with the date before it where that is another day than `on`; both in the lot's zone."""
    return f"{at:%H:%M}" if at.date() == on.date() else f"{at:%m-%d %H:%M}"


def stay(entered_at: datetime, until: datetime, lines: list[Values], language: str | None = None) -> str:
    """Return how long the car has been here, up to the next whole billing unit.

    The exact time of entry is the driver's business, and anyone can type a plate; the amount tells the
    units anyway.
    """
    step = min([int(values.get("unit_minutes", 60)) for values in lines], default=60) * _MINUTE
    return duration(-(-(until - entered_at) // step) * step // _MINUTE, language)


_MINUTE = timedelta(minutes=1)
NAMES = {
    "day": gettext_lazy("Daytime"),
    "evening": gettext_lazy("Evening"),
    "night": gettext_lazy("Night"),
}
PASSES = {
    "day": gettext_lazy("Day pass"),
    "night": gettext_lazy("Night pass"),
    "month": gettext_lazy("Monthly pass"),
    "whitelist": gettext_lazy("Free access"),
}


def hours(band: str, start: str, end: str) -> str:
    """Return a band of the day by its word, if it has one, and its hours; "" if it is the whole day.

    The form offers only words such as "daytime", and a board with "Saturdays, daytime" denies the night.
    """
    if (start, end) == ("00:00", "24:00"):
        return ""
    return f"{NAMES.get(band, '')} {start}–{end}".strip()


DAYS = {
    "workday": gettext_lazy("Working days"),
    "mon": gettext_lazy("Mondays"),
    "tue": gettext_lazy("Tuesdays"),
    "wed": gettext_lazy("Wednesdays"),
    "thu": gettext_lazy("Thursdays"),
    "fri": gettext_lazy("Fridays"),
    "restday": gettext_lazy("Weekends and public holidays"),
    "weekend": gettext_lazy("Weekends"),
    "sat": gettext_lazy("Saturdays"),
    "sun": gettext_lazy("Sundays"),
    "holiday": gettext_lazy("Public holidays"),
    "makeup": gettext_lazy("worked weekend days"),
    "eve": gettext_lazy("Days before public holidays"),
}


def listed(parts: Iterable[str]) -> str:
    """Return things of one kind after each other, as a list within a sentence."""
    return pgettext("between the parts of a list", ", ").join(parts)


def on_days(kinds: frozenset[str], when: str) -> str:
    """Return hours with the days on which they hold, in as few words as there are."""
    if is_every_day(kinds):
        return when
    words: list[str] = []
    for word in DAYS:
        if WORDS[word] <= kinds:
            words.append(word)
            kinds -= WORDS[word]
    days = _in_a_list(_day_ranges(words))
    return _("%(days)s · %(hours)s") % {"days": days, "hours": when} if when else days


def _day_ranges(words: list[str]) -> Iterator[str]:
    """Yield kinds of day as people say them: three or more days of the week in a row are a range."""

    def row(item: tuple[int, str]) -> int | str:
        place, word = item
        return WEEK.index(word) - place if word in WEEK else word

    for _row, items in groupby(enumerate(words), key=row):
        names = [DAYS[word] for _place, word in items]
        if len(names) > 2:
            yield _("%(first)s through %(last)s") % {"first": names[0], "last": names[-1]}
        else:
            yield from map(str, names)


def _in_a_list(parts: Iterable[str]) -> str:
    """Return kinds of day as one list, which begins with its only capital that is no name of a day."""
    first, *others = parts
    weekdays = tuple(str(DAYS[day]) for day in WEEK)
    return listed([first, *(one if one.startswith(weekdays) else one[0].lower() + one[1:] for one in others)])


def line(values: Mapping[str, Any], code: str, currency: Currency = CNY, language: str | None = None) -> str:
    """Return the sentence of one `lots.tariffs.PriceLine`; its amounts are in this currency.

    `language`: one that need not be active.
    """
    return _known_line(language or get_language(), code, currency.code, tuple(values.items()))


@lru_cache(maxsize=4096)
def _known_line(language: str | None, code: str, currency: str, values: tuple[tuple[str, Any], ...]) -> str:
    """As `line`: the cars of a city have the same few thousand lines, and a sentence takes many look-ups."""
    with translation.override(language):
        return in_currency(_line(dict(values), code), CURRENCIES[currency])


def _line(values: Mapping[str, Any], code: str) -> str:
    if code.startswith("coupon_"):
        return _coupon(code, _words(values))
    sentence = _sentence(values, code)
    if not sentence:
        return ""
    text = sentence % _words(values)
    if times := values.get("times"):
        text = _("%(line)s × %(times)s") % {"line": text, "times": times}
    if when := _when(values):
        return _("%(hours)s: %(line)s") % {"hours": when, "line": text}
    return text


def _when(values: Mapping[str, Any]) -> str:
    """Return when the band of a line holds: its days, if it is not for all, and its hours."""
    if "band" not in values:
        return ""
    days = frozenset(values["days"].split()) if "days" in values else frozenset(ALL_KINDS)
    return on_days(days, hours(values["band"], values["from"], values["to"]))


def _words(values: Mapping[str, Any]) -> dict[str, Any]:
    words: dict[str, Any] = dict(values)
    for name in ("minutes", "unit_minutes", "until_minutes", "after_minutes"):
        if name in values:
            words[name] = (unit if name == "unit_minutes" else rule_duration)(values[name])
    for name in ("cycle_fen", "amount_fen", "unit_fen", "flat_fen", "before_fen"):
        if name in values:
            words[name] = short_yuan(values[name])
    for name in ("stay_minutes", "over_minutes"):
        if name in values:
            words[name.removesuffix("_minutes")] = rule_duration(values[name])
    if "so_far_fen" in values:
        words["so_far"] = short_yuan(values["so_far_fen"])
    if "right" in values:
        words["right"] = str(PASSES.get(values["right"], _("your pass")))
    return words


HOUR = 60
SENTENCES = {
    "not_free": gettext_lazy(
        "Free within %(minutes)s does not apply: the stay took %(stay)s, %(over)s too long"
    ),
    "not_free_hours": gettext_lazy(
        "Free within %(minutes)s does not apply: the stay was longer than that in charged hours"
    ),
    "free_used": gettext_lazy("Free within %(minutes)s does not apply: an earlier stay had these minutes"),
    "not_free_together": gettext_lazy(
        "Free within %(minutes)s does not apply: together with an earlier stay it was longer"
    ),
    "free_used_today": gettext_lazy(
        "Free within %(minutes)s does not apply: this plate had its free minutes of the day"
    ),
    "free_used_day": gettext_lazy(
        "Free within %(minutes)s does not apply: this plate had its %(n)s free visits of the day"
    ),
    "free_used_month": gettext_lazy(
        "Free within %(minutes)s does not apply: this plate had its %(n)s free visits of the month"
    ),
    "not_free_reached": gettext_lazy("Free below %(minutes)s does not apply: the stay took %(stay)s"),
    "month_cap": gettext_lazy("Cap: at most ¥%(amount_fen)s for the stays of this plate in the month"),
    "week_cap": gettext_lazy("Cap: at most ¥%(amount_fen)s for the stays of this plate in the week"),
    "unknown_entry": gettext_lazy("Entry not known: ¥%(amount_fen)s, as the board states"),
    "not_capped_stay": gettext_lazy(
        "The cap of ¥%(amount_fen)s for the stay is not reached: ¥%(so_far)s so far"
    ),
    "not_capped_so_far": gettext_lazy(
        "The cap of ¥%(amount_fen)s for the stay up to here is not reached: ¥%(so_far)s so far"
    ),
    "not_capped_long": gettext_lazy(
        "The cap of ¥%(amount_fen)s for several days together is not reached: ¥%(so_far)s so far"
    ),
    "not_shared_cap": gettext_lazy(
        "The cap of ¥%(amount_fen)s with other periods of the day is not reached: ¥%(so_far)s so far"
    ),
    "not_shared_cap_stay": gettext_lazy(
        "The cap of ¥%(amount_fen)s for these hours in the whole stay is not reached: ¥%(so_far)s so far"
    ),
    "not_week_cap": gettext_lazy(
        "The cap of ¥%(amount_fen)s for the stays of this plate in the week is not reached: "
        "¥%(so_far)s so far"
    ),
    "not_month_cap": gettext_lazy(
        "The cap of ¥%(amount_fen)s for the stays of this plate in the month is not reached: "
        "¥%(so_far)s so far"
    ),
    "not_week_cap_alone": gettext_lazy(
        "The cap of ¥%(amount_fen)s for the stays of this plate in the week is not reached"
    ),
    "not_month_cap_alone": gettext_lazy(
        "The cap of ¥%(amount_fen)s for the stays of this plate in the month is not reached"
    ),
    "not_free_longer": gettext_lazy("Free within %(minutes)s does not apply: the stay was longer"),
    "not_free_reached_longer": gettext_lazy("Free below %(minutes)s does not apply: the stay was longer"),
    "not_capped": gettext_lazy("The cap of ¥%(amount_fen)s is not reached: ¥%(so_far)s so far"),
    "no_offer_day": gettext_lazy("The price of ¥%(amount_fen)s does not apply on the day of this entry"),
    "no_offer_entry": gettext_lazy("The price of ¥%(amount_fen)s does not apply: other time of entry"),
    "no_offer_exit": gettext_lazy("The price of ¥%(amount_fen)s does not apply: the stay ended too late"),
    "no_offer_long": gettext_lazy("The price of ¥%(amount_fen)s does not apply: the stay was too long"),
    "no_offer_early": gettext_lazy("The price of ¥%(amount_fen)s does not apply: the stay ended too early"),
    "exempt": gettext_lazy("Free of charge"),
    "free_within": gettext_lazy("Free within %(minutes)s"),
    "free_deducted": gettext_lazy("%(minutes)s free, not charged"),
    "cycles": gettext_lazy("%(cycles)s × %(hours)s h, each ¥%(cycle_fen)s"),
    "cap": gettext_lazy("Cap: %(cycles)s × ¥%(amount_fen)s per %(hours)s h"),
    "day_cap": gettext_lazy("Cap: %(cycles)s × ¥%(amount_fen)s per day"),
    "one_cap": gettext_lazy("Cap: ¥%(amount_fen)s per %(hours)s h"),
    "later_cap": gettext_lazy("Cap: ¥%(amount_fen)s for period %(cycle)s (%(hours)s h)"),
    "one_day_cap": gettext_lazy("Cap: ¥%(amount_fen)s per day"),
    "cap_so_far": gettext_lazy("Cap: at most ¥%(amount_fen)s for the stay up to here"),
    "long_cap": gettext_lazy("Cap: at most ¥%(amount_fen)s for several days together"),
    "offer": gettext_lazy("Special price: ¥%(amount_fen)s in all"),
    "cap_pooled": gettext_lazy("Cap: ¥%(amount_fen)s × %(cycles)s for the whole stay"),
    "stay_cap": gettext_lazy("Cap: at most ¥%(amount_fen)s for the whole stay"),
    "shared_cap": gettext_lazy("cap ¥%(amount_fen)s with other periods of the day"),
    "shared_cap_before": gettext_lazy(
        "cap ¥%(amount_fen)s with other periods of the day, ¥%(before_fen)s of it counted before"
    ),
    "shared_cap_stay": gettext_lazy("cap ¥%(amount_fen)s for the whole stay"),
    "shared_cap_stay_before": gettext_lazy(
        "cap ¥%(amount_fen)s for the whole stay, ¥%(before_fen)s of it counted before"
    ),
    "entry_fee": gettext_lazy("For entering: ¥%(amount_fen)s"),
    "stay_minimum": gettext_lazy("Up to the minimum of ¥%(amount_fen)s for a stay"),
    "visits_cap": gettext_lazy("Cap: ¥%(amount_fen)s for all stays, ¥%(before_fen)s of it charged before"),
    "overnight": gettext_lazy("Over night, past %(at)s: ¥%(amount_fen)s"),
    "overnight_within": gettext_lazy("Over night, %(at)s–%(until)s: ¥%(amount_fen)s"),
    "overnight_least": gettext_lazy("Up to the minimum of ¥%(amount_fen)s for staying past %(at)s"),
    "overnight_least_within": gettext_lazy(
        "Up to the minimum of ¥%(amount_fen)s for staying in %(at)s–%(until)s"
    ),
    "percent": gettext_lazy("%(percent)s%% of the sum"),
    "pass_percent": gettext_lazy("With %(right)s, outside its hours: %(percent)s%%"),
    "rounded": gettext_lazy("Rounded to a multiple of ¥%(unit_fen)s"),
    "turned": gettext_lazy("Longer than %(minutes)s: charged by another price from here"),
    "new_entry": gettext_lazy("From %(at)s on, as a car that enters then"),
    "first_units": gettext_lazy("First %(until_minutes)s: %(units)s × ¥%(unit_fen)s per %(unit_minutes)s"),
    "first_units_hourly": gettext_lazy("First %(until_minutes)s: %(units)s × ¥%(unit_fen)s per hour"),
    "first_hour": gettext_lazy("First hour: ¥%(unit_fen)s"),
    "units": gettext_lazy("%(units)s × ¥%(unit_fen)s per %(unit_minutes)s"),
    "units_hourly": gettext_lazy("%(units)s × ¥%(unit_fen)s per hour"),
    "first_flat": gettext_lazy("First %(until_minutes)s: %(units)s × ¥%(flat_fen)s"),
    "flat": gettext_lazy("%(units)s × ¥%(flat_fen)s"),
    "total": gettext_lazy("¥%(flat_fen)s in all up to here"),
    "band_flat": gettext_lazy("%(units)s × ¥%(flat_fen)s"),
    "band_free": gettext_lazy("free of charge"),
    "band_cap": gettext_lazy("cap ¥%(amount_fen)s"),
    "band_cap_before": gettext_lazy("cap ¥%(amount_fen)s, ¥%(before_fen)s of it counted before"),
    "covered": gettext_lazy("Covered by %(right)s: %(minutes)s"),
    "earlier_stays": gettext_lazy("Charged for your earlier stay"),
    "settled": gettext_lazy("Settled before"),
    "parking_system": gettext_lazy("Parking fee, by the car park's own system"),
    "over_max_stay": gettext_lazy("Longer than the permitted %(minutes)s"),
    "calendar_unknown": gettext_lazy(
        "The holidays of %(year)s are not announced yet; weekends are as usual."
    ),
}


def _sentence(values: Mapping[str, Any], code: str) -> str:
    code = code.removeprefix("band_") if code in BANDED else code
    if values.get("flat_fen") == 0 and code != "total":
        code = "band_free"
    if values.get("after_minutes") and code != "band_free":
        return _later(code, values)
    return str(SENTENCES.get(_wording(code, values), ""))


def _wording(code: str, values: Mapping[str, Any]) -> str:
    """Return the key of the sentence that words a line with these values."""
    if values.get("unit_minutes") == HOUR and f"{code}_hourly" in SENTENCES:
        is_one = values.get("until_minutes") == HOUR and values["units"] == 1
        return "first_hour" if code == "first_units" and is_one else f"{code}_hourly"
    if values.get("before_fen") and f"{code}_before" in SENTENCES:
        return f"{code}_before"
    if code in ("overnight", "overnight_least") and "until" in values:
        return f"{code}_within"
    if code in ("cap", "day_cap") and values["cycles"] == 1:
        return "later_cap" if code == "cap" and values["cycle"] > 1 else f"one_{code}"
    return code


COUPONS = {
    "coupon_all_free": gettext_lazy("Coupon: parking free of charge"),
    "coupon_tariff": gettext_lazy("Coupon: reduced price rule"),
    "coupon_shift_entry": gettext_lazy("Coupon: counted as if you came %(minutes)s later"),
    "coupon_deduct_head": gettext_lazy("Coupon: the first %(minutes)s are free"),
    "coupon_deduct_tail": gettext_lazy("Coupon: the last %(minutes)s are free"),
    "coupon_percent": gettext_lazy("Coupon: %(percent)s%% off"),
    "coupon_amount": gettext_lazy("Coupon: ¥%(amount_fen)s off"),
}


def _coupon(code: str, words: dict[str, Any]) -> str:
    return str(COUPONS[f"coupon_{words['position']}" if code == "coupon_minutes" else code]) % words


def is_coupon(line: Mapping[str, Any]) -> bool:
    return str(line["code"]).startswith("coupon_")


def coupon_lines(
    lines: list[dict[str, Any]], currency: Currency = CNY, language: str | None = None
) -> list[tuple[str, str]]:
    """Return the sentence of each coupon and what it takes off, without its sign."""
    return [
        (line(one["values"], one["code"], currency, language), currency.exact(-one["fen"]))
        for one in lines
        if is_coupon(one)
    ]


def shown_code(text: str) -> str:
    """Return a code as it is read out; what is none of ours is not repeated."""
    code = read_code(text)
    return pretty(code) if code else ""


BANDED = {"band_units", "band_first_units", "band_first_flat"}


def _later(code: str, values: Mapping[str, Any]) -> str:
    """Return the sentence of a step that is not the first."""
    if values.get("unit_minutes") == HOUR and "unit_fen" in values:
        return _("After %(after_minutes)s: %(units)s × ¥%(unit_fen)s per hour")
    if "unit_fen" in values:
        return _("After %(after_minutes)s: %(units)s × ¥%(unit_fen)s per %(unit_minutes)s")
    if code == "total":
        return _("Longer than %(after_minutes)s: ¥%(flat_fen)s in all up to here")
    return _("After %(after_minutes)s: %(units)s × ¥%(flat_fen)s")
