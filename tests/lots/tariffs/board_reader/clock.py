"""Where each minute of a stay lies: in which cycle, period and kind of day."""

from datetime import timedelta

from tests.lots.tariffs.board_reader.board_values import WEEK

CLOCK = [[f"{hour:02}:{minute:02}" for minute in range(60)] for hour in range(24)]


def cycle_numbers(board, clock, first):
    if board.cycle_hours:
        return [1 + (n - first) // (60 * board.cycle_hours) for n in range(len(clock))]
    if not board.cycle_time:
        return [1] * len(clock)
    begins = int(board.cycle_time[:2]), int(board.cycle_time[3:])
    days = [at.toordinal() - ((at.hour, at.minute) < begins) for at in clock]
    return [1 + day - days[first] for day in days]  # day 1 is that of the first charged minute


def places(board, clock, calendar):
    """Return for each minute the period that holds and which one it is since the entry."""
    found, others = [], 0
    hours = [time for one in board.periods for time in (one.start, one.end)]
    limits = {0, *(int(time[:2]) % 24 * 60 + int(time[3:]) for time in hours)}
    before = None
    for at in clock:
        minute = at.hour * 60 + at.minute
        if minute not in limits and (at.date(), minute - 1) == before:
            found.append(found[-1])  # no period begins or ends
            before = at.date(), minute
            continue
        before = at.date(), minute
        here = (None, 0)
        for index, period in enumerate(board.periods):
            if began := holds(board, period, at, calendar):
                here = (index, began)
        if here[0] is None:
            others += bool(found) and found[-1][0] is not None
            here = (None, others)
        found.append(here)
    return found


def holds(board, period, at, calendar):
    now, today = CLOCK[at.hour][at.minute], at.date()
    end = "00:00" if period.end == "24:00" else period.end
    night = end <= period.start
    if now >= period.start and (night or now < end) and kind(calendar, today, eves=board.eves) in period.days:
        return today
    before = today - timedelta(days=1)
    decides = before if board.by_first_day else today
    return before if night and now < end and kind(calendar, decides, eves=board.eves) in period.days else None


def kind(calendar, day, *, eves):
    if day in calendar.holidays:
        return "holiday"
    if eves and day + timedelta(days=1) in calendar.holidays:
        return "eve"
    return "makeup" if day in calendar.workdays else WEEK[day.weekday()]
