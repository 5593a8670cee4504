"""What the minutes of a stay cost before any cap of a cycle: units, amounts and caps of periods."""

from tests.lots.tariffs.board_reader.board_values import ENDLESS


def add_up(board, charged, cycle, where):  # noqa: C901 - one sentence after another
    """Return what each cycle costs before its cap."""
    costs, of_period, of_date, of_stay, once, began = {}, {}, {}, {}, set(), {}
    if board.free_in_steps:
        began = dict.fromkeys([None, *cycle], 0)  # the steps of the stay count from its first minute
    busy, runs_in = -1, None  # up to when a unit runs that is paid, and in which cycle (and period)
    within = set(charged)
    whereabouts = list(zip(cycle, where, strict=True))
    last = None
    for n, at_its_end in minutes_and_ends(board, charged):
        if n < busy and whereabouts[n] == last and not at_its_end:
            continue  # the unit that runs here covers this minute too
        last = whereabouts[n]
        period = board.rest if where[n][0] is None else board.periods[where[n][0]]
        costs.setdefault(cycle[n], 0)
        counts_from = where[n] if board.steps_by_period else None if board.steps_by_stay else cycle[n]
        since = began.setdefault(counts_from, n)
        if n < busy and runs_in in ((cycle[n], None), (cycle[n], where[n])) and not at_its_end:
            continue
        step = next(one for one in period.prices if n - since < one.end)
        if at_its_end:  # a minute that completes a stretch has begun the amount of the next one
            step = next((one for one in period.prices if 0 < one.start == n + 1 - since), step)
            if step.start != n + 1 - since or not (board.amounts_reached or step.reached) or step.unit:
                continue
        end = min(since + step.end, ENDLESS)
        runs_on = step.unit or (board.amounts_run_on and step.end < ENDLESS)
        runs_in = (cycle[n], None if board.by_start_of_unit and board.periods and runs_on else where[n])
        busy = min(end, n + step.unit) if step.unit else end
        if step.unit and (board.full or board.tail):
            used = next(
                m - n
                for m in range(n, n + step.unit + 1)
                if m not in within
                or (cycle[m], where[m]) != (cycle[n], where[n])
                or m in (end, n + step.unit)
            )
            if used < step.unit if board.full else used <= board.tail - board.tail_below:
                busy = n + used
                continue
        if step.instead:
            costs[cycle[n]] = step.fen
            continue
        one_amount = len(period.prices) == 1 and board.periods
        goes_on = board.steps_by_stay and len(period.prices) > 1
        if not step.unit and (board.steps_by_period or one_amount or goes_on):
            amount = (where[n][0] if period.once else where[n], step.start)
            if amount in once:
                continue
            once.add(amount)
        before = of_period.get(where[n], 0)
        of_period[where[n]] = before + step.fen
        most = ENDLESS if period.cap is None else period.cap
        adds = min(before + step.fen, most) - min(before, most)
        for group, (hours, together) in enumerate(board.shared):
            if f"{period.start}–{period.end}" in hours:
                date_key = (group, *where[n][1:])
                so_far = of_date.get(date_key, 0)
                of_date[date_key] = min(so_far + adds, together)
                adds = of_date[date_key] - so_far
        for group, (hours, most) in enumerate(board.together):
            if f"{period.start}–{period.end}" in hours:
                adds = max(0, min(adds, most - of_stay.get(group, 0)))
                of_stay[group] = of_stay.get(group, 0) + adds
        costs[cycle[n]] += adds
    return costs


def minutes_and_ends(board, charged):
    """Yield each minute, and the end of it if a board has amounts that are due exactly then."""
    everything = [board.rest, *board.periods]
    ends = board.amounts_reached or any(one.reached for period in everything for one in period.prices)
    for n in charged:
        yield n, False
        if ends:
            yield n, True
