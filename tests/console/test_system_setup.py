"""Putting a lot in front of its parking system in the console: chosen, typed, tested, opened."""

import re

import pytest

from lots.models import Lot, ParkingSystemLink
from lots.systems.link_test import VAGUE
from lots.systems.links import link_of
from lots.systems.vendor_fields import FIELDS
from staff.models import Role
from tests.factories import NOON, make_lot, make_person, signed_in
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import every_vendor, vendor_named

pytestmark = pytest.mark.django_db
PLATE = "沪A12345"
WHO = {
    "recipient_name": "示例停车系统有限公司",
    "recipient_contact": "privacy@pms.example",
    "support_phone": "020-5550 0100",
}


@pytest.fixture
def lot():
    return make_lot(slug="own", address="浦江路 1 号", closed_at=NOON)


def text(answer):
    return answer.content.decode()


def typed(vendor, **changes):
    own = {**vendor.simulator.options, **vendor.simulator.secrets}
    defaults = {"role": "page", "form": "cloud", "version": "v3"}
    chosen = {name: defaults[name] for name in FIELDS[vendor.kind].options if name in defaults}
    return {
        "base_url": vendor.url,
        "lot_code": vendor.simulator.lot_code,
        **WHO,
        **chosen,
        **own,
        **changes,
    }


def save(owner, vendor, **changes):
    return owner.post(f"/console/lots/own/system?vendor={vendor.kind}", typed(vendor, **changes))


def test_checklist_offers_the_choice(owner, lot):
    assert "/console/lots/own/system" in text(owner.get("/console/lots/own/setup"))
    page = text(owner.get("/console/lots/own/system"))
    assert all(f"?vendor={kind}" in page for kind in FIELDS)


@every_vendor
def test_system_is_typed_tested_and_opened(owner, lot, name):
    vendor = vendor_named(name)
    vendor.simulator.park.enter(PLATE, 1250)
    assert owner.get(f"/console/lots/own/system?vendor={vendor.kind}").status_code == 200
    saved = save(owner, vendor)
    assert saved.status_code == 302, re.findall(r'class="error"[^<]*<?[^<]*', text(saved))
    tested = owner.post("/console/lots/own/system/test", {"plate": PLATE})
    assert tested.status_code == 200
    assert "12.50" in text(tested)
    assert "✗" not in text(tested)
    assert ParkingSystemLink.objects.get().checked_at
    lot.refresh_from_db()
    assert link_of(lot).secrets == {key: value for key, value in vendor.simulator.secrets.items() if value}


@every_vendor
def test_secret_is_never_shown(owner, lot, name):
    vendor = vendor_named(name)
    secrets = {key: f"top-{key}-".ljust(24, "7") for key in FIELDS[vendor.kind].secrets}
    assert save(owner, vendor, **secrets).status_code == 302
    for page in (owner.get("/console/lots/own/system"), save(owner, vendor, **secrets, base_url="no")):
        assert not any(value in text(page) for value in secrets.values())


def test_empty_secret_keeps_the_stored(owner, lot):
    vendor = vendor_named("aike")
    save(owner, vendor)
    assert save(owner, vendor, key="", secret="", lot_code="OTHER").status_code == 302
    lot.refresh_from_db()
    link = link_of(lot)
    assert (link.lot_code, dict(link.secrets)) == ("OTHER", dict(vendor.simulator.secrets))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"base_url": "ftp://pms.example"}, "base_url"),
        ({"base_url": "https://user:pass@pms.example"}, "base_url"),
        ({"base_url": "https://pms.example/?a=1"}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"lot_code": ""}, "lot_code"),
        ({"secret": ""}, "secret"),
        ({"recipient_name": ""}, "recipient_name"),
        ({"recipient_contact": " "}, "recipient_contact"),
        ({"base_url": "http://pms.example"}, "accepts_weak"),
        ({"base_url": "https://pms.example"}, "accepts_weak"),
        ({"base_url": "https：//pms.example"}, "base_url"),
        ({"base_url": "pms.example"}, "base_url"),
        ({"base_url": "https://pms.example/openydt/api/v3", "accepts_weak": "on"}, "base_url"),
        ({"lot_code": "２KSANDBX"}, "lot_code"),
        ({"secret": "１２３４５６"}, "secret"),
        ({"key": "te\u200bst"}, "key"),
    ],
)
def test_bad_input_is_named(owner, lot, change, field):
    answer = save(owner, vendor_named("aike"), **change)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text(answer)
    assert not ParkingSystemLink.objects.exists()


def test_pasted_private_key_is_not_shown(owner, lot):
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----"
    answer = save(owner, vendor_named("hikvision"), own_certificate=key)
    assert answer.status_code == 422
    assert 'id="id_own_certificate_error"' in text(answer)
    assert "MIGHAgEAMBMGByqGSM49" not in text(answer)


def test_lanes_need_their_own_numbers(owner, lot):
    lanes = [lot.lanes.create(name=name, direction="exit") for name in ("东出口", "西出口")]
    twice = {f"lane_{lane.pk}": "222" for lane in lanes}
    answer = save(owner, vendor_named("aike"), **twice)
    assert answer.status_code == 422
    assert f'id="id_lane_{lanes[1].pk}_error"' in text(answer)
    assert save(owner, vendor_named("aike"), **twice | {f"lane_{lanes[1].pk}": "223"}).status_code == 302


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("bolian", {"union_id": ""}, "union_id"),
        ("keytop", {"app_id": ""}, "app_id"),
        ("keytop", {"form": "lan", "des_key": "short"}, "des_key"),
        ("hikvision", {"key": "２３４"}, "key"),
    ],
)
def test_missing_or_impossible_key_is_named(owner, lot, name, changes, field):
    answer = save(owner, vendor_named(name), **changes)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text(answer)


def test_consent_is_recorded(owner, lot):
    assert (
        save(owner, vendor_named("aike"), base_url="http://pms.example", accepts_weak="on").status_code == 302
    )
    row = ParkingSystemLink.objects.get()
    assert row.weak_link_accepted_at
    assert row.weak_link_accepted_by is not None


@pytest.mark.parametrize(
    ("fault", "code"),
    [("offline", "lot_offline"), ("not_json", "malformed"), ("http_error", "http_error")],
)
def test_test_names_the_fault(owner, lot, fault, code):
    vendor = vendor_named("aike")
    save(owner, vendor)
    vendor.simulator.fault(fault)
    page = text(owner.post("/console/lots/own/system/test", {"plate": ""}))
    assert f"<code>{code}</code>" in page
    assert ParkingSystemLink.objects.get().checked_at is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"base_url": "https://no-such-host.invalid", "accepts_weak": "on"}, "name_unknown"),
        ({"base_url": "http://127.0.0.1:1"}, "port_closed"),
        ({"secret": "wrong"}, "refused_us"),
        ({"lot_code": "OTHER"}, "lot_unknown"),
    ],
)
def test_wrong_setting_is_named(owner, lot, changes, code):
    save(owner, vendor_named("aike"), **changes)
    assert f"<code>{code}</code>" in text(owner.post("/console/lots/own/system/test", {"plate": ""}))


@every_vendor
def test_each_wrong_entry_is_named(owner, lot, name):
    """The lot's number and each key, one at a time: too long, cut short, in another case, or another's."""
    vendor = vendor_named(name)
    right = typed(vendor)
    secrets = [field for field in vendor.simulator.secrets if right[field]]
    for field in ("lot_code", *secrets):
        for wrong in (right[field] + "1", right[field][:-1], right[field].swapcase() + "_", "another"):
            saved = save(owner, vendor, **{field: wrong})
            assert saved.status_code == 302
            page = text(owner.post("/console/lots/own/system/test", {"plate": PLATE}))
            (code,) = re.findall(r"<code>(\w+)</code>", page)
            assert ("逐字核对" in page) == (code in VAGUE)
            shown = [each for each in (wrong, right[field]) if len(each) > 8 and each in page]
            assert field == "lot_code" or not shown
            assert not ParkingSystemLink.objects.get().checked_at
    assert save(owner, vendor).status_code == 302
    assert "✗" not in text(owner.post("/console/lots/own/system/test", {"plate": ""}))


def test_working_entries_are_not_doubted(owner, lot):
    vendor = vendor_named("aike")
    save(owner, vendor)
    assert "✗" not in text(owner.post("/console/lots/own/system/test", {"plate": ""}))
    vendor.simulator.fault("offline")
    assert "逐字核对" not in text(owner.post("/console/lots/own/system/test", {"plate": ""}))


def test_encrypted_address_without_tls_is_named(owner, lot):
    vendor = vendor_named("aike")
    save(owner, vendor, base_url=vendor.url.replace("http:", "https:"))
    assert "<code>tls</code>" in text(owner.post("/console/lots/own/system/test", {"plate": ""}))


def test_tested_plate_is_no_plate(owner, lot):
    save(owner, vendor_named("aike"))
    answer = owner.post("/console/lots/own/system/test", {"plate": "no plate"})
    assert answer.status_code == 422


def test_open_lot_keeps_its_system(owner, lot):
    Lot.objects.update(closed_at=None)
    assert save(owner, vendor_named("aike")).status_code == 422
    lot.refresh_from_db()
    assert lot.system == Lot.System.BUILTIN


def test_unnamed_system_cannot_open(owner):
    lot = lot_in_front_of(vendor_named("aike"), recipient_name="")
    Lot.objects.filter(pk=lot.pk).update(closed_at=NOON)
    other = signed_in(make_person(Role.OWNER, operator=lot.operator))
    assert other.post(f"/console/lots/{lot.slug}/opening/open", {"starts_at": ""}).status_code == 422
    lot.refresh_from_db()
    assert lot.closed_at


def test_own_system_is_used_again(owner, lot):
    save(owner, vendor_named("aike"))
    assert owner.post("/console/lots/own/system/own").status_code == 302
    lot.refresh_from_db()
    assert lot.system == Lot.System.BUILTIN
    assert not ParkingSystemLink.objects.exists()


@pytest.mark.parametrize("role", [Role.BOOTH, Role.AUDITOR])
def test_other_roles_set_up_no_system(lot, role):
    person = signed_in(make_person(role, operator=lot.operator))
    assert person.get("/console/lots/own/system").status_code == 403


def test_unknown_vendor_is_not_found(owner, lot):
    assert owner.get("/console/lots/own/system?vendor=skidata").status_code == 404
    assert owner.post("/console/lots/own/system/test", {"plate": ""}).status_code == 302
