"""The console's pages about signs: seen, printed, planned, worded, and safe against a second click."""

import json
import uuid
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lots import sign_register
from lots.models import PrintRun, SignEvent, SignWording
from lots.signs import print_plan, print_runs
from lots.signs.print_formats import FORMATS
from lots.signs.sign_wording import PRESETS, City
from staff.models import Role
from tests.factories import NOON, make_lot, make_person, signed_in

pytestmark = pytest.mark.django_db
HOME = "/console/lots/mall/signs"


@pytest.fixture
def lot():
    lot = make_lot(slug="mall")
    for place in ("B1 电梯厅", "B2 立柱"):
        sign_register.new_sign(lot=lot, place=place)
    return lot


def choose(client, *numbers, **fields):
    usual = {"key": uuid.uuid4(), "format": "a4", "distance": "", "file": "pdf", "why": ""}
    return client.post(f"{HOME}/print", {**usual, "sign": numbers, **fields})


def test_page_shows_every_sign_picture(lot, duty):
    page = duty.get(HOME).content.decode()
    for sign in lot.signs.all():
        assert sign.place in page
        assert f"/console/signs/{sign.pk}/picture.png" in page
    picture = duty.get(f"/console/signs/{lot.signs.first().pk}/picture.png")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")


def test_too_long_fields_are_named(lot, duty):
    page = choose(duty, 1, distance="1" * 99, why="很" * 999).content.decode()
    assert "扫码距离（米，可不填）: 最多 20 个字" in page
    assert "原因: 最多 200 个字" in page


def test_viewing_signs_records_no_print(lot, duty):
    duty.get(HOME)
    duty.get(f"/console/signs/{lot.signs.first().pk}/picture.png?large&format=pillar")
    assert not PrintRun.objects.exists()


@pytest.mark.parametrize(
    ("kind", "begins", "name"),
    [
        ("pdf", b"%PDF", "mall-signs.pdf"),
        ("png", b"\x89PNG", "mall-signs.png"),
        ("svg", b"<svg", "mall-signs.svg"),
    ],
)
def test_selected_sign_downloads_in_format(lot, duty, kind, begins, name):
    answer = choose(duty, 1, file=kind)
    assert answer.content.startswith(begins)
    assert name in answer.headers["Content-Disposition"]
    assert lot.signs.get(number=1).printed_at is not None


def test_multiple_pictures_come_as_zip(lot, duty):
    with zipfile.ZipFile(BytesIO(choose(duty, 1, 2, file="png").content)) as archive:
        assert archive.namelist() == ["001-a4.png", "002-a4.png"]


def test_second_click_adds_no_print(lot, duty):
    key = uuid.uuid4()
    first, second = (choose(duty, 1, key=key) for _ in range(2))
    assert first.content == second.content
    assert SignEvent.objects.count() == PrintRun.objects.count() == 1


def test_concurrent_clicks_return_recorded_codes(lot, duty, monkeypatch):
    """The second finds no run when it looks, and one when it records."""
    key, text = uuid.uuid4(), "编号,位置,规格\n,B3 岗亭,A5\n"
    first = upload(duty, text, key=key)
    looks = iter([None, print_runs.earlier])
    monkeypatch.setattr(
        print_runs, "earlier", lambda *args, **words: (look := next(looks)) and look(*args, **words)
    )
    monkeypatch.setattr(print_plan, "read", lambda lot, rows, **_: [fresh(lot)])
    assert upload(duty, text, key=key).content == first.content
    assert lot.signs.filter(place="B3 岗亭").count() == 1


def test_click_during_the_first_gets_its_print(lot, duty, monkeypatch):
    """The second finds no run when it looks, and a printed sign when it reads: a reprint needs a reason."""
    key = uuid.uuid4()
    looks = iter([None, print_runs.earlier])
    first = choose(duty, 1, key=key)
    monkeypatch.setattr(
        print_runs, "earlier", lambda *args, **words: (look := next(looks)) and look(*args, **words)
    )
    second = choose(duty, 1, key=key)
    assert (second.status_code, second.content) == (200, first.content)
    assert SignEvent.objects.count() == PrintRun.objects.count() == 1


def fresh(lot):
    """What the second click read before the first one wrote: a sign with a code of its own."""
    sign = sign_register.draft_sign(lot=lot, place="B3 岗亭", lane=None, number=3)
    return print_plan.PrintRow(2, FORMATS["a5"], None, sign=sign, number="3", place="B3 岗亭")


def test_reprint_requires_reason_and_records_user(lot, duty):
    choose(duty, 1)
    refused = choose(duty, 1)
    assert refused.status_code == 422
    assert "补印请写明原因" in refused.content.decode()
    assert "第 2 行" not in refused.content.decode()
    assert choose(duty, 1, why="破损").status_code == 200
    event = SignEvent.objects.get(kind="reprinted")
    assert (event.why, event.by) == ("破损", make_user(duty))


def make_user(client):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=client.session["_auth_user_id"])


def test_too_small_code_needs_confirmation(lot, duty):
    asked = choose(duty, 1, distance="3")
    assert asked.status_code == 422
    assert 'name="anyway"' in asked.content.decode()
    assert not PrintRun.objects.exists()
    assert choose(duty, 1, distance="3", anyway="1").status_code == 200


def test_empty_format_reuses_last_one(lot, duty):
    choose(duty, 1, format="pillar")
    choose(duty, 1, format="", why="破损")
    assert list(SignEvent.objects.order_by("pk").values_list("format", flat=True)) == ["pillar", "pillar"]


@pytest.mark.parametrize("numbers", [(), ("x",), ("9" * 30,), ("99",)])
def test_unknown_sign_numbers_return_422(lot, duty, numbers):
    assert choose(duty, *numbers).status_code == 422


def upload(client, text, **fields):
    file = SimpleUploadedFile("plan.csv", text.encode("gb18030"), "text/csv")
    return client.post(f"{HOME}/plan", {"plan": file, "key": uuid.uuid4(), **fields})


def test_uploaded_plan_returns_zip(lot, duty):
    answer = upload(duty, "编号,位置,规格\n1,,A4\n,B3 岗亭,window\n")
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert {"signs.pdf", "proof.pdf", "inventory.csv", "single/003-window.pdf"} <= set(archive.namelist())
    assert lot.signs.count() == 3


def test_invalid_plan_row_prints_nothing(lot, duty):
    answer = upload(duty, "编号,位置,规格\n1,,A4\n8,,A4\n")
    assert answer.status_code == 422
    assert "第 3 行：本停车场没有 8 号标识" in answer.content.decode()
    assert not PrintRun.objects.exists()


def test_missing_plan_file_returns_422(lot, duty):
    assert duty.post(f"{HOME}/plan", {}).status_code == 422


def test_signs_json_api_lists_and_prints(lot, duty):
    reply = duty.get(f"{HOME}.json").json()
    assert [row["number"] for row in reply["signs"]] == [1, 2]
    assert "a4" in {form["name"] for form in reply["formats"]}
    body = json.dumps({"rows": [{"sign": 1, "format": "a4"}], "why": ""})
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answers = [
        duty.post(f"{HOME}/plan", body, content_type="application/json", headers=headers) for _ in range(2)
    ]
    assert [answer.headers["Content-Type"] for answer in answers] == ["application/zip"] * 2
    assert PrintRun.objects.count() == 1
    wrong = duty.post(f"{HOME}/plan", '{"rows": [{"sign": 7}]}', content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "plan_faults")
    assert len(wrong.json()["faults"]) == 2
    long = json.dumps({"rows": [{"sign": 1, "format": "a4"}], "why": "破" * 201})
    assert duty.post(f"{HOME}/plan", long, content_type="application/json").status_code == 422


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"rows": 1}', '{"rows": [1]}', '{"rows": [], "why": 2}'])
def test_invalid_json_plan_returns_422(lot, duty, body):
    assert duty.post(f"{HOME}/plan", body, content_type="application/json").status_code == 422


def test_new_sign_is_registered_once(lot, duty):
    for _ in range(2):
        duty.post(f"{HOME}/add", {"place": "B5 坡道"})
    assert lot.signs.filter(place="B5 坡道").count() == 1


def test_sign_revocation_records_user_and_reason(lot, duty):
    sign = lot.signs.first()
    for _ in range(2):
        duty.post(f"/console/signs/{sign.pk}/revoke", {"why": "假码"})
    event = sign.events.get()
    assert (event.kind, event.why, event.by) == ("revoked", "假码", make_user(duty))


def test_revoked_sign_is_replaced_at_its_place(lot, duty):
    old = lot.signs.exclude(lane=None).first() or lot.signs.first()
    for _press in range(2):
        answer = duty.post(f"/console/signs/{old.pk}/revoke", {"why": "假码", "replace": "1"}, follow=True)
    new = lot.signs.get(place=old.place, revoked_at=None)
    assert (new.lane, new.printed_at) == (old.lane, None)
    assert new.code != old.code
    assert f"{new.number} 号标识已登记" in answer.content.decode()


def test_sign_is_named_in_the_audit_log(lot, duty, owner):
    sign = lot.signs.first()
    duty.post(f"/console/signs/{sign.pk}/revoke", {"why": "假码"})
    SignEvent.objects.filter(sign=sign).update(format="a4")
    page = owner.get("/console/compliance/audit?kind=sign").content.decode()
    assert f"{sign.number} 号 {sign.place}" in page
    assert "A4 海报" in page
    assert "No. " not in page


def word(client, **fields):
    preset = {name: getattr(PRESETS[City.SHANGHAI], name) for name in ("headline", "promise", "note")}
    return client.post(f"{HOME}/wording", {"city": "shanghai", **preset, **fields})


def test_wording_change_is_stored_once(lot, duty):
    for _ in range(2):
        word(duty, note="夜间请走东门。车牌离场 {hours} 小时后清除。", why="东门改造")
    row = SignWording.objects.get()
    assert (row.why, row.by, row.texts) == (
        "东门改造",
        make_user(duty),
        {"note": "夜间请走东门。车牌离场 {hours} 小时后清除。"},
    )
    assert "夜间请走东门" in duty.get(f"{HOME}/wording").content.decode()


def test_wording_form_requires_mandated_phrases(lot, duty):
    answer = word(duty, promise="只用车牌")
    assert answer.status_code == 422
    assert "缺少规定用语“不需关注”" in answer.content.decode()
    assert not SignWording.objects.exists()


def test_city_preset_replaces_wording(lot, duty):
    word(duty, city="shenzhen", preset="1")
    assert "扫一次码" in duty.get(f"{HOME}/wording").content.decode()


def test_auditor_cannot_print_signs(lot):
    auditor = signed_in(make_person(Role.AUDITOR, lot=lot))
    page = auditor.get(HOME).content.decode()
    assert "印制勾选的标识" not in page
    assert choose(auditor, 1).status_code == 403
    assert auditor.get(f"{HOME}/patrol.csv").status_code == 200


def test_foreign_lot_signs_return_404(lot, duty):
    strange = make_lot(slug="strange")
    sign = sign_register.new_sign(lot=strange, place="x")
    for address in ("/console/lots/strange/signs", f"/console/signs/{sign.pk}/picture.png"):
        assert duty.get(address).status_code == 404
    assert duty.post("/console/lots/strange/signs/print", {"sign": 1}).status_code == 404


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("csv", "\ufeff编号".encode())])
def test_patrol_list_downloads(lot, duty, kind, begins):
    sign_register.revoke(lot.signs.first(), at=NOON)
    assert duty.get(f"{HOME}/patrol.{kind}").content.startswith(begins)
