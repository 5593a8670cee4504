"""Which board counts for an entry at a moment."""

import re
from datetime import timedelta

from tests.lots.tariffs.board_reader.clock import kind
from tests.lots.tariffs.board_reader.read_board import read
from tests.lots.tariffs.board_reader.stay_price import price
from tests.lots.tariffs.board_reader.words import HOURS, days_named

MINUTE = timedelta(minutes=1)

HOLIDAYS = {
    "元旦假期": "new_year",
    "春节假期": "spring_festival",
    "清明节假期": "qingming",
    "劳动节假期": "labour_day",
    "端午节假期": "dragon_boat",
    "中秋节假期": "mid_autumn",
    "国庆节假期": "national_day",
}


def season_holds(kinds, entered, calendar, *, eves):
    """Return whether the heading of a season's board is for an entry at this moment of the wall clock."""
    dates, _, times = kinds.partition("入场时间：")
    if times:
        hours = re.fullmatch(HOURS, times)
        start, end, now = hours["start"], hours["end"], f"{entered:%H:%M}"
        within = start <= now < end if start < end else now >= start or now < end
        return within and (not dates or season_holds(dates.removesuffix("；"), entered, calendar, eves=eves))
    text, day = kinds.removeprefix("入场日期："), entered.date()
    feasts = [one for one in HOLIDAYS if one in text]
    words = re.match("[^\\d]*", text)[0]
    for one in feasts:
        words = words.split(one)[0]
    words = words.strip()
    if words and kind(calendar, day, eves=eves) not in days_named(words):
        return False
    if any(calendar.holiday_of(day) == HOLIDAYS[one] for one in feasts):
        return True
    spans = [(first, last or first) for first, last in re.findall(r"([\d-]+)(?: 至 ([\d-]+))?", text)]
    if not spans and not feasts:
        return True
    for first, last in spans:
        now = f"{day:%Y-%m-%d}" if len(first) > 5 else f"{day:%m-%d}"
        if first <= now <= last or (first > last and (now >= first or now <= last)):
            return True
    return False


def price_by_entries(usual_board, seasons, stay, zone, calendar, *, has_free=True):
    """Return what a stay costs whose prices can end at a time: from then on as a car that enters then.

    Whether it is within its free minutes depends on all of it that is left.
    """
    entered, left = stay
    board = board_of_entry(usual_board, seasons, entered.astimezone(zone), calendar)
    stop = next_time(entered, board.ends, zone) if board.ends else left
    if stop < left and has_free and board.free and not board.deducted and not board.free_each:
        if (left - entered) // MINUTE <= board.free - board.free_below:
            return 0
        has_free = False
    cost = price(board, entered, min(stop, left), zone, calendar, has_free=has_free)
    if stop >= left:
        return cost
    rest = (usual_board, seasons, (stop, left), zone, calendar)
    return cost + price_by_entries(*rest, has_free=board.free_at_end)


def next_time(entered, time, zone):
    """Return the first minute after the entry at which the clock shows this time of day."""
    at = entered + MINUTE
    while f"{at.astimezone(zone):%H:%M}" != time.replace("24:", "00:"):
        at += MINUTE
    return at


def board_of_entry(usual_board, seasons, entered, calendar):
    """Return the board that counts for an entry at this moment: `seasons` are (heading, sentences)."""
    fitting = (
        read(texts)
        for kinds, texts in seasons
        if season_holds(kinds, entered, calendar, eves=usual_board.eves)
    )
    return next(fitting, usual_board)
