"""Valid documents of every shape, drawn from a source of random numbers: Hypothesis' own, or a plain one."""

from datetime import date

from hypothesis import strategies as st

from lots import tariffs
from lots.tariffs import Calendar, TariffError
from lots.tariffs.cheaper_longer import cheaper_offers, may_turn_cheaper, undercuts
from lots.tariffs.checks import dependent_settings
from lots.tariffs.limits import possible_limits
from lots.tariffs.reading_rule import (
    counts_before_steps,
    without_idle_hours,
    without_idle_limits,
    without_idle_steps,
)

CALENDAR = Calendar(
    holidays=frozenset({date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 5)}),
    workdays=frozenset({date(2026, 5, 9)}),
    years=frozenset({2026}),
)
ANSWERS = {"after_cycle": ["begin_again", "run_on"], "cycle_starts": ["entry", "after_free"]}
TIMES = [f"{hour:02}:{minute:02}" for hour in (0, 5, 7, 8, 12, 19, 22, 23) for minute in (0, 20)]
RULE_CAPS = ("caps", "day_caps", "long_caps", "shared_caps", "bands", "offers")
DAYS = [
    *(None, [["workday"], ["restday"]], [["mon", "fri", "holiday"]], [["all"]], [["weekend", "makeup"]]),
    *([["workday"], ["restday", "eve"]], [["sun", "eve"]]),
]
BASES = ("from_entry", "calendar_day", "none")


def documents(cycles=BASES):
    """Return a strategy of documents; one that fails is made smaller."""
    return st.randoms(use_true_random=False).map(lambda random: random_document(random, cycles))


def number(random, least, most):
    """Return a number in these bounds, one of them more often than the others."""
    return random.choice([least, most]) if random.randint(0, 9) == 0 else random.randint(least, most)


def numbers(random, count, least, most):
    return sorted(number(random, least, most) for _ in range(count))


def one_in(random, count):
    return random.randint(1, count) == 1


def steps(random, longest, *, whole=True):
    ends = sorted(set(numbers(random, random.randint(0, 2), 1, max(1, longest - 1))))
    found, start = [], 0
    for end in [*ends, None]:
        if whole and one_in(random, 4):
            found.append({"until_min": end, "flat": number(random, 0, 2000)})
        else:
            most = min(longest, (end or longest) - start)
            unit = number(random, 1, min(90, most))
            found.append({"until_min": end, "unit_min": unit, "price": number(random, 0, 900)})
        start = end or start
    return found


def minutes_between(start, end):
    begin, until = (int(time[:2]) * 60 + int(time[3:]) for time in (start, end))
    return (until - begin) % 1440 or 1440


def bands(random, longest):
    """Return a day cut at some times; some of the parts are bands, on all days or on some."""
    cuts = sorted(random.sample(TIMES, random.randint(1, 3)))
    found = []
    for start, end in zip(cuts, [*cuts[1:], cuts[0]], strict=True):
        if found and one_in(random, 2):
            continue
        for days in random.choice(DAYS) or [None]:
            band = {"name": f"b{len(found)}", "from": start, "to": end}
            if days:
                band["days"] = days
            way = random.randint(0, 4)
            if way == 0:
                band["flat"] = number(random, 0, 3000)
            elif way == 1:
                band["free"] = True
            else:
                band["steps"] = steps(random, min(longest, minutes_between(start, end)))
                if one_in(random, 2):
                    band["cap"] = number(random, 2000, 4000)
            found.append(band)
    return found


def units(document):
    steps = [
        *document.get("steps", []),
        *(step for band in document.get("bands", []) for step in band.get("steps", [])),
    ]
    return [step["unit_min"] for step in steps if "unit_min" in step]


def amounts(document):
    """Return the amount of each step and band."""
    bands = document.get("bands", [])
    steps = [*document.get("steps", []), *bands, *(step for band in bands for step in band.get("steps", []))]
    return [int(step[key]) for step in steps for key in ("price", "flat", "total") if key in step]


def cycle_caps(document):
    return [cap["amount"] for key in ("caps", "day_caps") for cap in document.get(key, [])]


def add_more(random, document):
    """Add clauses of format 3 where they may stand."""
    shortest = min(units(document), default=0)
    if document["rounding"] == "started" and document.get("crossing") != "unit_start" and shortest > 1:
        document["tail_min"] = number(random, 1, shortest - 1)
    if document["cycle"]["basis"] != "none" and document.get("caps_count", "per_cycle") == "per_cycle":
        cycles = random.choice([[2], [3], [4], [2, 4]])
        least = 1 + max([0, *cycle_caps(document), *amounts(document)])
        together = numbers(random, len(cycles), least, 2 * least)  # so low that they often hold
        document["long_caps"] = [
            {"cycles": n, "amount": fen} for n, fen in zip(cycles, together, strict=True)
        ]
        if "stay_cap" in document:
            document["stay_cap"] += 20000
    for index in range(random.randint(0, 2)):
        document.setdefault("offers", []).append(offer(random, f"o{index}"))
        document["allows_cheaper_longer"] = True
    if len(document.get("offers", [])) > 1:
        document["offers_apply"] = random.choice(["first", "cheapest"])
    add_shared_cap(random, document)
    if document.get("free", {}).get("repeat") != "each_cycle" and one_in(random, 3):
        night = {"at": random.choice(TIMES), "amount": number(random, 1, 3000)}
        if one_in(random, 2):
            night["until"] = random.choice([time for time in TIMES if time[:2] != night["at"][:2]])
        document["overnight"] = {**night, "nights": random.choice(["each", "once"])}
    if one_in(random, 3):
        document["entry_fee"] = number(random, 1, 1500)
    add_sum(random, document)


def offer(random, name):
    found = {"name": name, "enters": {key: random.choice(TIMES) for key in ("from", "to")}}
    start = found["enters"]["from"]
    days_later = ["same", "next", "3"] if start < "22:00" else ["next", "2"]
    by = random.choice([time for time in [*TIMES, "24:00"] if time > start])
    found["leaves"] = {"by": by, "day": random.choice(days_later)}
    if one_in(random, 3):
        found["leaves"] = {"within_min": random.choice([1, 60, 95, 1500, 10080])}
    between = [time for time in TIMES if start < time < by]
    if "by" in found["leaves"] and between and one_in(random, 3):
        found["leaves"]["from"] = random.choice(between)
    found[random.choice(["flat", "cap"])] = number(random, 0, 4000)
    if days := random.choice([None, ["workday"], ["sat", "sun", "holiday"]]):
        found["days"] = days
    return found


def add_shared_cap(random, document):
    """Let bands of the same hours on all days share a cap."""
    bands = document.get("bands", [])
    if len(bands) > 1 and one_in(random, 2):
        most = max(band.get("cap", band.get("flat", 0)) for band in bands)
        amount = number(random, max(2000, most), max(2000, most) + 2000)
        document["shared_caps"] = [{"bands": [band["name"] for band in bands], "amount": amount}]
    if bands and one_in(random, 3):  # of the whole stay: also of one band, with all others of its hours
        hours = (bands[0]["from"], bands[0]["to"])
        members = [band for band in bands if (band["from"], band["to"]) == hours]
        members = random.choice([members, bands])
        most = max(band.get("cap", band.get("flat", 0)) for band in members)
        amount = number(random, max(2000, most), max(2000, most) + 6000)
        names = [band["name"] for band in members]
        document["shared_caps"] = [{"bands": names, "amount": amount, "whole_stay": True}]


def add_sum(random, document):
    """Add prices with parts of a fen, a percentage and a rounding."""
    tables = [document.get("steps", []), *(band.get("steps", []) for band in document.get("bands", []))]
    capped = bool({"caps", "stay_cap", "long_caps", "offers"} & set(document))
    fine = one_in(random, 2) and not any("total" in step for step in tables[0])
    if fine:
        for step in (step for table in tables for step in table if "price" in step):
            step["price"] = f"{min(step['price'], 99)}.{random.choice(['5', '25', '001'])}"
    percent = random.choice([None, 50, 150, 33])
    if percent:
        document["percent"] = percent
    if fine or percent or one_in(random, 2):
        unit = random.choice([1] if capped and not percent else [1, 5, 10, 50, 100])
        document["sum_rounding"] = {"unit": unit, "how": random.choice(["down", "half_up", "up"])}


def add_turn(random, document):
    """Add another rule for long stays: one price, or steps without bands."""
    since = random.choice(["start", "then"])
    pooled = document.get("caps_count") == "pooled"
    if since == "then" and ({"stay_cap", "offers", "overnight", "entry_fee"} & set(document) or pooled):
        return
    longest = {"from_entry": 60 * document["cycle"].get("hours", 1)}.get(document["cycle"]["basis"], 1440)
    rule = {"steps": steps(random, min(longest, 60)), "steps_count": "stay", "tail_min": None}
    for key in ("bands", "caps", "long_caps", "stay_cap"):
        if key in document and not (since == "then" and key == "stay_cap"):
            rule[key] = None
    least = max(1, document.get("free", {"minutes": 0})["minutes"])
    document["turn"] = {"after_min": number(random, least, 3000), "from": since, "rule": rule}
    document["allows_cheaper_longer"] = True


def free(random, longest, *, cycles):
    repeats = ["once", "once_a_day", "times_a_day", "times_a_month"] + ["each_cycle"] * 3 * cycles
    found = {
        "minutes": number(random, 0, longest),
        "mode": random.choice(["threshold", "deduct"]),
        "repeat": random.choice(repeats),
    }
    return found | ({"times": number(random, 1, 4)} if found["repeat"].startswith("times_") else {})


def only_in_charged_hours(random, document):
    """Let some free minutes run in charged hours only, if there are such hours and free ones."""
    if "free" not in document or one_in(random, 2):
        return
    prices = [band.get("steps", [band]) for band in document.get("bands", [])]
    prices += [document["steps"]] if prices and "steps" in document else []
    gratis = [not any(step.get(key) for step in one for key in ("price", "flat")) for one in prices]
    if any(gratis) and not all(gratis):
        document["free"]["charged_hours_only"] = True


def count_in_steps(random, document):
    """Let some deducted minutes count towards the steps, if a stay continues any."""
    if counts_before_steps(document) and one_in(random, 2):
        document["free"]["counts_in_steps"] = True


def only_once(random, document):
    """Let the amounts of some bands be due once in a stay."""
    for band in document.get("bands", []):
        of_dates = any("whole_stay" not in cap for cap in document.get("shared_caps", []))
        if band.get("flat") and not of_dates and one_in(random, 3):
            band["once"] = True


def cannot_turn(document):
    once = any("once" in band for band in document.get("bands", []))
    once = once or any("whole_stay" in cap for cap in document.get("shared_caps", []))
    return once or "charged_hours_only" in document.get("free", {})


def random_document(random, cycles=BASES):
    basis = random.choice(cycles)
    cycle = {"basis": basis}
    length = 44640
    if basis == "from_entry":
        cycle["hours"] = random.choice([1, 5, 12, 24, 30])
        length = cycle["hours"] * 60
    elif basis == "calendar_day":
        cycle["reset"] = random.choice(["00:00", "06:00", "19:00"])
        length = 1440
    rounding = random.choice(["started", "started", "full"])
    document = {"format": 3, "currency": "CNY", "rounding": rounding, "cycle": cycle}
    add_prices(random, document, min(length, 600))
    if one_in(random, 2):
        document["free"] = free(random, min(length - 1, 90), cycles=basis != "none")
    if basis != "none" and one_in(random, 2):
        add_caps(random, document)
    if one_in(random, 4):
        document["stay_cap"] = number(random, 12000, 30000)
    filled = [band for band in document.get("bands", []) if band["from"] == band["to"]]
    if filled and not any("days" in band for band in filled):
        del document["steps"]
    document["after_exit_window"] = "recomputed"
    if one_in(random, 3):
        add_more(random, document)
    only_in_charged_hours(random, document)
    count_in_steps(random, document)
    needed = {name for name, wanted, _ in dependent_settings(document) if wanted}
    for key in sorted(needed & set(ANSWERS)):
        document[key] = random.choice(ANSWERS[key])
    only_once(random, document)
    if not cannot_turn(document) and one_in(random, 5):
        add_turn(random, document)
    add_limits(random, document)
    add_minimum(random, document)
    return document


def add_minimum(random, document):
    """Add the least that a stay costs, or one with a night, below every cap and special price."""
    rules = [document, document.get("turn", {}).get("rule", {})]
    parts = [one for rule in rules for key in RULE_CAPS for one in rule.get(key) or []]
    most = [one[key] for one in parts for key in ("amount", "cap", "flat") if one.get(key)]
    most += [rule[key] for rule in rules for key in ("stay_cap", "week_cap", "month_cap") if rule.get(key)]
    unit = document.get("sum_rounding", {}).get("unit", 1)
    least = min([3000, *most]) * 100 // max(100, document.get("percent", 100)) // unit
    if least and one_in(random, 4):
        document["stay_minimum"] = number(random, 1, least) * unit
    before = document.get("stay_minimum", 0) // unit
    if least > before and "overnight" in document and one_in(random, 3):
        amount = number(random, before + 1, least) * unit
        document["overnight"] |= {"nights": "least", "amount": amount}


def add_limits(random, document):
    """Add a cap of the week or month, and limits that count as reached."""
    if not {"overnight", "entry_fee"} & set(document) and one_in(random, 8):
        caps = [*cycle_caps(document), *(cap["amount"] for cap in document.get("shared_caps", []))]
        amounts = numbers(random, 2, max([9000, document.get("stay_cap", 0), *caps]), 90000)
        both = dict(zip(("week_cap", "month_cap"), sorted(amounts), strict=True))
        document |= {key: both[key] for key in random.choice([["week_cap"], ["month_cap"], [*both]])}
    possible = sorted(possible_limits(document))
    if possible and one_in(random, 3):
        document["reached"] = random.sample(possible, random.randint(1, len(possible)))
        document["reached"] = [one for one in document["reached"] if one in possible_limits(document)]


def add_prices(random, document, longest):
    """Add bands or none, and steps; sometimes the last or all later ones are totals."""
    basis = document["cycle"]["basis"]
    counts = ["stay"] + ["cycle"] * (basis != "none")
    if one_in(random, 2):
        started = document["rounding"] == "started"
        document["bands"] = bands(random, min(longest, 240))
        document["crossing"] = random.choice(["sum_per_band"] + ["unit_start"] * started)
        counts += ["band"] * (document["crossing"] == "sum_per_band")
        if any("days" in band for band in document["bands"]):
            document["band_days"] = random.choice(["moment", "start"])
    document["steps_count"] = random.choice(counts)
    document["steps"] = steps(random, longest)
    totals = "bands" not in document and document["steps_count"] == ("stay" if basis == "none" else "cycle")
    if totals and one_in(random, 2):
        first = random.choice([-1, 1, len(document["steps"]) // 2])
        for index, step in [*enumerate(document["steps"])][first:]:
            document["steps"][index] = {"until_min": step["until_min"], "total": number(random, 0, 9000)}
        if one_in(random, 3):
            document["steps"][-1] = {"until_min": None, "unit_min": 1, "price": number(random, 0, 90)}
        document["allows_cheaper_longer"] = True


def add_caps(random, document):
    amounts = numbers(random, random.randint(1, 3), 4000, 12000)
    document["caps_count"] = random.choice(["per_cycle", "cumulative"])
    document["caps"] = [{"cycle": n + 1, "amount": amount} for n, amount in enumerate(amounts)]
    document["caps"][-1]["cycle"] = f"{len(amounts)}+"
    if len(amounts) == 1 and one_in(random, 4):
        document["caps_count"] = "pooled"
    elif len(amounts) == 1 and document["caps_count"] == "per_cycle" and one_in(random, 2):
        days = random.choice([["restday"], ["fri", "sat", "eve"], ["sun", "mon"]])
        document["day_caps"] = [{"days": days, "amount": number(random, 4000, 12000)}]
    if document["caps_count"] == "cumulative":
        document["caps"][-1]["each_later_adds"] = number(random, 0, 5000)
    for step in document["steps"]:
        if "total" in step:
            step["total"] = min(step["total"], *cycle_caps(document))


def is_monotone(tariff):
    """Return whether no step and no offer of the tariff makes a longer stay cheaper."""
    rules = [tariff.rule, *(one.rule for one in tariff.classes if one.rule)]
    if any(may_turn_cheaper(rule) for rule in rules):
        return False
    return not any(True for rule in rules for _ in (*undercuts(rule), *cheaper_offers(rule)))


def tariff_of(document):
    """Return the tariff; bands that happen to fill every day leave no time for steps."""
    try:
        return tariffs.read(document)
    except TariffError as error:
        if error.path != "steps" or "bands fill" not in error.reason:
            raise
        return tariffs.read(without_filled_steps(document))


def without_filled_steps(document):
    """Return a document whose bands fill every day without its steps and what needs them."""
    rest = {key: value for key, value in document.items() if key != "steps"}
    if not units(rest):
        rest.pop("tail_min", None)
    return without_idle_limits(without_idle_steps(without_idle_hours(rest)))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 100_000)
    | st.sampled_from(["each", "none", "start", "08:00", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["basis", "hours", "minutes", "until_min", "flat", "name", "from", "to"]), inner
        )
    ),
    max_leaves=8,
)
