"""A second, slow engine that only counts minutes: written from docs/tariffs.md, to check the fast one by.

It reads the document itself and knows nothing of `lots.tariffs` but the calendar. Entry, exit and what passes
cover must be whole minutes.
"""

from datetime import UTC, timedelta
from fractions import Fraction

MINUTE = timedelta(minutes=1)
CLOCK = [[f"{hour:02}:{minute:02}" for minute in range(60)] for hour in range(24)]
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WORDS = {
    "all": [*WEEK, "holiday", "makeup", "eve"],
    "workday": ["mon", "tue", "wed", "thu", "fri", "makeup"],
    "weekend": ["sat", "sun"],
    "restday": ["sat", "sun", "holiday"],
}
ONE_FEN = {
    "rounding": "started",
    "steps": [{"until_min": None, "unit_min": 1, "price": 1}],
    "steps_count": "stay",
    "cycle": {"basis": "none"},
}


def cost(rule, entered_at, until, zone, calendar, covered=()):
    """Return what the stay costs in fen; `covered`: times [(from, to), …] that passes cover."""
    rule = {"percent": 100, "eves": names_eves(rule), **rule}
    if plate_cap := {"month_cap", "week_cap"} & set(rule):
        alone = {key: value for key, value in rule.items() if key not in plate_cap}
        usual = cost(alone, entered_at, until, zone, calendar, covered)
        return min(usual, period_left(rule, entered_at, until, zone, 0, 0))
    if "turn" in rule and (until - entered_at) > (rule["turn"]["after_min"] - is_in(rule, "turn")) * MINUTE:
        turn, stay = rule["turn"], (entered_at, until, zone, calendar, covered)
        other = {key: value for key, value in {**rule, **turn["rule"]}.items() if value is not None}
        if "caps" not in other:
            other.pop("caps_count", None)
            other.pop("day_caps", None)
        other = without_idle_limits(other)
        if turn["from"] == "start":
            return summed(other, bare(other, entered_at, until, zone, calendar, covered))
        limit = entered_at + turn["after_min"] * MINUTE
        later = {key: value for key, value in other.items() if key not in ("free", "cycle_starts")}
        later = without_idle_limits(later)
        free = rule.get("free", {"minutes": 0})
        if free["minutes"] and free["mode"] == "threshold" and free["repeat"] != "each_cycle":
            if not bare(ONE_FEN | {key: rule[key] for key in ("free", "reached") if key in rule}, *stay):
                return 0  # the whole stay is within them
            rule = {key: value for key, value in rule.items() if key not in ("free", "cycle_starts")}
        head = bare(rule, entered_at, limit, zone, calendar, covered)
        return summed(rule, head + bare(later, limit, until, zone, calendar, covered))
    return summed(rule, bare(rule, entered_at, until, zone, calendar, covered))


def period_left(rule, entered_at, until, zone, week, month):
    """Return what the caps of the week and month leave for a stay after others that came to so much."""
    first, last = (at.astimezone(zone) for at in (entered_at, max(entered_at, until - MINUTE)))
    days = (last.date() - first.date()).days
    further = {
        "week_cap": sum((first.date() + timedelta(days=n)).weekday() == 0 for n in range(1, days + 1)),
        "month_cap": 12 * (last.year - first.year) + last.month - first.month,
    }
    before = {"week_cap": week, "month_cap": month}
    return min(max(0, rule[key] * (1 + further[key]) - before[key]) for key in further if key in rule)


def is_in(rule, limit):
    """Return whether a stay of exactly the length of this limit is beyond it."""
    return limit in rule.get("reached", [])


def without_idle_limits(rule):
    """Return the other rule of a long stay without limits of the first one that it does not have."""
    tables = [rule.get("steps", []), *(band.get("steps", []) for band in rule.get("bands", []))]
    has = {
        "free": rule.get("free", {}).get("minutes") and rule["free"]["mode"] == "threshold",
        "steps": any("unit_min" not in step for steps in tables for step in steps[1:]),
        "tail": "tail_min" in rule,
    }
    if "reached" in rule.get("turn", {}).get("rule", {}):
        return rule
    return {**rule, "reached": [limit for limit in rule.get("reached", []) if has.get(limit)]}


def summed(rule, cost):
    """Return the part of a sum that is charged, rounded; a sum of something is at least the minimum."""
    cost = max(cost, rule.get("stay_minimum", 0)) if cost else 0
    to = rule.get("sum_rounding", {"unit": 1, "how": "down"})
    exact = Fraction(cost) * rule["percent"] / 100 / to["unit"]
    half = Fraction(1, 2) if to["how"] == "half_up" else 0
    return int((-(-exact // 1) if to["how"] == "up" else (exact + half) // 1) * to["unit"])


def bare(rule, entered_at, until, zone, calendar, covered=()):
    count = (until.astimezone(UTC) - entered_at.astimezone(UTC)) // MINUTE
    moments = [entered_at.astimezone(UTC) + n * MINUTE for n in range(count)]
    clock = [moment.astimezone(zone) for moment in moments]
    charged = [n for n in range(count) if not any(a <= moments[n] < b for a, b in covered)]
    free = rule.get("free")
    counted = set(charged)
    if free and "charged_hours_only" in free:
        where = visits(rule, clock, calendar)
        counted = {n for n in charged if not is_gratis(rule, where[n][0])}
    begun = charged[0] if charged and free and "counts_in_steps" in free else None
    if free and free["repeat"] != "each_cycle":
        charged = after_free(charged, free, counted, below=is_in(rule, "free"))
    if not charged:
        return 0
    anchor = 0 if rule.get("cycle_starts") == "entry" else charged[0]
    cycle = cycles(rule["cycle"], clock, anchor)
    touched = cycle[charged[-1]]
    if free and free["repeat"] == "each_cycle":
        each = {number: [n for n in charged if cycle[n] == number] for number in dict.fromkeys(cycle)}
        charged = [
            n
            for of_cycle in each.values()
            for n in after_free(of_cycle, free, counted, below=is_in(rule, "free"))
        ]
    visit = visits(rule, clock, calendar)
    if rule.get("bands") and rule.get("after_cycle") == "begin_again":  # the other rule may remove them
        visit = [(band, which, number) for (band, which), number in zip(visit, cycle, strict=True)]
    costs = within_day_caps(
        rule, cycle_costs(rule, charged, cycle, visit, begun), cycle, clock, anchor, calendar
    )
    usual = capped(rule, costs, touched)
    nights = overnight(rule, charged, clock)
    if rule.get("overnight", {}).get("nights") == "least":
        usual = max(usual + rule.get("entry_fee", 0), nights) if usual else 0
        return offered(rule, usual, clock, calendar)
    usual += nights
    return offered(rule, usual + (rule.get("entry_fee", 0) if usual else 0), clock, calendar)


def overnight(rule, charged, clock):
    """Return the amount for nights: of each the minute that begins at its hour counts, and the one before."""
    if "overnight" not in rule:
        return 0
    night, inside = rule["overnight"], set(charged)
    if "until" in night:
        whole = nights_with_part(night, [clock[n] for n in charged])
        return night["amount"] * (whole if night["nights"] == "each" else min(1, whole))
    passed = [n for n in charged if n - 1 in inside and CLOCK[clock[n].hour][clock[n].minute] == night["at"]]
    return night["amount"] * (len(passed) if night["nights"] == "each" else min(1, len(passed)))


def nights_with_part(night, clock):
    """Return in how many nights any of these minutes lies, each by the date on which it begins."""
    start, end = night["at"], night["until"].replace("24:00", "00:00")
    found = set()
    for at in clock:
        now = CLOCK[at.hour][at.minute]
        if now >= start and (end <= start or now < end):
            found.add(at.date())
        elif end <= start and now < end:
            found.add(at.date() - timedelta(days=1))
    return len(found)


def offered(rule, usual, clock, calendar):
    """Return the usual price or that of an offer which fits when the car came and left."""
    came, left = clock[0], clock[-1] + MINUTE
    found = []
    for offer in rule.get("offers", []) if usual else []:
        day = came.replace(hour=0, minute=0, tzinfo=None)
        since, start, end = (
            int(text[:2]) * 60 + int(text[3:])
            for text in (f"{came:%H:%M}", offer["enters"]["from"], offer["enters"]["to"])
        )
        length = (end - start) % 1440 or 1440
        days = [kind for word in offer.get("days", ["all"]) for kind in WORDS.get(word, [word])]
        if (since - start) % 1440 >= length or kind_of(
            calendar, day.date(), eves=rule.get("eves")
        ) not in days:
            continue
        if "within_min" in offer["leaves"]:
            if len(clock) <= offer["leaves"]["within_min"]:
                found.append(min(usual, offer["cap"]) if "cap" in offer else offer["flat"])
            continue
        by = offer["leaves"]["by"]
        later = {"same": "0", "next": "1"}.get(offer["leaves"]["day"], offer["leaves"]["day"])
        last = day + timedelta(days=int(later), hours=int(by[:2]), minutes=int(by[3:]))
        begin = offer["leaves"].get("from", "00:00")
        first = day + timedelta(days=int(later), hours=int(begin[:2]), minutes=int(begin[3:]))
        if "from" in offer["leaves"] and left.replace(tzinfo=None) < first:
            continue
        if left.replace(tzinfo=None) <= last:
            found.append(min(usual, offer["cap"]) if "cap" in offer else offer["flat"])
    if not found:
        return usual
    return min(found) if rule.get("offers_apply") == "cheapest" else found[0]


def after_free(charged, free, counted, *, below):
    """Return the minutes that are charged; of the free ones only those `counted` are used."""
    if not free["minutes"]:
        return charged
    counted = [n for n in charged if n in counted]
    if len(counted) <= free["minutes"] - below:
        return []
    if free["mode"] == "threshold":
        return charged
    return [n for n in charged if n > counted[free["minutes"] - 1]]


def is_gratis(rule, band):
    """Return whether this band, or the time outside all bands, never costs anything."""
    amounts = {step.get(key, 0) for step in steps_of(rule, band) for key in ("price", "flat", "total")}
    return amounts == {0}


def cycles(cycle, clock, anchor):
    """Return the number of the cycle of each minute."""
    if cycle["basis"] == "none":
        return [1] * len(clock)
    if cycle["basis"] == "from_entry":
        return [1 + (n - anchor) // (cycle["hours"] * 60) for n in range(len(clock))]
    numbers, number, day = [], 1, None
    for n, at in enumerate(clock):
        hour, minute = map(int, cycle["reset"].split(":"))
        today = (at.replace(tzinfo=None) - timedelta(hours=hour, minutes=minute)).date()
        if n > anchor and today > day:
            number += 1
        day = max(today, day or today)
        numbers.append(number)
    return numbers


def visits(rule, clock, calendar):
    """Return for each minute which stretch of which band it lies in: (band or None, which)."""
    edges = {"00:00", *(time for band in rule.get("bands", []) for time in (band["from"], band["to"]))}
    found, base, last, eves = [], 0, None, rule.get("eves")
    for at in clock:
        now = CLOCK[at.hour][at.minute]
        goes_on = last == (at.hour, at.minute - 1) or (at.minute == 0 and last == (at.hour - 1, 59))
        last = at.hour, at.minute
        if goes_on and now not in edges:  # nothing begins or ends here
            found.append(found[-1])
            continue
        here = next(
            (
                (index, day)
                for index, band in enumerate(rule.get("bands", []))
                for day in [holds(band, at, calendar, rule.get("band_days"), eves=eves)]
                if day
            ),
            None,
        )
        if here is None:
            base += bool(found and found[-1][0] is not None)
        found.append(here or (None, base))
    return found


def names_eves(part):
    """Return whether a document names days before holidays."""
    if isinstance(part, list):
        return any(map(names_eves, part))
    return isinstance(part, dict) and ("eve" in part.get("days", []) or any(map(names_eves, part.values())))


def holds(band, at, calendar, band_days, *, eves):
    """Return the day on which the band began that holds at this moment."""
    days = [kind for word in band.get("days", ["all"]) for kind in WORDS.get(word, [word])]
    start, end, now = band["from"], band["to"].replace("24:00", "00:00"), CLOCK[at.hour][at.minute]
    today, yesterday = at.date(), at.date() - timedelta(days=1)
    over_midnight = end <= start
    if now >= start and (over_midnight or now < end) and kind_of(calendar, today, eves=eves) in days:
        return today
    decides = yesterday if band_days == "start" else today
    if over_midnight and now < end and kind_of(calendar, decides, eves=eves) in days:
        return yesterday
    return None


def kind_of(calendar, day, *, eves):
    if day in calendar.holidays:
        return "holiday"
    if eves and day + timedelta(days=1) in calendar.holidays:
        return "eve"
    kind = WEEK[day.weekday()]
    return "makeup" if day in calendar.workdays and kind in ("sat", "sun") else kind


def steps_of(rule, band):
    if band is None:
        return rule["steps"]
    prices = rule["bands"][band]
    return prices.get("steps") or [{"until_min": None, "flat": prices.get("flat", 0)}]


def cycle_costs(rule, charged, cycle, visit, begun=None):  # noqa: C901 - one rule after another
    """Return what each cycle costs before its cap: every minute in turn begins a unit or lies in one.

    `begun`: the minute from which the steps of the stay count, if it is not the first charged one.
    """
    costs = {cycle[n]: 0 for n in charged}
    in_visit, on_date, paid_once = {}, {}, set()
    since, since_what, busy, domain = None, object(), 0, None
    first_in = {}
    everything = set(charged)
    here = list(zip(cycle, visit, strict=True))
    last = None
    for n, ends in [(n, ends) for n in charged for ends in (False, True)[: 1 + is_in(rule, "steps")]]:
        if n < busy and here[n] == last and not ends:  # the same unit, in the same cycle and band
            continue
        last = here[n]
        band = visit[n][0]
        first_in.setdefault(visit[n], n)
        whose = {"stay": None, "cycle": cycle[n], "band": visit[n]}[rule["steps_count"]]
        if whose != since_what:
            since, since_what = (first_in[visit[n]] if rule["steps_count"] == "band" else n), whose
            since = since if begun is None else begun
        if n < busy and domain in {(cycle[n], None), (cycle[n], visit[n])} and not ends:
            continue
        index, step = next(
            (i, s)
            for i, s in enumerate(steps_of(rule, band))
            if s["until_min"] is None or n - since < s["until_min"]
        )
        if ends:  # this minute completes a step: the next one begins with its last second
            if n + 1 - since != step["until_min"]:
                continue
            index, step = index + 1, steps_of(rule, band)[index + 1]
            if "unit_min" in step:
                continue
        end = 10**9 if step["until_min"] is None else since + step["until_min"]
        whole = "unit_min" not in step
        endless = whole and step["until_min"] is None
        alone = endless or not rule.get("bands") or rule["crossing"] == "sum_per_band"
        domain = (cycle[n], visit[n] if alone else None)
        price = Fraction(step.get("price", step.get("flat", 0)))
        busy = end if whole else min(end, n + step["unit_min"])
        tail = rule.get("tail_min", 0)
        if (rule["rounding"] == "full" or tail) and not whole:
            until = min(end, n + step["unit_min"])
            gone = next((m for m in range(n, until) if m not in everything or here[m] != here[n]), until)
            gone = None if gone == n + step["unit_min"] else gone
            if gone is not None and (not tail or gone - n <= tail - is_in(rule, "tail")):
                busy, price = gone, 0
        if "total" in step:
            costs[cycle[n]] = step["total"]
            continue
        single = len(steps_of(rule, band)) == 1
        runs_on = bool(rule.get("bands")) if single else rule["steps_count"] == "stay"
        if whole and (runs_on or rule["steps_count"] == "band"):
            key = (visit[n], index)
            if band is not None and "once" in rule["bands"][band]:
                key = (band, "once")
            if key in paid_once:
                continue
            paid_once.add(key)
        cap = rule["bands"][band].get("cap", 10**12) if band is not None else 10**12
        before = in_visit.get(visit[n], 0)
        in_visit[visit[n]] = before + price
        adds = min(before + price, cap) - min(before, cap)
        for number, shared in enumerate(rule.get("shared_caps", [])):
            if band is not None and rule["bands"][band]["name"] in shared["bands"]:
                key = number if "whole_stay" in shared else (number, *visit[n][1:])
                so_far = on_date.get(key, 0)
                on_date[key] = min(so_far + adds, shared["amount"])
                adds = on_date[key] - so_far
        costs[cycle[n]] += adds
    return costs


def within_day_caps(rule, costs, cycle, clock, anchor, calendar):
    """Return what cycles cost within the cap of the day on which each begins, or else the usual one."""
    if "day_caps" not in rule:
        return costs
    found = {}
    for number, fen in costs.items():
        if rule["cycle"]["basis"] == "from_entry":
            day = clock[anchor + (number - 1) * rule["cycle"]["hours"] * 60].date()
        else:
            hour, minute = map(int, rule["cycle"]["reset"].split(":"))
            inside = clock[max(anchor, cycle.index(number))].replace(tzinfo=None)  # deducted time is in none
            day = (inside - timedelta(hours=hour, minutes=minute)).date()
        kind = kind_of(calendar, day, eves=rule.get("eves"))
        most = rule["caps"][0]["amount"]
        for cap in rule["day_caps"]:
            if kind in [one for word in cap["days"] for one in WORDS.get(word, [word])]:
                most = cap["amount"]
        found[number] = min(fen, most)
    return found


def capped(rule, costs, touched):
    total, pooled, periods = 0, 0, {}
    for number, fen in costs.items():
        most = 10**12
        if "caps" in rule and "day_caps" not in rule:
            cap = rule["caps"][min(number, len(rule["caps"])) - 1]
            later = max(0, number - len(rule["caps"]))
            most = cap["amount"] + later * cap.get("each_later_adds", 0)
        if rule.get("caps_count") == "cumulative":
            total = min(total + fen, most)
        elif rule.get("caps_count") == "pooled":
            total = min(pooled := pooled + fen, cap["amount"] * touched)
        else:
            total += min(fen, most)
            periods[number] = min(fen, most)
    for index, cap in enumerate(rule.get("long_caps", [])):
        group = cap["cycles"] // (rule["long_caps"][index - 1]["cycles"] if index else 1)
        sums = {}
        for number, fen in periods.items():
            sums[(number - 1) // group + 1] = sums.get((number - 1) // group + 1, 0) + fen
        periods = {number: min(fen, cap["amount"]) for number, fen in sums.items()}
        total = sum(periods.values())
    return min(total, rule.get("stay_cap", 10**12))
