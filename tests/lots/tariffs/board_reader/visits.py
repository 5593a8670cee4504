"""The price of a visit after others of the same plate: coming back, and free minutes that are counted."""

import itertools
import re
from datetime import timedelta

from tests.lots.tariffs.board_reader.clock import places
from tests.lots.tariffs.board_reader.stay_price import charged_hours, minutes_of, price
from tests.lots.tariffs.board_reader.words import TIME, YUAN, fen, minutes

REENTRY = [
    (rf"离场后 (?P<time>{TIME})内再次入场的，", "left"),
    (rf"自首次入场起 (?P<time>{TIME})内再次入场的，", "entered"),
    (r"当日再次入场的，", "day"),
]
AGAIN = "；跨入下一个同样时限的，封顶相应增加。"
PAYS = [
    (r"不再享受免费时长。", "no_free"),
    (r"与前次合并为一次停车计费，场外时间计入。", "one_charged"),
    (r"与前次合并为一次停车计费，场外时间不收费，计时不中断。", "one_free"),
    (r"与前次合并为一次停车计费，停放时间累加计算，场外时间不计。", "one_added"),
    (rf"各次分别计费，合计最高收费 {YUAN}{AGAIN}", "capped"),
    (rf"各次分别计费，仅首次享受免费时长，合计最高收费 {YUAN}{AGAIN}", "capped_first_free"),
]


def visits(board, sentence, stays, zone, calendar):
    """Return what the last of these stays [(entered_at, left_at), …] adds, by the sentence on coming back."""
    [(since, within, how, cap)] = [
        (since, minutes(found["time"]) if "time" in found.groupdict() else 0, how, found)
        for when, since in REENTRY
        for pays, how in PAYS
        if (found := re.fullmatch(when + pays, sentence))
    ]
    group = []
    for stay in stays:
        if group and not comes_back(group, stay, since, timedelta(minutes=within), zone):
            group = []
        group.append(stay)
    if how == "no_free":
        return price(board, *group[-1], zone, calendar, has_free=len(group) == 1)
    if how in ("capped", "capped_first_free"):
        charged = []
        for index, stay in enumerate(group):
            cost = price(board, *stay, zone, calendar, has_free=how == "capped" or not index)
            last = stay[1] - timedelta(minutes=1)
            further = (last - group[0][0]) // timedelta(minutes=within or 1)
            if since == "day":
                further = (last.astimezone(zone).date() - group[0][0].astimezone(zone).date()).days
            left = fen(cap) * (1 + further) - sum(charged)
            charged.append(min(cost, max(0, left)) if index else cost)
        return charged[-1]
    whole, before = (together(board, part, how, zone, calendar) for part in (group, group[:-1]))
    return max(0, whole - before)


def with_counted_free(board, stays, zone, calendar, sentence=""):
    """Return what the last of these stays of one plate costs if its free minutes are counted.

    `sentence`: that a car has none which comes back soon, if the board says so.
    """
    soon = {
        stay for index, stay in enumerate(stays) if sentence and is_back(sentence, stays[: index + 1], zone)
    }
    period, most = ("%Y-%m-%d", 1) if board.free_daily else ("%Y-%m", len(stays))
    most = board.free_times or most
    *earlier, last = stays
    mine = f"{last[0].astimezone(zone):{period}}"
    alike = [one for one in earlier if f"{one[0].astimezone(zone):{period}}" == mine]
    alike = [one for one in alike if one not in soon]
    lengths = [length_counted(board, stay, zone, calendar) for stay in alike]
    longest = board.free - board.free_below
    uses = sum(length > 0 and (board.deducted or length <= longest) for length in lengths)
    return price(board, *last, zone, calendar, has_free=uses < most and last not in soon)


def length_counted(board, stay, zone, calendar):
    """Return how many minutes of a stay count towards its free minutes."""
    minutes_of = range((stay[1] - stay[0]) // timedelta(minutes=1))
    if not board.free_in_charged_hours:
        return len(minutes_of)
    clock = [stay[0].astimezone(zone) + timedelta(minutes=n) for n in minutes_of]
    return len(charged_hours(board, minutes_of, places(board, clock, calendar)))


def is_back(sentence, stays, zone):
    """Return whether the last of these stays begins soon after one before, as the sentence says it."""
    [(since, within)] = [
        (since, minutes(found["time"]) if "time" in found.groupdict() else 0)
        for when, since in REENTRY
        if (found := re.fullmatch(when + r"不再享受免费时长。", sentence))
    ]
    group = []
    for stay in stays:
        back = bool(group) and comes_back(group, stay, since, timedelta(minutes=within), zone)
        group = [*group, stay] if back else [stay]
    return len(group) > 1


def comes_back(group, stay, since, within, zone):
    if since == "day":
        first, again = (one[0].astimezone(zone).date() for one in (group[0], stay))
        return first == again
    return stay[0] - (group[-1][1] if since == "left" else group[0][0]) <= within


def together(board, stays, how, zone, calendar):
    """Return the price of stays that count as one."""
    if not stays:
        return 0
    start, end = stays[0][0], stays[-1][1]
    if how == "one_added":
        inside = [minute for stay in stays for minute in minutes_of(*stay, zone)]
        return price(board, start, end, zone, calendar, clock=inside)
    outside = []
    if how == "one_free":
        for one, other in itertools.pairwise(stays):
            first, last = ((at - start) // timedelta(minutes=1) for at in (one[1], other[0]))
            outside += range(first, last)
    return price(board, start, end, zone, calendar, outside)
