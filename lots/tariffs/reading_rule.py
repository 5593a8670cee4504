"""From the part of a document that charges one class of vehicles to a `Rule`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from lots.tariffs import checks
from lots.tariffs.charging_rules import (
    DAY,
    FOREVER,
    HOUR,
    AfterCycle,
    Band,
    BandDays,
    Basis,
    CalendarPeriod,
    Cap,
    CapsCount,
    Crossing,
    Cycle,
    CycleStarts,
    DayCap,
    Free,
    FreeMode,
    LeaveDay,
    Limit,
    LongCap,
    Nights,
    Offer,
    OffersApply,
    Overnight,
    PlateCap,
    Repeat,
    Rounding,
    Rule,
    SharedCap,
    Step,
    StepsCount,
    Sum,
    SumRounding,
    Turn,
    TurnFrom,
)
from lots.tariffs.day_kinds import EVE, KINDS, WORDS, is_every_day, kinds_of
from lots.tariffs.json_fields import (
    MOST_FEN,
    below,
    choice,
    fen,
    fields,
    fine_fen,
    items,
    name,
    seconds,
    time_of_day,
    whole,
    words,
)
from lots.tariffs.limits import possible_limits, with_reached
from lots.tariffs.tariff_errors import TariffError

RULE = {
    *("free", "rounding", "steps", "steps_count", "cycle", "caps", "caps_count", "stay_cap"),
    *("bands", "crossing", "band_days", "after_cycle", "cycle_starts"),
    *("tail_min", "long_caps", "offers", "offers_apply"),
    *("shared_caps", "percent", "sum_rounding", "turn", "month_cap", "week_cap", "reached"),
    *("overnight", "entry_fee", "stay_minimum", "day_caps"),
}
PLATE_CAPS = {f"{period}_cap": period for period in CalendarPeriod}
NULLABLE = RULE - {"rounding", "steps_count", "cycle"}
SUM_UNITS = {1, 5, 10, 50, 100}  # fen
AMOUNTS = ("price", "flat", "total")
ONCE_A_STAY = {
    *("free", "cycle_starts", "offers", "offers_apply", "stay_cap", "percent", "sum_rounding", "overnight"),
    *("entry_fee", "stay_minimum"),
}
NO_LIMIT = {
    Limit.FREE: "there are no free minutes above which a stay is charged whole",
    Limit.STEPS: "no later step is one amount, or units run on, are full or have a reached tail",
    Limit.TAIL: "there is no tail",
    Limit.TURN: "there is no other price for whole long stays",
}
NOT_WITH_TURN = "must not be there: it is for a whole stay, and turn cuts the stay in two"
MOST_HOURS = 31 * 24
MOST_TIMES = 100  # a month: three or four times a day


@dataclass(frozen=True)
class Shared:
    """What the rules of one document share.

    `eves`: it names days before holidays, so that these are no days of the week.
    `bands`: those that were read before, by the id of their list and what else decides: most classes and
             seasons leave the bands of the lot as they are.
    """

    eves: bool
    bands: dict[tuple[int, StepsCount, int], tuple[Band, ...]] = field(default_factory=dict)


def read_rule(part: Mapping[str, Any], path: str, shared: Shared) -> Rule:
    """Return the rule that these members say; `path` is where they stand in the document."""

    def at(key: str) -> str:
        return below(path, key)

    def optional[T, M](key: str, read: Callable[[Any, str], T], missing: M) -> T | M:
        return read(part[key], at(key)) if key in part else missing

    def chosen[E: StrEnum](key: str, choices: type[E], missing: str) -> E:
        return choice(part.get(key, missing), at(key), choices)

    cycle = _cycle(part["cycle"], at("cycle"))
    count = choice(part["steps_count"], at("steps_count"), StepsCount)
    longest = cycle.seconds
    bands: tuple[Band, ...] = ()
    if "bands" in part:
        key = (id(part["bands"]), count, longest)
        if key not in shared.bands:
            shared.bands[key] = _bands(part["bands"], at("bands"), count, longest, shared)
        bands = shared.bands[key]
    free = optional("free", partial(_free, cycle=cycle), None)
    offers = optional("offers", partial(_offers, shared=shared), ())
    checks.belong(part, path)
    if free and free.charged_hours_only and "turn" in part:
        reason = "must not be there: a long stay could be free and charged by the price of long stays"
        raise TariffError(at("free.charged_hours_only"), reason)
    rule = Rule(
        free=free,
        rounding=choice(part["rounding"], at("rounding"), Rounding),
        steps=_steps(part["steps"], at("steps"), longest, longest, count) if "steps" in part else (),
        count=count,
        cycle=cycle,
        caps=_caps(part, at("caps")) if "caps" in part else (),
        caps_count=chosen("caps_count", CapsCount, CapsCount.PER_CYCLE),
        stay_cap=optional("stay_cap", partial(fen, least=1), None),
        bands=bands,
        crossing=chosen("crossing", Crossing, Crossing.SUM),
        band_days=chosen("band_days", BandDays, BandDays.MOMENT),
        after_cycle=chosen("after_cycle", AfterCycle, AfterCycle.BEGIN_AGAIN),
        cycle_starts=chosen("cycle_starts", CycleStarts, CycleStarts.AFTER_FREE),
        tail=optional("tail_min", partial(seconds, least=1), 0),
        long_caps=optional("long_caps", _long_caps, ()),
        offers=offers,
        offers_apply=chosen("offers_apply", OffersApply, OffersApply.FIRST),
        shared_caps=optional("shared_caps", partial(_shared_caps, bands=bands), ()),
        percent=whole(part.get("percent", 100), at("percent"), 1, 1000),
        sum=optional("sum_rounding", _sum, None),
        turn=_turn(part, at("turn"), shared) if "turn" in part else None,
        overnight=optional("overnight", _overnight, None),
        plate_caps=_plate_caps(part, at),
        entry_fee=optional("entry_fee", partial(fen, least=1), 0),
        stay_minimum=optional("stay_minimum", partial(fen, least=1), 0),
        reached=_reached(part, at("reached")) if "reached" in part else frozenset(),
        eves=shared.eves,
        day_caps=optional("day_caps", partial(_day_caps, shared=shared), ()),
    )
    checks.check_rule(rule, path)
    return with_reached(rule)


def _reached(part: Mapping[str, Any], path: str) -> frozenset[Limit]:
    """Read which limits count as reached by a stay of exactly their length."""
    found = words(part["reached"], path, Limit, " or ".join(Limit))
    possible = possible_limits(part)
    for index, limit in enumerate(found):
        if limit not in possible:
            raise TariffError(f"{path}[{index}]", f"must not be {limit}: {NO_LIMIT[Limit(limit)]}")
    return frozenset(map(Limit, found))


def _cycle(value: object, path: str) -> Cycle:
    part = fields(value, path, {"basis"}, {"hours", "reset"})
    basis = choice(part["basis"], f"{path}.basis", Basis)
    if basis is Basis.ENTRY:
        hours = fields(value, path, {"basis", "hours"})["hours"]
        return Cycle(basis, whole(hours, f"{path}.hours", 1, MOST_HOURS) * HOUR, 0)
    if basis is Basis.DAY:
        reset = fields(value, path, {"basis", "reset"})["reset"]
        return Cycle(basis, DAY, time_of_day(reset, f"{path}.reset"))
    fields(value, path, {"basis"})
    return Cycle(basis, MOST_HOURS * HOUR, 0)


def _free(value: object, path: str, cycle: Cycle) -> Free:
    flags = {"charged_hours_only", "counts_in_steps"}
    part = fields(value, path, {"minutes", "mode", "repeat"}, {"times", *flags})
    length = seconds(part["minutes"], f"{path}.minutes", 0, cycle.seconds // 60)
    mode = choice(part["mode"], f"{path}.mode", FreeMode)
    repeat = choice(part["repeat"], f"{path}.repeat", Repeat)
    if repeat in {Repeat.TIMES_A_DAY, Repeat.TIMES_A_MONTH}:
        part = fields(value, path, {"minutes", "mode", "repeat", "times"}, flags)
    elif "times" in part:
        raise TariffError(f"{path}.times", "must not be there: it belongs to times_a_day and times_a_month")
    times = whole(part.get("times", 1), f"{path}.times", 1, MOST_TIMES)
    for flag in sorted(flags):
        if part.get(flag, True) is not True:
            raise TariffError(f"{path}.{flag}", "must be true")
    return Free(length, mode, repeat, times, "charged_hours_only" in part, "counts_in_steps" in part)


def _steps(value: object, path: str, longest: int, within: int, count: StepsCount) -> tuple[Step, ...]:
    """Read steps; `within`: as long as their minutes count; `longest`: a unit may be as long."""
    if count is StepsCount.STAY:
        within = MOST_HOURS * HOUR
    steps: list[Step] = []
    found = items(value, path)
    for index, item in enumerate(found):
        where = f"{path}[{index}]"
        price = next((key for key in ("flat", "total") if isinstance(item, Mapping) and key in item), "price")
        step = fields(item, where, {"until_min", price} | ({"unit_min"} if price == "price" else set()))
        if index + 1 < len(found):
            least = steps[-1].until // 60 + 1 if steps else 1
            until = seconds(step["until_min"], f"{where}.until_min", least, within // 60 - 1)
        elif step["until_min"] is None:
            until = FOREVER
        else:
            raise TariffError(f"{where}.until_min", "must be null: the last step has no end")
        if price == "price":
            unit = seconds(step["unit_min"], f"{where}.unit_min", 1, longest // 60)
            amount, parts = fine_fen(step["price"], f"{where}.price")
            steps.append(Step(until, unit, amount, parts=parts))
        else:
            steps.append(Step(until, 0, fen(step[price], f"{where}.{price}"), price == "total"))
    return tuple(steps)


def _shared_caps(value: object, path: str, bands: tuple[Band, ...]) -> tuple[SharedCap, ...]:
    """Read caps of several bands together, or of all nights of a stay; each band is in one at most."""
    names = [band.name for band in bands]
    caps: list[SharedCap] = []
    for index, item in enumerate(items(value, path)):
        where = f"{path}[{index}]"
        part = fields(item, where, {"bands", "amount"}, {"whole_stay"})
        if part.get("whole_stay", True) is not True:
            raise TariffError(f"{where}.whole_stay", "must be true")
        of_stay = "whole_stay" in part
        found: set[int] = set()
        for place, one in enumerate(items(part["bands"], f"{where}.bands", least=1 if of_stay else 2)):
            if not of_stay and any(band.once for band in bands if band.name == one):
                reason = "must not be a band whose amount is due once: its date is not known"
                raise TariffError(f"{where}.bands[{place}]", reason)
            taken = found.union(*(cap.bands for cap in caps))
            if one not in names or names.index(one) in taken:
                raise TariffError(f"{where}.bands[{place}]", "must be the name of a band, each once")
            found.add(names.index(one))
        caps.append(SharedCap(frozenset(found), fen(part["amount"], f"{where}.amount", 1), of_stay))
    return tuple(caps)


def _overnight(value: object, path: str) -> Overnight:
    part = fields(value, path, {"at", "amount", "nights"}, {"until"})
    at = time_of_day(part["at"], f"{path}.at")
    amount = fen(part["amount"], f"{path}.amount", 1)
    nights = choice(part["nights"], f"{path}.nights", Nights)
    until = time_of_day(part["until"], f"{path}.until", end=True) if "until" in part else None
    if until == at:
        raise TariffError(f"{path}.until", "must not be the beginning of the night")
    return Overnight(at, amount, nights, until)


def _sum(value: object, path: str) -> Sum:
    part = fields(value, path, {"unit", "how"})
    if type(part["unit"]) is not int or part["unit"] not in SUM_UNITS:
        raise TariffError(f"{path}.unit", "must be 1 or 5 or 10 or 50 or 100")
    return Sum(part["unit"], choice(part["how"], f"{path}.how", SumRounding))


def _plate_caps(part: Mapping[str, Any], at: Callable[[str], str]) -> tuple[PlateCap, ...]:
    """Return the caps of the week and the month, in this order."""
    return tuple(
        PlateCap(period, whole(part[key], at(key), 1, 10 * MOST_FEN))
        for key, period in PLATE_CAPS.items()
        if key in part
    )


def _turn(top: Mapping[str, Any], path: str, shared: Shared) -> Turn:
    """Read the other rule of long stays: the rule that it stands in, with the parts that it replaces."""
    part = fields(top["turn"], path, {"after_min", "from", "rule"})
    after = seconds(part["after_min"], f"{path}.after_min", 1)
    since = choice(part["from"], f"{path}.from", TurnFrom)
    known = RULE - {"turn", *PLATE_CAPS}  # weeks and months are counted over whole stays
    usual = {key: top[key] for key in known if key in top}
    if since is TurnFrom.THEN:  # the free minutes are over, and the sum is made once
        for key in ONCE_A_STAY:
            usual.pop(key, None)
    other = merged_rule(part["rule"], f"{path}.rule", usual, known)
    if since is TurnFrom.THEN:
        for key in sorted(ONCE_A_STAY & set(other)):
            raise TariffError(f"{path}.rule.{key}", "must not be there: it is for the whole stay")
        for key in sorted(key for key in ("stay_cap", "offers", "overnight", "entry_fee") if key in top):
            raise TariffError(below(path.removesuffix("turn").rstrip("."), key), NOT_WITH_TURN)
        if "pooled" in (top.get("caps_count"), other.get("caps_count")):
            raise TariffError(below(path.removesuffix("turn").rstrip("."), "caps_count"), NOT_WITH_TURN)
    rule = read_rule(other, f"{path}.rule", shared)
    for key, index, setting in _of_whole_stays(rule) if since is TurnFrom.THEN else ():
        where = f"{path}.rule.{key}" if key in part["rule"] else path.removesuffix("turn") + key
        raise TariffError(f"{where}[{index}].{setting}", NOT_WITH_TURN)
    return Turn(after, since, rule)


def _of_whole_stays(rule: Rule) -> Iterator[tuple[str, int, str]]:
    """Yield what bands cost once in a whole stay: the list, the index in it, the setting that says so."""
    for index in sorted(rule.once_bands):
        yield "bands", index, "once"
    for index, cap in enumerate(rule.shared_caps):
        if cap.of_stay:
            yield "shared_caps", index, "whole_stay"


def merged_rule(
    value: object,
    path: str,
    usual: Mapping[str, Any],
    known: AbstractSet[str] = frozenset(RULE),
    stated: AbstractSet[str] | None = None,
) -> dict[str, Any]:
    """Return the members of a rule with what another one has in their place; null removes a part.

    `stated`: of these members the rule speaks itself; all, if left out. A setting that it only takes over is
    removed with the part that it belongs to.
    """
    own = fields(value, path, set(), known)
    if not own:
        raise TariffError(path, "must say what is different")
    for key, part in own.items():
        if part is None and key not in NULLABLE:
            raise TariffError(f"{path}.{key}", "must not be null")
    merged = {key: part for key, part in {**usual, **own}.items() if part is not None}
    stated = set(own) if stated is None else stated
    idle = _orphans(merged)
    merged = {key: part for key, part in merged.items() if key in stated or key not in idle}
    if "free" not in stated:
        merged = without_idle_steps(without_idle_hours(merged))
    return merged if "reached" in stated else without_idle_limits(merged)


def without_idle_hours(part: dict[str, Any]) -> dict[str, Any]:
    """Return a rule whose free minutes run at all times if it has no free hours beside charged ones."""
    free = part.get("free")
    if not isinstance(free, Mapping) or "charged_hours_only" not in free or _has_free_hours(part):
        return part
    return part | {"free": {key: value for key, value in free.items() if key != "charged_hours_only"}}


def without_idle_steps(part: dict[str, Any]) -> dict[str, Any]:
    """Return a rule whose free minutes do not count in its steps if they cannot."""
    free = part.get("free")
    if not isinstance(free, Mapping) or "counts_in_steps" not in free or counts_before_steps(part):
        return part
    return part | {"free": {key: value for key, value in free.items() if key != "counts_in_steps"}}


def counts_before_steps(part: Mapping[str, Any]) -> bool:
    """Return whether minutes are deducted before steps of the stay; of a malformed rule True."""
    try:
        free, tables = part["free"], [part, *part.get("bands", ())]
        deducts = free["mode"] == FreeMode.DEDUCT and free["repeat"] != Repeat.EACH_CYCLE
        stepped = any(len(table.get("steps", ())) > 1 for table in tables)
        return deducts and stepped and part["steps_count"] == StepsCount.STAY
    except (KeyError, TypeError, AttributeError):
        return "free" in part


def _has_free_hours(part: Mapping[str, Any]) -> bool:
    """Return whether some hours are free and others are not; of a malformed rule with bands True."""
    try:
        rest = [{"steps": part["steps"]}] if "steps" in part and part["bands"] else []
        tables = [band.get("steps") or [band] for band in [*part.get("bands", ()), *rest]]
        amounts = [{step.get(key, 0) for step in steps for key in AMOUNTS} for steps in tables]
        return {0} in amounts and amounts.count({0}) < len(amounts)
    except (KeyError, TypeError, AttributeError):
        return "bands" in part


def without_idle_limits(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule without those limits in `reached` that it does not have."""
    reached = part.get("reached")
    if not isinstance(reached, list):
        return dict(part)
    possible = possible_limits(part)
    left = [limit for limit in reached if not isinstance(limit, str) or limit in possible]
    rest = {key: value for key, value in part.items() if key != "reached"}
    return rest | {"reached": left} if left else rest


def _orphans(part: Mapping[str, Any]) -> set[str]:
    """Return the settings whose part was removed; of a malformed rule none: the reader names the fault."""
    try:
        found = {key for key, wanted, _ in checks.dependent_settings(part) if not wanted}
        found |= set() if part.get("bands") else {"shared_caps"}
        return found if part.get("caps") else found | {"day_caps"}
    except (KeyError, TypeError, AttributeError):
        return set()


def _caps(part: Mapping[str, Any], path: str) -> tuple[Cap, ...]:
    """Read caps: for each cycle, or for the first, the second … and one for all that follow."""
    cumulative = part.get("caps_count") == CapsCount.CUMULATIVE
    caps: list[Cap] = []
    found = items(part["caps"], path, most=1 if part.get("caps_count") == CapsCount.POOLED else 48)
    for index, item in enumerate(found):
        where = f"{path}[{index}]"
        rises = cumulative and index + 1 == len(found)
        cap = fields(item, where, {"cycle", "amount"} | ({"each_later_adds"} if rises else set()))
        _in_turn(cap["cycle"], index + 1, f"{where}.cycle", last=index + 1 == len(found))
        adds = fen(cap["each_later_adds"], f"{where}.each_later_adds") if rises else 0
        last = None if index + 1 == len(found) else index + 1
        caps.append(Cap(index + 1, last, fen(cap["amount"], f"{where}.amount", 1), adds))
    return tuple(caps)


def _day_caps(value: object, path: str, shared: Shared) -> tuple[DayCap, ...]:
    """Read the caps of cycles that begin on certain days; each kind of day has one at most."""
    caps: list[DayCap] = []
    for index, item in enumerate(items(value, path)):
        where = f"{path}[{index}]"
        part = fields(item, where, {"days", "amount"})
        kinds = days(part, where, shared)
        if is_every_day(kinds):
            raise TariffError(f"{where}.days", "must not be every day: the usual cap would never hold")
        if any(kinds & cap.days for cap in caps):
            raise TariffError(f"{where}.days", "must not be a day of a cap before")
        caps.append(DayCap(kinds, fen(part["amount"], f"{where}.amount", 1)))
    if is_every_day(frozenset[str]().union(*(cap.days for cap in caps), () if shared.eves else (EVE,))):
        raise TariffError(path, "must not be every day: the usual cap would never hold")
    return tuple(caps)


def _long_caps(value: object, path: str) -> tuple[LongCap, ...]:
    caps: list[LongCap] = []
    for index, item in enumerate(items(value, path, most=4)):
        where = f"{path}[{index}]"
        cap = fields(item, where, {"cycles", "amount"})
        number = whole(cap["cycles"], f"{where}.cycles", 2, 400)
        if caps and number % caps[-1].cycles:
            raise TariffError(f"{where}.cycles", "must be a multiple of the number before it")
        caps.append(LongCap(number, whole(cap["amount"], f"{where}.amount", 1, 10 * MOST_FEN)))
    return tuple(caps)


def _offers(value: object, path: str, shared: Shared) -> tuple[Offer, ...]:
    offers: list[Offer] = []
    for index, item in enumerate(items(value, path)):
        where = f"{path}[{index}]"
        price = "cap" if isinstance(item, Mapping) and "cap" in item else "flat"
        part = fields(item, where, {"name", "enters", "leaves", price}, {"days"})
        offer_name = name(part["name"], f"{where}.name")
        if offer_name in {offer.name for offer in offers}:
            raise TariffError(f"{where}.name", "must not be the name of an offer before")
        enters = fields(part["enters"], f"{where}.enters", {"from", "to"})
        start = time_of_day(enters["from"], f"{where}.enters.from")
        leave_from, leave_by, longest = _leaves(part["leaves"], f"{where}.leaves", start)
        offers.append(
            Offer(
                offer_name,
                days(part, where, shared),
                start,
                time_of_day(enters["to"], f"{where}.enters.to", end=True),
                leave_by,
                fen(part[price], f"{where}.{price}"),
                price == "cap",
                leave_from,
                longest,
            )
        )
    return tuple(offers)


def _leaves(value: object, path: str, start: int) -> tuple[int, int | None, int | None]:
    """Return from when and until when a stay must end for an offer, and how long it may be, in seconds."""
    if isinstance(value, Mapping) and "within_min" in value:
        part = fields(value, path, {"within_min"})
        return 0, None, seconds(part["within_min"], f"{path}.within_min", 1)
    leaves = fields(value, path, {"by", "day"}, {"from"})
    last = choice(leaves["day"], f"{path}.day", LeaveDay)
    by = time_of_day(leaves["by"], f"{path}.by", end=True)
    leave_by = (DAY if leaves["by"] == "24:00" else by) + last.days * DAY
    if leave_by <= start:
        raise TariffError(f"{path}.by", "must be after the entry")
    if "from" not in leaves:
        return 0, leave_by, None
    leave_from = time_of_day(leaves["from"], f"{path}.from") + last.days * DAY
    if not start < leave_from < leave_by:
        raise TariffError(f"{path}.from", "must be after the entry and before by")
    return leave_from, leave_by, None


def _in_turn(value: object, number: int, path: str, *, last: bool) -> None:
    """Refuse a cap that is not for the next cycle, or with which the list cannot end."""
    expected: tuple[object, ...] = (number,)
    if last:
        expected = (f"{number}+", "each") if number == 1 else (f"{number}+",)
    if type(value) not in (int, str) or value not in expected:
        what = " or ".join(map(str, reversed(expected)))
        raise TariffError(
            path, f"must be {what}: every cycle has one cap, and the last holds for all later ones"
        )


def _bands(value: object, path: str, count: StepsCount, longest: int, shared: Shared) -> tuple[Band, ...]:
    bands: list[Band] = []
    for index, item in enumerate(items(value, path)):
        where = f"{path}[{index}]"
        part = fields(item, where, {"name", "from", "to"}, {"days", "steps", "flat", "free", "cap", "once"})
        text = name(part["name"], f"{where}.name")
        if text in {band.name for band in bands}:
            raise TariffError(f"{where}.name", "must not be the name of a band before")
        start = time_of_day(part["from"], f"{where}.from")
        end = time_of_day(part["to"], f"{where}.to", end=True)
        within = (end - start) % DAY or DAY
        steps = _band_steps(part, where, longest, within if count is StepsCount.BAND else longest, count)
        cap = fen(part["cap"], f"{where}.cap", 1) if "cap" in part else None
        if "once" in part and (part["once"] is not True or not part.get("flat")):
            raise TariffError(f"{where}.once", "must be true, beside an amount in flat")
        bands.append(Band(text, start, end, days(part, where, shared), steps, cap, "once" in part))
    return tuple(bands)


def _band_steps(
    part: Mapping[str, Any], path: str, longest: int, within: int, count: StepsCount
) -> tuple[Step, ...]:
    ways = [key for key in ("steps", "flat", "free") if key in part]
    if len(ways) != 1:
        raise TariffError(path, "must say one of steps, flat and free")
    if "steps" in part:
        return _steps(part["steps"], f"{path}.steps", longest, within, count)
    if "cap" in part:
        raise TariffError(f"{path}.cap", "must not be there: a flat or free band can never reach it")
    if "free" in part and part["free"] is not True:
        raise TariffError(f"{path}.free", "must be true")
    return (Step(FOREVER, 0, fen(part.get("flat", 0), f"{path}.flat")),)


def days(part: Mapping[str, Any], path: str, shared: Shared, known: Iterable[str] = WORDS) -> frozenset[str]:
    """Return the kinds of day that a part names. If no part of the document names eves, they are days of the
    week like others, and a list of all of these is every day.
    """
    found = kinds_of(words(part.get("days", ["all"]), f"{path}.days", known, "a kind of day"))
    return found | {EVE} if not shared.eves and found.issuperset(KINDS) else found


def names_eves(value: object) -> bool:
    """Return whether any part of a document, which may be malformed, names days before holidays."""
    if isinstance(value, list):
        return any(map(names_eves, value))
    if not isinstance(value, Mapping):
        return False
    named = value.get("days")
    return (isinstance(named, list) and EVE in named) or any(map(names_eves, value.values()))
