"""Prices of an entry that end at a time: from then on a stay is charged as if the car entered then."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import translation
from jsonschema import Draft202012Validator

from lots import tariffs
from lots.tariffs import TariffError, ambiguity
from lots.tariffs.all_faults import all_faults
from lots.tariffs.why_not import why_not
from presentation import class_boards, price_board
from tests.console.tariff_forms import through_form
from tests.lots.tariffs import reference
from tests.lots.tariffs.board_cases import by_sentences
from tests.lots.tariffs.board_makers import BY_DAY, NEW, cap, deduct, free, once, per, seen
from tests.lots.tariffs.clause_cases import at
from tests.lots.tariffs.published import DAY_FROM_ENTRY, hourly
from tests.lots.tariffs.stay_times import BERLIN, PLACE, SHANGHAI

PARTS = ("seasons", "classes", "ends", "currency", "exempt", "allows_cheaper_longer", "after_exit_window")


def until(time, *again):
    return {"ends": {"at": time} | dict(zip(["free"], again, strict=False))}


def night(*again, **rule):
    hours = {"from": "22:30", "to": "05:30"}
    return {
        "name": "night",
        "enters": hours,
        "rule": {"steps": per(30, 500), **rule},
        **until("05:30", *again),
    }


STATION = {  # 白天入场：10 分钟内免费，每 15 分钟 10 元；22:30–5:30 入场：每 30 分钟 5 元，计至 5:30
    **NEW,
    **free(10),
    "steps": per(15, 1000),
    "classes": [seen("large", steps=per(15, 2000))],
    "seasons": [night("again")],
}
BY_DATE = {  # 跨零点按自然日分段计费：周六、周日 60 元，其余每小时 4 元、封顶 20 元
    **NEW,
    **cap(2000),
    "cycle": BY_DAY,
    "steps_count": "cycle",
    "steps": hourly(400),
    "seasons": [
        {
            "name": "rest",
            "days": ["sat", "sun"],
            "rule": {"steps": once(6000), "caps": None},
            **until("24:00"),
        }
    ],
    **until("24:00"),
}


def price(document, entered, left, **more):
    tariff = tariffs.read_new(document)
    return tariff.price(at(entered), at(left), "ordinary", place=PLACE, **more)


@pytest.mark.parametrize(
    ("document", "entered", "left", "fen"),
    [
        (STATION, "12-07 22:29", "12-07 23:40", 5 * 1000),
        (STATION, "12-07 22:30", "12-07 23:40", 3 * 500),
        (STATION, "12-07 23:00", "12-08 05:30", 13 * 500),
        (STATION, "12-07 23:00", "12-08 05:40", 13 * 500),  # ten free minutes of an entry at 5:30
        (STATION, "12-07 23:00", "12-08 05:41", 13 * 500 + 1000),
        (STATION, "12-08 05:25", "12-08 05:34", 0),  # all of it is within the free minutes
        (STATION, "12-08 05:25", "12-08 05:36", 500),  # longer than ten minutes, six of them by day
        ({**STATION, "seasons": [night("none")]}, "12-07 23:00", "12-08 05:40", 13 * 500 + 1000),
        (BY_DATE, "12-04 23:00", "12-05 01:00", 400 + 6000),  # Friday to Saturday
        (BY_DATE, "12-05 09:00", "12-07 09:00", 6000 + 6000 + 2000),
        (BY_DATE, "12-07 09:00", "12-07 24:00", 2000),
        (BY_DATE, "12-07 22:30", "12-08 00:30", 800 + 400),
    ],
)
def test_prices_end_at_their_time(document, entered, left, fen):
    left = at(left.replace("07 24:00", "08 00:00"))
    tariff = tariffs.read_new(document)
    assert tariff.price(at(entered), left, "ordinary", place=PLACE).fen == fen
    assert by_sentences(tariff, (at(entered), left), "ordinary", "", PLACE) == fen
    Draft202012Validator(tariffs.schema()).validate(document)
    assert all_faults(document) == []
    assert tariffs.read_new(through_form(document)) == tariff


def test_deducted_minutes_are_those_of_each_entry():
    document = {**STATION, **deduct(30), "seasons": [night("again")], "classes": []}
    del document["classes"]
    assert price(document, "12-08 05:20", "12-08 06:15").fen == 1000
    document["seasons"] = [night("none")]
    assert price(document, "12-08 05:20", "12-08 06:15").fen == 3 * 1000


def test_class_has_its_own_price_later():
    document = {
        **STATION,
        "seasons": [{**night("again"), "classes": [{"name": "large", "rule": {"steps": per(30, 700)}}]}],
    }
    assert price(document, "12-07 23:00", "12-08 06:00", seen="large").fen == 13 * 700 + 2 * 2000


def test_lines_add_up_and_follow_the_stay():
    found = price(BY_DATE, "12-04 23:00", "12-06 01:00")
    assert [(line.code, line.fen) for line in found.lines] == [
        ("units", 400),
        ("new_entry", 0),
        ("flat", 6000),
        ("new_entry", 0),
        ("flat", 6000),
    ]
    assert [line.start for line in found.lines] == [0, 3600, 3600, 25 * 3600, 25 * 3600]


def test_unreached_caps_are_not_explained():
    stay = at("12-06 23:00"), at("12-07 09:00")
    tariff = tariffs.read_new(
        {
            **BY_DATE,
            **free(5),
            **until("24:00", "none"),
            "seasons": [{**BY_DATE["seasons"][0], **until("24:00", "none")}],
        }
    )
    found = tariff.price(*stay, "ordinary", place=PLACE)
    assert [one.code for one in why_not(tariff, found, *stay, "ordinary", place=PLACE)] == ["not_free"]


def test_clock_that_turns_back_ends_once():
    """In Berlin the clock shows 2 o'clock twice on 25 October; the first one counts."""
    place = tariffs.Place(BERLIN, PLACE.calendar)
    late = {"name": "late", "enters": {"from": "20:00", "to": "02:00"}, "rule": {"steps": hourly(100)}}
    tariff = tariffs.read_new({**NEW, "steps": hourly(500), "seasons": [{**late, **until("02:00")}]})
    stay = at("10-24 23:00", BERLIN), at("10-25 03:00", BERLIN)
    assert tariff.price(*stay, "ordinary", place=place).fen == 3 * 100 + 2 * 500


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        (until("24:00"), "ends.free", "is missing"),
        ({"free": None}, "seasons[0].ends.free", "there are no free minutes"),
        (
            {"seasons": [{**night("again"), "ends": {"at": "5:30", "free": "again"}}]},
            "seasons[0].ends.at",
            "time",
        ),
        ({"seasons": None, **until("24:00", "none")}, "ends", "there are no seasons"),
        ({"month_cap": 90000}, "seasons[0].ends", "several stays"),
        (
            {"free": {"minutes": 10, "mode": "threshold", "repeat": "once_a_day"}},
            "seasons[0].ends",
            "several",
        ),
        (
            {"reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}},
            "seasons[0].ends",
            "several stays",
        ),
    ],
)
def test_contradiction_is_refused(change, path, reason):
    document = {key: value for key, value in {**STATION, **change}.items() if value is not None}
    with pytest.raises(TariffError, match=reason) as fault:
        tariffs.read_new(document)
    assert fault.value.path == path


def test_free_minutes_of_charged_hours_are_refused():
    band = [{"name": "noon", "from": "12:00", "to": "13:00", "free": True}]
    document = {**STATION, "bands": band, "crossing": "sum_per_band"}
    document["free"] = {**document["free"], "charged_hours_only": True}
    with pytest.raises(TariffError, match="charged hours only"):
        tariffs.read_new(document)


def test_boards_state_until_when():
    with translation.override("zh-hans"):
        station = tariffs.read_new(STATION)
        season = class_boards.class_boards(station, PLACE)[1]
        assert season.sentences[-1] == (
            "入场时的标准计至下一个 05:30 止；届时仍未离场的，自该时刻起视同新入场计费，并重新享受免费时长。"
        )
        assert "整次停车" not in " ".join(price_board.conditions(station))
        assert dict(season.examples)["8 小时"] == "¥110.00"  # 22:30 to 5:30, then an hour by day
        dates = price_board.conditions(tariffs.read_new(BY_DATE))
        assert dates[0] == "入场时的标准计至下一个 24:00 止；届时仍未离场的，自该时刻起视同新入场计费。"
        lasting = {"name": "peak", "dates": ["07-01/08-31"], "rule": {"steps": hourly(900)}}
        mixed = price_board.conditions(tariffs.read_new({**STATION, "seasons": [lasting, night("again")]}))
        assert mixed[:2] == [
            "入场日期另有标准的，整次停车按该标准收费。",
            "标明计至某一时刻的标准，只计至该时刻。",
        ]


def test_end_and_free_minutes_are_asked():
    found = {one.axis: one for one in ambiguity.find(STATION, place=PLACE)}
    assert (found["season_end"].ours, found["season_end"].other) == ("season_until_end", "season_of_entry")
    assert (found["season_free"].ours, found["season_free"].other) == ("free_after_end", "no_free_after_end")
    assert found["season_end"].fen != found["season_end"].other_fen


def by_minutes(document, entered, left, *, free=True):
    """Return the price by the second engine, each part with the document of its entry."""
    season = next((one for one in document["seasons"] if holds(one, entered)), None)
    ends = (season or document).get("ends")
    merged = {**document, **(season["rule"] if season else {})}
    rule = {key: value for key, value in merged.items() if key not in PARTS and value is not None}
    stop = entered + timedelta(minutes=1)
    while ends and f"{stop:%H:%M}" != ends["at"].replace("24", "00"):
        stop += timedelta(minutes=1)
    stop = left if not ends else min(stop, left)
    if stop < left and free and rule["free"]["mode"] == "threshold":
        if left - entered <= timedelta(minutes=rule["free"]["minutes"]):
            return 0
        free = False
    if not free:
        rule.pop("free", None)
        rule.pop("cycle_starts", None)
    cost = reference.cost(rule, entered, stop, SHANGHAI, PLACE.calendar)
    return cost + (by_minutes(document, stop, left, free=ends["free"] == "again") if stop < left else 0)


def holds(season, entered):
    start, end = season["enters"]["from"], season["enters"]["to"]
    now = f"{entered:%H:%M}"
    return (start <= now < end) if start < end else (now >= start or now < end)


def some_document(random):
    """Return hourly prices with caps, a night of entry hours, and free minutes, all at random."""
    threshold = random.choice([True, False])
    clock = ("00:00", "03:30", "05:30", "12:00", "19:00", "22:30")
    start, end = random.sample(clock, 2)
    seasons = [
        {
            "name": "night",
            "enters": {"from": start, "to": end},
            "rule": {"steps": per(30, random.randint(1, 500))},
        }
    ]
    document = {
        **NEW,
        **(free(random.choice([10, 90])) if threshold else deduct(random.choice([10, 90]))),
        **cap(random.randint(1000, 3000)),
        "cycle": random.choice([BY_DAY, DAY_FROM_ENTRY]),
        "steps_count": random.choice(["stay", "cycle"]),
        "steps": [{"until_min": 60, "unit_min": 20, "price": random.randint(1, 400)}, *hourly(300)],
        "seasons": seasons,
    }
    if not threshold and document["cycle"] == DAY_FROM_ENTRY:
        document["cycle_starts"] = random.choice(["entry", "after_free"])
    ends = [until(random.choice(clock), random.choice(["again", "none"])) for _ in range(2)]
    seasons[0] |= ends[0]
    return document | (ends[1] if random.randrange(2) else {})


def test_random_stays_agree():
    random = Random(20261129)
    for _ in range(40):
        document = some_document(random)
        tariff = tariffs.read(document)
        for _ in range(2):
            entered = at("04-27 00:00") + timedelta(minutes=random.randrange(7 * 1440))
            left = entered + timedelta(minutes=random.randrange(random.choice([120, 2000])))
            fen = tariff.price(entered, left, "ordinary", place=PLACE).fen
            assert fen == by_minutes(document, entered, left), (document, entered, left)
            assert fen == by_sentences(tariff, (entered, left), "ordinary", "", PLACE), (
                document,
                entered,
                left,
            )
            longer = tariff.price(entered, left + timedelta(minutes=7), "ordinary", place=PLACE).fen
            assert longer >= fen, (document, entered, left)
