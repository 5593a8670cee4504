"""The operator's compliance set is filled from the system, marks what is missing, and holds no plate."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation
from pypdf import PdfReader

from compliance import operator_set
from compliance.models import Inspection
from console.menu import MENU
from lots.models import Recipient
from lots.systems.links import save_link
from payments.models import Reporter
from staff.models import PlateAccess, Role
from tests.factories import NOON, make_device, make_lot, make_person, see, signed_in
from tests.lots.systems.simulated import vendor_named

pytestmark = pytest.mark.django_db
TEXT = Path(operator_set.__file__).with_name("typst").joinpath("operator_set.typ").read_text(encoding="utf-8")


@pytest.fixture
def lot():
    return make_lot(slug="pujiang")


@pytest.fixture
def owner(lot):
    return signed_in(make_person(Role.OWNER, operator=lot.operator))


def test_compliance_set_is_made_and_logged(lot, owner, settings):
    Recipient.objects.create(lot=lot, kind="city", name="示例市平台", contact="12319", since=NOON.date())
    pdf = owner.post(f"/console/compliance/set/{lot.operator_id}.pdf").content
    text = "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
    for title in (
        "接收方清单",
        "影响评估报告",
        "应急预案",
        "对外提供记录",
        "27项",
        "摄像机",
        "安全测评",
        "行踪轨迹",
    ):
        assert title in text
    assert lot.operator.legal_name in text
    assert "会员手机号◇是否涉及" in text  # no report may deny what members have left
    assert "不涉及姓名" not in text
    assert "示例市平台" in text
    assert ("九、会员个人信息保护影响评估报告" in text) is settings.MEMBERS
    made = Inspection.objects.get()
    assert (made.kind, made.digest) == ("set", hashlib.sha256(pdf).hexdigest())
    assert "运营方合规文件集" in owner.get("/console/compliance/papers").content.decode()


def test_set_without_members_assesses_none(lot, settings):
    settings.MEMBERS = False
    facts = operator_set.collect(lot.operator, [lot], by="", at=NOON)
    assert (facts["members"], facts["member_kinds"]) == ([], [])


def test_compliance_set_of_other_operator_is_hidden(owner):
    other = make_lot(slug="other")
    assert owner.post(f"/console/compliance/set/{other.operator_id}.pdf").status_code == 404


def test_unencrypted_hop_is_marked(lot, settings):
    settings.PUBLIC_URL, settings.DEVICE_URL = "http://pay.example.cn", "https://devices.example.cn"
    hops = {hop["name"]: hop for hop in operator_set.collect(lot.operator, [lot], by="a", at=NOON)["hops"]}
    assert hops["车主手机 → 缴费页面"]["bad"] == "1"
    assert hops["摄像机、道闸设备 → 设备接口"]["state"] == "加密（TLS）"
    assert hops["摄像机、道闸设备 → 设备接口"]["note"] == "未实测"


def test_unlisted_outside_channel_is_named(lot):
    device = make_device(lot, "exit", make="api")
    Reporter.objects.create(device=device, channel="etc")
    facts = lambda: operator_set.collect(lot.operator, [lot], by="a", at=NOON)["unlisted"]  # noqa: E731
    assert len(facts()) == 1
    Recipient.objects.create(lot=lot, kind="etc", name="示例通行", contact="1", since=NOON.date())
    assert facts() == []


def test_command_writes_the_set(lot, tmp_path, capsys):
    report = tmp_path / "doctor.txt"
    report.write_text("clock         ok\n")
    call_command("operator_papers", str(tmp_path / "set.pdf"), doctor=str(report))
    assert (tmp_path / "set.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(CommandError):
        call_command("operator_papers", str(tmp_path / "x.pdf"), operator="nobody")


def test_set_holds_no_plate(lot):
    see(make_device(lot, "entry"), "沪A6K7Q9", NOON)
    facts = operator_set.collect(lot.operator, [lot], by="a", at=NOON)
    assert facts["figures"]["held"] == "1"
    assert "6K7Q9" not in str(facts)


def test_unlisted_services_are_named(lot, settings):
    settings.INVOICE_ISSUER_URL, settings.SMS_URL = "https://fapiao.example.cn/x", "https://sms.example.cn/x"
    facts = lambda: operator_set.collect(lot.operator, [lot], by="a", at=NOON)  # noqa: E731
    assert len(facts()["unlisted"]) == 2
    for kind in ("invoice", "sms", "cloud_host"):
        Recipient.objects.create(lot=lot, kind=kind, name=f"示例{kind}", contact="1", since=NOON.date())
    assert facts()["unlisted"] == []
    relations = {
        row["name"]: row["relation"] for row in facts()["recipients"] if row["name"].startswith("示例")
    }
    assert relations == dict.fromkeys(("示例invoice", "示例sms", "示例cloud_host"), "委托处理")


def test_linked_system_is_a_recipient(lot):
    vendor = vendor_named("aike")
    link = {"system": "aike", "base_url": vendor.url, "lot_code": "1", **vendor.simulator.secrets}
    named = {"recipient_name": "示例停车系统", "recipient_contact": "a@b.example"}
    save_link(lot, {**link, **named}, accepts_weak=False, at=NOON)
    save_link(lot, {**link, **named}, accepts_weak=False, at=NOON + timedelta(days=9))
    row = next(
        row
        for row in operator_set.collect(lot.operator, [lot], by="a", at=NOON)["recipients"]
        if row["name"] == "示例停车系统"
    )
    assert (row["since"], row["data"], row["relation"]) == (
        "2026-11-24",
        "号牌（查费）、金额（缴费后）",
        "提供",
    )


def test_set_names_pages_of_the_menu():
    with translation.override("zh-hans"):
        labels = {str(label) for _, entries in MENU for _, label, _ in entries}
    named = [name.split(" → ")[-1] for name in re.findall("后台((?:“[^”]+”)+)", TEXT)]
    pages = [name for names in named for name in names.strip("“”").split("”“")]
    assert len(pages) > 5
    assert [page for page in pages if page not in labels] == []


def test_set_claims_no_reason_for_plate_views():
    fields = {field.name for field in PlateAccess._meta.get_fields()}
    assert not fields & {"reason", "why"}, "then the set may say so again"
    assert re.findall("(?:查看|显示|查找)[^；。]*号牌[^；。]*原因", TEXT) == []
