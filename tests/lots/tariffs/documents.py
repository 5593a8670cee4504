"""Valid documents of every shape, for Hypothesis."""

from datetime import date

from hypothesis import strategies as st

from lots import tariffs
from lots.tariffs import Calendar, TariffError
from lots.tariffs.checks import cheaper_offers, dependent_settings, may_turn_cheaper, undercuts

CALENDAR = Calendar(
    holidays=frozenset({date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 5)}),
    workdays=frozenset({date(2026, 5, 9)}),
    years=frozenset({2026}),
)
ANSWERS = {"after_cycle": ["begin_again", "run_on"], "cycle_starts": ["entry", "after_free"]}
TIMES = [f"{hour:02}:{minute:02}" for hour in (0, 5, 7, 8, 12, 19, 22, 23) for minute in (0, 20)]
DAYS = [None, [["workday"], ["restday"]], [["mon", "fri", "holiday"]], [["all"]], [["weekend", "makeup"]]]


@st.composite
def steps(draw, longest, *, whole=True):
    ends = sorted(draw(st.sets(st.integers(1, max(1, longest - 1)), max_size=2)))
    found, start = [], 0
    for end in [*ends, None]:
        if whole and draw(st.integers(0, 3)) == 0:
            found.append({"until_min": end, "flat": draw(st.integers(0, 2000))})
        else:
            most = min(longest, (end or longest) - start)
            unit = draw(st.integers(1, min(90, most)))
            found.append({"until_min": end, "unit_min": unit, "price": draw(st.integers(0, 900))})
        start = end or start
    return found


def minutes_between(start, end):
    begin, until = (int(time[:2]) * 60 + int(time[3:]) for time in (start, end))
    return (until - begin) % 1440 or 1440


@st.composite
def bands(draw, longest):
    """A day cut at some times; some of the parts are bands, on all days or on some."""
    cuts = sorted(draw(st.sets(st.sampled_from(TIMES), min_size=1, max_size=3)))
    found = []
    for start, end in zip(cuts, [*cuts[1:], cuts[0]], strict=True):
        if found and draw(st.booleans()):
            continue
        for days in draw(st.sampled_from(DAYS)) or [None]:
            band = {"name": f"b{len(found)}", "from": start, "to": end}
            if days:
                band["days"] = days
            way = draw(st.integers(0, 4))
            if way == 0:
                band["flat"] = draw(st.integers(0, 3000))
            elif way == 1:
                band["free"] = True
            else:
                band["steps"] = draw(steps(min(longest, minutes_between(start, end))))
                if draw(st.booleans()):
                    band["cap"] = draw(st.integers(2000, 4000))
            found.append(band)
    return found


def units(document):
    steps = [
        *document.get("steps", []),
        *(step for band in document.get("bands", []) for step in band.get("steps", [])),
    ]
    return [step["unit_min"] for step in steps if "unit_min" in step]


def draw_more(draw, document):
    """Add clauses of format 3 where they may stand."""
    shortest = min(units(document), default=0)
    if document["rounding"] == "started" and document.get("crossing") != "unit_start" and shortest > 1:
        document["tail_min"] = draw(st.integers(1, shortest - 1))
    if (
        document["cycle"]["basis"] != "none"
        and document.get("caps_count", "per_cycle") == "per_cycle"
        and draw(st.booleans())
    ):
        cycles = draw(st.sampled_from([[2], [3], [2, 4]]))
        amounts = sorted(
            draw(st.lists(st.integers(12000, 20000), min_size=len(cycles), max_size=len(cycles)))
        )
        document["long_caps"] = [{"cycles": n, "amount": fen} for n, fen in zip(cycles, amounts, strict=True)]
        if "stay_cap" in document:
            document["stay_cap"] += 20000
    for number in range(draw(st.integers(0, 2))):
        offer = {"name": f"o{number}", "enters": {}, "leaves": {}}
        offer["enters"] = {key: draw(st.sampled_from(TIMES)) for key in ("from", "to")}
        days_later = ["same", "next", "3"] if offer["enters"]["from"] < "22:00" else ["next", "2"]
        later = [time for time in [*TIMES, "24:00"] if time > offer["enters"]["from"]]
        offer["leaves"] = {"by": draw(st.sampled_from(later)), "day": draw(st.sampled_from(days_later))}
        between = [time for time in TIMES if offer["enters"]["from"] < time < offer["leaves"]["by"]]
        if between and draw(st.integers(0, 2)) == 0:
            offer["leaves"]["from"] = draw(st.sampled_from(between))
        offer[draw(st.sampled_from(["flat", "cap"]))] = draw(st.integers(0, 4000))
        if days := draw(st.sampled_from([None, ["workday"], ["sat", "sun", "holiday"]])):
            offer["days"] = days
        document.setdefault("offers", []).append(offer)
        document["allows_cheaper_longer"] = True
    if len(document.get("offers", [])) > 1:
        document["offers_apply"] = draw(st.sampled_from(["first", "cheapest"]))
    draw_shared_cap(draw, document)
    draw_sum(draw, document)


def draw_shared_cap(draw, document):
    """Let bands of the same hours on all days share a cap."""
    bands = document.get("bands", [])
    if len(bands) > 1 and draw(st.booleans()):
        most = max(band.get("cap", band.get("flat", 0)) for band in bands)
        amount = draw(st.integers(max(2000, most), max(2000, most) + 2000))
        document["shared_caps"] = [{"bands": [band["name"] for band in bands], "amount": amount}]


def draw_sum(draw, document):
    """Draw prices with parts of a fen, a percentage and a rounding."""
    tables = [document.get("steps", []), *(band.get("steps", []) for band in document.get("bands", []))]
    capped = "caps" in document or "stay_cap" in document
    fine = draw(st.booleans()) and not any("total" in step for step in tables[0])
    if fine:
        for step in (step for table in tables for step in table if "price" in step):
            step["price"] = f"{min(step['price'], 99)}.{draw(st.sampled_from(['5', '25', '001']))}"
    percent = draw(st.sampled_from([None, 50, 150, 33]))
    if percent:
        document["percent"] = percent
    if fine or percent or draw(st.booleans()):
        unit = draw(st.sampled_from([1] if capped and not percent else [1, 10, 50, 100]))
        document["sum_rounding"] = {"unit": unit, "how": draw(st.sampled_from(["down", "half_up", "up"]))}


def draw_turn(draw, document):
    """Draw another rule for long stays: one price, or steps without bands."""
    since = draw(st.sampled_from(["start", "then"]))
    pooled = document.get("caps_count") == "pooled"
    if since == "then" and ({"stay_cap", "offers"} & set(document) or pooled):
        return
    longest = {"from_entry": 60 * document["cycle"].get("hours", 1)}.get(document["cycle"]["basis"], 1440)
    rule = {"steps": draw(steps(min(longest, 60))), "steps_count": "stay", "tail_min": None}
    for key in ("bands", "caps", "long_caps", "stay_cap"):
        if key in document and not (since == "then" and key == "stay_cap"):
            rule[key] = None
    document["turn"] = {"after_min": draw(st.integers(1, 3000)), "from": since, "rule": rule}
    document["allows_cheaper_longer"] = True


@st.composite
def documents(draw, cycles=("from_entry", "calendar_day", "none")):  # noqa: C901 - one choice after another
    basis = draw(st.sampled_from(cycles))
    cycle = {"basis": basis}
    length = {"from_entry": 60 * draw(st.sampled_from([1, 5, 12, 24, 30])), "calendar_day": 1440}.get(
        basis, 44640
    )
    if basis == "from_entry":
        cycle["hours"] = length // 60
    elif basis == "calendar_day":
        cycle["reset"] = draw(st.sampled_from(["00:00", "06:00", "19:00"]))
    rounding = draw(st.sampled_from(["started", "started", "full"]))
    counts = ["stay"] + ["cycle"] * (basis != "none")
    document = {"format": 3, "currency": "CNY", "rounding": rounding, "cycle": cycle}
    longest = min(length, 600)
    if draw(st.booleans()):
        crossing = draw(
            st.sampled_from(["sum_per_band", "unit_start"] if rounding == "started" else ["sum_per_band"])
        )
        document["bands"] = draw(bands(min(longest, 240)))
        document["crossing"] = crossing
        counts += ["band"] * (crossing == "sum_per_band")
        if any("days" in band for band in document["bands"]):
            document["band_days"] = draw(st.sampled_from(["moment", "start"]))
    document["steps_count"] = draw(st.sampled_from(counts))
    document["steps"] = draw(steps(longest))
    totals = not document.get("bands") and document["steps_count"] == ("stay" if basis == "none" else "cycle")
    if totals and draw(st.booleans()):
        last = document["steps"][-1]
        document["steps"][-1] = {"until_min": last["until_min"], "total": draw(st.integers(0, 9000))}
        document["allows_cheaper_longer"] = True
    if draw(st.booleans()):
        document["free"] = {
            "minutes": draw(st.integers(0, min(length - 1, 90))),
            "mode": draw(st.sampled_from(["threshold", "deduct"])),
            "repeat": draw(st.sampled_from(["once", "once_a_day"] + ["each_cycle"] * 2 * (basis != "none"))),
        }
    if basis != "none" and draw(st.booleans()):
        document["caps_count"] = draw(st.sampled_from(["per_cycle", "cumulative"]))
        amounts = sorted(draw(st.lists(st.integers(4000, 12000), min_size=1, max_size=3)))
        document["caps"] = [{"cycle": n + 1, "amount": amount} for n, amount in enumerate(amounts)]
        document["caps"][-1]["cycle"] = f"{len(amounts)}+"
        if len(amounts) == 1 and draw(st.integers(0, 3)) == 0:
            document["caps_count"] = "pooled"
        if document["caps_count"] == "cumulative":
            document["caps"][-1]["each_later_adds"] = draw(st.integers(0, 5000))
        if document.get("allows_cheaper_longer"):
            document["steps"][-1]["total"] = min(document["steps"][-1]["total"], amounts[0])
    if draw(st.integers(0, 3)) == 0:
        document["stay_cap"] = draw(st.integers(12000, 30000))
    filled = [band for band in document.get("bands", []) if band["from"] == band["to"]]
    if filled and not any("days" in band for band in filled):
        del document["steps"]
    document["after_exit_window"] = "recomputed"
    if draw(st.integers(0, 2)) == 0:
        draw_more(draw, document)
    needed = {name for name, wanted, _ in dependent_settings(document) if wanted}
    for key in sorted(needed & set(ANSWERS)):
        document[key] = draw(st.sampled_from(ANSWERS[key]))
    if draw(st.integers(0, 4)) == 0:
        draw_turn(draw, document)
    return document


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
        rest = {key: value for key, value in document.items() if key != "steps"}
        if not units(rest):
            rest.pop("tail_min", None)
        return tariffs.read(rest)
