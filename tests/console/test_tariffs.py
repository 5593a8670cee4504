"""The console's tariff pages: who may what, two editors, preview, sign-off."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from lots import drafts
from lots.people import Role
from lots.tariffs import Tariff, TariffError
from lots.tariffs.commonest import NEW, Commonest, commonest_of, with_commonest
from lots.tariffs.presets import PRESETS
from payments.console.tariff_words import fault
from payments.driver import kept
from tests.factories import TARIFF, make_lot, make_person

DEARER = json.dumps({**TARIFF, "steps": [{"until_min": None, "unit_min": 60, "price": 800}]})


@pytest.fixture
def lot(db, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    return make_lot(slug="own")


def signed_in(role, lot):
    client = Client()
    client.force_login(make_person(role, lot=lot))
    return client


def page(answer):
    return answer.content.decode()


def test_each_role_reaches_what_the_table_says(lot):
    pages = {"/console/tariffs", "/console/tariffs/own", "/console/tariffs/own/1"}
    for role in (Role.OWNER, Role.FINANCE, Role.BOOTH):
        client = signed_in(role, lot)
        assert {client.get(one).status_code for one in pages} == {200}
        editor = client.get("/console/tariffs/own/draft").status_code
        assert editor == (403 if role == Role.BOOTH else 200)
    make_lot(slug="strange")
    client = signed_in(Role.OWNER, lot)
    paths = ("strange", "strange/1", "strange/draft", "strange/draft/month")
    assert {client.get(f"/console/tariffs/{one}").status_code for one in paths} == {404}


def test_the_second_editor_is_told_and_keeps_the_text(lot):
    one, two = signed_in(Role.OWNER, lot), signed_in(Role.FINANCE, lot)
    address = "/console/tariffs/own/draft"
    assert one.post(address, {"act": "save", "text": DEARER, "revision": "0"}).status_code == 302
    told = two.post(address, {"act": "save", "text": DEARER + " ", "revision": "0"})
    assert told.status_code == 409
    assert "已被别人保存" in page(told)
    assert 'name="revision" value="1"' in page(told)
    assert drafts.open_draft(lot).text == DEARER


def test_a_preview_writes_nothing_and_shows_board_strip_and_difference(lot):
    client = signed_in(Role.OWNER, lot)
    stay = {"came": "2026-12-01T10:00", "left": "2026-12-01T12:30", "kind": "ordinary"}
    shown = page(client.post("/console/tariffs/own/draft", {"act": "preview", "text": DEARER, **stay}))
    for fact in ("¥8/小时", "<svg", "− ¥5/小时。", "应缴 <strong>24.00</strong>"):
        assert fact in shown
    assert drafts.open_draft(lot) is None


def test_a_mistake_is_told_with_its_place_and_reason(lot):
    text = json.dumps({**TARIFF, "caps": [{"cycle": "each", "amount": 40}]})
    shown = page(signed_in(Role.OWNER, lot).post("/console/tariffs/own/draft", {"text": text}))
    assert "caps[0].amount" in shown
    assert "是否把元写成了分" in shown


def test_finance_drafts_and_the_owner_signs(lot):
    finance, owner = signed_in(Role.FINANCE, lot), signed_in(Role.OWNER, lot)
    finance.post("/console/tariffs/own/draft", {"act": "save", "text": DEARER, "revision": "0"})
    row = drafts.open_draft(lot)
    start = (now() + timedelta(days=7)).astimezone(lot.tz).strftime("%Y-%m-%dT%H:%M")
    form = {"draft": row.pk, "revision": "1", "valid_from": start, "why": "发改委批复"}
    assert finance.post("/console/tariffs/own/draft/sign", form).status_code == 403
    past = owner.post(
        "/console/tariffs/own/draft/sign", {**form, "valid_from": "2020-01-01T00:00"}, follow=True
    )
    assert "生效时间已过" in page(past)
    shown = page(owner.post("/console/tariffs/own/draft/sign", form, follow=True))
    assert "已签批，第 2 版" in shown
    assert "待生效" in shown
    assert "与第 1 版相比" in page(owner.get("/console/tariffs/own/2"))
    public = page(Client().get("/lot/own/tariff"))
    assert "计费规则第 2 版" in public
    assert Client().get("/lot/own/tariff/2").status_code == 200
    assert "已撤回" in page(owner.post("/console/tariffs/own/2/call-off", follow=True))
    kept.TARIFFS.clear()  # a page is kept for three seconds
    assert Client().get("/lot/own/tariff/2").status_code == 404


def test_last_month_is_shown_for_a_draft_alone(lot):
    client = signed_in(Role.OWNER, lot)
    assert client.get("/console/tariffs/own/draft/month").status_code == 404
    client.post("/console/tariffs/own/draft", {"act": "save", "text": DEARER, "revision": "0"})
    assert "没有一次停车的费用会变化" in page(client.get("/console/tariffs/own/draft/month"))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_tariff(name):
    assert Tariff.from_document(PRESETS[name][1])


@pytest.mark.parametrize("basis", ["from_entry", "calendar_day", "none"])
@pytest.mark.parametrize("cap", [0, 5000])
@pytest.mark.parametrize("first", [0, 120])
def test_the_small_form_writes_a_tariff_that_reads_back(basis, cap, first):
    said = Commonest(30, "deduct", first, 60, 1000 if first else 0, 30, 300, cap, basis)
    document = with_commonest(NEW, said)
    Tariff.from_document(document)
    assert commonest_of(document) == said
    assert with_commonest(document, said) == document


def test_every_preset_without_bands_survives_the_small_form():
    document = PRESETS["public"][1]
    assert with_commonest(document, commonest_of(document)) == document


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
def test_reasons_are_told_in_chinese(change):
    with pytest.raises(TariffError) as caught:
        Tariff.from_document({**TARIFF, **change})
    assert not fault(caught.value)[2].isascii()
