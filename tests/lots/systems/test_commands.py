"""Setting up a link by command, its test in words, and the conformance test of the open pair."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.timezone import now

from compliance.privacy_notice import notice_for
from lots.models import Lane, Lot, ParkingSession, ParkingSystemLink
from lots.setup.change_recorder import ChangedBy
from lots.setup.going_live import NotReady, open_lot
from lots.systems import conformance, link_test
from lots.systems.aike import AikeSystem
from lots.systems.fault_texts import meaning_of
from lots.systems.link_test import check, probe_all
from lots.systems.links import BadLink, link_of, save_link
from lots.systems.parking_system import Nothing, NothingDue, Unreachable
from lots.systems.vendor_fields import FIELDS
from tests.factories import NOON, make_lot
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named
from tests.lots.systems.test_vendors import PLATE

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def aike():
    return vendor_named("aike")


def given(vendor, **changed):
    return {
        "system": vendor.kind,
        "base_url": vendor.url,
        "lot_code": vendor.simulator.lot_code,
        "recipient_name": "示例停车系统有限公司",
        "recipient_contact": "privacy@pms.example",
        **vendor.simulator.secrets,
        **changed,
    }


def test_every_vendor_has_fields():
    assert set(FIELDS) == set(Lot.System) - {Lot.System.BUILTIN}


def test_link_is_stored_and_tested(aike, tmp_path, capsys):
    lot = make_lot()
    Lane.objects.create(lot=lot, name="东出口", direction="exit")
    file = tmp_path / "link.json"
    file.write_text(json.dumps(given(aike, lanes={"东出口": "222"})))
    call_command("link_system", lot.slug, str(file))
    lot.refresh_from_db()
    assert lot.system == "aike"
    assert set(link_of(lot).lanes.values()) == {"222"}
    call_command("check_system", lot.slug)
    shown = capsys.readouterr().out
    assert "停车系统应答正常" in shown
    assert "123456" not in shown
    assert ParkingSystemLink.objects.get(lot=lot).checked_at is not None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"system": "unknown"}, "system: one of"),
        ({"secret": ""}, "secret: is missing"),
        ({"recipient_name": " "}, "recipient_name: is missing"),
        ({"base_url": "ftp://x"}, "base_url: .*https://"),
        ({"base_url": "http://[::1"}, "base_url: .*https://"),
        ({"base_url": "https://user:pass@pms.example"}, "base_url: "),
        ({"base_url": "https://pms.example/openydt/api/v3/"}, "base_url: .*/openydt"),
        ({"secret": "123\n456"}, "secret: "),
        ({"secret": "１２３４５６"}, "secret: "),
        ({"key": "te\u200bst"}, "key: "),
        ({"lot_code": "２ＫSANDBX"}, "lot_code: "),
        ({"lot_code": "x" * 65}, "lot_code: must be a text of at most 64"),
        ({"support_phone": 123}, "support_phone: must be a text"),
        ({"version": "V2"}, "version: .*v3, v2"),
        ({"lanes": {"东出口": 222}}, "lanes: each number must be a text"),
        ({"lanes": {"东出口": "２２２"}}, "lanes: 东出口: "),
        ({"lanes": {"东出口": "1", "西出口": "1"}}, "lanes: 西出口: "),
        ({"system": ["aike"]}, "system: one of"),
        ({"lanes": {"no such": "1"}}, "not known here"),
        ({"other": "x"}, "unknown: other"),
        ({"version": 3}, "version: must be a text"),
    ],
)
def test_incomplete_link_is_refused(aike, change, fault):
    with pytest.raises(BadLink, match=fault):
        save_link(make_lot(), given(aike, **change), accepts_weak=False, at=NOON)
    assert not ParkingSystemLink.objects.exists()


def test_vendor_lot_of_another_lot_is_refused(aike):
    """Two phones could pay one stay, each by the code of another lot."""
    east = make_lot(name="东区停车场")
    west, foreign = make_lot(operator=east.operator), make_lot()
    save_link(east, given(aike), accepts_weak=False, at=NOON)
    save_link(foreign, given(aike), accepts_weak=False, at=NOON)  # not shown to this operator
    with pytest.raises(BadLink, match="东区停车场"):
        save_link(west, given(aike), accepts_weak=False, at=NOON)
    save_link(west, given(aike, lot_code="WEST"), accepts_weak=False, at=NOON)
    Lot.objects.filter(pk=east.pk).update(closed_at=NOON)  # a lot that was set up once more
    save_link(west, given(aike), accepts_weak=False, at=NOON)


@pytest.mark.parametrize(
    ("fault", "code"), [("offline", "lot_offline"), ("no_answer", "no_answer"), ("not_json", "malformed")]
)
def test_test_names_the_fault(aike, fault, code):
    lot = lot_in_front_of(aike)
    aike.simulator.fault(fault)
    (named,) = [found for found in check(lot, at=NOON) if found.code]
    assert (named.is_good, named.code, named.text) == (False, code, meaning_of(code))
    link = ParkingSystemLink.objects.get(lot=lot)
    assert (link.fault, link.failing_since, link.checked_at) == (code, NOON, None)
    aike.simulator.clear()
    assert all(finding.is_good for finding in check(lot, at=NOON + timedelta(minutes=1)))
    link.refresh_from_db()
    assert (link.fault, link.failing_since) == ("", None)


def test_silent_system_is_noted(aike):
    lot, closed = lot_in_front_of(aike), lot_in_front_of(aike)
    Lot.objects.filter(pk=closed.pk).update(closed_at=NOON)
    make_lot()
    aike.simulator.fault("offline")
    assert probe_all(at=NOON) == 1
    assert probe_all(at=NOON + timedelta(minutes=1)) == 1
    link = ParkingSystemLink.objects.get(lot=lot)
    assert (link.fault, link.failing_since) == ("lot_offline", NOON)
    aike.simulator.clear()
    probe_all(at=NOON + timedelta(minutes=2))
    link.refresh_from_db()
    assert (link.fault, link.failing_since, link.answered_at) == ("", None, NOON + timedelta(minutes=2))
    assert ParkingSystemLink.objects.get(lot=closed).answered_at is None


def test_silent_systems_delay_no_probe(aike, monkeypatch):
    asked, failing = [], [lot_in_front_of(aike) for _ in range(3)]
    ParkingSystemLink.objects.update(fault="no_answer", failing_since=NOON)
    healthy = [lot_in_front_of(aike) for _ in range(3)]
    probe = link_test._probe
    monkeypatch.setattr(link_test, "_probe", lambda row, at: asked.append(row.lot) or probe(row, at))
    monkeypatch.setattr(link_test, "PROBES_SECONDS", 0)
    assert probe_all(at=NOON + timedelta(minutes=1)) == 3
    assert set(asked) == set(healthy)
    monkeypatch.setattr(link_test, "PROBES_SECONDS", 60)
    assert probe_all(at=NOON + timedelta(minutes=2)) == 6
    assert not ParkingSystemLink.objects.filter(lot__in=failing).exclude(fault="").exists()


def test_link_changed_during_its_test_is_untested(aike, monkeypatch):
    lot = lot_in_front_of(aike)
    ask = AikeSystem.charge

    def changed_meanwhile(system, query):
        answer = ask(system, query)
        save_link(Lot.objects.get(pk=lot.pk), given(aike, lot_code="OTHER"), accepts_weak=False, at=NOON)
        return answer

    monkeypatch.setattr(AikeSystem, "charge", changed_meanwhile)
    assert all(finding.is_good for finding in check(lot, at=NOON))
    link = ParkingSystemLink.objects.get(lot=lot)
    assert (link.lot_code, link.checked_at, link.answered_at) == ("OTHER", None, None)


def test_test_shows_the_fee_of_a_car(aike, monkeypatch, capsys):
    aike.simulator.park.enter(PLATE.text, 1250)
    monkeypatch.setattr("sys.stdin", StringIO(PLATE.text + "\n"))
    call_command("check_system", lot_in_front_of(aike).slug, "--ask-plate")
    shown = capsys.readouterr().out
    assert "12.50" in shown
    assert PLATE.text not in shown


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"has_left": True}, "the system says that it is not inside"),
        ({"price_fen": 0}, "free minutes"),
        ({"is_permit": True}, "it has a permit"),
        ({"paid_fen": 1250}, "(paid"),
    ],
)
def test_link_test_explains_nothing_due(aike, change, expected):
    vars(aike.simulator.park.enter(PLATE.text, 1250)).update(change)
    with translation.override("en"):
        last = check(lot_in_front_of(aike), plate=PLATE, at=now())[-1]
    assert (last.is_good, expected in last.text) == (True, True), last.text


def test_link_test_names_when_to_leave():
    vendor = vendor_named("pcloud")
    vendor.simulator.park.enter(PLATE.text, 1250).paid_fen = 1250
    with translation.override("en"):
        last = check(lot_in_front_of(vendor), plate=PLATE, at=NOON)[-1]
    assert "(paid, leave by 12:22)" in last.text


@pytest.mark.parametrize(
    ("lane", "price", "expected"),
    [("", 500, "no car is in it"), ("222", 500, "owes ¥5.00"), ("222", 0, "owes nothing")],
)
def test_test_asks_by_each_lane(aike, lane, price, expected):
    lot = lot_in_front_of(aike)
    way_out = lot.lanes.create(name="东出口", direction="exit")
    ParkingSystemLink.objects.filter(lot=lot).update(lanes={str(way_out.pk): "222"})
    aike.simulator.park.enter(PLATE.text, price).lane = lane
    with translation.override("en"):
        last = check(lot, at=now())[-1]
    assert (last.is_good, expected in last.text) == (True, True), last.text
    assert "东出口" in last.text
    assert PLATE.text not in last.text


def test_silent_lane_is_named(aike, monkeypatch):
    lot = lot_in_front_of(aike)
    way_out = lot.lanes.create(name="东出口", direction="exit")
    ParkingSystemLink.objects.filter(lot=lot).update(lanes={str(way_out.pk): "222"})
    answers = {True: NothingDue(Nothing.ABSENT), False: Unreachable("lot_offline")}
    monkeypatch.setattr(AikeSystem, "charge", lambda self, query: answers[query.lane is None])
    last = check(lot, at=NOON)[-1]
    assert (last.is_good, last.code) == (False, "lot_offline")
    assert last.text.startswith("东出口")


def test_lot_without_link_cannot_open():
    lot = make_lot(system="aike", closed_at=NOON)
    with pytest.raises(NotReady):
        open_lot(lot, starts_at=NOON, by=ChangedBy(), at=NOON)


def test_linked_lot_opens_without_tariff(aike):
    lot = lot_in_front_of(aike)
    lot.tariffs.all().delete()
    Lot.objects.filter(pk=lot.pk).update(closed_at=NOON)
    ParkingSystemLink.objects.update(recipient_name="")
    with pytest.raises(NotReady):
        open_lot(lot, starts_at=NOON, by=ChangedBy(), at=NOON)
    ParkingSystemLink.objects.update(recipient_name="示例停车系统有限公司")
    assert open_lot(lot, starts_at=NOON, by=ChangedBy(), at=NOON)


def test_notice_names_the_system(aike):
    built_in, in_front = notice_for(make_lot()), notice_for(lot_in_front_of(aike))
    assert not any("示例停车系统有限公司" in line for line in built_in.recipients)
    assert any("示例停车系统有限公司" in line for line in in_front.recipients)
    assert set(built_in.recipients) - set(in_front.recipients)  # that nobody else receives anything


def conform(url, secret, monkeypatch, **options):
    monkeypatch.setenv("PARKING_SECRET", secret)
    out = StringIO()
    try:
        call_command("conform", url, stdout=out, **options)
    except CommandError as error:
        return out.getvalue() + str(error)
    return out.getvalue()


def test_reference_server_conforms():
    """By the commands of the page for vendors, where nothing is set up."""
    process = subprocess.Popen(
        [sys.executable, "docs/examples/parking_system_server.py", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PARKING_SECRET": "s3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = re.search(r"port (\d+)", process.stdout.readline())[1]
        shown = subprocess.run(
            [sys.executable, "-m", "tools.standalone_conform", f"http://127.0.0.1:{port}", "--lane", "1"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PARKING_SECRET": "s3"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    finally:
        process.terminate()
        process.communicate(timeout=120)
    assert "FAULT" not in shown
    assert "keeps the rules" in shown
    assert "ok    the car in the lane is found" in shown
    assert (ROOT / "docs/examples/parking_system_server.py").read_text().count("\n") <= 100


def test_rule_breaking_server_fails(monkeypatch):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500)
    assert "keeps the rules" in conform(vendor.url, vendor.simulator.secrets["secret"], monkeypatch)
    vendor.simulator.fault("void")
    vendor.simulator.park.enter(PLATE.text, 500)
    assert "FAULT" in conform(vendor.url, vendor.simulator.secrets["secret"], monkeypatch)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"due_fen": "5.00"}, "due_fen must be a whole number of fen"),
        ({"reference": "沪A12345-1"}, "reference must be 1 to 64 ASCII characters"),
        ({"entered_at": "2026-01-05 09:30:00"}, "entered_at must be a time with zone"),
        ({"result": "ok"}, "result must be one of due, nothing_due, unreachable"),
        ({"result": "nothing_due", "reason": "gone"}, "reason must be one of absent"),
    ],
)
def test_wrong_field_is_named(monkeypatch, wrong, message):
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500)
    fee = vendor.simulator.charge
    monkeypatch.setattr(vendor.simulator, "charge", lambda body: fee(body) | wrong)
    shown = conform(vendor.url, vendor.simulator.secrets["secret"], monkeypatch)
    assert message in shown.split("the test car owes something", 1)[1]
    assert PLATE.text not in shown


def test_bytes_to_sign_are_shown(monkeypatch):
    vendor = vendor_named("generic")
    vendor.simulator.fault("forged")
    shown = conform(vendor.url, vendor.simulator.secrets["secret"], monkeypatch)
    assert "must be the hex HMAC-SHA256 of b'ANSWER 200\\n/charge\\n" in shown


def test_repeat_that_counts_again_is_found(monkeypatch):
    monkeypatch.setattr(conformance, "LATER_SECONDS", 0)
    vendor = vendor_named("generic")
    vendor.simulator.park.enter(PLATE.text, 500)
    count, numbers = vendor.simulator.park.count, iter("abcdefgh")
    monkeypatch.setattr(vendor.simulator.park, "count", lambda car, _, fen: count(car, next(numbers), fen))
    shown = conform(vendor.url, vendor.simulator.secrets["secret"], monkeypatch)
    assert "166 of 500 fen were paid, twice with one number; due are still 334 fen" in shown


def test_address_without_a_server_is_named(monkeypatch):
    for url in ("http://127.0.0.1:1", "127.0.0.1:8190", "http://127.0.0.1:99999"):
        assert "Nothing answers there" in conform(url, "s", monkeypatch)


def test_lane_is_tested_where_one_is_named(monkeypatch):
    vendor = vendor_named("generic")
    secret = vendor.simulator.secrets["secret"]
    vendor.simulator.park.enter(PLATE.text, 500)
    shown = conform(vendor.url, secret, monkeypatch, lane="E1")
    assert "FAULT the car in the lane is found" in shown
    vendor.simulator.park.clear()
    vendor.simulator.park.enter(PLATE.text, 500).lane = "E1"
    assert "FAULT" not in conform(vendor.url, secret, monkeypatch, lane="E1")


def test_pasted_blanks_are_dropped(aike):
    lot = make_lot()
    typed = {name: f" {value}\n" for name, value in given(aike).items() if name != "system"}
    save_link(lot, {"system": "aike", **typed}, accepts_weak=False, at=NOON)
    assert link_of(lot).secrets == aike.simulator.secrets
    assert link_of(lot).base_url == aike.url
    assert all(finding.is_good for finding in check(lot, at=now()))


def test_needed_fields_depend_on_the_form():
    vendor = vendor_named("keytop")
    for more, missing in (
        ({}, "app_id"),
        ({"form": "lan"}, ""),
        ({"form": "lan", "des_key": "short"}, "des_key"),
    ):
        try:
            save_link(make_lot(), given(vendor, **more), accepts_weak=False, at=NOON)
            named = ""
        except BadLink as fault:
            named = str(fault).partition(":")[0]
        assert named == missing


def test_lot_in_use_keeps_its_system(aike):
    lot = make_lot()
    ParkingSession.objects.create(lot=lot, plate_kind="", entered_at=NOON)
    with pytest.raises(BadLink):
        save_link(lot, given(aike), accepts_weak=False, at=NOON)
    Lot.objects.filter(pk=lot.pk).update(closed_at=NOON)
    lot.refresh_from_db()
    assert save_link(lot, given(aike), accepts_weak=False, at=NOON)
