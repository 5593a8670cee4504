"""The console's tariff pages: who may what, two editors, preview, sign-off."""

import json
import re
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from django.utils.timezone import now

from console.tariff_preset_names import NAMES
from console.templatetags.console_tags import dated
from driver import page_cache
from lots import tariff_drafts, tariffs
from lots.models import TariffVersion
from lots.tariffs import TariffError
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.exchange import FORMATS
from lots.tariffs.presets import NEW, PRESETS
from presentation.tariff_faults import fault, reason
from staff.models import Role
from tests.factories import TARIFF, client_of, make_lot

TWO_READINGS = json.dumps({**NEW, "free": {"minutes": 30, "mode": "threshold", "repeat": "once"}})
DEARER = json.dumps({**TARIFF, "steps": [{"until_min": None, "unit_min": 60, "price": 800}]})


@pytest.fixture
def lot(db):
    return make_lot(slug="own")


def page(answer):
    return answer.content.decode()


def test_tariff_pages_by_role(lot):
    pages = {"/console/tariffs", "/console/tariffs/own", "/console/tariffs/own/1"}
    for role in (Role.OWNER, Role.FINANCE, Role.BOOTH):
        client = client_of(role, lot)
        assert {client.get(one).status_code for one in pages} == {200}
        editor = client.get("/console/tariffs/own/draft").status_code
        assert editor == (403 if role == Role.BOOTH else 200)
    make_lot(slug="strange")
    client = client_of(Role.OWNER, lot)
    paths = ("strange", "strange/1", "strange/draft", "strange/draft/month")
    assert {client.get(f"/console/tariffs/{one}").status_code for one in paths} == {404}


def test_stale_draft_save_returns_conflict(lot):
    one, two = client_of(Role.OWNER, lot), client_of(Role.FINANCE, lot)
    address = "/console/tariffs/own/draft"
    assert one.post(address, {"act": "save", "text": DEARER, "revision": "0"}).status_code == 302
    answer = two.post(address, {"act": "save", "text": DEARER + " ", "revision": "0"})
    assert answer.status_code == 409
    assert "已被别人保存" in page(answer)
    assert "<li>每小时 ¥8" in page(answer)
    assert '<pre class="document">' not in page(answer)
    assert 'name="revision" value="1"' in page(answer)
    assert tariff_drafts.open_draft(lot).text == DEARER


def test_tariff_preview_is_not_saved(lot):
    client = client_of(Role.OWNER, lot)
    stay = {"day": "2026-12-01", "enter": "600", "leave": "750", "kind": "ordinary"}
    shown = page(client.post("/console/tariffs/own/draft", {"act": "preview", "text": DEARER, **stay}))
    for fact in ("每小时 ¥8", "<svg", "− 每小时 ¥5。", "<strong>24.00 元</strong>"):
        assert fact in shown
    assert tariff_drafts.open_draft(lot) is None


def test_editor_shows_ambiguous_readings(lot):
    shown = page(client_of(Role.OWNER, lot).post("/console/tariffs/own/draft", {"text": TWO_READINGS}))
    assert "超过免费时长后怎么算" in shown
    assert "另一种·扣除免费时长后计费" in shown


def test_cheaper_longer_stay_is_marked(lot):
    steps = [{"until_min": 300, "unit_min": 60, "price": 1000}, {"until_min": None, "total": 3000}]
    text = json.dumps({**NEW, "steps": steps, "allows_cheaper_longer": True})
    shown = page(client_of(Role.OWNER, lot).post("/console/tariffs/own/draft", {"text": text}))
    row = shown.split('class="surprise"')[1].split("</tr>")[0]
    assert "5 小时 1 分钟" in row
    assert "比停得更短时少 20.00 元" in row


def live(client, **found):
    answer = client.post("/console/tariffs/own/draft/live", found)
    return answer.json()


def test_slider_update_returns_only_fee(lot):
    answer = live(client_of(Role.OWNER, lot), act="stay", text=DEARER, enter="600", leave="721")
    assert "<strong>24.00 元</strong>" in answer["strip"]
    assert set(answer) == {"text", "was", "strip"}


def test_live_preview_explains_typed_text(lot):
    answer = live(client_of(Role.OWNER, lot), act="preview", text=DEARER)
    assert "每小时 ¥8" in answer["meaning"]
    assert answer["faults"] == {}
    wrong = live(client_of(Role.OWNER, lot), act="preview", text="{")
    assert "不是有效的 JSON" in wrong["strip"]
    assert not wrong["meaning"].strip()
    assert tariff_drafts.open_draft(lot) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("must not be band: there are no bands", "不能选“每个时段重新起算”"),
        ("must be once: there are no cycles", "只能选“每次停车一次”"),
        (
            "must not overlap: day and lunch both hold on mon at 12:00",
            "时段重叠：日间 与 lunch 在 12:00（周一）同时有效",
        ),
        ("is missing: no band holds on holiday at 07:00", "法定节假日"),
        ("must say one of steps, flat and free", "“按单位或分段”“按次收费”“免费”须且只能选一项"),
        (
            "must not make longer cheaper, or x: it costs 3000 fen up to minute 180 and 2500 after it",
            "停满 180 分钟收 ¥30.00，之后收 ¥25.00；确有此意，请勾选“允许停得更久反而更便宜”",
        ),
    ],
)
def test_reason_speaks_in_words_of_the_form(text, words):
    with translation.override("zh-hans"):
        assert words in reason(text)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_has_hours_of_its_name(name):
    hours = re.findall(r"\d?\d:\d\d", str(NAMES[name]))
    bands = [f"{one[end]}" for one in PRESETS[name].get("bands", ()) for end in ("from", "to")]
    assert {f"{hour:0>5}" for hour in hours} <= set(bands)


def test_strip_names_fault_as_the_form_does(lot):
    document = json.loads(DEARER) | {"stay_cap": "lots"}
    strip = live(client_of(Role.OWNER, lot), act="preview", text=json.dumps(document))["strip"]
    assert "¥10000.00" in strip
    assert "stay_cap" not in strip
    assert "以分计" not in strip


def test_draft_says_who_signs_it(lot):
    page = f"/console/tariffs/{lot.slug}/draft"
    finance, owner = client_of(Role.FINANCE, lot), client_of(Role.OWNER, lot)
    finance.post(page, {"act": "save", "text": DEARER, "revision": "0"})
    assert "请通知负责人" in finance.get(page).content.decode()
    assert "请通知负责人" not in owner.get(page).content.decode()


@pytest.mark.parametrize("path", ["/console/tariffs/own/draft", "/console/tariffs/own"])
def test_only_own_scripts_may_run(lot, path):
    policy = client_of(Role.OWNER, lot).get(path).headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def on_monday(hour, minute=0):
    """Return a time on the examples' Monday as a page shows it: with its year where that is over."""
    return dated(MONDAY_AT_TEN.replace(hour=hour, minute=minute), "m-d H:i")


@pytest.mark.parametrize("typed", ["", "-5", "99999", "x"])
def test_invalid_preview_stay_uses_default(lot, typed):
    stay = {"day": "0001-01-01", "enter": typed, "leave": typed}
    shown = page(client_of(Role.OWNER, lot).post("/console/tariffs/own/draft", {"text": DEARER, **stay}))
    assert f"{on_monday(10)} → {on_monday(12, 30)}" in shown


def test_exit_before_entry_previews_empty_stay(lot):
    shown = live(client_of(Role.OWNER, lot), act="stay", text=DEARER, enter="700", leave="100")["strip"]
    assert f"{on_monday(11, 40)} → {on_monday(11, 40)}" in shown


def upload(client, source, text):
    file = SimpleUploadedFile("t.json", text if isinstance(text, bytes) else text.encode())
    return client.post("/console/tariffs/own/draft", {"act": "import", "source": source, "file": file})


@pytest.mark.parametrize("source", FORMATS)
def test_foreign_format_import_fills_editor(lot, source):
    data, _ = FORMATS[source].export(tariffs.read(PRESETS["mall"]))
    answer = upload(client_of(Role.OWNER, lot), source, json.dumps(data))
    assert answer.status_code == 200
    shown = page(answer)
    assert "已导入，尚未保存" in shown
    assert "不足一个计时单位按一个计时单位" in shown
    assert "每小时 ¥10" in shown
    assert tariff_drafts.open_draft(lot) is None


@pytest.mark.parametrize(
    ("source", "text", "why"),
    [
        ("apds", "no json", "不是有效的 JSON"),
        ("pcloud", b"\xff\xfe", "不是 UTF-8"),
        ("pcloud", '{"charge_json": {"type": 2}}', "没有导入"),
        ("other", "{}", "请选择格式和文件"),
    ],
)
def test_invalid_tariff_file_keeps_text(lot, source, text, why):
    client = client_of(Role.OWNER, lot)
    file = SimpleUploadedFile("t.json", text if isinstance(text, bytes) else text.encode())
    answer = client.post(
        "/console/tariffs/own/draft", {"act": "import", "source": source, "file": file, "text": DEARER}
    )
    assert answer.status_code == 422
    assert why in page(answer)
    assert "每小时 ¥8" in page(answer)


def test_tariff_error_shows_path_and_reason(lot):
    text = json.dumps({**TARIFF, "caps": [{"cycle": "each", "amount": 40}]})
    shown = page(client_of(Role.OWNER, lot).post("/console/tariffs/own/draft", {"text": text}))
    assert "caps[0].amount" in shown
    assert "是否把元写成了分" in shown


def test_finance_drafts_and_the_owner_signs(lot):
    finance, owner = client_of(Role.FINANCE, lot), client_of(Role.OWNER, lot)
    finance.post("/console/tariffs/own/draft", {"act": "save", "text": DEARER, "revision": "0"})
    row = tariff_drafts.open_draft(lot)
    start = (now() + timedelta(days=7)).astimezone(lot.tz).strftime("%Y-%m-%dT%H:%M")
    form = {"draft": row.pk, "revision": "1", "valid_from": start, "why": "发改委批复"}
    assert finance.post("/console/tariffs/own/draft/sign", form).status_code == 403
    past = owner.post(
        "/console/tariffs/own/draft/sign", {**form, "valid_from": "2020-01-01T00:00"}, follow=True
    )
    assert "生效时间已过" in page(past)
    shown = page(owner.post("/console/tariffs/own/draft/sign", form, follow=True))
    assert "已签批，第 2 版" in shown
    assert "换好现场公示牌" in shown
    assert "待生效" in shown
    assert "与第 1 版相比" in page(owner.get("/console/tariffs/own/2"))
    public = page(Client().get("/lot/own/tariff"))
    assert "计费规则第 2 版" in public
    assert Client().get("/lot/own/tariff/2").status_code == 200
    assert "已撤回" in page(owner.post("/console/tariffs/own/2/call-off", follow=True))
    page_cache.TARIFFS.clear()  # a page is kept for three seconds
    assert Client().get("/lot/own/tariff/2").status_code == 404


def in_zone(lot, zone):
    lot.zone = zone
    lot.save()
    return lot


def test_tariff_is_dated_in_its_lots_zone(lot):
    begins = datetime(2027, 1, 1, tzinfo=in_zone(lot, "Asia/Urumqi").tz)
    TariffVersion.objects.filter(lot=lot).update(valid_from=begins)
    listed = page(client_of(Role.OWNER, lot).get("/console/tariffs/own"))
    assert '<span class="date">2027-01-01</span> 00:00' in listed


def test_signing_refuses_a_time_that_is_skipped(lot):
    client = client_of(Role.OWNER, in_zone(lot, "America/New_York"))
    client.post("/console/tariffs/own/draft", {"act": "save", "text": DEARER, "revision": "0"})
    row = tariff_drafts.open_draft(lot)
    form = {"draft": row.pk, "revision": "1", "valid_from": "2027-03-14T02:30", "why": "调价"}
    answer = client.post("/console/tariffs/own/draft/sign", form)
    assert (answer.status_code, 'value="调价"' in page(answer)) == (422, True)
    assert (
        client.post("/console/tariffs/own/draft/sign", {**form, "valid_from": "2027-03-14T03:30"}).status_code
        == 302
    )


def test_last_month_comparison_needs_draft(lot):
    client = client_of(Role.OWNER, lot)
    assert client.get("/console/tariffs/own/draft/month").status_code == 404
    client.post("/console/tariffs/own/draft", {"act": "save", "text": DEARER, "revision": "0"})
    assert "没有一次停车的费用会变化" in page(client.get("/console/tariffs/own/draft/month"))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_tariff(name):
    assert tariffs.read(PRESETS[name])


@pytest.mark.parametrize(
    "change",
    [
        {"steps": []},
        {"free": {"minutes": -1, "mode": "threshold"}},
        {"nonsense": 1},
        {"caps": [{"cycle": "each", "amount": 1}]},
        {"cycle": {}},
    ],
)
def test_tariff_errors_are_in_chinese(change):
    with pytest.raises(TariffError) as caught:
        tariffs.read({**TARIFF, **change})
    assert not fault(caught.value)[2].isascii()
