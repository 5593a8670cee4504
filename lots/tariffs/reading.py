"""From a document to a tariff, or to the first thing wrong in it. What contradicts what is in `checks`."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lots.plates import PlateKind
from lots.tariffs import checks
from lots.tariffs.charging_rules import (
    FreeAgain,
    FreeAtEnd,
    Gap,
    Measure,
    Overstay,
    Pass,
    Reentering,
    Reentry,
    Rule,
    Seen,
    VehicleClass,
    VehicleSize,
    Window,
)
from lots.tariffs.currencies import CURRENCIES, Currency
from lots.tariffs.day_kinds import EVE, HOLIDAY_NAMES, WORDS
from lots.tariffs.document_formats import FORMAT_3_ONLY, completed, unanswered
from lots.tariffs.gaps import date_gaps, gaps
from lots.tariffs.json_fields import (
    choice,
    decimal,
    fen,
    fields,
    items,
    name,
    seconds,
    time_of_day,
    whole,
    words,
)
from lots.tariffs.reading_rule import RULE, Shared, merged_rule, names_eves, read_rule
from lots.tariffs.reading_rule import days as read_days
from lots.tariffs.seasons import Season, SeasonEnd, read_span
from lots.tariffs.tariff import Tariff
from lots.tariffs.tariff_errors import TariffError

REQUIRED = {"format", "currency", "rounding", "steps_count", "cycle", "after_exit_window"}
OPTIONAL = (RULE - REQUIRED) | {
    *("classes", "exempt", "passes", "seasons", "reentry", "max_stay_min", "allows_cheaper_longer"),
    *("unknown_entry", "ends"),
}
MOST_STAY = 365 * 24 * 60
WORDS_OF_PASSES = [word for word in WORDS if word != EVE]  # permits keep the kinds of day of the calendar


def read(document: object) -> Tariff:
    """Return the tariff of a document, or raise `TariffError` at the first fault in it."""
    top = fields(document, "", REQUIRED, OPTIONAL)
    if type(top["format"]) is not int or top["format"] not in {2, 3}:
        raise TariffError("format", "must be 2 or 3")
    for key in sorted(FORMAT_3_ONLY & set(top)) if top["format"] == 2 else ():
        raise TariffError(key, "must not be there: it is a setting of format 3")
    currency = _currency(top["currency"], top["format"])
    exempt = frozenset(_kinds(top.get("exempt", [PlateKind.EMERGENCY]), "exempt", least=0))
    shared = Shared(names_eves(top))
    rule = read_rule(completed(top) if top["format"] == 2 else top, "", shared)
    classes = _classes(top["classes"], top, exempt, shared) if "classes" in top else ()
    tariff = Tariff(
        rule=rule,
        classes=classes,
        seasons=_seasons(top["seasons"], top, (rule, classes), shared) if "seasons" in top else (),
        exempt=exempt,
        passes=_passes(top["passes"]) if "passes" in top else (),
        reentry=_reentry(top["reentry"]) if "reentry" in top else None,
        after_exit_window=choice(top["after_exit_window"], "after_exit_window", Overstay),
        max_stay=seconds(top["max_stay_min"], "max_stay_min", 1, MOST_STAY)
        if "max_stay_min" in top
        else None,
        allows_cheaper_longer=_flag(top.get("allows_cheaper_longer", False), "allows_cheaper_longer"),
        currency=currency,
        ends=_season_end(top, "ends"),
        unknown_entry=fen(top["unknown_entry"], "unknown_entry", 1) if "unknown_entry" in top else None,
    )
    checks.check(tariff)
    for path, free in checks.counted_free(tariff.rules) if top["format"] == 2 else ():
        raise TariffError(path, f"must not be {free.repeat}: it is a setting of format 3")
    return tariff


def read_new(document: Mapping[str, Any]) -> Tariff:
    """Return the tariff of a document that is to be signed: nothing in it is left open, and no minute."""
    tariff = read(document)
    for path in unanswered(document):
        raise TariffError(path, "is missing: format 2 leaves it open, a new tariff states it in format 3")
    for gap in open_times(tariff):
        raise gap
    return tariff


def open_times(tariff: Tariff) -> Iterator[TariffError]:
    """Yield a fault for each minute or day that a tariff leaves open by a slip."""
    for path, minute in gaps(tariff):
        yield TariffError(path, f"must not leave one minute open: nothing holds at {minute}")
    for path, day in date_gaps(tariff):
        yield TariffError(path, f"must not leave one day open: no season holds on {day}")


def _currency(value: object, number: int) -> Currency:
    known = ["CNY"] if number == 2 else list(CURRENCIES)
    if not isinstance(value, str) or value not in known:
        raise TariffError("currency", f"must be {' or '.join(known)}")
    return CURRENCIES[value]


def _classes(
    value: object, top: Mapping[str, Any], exempt: frozenset[str], shared: Shared
) -> tuple[VehicleClass, ...]:
    found: list[VehicleClass] = []
    for index, item in enumerate(items(value, "classes")):
        path = f"classes[{index}]"
        part = fields(item, path, {"name"}, {"kinds", "seen_as", "rule", "exempt", "size"})
        for key, known in (("kinds", exempt), ("seen_as", frozenset[str]())):
            taken = known.union(*(getattr(one, key) for one in found))
            for place, word in enumerate(_members(part, key, path)):
                if word in taken:
                    raise TariffError(f"{path}.{key}[{place}]", "must not be exempt or in a class before")
        shown = choice(part["name"], f"{path}.name", Seen)
        if shown in {one.name for one in found}:
            raise TariffError(f"{path}.name", "must not be in a class before")
        if not ("kinds" in part or "seen_as" in part):
            raise TariffError(path, "must say kinds or seen_as: no vehicle is in this class")
        kinds, seen = (frozenset(_members(part, key, path)) for key in ("kinds", "seen_as"))
        size = _size(part["size"], f"{path}.size") if "size" in part else None
        found.append(VehicleClass(shown, kinds, seen, _class_rule(part, path, top, shared), size))
    return tuple(found)


def _size(value: object, path: str) -> VehicleSize:
    """Read which vehicles a class is: of how many axles or seats, metres or tonnes."""
    part = fields(value, path, {"measure"}, {"from", "above", "to", "below"})
    measure = choice(part["measure"], f"{path}.measure", Measure)
    for key, other in (("above", "from"), ("below", "to")):
        if key in part and other in part:
            raise TariffError(f"{path}.{key}", f"must not be there: {other} names the same limit")
    limits = {key: decimal(part[key], f"{path}.{key}") for key in part if key != "measure"}
    for key, text in limits.items():
        if measure.is_counted and "." in text:
            raise TariffError(f"{path}.{key}", "must be a whole number: it is counted")
    lower = limits.get("from") or limits.get("above")
    upper = limits.get("to") or limits.get("below")
    if not lower and not upper:
        raise TariffError(path, "must say from, above, to or below")
    if lower and upper and not _in_order(lower, upper, alike={"from", "to"} <= set(limits)):
        raise TariffError(f"{path}.{'to' if 'to' in limits else 'below'}", "must be above the lower limit")
    return VehicleSize(measure, *(limits.get(key, "") for key in ("from", "above", "to", "below")))


def _in_order(lower: str, upper: str, *, alike: bool) -> bool:
    """Return whether a vehicle can lie between two limits; `alike`: both are included and may be equal."""
    least, most = Decimal(lower), Decimal(upper)
    return least < most or (alike and least == most)


def _members(part: Mapping[str, Any], key: str, path: str) -> list[str]:
    if key not in part:
        return []
    where = f"{path}.{key}"
    return _kinds(part[key], where) if key == "kinds" else words(part[key], where, Seen, "a class of vehicle")


def _class_rule(part: Mapping[str, Any], path: str, top: Mapping[str, Any], shared: Shared) -> Rule | None:
    """Return the rule of a class: the lot's, with what the class says in its place."""
    if ("exempt" in part) == ("rule" in part):
        raise TariffError(path, "must say either exempt or rule")
    if "exempt" in part:
        if part["exempt"] is not True:
            raise TariffError(f"{path}.exempt", "must be true")
        return None
    return _merged_rule(part["rule"], f"{path}.rule", top, shared)


def _merged_rule(
    value: object, path: str, top: Mapping[str, Any], shared: Shared, stated: AbstractSet[str] | None = None
) -> Rule:
    merged = merged_rule(value, path, {key: top[key] for key in RULE if key in top}, stated=stated)
    return read_rule(completed(merged) if top["format"] == 2 else merged, path, shared)


def _seasons(
    value: object, top: Mapping[str, Any], usual: tuple[Rule, tuple[VehicleClass, ...]], shared: Shared
) -> tuple[Season, ...]:
    """Read the seasons; a rule is the lot's with the parts of the season, of the class, and of this class in
    the season replaced, in this order. A season of some classes alone leaves the usual rule as it is."""
    found: list[Season] = []
    usual_rule, classes = usual
    for index, item in enumerate(items(value, "seasons")):
        path = f"seasons[{index}]"
        settings = {"days", "dates", "holidays", "enters", "classes", "ends"}
        part = fields(item, path, {"name", "rule"}, settings)
        if not {"dates", "holidays", "days", "enters"} & set(part):
            raise TariffError(path, "must say dates, holidays, days or enters")
        season = name(part["name"], f"{path}.name")
        if season in {one.name for one in found}:
            raise TariffError(f"{path}.name", "must not be the name of a season before")
        dates = items(part["dates"], f"{path}.dates") if "dates" in part else []
        holidays: tuple[str, ...] = ()
        if "holidays" in part:
            what = "the name of a known holiday"
            holidays = tuple(words(part["holidays"], f"{path}.holidays", HOLIDAY_NAMES, what))
        spans = tuple(read_span(one, f"{path}.dates[{place}]") for place, one in enumerate(dates))
        is_of_classes = part["rule"] == {} and "classes" in part
        own = usual_rule if is_of_classes else _merged_rule(part["rule"], f"{path}.rule", top, shared)
        rules = {"": own}
        in_season = {**top, **part["rule"]}
        special = _season_classes(part["classes"], path, classes) if "classes" in part else {}
        for number, one in enumerate(classes):
            if one.rule:
                where, more = special.get(one.name, (f"classes[{number}].rule", {}))
                parts = {**top["classes"][number]["rule"], **more}
                rules[one.name] = _merged_rule(parts, where, in_season, shared, stated=set(more))
        hours = _entry_hours(part, path)
        ends = _season_end(part, f"{path}.ends")
        found.append(Season(season, spans, read_days(part, path, shared), rules, holidays, *hours, ends))
    return tuple(found)


def _season_end(parent: Mapping[str, Any], path: str) -> SeasonEnd | None:
    """Read the time at which the prices of an entry end, and whether free minutes begin again then."""
    if "ends" not in parent:
        return None
    part = fields(parent["ends"], path, {"at"}, {"free"})
    again = choice(part["free"], f"{path}.free", FreeAtEnd) is FreeAtEnd.AGAIN if "free" in part else None
    return SeasonEnd(time_of_day(part["at"], f"{path}.at", end=True), again)


def _entry_hours(part: Mapping[str, Any], path: str) -> tuple[int, int]:
    """Return from when until when cars enter in a season, in seconds since midnight.

    Hours past midnight lie on two dates: a season that names dates as well would hold on the wrong morning.
    """
    if "enters" not in part:
        return 0, 0
    where = f"{path}.enters"
    enters = fields(part["enters"], where, {"from", "to"})
    start = time_of_day(enters["from"], f"{where}.from")
    end = time_of_day(enters["to"], f"{where}.to", end=True)
    if end == start:
        raise TariffError(where, "must not be the whole day")
    if 0 < end < start and {"dates", "holidays", "days"} & set(part):
        raise TariffError(f"{where}.to", "must not be past midnight beside dates, holidays or days")
    return start, end


def _season_classes(
    value: object, path: str, classes: tuple[VehicleClass, ...]
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return what is different in a season for some classes: by their names, the path and the parts."""
    known = {one.name for one in classes if one.rule}
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for index, item in enumerate(items(value, f"{path}.classes")):
        where = f"{path}.classes[{index}]"
        part = fields(item, where, {"name", "rule"})
        shown = part["name"]
        if not isinstance(shown, str) or shown not in known - set(found):
            raise TariffError(f"{where}.name", "must be the name of a class with a rule, each once")
        merged_rule(part["rule"], f"{where}.rule", {})
        found[shown] = (f"{where}.rule", part["rule"])
    return found


def _kinds(value: object, path: str, least: int = 1) -> list[str]:
    return words(value, path, PlateKind, "a kind of plate", least)


def _passes(value: object) -> tuple[Pass, ...]:
    found: list[Pass] = []
    for index, item in enumerate(items(value, "passes")):
        path = f"passes[{index}]"
        part = fields(item, path, {"name", "price"}, {"from", "to", "days", "otherwise_percent"})
        text = name(part["name"], f"{path}.name")
        if text in {one.name for one in found}:
            raise TariffError(f"{path}.name", "must not be the name of a pass before")
        for key, other in (("from", "to"), ("to", "from")):
            if key in part and other not in part:
                raise TariffError(f"{path}.{other}", "is missing")
        start = time_of_day(part.get("from", "00:00"), f"{path}.from")
        end = time_of_day(part.get("to", "24:00"), f"{path}.to", end=True)
        days = read_days(part, path, Shared(eves=False), WORDS_OF_PASSES)
        sold = Pass(text, fen(part["price"], f"{path}.price"), start, end, days)
        if "otherwise_percent" in part:
            where = f"{path}.otherwise_percent"
            percent = whole(part["otherwise_percent"], where, 1, 99)
            if sold.is_for_all_hours:
                raise TariffError(where, "must not be there: the pass covers all hours")
            sold = replace(sold, otherwise=percent)
        found.append(sold)
    return tuple(found)


def _reentry(value: object) -> Reentry:
    part = fields(value, "reentry", {"as", "window"}, {"gap", "amount", "free"})
    how = choice(part["as"], "reentry.as", Reentering)
    if how is Reentering.ONE_STAY and "gap" not in part:
        raise TariffError("reentry.gap", "is missing")
    if how is not Reentering.ONE_STAY and "gap" in part:
        raise TariffError("reentry.gap", "must not be there: a new stay has no gap")
    for key in ("amount", "free"):
        if how is Reentering.CAPPED and key not in part:
            raise TariffError(f"reentry.{key}", "is missing")
        if how is not Reentering.CAPPED and key in part:
            raise TariffError(f"reentry.{key}", "must not be there: it belongs to capped")
    cap = fen(part["amount"], "reentry.amount", 1) if "amount" in part else 0
    again = choice(part.get("free", FreeAgain.EACH), "reentry.free", FreeAgain) is FreeAgain.EACH
    gap = choice(part.get("gap", Gap.FREE), "reentry.gap", Gap)
    window = fields(part["window"], "reentry.window", {"from"}, {"minutes"})
    since = choice(window["from"], "reentry.window.from", Window)
    if how is Reentering.CAPPED and since is Window.LEFT:
        raise TariffError("reentry.window.from", "must be entered or day: a cap needs a fixed window")
    if since is Window.DAY:
        fields(window, "reentry.window", {"from"})
        return Reentry(how, since, 0, gap, cap, again)
    fields(window, "reentry.window", {"from", "minutes"})
    return Reentry(how, since, seconds(window["minutes"], "reentry.window.minutes", 1), gap, cap, again)


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise TariffError(path, "must be true or false")
    return value
