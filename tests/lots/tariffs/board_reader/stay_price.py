"""The price of one stay by what a board says."""

import itertools
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from tests.lots.tariffs.board_reader.board_values import ENDLESS, Period
from tests.lots.tariffs.board_reader.caps import within_caps
from tests.lots.tariffs.board_reader.clock import cycle_numbers, holds, kind, places
from tests.lots.tariffs.board_reader.units import add_up

MINUTE = timedelta(minutes=1)


def price(board, entered_at, until, zone, calendar, absent=(), *, has_free=True, clock=None):
    """Return in fen what a driver works out from the board, minute by minute. Whole minutes only.

    `absent`: minutes in which the car was outside, where several visits count as one stay. `clock`: the
    minutes of these visits, where the time outside does not count.
    """
    clock = clock or minutes_of(entered_at, until, zone)
    count = len(clock)
    charged = sorted({*range(count)} - {*absent})
    turned, rest = board.turned, 0
    if turned and len(charged) > board.turn_after - board.turn_reached:
        if board.turn_whole:
            stay = (entered_at, until, zone, calendar, absent)
            return min(price(turned, *stay, has_free=has_free, clock=clock), *period_limits(board, clock))
        if has_free and board.free and not (board.deducted or board.free_each):
            if not left_after_free(board, charged, ()):  # the length of the whole stay decides
                return 0
            has_free = False
        rest = usual(turned, clock, charged[board.turn_after :], calendar, has_free=False)
        charged = charged[: board.turn_after]
    cost = summed(board, usual(board, clock, charged, calendar, has_free=has_free) + rest)
    return min(cost, *period_limits(board, clock))


def minutes_of(entered_at, until, zone):
    entered, count = entered_at.astimezone(zone), (until - entered_at) // MINUTE
    return [entered + n * MINUTE for n in range(count)]


def period_limits(board, clock):
    """Return what the stays of a plate cost at most that enter in the week, and in the month, of this one."""
    weeks = {at.isocalendar()[:2] for at in clock}
    months = {(at.year, at.month) for at in clock}
    caps = ((board.week_cap, weeks), (board.month_cap, months))
    return [cap * max(1, len(periods)) if cap else ENDLESS for cap, periods in caps]


def in_periods(board, before, stay, zone, calendar):
    """Return what a stay costs after others of the same plate that came to `before` in its week and month.

    The first number counts towards the week, the second is charged and counts towards the month.
    """
    cost = price(replace(board, week_cap=0, month_cap=0), *stay, zone, calendar)
    week, month = period_limits(board, minutes_of(*stay, zone))
    of_week = min(cost, max(0, week - before[0]))
    return of_week, min(of_week, max(0, month - before[1]))


def summed(board, cost):
    """Return the share of a sum that the board asks for, rounded as it says; the least of it, if any."""
    if 0 < cost < board.least:
        cost = board.least
    units = Fraction(cost * board.percent, 100 * board.round_to)
    if board.round_how == "up":
        return -(-units // 1) * board.round_to
    return (units + (Fraction(1, 2) if board.round_how == "nearest" else 0)) // 1 * board.round_to


def usual(board, clock, charged, calendar, *, has_free):
    """Return the sum for these minutes of the clock, before it is rounded."""
    if not charged:
        return 0
    clock = clock[charged[0] : charged[-1] + 1]
    charged = [n - charged[0] for n in charged]
    if not has_free:
        board = replace(board, free=0)
    where = places(board, clock, calendar)
    if board.free and not board.free_each:
        charged = left_after_free(board, charged, where)
    if not charged:
        return 0
    first = charged[0] if board.cycle_after_free or board.cycle_time else 0
    cycle = cycle_numbers(board, clock, first)
    touched = cycle[charged[-1]]
    if board.free_each and board.free:
        numbers = sorted(set(cycle))
        charged = [
            n
            for number in numbers
            for n in left_after_free(board, [m for m in charged if cycle[m] == number], where)
        ]
    if board.periods_again:
        where = [(period, one, number) for (period, one), number in zip(where, cycle, strict=True)]
    cost = within_caps(
        board, add_up(board, charged, cycle, where), touched, first_days(board, clock, cycle, first, calendar)
    )
    nights = for_nights(board, clock, charged, calendar)
    if board.night_least:
        return with_offers(board, max(with_entry_fee(board, cost), nights) if cost else 0, clock, calendar)
    return with_offers(board, with_entry_fee(board, cost + nights), clock, calendar)


def with_entry_fee(board, cost):
    return cost + board.entry_fee if cost else 0


def first_days(board, clock, cycle, first, calendar):
    """Return for each cycle the kind of day on which it begins."""
    if not board.day_caps:
        return {}
    if board.cycle_hours:
        begins = {number: first + 60 * board.cycle_hours * (number - 1) for number in cycle}
        moments = {number: clock[n] for number, n in begins.items() if n >= 0}
    else:
        reset = timedelta(hours=int(board.cycle_time[:2]), minutes=int(board.cycle_time[3:]))
        moments = {number: at.replace(tzinfo=None) - reset for number, at in zip(cycle, clock, strict=True)}
    return {number: kind(calendar, at.date(), eves=board.eves) for number, at in moments.items()}


def for_nights(board, clock, charged, calendar):
    """Return what the nights of these minutes cost on top, or at least."""
    if not board.night_at:
        return 0
    if board.night_end:
        night = Period(start=board.night_at, end=board.night_end)
        begun = {holds(board, night, clock[n], calendar) for n in charged} - {None}
        return board.night_fen * min(len(begun), 1 if board.night_once else len(begun))
    hour, minute = int(board.night_at[:2]), int(board.night_at[3:])
    nights = 0
    for before, n in itertools.pairwise(charged):
        nights += n == before + 1 and (clock[n].hour, clock[n].minute) == (hour, minute)
    return board.night_fen * (bool(nights) if board.night_once else nights)


def with_offers(board, cost, clock, calendar):
    """Return the usual price, or that of an offer which fits the times of entry and exit."""
    entered, left = clock[0], clock[-1] + timedelta(minutes=1)
    prices = []
    for days, (start, end, by), later, at_most, amount, *not_before in board.offers:
        now, until = f"{entered:%H:%M}", "00:00" if end == "24:00" else end
        inside = start <= now < until if start < until else now >= start or now < until
        date = entered.replace(hour=0, minute=0) + timedelta(days=later)
        if isinstance(by, int):
            late = len(clock) > by
        else:
            late = left > date + timedelta(hours=int(by[:2]), minutes=int(by[3:]))
        early = any(left < date + timedelta(hours=int(t[:2]), minutes=int(t[3:])) for t in not_before)
        if (
            cost
            and inside
            and not late
            and not early
            and kind(calendar, entered.date(), eves=board.eves) in days
        ):
            prices.append(min(cost, amount) if at_most else amount)
    if not prices:
        return cost
    return min(prices) if board.cheapest else prices[0]


def left_after_free(board, numbers, where):
    """Return the minutes that are charged; `where`: the period that holds in each."""
    counted = charged_hours(board, numbers, where) if board.free_in_charged_hours else numbers
    if len(counted) <= board.free - board.free_below:
        return []
    return [n for n in numbers if n > counted[board.free - 1]] if board.deducted else numbers


def charged_hours(board, numbers, where):
    """Return those minutes in whose period a price stands."""
    prices = [board.rest if where[n][0] is None else board.periods[where[n][0]] for n in numbers]
    return [n for n, period in zip(numbers, prices, strict=True) if any(price.fen for price in period.prices)]
