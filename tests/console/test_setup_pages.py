"""Setting up in the console: each form takes good input once, and bad input with a word beside the field."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils.timezone import now

from console.setup.setup_forms import MAKES
from console.setup.setup_words import SILENT, history, label_of
from console.templatetags import labels
from lots import recipients
from lots.lot_document import DocumentError, apply
from lots.lot_jobs import open_lots
from lots.models import Device, Lane, Lot, Operator, SettingChange, SignWording
from lots.pricing import first_version
from lots.setup import device_settings, going_live, place_settings
from lots.setup.change_recorder import ChangedBy
from staff.invitations import accept
from staff.models import Role
from tests.devices.callers import push
from tests.factories import NOON, TARIFF, make_device, make_lot, make_person, signed_in
from tests.payments.conftest import channel

__all__ = ["channel"]

pytestmark = pytest.mark.django_db

OPERATOR = {
    "legal_name": "上海瑞民医院",
    "contact": "privacy@ruimin.example",
    "service_phone": "021-5550 0200",
    "complaint_phones": "12345 / 12315",
    "cash_information": "门诊楼一层收费处",
}
LOT = {
    "name": "瑞民医院停车场",
    "slug": "ruimin",
    "address": "静安区瑞民路 8 号",
    "kind": "hospital",
    "province": "沪",
    "bays": "180",
    "retention_hours": "24",
    "exit_window": "20",
    "zone": "Asia/Shanghai",
}


@pytest.fixture
def lot():
    return make_lot(slug="own", address="浦江路 1 号")


def page(answer):
    return answer.content.decode()


def faults(answer):
    """Return which fields are marked, and see that each names its message for those who cannot see it."""
    html = page(answer)
    wrong = re.findall(r'id="(?:id|open|close)[-_](\w+)_error"', html)
    assert all(re.search(rf'aria-describedby="[^"]*[-_]{name}_error', html) for name in wrong)
    return wrong


def settings_of(lot, **changes):
    values = {name: getattr(lot, name) for name in (*place_settings.LOT, "revision")}
    return {**values, "press": str(uuid4()), **changes}


# the first steps


def test_empty_site_shows_first_step():
    boss = signed_in(make_person())
    assert "从第一步开始" in page(boss.get("/console/"))
    assert "第一步：登记运营方" in page(boss.get("/console/setup"))


def test_setup_forms_are_idempotent():
    boss, press = signed_in(make_person()), str(uuid4())
    for _ in range(2):
        answer = boss.post("/console/setup/operator", {**OPERATOR, "press": press})
        operator = Operator.objects.get()
        assert answer.headers["Location"] == f"/console/setup/lot?operator={operator.pk}"
    form = {**LOT, "operator": operator.pk, "press": str(uuid4())}
    for _ in range(2):
        assert boss.post("/console/setup/lot", form).headers["Location"] == "/console/lots/ruimin/setup"
    lot = Lot.objects.get()
    assert (lot.slug, lot.closed_at is not None, lot.operator) == ("ruimin", True, operator)


def test_missing_slug_is_generated(owner, lot):
    for number in (1, 2):
        form = {**LOT, "slug": "", "operator": lot.operator.pk, "press": str(uuid4())}
        owner.post("/console/setup/lot", form)
        assert Lot.objects.filter(slug=f"lot-{number}").exists()
    assert place_settings.suggested_slug("Pudong Plaza") == "pudong-plaza"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "长" * 81}, ["name"]),
        ({"name": "\n \t"}, ["name"]),
        ({"slug": "a b"}, ["slug"]),
        ({"slug": "own"}, ["slug"]),
        ({"slug": "pay-test"}, ["slug"]),
        ({"slug": "x" * 51}, ["slug"]),
        ({"kind": "casino"}, ["kind"]),
        ({"province": "Z"}, ["province"]),
        ({"bays": "many"}, ["bays"]),
        ({"bays": "-1"}, ["bays"]),
        ({"bays": "9" * 400}, ["bays"]),
        ({"retention_hours": "0"}, ["retention_hours"]),
        ({"exit_window": "1"}, ["exit_window"]),
        ({"zone": "Moon/Base"}, ["zone"]),
        ({"zone": "../../etc/passwd"}, ["zone"]),
        ({"operator": "999999"}, ["operator"]),
        ({"operator": "x" * 9000}, ["operator"]),
        ({"name": "", "zone": "x"}, ["name", "zone"]),
        ({"bays": "-5", "retention_hours": "999", "zone": "Mars/Base"}, ["bays", "retention_hours", "zone"]),
        ({"name": "", "slug": "own"}, ["name", "slug"]),
        ({"name": "", "slug": "pay-test"}, ["name", "slug"]),
    ],
)
def test_invalid_lot_field_keeps_input(owner, lot, changes, wrong):
    form = {**LOT, "operator": lot.operator.pk, "press": "no number", **changes}
    answer = owner.post("/console/setup/lot", form)
    assert (answer.status_code, faults(answer)) == (422, wrong)
    assert 'value="静安区瑞民路 8 号"' in page(answer)
    assert Lot.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("service_phone", "call us"), ("complaint_phones", "<b>"), ("legal_name", ""), ("contact", "x" * 201)],
)
def test_invalid_operator_field_is_marked(owner, lot, field, value):
    form = {**OPERATOR, "revision": 1, field: value}
    answer = owner.post(f"/console/operators/{lot.operator.pk}", form)
    assert (answer.status_code, faults(answer)) == (422, [field])


def test_operator_faults_are_shown_at_once(owner, lot):
    wrong = {"legal_name": "", "service_phone": "call us", "complaint_phones": "<b>"}
    answer = owner.post(f"/console/operators/{lot.operator.pk}", {**OPERATOR, "revision": 1, **wrong})
    assert (answer.status_code, set(faults(answer))) == (422, set(wrong))


def test_only_superuser_registers_operators(owner):
    strange = make_lot().operator
    assert owner.get("/console/setup/operator").status_code == 403
    assert owner.post("/console/setup/operator", OPERATOR).status_code == 403
    answer = owner.post("/console/setup/lot", {**LOT, "operator": strange.pk})
    assert faults(answer) == ["operator"]


# rights


SLUG_PAGES = ["setup", "settings", "lanes", "opening", "devices/add", "setup/channels", "setup/tariff"]


@pytest.mark.parametrize("end", SLUG_PAGES)
def test_foreign_lot_setup_returns_404(owner, end):
    make_lot(slug="strange")
    assert owner.get(f"/console/lots/strange/{end}").status_code == 404
    if end not in {"setup", "opening", "setup/channels"}:
        assert owner.post(f"/console/lots/strange/{end}", {}).status_code == 404


def test_foreign_objects_cannot_be_changed(owner):
    strange = make_lot(slug="strange")
    device = make_device(strange, "entry")
    paths = ["lots/strange/opening/open", "lots/strange/opening/close", "lots/strange/setup/channels/check"]
    paths += [f"devices/{device.pk}/{act}" for act in ("rotate", "rotate/finish", "revoke")]
    paths += ["lots/strange/setup/channels/fake/test", "trials/1/ask", f"operators/{strange.operator.pk}"]
    assert {
        path: owner.post(f"/console/{path}", {"why": "x"}).status_code for path in paths
    } == dict.fromkeys(paths, 404)
    assert owner.get(f"/console/operators/{10**30}").status_code == 404
    assert not SettingChange.objects.exists()


def test_technician_gets_no_link_to_lanes(lot, owner):
    Lane.objects.filter(lot=lot).delete()
    technician = signed_in(make_person(Role.TECHNICIAN, lot=lot))
    pages = [each.get("/console/lots/own/devices/add").content.decode() for each in (owner, technician)]
    assert ["/console/lots/own/lanes" in page for page in pages] == [True, False]


def test_technician_may_only_enrol_devices(lot):
    technician = signed_in(make_person(Role.TECHNICIAN, lot=lot))
    assert technician.get("/console/lots/own/setup").status_code == 200
    assert technician.get("/console/lots/own/devices/add").status_code == 200
    refused = ["setup", "lots/own/settings", "lots/own/lanes", "lots/own/opening", "lots/own/setup/channels"]
    assert {technician.get(f"/console/{path}").status_code for path in refused} == {403}


# two people


def test_conflicting_lot_edit_keeps_input(owner, lot):
    first = settings_of(lot, exit_window=30, address="新地址")
    second = settings_of(lot, exit_window=25, bays=200)
    assert owner.post("/console/lots/own/settings", first).status_code == 302
    answer = owner.post("/console/lots/own/settings", second)
    assert (answer.status_code, faults(answer)) == (409, ["exit_window"])
    html = page(answer)
    assert "别人改了下面的内容" in html
    assert 'value="25"' in html  # as typed
    assert 'value="200"' in html
    assert 'value="新地址"' in html  # not touched by the second: as it is now
    lot.refresh_from_db()
    assert (lot.exit_window, lot.bays, lot.revision) == (30, 0, 2)
    again = {**second, "address": "新地址", "revision": 2}
    assert owner.post("/console/lots/own/settings", again).status_code == 302
    lot.refresh_from_db()
    assert (lot.exit_window, lot.bays, lot.address) == (25, 200, "新地址")


def test_setting_change_is_recorded_once(owner, lot):
    form = settings_of(lot, retention_hours=12)
    assert [owner.post("/console/lots/own/settings", form).status_code for _ in range(2)] == [302, 302]
    change = SettingChange.objects.get()
    assert (change.before, change.after) == ({"retention_hours": 24}, {"retention_hours": 12})
    assert change.by is not None
    html = page(owner.get("/console/lots/own/settings"))
    assert "<del>24</del>" in html
    with pytest.raises(AssertionError, match="append-only"):
        change.save()
    for rewrite in (lambda rows: rows.update(before={}), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            rewrite(SettingChange.objects.all())


def test_resubmitted_page_needs_current_revision(owner, lot):
    """The browser shows the page as it was: its press and its revision are those of the first change."""
    form = settings_of(lot, exit_window=30)
    assert owner.post("/console/lots/own/settings", form).status_code == 302
    assert owner.post("/console/lots/own/settings", {**form, "exit_window": 40}).status_code == 409
    again = {**form, "exit_window": 40, "revision": 2}
    assert owner.post("/console/lots/own/settings", again).status_code == 302
    lot.refresh_from_db()
    assert (lot.exit_window, lot.revision) == (40, 3)


def test_lot_can_be_closed_again(owner, lot):
    form = {"press": str(uuid4()), "why": "渠道故障"}
    for _ in range(2):
        assert owner.post("/console/lots/own/opening/close", form).status_code == 302
        lot.refresh_from_db()
        assert lot.closed_at is not None
        assert owner.post("/console/lots/own/opening/open", {"press": str(uuid4())}).status_code == 302
    kinds = list(SettingChange.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["closed", "opened"] * 2
    fields = [each["fields"] for each in history(SettingChange.objects.all())]
    assert all(before != after for one in fields for _name, before, after in one), "it names what changed"


# lanes, tariff


def test_jam_minutes_is_a_lot_setting(owner, lot):
    form = settings_of(lot, jam_minutes=45)
    assert faults(owner.post("/console/lots/own/settings", {**form, "jam_minutes": 241})) == ["jam_minutes"]
    assert owner.post("/console/lots/own/settings", form).status_code == 302
    assert 'value="45"' in page(owner.get("/console/exits/own"))
    assert "拥堵宽限" in page(owner.get("/console/lots/own/settings"))


def test_setup_list_is_paginated(owner, lot, django_assert_max_num_queries):
    for number in range(60):
        make_lot(slug=f"more-{number:02}", name=f"车库{number:02}", operator=lot.operator)
    owner.get("/console/attention")  # the header's counts are kept for seconds
    with django_assert_max_num_queries(12):
        first = page(owner.get("/console/setup"))
    assert first.count("/settings") == 50
    assert "第 1 / 2 页" in first
    assert page(owner.get("/console/setup?page=2")).count("/settings") == 11
    assert owner.get("/console/setup?page=x").status_code == 200


def test_new_lane_gets_one_sign(owner, lot):
    form = {"name": "东入口", "direction": "entry", "press": str(uuid4())}
    for _ in range(2):
        assert owner.post("/console/lots/own/lanes", form).status_code == 302
    lane = Lane.objects.get()
    assert [sign.place for sign in lane.signs.all()] == ["东入口道闸旁"]
    twice = owner.post("/console/lots/own/lanes", {**form, "press": str(uuid4())})
    assert faults(twice) == ["name"]
    bad = owner.post("/console/lots/own/lanes", {"name": "x" * 41, "direction": "up"})
    assert faults(bad) == ["name", "direction"]


def test_page_is_not_its_own_next_step(owner, lot):
    """Operator and lot are ready, so the next step of the checklist is this page."""
    Operator.objects.filter(pk=lot.operator_id).update(**OPERATOR)
    answer = owner.get("/console/lots/own/lanes")
    assert answer.context["next_step"].page == "/console/lots/own/lanes"
    assert "下一步：车道" not in page(answer)


def test_lane_rename_is_recorded_once(owner, lot, lane):
    Lane.objects.create(lot=lot, name="西入口", direction="entry")
    address = f"/console/lots/own/lanes/{lane.pk}"
    form = {"name": " 北入口 ", "was": "东入口", "press": str(uuid4())}
    for _ in range(2):
        assert owner.post(address, form).status_code == 302
    lane.refresh_from_db()
    assert lane.name == "北入口"
    change = SettingChange.objects.get()
    assert (change.thing, change.before, change.after) == ("lane", {"name": "东入口"}, {"name": "北入口"})
    assert "北入口" in page(owner.get("/console/lots/own/settings"))


@pytest.mark.parametrize(("given", "stored"), [("70", 70), ("0", 0), ("", 50), ("101", 50), ("x", 50)])
def test_lane_confidence_is_set(owner, lot, lane, given, stored):
    form = {"name": "东入口", "was": "东入口", "min_confidence": given}
    answer = owner.post(f"/console/lots/own/lanes/{lane.pk}", form)
    lane.refresh_from_db()
    assert lane.min_confidence == stored
    assert answer.status_code == (422 if given in {"101", "x"} else 302)
    assert SettingChange.objects.count() == (stored != 50)
    assert owner.get("/console/lots/own/settings").status_code == 200


@pytest.mark.parametrize(("given", "stored"), [("on", True), ("", False)])
def test_lane_screen_is_set(owner, lot, lane, given, stored):
    form = {"name": "东入口", "was": "东入口", "has_screen": given}
    assert owner.post(f"/console/lots/own/lanes/{lane.pk}", form).status_code == 302
    lane.refresh_from_db()
    assert lane.has_screen is stored
    assert ("道闸旁的屏幕显示车道码" in page(owner.get("/console/lots/own/settings"))) is stored


@pytest.mark.parametrize(
    ("name", "was", "why"),
    [
        ("西入口", "东入口", "已有同名的车道"),
        ("南入口", "老入口", "刚才有人把它改为“东入口”"),
        ("x" * 41, "东入口", "40"),
        ("\u0007", "东入口", "不能为空"),
        ("南入口", "", ""),
    ],
)
def test_invalid_lane_rename_is_refused(owner, lot, lane, name, was, why):
    Lane.objects.create(lot=lot, name="西入口", direction="entry")
    refused = owner.post(f"/console/lots/own/lanes/{lane.pk}", {"name": name, "was": was})
    assert refused.status_code == 422
    assert why in page(refused)
    lane.refresh_from_db()
    assert (lane.name, SettingChange.objects.count()) == ("东入口", 0)


def test_foreign_lane_cannot_be_renamed(owner, lot):
    theirs = Lane.objects.create(lot=make_lot(slug="theirs"), name="东入口", direction="entry")
    form = {"name": "北入口", "was": "东入口"}
    assert owner.post(f"/console/lots/own/lanes/{theirs.pk}", form).status_code == 404
    assert owner.post(f"/console/lots/theirs/lanes/{theirs.pk}", form).status_code == 404


def test_first_tariff_preset_applies_once(owner, lot):
    lot.tariffs.all().delete()
    address = "/console/lots/own/setup/tariff"
    assert "封顶" in page(owner.get(address))
    assert owner.post(address, {"preset": "x" * 5000}).status_code == 422
    for _ in range(2):
        assert owner.post(address, {"preset": "mall"}).status_code == 302
    assert "计费规则已生效" in page(owner.get("/console/lots/own/setup"))
    version = lot.tariffs.get()
    assert version.valid_from <= now()
    assert version.signed_by is not None
    assert owner.get(address).headers["Location"] == "/console/tariffs/own"


# devices


def enrolled(client, where, **more):
    form = {"lane": where.pk, "make": "vzenith", "name": "", "press": str(uuid4()), **more}
    answer = client.post("/console/lots/own/devices/add", form)
    return answer, form


def addresses(answer):
    return re.findall(r"https?://\S+/d/vzenith/\S+?(?=<)", page(answer))


@pytest.fixture
def lane(lot):
    return Lane.objects.create(lot=lot, name="东入口", direction="entry")


def test_device_addresses_are_shown_once(owner, lane, monkeypatch):
    answer, form = enrolled(owner, lane)
    shown = addresses(answer)
    assert len(shown) == 3
    assert "no-store" in answer.headers["Cache-Control"]
    assert addresses(owner.post("/console/lots/own/devices/add", form)) == shown  # the double click
    device = Device.objects.get()
    assert device.name == "东入口"
    secret = shown[0].split("/")[-2]
    assert secret not in page(owner.get(f"/console/devices/{device.pk}"))
    assert secret not in str(list(SettingChange.objects.values()))
    monkeypatch.setattr("console.setup.device_setup.now", lambda: now() + timedelta(hours=1))
    assert addresses(owner.post("/console/lots/own/devices/add", form)) == []


def test_api_device_shows_credentials(owner, lane):
    answer, _ = enrolled(owner, lane, make="api")
    assert "/api/v1" in page(answer)
    assert Device.objects.get().key_id in page(answer)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"lane": "0"}, ["lane"]),
        ({"lane": "9" * 60}, ["lane"]),
        ({"make": "toaster"}, ["make"]),
        ({"name": "x" * 41}, ["name"]),
        ({"serial": "x" * 65}, ["serial"]),
        ({"make": "api", "keep_images": "on"}, ["keep_images"]),
    ],
)
def test_invalid_device_field_is_marked(owner, lane, changes, wrong):
    answer, _ = enrolled(owner, lane, **changes)
    assert (answer.status_code, faults(answer)) == (422, wrong)
    assert not Device.objects.exists()


def test_foreign_lane_rejected_for_device(owner, lane):
    strange = Lane.objects.create(lot=make_lot(), name="x", direction="entry")
    answer, _ = enrolled(owner, strange)
    assert faults(answer) == ["lane"]


def test_both_keys_work_during_rotation(owner, lot):
    device = make_device(lot, "entry")
    old = (device.key_id, device.key_id.replace("key", "secret"))
    begun = owner.post(f"/console/devices/{device.pk}/rotate", {"press": str(uuid4())})
    new = tuple(addresses(begun)[0].split("/")[-3:-1])
    answer = owner.post(f"/console/devices/{device.pk}/rotate/finish", follow=True)
    assert "还没有用新密钥联络过" in page(answer)
    assert [heartbeat(device, *key) for key in (old, new, old)] == [200, 200, 200]
    owner.post(f"/console/devices/{device.pk}/rotate/finish")
    assert [heartbeat(device, *key) for key in (old, new)] == [404, 200]
    owner.post(f"/console/devices/{device.pk}/revoke")
    assert heartbeat(device, *new) == 404
    kinds = list(SettingChange.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["rotating", "rotated", "revoked"]


def heartbeat(device, key, secret):
    from tests.devices.test_vzenith_codec import FORM, FORM_TYPE, form

    body = form({**FORM, "serialno": device.serial})
    return Client().post(f"/d/vzenith/{key}/{secret}/heartbeat", body, content_type=FORM_TYPE).status_code


def test_device_page_explains_silence_and_refusals(owner, lot):
    device = make_device(lot, "entry", last_seen_at=NOON)
    assert "现场请改用道闸自带的按钮或遥控器" in page(owner.get(f"/console/devices/{device.pk}"))
    push(device, b"no json")
    html = page(owner.get(f"/console/devices/{device.pk}"))
    assert "消息无法解析" in html


# opening


def test_lot_opens_by_date_and_closes(owner, lot):
    Lot.objects.update(closed_at=NOON)
    day = (now() + timedelta(days=3)).astimezone(lot.tz)
    owner.post("/console/lots/own/opening/open", {"starts_at": f"{day:%Y-%m-%dT%H:%M}"})
    lot.refresh_from_db()
    assert (lot.closed_at, lot.opens_at) == (NOON, day.replace(second=0, microsecond=0))
    assert open_lots(lot.opens_at - timedelta(seconds=1)) == 0
    assert open_lots(lot.opens_at) == 1
    lot.refresh_from_db()
    assert (lot.closed_at, lot.opens_at) == (None, None)
    empty = owner.post("/console/lots/own/opening/close", {"why": ""})
    assert (empty.status_code, faults(empty)) == (422, ["why"])
    for _ in range(2):
        owner.post("/console/lots/own/opening/close", {"why": "渠道故障"})
    kinds = list(lot.changes.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["planned", "opened", "closed"]
    assert "渠道故障" in page(owner.get("/console/lots/own/opening"))


@pytest.mark.parametrize("text", ["soon", "2026-02-30T10:00", "9" * 99, "0001-01-01T00:00"])
def test_invalid_opening_date_opens_nothing(owner, lot, text):
    Lot.objects.update(closed_at=NOON)
    answer = owner.post("/console/lots/own/opening/open", {"starts_at": text})
    lot.refresh_from_db()
    assert (answer.status_code == 422) == (lot.closed_at is not None)


def test_lot_without_tariff_cannot_open(owner, lot):
    lot.tariffs.all().delete()
    Lot.objects.update(closed_at=NOON)
    answer = owner.post("/console/lots/own/opening/open", {"starts_at": ""})
    assert answer.status_code == 422
    assert "还没有生效的计费规则" in page(answer)
    with pytest.raises(going_live.NotReady):
        going_live.open_lot(lot, starts_at=now(), by=ChangedBy(), at=now())


# commands


def test_first_owner_command_creates_one_owner(capsys):
    call_command("first_owner", "boss", operator="上海浦江商业管理有限公司")
    call_command("first_owner", "boss", operator="another")  # the first code was lost
    code = re.findall(r"\b(?:[A-Z0-9]{4}-){4}[A-Z0-9]{4}\b", capsys.readouterr().out)
    assert len(code) == 2
    user = accept(code=code[1], name="", password="a long enough one 7", at=now())
    assert (user.username, user.is_superuser) == ("boss", True)
    assert user.grants.get().role == Role.OWNER
    assert Operator.objects.get().legal_name == "上海浦江商业管理有限公司"
    for name in ("boss", "other"):
        with pytest.raises(CommandError, match="account in use"):
            call_command("first_owner", name, operator="x")


@pytest.mark.parametrize(
    ("name", "operator"),
    [("", "上海浦江"), ("a/b", "上海浦江"), ("a" * 151, "上海浦江"), ("boss", " \n"), ("boss", "浦" * 121)],
)
def test_first_owner_needs_fit_names(name, operator):
    with pytest.raises(CommandError, match="Give a name"):
        call_command("first_owner", name, operator=operator)
    assert not Operator.objects.exists()


def test_document_records_each_step():
    places = {
        "operator": {name: OPERATOR[name] for name in OPERATOR},
        "lot": {"slug": "ruimin", "name": "瑞民", "kind": "other", "address": "路 1 号"},
        "lanes": [{"name": "东车道", "direction": "both"}],
        "devices": [{"lane": "东车道", "make": "vzenith"}],
    }
    apply(places, at=NOON)
    apply({**places, "lot": {"slug": "ruimin", "exit_window": 30}}, at=NOON)
    device = Device.objects.get()
    device_settings.begin_rotation(device, by=ChangedBy(), at=NOON)
    with pytest.raises(device_settings.NewKeyUnused):
        device_settings.finish_rotation(device, by=ChangedBy(), at=NOON)
    for wrong in ({"open": True}, {"lot": {"slug": "ruimin", "exit_window": 1}}):
        with pytest.raises(DocumentError, match=r"no tariff|exit_window"):
            apply({**places, **wrong}, at=NOON)
    apply({**places, "closed": "not yet"}, at=NOON)
    lot = Lot.objects.get()
    assert (lot.exit_window, lot.closed_at is not None) == (30, True)
    kinds = SettingChange.objects.order_by("pk").values_list("thing", "kind")
    assert list(kinds) == [
        ("operator", "added"),
        ("lot", "added"),
        ("lane", "added"),
        ("device", "added"),
        ("lot", "changed"),
        ("device", "rotating"),
    ]


def test_recorded_settings_have_labels():
    recorded = {
        name
        for file in (Path(__file__).parents[2] / "lots").rglob("*.py")
        for fields in re.findall(r"(?:before|after) ?= ?\{([^}]*)\}", file.read_text(encoding="utf-8"))
        for name in re.findall(r'"(\w+)":', fields)
    }
    assert {"system", "recipient", "closed_at"} <= recorded
    assert [name for name in recorded if str(label_of("lot", name)) == name] == []


def test_each_make_has_label_and_advice():
    assert set(labels.MAKES) == set(SILENT) == set(dict(MAKES)) == set(Device.Make.values)


def test_pages_name_the_make_of_device(owner, lot, monkeypatch):
    device = make_device(lot, "exit", make="third")
    monkeypatch.setitem(labels.MAKES, "third", "Third make")
    monkeypatch.setitem(SILENT, "third", ())
    pages = [f"/console/devices/{device.pk}", f"/console/lots/{lot.slug}", "/console/devices"]
    assert [page for page in pages if "Third make" not in owner.get(page).content.decode()] == []


# a lot like another one


@pytest.fixture
def settled(lot):
    """The owner's lot with everything that another lot can take over, and a device that it cannot."""
    Lot.objects.filter(pk=lot.pk).update(exit_window=25, jam_minutes=45, retention_hours=48)
    first_version(lot=lot, document=TARIFF, by=make_person(), why="x", at=now())
    make_device(lot, "exit")
    lot.lanes.update(min_confidence=70, has_screen=True)
    by, recipient = (
        ChangedBy(make_person(), uuid4()),
        {"kind": "city", "name": "市平台", "contact": "x@y.example"},
    )
    recipients.add_recipient(lot, recipient, by=by, at=now())
    SignWording.objects.create(lot=lot, city="general", texts={}, colour="#004488", at=now(), by=by.staff)
    lot.refresh_from_db()
    return lot


def like(owner, lot, **answer):
    operator = lot.operator.pk
    form = {**LOT, "operator": operator, "press": str(uuid4()), "exit_window": "25", **answer}
    for _ in range(2):
        sent = owner.post(f"/console/setup/lot?like={lot.slug}", form)
        assert sent.status_code == 302
    return Lot.objects.get(slug="ruimin")


def test_second_lot_takes_the_first_ones_settings(owner, settled):
    form = page(owner.get("/console/setup/lot?like=own"))
    for words in ("计费规则（第 1 版）", "exit", "标识的用语", "市平台", 'value="25"', 'value="48"'):
        assert words in form
    assert 'value="浦江路 1 号"' not in form
    ticked = {f"take_{part}": "on" for part in ("tariff", "lanes", "wording", "recipients")}
    made = like(owner, settled, **ticked)
    (lane,), (version,) = made.lanes.all(), made.tariffs.all()
    assert (made.jam_minutes, made.exit_window, made.closed_at is not None) == (45, 25, True)
    assert (lane.direction, lane.min_confidence, lane.has_screen) == ("exit", 70, True)
    assert (version.document, version.why, version.signed_by is not None) == (TARIFF, "同“浦江广场”", True)
    assert [row.name for row in recipients.in_force(made)] == ["市平台"]
    assert made.wordings.get().colour == "#004488"
    assert not made.devices.exists()
    assert set(made.signs.values_list("code")).isdisjoint(settled.signs.values_list("code"))


def test_unticked_parts_are_left_out(owner, settled):
    made = like(owner, settled, take_lanes="on")
    assert made.lanes.count() == 1
    assert not any(rows.exists() for rows in (made.tariffs, made.wordings, recipients.in_force(made)))


def test_strange_lot_is_not_copied(owner, lot):
    make_device(make_lot(slug="strange"), "exit")
    assert "take_lanes" not in page(owner.get("/console/setup/lot?like=strange"))
    made = like(owner, make_lot(slug="strange-2"), operator=lot.operator.pk, take_lanes="on")
    assert not made.lanes.exists()
