"""Own lots on a clock: taken once, kept, compared; what got worse is an alarm; public pages."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import localtime, now

from compliance import selfcheck_schedule
from compliance.models import SelfCheck, SelfCheckAlarm
from compliance.purity_declaration import declare
from console import purity_pages
from console.templatetags.console_tags import dated
from lots.models import Recipient
from lots.sign_register import new_sign, revoke
from monitoring.measurements import queues
from selfcheck import checking, signed_declaration
from selfcheck.browser import NoBrowser
from selfcheck.purity_rules import RULES
from selfcheck.purity_rules import VERSION as RULES_VERSION
from tests.factories import NOON, make_lot
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named

pytestmark = pytest.mark.django_db
SECRET = bytes(range(32))


def document(verdict, *breached):
    rules = [
        {
            "id": rule.id,
            "state": "breached" if rule.id in breached else "kept",
            "findings": [{"what": "<b>x</b>", "evidence": ""}] * (rule.id in breached),
        }
        for rule in RULES
    ]
    return {"url": "https://a.cn", "verdict": verdict, "rules": rules, "why": []}


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


@pytest.fixture
def row(lot, settings):
    settings.SELFCHECK_HOURS = 24
    selfcheck_schedule.enrol(at=NOON)
    return SelfCheck.objects.get(lot=lot)


def test_new_lot_is_due_at_once(lot):
    for _ in range(2):
        selfcheck_schedule.enrol(at=NOON)
    assert list(SelfCheck.objects.values_list("lot", "next_check_at")) == [(lot.pk, NOON)]


def test_claim_holds_until_lease_ends(row):
    assert selfcheck_schedule.claim(at=NOON) == row
    assert selfcheck_schedule.claim(at=NOON) is None
    assert selfcheck_schedule.claim(at=NOON + selfcheck_schedule.LEASE - timedelta(seconds=1)) is None
    assert selfcheck_schedule.claim(at=NOON + selfcheck_schedule.LEASE) == row


def test_zero_hours_disable_scheduled_tests(lot, settings):
    settings.SELFCHECK_HOURS = 0
    assert selfcheck_schedule.start_due(at=NOON) == 0
    assert not SelfCheck.objects.exists()


@pytest.mark.parametrize(
    ("results", "alarms"),
    [
        ([document("pure")], []),
        ([document("not_pure", "P6")], [("pure", "not_pure", "P6")]),
        ([document("remarks", "P12c"), document("remarks", "P12c")], []),
        ([document("pure"), document("remarks", "P12c")], [("pure", "remarks", "P12c")]),
        ([document("pure"), document("unknown"), document("pure")], []),
        ([document("pure"), document("unknown"), document("not_pure", "P5a")], [("pure", "not_pure", "P5a")]),
        ([document("not_pure", "P6"), document("pure")], [("pure", "not_pure", "P6")]),
        ([None, document("pure")], []),
    ],
)
def test_relapse_raises_one_alarm(row, results, alarms):
    for hours, result in enumerate(results):
        selfcheck_schedule.record(row, result, at=NOON + timedelta(hours=hours))
    assert list(SelfCheckAlarm.objects.values_list("was", "became", "worse")) == alarms
    row.refresh_from_db()
    assert row.next_check_at == NOON + timedelta(hours=len(results) - 1 + 24)
    assert row.verdict == (results[-1] or {"verdict": "unknown"})["verdict"]


def test_first_active_sign_is_tested(lot, monkeypatch):
    opened = []
    monkeypatch.setattr(checking, "check", lambda pages, **_: opened.append(pages[0].url) or [Checked()])
    assert selfcheck_schedule.result_of(lot) is None
    first, second = new_sign(lot=lot, place="B1"), new_sign(lot=lot, place="B2")
    revoke(first, at=NOON)
    selfcheck_schedule.result_of(lot)
    assert opened == [f"HTTP://TESTSERVER/P/{second.code}"]


class Checked:
    document = document("pure")


@pytest.mark.parametrize("error", [NoBrowser("none"), RuntimeError("bug")])
def test_failed_run_keeps_its_lease(row, monkeypatch, error):
    def fail(_lot):
        raise error

    monkeypatch.setattr(selfcheck_schedule, "result_of", fail)
    monkeypatch.setattr(selfcheck_schedule, "close_old_connections", lambda: None)
    selfcheck_schedule._test(selfcheck_schedule.claim(at=NOON).pk)
    row.refresh_from_db()
    assert (row.next_check_at, row.checked_at) == (NOON + selfcheck_schedule.LEASE, None)


@pytest.fixture
def staff():
    client = Client()
    client.user = get_user_model().objects.create_user("wang", is_superuser=True)
    client.force_login(client.user)
    return client


def test_staff_handle_a_relapse_once(row, staff):
    alarm = selfcheck_schedule.record(row, document("not_pure", "P6"), at=NOON)
    shown = staff.get("/console/selfcheck").content.decode()
    assert "自查结果变差" in shown
    assert "到收银台之前不请求任何第三方" in shown
    one = staff.get("/console/selfcheck/pujiang").content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in one
    address = f"/console/selfcheck/alarms/{alarm.pk}/handled"
    staff.post(address, {"done": " "})
    alarm.refresh_from_db()
    assert alarm.handled_at is None
    for reason in ("统计脚本已删除", "第二次点击"):
        staff.post(address, {"done": reason})
    alarm.refresh_from_db()
    assert (alarm.reason, alarm.handled_by) == ("统计脚本已删除", staff.user)
    assert "统计脚本已删除" in staff.get("/console/selfcheck").content.decode()


def test_staff_can_request_a_test(row, staff):
    SelfCheck.objects.update(next_check_at=NOON + timedelta(days=900))
    for _ in range(2):
        assert staff.post("/console/selfcheck/pujiang/now").status_code == 302
    assert SelfCheck.objects.get().next_check_at < NOON + timedelta(days=900)


def test_page_shows_queued_running_or_next(row, staff, monkeypatch):
    def page_at(at):
        monkeypatch.setattr(purity_pages, "now", lambda: at)
        return staff.get("/console/selfcheck/pujiang").content.decode()

    assert "排队等候自查" in page_at(NOON)
    selfcheck_schedule.claim(at=NOON)
    page = page_at(NOON + timedelta(minutes=1))
    assert "正在自查" in page
    assert "下次" not in page  # the end of the lease is no time of a test
    selfcheck_schedule.record(row, document("pure"), at=NOON + timedelta(minutes=2))
    following = f"下次：{dated(localtime(NOON + timedelta(days=1, minutes=2)), 'm-d H:i')}"
    assert following in page_at(NOON + timedelta(minutes=3))
    assert following in page_at(NOON + timedelta(hours=23, minutes=50))


def test_disabled_selfcheck_queues_nothing(row, settings):
    late = NOON + timedelta(days=9)
    assert queues(late)["compliance.selfcheck"] == (1, NOON)
    settings.SELFCHECK_HOURS = 0
    assert "compliance.selfcheck" not in queues(late)


def test_one_check_runs_without_schedule(lot, staff, settings):
    settings.SELFCHECK_HOURS = 0
    page = staff.get("/console/selfcheck/pujiang").content.decode()
    assert "SELFCHECK_HOURS" in page
    assert "立即自查" in page
    assert selfcheck_schedule.claim(at=now()) is None
    for _ in range(2):
        assert staff.post("/console/selfcheck/pujiang/now").status_code == 302
    assert "排队等候自查" in staff.get("/console/selfcheck/pujiang").content.decode()
    row = selfcheck_schedule.claim(at=now())
    assert row is not None
    assert selfcheck_schedule.claim(at=now()) is None
    staff.post("/console/selfcheck/pujiang/now")  # under way: not begun again
    assert selfcheck_schedule.claim(at=now()) is None
    row.refresh_from_db()
    selfcheck_schedule.record(row, document("pure"), at=now())
    assert selfcheck_schedule.claim(at=now() + timedelta(days=30)) is None
    assert "立即自查" in staff.get("/console/selfcheck/pujiang").content.decode()


def test_missing_browser_is_reported(row, staff, monkeypatch, settings):
    def fail(_lot):
        raise NoBrowser("none")

    settings.SELFCHECK_HOURS = 0
    selfcheck_schedule.make_due(row.lot, at=now())
    monkeypatch.setattr(selfcheck_schedule, "result_of", fail)
    monkeypatch.setattr(selfcheck_schedule, "close_old_connections", lambda: None)
    selfcheck_schedule._test(row.pk)
    row.refresh_from_db()
    assert row.asked_at is None
    assert "没有安装自查用的浏览器" in staff.get("/console/selfcheck/pujiang").content.decode()


@pytest.mark.parametrize(("end", "word"), [("", "纯净"), ("/hant", "純淨"), ("/en", "Pure")])
def test_operator_page_lists_lots_and_is_pure(row, end, word):
    selfcheck_schedule.record(row, document("pure"), at=NOON)
    answer = Client().get(f"/operator/{row.lot.operator_id}{end}")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert row.lot.name in text
    assert f"<td>{word}</td>" in text
    assert "2026-11-24" in text
    assert not answer.cookies
    assert "<script" not in text
    assert "://" not in text


@pytest.mark.parametrize("operator", ["999999", "x", "1" * 40, "²"])
def test_unknown_operator_is_not_found(lot, operator):
    assert Client().get(f"/operator/{operator}").status_code == 404


def test_declaration_is_signed_and_complete(row, settings):
    assert Client().get(signed_declaration.PATH).status_code == 404
    settings.DECLARATION_KEY = SECRET
    selfcheck_schedule.record(row, document("pure"), at=NOON)
    answer = Client().get(signed_declaration.PATH)
    state, statement = signed_declaration.read_signed(
        answer.content, key=signed_declaration.public_key(SECRET)
    )
    assert state == "true"
    assert statement["host"] == "testserver"
    assert [lot["slug"] for lot in statement["lots"]] == ["pujiang"]
    assert statement["lots"][0]["selfcheck"] == {
        "on": "2026-11-24",
        "verdict": "pure",
        "rules": RULES_VERSION,
    }
    assert signed_declaration.PATH in Client().get(f"/operator/{row.lot.operator_id}").content.decode()


def test_declaration_names_each_lots_recipients(settings):
    settings.DECLARATION_KEY = SECRET
    lot, own = lot_in_front_of(vendor_named("aike")), make_lot(slug="own")
    Recipient.objects.create(lot=lot, kind="city", name="示例市平台", contact="12319", since=NOON.date())
    lots = {each["slug"]: each for each in declare(at=NOON)["statement"]["lots"]}
    assert lots[own.slug]["recipients"] == []
    system, city = lots[lot.slug]["recipients"]
    assert system == {
        "kind": "parking_system",
        "name": "示例停车系统有限公司",
        "contact": "privacy@pms.example",
        "data": "号牌（查费）、金额（缴费后）",
        "purpose": "停车记录由该系统产生和计费",
    }
    assert (city["kind"], city["name"], city["contact"]) == ("city", "示例市平台", "12319")


def test_browser_that_ends_is_named(monkeypatch, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho '[1:1:FATAL:x.cc] No usable sandbox!' >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(broken))
    with pytest.raises(CommandError) as caught, ThreadPoolExecutor(1) as apart:  # from an earlier test's loop
        apart.submit(call_command, "selfcheck_ready").result()
    assert str(caught.value).startswith("Chromium does not start: ")
    assert "No usable sandbox" in str(caught.value)
    assert "\n" not in str(caught.value)
