"""The price board of a lot: its rule in sentences, in one line, and in worked examples."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from lots import tariffs
from lots.plates import PlateKind
from lots.tariffs import CNY, MINUTE, Currency, Rule, Step, Tariff, examples
from lots.tariffs.charging_rules import (
    DAY,
    HOUR,
    Band,
    Basis,
    CapsCount,
    Free,
    Gap,
    Measure,
    Overstay,
    Pass,
    Reentering,
    Reentry,
    Repeat,
    Seen,
    TurnFrom,
    VehicleClass,
    VehicleSize,
    Window,
    whole_minutes,
)
from lots.tariffs.clauses import Clause, cycles_matter, is_free, is_whole_day, rule_clauses
from lots.tariffs.day_kinds import is_every_day
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.season_edges import of_vehicle
from lots.tariffs.seasons import Season, SeasonEnd, Span
from lots.tariffs.sums import THOUSANDTHS, exact_fen
from lots.tariffs.tariff_place import Place
from lots.tariffs.timeline import BASE
from presentation.formatting import (
    PASSES,
    hours,
    in_currency,
    listed,
    money,
    on_days,
    per_unit,
    rule_duration,
    short_yuan,
)

SEASON_SEARCH = 3 * 366  # days


@lru_cache(maxsize=256)
def tariff_of(document: str) -> Tariff:
    return tariffs.read(json.loads(document))


def price_board(tariff: Tariff) -> list[str]:
    """Return the rule as a board at the entrance would put it, one sentence each."""
    own, turned = _boards(tariff.rule, tariff.currency, seasonal=bool(tariff.seasons))
    return [*own, *conditions(tariff), *turned]


def usual_board(tariff: Tariff) -> list[str]:
    """Return what vehicles of no class are charged on days of no season."""
    return rule_board(tariff.rule, tariff.currency, seasonal=bool(tariff.seasons))


def rule_board(rule: Rule, currency: Currency = CNY, *, seasonal: bool = False) -> list[str]:
    """Return what one class of vehicles is charged: one sentence for each clause, a band's in one line.

    `seasonal`: other rules hold on some dates, so public holidays may well cost something else.
    """
    own, turned = _boards(rule, currency, seasonal=seasonal)
    return own + turned


def _boards(
    rule: Rule, currency: Currency, *, seasonal: bool, beyond: bool = False
) -> tuple[list[str], list[str]]:
    """Return the sentences of a rule, and those of the other rule of long stays with their heading.

    `beyond`: the rule is for the time beyond a limit.
    """
    board = []
    clauses = rule_clauses(rule, beyond=beyond)
    heading = [clauses.pop()] if rule.turn else []
    shown = [one for one in clauses if not (seasonal and one.code == "holidays_alike")]
    for band, of_band in groupby(shown, key=lambda clause: clause.band):
        sentences = [sentence(clause, currency) for clause in of_band]
        board += sentences if band is None else [_in_band(rule, band, sentences)]
    alike = any(one.code == "holidays_alike" for one in clauses)
    turned = [sentence(one) for one in heading]
    if rule.turn:
        beyond = rule.turn.since is TurnFrom.THEN
        turned += _boards(rule.turn.rule, currency, seasonal=seasonal or alike, beyond=beyond)[0]
    return [in_currency(one, currency) for one in board], turned


def sentence(clause: Clause, currency: Currency = CNY) -> str:
    """Return the sentence of a clause in the language of the page; its amounts are in yuan."""
    if clause.code == "holidays_announced" and currency is not CNY:
        return _(
            "Public holidays are those announced locally; they are not charged as their day of the week."
        )
    return str(SENTENCES[clause.code]) % words(clause.values)


def words(values: Mapping[str, int | str]) -> dict[str, Any]:
    """Return the values of a clause as its sentence names them: amounts in yuan, durations in words."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == "unit_minutes":
            found["per"] = per_unit(int(value))
        elif name.endswith("_minutes"):
            found[name.removesuffix("_minutes")] = board_duration(int(value))
            found["first"] = first_duration(int(value))
        elif name == "days":
            found[name] = on_days(frozenset(str(value).split()), "") or _("Any day")
        elif name.endswith("_fen"):
            found[name.removesuffix("_fen")] = short_yuan(value)
        elif name == "bands":
            found[name] = listed(str(value).split())
        else:
            found[name] = value
    return found


def first_duration(minutes: int) -> str:
    """Return a duration as it follows “first”: the first hour, the first 2 hours."""
    return pgettext("after “first”", "hour") if minutes == 60 else board_duration(minutes)


def board_duration(minutes: int) -> str:
    """Return a duration; whole days from three on also as days, for who does not count 720 hours."""
    days, rest = divmod(minutes, DAY // MINUTE)
    if rest or days < 3:
        return rule_duration(minutes)
    return _("%(days)s days (%(time)s)") % {"days": days, "time": rule_duration(minutes)}


SENTENCES = {
    "free_within": gettext_lazy("Free up to %(time)s; a longer stay is charged from its first minute."),
    "free_below": gettext_lazy(
        "Free for less than %(time)s; a stay of %(time)s or more is charged from its first minute."
    ),
    "free_deducted": gettext_lazy("Free for the first %(first)s; this time is not counted."),
    "free_in_steps": gettext_lazy("Free for the first %(first)s; this time counts towards the steps."),
    "free_charged_hours": gettext_lazy(
        "Only time in charged hours counts towards the free minutes; time in free hours uses none."
    ),
    "free_each_hours": gettext_lazy("The free minutes apply again every %(hours)s hours."),
    "free_each_day": gettext_lazy("The free minutes apply again every day."),
    "free_counts": gettext_lazy("Free minutes that apply again count towards the steps."),
    "free_once_a_day": gettext_lazy(
        "Each plate gets these free minutes once a day; the date of entry counts."
    ),
    "free_times_a_day": gettext_lazy(
        "Each plate gets these free minutes at most %(n)s times a day; the date of entry counts."
    ),
    "free_times_a_month": gettext_lazy(
        "Each plate gets these free minutes at most %(n)s times a calendar month; the date of entry counts."
    ),
    "free_always": gettext_lazy("Free of charge."),
    "free_else": gettext_lazy("Free of charge at other times."),
    "band_free": gettext_lazy("free of charge."),
    "step_total": gettext_lazy("Longer than %(from)s: ¥%(amount)s in all."),
    "step_total_reached": gettext_lazy("%(from)s or longer: ¥%(amount)s in all."),
    "steps_reached": gettext_lazy(
        "A stay that ends exactly where a step ends is charged the amount of the next step."
    ),
    "step_only_units": gettext_lazy("¥%(amount)s %(per)s."),
    "step_only_flat": gettext_lazy("¥%(amount)s per stay."),
    "band_only_flat": gettext_lazy("¥%(amount)s each time."),
    "band_only_flat_once": gettext_lazy("¥%(amount)s once for the whole stay."),
    "step_only_flat_day": gettext_lazy("¥%(amount)s for each day that the stay touches."),
    "step_only_flat_hours": gettext_lazy("¥%(amount)s for each started period of %(hours)s hours."),
    "step_first_units": gettext_lazy("First %(first)s: ¥%(amount)s %(per)s."),
    "step_first_flat": gettext_lazy("First %(first)s: ¥%(amount)s in all."),
    "step_middle_units": gettext_lazy("From %(from)s to %(until)s: ¥%(amount)s %(per)s."),
    "step_middle_flat": gettext_lazy("From %(from)s to %(until)s: ¥%(amount)s more."),
    "step_middle_sum": gettext_lazy("From %(from)s to %(until)s: ¥%(amount)s in all."),
    "step_last_sum": gettext_lazy("After %(from)s: ¥%(amount)s in all."),
    "step_last_units": gettext_lazy("After %(from)s: ¥%(amount)s %(per)s."),
    "step_last_flat": gettext_lazy("After %(from)s: ¥%(amount)s more."),
    "step_first_free": gettext_lazy("First %(first)s: free of charge."),
    "step_middle_free": gettext_lazy("From %(from)s to %(until)s: free of charge."),
    "step_last_free": gettext_lazy("After %(from)s: free of charge."),
    "band_cap": gettext_lazy("At most ¥%(amount)s."),
    "band_cap_day": gettext_lazy("At most ¥%(amount)s a day."),
    "cap_hours": gettext_lazy("At most ¥%(amount)s per %(hours)s hours from entry."),
    "cap_after_free_hours": gettext_lazy("At most ¥%(amount)s per %(hours)s hours."),
    "cap_day": gettext_lazy("At most ¥%(amount)s per calendar day."),
    "cap_from_day": gettext_lazy("At most ¥%(amount)s per day, from %(time)s to %(time)s the next day."),
    "cap_on_hours": gettext_lazy(
        "%(days)s, instead: at most ¥%(amount)s per %(hours)s hours that begin on such a day."
    ),
    "cap_on_day": gettext_lazy("%(days)s, instead: at most ¥%(amount)s per calendar day."),
    "cap_on_from_day": gettext_lazy(
        "%(days)s, instead: at most ¥%(amount)s for the day that begins then at %(time)s."
    ),
    "cap_n_hours": gettext_lazy("At most ¥%(amount)s in %(hours)s-hour period %(n)s."),
    "cap_n_to_hours": gettext_lazy(
        "At most ¥%(amount)s in each of the %(hours)s-hour periods %(n)s to %(last)s."
    ),
    "cap_n_and_later_hours": gettext_lazy(
        "At most ¥%(amount)s in %(hours)s-hour period %(n)s and in each later one."
    ),
    "cap_n_day": gettext_lazy("At most ¥%(amount)s on day %(n)s."),
    "cap_n_to_day": gettext_lazy("At most ¥%(amount)s on each of days %(n)s to %(last)s."),
    "cap_n_and_later_day": gettext_lazy("At most ¥%(amount)s on day %(n)s and on each later day."),
    "cap_so_far_hours": gettext_lazy(
        "At most ¥%(amount)s in total up to the end of %(hours)s-hour period %(n)s."
    ),
    "cap_so_far_day": gettext_lazy("At most ¥%(amount)s in total up to the end of day %(n)s."),
    "cap_pooled_hours": gettext_lazy(
        "At most ¥%(amount)s times the number of started %(hours)s-hour periods, for the whole stay."
    ),
    "cap_pooled_day": gettext_lazy(
        "At most ¥%(amount)s times the number of days that the stay touches, for the whole stay."
    ),
    "cap_later_adds": gettext_lazy("Each later period adds at most ¥%(amount)s."),
    "long_cap_hours": gettext_lazy("At most ¥%(amount)s per %(n)s × %(hours)s hours."),
    "long_cap_day": gettext_lazy("At most ¥%(amount)s per %(n)s days."),
    "stay_cap": gettext_lazy("At most ¥%(amount)s for the whole stay."),
    "stay_minimum": gettext_lazy("At least ¥%(amount)s for each stay that is not free."),
    "month_cap": gettext_lazy(
        "All stays of a plate that begin in one calendar month cost at most ¥%(amount)s together; each"
        " further month that a stay reaches into adds the same amount to this limit."
    ),
    "week_cap": gettext_lazy(
        "All stays of a plate that begin in one calendar week (Monday to Sunday) cost at most ¥%(amount)s"
        " together; each further week that a stay reaches into adds the same amount to this limit."
    ),
    "week_before_month": gettext_lazy(
        "The limit of the week comes first, then that of the month; what the month does not charge still"
        " counts towards the week."
    ),
    "overnight_each": gettext_lazy(
        "A stay that continues past %(time)s is charged ¥%(amount)s more each time."
    ),
    "overnight_once": gettext_lazy(
        "A stay that continues past %(time)s is charged ¥%(amount)s more, once only."
    ),
    "overnight_within_each": gettext_lazy(
        "A stay with any part in %(time)s–%(end)s is charged ¥%(amount)s more for each such night."
    ),
    "overnight_within_once": gettext_lazy(
        "A stay with any part in %(time)s–%(end)s is charged ¥%(amount)s more, once only."
    ),
    "overnight_least": gettext_lazy(
        "A stay that continues past %(time)s costs at least ¥%(amount)s, unless it is free."
    ),
    "overnight_within_least": gettext_lazy(
        "A stay with any part in %(time)s–%(end)s costs at least ¥%(amount)s, unless it is free."
    ),
    "overnight_uncapped": gettext_lazy("No cap applies to this amount."),
    "full": gettext_lazy("Only full units are charged."),
    "started": gettext_lazy("A started unit is charged as a whole one."),
    "tail": gettext_lazy("A remainder of up to %(time)s is not charged."),
    "tail_below": gettext_lazy("A remainder of less than %(time)s is not charged."),
    "sum_per_band": gettext_lazy(
        "A stay over several periods is charged separately for each of them, and the amounts are added."
    ),
    "unit_start": gettext_lazy(
        "A unit that runs into another period is charged at the price of the period in which it began."
    ),
    "unit_start_amounts": gettext_lazy(
        "A unit, or a step at one amount, that runs into another period is charged at the price of the"
        " period in which it began, up to its end."
    ),
    "steps_again_in_band": gettext_lazy("The steps start again in each period."),
    "steps_over_bands": gettext_lazy("The steps continue when another period begins."),
    "cycle_again_hours": gettext_lazy("After every %(hours)s hours, charging starts again."),
    "cycle_again_day": gettext_lazy("Every day at %(time)s, charging starts again."),
    "cycle_ends_units_hours": gettext_lazy(
        "After every %(hours)s hours, the unit in progress ends and a new one begins."
    ),
    "cycle_ends_units_day": gettext_lazy(
        "Every day at %(time)s, the unit in progress ends and a new one begins."
    ),
    "steps_over_cycles": gettext_lazy("The steps continue over the whole stay."),
    "cycle_after_free": gettext_lazy("The %(hours)s hours are counted from the end of the free minutes."),
    "cycle_from_entry": gettext_lazy(
        "The %(hours)s hours are counted from the entry, free minutes included."
    ),
    "bands_begin_again": gettext_lazy("A period still in progress then starts again as well."),
    "bands_run_on": gettext_lazy(
        "A period still in progress then does not start again: its cap or its single amount covers all of it."
    ),
    "bands_run_on_with_steps": gettext_lazy(
        "A period still in progress then does not start again: its steps and its cap or its single amount"
        " cover all of it."
    ),
    "holidays_alike": gettext_lazy("Public holidays cost the same as other days."),
    "holidays_announced": gettext_lazy(
        "Public holidays and working weekend days are those announced by the State Council; they are not"
        " charged as their day of the week."
    ),
    "eves_apart": gettext_lazy(
        "A day before a public holiday that is no public holiday itself is not charged as its day of the"
        " week, a working day or a weekend."
    ),
    "days_by_start": gettext_lazy(
        "After midnight, a period continues at the price of the day on which it began."
    ),
    "days_by_moment": gettext_lazy("After midnight, the price of the new day applies."),
    "offer_flat_same": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the same day: ¥%(amount)s in all."
    ),
    "offer_flat_next": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the next day: ¥%(amount)s in all."
    ),
    "offer_cap_same": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the same day: at most ¥%(amount)s."
    ),
    "offer_cap_next": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the next day: at most ¥%(amount)s."
    ),
    "shared_cap": gettext_lazy(
        "Periods %(bands)s that begin on the same date: at most ¥%(amount)s together."
    ),
    "shared_cap_stay": gettext_lazy("%(bands)s: at most ¥%(amount)s in all during the whole stay."),
    "percent": gettext_lazy("%(percent)s%% of the sum above is charged."),
    "sum_down": gettext_lazy("The sum is rounded down to a multiple of ¥%(unit)s."),
    "sum_half_up": gettext_lazy("The sum is rounded to the nearest multiple of ¥%(unit)s."),
    "sum_up": gettext_lazy("The sum is rounded up to a multiple of ¥%(unit)s."),
    "turn_start": gettext_lazy("A stay of more than %(time)s is charged as follows instead, from its entry:"),
    "turn_reached": gettext_lazy("A stay of %(time)s or more is charged as follows instead, from its entry:"),
    "turn_then": gettext_lazy(
        "A stay of more than %(time)s: the time beyond is charged as follows, counted from there, without"
        " free minutes:"
    ),
    "offer_flat_later": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s %(n)s days later: ¥%(amount)s in all."
    ),
    "offer_cap_later": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s %(n)s days later: at most ¥%(amount)s."
    ),
    "offer_free_same": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the same day: free of charge."
    ),
    "offer_free_next": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s the next day: free of charge."
    ),
    "offer_free_later": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and exit by %(by)s %(n)s days later: free of charge."
    ),
    "offer_flat_within": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and a stay of up to %(time)s: ¥%(amount)s in all."
    ),
    "offer_cap_within": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and a stay of up to %(time)s: at most ¥%(amount)s."
    ),
    "offer_free_within": gettext_lazy(
        "%(days)s, entry %(start)s–%(end)s and a stay of up to %(time)s: free of charge."
    ),
    "offer_not_before": gettext_lazy(
        "The price above does not apply to an exit before %(time)s on that date."
    ),
    "offers_first": gettext_lazy("If several of these prices apply, the one listed first counts."),
    "offers_cheapest": gettext_lazy("If several of these prices apply, the lowest counts."),
}


def _in_band(rule: Rule, index: int, sentences: list[str]) -> str:
    """Return the sentences of a band after its days and hours, or those of the time outside all bands."""
    if index == BASE:
        return _("%(hours)s: %(line)s") % {"hours": _("Other times"), "line": " ".join(sentences)}
    band = rule.bands[index]
    when = on_days(band.days, hours(band.name, hh_mm(band.start), end_hh_mm(band.end)))
    line = {"hours": when or _("All day"), "line": " ".join(sentences)}
    return _("%(hours)s: %(line)s") % line


def conditions(tariff: Tariff) -> list[str]:
    """Return what holds for every vehicle: the currency, coming back, the longest stay, who never pays."""
    found = _reentry(tariff.reentry) if tariff.reentry else []
    found[:0] = [*_prices_end(tariff.ends), *_kept_to_the_end(tariff), *_holidays_of_seasons(tariff)]
    if tariff.currency is not CNY:
        names = {"code": tariff.currency.code, "sign": tariff.currency.sign.strip()}
        found.insert(0, _("All amounts are in %(code)s (%(sign)s).") % names)
    if tariff.max_stay is not None:
        found.append(
            _("You may park for at most %(time)s.") % {"time": rule_duration(tariff.max_stay // MINUTE)}
        )
    if tariff.unknown_entry is not None:
        words = {"amount": short_yuan(tariff.unknown_entry)}
        found.append(_("A car whose time of entry cannot be established pays ¥%(amount)s.") % words)
    if tariff.exempt:
        found.append(_("Always free of charge: %(kinds)s.") % {"kinds": plates(tariff.exempt)})
    return [in_currency(one, tariff.currency) for one in [*found, *map(_pass, tariff.passes)]]


def _kept_to_the_end(tariff: Tariff) -> Iterator[str]:
    """Yield that the prices at the entry are for the whole stay, or until the time that their board names."""
    lasting = [season for season in tariff.seasons if season.ends is None]
    has_dates = any(season.has_dates for season in lasting)
    if not lasting:
        return
    if not any(season.has_hours for season in lasting):
        yield _("A car that enters on a date with its own prices pays these for the whole stay.")
    elif has_dates:
        yield _("A car that enters on a date or at a time with its own prices pays these for the whole stay.")
    else:
        yield _("A car that enters at a time with its own prices pays these for the whole stay.")
    if len(lasting) < len(tariff.seasons) or tariff.ends:
        yield _("Where prices hold until a time, they count for a stay until that time.")


def _holidays_of_seasons(tariff: Tariff) -> list[str]:
    """Return how a holiday on a day of the week counts that a season names; nothing where the rule has it."""
    codes = ["holidays_announced", *["eves_apart"] * tariff.rule.eves]
    named = any(not is_every_day(season.days) for season in tariff.seasons)
    stated = any(one.code == codes[0] for one in rule_clauses(tariff.rule))
    clauses = [Clause(code, {}, "seasons") for code in codes]
    return [sentence(clause, tariff.currency) for clause in clauses] if named and not stated else []


@dataclass(frozen=True)
class ClassBoard:
    """What vehicles of one class are charged: who they are, the sentences, the examples (none: exempt)."""

    title: str
    kinds: str
    sentences: list[str]
    examples: list[tuple[str, str]]  # the amounts with their sign
    entry: str = ""  # of a season: the time of day at which its examples enter, on one of its dates
    has_dates: bool = True  # of a season: these dates are some, not all


def class_boards(tariff: Tariff, place: Place) -> list[ClassBoard]:
    """Return a board for each class of vehicles with a price of its own."""
    boards = [_class_board(tariff, one, place) for one in tariff.classes]
    return boards + [board for season in tariff.seasons for board in _season_boards(tariff, season, place)]


def _class_board(tariff: Tariff, one: VehicleClass, place: Place) -> ClassBoard:
    title, kinds = class_title(one), plates(one.kinds)
    if one.rule is None:
        return ClassBoard(title, kinds, [_("Free of charge.")], [])
    shown = _amounts(tariff, examples(without_seasons(tariff), place=place, vehicle=one))
    return ClassBoard(
        title, kinds, rule_board(one.rule, tariff.currency, seasonal=bool(tariff.seasons)), shown
    )


def class_titles(tariff: Tariff) -> dict[str, str]:
    """Return how a board names each class of vehicles that the tariff has."""
    return {one.name: class_title(one) for one in tariff.classes}


def class_title(one: VehicleClass) -> str:
    """Return how a board names a class of vehicles: its word, and its axles, length, load or seats."""
    word = str(CLASSES[Seen(one.name)])
    return _("%(who)s (%(size)s)") % {"who": word, "size": _size(one.size)} if one.size else word


def _size(size: VehicleSize) -> str:
    """Return the axles, seats, length or load of a class of vehicles in words."""
    unit = MEASURES[size.measure]
    if size.least and size.most and size.least != size.most:
        last = unit % {"n": size.most}
        return _named(size, _("%(first)s to %(size)s") % {"first": size.least, "size": last})
    if size.least and size.least == size.most:
        return _named(size, unit % {"n": size.most})
    limits = (
        (size.least, _("%(size)s or more")),
        (size.above, _("more than %(size)s")),
        (size.most, _("no more than %(size)s")),
        (size.below, _("less than %(size)s")),
    )
    return _named(size, listed(words % {"size": unit % {"n": number}} for number, words in limits if number))


def _named(size: VehicleSize, text: str) -> str:
    """Return a size with what is measured, where its unit does not name it."""
    if size.measure is Measure.LENGTH:
        return _("length: %(size)s") % {"size": text}
    return _("load: %(size)s") % {"size": text} if size.measure is Measure.LOAD else text


MEASURES = {
    Measure.AXLES: gettext_lazy("%(n)s axles"),
    Measure.SEATS: gettext_lazy("%(n)s seats"),
    Measure.LENGTH: gettext_lazy("%(n)s m"),
    Measure.LOAD: gettext_lazy("%(n)s t"),
}


def _season_boards(tariff: Tariff, season: Season, place: Place) -> list[ClassBoard]:
    """Return the boards of a season: for vehicles of no class, and for each class with a price of its own."""
    title = str(SEASONS.get(season.name, SEASONS["other" if season.has_dates else "other_times"]))
    boards = []
    entry = _entry_in(season, place)
    for vehicle, rule in season.rules.items():
        alone = replace(tariff, rule=rule, classes=(), seasons=(), ends=None)
        if season.ends:  # then the others count
            alone = of_vehicle(replace(tariff, seasons=(season, *tariff.seasons)), vehicle)
        shown = _amounts(tariff, examples(alone, place=place, entry=entry))
        who = f"{title} · {class_titles(tariff)[vehicle]}" if vehicle else title
        board = [*rule_board(rule, tariff.currency, seasonal=True), *_prices_end(season.ends)]
        when = f"{entry:%H:%M}"
        boards.append(ClassBoard(who, _entries(season), board, shown, when, season.has_dates))
    return boards


def _prices_end(ends: SeasonEnd | None) -> Iterator[str]:
    """Yield until when the prices of an entry hold for a car that is still inside, and what counts then."""
    if ends is None:
        return
    words = {"at": end_hh_mm(ends.at)}
    if ends.free_again is None:
        text = _(
            "The prices at the entry hold until the next %(at)s. A car that is still inside then"
            " is charged from then on as if it entered at that time."
        )
    elif ends.free_again:
        text = _(
            "The prices at the entry hold until the next %(at)s. A car that is still inside then"
            " is charged from then on as if it entered at that time, with free time again."
        )
    else:
        text = _(
            "The prices at the entry hold until the next %(at)s. A car that is still inside then"
            " is charged from then on as if it entered at that time, without free time."
        )
    yield text % words


def _entries(season: Season) -> str:
    """Return the dates and the hours in which a car enters that is charged by the prices of a season."""
    dates = listed([*(str(HOLIDAYS[name]) for name in season.holidays), *map(_dates, season.spans)])
    found = [_("entry: %(dates)s") % {"dates": on_days(season.days, dates)}] if season.has_dates else []
    if season.has_hours:
        times = f"{hh_mm(season.start)}–{end_hh_mm(season.end)}"
        found.append(_("time of entry: %(hours)s") % {"hours": times})
    return _("; ").join(found)


def without_seasons(tariff: Tariff) -> Tariff:
    """Return what the usual board states: its examples are of days of no season, whatever their date.

    Seasons of every day remain: the time at which an example enters is shown with it.
    """
    return replace(tariff, seasons=tuple(one for one in tariff.seasons if not one.has_dates))


def _entry_in(season: Season, place: Place) -> datetime:
    """Return 10 o'clock, or the first hour, on the first date of a season; on a Monday if none is near."""
    ten = MONDAY_AT_TEN.replace(tzinfo=place.zone)
    if not season.enters(ten.hour * HOUR):
        ten = ten.replace(hour=season.start // HOUR, minute=season.start % HOUR // MINUTE)
    for days in range(SEASON_SEARCH):
        entry = ten + timedelta(days=days)
        day = entry.date()
        if season.holds(day, place.calendar):
            return entry
    return ten


def _dates(span: Span) -> str:
    return span.first if span.first == span.last else _("%(first)s to %(last)s") % vars(span)


def _amounts(tariff: Tariff, stays: Iterable[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(rule_duration(minutes), money(fen, tariff.currency)) for minutes, fen in stays]


HOLIDAYS = {
    "new_year": gettext_lazy("New Year holiday"),
    "spring_festival": gettext_lazy("Spring Festival holiday"),
    "qingming": gettext_lazy("Qingming holiday"),
    "labour_day": gettext_lazy("Labour Day holiday"),
    "dragon_boat": gettext_lazy("Dragon Boat holiday"),
    "mid_autumn": gettext_lazy("Mid-Autumn holiday"),
    "national_day": gettext_lazy("National Day holiday"),
}
SEASONS = {
    "peak": gettext_lazy("Peak season"),
    "off_peak": gettext_lazy("Off season"),
    "golden_week": gettext_lazy("Golden-week holidays"),
    "short_holiday": gettext_lazy("Short holidays"),
    "other": gettext_lazy("Special dates"),
    "other_times": gettext_lazy("By time of entry"),
}
CLASSES = {
    Seen.SMALL: gettext_lazy("Small vehicles"),
    Seen.MEDIUM: gettext_lazy("Medium-sized vehicles"),
    Seen.LARGE: gettext_lazy("Large vehicles"),
    Seen.EXTRA_LARGE: gettext_lazy("Extra-large vehicles"),
    Seen.SPECIAL: gettext_lazy("Special vehicles"),
    Seen.GOODS: gettext_lazy("Goods vehicles"),
    Seen.MOTORCYCLE: gettext_lazy("Motorcycles"),
    Seen.NEW_ENERGY: gettext_lazy("New-energy vehicles"),
}
PLATES = {
    PlateKind.EMERGENCY: gettext_lazy("应急 (emergency) plates"),
    PlateKind.ARMED_POLICE: gettext_lazy("armed police plates"),
    PlateKind.MILITARY: gettext_lazy("military plates"),
    PlateKind.POLICE: gettext_lazy("police plates"),
    PlateKind.ORDINARY: gettext_lazy("blue and yellow plates"),
    PlateKind.NEV_SMALL: gettext_lazy("green plates (small new-energy)"),
    PlateKind.NEV_LARGE: gettext_lazy("yellow-green plates (large new-energy)"),
    PlateKind.TRAINER: gettext_lazy("learner plates"),
    PlateKind.TRAILER: gettext_lazy("trailer plates"),
    PlateKind.HK_MACAO: gettext_lazy("Hong Kong and Macao plates"),
    PlateKind.TEST: gettext_lazy("test and temporary plates"),
    PlateKind.CONSULATE: gettext_lazy("consulate plates"),
    PlateKind.EMBASSY: gettext_lazy("embassy plates"),
    PlateKind.CIVIL_AVIATION: gettext_lazy("civil aviation plates"),
    PlateKind.OVERSEAS: gettext_lazy("overseas plates"),
    PlateKind.TICKET: gettext_lazy("vehicles without a plate"),
}


def plates(kinds: frozenset[str]) -> str:
    """Return kinds of plate in words, in one order on every page."""
    return listed(str(text) for kind, text in PLATES.items() if kind in kinds)


def _reentry(rule: Reentry) -> list[str]:
    """Return how a car is charged that comes back soon."""
    words = {"time": rule_duration(rule.seconds // MINUTE), "amount": short_yuan(rule.cap)}
    when = {
        Window.LEFT: _("A car that comes back within %(time)s of leaving"),
        Window.ENTERED: _("A car that comes back within %(time)s of first entering"),
        Window.DAY: _("A car that comes back on the same day"),
    }[rule.window] % words
    if rule.how is Reentering.NO_FREE:
        how = _("does not get free minutes again.")
    elif rule.how is Reentering.CAPPED and rule.free_again:
        how = (
            _(
                "pays for each stay separately; together the stays cost at most ¥%(amount)s,"
                " and as much again for each further period of this length that they reach into."
            )
            % words
        )
    elif rule.how is Reentering.CAPPED:
        how = (
            _(
                "pays for each stay separately, with free minutes for the first;"
                " together the stays cost at most ¥%(amount)s,"
                " and as much again for each further period of this length that they reach into."
            )
            % words
        )
    elif rule.gap is Gap.CHARGED:
        how = _("pays as for one stay, the time outside included.")
    elif rule.gap is Gap.FREE:
        how = _("pays as for one stay; the time outside is not charged, but counting continues.")
    else:
        how = _("pays as for one stay of the time parked in all; the time outside does not count.")
    return [_("%(who)s %(pays)s") % {"who": when, "pays": how}]


def _pass(one: Pass) -> str:
    """Return what a pass costs and when it covers a car."""
    name = str(PASSES.get(one.name, one.name))
    words = {"name": name, "amount": short_yuan(one.fen)}
    if one.is_for_all_hours:
        return _("%(name)s: ¥%(amount)s.") % words
    when = "" if one.start == one.end else f"{hh_mm(one.start)}–{end_hh_mm(one.end)}"
    words |= {"when": on_days(one.days, when), "percent": str(one.otherwise)}
    if one.otherwise == 100:
        return _("%(name)s: ¥%(amount)s. Valid: %(when)s.") % words
    return (
        _(
            "%(name)s: ¥%(amount)s. Valid: %(when)s."
            " A car that enters with it is charged %(percent)s%% of the usual price for other times."
        )
        % words
    )


def after_window(tariff: Tariff) -> str:
    """Return what is due from a car that paid and left its exit window behind."""
    if tariff.after_exit_window is Overstay.EXTRA:
        return _("Later than that, the extra time is due.")
    return _("Later than that, the whole stay is charged, less what was paid.")


def price_line(tariff: Tariff) -> str:
    """Return the rule in one line for the first page; the whole of it is one tap away."""
    rule, parts = tariff.rule, []
    if rule.free and rule.free.seconds:
        parts.append(_free_part(rule.free))
    free_else = bool(rule.bands) and is_free(rule.steps)
    usual = [] if free_else else _usual_rates(rule)
    parts += [_(", ").join(usual)] if rule.bands and usual else usual
    parts += [_short_band(band) for band in rule.bands[:2]]
    parts += [_("free at other times")] if free_else else []
    if len(rule.bands) > 2:
        parts.append(_("more by the time of day"))
    if len(rule.caps) == 1 and rule.caps_count is CapsCount.PER_CYCLE:
        words = {"amount": short_yuan(rule.caps[0].fen), "hours": str(rule.cycle.seconds // MINUTE // 60)}
        by_day = rule.cycle.basis is Basis.DAY
        parts.append(
            (_("at most ¥%(amount)s a day") if by_day else _("at most ¥%(amount)s per %(hours)s h")) % words
        )
    elif rule.caps:
        parts.append(
            _("first 24 h at most ¥%(amount)s") % {"amount": short_yuan(rule.caps[0].fen)}
            if rule.cycle.basis is Basis.ENTRY and rule.cycle.seconds == 24 * 3600
            else _("with caps")
        )
    parts += _of_the_sum(rule)
    if any(season.has_dates for season in tariff.seasons):
        parts.append(_("other prices on some dates"))
    if rule.offers or any(season.has_hours for season in tariff.seasons):
        parts.append(_("other prices at some times of entry"))
    if rule.turn:
        limit = board_duration(whole_minutes(rule.turn.after))
        parts.append(_("other prices after %(time)s") % {"time": limit})
    between = _("; ") if rule.bands else _(", ")  # the rates of a period have commas of their own
    return in_currency(between.join(parts), tariff.currency)


def _of_the_sum(rule: Rule) -> Iterator[str]:
    """Yield what is added to the sum of a stay, the least of it and the part that is charged."""
    if rule.overnight:
        least = rule.overnight.is_least
        text = _("at least ¥%(amount)s over night") if least else _("¥%(amount)s more over night")
        yield text % {"amount": short_yuan(rule.overnight.fen)}
    if rule.stay_minimum:
        yield _("at least ¥%(amount)s") % {"amount": short_yuan(rule.stay_minimum)}
    if rule.percent != 100:
        yield _("%(percent)s%% of the sum") % {"percent": rule.percent}


def _free_part(free: Free) -> str:
    """Return the free minutes for one line, with how often a plate has them."""
    words = {"time": rule_duration(whole_minutes(free.seconds)), "n": free.times}
    if free.repeat is Repeat.ONCE_A_DAY:
        return _("%(time)s free once a day") % words
    if free.repeat is Repeat.TIMES_A_DAY:
        return _("%(time)s free, %(n)s times a day") % words
    if free.repeat is Repeat.TIMES_A_MONTH:
        return _("%(time)s free, %(n)s times a month") % words
    return _("%(time)s free") % words


def _short_band(band: Band) -> str:
    when = on_days(band.days, hours("", hh_mm(band.start), end_hh_mm(band.end)))
    rates = _rates(band.steps, daily=is_whole_day(band))
    if band.once:
        rates = [_("¥%(amount)s once a stay") % {"amount": short_yuan(band.steps[0].fen)}]
    words = {"hours": when, "rate": _(", ").join(rates)}
    if band.cap is None:
        return (_("%(hours)s %(rate)s") % words).strip()
    words["cap"] = short_yuan(band.cap)
    if band.start == band.end:
        return _("%(hours)s %(rate)s, at most ¥%(cap)s a day") % words
    return _("%(hours)s %(rate)s, at most ¥%(cap)s") % words


def _short_rate(step: Step, *, first: bool = False) -> str:
    """Return what a step costs. A first step of one unit says its length already: “前 1 小时 ¥10”."""
    sum_alone = pgettext("after “first”", "¥%(amount)s") if first else _("¥%(amount)s")
    if not step.unit:
        return sum_alone % {"amount": short_yuan(step.fen)} if step.fen else _("free of charge")
    amount = short_yuan(exact_fen(step.fen * THOUSANDTHS + step.parts))
    if first and step.unit == step.until:
        return sum_alone % {"amount": amount}
    return _("¥%(amount)s %(per)s") % {"amount": amount, "per": per_unit(step.unit // MINUTE)}


def _usual_rates(rule: Rule) -> list[str]:
    """Return the rates outside all bands; an amount of each day is not “each time”."""
    if rule.bands or len(rule.steps) > 1 or not cycles_matter(rule):
        return _rates(rule.steps)
    (step,) = rule.steps
    if rule.cycle.basis is Basis.DAY or step.unit or not step.costs:
        return _rates(rule.steps, daily=True)
    words = {"amount": short_yuan(step.fen), "hours": str(rule.cycle.seconds // HOUR)}
    return [_("¥%(amount)s per %(hours)s h") % words]


def _rates(steps: tuple[Step, ...], *, daily: bool = False) -> list[str]:
    rates = [_short_rate(step, first=not at and len(steps) > 1) for at, step in enumerate(steps)]
    if len(steps) == 1 and not steps[0].unit and steps[0].costs:
        each = _("¥%(amount)s a day") if daily else _("¥%(amount)s each time")
        return [each % {"amount": short_yuan(steps[0].fen)}]
    if len(rates) < 2:
        return rates
    words = {"first": first_duration(whole_minutes(steps[0].until)), "rate": rates[0]}
    if len(rates) > 2 or steps[1].total:
        return [_("first %(first)s %(rate)s, then by steps") % words]
    return [_("first %(first)s %(rate)s") % words, _later_rate(*steps)]


def _later_rate(first: Step, second: Step) -> str:
    """Return the second of two rates; an amount together with the one before it, as on the board."""
    if second.unit or not second.costs:
        return _("then %(rate)s") % {"rate": _short_rate(second)}
    if first.unit:
        return _("then ¥%(amount)s more") % {"amount": short_yuan(second.fen)}
    return _("then ¥%(amount)s in all") % {"amount": short_yuan(first.fen + second.fen)}


def worked_examples(tariff: Tariff, place: Place) -> list[tuple[str, str]]:
    """Return stays and what they cost; where the time of day matters, from 10 o'clock on a plain Monday."""
    return _amounts(tariff, examples(without_seasons(tariff), place=place))
