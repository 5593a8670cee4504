"""Errors in a tariff document, in words for its editor.

`lots.tariffs` is pure and writes its reasons in English. Here they become messages: a reason matches a
pattern, whose groups are the values of the message. In English the reason is shown as it is.
"""

import re

from django.utils.translation import gettext, gettext_noop, pgettext_lazy

from lots.tariff_drafts import DraftTooLong, NoDocument
from lots.tariffs import CNY, Currency, TariffError
from presentation.formatting import DAYS, NAMES, money

AMOUNTS = {  # keys whose values are amounts
    *(
        "price",
        "flat",
        "total",
        "amount",
        "cap",
        "stay_cap",
        "month_cap",
        "week_cap",
        "unknown_entry",
        "each_later_adds",
    ),
    *("entry_fee", "stay_minimum"),
}
NUMBERS = ("first", "second", "third", "fourth")  # of the groups of a pattern
PARTS = {
    "free": pgettext_lazy("tariff part", "free minutes"),
    "steps": pgettext_lazy("tariff part", "steps"),
    "cycle": pgettext_lazy("tariff part", "cycle"),
    "caps": pgettext_lazy("tariff part", "caps"),
    "stay_cap": pgettext_lazy("tariff part", "cap of the stay"),
    "bands": pgettext_lazy("tariff part", "period of the day"),
    "classes": pgettext_lazy("tariff part", "vehicle class"),
    "passes": pgettext_lazy("tariff part", "pass"),
    "exempt": pgettext_lazy("tariff part", "free vehicles"),
    "reentry": pgettext_lazy("tariff part", "coming back"),
    "rule": pgettext_lazy("tariff part", "rule"),
    "minutes": pgettext_lazy("tariff part", "minutes"),
    "mode": pgettext_lazy("tariff part", "how free minutes count"),
    "repeat": pgettext_lazy("tariff part", "how often free"),
    "until_min": pgettext_lazy("tariff part", "up to minute"),
    "unit_min": pgettext_lazy("tariff part", "charging unit"),
    "price": pgettext_lazy("tariff part", "price"),
    "flat": pgettext_lazy("tariff part", "flat price"),
    "total": pgettext_lazy("tariff part", "total price"),
    "amount": pgettext_lazy("tariff part", "amount"),
    "basis": pgettext_lazy("tariff part", "what a cycle counts from"),
    "hours": pgettext_lazy("tariff part", "hours"),
    "reset": pgettext_lazy("tariff part", "time of reset"),
    "cap": pgettext_lazy("tariff part", "cap of the period"),
    "from": pgettext_lazy("tariff part", "begins"),
    "to": pgettext_lazy("tariff part", "ends"),
    "days": pgettext_lazy("tariff part", "days"),
    "name": pgettext_lazy("tariff part", "name"),
    "rounding": pgettext_lazy("tariff part", "rounding"),
    "steps_count": pgettext_lazy("tariff part", "where steps begin again"),
    "caps_count": pgettext_lazy("tariff part", "how caps count"),
    "crossing": pgettext_lazy("tariff part", "units across periods"),
    "band_days": pgettext_lazy("tariff part", "after midnight"),
    "kinds": pgettext_lazy("tariff part", "kinds of plate"),
    "seen_as": pgettext_lazy("tariff part", "seen by the camera as"),
    "after_exit_window": pgettext_lazy("tariff part", "leaving late"),
    "max_stay_min": pgettext_lazy("tariff part", "longest stay"),
    "format": pgettext_lazy("tariff part", "format"),
    "currency": pgettext_lazy("tariff part", "currency"),
    "as": pgettext_lazy("tariff part", "how it is charged"),
    "gap": pgettext_lazy("tariff part", "time outside"),
    "window": pgettext_lazy("tariff part", "time limit"),
    "allows_cheaper_longer": pgettext_lazy("tariff part", "longer may be cheaper"),
    "each_later_adds": pgettext_lazy("tariff part", "added by each later cycle"),
    "after_cycle": pgettext_lazy("tariff part", "periods after a cycle"),
    "cycle_starts": pgettext_lazy("tariff part", "start of the cycle"),
    "tail_min": pgettext_lazy("tariff part", "remainder not charged"),
    "day_caps": pgettext_lazy("tariff part", "cap by the day"),
    "long_caps": pgettext_lazy("tariff part", "cap over several cycles"),
    "cycles": pgettext_lazy("tariff part", "number of cycles"),
    "offers": pgettext_lazy("tariff part", "special price"),
    "enters": pgettext_lazy("tariff part", "entry"),
    "leaves": pgettext_lazy("tariff part", "exit"),
    "by": pgettext_lazy("tariff part", "no later than"),
    "day": pgettext_lazy("tariff part", "day"),
    "within_min": pgettext_lazy("tariff part", "longest stay"),
    "offers_apply": pgettext_lazy("tariff part", "when several special prices fit"),
    "seasons": pgettext_lazy("tariff part", "season"),
    "ends": pgettext_lazy("tariff part", "end of the season's prices"),
    "dates": pgettext_lazy("tariff part", "from and to"),
    "holidays": pgettext_lazy("tariff part", "holidays"),
    "shared_caps": pgettext_lazy("tariff part", "cap shared by periods"),
    "percent": pgettext_lazy("tariff part", "percentage charged"),
    "sum_rounding": pgettext_lazy("tariff part", "rounding of the sum"),
    "unit": pgettext_lazy("tariff part", "unit of rounding"),
    "how": pgettext_lazy("tariff part", "way of rounding"),
    "turn": pgettext_lazy("tariff part", "price of long stays"),
    "times": pgettext_lazy("tariff part", "how many times"),
    "month_cap": pgettext_lazy("tariff part", "cap of a calendar month"),
    "week_cap": pgettext_lazy("tariff part", "cap of a calendar week"),
    "reached": pgettext_lazy("tariff part", "exactly at a limit"),
    "unknown_entry": pgettext_lazy("tariff part", "price without a known entry"),
    "after_min": pgettext_lazy("tariff part", "from minute"),
    "overnight": pgettext_lazy("tariff part", "amount for staying over night"),
    "at": pgettext_lazy("tariff part", "time of day"),
    "nights": pgettext_lazy("tariff part", "which nights"),
    "otherwise_percent": pgettext_lazy("tariff part", "percentage outside the times of a pass"),
    "until": pgettext_lazy("tariff part", "end of the night"),
    "once": pgettext_lazy("tariff part", "only once a stay"),
    "entry_fee": pgettext_lazy("tariff part", "amount for entering"),
    "stay_minimum": pgettext_lazy("tariff part", "minimum of a stay"),
    "size": pgettext_lazy("tariff part", "size of the vehicles"),
    "measure": pgettext_lazy("tariff part", "what is measured"),
    "above": pgettext_lazy("tariff part", "above"),
    "below": pgettext_lazy("tariff part", "below"),
    "whole_stay": pgettext_lazy("tariff part", "for the whole stay"),
    "charged_hours_only": pgettext_lazy("tariff part", "free minutes in charged hours only"),
    "counts_in_steps": pgettext_lazy("tariff part", "free minutes that count towards the steps"),
}
# What `lots.tariffs` writes in English: whole reasons, and beginnings of longer ones, most specific first.
WHOLE = [
    gettext_noop("is no JSON"),
    gettext_noop("is missing: no band holds on %(first)s at %(second)s"),
    gettext_noop("is missing: the sum can have parts of a fen"),
    gettext_noop("is missing"),
    gettext_noop("is not known"),
    gettext_noop("must be there once"),
    gettext_noop("must be an object"),
    gettext_noop("must be a list of %(first)s to %(second)s"),
    gettext_noop("must be a whole number from %(first)s to %(second)s"),
    gettext_noop("must be a time of day such as 08:00"),
    gettext_noop("must be null: the last step has no end"),
    gettext_noop("must be once: there are no cycles"),
    gettext_noop("must be above the free minutes"),
    gettext_noop("must be below the length of a cycle"),
    gettext_noop("must be below the shortest unit"),
    gettext_noop("must be after the entry"),
    gettext_noop("must be a multiple of the number before it"),
    gettext_noop("must be the name of a known holiday"),
    gettext_noop("must be the name of a class with a rule, each once"),
    gettext_noop("must be the name of a band, each once"),
    gettext_noop("must be 1 or 5 or 10 or 50 or 100"),
    gettext_noop("must be JSON"),
    gettext_noop("must not be longer than %(first)s characters"),
    gettext_noop("must not hold more than %(first)s values"),
    gettext_noop("must not be deeper than %(first)s"),
    gettext_noop("must have keys of at most %(first)s characters"),
    gettext_noop("must not say %(first)s: it is no number"),
    gettext_noop("must not come twice"),
    gettext_noop("must be a number of yuan"),
    gettext_noop("must not have parts of a fen"),
    gettext_noop("must be a time"),
    gettext_noop("must be a text"),
    gettext_noop("must be 1: what another means is not public"),
    gettext_noop("must be where the line before ends"),
    gettext_noop("must be after durationStart"),
    gettext_noop("must be at least a minute"),
    gettext_noop("must be true: durations count from the entry"),
    gettext_noop("must be true or false"),
    gettext_noop("must be a kind of plate"),
    gettext_noop("must be a class of vehicle"),
    gettext_noop("must not be band: there are no bands"),
    gettext_noop("must not be below the price of one unit"),
    gettext_noop("must not be cycle: there are no cycles"),
    gettext_noop("must not be %(first)s: reentry already says which stays have free minutes"),
    gettext_noop("must not be %(first)s: it is a setting of format 3"),
    gettext_noop("must not be free: there are no free minutes above which a stay is charged whole"),
    gettext_noop(
        "must not be steps: no later step is one amount, or units run on, are full or have a reached tail"
    ),
    gettext_noop("must not be tail: there is no tail"),
    gettext_noop("must not be turn: there is no other price for whole long stays"),
    gettext_noop("must not be there: it belongs to times_a_day and times_a_month"),
    gettext_noop("must be true, beside an amount in flat"),
    gettext_noop("must not be a band whose amount is due once: its date is not known"),
    gettext_noop("must not be there: no hours are free, or all are"),
    gettext_noop("must not be there: it belongs to minutes that are deducted once a stay"),
    gettext_noop("must not be there: there are no steps that count from the stay"),
    gettext_noop("must not be there: a long stay could be free and charged by the price of long stays"),
    gettext_noop("must not be there: reentry already says what several stays cost"),
    gettext_noop("must not be there: the tariff counts what several stays of a plate cost"),
    gettext_noop("must not be there: free minutes in charged hours only are for a whole stay"),
    gettext_noop("must not be there: a cap of a week or month is for all that its stays cost"),
    gettext_noop("must not be there: a night can lie in the free minutes of a cycle"),
    gettext_noop("must not be there: ends would charge it again"),
    gettext_noop("must not be exempt or in a class before"),
    gettext_noop("must not be in a class before"),
    gettext_noop("must not be there: it belongs to one cap for each cycle"),
    gettext_noop("must not be every day: the usual cap would never hold"),
    gettext_noop("must not be a day of a cap before"),
    gettext_noop("must not leave one minute open: nothing holds at %(first)s"),
    gettext_noop("must not leave one day open: no season holds on %(first)s"),
    gettext_noop("must not make longer cheaper, or declare allows_cheaper_longer"),
    gettext_noop("must not be null"),
    gettext_noop("must not be the beginning of the night"),
    gettext_noop("must not be the name of a band before"),
    gettext_noop("must not be the name of a pass before"),
    gettext_noop("must not be there: there are no bands"),
    gettext_noop("must not be there: no band names its days"),
    gettext_noop("must not be there: there are no caps"),
    gettext_noop("must not be there: there are no seasons"),
    gettext_noop("must not be there: there are no free minutes"),
    gettext_noop("must not be there: a new stay has no gap"),
    gettext_noop("must not be there: the bands fill every day"),
    gettext_noop("must not overlap: %(first)s and %(second)s both hold on %(third)s at %(fourth)s"),
    gettext_noop("must divide every cap, special price and minimum, or the sum is another"),
    gettext_noop("must not be above a cap"),
    gettext_noop("must be a whole number: it is counted"),
    gettext_noop("must say from, above, to or below"),
    gettext_noop("must be above the lower limit"),
    gettext_noop("must be a number as text, such as 6 or 6.8"),
    gettext_noop("must not be there: from names the same limit"),
    gettext_noop("must not be there: to names the same limit"),
    gettext_noop("must not be above a special price"),
    gettext_noop("must be above the minimum of every stay"),
    gettext_noop("must not be there: the pass covers all hours"),
    gettext_noop("must say dates, holidays, days or enters"),
    gettext_noop("must not be the whole day"),
    gettext_noop("must not be not_counted: a price depends on the time of day"),
    gettext_noop("must not be past midnight beside dates, holidays or days"),
    gettext_noop("must say either exempt or rule"),
    gettext_noop("must say one of steps, flat and free"),
    gettext_noop("must say what is different"),
]
BEGINNINGS = [
    gettext_noop("is missing: format 2 leaves it open"),
    gettext_noop("must be 1 to 32 small letters"),
    gettext_noop("must be started"),
    gettext_noop("must be dates such as"),
    gettext_noop("must be a duration such as"),
    gettext_noop("must be on the last line"),
    gettext_noop("must fit into its step"),
    gettext_noop("must not be above every cap of a cycle"),
    gettext_noop("must not be band"),
    gettext_noop("must not be below a cap"),
    gettext_noop("must not be below the cap before it"),
    gettext_noop("must not be below the free minutes"),
    gettext_noop("must not be no_free"),
    gettext_noop("must not be there: a flat or free band"),
    gettext_noop("must not be there: without cycles"),
    gettext_noop("must not be there: a total"),
    gettext_noop("must not be there"),
    gettext_noop("must name %(first)s too"),
    gettext_noop("must say kinds or seen_as"),
]
IRREGULAR = [  # amounts in fen are the groups that have a name
    (
        r"must be (.*): every cycle has one cap, and .*",
        gettext_noop("must be %(first)s: every cycle has one cap"),
    ),
    (
        r"must not be the name of (?:an offer|a season) before",
        gettext_noop("must not be the name of an offer before"),
    ),
    (
        r"must not make longer cheaper.*: it costs (?P<a>\d+) fen up to minute (\d+) and (?P<b>\d+) after it",
        gettext_noop(
            "must not make longer cheaper: it costs %(first)s fen up to minute %(second)s and %(third)s after"
        ),
    ),
    (r"must be (.*)", gettext_noop("must be %(first)s")),
]


def _pattern(message: str, rest: str = "") -> tuple[str, str]:
    return re.sub(r"%\\\(\w+\\\)s", "(.+?)", re.escape(message)) + rest, message


REASONS = [
    *map(_pattern, WHOLE),
    *(_pattern(message, r"(?:[:, ].*)?") for message in BEGINNINGS),
    *IRREGULAR,
]
OF_PERIODS = {  # they name bands and kinds of day, which the form shows as words
    "is missing: no band holds on %(first)s at %(second)s",
    "must not overlap: %(first)s and %(second)s both hold on %(third)s at %(fourth)s",
}


def fault(error: TariffError) -> tuple[str, str, str]:
    """Return the path as it stands in the document, the same in words, and the reason."""
    if isinstance(error, NoDocument):
        where = gettext("Line %(line)s, column %(column)s") % {"line": error.line, "column": error.column}
        return where, "", reason(error.reason)
    if isinstance(error, DraftTooLong):
        words = gettext(
            "The document has %(length)s characters; at most %(most)s can be read and saved. Shorten it: "
            "nothing was cut off and nothing was saved."
        )
        return "", "", words % {"length": error.length, "most": error.most}
    return error.path, place(error.path), reason(error.reason)


def place(path: str) -> str:
    """Return bands[0].cap as 时段 1 · 时段封顶."""
    found = []
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        found.append(f"{PARTS.get(name, name)}" + (f" {int(index) + 1}" if index else ""))
    return " · ".join(found)


def reason(text: str, currency: Currency = CNY) -> str:
    """Return a reason in the language of the request; one that no pattern knows as it is."""
    for pattern, message in REASONS:
        if match := re.fullmatch(pattern, text):
            return _in_words(message, match, text, currency)
    return text


def reason_of_amount(text: str, currency: Currency) -> str:
    """Return a reason as `reason` does; bounds in the currency, as the form's fields have their amounts."""
    match = re.fullmatch(r"must be a whole number from (\d+) to (\d+)", text)
    if match is None:
        return reason(text, currency)
    least, most = (money(int(bound), currency) for bound in match.groups())
    return gettext("must be an amount from %(least)s to %(most)s, in digits") % {"least": least, "most": most}


def _in_words(message: str, match: re.Match[str], text: str, currency: Currency) -> str:
    words = gettext(message)
    if words == message:  # English: the reason may say more
        return text
    amounts = set(match.re.groupindex.values())
    periods = {**DAYS, **NAMES} if message in OF_PERIODS else {}
    values = (
        money(int(value), currency)
        if place in amounts
        else str(periods.get(value) or value.replace(" or ", gettext(" or ")))
        for place, value in enumerate(match.groups(), 1)
    )
    return words % dict(zip(NUMBERS, values, strict=False))
