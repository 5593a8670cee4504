"""The price board of a lot: its rule in sentences, in one line, and in worked examples."""

import json
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lots import tariffs
from lots.plates import Kind
from lots.tariffs import KINDS, MINUTE, Rule, Step, Tariff, examples
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.rules import (
    Band,
    BandDays,
    Basis,
    CapsCount,
    Crossing,
    FreeMode,
    Gap,
    Overstay,
    Pass,
    Reentering,
    Reentry,
    Repeat,
    Rounding,
    Seen,
    StepsCount,
    VehicleClass,
    Window,
)
from lots.tariffs.tariff_place import Place
from presentation.formatting import PASSES, duration, hours, listed, on_days, short_yuan, unit, yuan


@lru_cache(maxsize=256)
def tariff_of(document: str) -> Tariff:
    return tariffs.read(json.loads(document))


def price_board(tariff: Tariff) -> list[str]:
    """Return the rule as a board at the entrance would put it, one sentence each."""
    return [*rule_board(tariff.rule), *conditions(tariff)]


def rule_board(rule: Rule) -> list[str]:
    """Return what one class of vehicles is charged."""
    board = [*_free(rule), *_steps(rule.steps), *(_band(band) for band in rule.bands), *_caps(rule)]
    if rule.rounding is Rounding.FULL:
        board.append(_("Only full units are charged."))
    else:
        board.append(_("A started unit counts as a whole one."))
    if rule.bands and rule.crossing is Crossing.SUM:
        board.append(_("A stay over several periods is charged for each of them."))
    elif rule.bands:
        board.append(_("A unit costs what holds when it begins."))
    if rule.count is StepsCount.BAND and any(len(one) > 1 for one in (rule.steps, *_banded(rule))):
        board.append(_("In each period the steps begin again."))
    return board + _again(rule) + _holidays(rule)


def _banded(rule: Rule) -> list[tuple[Step, ...]]:
    return [band.steps for band in rule.bands]


def conditions(tariff: Tariff) -> list[str]:
    """Return what holds for every vehicle: coming back, the longest stay, who never pays."""
    said = _reentry(tariff.reentry) if tariff.reentry else []
    if tariff.max_stay is not None:
        said.append(_("You may park for at most %(time)s.") % {"time": duration(tariff.max_stay // MINUTE)})
    if tariff.exempt:
        said.append(_("Free of charge, always: %(kinds)s.") % {"kinds": plates(tariff.exempt)})
    return said + [_pass(one) for one in tariff.passes]


@dataclass(frozen=True)
class ClassBoard:
    """What vehicles of one class are charged: who they are, the sentences, the examples (none: exempt)."""

    title: str
    kinds: str
    sentences: list[str]
    examples: list[tuple[str, str]]


def class_boards(tariff: Tariff, place: Place) -> list[ClassBoard]:
    """Return a board for each class of vehicles with a price of its own."""
    return [_class_board(tariff, one, place) for one in tariff.classes]


def _class_board(tariff: Tariff, one: VehicleClass, place: Place) -> ClassBoard:
    title, kinds = str(CLASSES[Seen(one.name)]), plates(one.kinds)
    if one.rule is None:
        return ClassBoard(title, kinds, [_("Free of charge.")], [])
    shown = [(duration(minutes), yuan(fen)) for minutes, fen in examples(tariff, place=place, vehicle=one)]
    return ClassBoard(title, kinds, rule_board(one.rule), shown)


CLASSES = {
    Seen.SMALL: gettext_lazy("Small vehicles"),
    Seen.LARGE: gettext_lazy("Large vehicles"),
    Seen.EXTRA_LARGE: gettext_lazy("Extra-large vehicles"),
    Seen.SPECIAL: gettext_lazy("Special vehicles"),
    Seen.GOODS: gettext_lazy("Goods vehicles"),
    Seen.MOTORCYCLE: gettext_lazy("Motorcycles"),
    Seen.NEW_ENERGY: gettext_lazy("New-energy vehicles"),
}
PLATES = {
    Kind.EMERGENCY: gettext_lazy("应急 (emergency) plates"),
    Kind.ARMED_POLICE: gettext_lazy("armed police plates"),
    Kind.MILITARY: gettext_lazy("military plates"),
    Kind.POLICE: gettext_lazy("police plates"),
    Kind.ORDINARY: gettext_lazy("blue and yellow plates"),
    Kind.NEV_SMALL: gettext_lazy("green plates (small new-energy)"),
    Kind.NEV_LARGE: gettext_lazy("yellow-green plates (large new-energy)"),
    Kind.TRAINER: gettext_lazy("learner plates"),
    Kind.TRAILER: gettext_lazy("trailer plates"),
    Kind.HK_MACAO: gettext_lazy("Hong Kong and Macao plates"),
    Kind.TEST: gettext_lazy("test and temporary plates"),
    Kind.CONSULATE: gettext_lazy("consulate plates"),
    Kind.EMBASSY: gettext_lazy("embassy plates"),
    Kind.CIVIL_AVIATION: gettext_lazy("civil aviation plates"),
    Kind.OVERSEAS: gettext_lazy("overseas plates"),
    Kind.TICKET: gettext_lazy("vehicles without a plate"),
}


def plates(kinds: frozenset[str]) -> str:
    """Return kinds of plate in words, in one order on every page."""
    return listed(str(text) for kind, text in PLATES.items() if kind in kinds)


def _holidays(rule: Rule) -> list[str]:
    """Return how public holidays are charged: by themselves, or not otherwise than other days."""
    dated = [band for band in rule.bands if len(band.days) < len(KINDS)]
    if not dated:
        return [_("Public holidays cost the same as other days.")]
    said = [_("Public holidays and worked weekend days are those announced by the State Council.")]
    if any(band.wraps for band in dated):
        said.append(
            _("After midnight a period goes on by the day on which it began.")
            if rule.band_days is BandDays.START
            else _("After midnight the price is that of the new day.")
        )
    return said


def _reentry(rule: Reentry) -> list[str]:
    """Return how a car is charged that comes back soon."""
    words = {"time": duration(rule.seconds // MINUTE)}
    when = {
        Window.LEFT: _("Who comes back within %(time)s of leaving"),
        Window.ENTERED: _("Who comes back within %(time)s of first coming in"),
        Window.DAY: _("Who comes back on the same day"),
    }[rule.window] % words
    if rule.how is Reentering.NO_FREE:
        how = _("has no free minutes again.")
    elif rule.gap is Gap.CHARGED:
        how = _("pays as for one stay, the time outside included.")
    else:
        how = _("pays as for one stay, without the time outside.")
    return [_("%(who)s %(pays)s") % {"who": when, "pays": how}]


def _pass(one: Pass) -> str:
    """Return what a pass costs and when it covers a car."""
    name = str(PASSES.get(one.name, one.name))
    words = {"name": name, "amount": short_yuan(one.fen)}
    if one.start == one.end and len(one.days) == len(KINDS):
        return _("%(name)s: ¥%(amount)s.") % words
    when = "" if one.start == one.end else f"{hh_mm(one.start)}–{end_hh_mm(one.end)}"
    when = on_days(one.days, when)
    return _("%(name)s: ¥%(amount)s, good %(when)s.") % (words | {"when": when})


def after_window(tariff: Tariff) -> str:
    """Return what is due from a car that paid and left its exit window behind."""
    if tariff.after_exit_window is Overstay.EXTRA:
        return _("Later than that, the extra time is due.")
    return _("Later than that, the whole stay is charged, less what was paid.")


def _free(rule: Rule) -> list[str]:
    if rule.free is None or not rule.free.seconds:
        return []
    sentence = (
        _("The first %(time)s are free and not charged.")
        if rule.free.mode is FreeMode.DEDUCT
        else _("Free up to %(time)s; a longer stay is charged from its first minute.")
    )
    said = [sentence % {"time": duration(rule.free.seconds // MINUTE)}]
    if rule.free.repeat is Repeat.EACH_CYCLE:
        said.append(_("Free minutes are given again whenever the count begins again."))
    return said


def _steps(steps: tuple[Step, ...]) -> list[str]:
    if _is_free(steps):
        return [_("Free of charge at other times.")]
    starts = [0, *(step.until for step in steps)]
    return [_step(step, start, last=step is steps[-1]) for step, start in zip(steps, starts, strict=False)]


def _step(step: Step, start: int, *, last: bool) -> str:
    words = {
        "amount": short_yuan(step.fen),
        "unit": unit(step.unit // MINUTE),
        "from": duration(start // MINUTE),
        "until": duration(step.until // MINUTE),
    }
    if step.total and start:
        sentence = _("Longer than %(from)s: ¥%(amount)s in all.")
    elif not start and last:
        sentence = _("¥%(amount)s per %(unit)s.") if step.unit else _("¥%(amount)s each time.")
    elif not start:
        sentence = (
            _("First %(until)s: ¥%(amount)s per %(unit)s.")
            if step.unit
            else _("First %(until)s: ¥%(amount)s.")
        )
    elif last:
        sentence = (
            _("After %(from)s: ¥%(amount)s per %(unit)s.") if step.unit else _("After %(from)s: ¥%(amount)s.")
        )
    else:
        per_unit = _("From %(from)s to %(until)s: ¥%(amount)s per %(unit)s.")
        sentence = per_unit if step.unit else _("From %(from)s to %(until)s: ¥%(amount)s.")
    return sentence % words


def _band(band: Band) -> str:
    """Return a band with its hours, steps and cap."""
    rates = [_("free of charge.")] if _is_free(band.steps) else _steps(band.steps)
    if band.cap is not None:
        rates.append(_("At most ¥%(amount)s.") % {"amount": short_yuan(band.cap)})
    when = hours(band.name, hh_mm(band.start), end_hh_mm(band.end))
    line = {"hours": on_days(band.days, when), "line": " ".join(rates)}
    return _("%(hours)s: %(line)s") % line if line["hours"] else line["line"]


def _caps(rule: Rule) -> list[str]:
    """Return how much at most is charged, for the first cycle and for later ones where that differs."""
    said = []
    hours = rule.cycle.seconds // MINUTE // 60
    by_day = rule.cycle.basis is Basis.DAY
    for cap in rule.caps:
        words = {"amount": short_yuan(cap.fen), "hours": hours, "n": cap.first}
        if rule.caps_count is CapsCount.CUMULATIVE:
            said.append(_("At most ¥%(amount)s up to the end of %(hours)s-hour period %(n)s.") % words)
            if cap.last is None:
                adds = {"amount": short_yuan(cap.later_adds)}
                said.append(_("Each later period adds at most ¥%(amount)s.") % adds)
        elif len(rule.caps) > 1:
            later = _("At most ¥%(amount)s for period %(n)s and each later one (%(hours)s hours each).")
            one = _("At most ¥%(amount)s for period %(n)s (%(hours)s hours).")
            said.append((one if cap.last else later) % words)
        elif by_day:
            said.append(_("At most ¥%(amount)s for each calendar day.") % words)
        else:
            said.append(_("At most ¥%(amount)s for each %(hours)s hours from entry.") % words)
    if rule.stay_cap is not None:
        said.append(_("At most ¥%(amount)s for the whole stay.") % {"amount": short_yuan(rule.stay_cap)})
    return said


def _again(rule: Rule) -> list[str]:
    """Return when the count begins again, if that makes a difference."""
    if rule.cycle.basis is Basis.NONE or not (rule.caps or len(rule.steps) > 1):
        return []
    if rule.count is StepsCount.STAY and not rule.caps:
        return []
    if rule.cycle.basis is Basis.DAY:
        return [_("Each day at %(time)s the count begins again.") % {"time": hh_mm(rule.cycle.reset)}]
    if rule.count is StepsCount.STAY:
        return [_("The steps run on over the whole stay.")] if len(rule.steps) > 1 else []
    return [
        _("After %(hours)s hours the count begins again.") % {"hours": rule.cycle.seconds // MINUTE // 60}
    ]


def price_line(tariff: Tariff) -> str:
    """Return the rule in one line for the first page; the whole of it is one tap away."""
    rule, parts = tariff.rule, []
    if rule.free and rule.free.seconds:
        parts.append(_("%(time)s free") % {"time": duration(rule.free.seconds // MINUTE)})
    free_else = bool(rule.bands) and _is_free(rule.steps)
    parts += [] if free_else else _rates(rule.steps)
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
            if rule.cycle.seconds == 24 * 3600
            else _("with caps")
        )
    return _(", ").join(parts)


def _short_band(band: Band) -> str:
    when = on_days(band.days, hours("", hh_mm(band.start), end_hh_mm(band.end)))
    words = {"hours": when, "rate": _short_rate(band.steps[0])}
    if band.cap is None:
        return (_("%(hours)s %(rate)s") % words).strip()
    return _("%(hours)s %(rate)s, at most ¥%(cap)s") % (words | {"cap": short_yuan(band.cap)})


def _is_free(steps: tuple[Step, ...]) -> bool:
    return len(steps) == 1 and not steps[0].unit and not steps[0].fen


def _short_rate(step: Step) -> str:
    if not step.unit:
        return _("¥%(amount)s") % {"amount": short_yuan(step.fen)} if step.fen else _("free of charge")
    return _("¥%(amount)s/%(unit)s") % {"amount": short_yuan(step.fen), "unit": unit(step.unit // MINUTE)}


def _rates(steps: tuple[Step, ...]) -> list[str]:
    rates = [_short_rate(step) for step in steps]
    if len(rates) < 2:
        return rates
    if len(rates) == 2 and not steps[1].total:
        until = duration(steps[0].until // MINUTE)
        return [
            _("first %(until)s %(rate)s") % {"until": until, "rate": rates[0]},
            _("then %(rate)s") % {"rate": rates[1]},
        ]
    return [_("first %(rate)s, then by steps") % {"rate": rates[0]}]


def worked_examples(tariff: Tariff, place: Place) -> list[tuple[str, str]]:
    """Return stays and what they cost; where the time of day matters, from 10 o'clock on a plain Monday."""
    return [(duration(minutes), yuan(fen)) for minutes, fen in examples(tariff, place=place)]
