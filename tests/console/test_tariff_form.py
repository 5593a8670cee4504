"""The tariff form: it says every document, shows all faults beside their fields, needs no script."""

import json
import re
from contextlib import suppress
from html import unescape
from html.parser import HTMLParser

import pytest
from django.http import QueryDict
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from console.tariff_form import acted, document_of_form, fen_of, field_path, fields_of, paths
from console.tariff_names import LISTS, key_of, name_fault
from lots import tariff_drafts, tariffs
from lots.tariffs.all_faults import all_faults
from lots.tariffs.presets import NEW, PRESETS
from staff.models import Role
from tests.console.tariff_forms import controls, sent, through_form, typed_without_scripts
from tests.console.test_tariffs import live, lot, page
from tests.effort import cases
from tests.factories import client_of
from tests.lots.tariffs.documents import VALUES, documents, tariff_of
from tests.lots.tariffs.published import PUBLISHED
from tests.lots.tariffs.shared_boards import CHANGI, EARLY_AND_LATE

__all__ = ["lot"]
GAP_BANDS = (
    {"from": "22:00", "to": "23:00", "free": True},
    {"from": "23:00", "to": "08:00", "free": True},
)
GAP = (("day", "08:00", "21:59"), ("night", "22:00", "07:59"))
ADDRESS = "/console/tariffs/own/draft"
TOO_LONG = json.dumps(NEW) + " " * tariff_drafts.MOST_TEXT + "end"


class Fields(HTMLParser):
    """What a browser would send of a page's editor."""

    def __init__(self):
        super().__init__()
        self.sent = QueryDict(mutable=True)
        self.select = self.area = ""
        self.chosen = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        name, kind = attrs.get("name", ""), attrs.get("type", "text")
        if tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in attrs):
            self.sent.appendlist(name, attrs.get("value", ""))
        elif tag == "select":
            self.select, self.chosen = name, None
        elif tag == "option" and (self.chosen is None or "selected" in attrs):
            self.chosen = attrs.get("value", "")
        elif tag == "textarea":
            self.area, self.text = name, ""

    def handle_data(self, data):
        if self.area:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "select" and self.select:
            self.sent.appendlist(self.select, self.chosen or "")
            self.select = ""
        elif tag == "textarea" and self.area:
            self.sent.appendlist(self.area, self.text)
            self.area = ""


def fields_on(html):
    """Return what a browser would send of this page, or of a part of it."""
    fields = Fields()
    fields.feed(html)
    return fields.sent.dict()


FORMAT_3 = [*PRESETS.values(), *map(tariffs.document_formats.latest, PUBLISHED.values())]


@pytest.mark.parametrize("document", FORMAT_3)
def test_form_expresses_real_boards(document):
    assert tariffs.read(through_form(document)) == tariffs.read(document)


@settings(max_examples=cases(50))
@given(documents())
def test_form_expresses_every_document(document):
    tariff_of(document)
    if "steps" in document:
        try:
            expected = tariffs.read(document)
        except tariffs.TariffError:
            return
        assert tariffs.read(through_form(document)) == expected


@pytest.mark.parametrize("document", FORMAT_3[::4])
def test_board_is_typed_without_scripts(document):
    typed = typed_without_scripts(document, PRESETS["mall"])
    assert tariffs.read(typed) == tariffs.read(document)


@settings(max_examples=cases(20))
@given(documents())
def test_document_is_typed_without_scripts(document):
    if "steps" in document:
        try:
            expected = tariffs.read(document)
        except tariffs.TariffError:
            return
        assert tariffs.read(typed_without_scripts(document, PRESETS["mall"])) == expected


WORDS = {"yuan", "minutes", "number", "time"}  # kinds of field with a value of their own


@pytest.mark.parametrize("value", ["-1", "1e9", "二", "1.0050001", "24:01"])
@pytest.mark.parametrize("document", [EARLY_AND_LATE, *FORMAT_3[::6]])
def test_wrong_value_has_its_fault_at_its_field(document, value):
    base = sent(fields_of(document, {}))
    kinds = {name: kind for name, kind in kinds_of(fields_of(document, {})) if kind in WORDS}
    for name in sorted(kinds.keys() & set(controls(fields_of(document, {}))) & base.keys()):
        if base[name]:
            data = base.copy()
            data[name] = value
            typed = document_of_form(data)
            assert [field_path(typed, fault.path) for fault in all_faults(typed)] == [name]


def kinds_of(nodes):
    """Yield the name and the kind of each field."""
    for node in nodes:
        yield node.get("name"), node.get("kind")
        for inner in (node.get("nodes", ()), *(row["nodes"] for row in node.get("rows", ()))):
            yield from kinds_of(inner)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("8", 800),
        ("8.5", 850),
        ("0.035", "3.5"),
        ("¥5", 500),
        ("-1", "-1"),
        ("１２.５", 1250),  # as a Chinese keyboard types digits
        ("8.", 800),
        ("¥８元", 800),
        ("￥ 8.50", 850),
        ("8 元", 800),
        ("1,000", 100000),
        ("1e3", "1e3"),
        ("1e40", "1e40"),
        ("1e999999999", "1e999999999"),
        ("NaN", "NaN"),
        ("八元", "八元"),
        ("0.0000001", "0.0000001"),
        ("9" * 12, "9" * 12),
    ],
)
def test_typed_amount_is_exact(text, fen):
    assert fen_of(text) == fen


@pytest.mark.parametrize("text", ["-5", "9999999999", "0.0000001", "1e3", "五元"])
def test_refused_amount_is_shown_as_typed(text):
    data = sent(fields_of(NEW, {}))
    data["stay_cap"] = data["steps[0].price"] = text
    shown = sent(fields_of(document_of_form(data), {}))
    assert (shown["stay_cap"], shown["steps[0].price"]) == (text, text)


def test_full_width_numbers_are_understood():
    data = sent(fields_of(acted(json.loads(json.dumps(NEW)), "add:bands"), {}))
    data["has:free"], data["free.minutes"] = "1", "３０"
    data["bands[0].from"], data["bands[0].to"] = "２１：００", "7:00"
    document = document_of_form(data)
    band = document["bands"][0]
    assert (document["free"]["minutes"], band["from"], band["to"]) == (30, "21:00", "07:00")


def test_gap_of_a_minute_is_named():
    day, night = ({"name": name, "from": a, "to": b, "flat": 500} for name, a, b in GAP)
    bands = {"bands": [day, night], "crossing": "sum_per_band", "after_cycle": "run_on"}
    assert [error.path for error in all_faults({**NEW, **bands})] == ["bands[0]", "bands[1]"]


def test_wrong_name_causes_one_fault():
    answers = {"crossing": "sum_per_band", "band_days": "moment", "after_cycle": "begin_again"}
    band = {"name": "周六", "from": "00:00", "to": "24:00", "days": ["sat"], "steps": NEW["steps"]}
    cycle = {"basis": "from_entry", "hours": 24}
    document = {**NEW, "cycle": cycle, "bands": [band], **answers}
    assert [one.path for one in all_faults(document)] == ["bands[0].name"]
    assert "crossing" in [one.path for one in all_faults({**NEW, **answers})]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_names_are_shown_and_typed_as_words(language):
    """An operator writes what hangs at the entrance, not the key that it has in the document."""
    named = {
        "bands": [{**band, "name": name} for band, name in zip(GAP_BANDS, ("night", "late"), strict=True)],
        "shared_caps": [{"bands": ["night", "late"], "amount": 100}],
        "offers": [{"name": "early_bird"}],
        "passes": [{"name": "month", "price": 100}],
        "seasons": [{"name": "peak", "rule": {}}],
    }
    with translation.override(language):
        fields = sent(fields_of({**NEW, **named}, {}))
        words = [fields[f"{part}[0].name"] for part in ("bands", "offers", "passes", "seasons")]
        document = document_of_form(fields)
    assert not {"night", "early_bird", "month", "peak"} & set(words)
    assert fields["bands[1].name"] == "late"
    assert fields["shared_caps[0].bands"] == f"{words[0]}\nlate"
    assert [document[part][0]["name"] for part in ("bands", "offers", "passes", "seasons")] == [
        "night",
        "early_bird",
        "month",
        "peak",
    ]
    assert document["shared_caps"][0]["bands"] == ["night", "late"]


@pytest.mark.parametrize(
    ("part", "typed", "read"),
    [
        ("bands", "白天", "day"),
        ("bands", "夜里", "night"),
        ("bands", " 日间", "day"),
        ("bands", "晚上", "晚上"),  # may be the evening or the night
        ("bands", "工作日", "工作日"),
        ("offers", "早鸟", "early_bird"),
        ("offers", "周末", "weekend"),
        ("passes", "夜卡", "night"),
        ("passes", "月租", "month"),
        ("seasons", "长假", "golden_week"),
    ],
)
def test_clear_words_are_read_as_names(part, typed, read):
    with translation.override("zh-hans"):
        fields = sent(fields_of({**NEW, part: [{"name": "x"}]}, {}))
        fields[f"{part}[0].name"] = typed
        document = document_of_form(fields)
        assert document[part][0]["name"] == read
        if read != typed:  # the page shows how it was read
            shown = sent(fields_of(document, {}))[f"{part}[0].name"]
            assert key_of(LISTS[part], shown) == read
            assert shown in {str(word) for word in LISTS[part].values()}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("工作日", "请在下面的“适用日期”里勾选，名称请填 日间、晚间、夜间"),
        ("晚上", "列表里没有“晚上”：请填 日间、晚间、夜间"),
        ("noon", ""),
    ],
)
def test_other_words_say_what_to_type(typed, words):
    with translation.override("zh-hans"):
        fault = name_fault({"bands": [{"name": typed}]}, "bands[0].name")
    assert words in fault
    assert bool(words) == bool(fault)


def test_taken_out_word_causes_no_fault():
    classes = [{"name": name, "kinds": ["nev_large"], "rule": {"free": None}} for name in ("large", "goods")]
    assert [error.path for error in all_faults({**NEW, "classes": classes})] == ["classes[1].kinds[0]"]


def test_list_fault_is_beside_its_field():
    document = {**NEW, "reached": ["free"], "exempt": ["emergency", "x"], "caps": ["y"]}
    for path, shown in (("reached[0]", "reached"), ("exempt[1]", "exempt"), ("steps[0]", "steps[0]")):
        assert field_path(document, path) == shown


def test_all_faults_are_named_at_once():
    document = {
        **NEW,
        "rounding": "maybe",
        "free": {"minutes": "x", "mode": "threshold"},
        "steps": [{"until_min": None, "unit_min": 0, "price": "abc"}],
        "bands": [{"name": "night", "from": "25:00", "to": "08:00", "flat": -5}],
        "percent": 5000,
    }
    found = {error.path for error in all_faults(document)}
    assert found >= {
        *("rounding", "free.minutes", "free.repeat", "steps[0].unit_min", "steps[0].price"),
        *("bands[0].from", "bands[0].flat", "crossing", "after_cycle", "percent"),
    }
    shown = set(paths(fields_of(document, {})))
    assert found <= shown


def test_valid_document_has_no_fault():
    assert [all_faults(one) for one in FORMAT_3] == [[]] * len(FORMAT_3)


@settings(max_examples=cases(40))
@given(documents())
def test_faults_end_for_any_document(document):
    document["steps"] = [{"until_min": "x"}]
    document["bands"] = [{"name": 5}, "no band"]
    assert all_faults(document)


def test_rows_are_added_moved_and_removed():
    document = acted(json.loads(json.dumps(NEW)), "add:steps")
    assert [step["until_min"] for step in document["steps"]] == ["", None]
    document["steps"][0]["price"] = 111
    document = acted(document, "up:steps[1]")
    assert [step["until_min"] for step in document["steps"]] == ["", None]
    assert document["steps"][1]["price"] == 111
    document = acted(document, "remove:steps[0]")
    assert [(step["until_min"], step["price"]) for step in document["steps"]] == [(None, 111)]
    for _ in range(2):
        document = acted(document, "add:bands")
    assert [band["name"] for band in document["bands"]] == ["night", "night_2"]
    document = acted(document, "add:bands[1].steps")
    assert len(document["bands"][1]["steps"]) == 2
    document = acted(acted(document, "add:seasons"), "add:seasons[0].classes")
    assert document["seasons"][0]["classes"] == [{"name": "large", "rule": {}}]
    for act in ("add:", "add:steps[9].x", "remove:nothing[0]", "remove:steps[9]", "up:cycle[1]", "add:cycle"):
        assert acted(document, act)


HOSTILE = [
    "",
    "null",
    "[]",
    '"text"',
    "{",
    '{"format": NaN}',
    '{"format": 3, "format": 3}',
    '{"format": %s}' % ("9" * 5000),
    '{"steps": [{"price": "1.5e999999999"}]}',
    '{"stay_cap": -5, "percent": 1e400}',
    '{"format": %s}' % ("[" * 500 + "]" * 500),
    "[" * 20_000,
    '{"currency": "\\ud800", "bands": [{"name": "\\ud800"}]}',
    '{"\\u0000": 1, "bands": "\0"}',
    '{"steps": {}, "bands": {"0": 1}, "free": [], "cycle": 5, "classes": [[]], "seasons": [{"rule": 1}]}',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_editor_survives_any_text(lot, text):
    client = client_of(Role.OWNER, lot)
    for act in ("text", "preview", "add:steps", "answer:free_mode"):
        assert client.post(ADDRESS, {"act": act, "text": text}).status_code == 200
        live(client, act=act, text=text)
    saved = client.post(ADDRESS, {"act": "save", "text": text, "revision": "0"})
    assert saved.status_code == 302
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    assert 'id="sign"' not in page(answer)


@pytest.mark.parametrize(
    "value", ["1e40", "1e999999999", "NaN", "-0", "٣", "9" * 400, "\ud7ff", "<b>", "null"]
)
def test_form_survives_any_value(lot, value):
    data = sent(fields_of(PRESETS["mall_night"], {}))
    for key in [key for key in data if key != "form"]:
        data[key] = value
    answer = client_of(Role.OWNER, lot).post(ADDRESS, {**data.dict(), "act": "preview"})
    assert answer.status_code == 200


def test_page_sends_back_the_document_it_shows(lot):
    client = client_of(Role.OWNER, lot)
    fields = Fields()
    fields.feed(page(client.post(ADDRESS, {"act": "text", "text": json.dumps(EARLY_AND_LATE)})))
    answer = live(client, **{**fields.sent.dict(), "act": "preview"})
    assert tariffs.read(json.loads(answer["text"])) == tariffs.read(EARLY_AND_LATE)


@pytest.mark.parametrize("text", ['{"format": 3, ', TOO_LONG], ids=["half", "long"])
def test_unread_text_survives_the_next_request(lot, text):
    client = client_of(Role.OWNER, lot)
    answer = live(client, act="text", text=text)
    data = fields_on(answer["fields"]) | {"was": answer["was"], "text": text}
    assert live(client, **data, act="stay", enter="600", leave="700")["text"] == text
    assert fields_on(page(client.post(ADDRESS, {**data, "act": "preview"})))["text"] == text


def test_rows_have_names_when_read_aloud(lot):
    """The fields of two rows have the same labels: each row is a group with its own name."""
    text = json.dumps({**NEW, "steps": [{"until_min": 60, "unit_min": 60, "price": 500}, NEW["steps"][0]]})
    shown = live(client_of(Role.OWNER, lot), act="text", text=text)["fields"]
    names = re.findall(r'role="group"\s+aria-label="(计费标准（依次） \d)"', shown)
    assert names == ["计费标准（依次） 1", "计费标准（依次） 2"]


def test_long_text_is_refused_uncut(lot):
    client = client_of(Role.OWNER, lot)
    answer = client.post(ADDRESS, {"act": "save", "text": TOO_LONG, "revision": "0"})
    assert (answer.status_code, fields_on(page(answer))["text"]) == (422, TOO_LONG)
    assert f"有 {len(TOO_LONG)} 个字符" in page(answer)
    assert "有效的 JSON" not in page(answer)
    assert tariff_drafts.open_draft(lot) is None
    assert not re.search(r"<textarea[^>]*maxlength", page(answer))  # a browser cuts what is pasted


def test_long_form_is_refused_uncut(lot, monkeypatch):
    client = client_of(Role.OWNER, lot)
    data = fields_on(page(client.get(ADDRESS))) | {"steps[0].price": "7.77", "act": "save"}
    monkeypatch.setattr(tariff_drafts, "MOST_TEXT", 100)
    answer = client.post(ADDRESS, data)
    assert answer.status_code == 422
    assert json.loads(fields_on(page(answer))["text"])["steps"][0]["price"] == 777


def test_button_adds_a_row_without_script(lot):
    client = client_of(Role.OWNER, lot)
    fields = Fields()
    fields.feed(page(client.get(ADDRESS)))
    shown = page(client.post(ADDRESS, {**fields.sent.dict(), "act": "add:steps"}))
    assert 'name="steps[1].price"' in shown
    assert "缺少这一项" in shown or "应为" in shown


def test_edited_document_wins_over_old_fields(lot):
    client = client_of(Role.OWNER, lot)
    fields = Fields()
    fields.feed(page(client.get(ADDRESS)))
    data = fields.sent.dict()
    answer = live(client, **{**data, "text": json.dumps(CHANGI), "act": "preview"})
    assert json.loads(answer["text"]) == CHANGI


def test_question_arises_while_one_types(lot):
    client = client_of(Role.OWNER, lot)
    document = {**NEW, "free": {"minutes": 30, "mode": "deduct", "repeat": "once"}, "cycle_starts": "entry"}
    fields = Fields()
    fields.feed(page(client.post(ADDRESS, {"act": "preview", "text": json.dumps(document)})))
    data = fields.sent.dict() | {"act": "preview"}
    assert "cycle_starts" in live(client, **data)["asks"]
    assert "cycle_starts" not in live(client, **{**data, "free.minutes": "0"})["asks"]


def test_typed_fault_stands_beside_its_field(lot):
    client = client_of(Role.OWNER, lot)
    fields = Fields()
    fields.feed(page(client.get(ADDRESS)))
    data = {**fields.sent.dict(), "steps[0].price": "abc", "steps[0].unit_min": "-3", "act": "preview"}
    shown = unescape(page(client.post(ADDRESS, data)))
    for path in ("steps[0].price", "steps[0].unit_min"):
        assert re.search(rf'data-fault="{re.escape(path)}">[^<]+<', shown)
    assert 'value="abc"' in shown
    assert set(live(client, **data)["faults"]) == {"steps[0].price", "steps[0].unit_min"}


def test_different_free_time_begins_as_usual(lot):
    client = client_of(Role.OWNER, lot)
    usual = {"minutes": 15, "mode": "threshold", "repeat": "once"}
    document = {**NEW, "free": usual}
    answer = live(client, act="add:classes", text=json.dumps(document))
    data = {**fields_on(page(client.post(ADDRESS, {"act": "preview", "text": answer["text"]})))}
    data |= {"differs:classes[0].rule.free": "differs", "act": "shape"}
    answer = live(client, **data)
    assert json.loads(answer["text"])["classes"][0]["rule"] == {"free": usual}
    data = {**fields_on(page(client.post(ADDRESS, {"act": "preview", "text": answer["text"]})))}
    answer = live(client, **{**data, "classes[0].rule.free.minutes": "", "act": "preview"})
    assert "minutes" not in json.loads(answer["text"])["classes"][0]["rule"]["free"]


def test_saved_fault_is_announced(lot):
    client = client_of(Role.OWNER, lot)
    faulty, whole = json.dumps({**NEW, "rounding": "somehow"}), json.dumps(NEW)
    first = client.post(ADDRESS, {"act": "save", "revision": "0", "text": faulty}, follow=True)
    second = client.post(ADDRESS, {"act": "save", "revision": "1", "text": whole}, follow=True)
    assert [one.level_tag for one in (*first.context["messages"], *second.context["messages"])] == [
        "warning",
        "success",
    ]


def test_question_is_answered_by_a_button(lot):
    client = client_of(Role.OWNER, lot)
    document = {**NEW, "free": {"minutes": 30, "mode": "threshold", "repeat": "once"}}
    shown = page(client.post(ADDRESS, {"act": "preview", "text": json.dumps(document)}))
    assert 'value="answer:free_mode"' in shown
    answer = live(client, act="answer:free_mode", text=json.dumps(document))
    assert json.loads(answer["text"])["free"]["mode"] == "deduct"
    for axis in ("nothing", "longer_is_cheaper", ""):
        assert live(client, act=f"answer:{axis}", text=json.dumps(document))["text"]


def test_season_question_has_no_button(lot):
    """The amount of the day of an event is asked about, and no button changes the usual prices for it."""
    event = {"steps": [{"until_min": None, "flat": 5000}]}
    document = {**NEW, "seasons": [{"name": "peak", "dates": ["2027-05-01"], "rule": event}]}
    shown = page(client_of(Role.OWNER, lot).post(ADDRESS, {"act": "preview", "text": json.dumps(document)}))
    assert "旺季：一次收费是整次停车还是每天都收？" in shown
    assert 'value="answer:one_amount"' not in shown


def test_days_are_made_a_band_by_a_button(lot):
    client = client_of(Role.OWNER, lot)
    days = {"cycle": {"basis": "calendar_day", "reset": "00:00"}, "steps_count": "cycle"}
    caps = {"caps": [{"cycle": "each", "amount": 6000}], "caps_count": "per_cycle"}
    document = {**NEW, **days, **caps, "steps": [{"until_min": None, "unit_min": 15, "price": 200}]}
    shown = page(client.post(ADDRESS, {"act": "preview", "text": json.dumps(document)}))
    assert "跨过自然日终点的计时单位如何计费" in shown
    answer = live(client, act="answer:day_units", text=json.dumps(document))
    [band] = json.loads(answer["text"])["bands"]
    assert (band["cap"], band["from"], band["to"]) == (6000, "00:00", "24:00")


def test_form_with_many_rows_is_bounded():
    data = QueryDict(mutable=True)
    for index in range(10_000):
        data[f"row:steps[{index}]"] = "1"
    assert len(document_of_form(data)["steps"]) <= 49


PARTS = sorted({*NEW, "bands", "caps", "offers", "turn", "seasons", "classes", "reentry", "sum_rounding"})


@settings(max_examples=cases(100))
@given(
    st.dictionaries(st.sampled_from(PARTS), VALUES),
    st.sampled_from(["add:steps", "remove:bands[0]", "up:caps[1]"]),
)
def test_any_document_can_be_shown_and_changed(parts, act):
    document = {**NEW, **parts}
    found = {error.path: [error.reason] for error in all_faults(document)}
    shown = document_of_form(sent(fields_of(document, found)))
    assert isinstance(acted(shown, act), dict)


@settings(max_examples=cases(70))
@given(st.dictionaries(st.sampled_from(PARTS), VALUES), st.dictionaries(st.sampled_from(PARTS), VALUES))
def test_nested_rules_are_read_or_refused(parts, inner):
    document = {**NEW, **parts, "turn": {"after_min": 60, "from": "then", "rule": inner}}
    with suppress(tariffs.TariffError):
        assert tariffs.read(document).rule.turn
