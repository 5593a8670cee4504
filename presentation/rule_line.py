"""The rule of a lot in one line, for the first page; the whole of it is one tap away."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lots.tariffs import MINUTE, Rule, Step, Tariff
from lots.tariffs.charging_rules import HOUR, Band, Basis, CapsCount, Free, Repeat, whole_minutes
from lots.tariffs.clauses import cycles_matter, is_free, is_whole_day
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.sums import THOUSANDTHS, exact_fen
from presentation.board_sentences import board_duration, first_duration
from presentation.formatting import hours, in_currency, on_days, per_unit, rule_duration, short_yuan


def rule_line(tariff: Tariff) -> str:
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
    if rule.entry_fee:
        yield _("¥%(amount)s more for entering") % {"amount": short_yuan(rule.entry_fee)}
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
