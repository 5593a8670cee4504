"""The price board of a lot: its rule as a board at the entrance would put it, one sentence each."""

import json
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from django.utils.translation import gettext as _

from lots import tariffs
from lots.tariffs import CNY, MINUTE, Currency, Rule, Tariff
from lots.tariffs.charging_rules import Gap, Overstay, Pass, Reentering, Reentry, TurnFrom, Window
from lots.tariffs.clauses import Clause, rule_clauses
from lots.tariffs.day_kinds import is_every_day
from lots.tariffs.json_fields import end_hh_mm, hh_mm
from lots.tariffs.seasons import SeasonEnd
from lots.tariffs.timeline import BASE
from presentation.board_sentences import sentence
from presentation.formatting import PASSES, hours, in_currency, on_days, rule_duration, short_yuan
from presentation.vehicle_words import plates


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
    return [in_currency(one, tariff.currency) for one in _conditions(tariff)]


def _conditions(tariff: Tariff) -> Iterator[str]:
    if tariff.currency is not CNY:
        names = {"code": tariff.currency.code, "sign": tariff.currency.sign.strip()}
        yield _("All amounts are in %(code)s (%(sign)s).") % names
    yield from prices_end(tariff.ends)
    yield from _kept_to_the_end(tariff)
    yield from _holidays_of_seasons(tariff)
    if tariff.reentry:
        yield _reentry(tariff.reentry)
    if tariff.max_stay is not None:
        yield _("You may park for at most %(time)s.") % {"time": rule_duration(tariff.max_stay // MINUTE)}
    if tariff.unknown_entry is not None:
        words = {"amount": short_yuan(tariff.unknown_entry)}
        yield _("A car whose time of entry cannot be established pays ¥%(amount)s.") % words
    if tariff.exempt:
        yield _("Always free of charge: %(kinds)s.") % {"kinds": plates(tariff.exempt)}
    yield from map(_pass, tariff.passes)


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


def prices_end(ends: SeasonEnd | None) -> Iterator[str]:
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


def _reentry(rule: Reentry) -> str:
    """Return how a car is charged that comes back soon."""
    words = {"time": rule_duration(rule.seconds // MINUTE), "amount": short_yuan(rule.cap)}
    who = {
        Window.LEFT: _("A car that comes back within %(time)s of leaving"),
        Window.ENTERED: _("A car that comes back within %(time)s of first entering"),
        Window.DAY: _("A car that comes back on the same day"),
    }[rule.window]
    return _("%(who)s %(pays)s") % {"who": who % words, "pays": _pays_again(rule) % words}


def _pays_again(rule: Reentry) -> str:
    if rule.how is Reentering.NO_FREE:
        return _("does not get free minutes again.")
    if rule.how is Reentering.CAPPED and rule.free_again:
        return _(
            "pays for each stay separately; together the stays cost at most ¥%(amount)s,"
            " and as much again for each further period of this length that they reach into."
        )
    if rule.how is Reentering.CAPPED:
        return _(
            "pays for each stay separately, with free minutes for the first;"
            " together the stays cost at most ¥%(amount)s,"
            " and as much again for each further period of this length that they reach into."
        )
    if rule.gap is Gap.CHARGED:
        return _("pays as for one stay, the time outside included.")
    if rule.gap is Gap.FREE:
        return _("pays as for one stay; the time outside is not charged, but counting continues.")
    return _("pays as for one stay of the time parked in all; the time outside does not count.")


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
