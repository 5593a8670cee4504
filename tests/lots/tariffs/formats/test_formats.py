"""Tariffs in the formats of others: there and back, what is lost, and what is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lots import tariffs
from lots.tariffs import TariffError
from lots.tariffs.exchange import FORMATS, apds, pcloud_charge, untrusted
from lots.tariffs.exchange.losses import Loss
from presentation.tariff_losses import in_both_languages
from tests.effort import cases
from tests.lots.tariffs.documents import documents, tariff_of
from tests.lots.tariffs.published import BAILIAN, HONGQIAO, NANNING, OTHERS, PUBLISHED, hourly, simple

NOON = datetime(2026, 4, 28, 4, tzinfo=UTC)
SAMPLE = {"free_time": 15, "max": 3000, "more": {"price": 300, "unit": 60}, "type": 1}
FREE = {"minutes": 30, "mode": "threshold", "repeat": "once"}
NO_CYCLE = {**OTHERS, "cycle": {"basis": "none"}, "steps_count": "stay", "steps": hourly(1000)}
BY_DAY = {**NO_CYCLE, "cycle": {"basis": "calendar_day", "reset": "06:00"}, "steps_count": "cycle"}
CAPPED = {"caps": [{"cycle": "each", "amount": 3000}], "caps_count": "per_cycle"}
TWO = [{"until_min": 90, "unit_min": 60, "price": 1000}, *hourly(550, 30)]


def cost(tariff, minutes, entered_at=NOON):
    return tariff.price(entered_at, entered_at + timedelta(minutes=minutes), "ordinary").fen


def lost(name, document):
    return [loss.code for loss in FORMATS[name].export(tariffs.read(document))[1]]


@pytest.mark.parametrize(("minutes", "fen"), [(15, 0), (16, 300), (61, 600), (660, 3000), (1441, 3300)])
def test_pcloud_sample_prices(minutes, fen):
    assert cost(tariffs.read(pcloud_charge.load(SAMPLE)[0]), minutes) == fen


def test_pcloud_assumptions_are_reported():
    codes = {loss.code for loss in pcloud_charge.load(SAMPLE)[1]}
    assert codes == {
        *("type_assumed", "rounding_assumed", "free_mode_assumed"),
        *("cycle_assumed", "exempt_assumed", "overstay_assumed"),
    }
    least = {loss.code for loss in pcloud_charge.load({"type": 1, "more": SAMPLE["more"]})[1]}
    assert codes - least == {"free_mode_assumed", "cycle_assumed"}


def test_wrapped_charge_json_is_read():
    document, taken = pcloud_charge.load({"charge_json": json.dumps(SAMPLE), "charge_depict": "首15分钟免费"})
    assert document == pcloud_charge.load(SAMPLE)[0] == pcloud_charge.load({"charge_json": SAMPLE})[0]
    assert taken[0] == Loss("free_text", "charge_depict")
    assert "free_text" not in {loss.code for loss in pcloud_charge.load({"charge_json": SAMPLE})[1]}


def test_simple_tariff_exports_as_charge_json():
    document = {**simple(300, 3000), "free": FREE | {"minutes": 15}}
    assert pcloud_charge.export(tariffs.read(document)) == (SAMPLE, ())


def test_apds_rate_table_round_trips():
    document = {**BY_DAY, **CAPPED, "steps": TWO, "max_stay_min": 2880}
    data, gone = apds.export(tariffs.read(document))
    assert gone == ()
    assert data == {
        "rateLineCollections": [
            {
                "collectionSequence": 1,
                "applicableCurrency": "CNY",
                "relativeTimes": True,
                "resetTime": "06:00",
                "maxTime": "PT48H",
                "rateLines": [
                    {
                        "sequence": 1,
                        "rateLineType": "incrementingRate",
                        "value": 10,
                        "durationStart": "PT0M",
                        "incrementPeriod": "PT1H",
                        "durationEnd": "PT90M",
                    },
                    {
                        "sequence": 2,
                        "rateLineType": "incrementingRate",
                        "value": 5.5,
                        "durationStart": "PT90M",
                        "incrementPeriod": "PT30M",
                        "maxValue": 10,
                    },
                ],
            }
        ]
    }
    assert apds.load(data)[0] == {**document, "format": 3}


def test_deducted_minutes_export_as_flat_tier():
    document = {**NO_CYCLE, "free": FREE | {"mode": "deduct"}}
    data, gone = apds.export(tariffs.read(document))
    assert gone == ()
    first = data["rateLineCollections"][0]["rateLines"][0]
    assert (first["rateLineType"], first["value"], first["durationEnd"]) == ("flatRateTier", 0, "PT30M")
    back = tariffs.read(apds.load(data)[0])
    assert [cost(back, minutes) for minutes in (30, 31, 90, 91)] == [0, 1000, 1000, 2000]


@pytest.mark.parametrize(
    ("document", "pcloud_loses", "apds_loses"),
    [
        ({**NO_CYCLE, "free": FREE}, [], ["free_minutes"]),
        ({**NO_CYCLE, "free": FREE | {"mode": "deduct"}}, ["free_mode"], []),
        ({**BY_DAY, "free": FREE | {"repeat": "each_cycle"}}, ["free_repeat", "cycle"], ["free_minutes"]),
        ({**BY_DAY, "free": FREE | {"mode": "deduct"}}, ["free_mode", "cycle"], ["free_minutes"]),
        ({**NO_CYCLE, "rounding": "full"}, ["rounding"], ["rounding"]),
        ({**NO_CYCLE, "steps": TWO}, ["steps"], []),
        ({**NO_CYCLE, "steps": [{"until_min": 60, "flat": 500}, *hourly(100)]}, ["steps", "flat"], []),
        ({**NO_CYCLE, "stay_cap": 5000}, ["stay_cap"], []),
        ({**BY_DAY, **CAPPED}, ["cycle"], []),
        ({**BY_DAY, "steps": TWO, "steps_count": "stay"}, ["steps", "cycle"], ["steps_run_on"]),
        ({**BY_DAY, **CAPPED, "steps": [{"until_min": 300, "unit_min": 60, "price": 1000}, *hourly(1)]},
         ["steps", "cycle"], ["caps"]),
        ({**BY_DAY, "stay_cap": 5000}, ["stay_cap", "cycle"], ["stay_cap"]),
        (simple(1000, 3000), [], ["cycle", "caps"]),
        (simple(1000), [], []),
        (simple(1000, minutes=7), ["cycle"], ["cycle"]),
        ({**simple(1000, 3000), "cycle": {"basis": "from_entry", "hours": 12}}, ["cycle"], ["cycle", "caps"]),
        (HONGQIAO, ["steps", "caps_rising"], ["cycle", "caps"]),
        (PUBLISHED["1 cumulative"], ["steps", "caps_rising"], ["cycle", "caps"]),
        (BAILIAN, ["bands", "cycle"], ["bands", "free_minutes"]),
        (NANNING, ["classes", "free_mode"], ["classes"]),
        ({**NO_CYCLE, "exempt": []}, ["exempt"], ["exempt"]),
        ({**NO_CYCLE, "exempt": ["emergency", "police"]}, ["exempt"], ["exempt"]),
        ({**NO_CYCLE, "passes": [{"name": "month", "price": 100}]}, ["passes"], ["passes"]),
        ({**NO_CYCLE, "reentry": {"as": "one_stay", "window": {"from": "day"}, "gap": "free"}},
         ["reentry"], ["reentry"]),
        ({**NO_CYCLE, "after_exit_window": "extra_time"}, ["after_exit_window"], ["after_exit_window"]),
        ({**NO_CYCLE, "max_stay_min": 600}, ["max_stay"], []),
    ],
)  # fmt: skip
def test_each_loss_is_named(document, pcloud_loses, apds_loses):
    assert lost("pcloud", document) == pcloud_loses
    assert lost("apds", document) == apds_loses


def test_reached_limits_export_as_stated():
    flats = [{"until_min": 1, "flat": 100}, {"until_min": 90, "flat": 200}, {"until_min": None, "flat": 300}]
    data, gone = apds.export(tariffs.read({**NO_CYCLE, "format": 3, "steps": flats, "reached": ["steps"]}))
    lines = data["rateLineCollections"][0]["rateLines"]
    assert [line.get("durationEnd") for line in lines] == ["PT1M", "PT90M", None]
    assert Loss("reached", "reached") in gone
    assert tariffs.read(apds.load(data)[0]).rule.steps[0].until == 60
    free = {"minutes": 15, "mode": "threshold", "repeat": "once"}
    short = tariffs.read({**NO_CYCLE, "format": 3, "free": free, "reached": ["free"]})
    assert pcloud_charge.export(short)[0]["free_time"] == 15


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=cases(50))
@given(documents(), st.lists(st.integers(0, 4000), min_size=4, max_size=4), st.integers(0, 1439))
def test_lossless_export_keeps_prices(name, document, stays, start):
    tariff = tariff_of(document)
    steps = tariff.rule.steps
    found = any(step.unit for step in steps) if name == "pcloud" else bool(steps) and not steps[-1].total
    if not found:
        with pytest.raises(TariffError, match="steps"):
            FORMATS[name].export(tariff)
        return
    data, gone = FORMATS[name].export(tariff)
    assert json.loads(json.dumps(data)) == data
    back = tariffs.read(FORMATS[name].load(data)[0])
    assert FORMATS[name].export(back)[0] == data  # even a poorer copy is a fixed point
    if not gone:
        entered_at = NOON + timedelta(minutes=start)
        assert [cost(back, one, entered_at) for one in stays] == [
            cost(tariff, one, entered_at) for one in stays
        ]


@settings(max_examples=cases(30))
@given(
    st.sampled_from([NO_CYCLE, BY_DAY, {**BY_DAY, **CAPPED}, {**NO_CYCLE, "stay_cap": 7000}]),
    st.sampled_from([hourly(1000), hourly(350, 30), TWO]),
    st.sampled_from([{}, {"minutes": 30}, {"minutes": 1}]),
    st.lists(st.integers(0, 4000), min_size=4, max_size=4),
)
def test_apds_exports_deducting_tariffs_losslessly(base, steps, free, stays):
    document = {**base, "steps": steps}
    if free:
        again = "once" if document["cycle"]["basis"] == "none" else "each_cycle"
        document["free"] = {**free, "mode": "deduct", "repeat": again}
    tariff = tariffs.read(document)
    data, gone = apds.export(tariff)
    assert gone == ()
    back = tariffs.read(apds.load(data)[0])
    assert [cost(back, one) for one in stays] == [cost(tariff, one) for one in stays]


@settings(max_examples=cases(30))
@given(st.integers(0, 1439), st.none() | st.integers(1000, 9000), st.integers(0, 1000), st.integers(1, 1440))
def test_charge_json_round_trips(free, most, price, unit):
    data = {"type": 1, "free_time": free, "more": {"price": price, "unit": unit}}
    if most is not None:
        data["max"] = most
    assert pcloud_charge.export(tariffs.read(pcloud_charge.load(data)[0])) == (data, ())


def table(**line):
    whole = {"sequence": 1, "rateLineType": "incrementingRate", "incrementPeriod": "PT1H", "value": 10} | line
    whole = {key: value for key, value in whole.items() if value is not ...}
    collection = {"collectionSequence": 1, "applicableCurrency": "CNY", "rateLines": [whole]}
    return {"rateLineCollections": [collection]}


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


LINE = "rateLineCollections[0].rateLines[0]"


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("pcloud", SAMPLE | {"type": 2}, "type"),
        ("pcloud", SAMPLE | {"type": True}, "type"),
        ("pcloud", SAMPLE | {"first": 5}, "first"),
        ("pcloud", SAMPLE | {"max": "3000"}, "max"),
        ("pcloud", SAMPLE | {"max": 0}, "max"),
        ("pcloud", SAMPLE | {"max": 299}, "max"),
        ("pcloud", SAMPLE | {"max": 3000.0}, "max"),
        ("pcloud", SAMPLE | {"free_time": float("nan")}, "free_time"),
        ("pcloud", SAMPLE | {"free_time": -1}, "free_time"),
        ("pcloud", SAMPLE | {"free_time": 1440}, "free_time"),
        ("pcloud", SAMPLE | {"more": {"price": 300}}, "more.unit"),
        ("pcloud", SAMPLE | {"more": {"price": "300", "unit": 60}}, "more.price"),
        ("pcloud", SAMPLE | {"more": {"price": 300, "unit": 0}}, "more.unit"),
        ("pcloud", SAMPLE | {"more": [300, 60]}, "more"),
        ("pcloud", SAMPLE | {"more": deep(5000)}, ""),
        ("pcloud", {"charge_json": SAMPLE | {"max": 0}}, "charge_json.max"),
        ("pcloud", {"charge_json": "[" * 100_000}, "charge_json"),
        ("pcloud", {"charge_json": "{"}, "charge_json"),
        ("pcloud", {"charge_json": SAMPLE, "charge_depict": 5}, "charge_depict"),
        ("pcloud", [SAMPLE], ""),
        ("pcloud", None, ""),
        ("pcloud", SAMPLE | {"x" * 5000: 1}, ""),
        ("pcloud", [0] * 1_000_000, ""),
        ("apds", {}, "rateLineCollections"),
        ("apds", {"rateLineCollections": []}, "rateLineCollections"),
        ("apds", {"rateLineCollections": [{}, {}]}, "rateLineCollections"),
        ("apds", table(value="10"), f"{LINE}.value"),
        ("apds", table(value=True), f"{LINE}.value"),
        ("apds", table(value=0.001), f"{LINE}.value"),
        ("apds", table(value=float("inf")), f"{LINE}.value"),
        ("apds", table(value=-1), f"{LINE}.value"),
        ("apds", table(value=10**400), f"{LINE}.value"),
        ("apds", table(rateLineType="perUnit"), f"{LINE}.rateLineType"),
        ("apds", table(rateLineType=["flatRate"]), f"{LINE}.rateLineType"),
        ("apds", table(rateLineType="flatRate"), f"{LINE}.incrementPeriod"),
        ("apds", table(incrementPeriod=...), f"{LINE}.incrementPeriod"),
        ("apds", table(incrementPeriod="PT0M"), f"{LINE}.incrementPeriod"),
        ("apds", table(incrementPeriod="P"), f"{LINE}.incrementPeriod"),
        ("apds", table(incrementPeriod="60"), f"{LINE}.incrementPeriod"),
        ("apds", table(incrementPeriod="PT１H"), f"{LINE}.incrementPeriod"),
        ("apds", table(durationStart="PT1H"), f"{LINE}.durationStart"),
        ("apds", table(durationEnd="PT1H"), f"{LINE}.durationEnd"),
        ("apds", table(sequence=2), f"{LINE}.sequence"),
        ("apds", table(minValue=1), f"{LINE}.minValue"),
    ],
)
def test_invalid_import_names_path(name, data, path):
    with pytest.raises(TariffError) as refused:
        FORMATS[name].load(data)
    assert refused.value.path == path
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"applicableCurrency": "GBP"}, "applicableCurrency"),
        ({"relativeTimes": False}, "relativeTimes"),
        ({"relativeTimes": 1}, "relativeTimes"),
        ({"resetTime": "24:00"}, "resetTime"),
        ({"maxTime": "soon"}, "maxTime"),
        ({"validStart": 5}, "validStart"),
        ({"taxIncluded": "yes"}, "taxIncluded"),
        ({"collectionSequence": 2}, "collectionSequence"),
    ],
)
def test_unsupported_collection_value_is_refused(change, key):
    data = table()
    data["rateLineCollections"][0] |= change
    with pytest.raises(TariffError) as refused:
        apds.load(data)
    assert refused.value.path == f"rateLineCollections[0].{key}"


def test_bare_duration_is_read_as_minutes():
    document, taken = apds.load(table(incrementPeriod=60))
    assert document["steps"] == hourly(1000)
    assert Loss("duration_assumed", "steps") in taken


@pytest.mark.parametrize(
    "text",
    [
        '{"type": 1, "type": 1}',
        '{"free_time": NaN}',
        '{"free_time": Infinity}',
        '{"free_time": 1e999}',
        '{"free_time": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '"' + "x" * 300_000 + '"',
        '"' + "x" * 3000 + '"',
        "",
    ],
)
def test_excessive_json_text_is_refused(text):
    with pytest.raises(TariffError):
        untrusted.parse(text)


@settings(max_examples=cases(70))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "more", "price", "rateLineCollections", "value"]), inner
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["apds", "pcloud"]),
)
def test_random_import_raises_only_tariff_error(data, name):
    for value in (
        data,
        SAMPLE | {"more": data},
        SAMPLE | {"max": data},
        table(value=data),
        table(maxValue=data),
    ):
        try:
            tariffs.read(FORMATS[name].load(value)[0])
        except TariffError:
            continue


def test_losses_are_described_in_both_languages():
    text = in_both_languages(Loss("bands", "x"))
    assert text.startswith("x: times of day")
    assert "分时段" in text
    assert text.endswith("(bands)")
