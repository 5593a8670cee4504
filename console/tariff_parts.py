"""Fields of the tariff form, part by part: the shape of a document. No values, no request.

`tariff_form` fills these parts from a document and reads them back; the keys are those of the document, so
that a fault of the reader at `bands[0].cap` belongs to the field of that name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.tariff_names import OFFER_NAMES, SEASON_NAMES
from lots.plates import PlateKind
from lots.tariffs import CNY, CURRENCIES
from lots.tariffs.charging_rules import Seen
from lots.tariffs.day_kinds import EVE, HOLIDAY_NAMES, WEEK
from presentation.class_boards import HOLIDAYS
from presentation.formatting import DAYS, NAMES, PASSES
from presentation.vehicle_words import CLASSES, PLATES

type Text = str | Promise
type Choices = tuple[tuple[str, Text], ...]


@dataclass(frozen=True)
class PartField:
    """One value. `kind`: yuan, minutes, number, time, text, choice, choices, lines, flag."""

    key: str
    label: Text
    kind: str
    choices: Choices = ()
    blank: Any = ""  # what an empty field means; "": the key is left out
    names: Mapping[str, Text] = MappingProxyType({})  # values that have a word, which is shown and typed


@dataclass(frozen=True)
class PartGroup:
    """An object with parts of its own. `optional`: it can be left out."""

    key: str
    label: Text
    parts: tuple["Part", ...]
    optional: bool = False


@dataclass(frozen=True)
class Rows:
    """A list of objects, or nothing if it is empty. `numbered`: rows of `caps`, numbered by their place."""

    key: str
    label: Text
    parts: tuple["Part", ...]
    numbered: bool = False


@dataclass(frozen=True)
class Option:
    """One of several shapes. `marker`: the key that only this shape has; `constant`: its value, if fixed."""

    value: str
    label: Text
    parts: tuple["Part", ...] = ()
    marker: str = ""
    constant: Any = None


@dataclass(frozen=True)
class Way:
    """A choice between shapes. With a `key` the choice itself is a value of the document."""

    name: str
    label: Text
    options: tuple[Option, ...]
    key: str = ""


@dataclass(frozen=True)
class Differs:
    """A part of a rule that takes another's place: as usual, something else, or nothing (null)."""

    part: "PartField | PartGroup | Rows"
    nullable: bool = True


@dataclass(frozen=True)
class PartSection:
    """Parts under one heading, which belong to the object around them."""

    label: Text
    parts: tuple["Part", ...]
    open: bool = field(default=False)


type Part = PartField | PartGroup | Rows | Way | Differs | PartSection

DAY_CHOICES: Choices = (
    ("all", _("every day")),
    *((word, DAYS[word]) for word in ("workday", "restday", "weekend", "holiday", "makeup", EVE)),
    *((word, DAYS[word]) for word in WEEK),
)


def _choices(words: Mapping[Any, Text]) -> Choices:
    return tuple((str(key), text) for key, text in words.items())


DAYS_FIELD = PartField("days", _("On these days (none: every day)"), "choices", DAY_CHOICES)
PASS_DAYS = replace(DAYS_FIELD, choices=tuple(one for one in DAY_CHOICES if one[0] != EVE))
LAST = PartField("until_min", _("Up to minute (empty: no end)"), "minutes", blank=None)

STEPS = Rows(
    "steps",
    _("Prices, one after another"),
    (
        LAST,
        Way(
            "way",
            _("Price"),
            (
                Option(
                    "price",
                    _("per unit"),
                    (
                        PartField("unit_min", _("Unit (minutes)"), "minutes"),
                        PartField("price", _("Price per unit (¥)"), "yuan"),
                    ),
                    "price",
                ),
                Option(
                    "flat", _("once for this step"), (PartField("flat", _("Amount (¥)"), "yuan"),), "flat"
                ),
                Option(
                    "total",
                    _("in place of all before"),
                    (PartField("total", _("Amount in all (¥)"), "yuan"),),
                    "total",
                ),
            ),
        ),
    ),
)
LEAVE_DAYS: Choices = (
    ("same", _("the same day")),
    ("next", _("the next day")),
    ("2", _("two days later")),
    ("3", _("three days later")),
    ("4", _("four days later")),
    ("5", _("five days later")),
    ("6", _("six days later")),
    ("7", _("seven days later")),
)
FREE = PartGroup(
    "free",
    _("Free minutes"),
    (
        PartField("minutes", _("Free up to (minutes)"), "minutes"),
        PartField(
            "mode",
            _("A longer stay"),
            "choice",
            (
                ("threshold", _("is charged from its first minute")),
                ("deduct", _("is charged less these minutes")),
            ),
        ),
        PartField(
            "repeat",
            _("How often"),
            "choice",
            (
                ("once", _("once per stay")),
                ("each_cycle", _("again in each period")),
                ("once_a_day", _("once a day for each plate")),
                ("times_a_day", _("so many times a day for each plate")),
                ("times_a_month", _("so many times a calendar month for each plate")),
            ),
        ),
        PartField("times", _("How many times (only for “so many times”)"), "number"),
        PartField("charged_hours_only", _("Time in free hours does not use them"), "flag"),
        PartField("counts_in_steps", _("Deducted minutes count towards the steps"), "flag"),
    ),
    optional=True,
)
CYCLE = PartGroup(
    "cycle",
    _("A “day” of the tariff"),
    (
        Way(
            "basis",
            _("It begins"),
            (
                Option(
                    "from_entry", _("at the entry"), (PartField("hours", _("Number of hours"), "number"),)
                ),
                Option(
                    "calendar_day", _("at one time of the clock"), (PartField("reset", _("Time"), "time"),)
                ),
                Option("none", _("never: the stay is one whole")),
            ),
            key="basis",
        ),
    ),
)
BANDS = Rows(
    "bands",
    _("Times of day with their own price"),
    (
        PartField("name", _("Name (from the list, or small letters)"), "text", names=NAMES),
        PartField("from", _("From"), "time"),
        PartField("to", _("To"), "time"),
        DAYS_FIELD,
        Way(
            "way",
            _("Price"),
            (
                Option("steps", _("by units or steps"), (STEPS,), "steps"),
                Option(
                    "flat",
                    _("one amount each time"),
                    (
                        PartField("flat", _("Amount (¥)"), "yuan"),
                        PartField("once", _("Only once a stay, however often it comes"), "flag"),
                    ),
                    "flat",
                ),
                Option("free", _("free of charge"), marker="free", constant=True),
            ),
        ),
        PartField("cap", _("At most, each time (¥)"), "yuan"),
    ),
)
CAPS = Rows(
    "caps",
    _("Most that a day costs"),
    (
        PartField("amount", _("At most (¥)"), "yuan"),
        PartField("each_later_adds", _("Each later day adds (¥, only if caps add up)"), "yuan"),
    ),
    numbered=True,
)
DAY_CAPS = Rows(
    "day_caps",
    _("Another cap for days that begin on certain days of the week"),
    (replace(DAYS_FIELD, label=_("On these days")), PartField("amount", _("At most (¥)"), "yuan")),
)
OFFERS = Rows(
    "offers",
    _("Special prices by time of entry and exit"),
    (
        PartField("name", _("Name (from the list, or small letters)"), "text", names=OFFER_NAMES),
        DAYS_FIELD,
        PartGroup(
            "enters",
            _("Entry"),
            (PartField("from", _("From"), "time"), PartField("to", _("To"), "time")),
        ),
        PartGroup(
            "leaves",
            _("Exit"),
            (
                Way(
                    "until",
                    _("Latest exit"),
                    (
                        Option(
                            "by",
                            _("a time of the clock"),
                            (
                                PartField("by", _("No later than"), "time"),
                                PartField("from", _("Not before (can be empty)"), "time"),
                                PartField("day", _("On"), "choice", LEAVE_DAYS),
                            ),
                            "by",
                        ),
                        Option(
                            "within_min",
                            _("so long after the entry"),
                            (PartField("within_min", _("Parked at most (minutes)"), "minutes"),),
                            "within_min",
                        ),
                    ),
                ),
            ),
        ),
        Way(
            "way",
            _("Price"),
            (
                Option("flat", _("exactly"), (PartField("flat", _("Amount (¥)"), "yuan"),), "flat"),
                Option("cap", _("at most"), (PartField("cap", _("Amount (¥)"), "yuan"),), "cap"),
            ),
        ),
    ),
)
LONG_CAPS = Rows(
    "long_caps",
    _("Most that several days cost together"),
    (PartField("cycles", _("Days"), "number"), PartField("amount", _("At most (¥)"), "yuan")),
)
SHARED_CAPS = Rows(
    "shared_caps",
    _("Most that several times of one date, or all nights of a stay, cost together"),
    (
        PartField("bands", _("Names of the times, one a line"), "lines", names=NAMES),
        PartField("amount", _("At most (¥)"), "yuan"),
        PartField("whole_stay", _("In the whole stay, not on each date"), "flag"),
    ),
)
OVERNIGHT = PartGroup(
    "overnight",
    _("Amount for staying over night"),
    (
        PartField("at", _("For a stay that passes (time of day)"), "time"),
        PartField("until", _("Or with any part of the night until (can be empty)"), "time"),
        PartField("amount", _("Amount (¥)"), "yuan"),
        PartField(
            "nights",
            _("It is paid"),
            "choice",
            (
                ("each", _("for each night")),
                ("once", _("once for the stay")),
                ("least", _("not on top, but as the least that such a stay costs")),
            ),
        ),
    ),
    optional=True,
)
SUM = PartGroup(
    "sum_rounding",
    _("Round the sum"),
    (
        PartField(
            "unit",
            _("To a multiple of"),
            "whole_choice",
            (("1", "¥0.01"), ("5", "¥0.05"), ("10", "¥0.10"), ("50", "¥0.50"), ("100", "¥1")),
        ),
        PartField(
            "how",
            _("How"),
            "choice",
            (("down", _("down")), ("half_up", _("to the nearest")), ("up", _("up"))),
        ),
    ),
    optional=True,
)


def question(key: str, label: Text, *answers: tuple[str, Text]) -> PartField:
    """Return a setting that boards leave open: no answer is preselected."""
    return PartField(key, label, "question", answers)


ROUNDING = question(
    "rounding",
    _("A unit that has begun"),
    ("started", _("counts as a whole one")),
    ("full", _("is charged only when it is over")),
)
STEPS_COUNT = question(
    "steps_count",
    _("The minutes of the steps count"),
    ("stay", _("from the entry, for the whole stay")),
    ("cycle", _("from the beginning of each day")),
    ("band", _("from the beginning of each time of day")),
)
CAPS_COUNT = question(
    "caps_count",
    _("The most that a day costs"),
    ("per_cycle", _("is for each day alone")),
    ("cumulative", _("is for the stay up to the end of that day")),
    ("pooled", _("times the days, is for the whole stay")),
)
CROSSING = question(
    "crossing",
    _("A unit that runs into another time of day"),
    ("sum_per_band", _("ends there; each period is charged separately")),
    ("unit_start", _("costs what holds when it begins")),
)
BAND_DAYS = question(
    "band_days",
    _("After midnight a time of day"),
    ("start", _("goes on by the day on which it began")),
    ("moment", _("is priced by the new day")),
)
AFTER_CYCLE = question(
    "after_cycle",
    _("A time of day that goes on when a new day of the tariff begins"),
    ("begin_again", _("begins again")),
    ("run_on", _("is one, with one cap and one amount")),
)
CYCLE_STARTS = question(
    "cycle_starts",
    _("With free minutes deducted, the hours count"),
    ("entry", _("from the entry")),
    ("after_free", _("from the end of the free minutes")),
)
OFFERS_APPLY = question(
    "offers_apply",
    _("If several special prices fit"),
    ("first", _("the first in the list counts")),
    ("cheapest", _("the lowest counts")),
)
QUESTIONS = (
    ROUNDING, STEPS_COUNT, CAPS_COUNT, CROSSING, BAND_DAYS, AFTER_CYCLE, CYCLE_STARTS, OFFERS_APPLY,
)  # fmt: skip
REACHED = PartField(
    "reached",
    _("A stay of exactly this length counts as longer (none: as still within)"),
    "choices",
    (
        ("free", _("the free minutes")),
        ("steps", _("the end of a step before one amount")),
        ("tail", _("the remainder that is not charged")),
        ("turn", _("the limit of another price for long stays")),
    ),
)
MONTH_CAP = PartField("month_cap", _("Most that all stays of a plate in a calendar month cost (¥)"), "yuan")
WEEK_CAP = PartField("week_cap", _("Most that all stays of a plate in a calendar week cost (¥)"), "yuan")
TAIL = PartField("tail_min", _("A remainder of up to so many minutes is not charged"), "minutes")
STAY_CAP = PartField("stay_cap", _("Most that a whole stay costs (¥)"), "yuan")
ENTRY_FEE = PartField(
    "entry_fee", _("Amount for entering, on top for each stay that is not free (¥)"), "yuan"
)
STAY_MINIMUM = PartField("stay_minimum", _("Least that a stay costs that is not free (¥)"), "yuan")
PERCENT = PartField("percent", _("Percentage of the sum that is charged"), "number")

RULE: tuple[PartField | PartGroup | Rows, ...] = (
    FREE, STEPS, CYCLE, BANDS, CAPS, DAY_CAPS, LONG_CAPS, STAY_CAP, WEEK_CAP, MONTH_CAP, STAY_MINIMUM,
    SHARED_CAPS, TAIL, REACHED, OFFERS, OVERNIGHT, ENTRY_FEE, PERCENT, SUM, *QUESTIONS,
)  # fmt: skip
FIXED = {"rounding", "steps_count", "cycle"}


def other_rule(*without: str) -> tuple[Part, ...]:
    """Return the parts of a rule that replaces another one's parts."""
    return tuple(Differs(part, nullable=part.key not in FIXED) for part in RULE if part.key not in without)


TURN = PartGroup(
    "turn",
    _("Another price for long stays"),
    (
        PartField("after_min", _("For stays longer than (minutes)"), "minutes"),
        PartField(
            "from",
            _("It is for"),
            "choice",
            (("start", _("the whole stay")), ("then", _("the time beyond"))),
        ),
        PartGroup("rule", _("What is different then"), other_rule("week_cap", "month_cap")),
    ),
    optional=True,
)
OTHER_RULE = (*other_rule(), Differs(TURN))
SIZE = PartGroup(
    "size",
    _("What the board calls them besides (changes no price)"),
    (
        PartField(
            "measure",
            _("What is counted or measured"),
            "choice",
            (
                ("axles", _("number of axles")),
                ("length", _("length (m)")),
                ("load", _("load (t)")),
                ("seats", _("number of seats")),
            ),
        ),
        PartField("from", _("From, this number included"), "text"),
        PartField("above", _("Or: above, this number not included"), "text"),
        PartField("to", _("To, this number included"), "text"),
        PartField("below", _("Or: below, this number not included"), "text"),
    ),
    optional=True,
)
CLASSES_PART = Rows(
    "classes",
    _("Vehicles with another price"),
    (
        PartField("name", _("Class"), "choice", _choices(CLASSES)),
        PartField("kinds", _("By plate"), "choices", tuple((str(kind), PLATES[kind]) for kind in PlateKind)),
        PartField(
            "seen_as",
            _("By what a camera reports"),
            "choices",
            tuple((str(one), CLASSES[one]) for one in Seen),
        ),
        SIZE,
        Way(
            "way",
            _("Price"),
            (
                Option(
                    "rule",
                    _("another price"),
                    (PartGroup("rule", _("What is different"), OTHER_RULE),),
                    "rule",
                ),
                Option("exempt", _("never pays"), marker="exempt", constant=True),
            ),
        ),
    ),
)
ENTRY_HOURS = PartGroup(
    "enters",
    _("Only entries at some time of day"),
    (PartField("from", _("From"), "time"), PartField("to", _("To"), "time")),
    optional=True,
)
END_FIELDS = (
    PartField("at", _("Until"), "time"),
    PartField(
        "free",
        _("Free minutes from then on"),
        "choice",
        (("", _("the tariff has none")), ("again", _("again")), ("none", _("none any more"))),
    ),
)
SEASON_END = PartGroup(
    "ends", _("Until a time only; then as if the car entered at that time"), END_FIELDS, optional=True
)
USUAL_END = PartGroup(
    "ends",
    _("All other entries: until a time only; then as if the car entered at that time"),
    END_FIELDS,
    optional=True,
)
SEASONS_PART = Rows(
    "seasons",
    _("Seasons, holidays and times of entry with another price"),
    (
        PartField(
            "name",
            _("Name (from the list, or small letters)"),
            "text",
            names=SEASON_NAMES,
        ),
        PartField("dates", _("Dates, one range a line: 2026-10-01/2026-10-07 or 04-01/10-31"), "lines"),
        PartField(
            "holidays", _("Public holidays"), "choices", tuple((one, HOLIDAYS[one]) for one in HOLIDAY_NAMES)
        ),
        DAYS_FIELD,
        ENTRY_HOURS,
        SEASON_END,
        PartGroup("rule", _("What is different"), OTHER_RULE),
        Rows(
            "classes",
            _("Vehicles with another price in this season"),
            (
                PartField("name", _("Class"), "choice", _choices(CLASSES)),
                PartGroup("rule", _("What is different"), OTHER_RULE),
            ),
        ),
    ),
)
PASSES_PART = Rows(
    "passes",
    _("Passes"),
    (
        PartField("name", _("Name (from the list, or small letters)"), "text", names=PASSES),
        PartField("price", _("Price (¥)"), "yuan"),
        PartField("from", _("From"), "time"),
        PartField("to", _("To"), "time"),
        PASS_DAYS,
        PartField(
            "otherwise_percent", _("Percentage of the price outside these times (can be empty)"), "number"
        ),
    ),
)
WINDOW = PartGroup(
    "window",
    _("Soon means"),
    (
        Way(
            "from",
            _("Counted"),
            (
                Option(
                    "left", _("from the last exit"), (PartField("minutes", _("Within (minutes)"), "minutes"),)
                ),
                Option(
                    "entered",
                    _("from the first entry"),
                    (PartField("minutes", _("Within (minutes)"), "minutes"),),
                ),
                Option("day", _("on the same calendar day")),
            ),
            key="from",
        ),
    ),
)
REENTRY = PartGroup(
    "reentry",
    _("Cars that come back soon"),
    (
        Way(
            "as",
            _("They pay"),
            (
                Option(
                    "one_stay",
                    _("as for one stay"),
                    (
                        PartField(
                            "gap",
                            _("The time outside"),
                            "choice",
                            (
                                ("free", _("is free, but units run on")),
                                ("charged", _("is charged")),
                                ("not_counted", _("does not count")),
                            ),
                        ),
                    ),
                ),
                Option("no_free", _("each stay, free minutes only once")),
                Option(
                    "capped",
                    _("each stay, with a cap for all together"),
                    (
                        PartField("amount", _("At most (¥)"), "yuan"),
                        PartField(
                            "free",
                            _("Free minutes"),
                            "choice",
                            (("each", _("for each stay")), ("first", _("for the first stay"))),
                        ),
                    ),
                ),
            ),
            key="as",
        ),
        WINDOW,
    ),
    optional=True,
)
AFTER_EXIT_WINDOW = question(
    "after_exit_window",
    _("A car that paid and leaves too late owes"),
    ("recomputed", _("the price of the whole stay, less what it paid")),
    ("extra_time", _("only the time since it paid")),
)
CURRENCY_CHOICES: Choices = tuple((one.code, f"{one.code} {one.sign}".strip()) for one in CURRENCIES.values())
WHOLE: tuple[Part, ...] = (
    PartSection(_("Prices"), (FREE, STEPS, TAIL), open=True),
    PartSection(_("Times of day"), (BANDS, SHARED_CAPS), open=True),
    PartSection(
        _("Days and caps"),
        (CYCLE, CAPS, DAY_CAPS, LONG_CAPS, STAY_CAP, WEEK_CAP, MONTH_CAP, STAY_MINIMUM),
        open=True,
    ),
    PartSection(
        _("Questions that the board must answer"), (*QUESTIONS, AFTER_EXIT_WINDOW, REACHED), open=True
    ),
    PartSection(_("Special prices, long stays, sum"), (OFFERS, OVERNIGHT, ENTRY_FEE, TURN, PERCENT, SUM)),
    PartSection(
        _("Vehicles"),
        (
            CLASSES_PART,
            PartField(
                "exempt",
                _("Plates that never pay"),
                "kinds",
                tuple((str(kind), PLATES[kind]) for kind in PlateKind),
            ),
        ),
    ),
    PartSection(_("Seasons, holidays, times of entry"), (SEASONS_PART, USUAL_END)),
    PartSection(
        _("Coming back, passes, longest stay"),
        (
            REENTRY,
            PASSES_PART,
            PartField("max_stay_min", _("Longest stay (minutes)"), "minutes"),
            PartField("unknown_entry", _("A car whose time of entry cannot be established pays (¥)"), "yuan"),
            PartField("currency", _("Currency of all amounts"), "choice", CURRENCY_CHOICES, blank=CNY.code),
            PartField("allows_cheaper_longer", _("A longer stay may cost less"), "flag"),
        ),
    ),
)
