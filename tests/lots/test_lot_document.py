"""A lot is set up and changed from one document: whole, checked, or not at all."""

import copy
import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.timezone import now

from lots import sign_register
from lots.demo_car_parks import LANES, LOTS, describe, make_demo_lots
from lots.lot_document import DocumentError, apply
from lots.models import Device, Lot, Operator, SettingChange, Sign
from lots.pricing import PastTariff, add_version
from lots.tariffs.currencies import CURRENCIES
from tests.factories import NOON, TARIFF, make_lot

pytestmark = pytest.mark.django_db

DOCUMENT: dict[str, Any] = {**copy.deepcopy(LOTS[0]), "lanes": LANES, "open": True}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with one member set, or taken out where the value is None."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = path.split(".")
    place: Any = document
    for part in way:
        place = place[int(part) if part.isdigit() else part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def faults(document: object) -> list[str]:
    with pytest.raises(DocumentError) as error:
        apply(document, at=NOON)
    return error.value.faults


def added(document: object = DOCUMENT, *, at: datetime = NOON) -> Lot:
    apply(document, at=at)
    return Lot.objects.latest("pk")


def test_document_creates_lot_with_signs():
    lot = added()
    assert [str(sign) for sign in lot.signs.pure()] == [
        f"{number} {place}" for number, place in enumerate(DOCUMENT["signs"], 1)
    ]
    assert [sign.lane.name for sign in lot.signs.filter(kind=Sign.Kind.LANE).order_by("number")] == [
        "东入口",
        "东出口",
        "西出口",
    ]
    assert (lot.tariffs.get().valid_from, lot.operator.legal_name) == (NOON, "上海浦江商业管理有限公司")
    assert lot.closed_at is None


def test_second_run_changes_nothing():
    devices = [{"lane": "东入口", "make": "vzenith", "serial": "s1"}, {"lane": "东出口", "make": "api"}]
    signs = [*DOCUMENT["signs"], DOCUMENT["signs"][0], {"place": "岗亭", "lane": "东出口"}]
    document = {**DOCUMENT, "devices": devices, "signs": signs}
    first = apply(document, at=NOON)
    assert (len(first.once), Sign.objects.count()) == (3 + 3, 4 + 3 + 1)
    before = SettingChange.objects.count()
    again = apply(document, at=NOON + timedelta(hours=1))
    assert (again.changes, again.once) == ([], [])
    assert (SettingChange.objects.count(), Sign.objects.count(), Device.objects.count()) == (before, 8, 2)


def test_differences_are_applied_and_named():
    added()
    later = changed("lot.bays", 430) | {"operator": {**DOCUMENT["operator"], "service_phone": "021-1"}}
    later["signs"] = [*DOCUMENT["signs"], "B3"]
    report = apply(later, at=NOON)
    assert report.changes[:2] == ["operator.service_phone: 021-5550 0100 → 021-1", "lot.bays: 420 → 430"]
    assert [line.split(":")[0] for line in report.changes[2:]] == ["sign 7"]
    assert Lot.objects.get().bays == 430


def test_dry_run_writes_nothing():
    devices = [{"lane": "东入口", "make": "vzenith"}]
    report = apply({**DOCUMENT, "devices": devices}, at=NOON, dry_run=True)
    assert "lane 东入口: added, entry" in report.changes
    assert not Operator.objects.exists()
    assert not Device.objects.exists()


def test_nothing_is_removed():
    lot = added()
    short = {name: DOCUMENT[name] for name in ("operator", "lot")}
    assert apply(short, at=NOON).changes == []
    assert (lot.lanes.count(), lot.signs.count()) == (3, 6)


def test_revoked_sign_is_replaced():
    lot = added()
    sign_register.revoke(lot.signs.pure()[0], at=NOON)
    assert [line.split(":")[0] for line in apply(DOCUMENT, at=NOON).changes] == ["sign 7"]


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("operator", None, "operator: is missing"),
        ("operator.service_phone", None, "operator.service_phone: is missing"),
        ("operator.fax", "1", "operator.fax: is not known"),
        ("operator.legal_name", "", "operator.legal_name: is missing"),
        ("lot.kind", "malll", "lot.kind: "),
        ("lot.slug", "a b", "lot.slug: "),
        ("lot.bays", "many", "lot.bays: must be a whole number"),
        ("lot.zone", "Moon", "lot.zone: "),
        ("lot.province", "x", "lot: "),
        ("lot.retention_hours", 0, "lot.retention_hours: "),
        ("lanes", [], "lanes: "),
        ("lanes", [{"name": "A", "direction": "entry"}], "lanes: there must be a way in and a way out"),
        ("lanes.1.name", "东入口", "lanes[1].name: stands here twice"),
        ("lanes.0.direction", "in", "lanes[0].direction: "),
        ("signs", ["B1", ""], "signs[1]: "),
        ("signs", "B1", "signs: "),
        ("tariff.currency", "BTC", f"tariff.currency: must be {' or '.join(CURRENCIES)}"),
        ("tariff", [], "tariff: must be an object"),
        ("lot.name", None, "lot.name: is missing"),
        ("signs", [{"place": "B1", "lane": "x"}], "signs[0].lane: there is no lane"),
        ("devices", [{"lane": "x", "make": "api"}], "devices[0].lane: there is no lane"),
        ("devices", [{"lane": "东入口", "make": "x"}], "devices[0].make: "),
        ("devices", [{"lane": "东入口", "make": "api", "keep_images": True}], "devices[0].keep_images: "),
        ("devices", [{"lane": "东入口", "make": "api"}] * 2, "devices[1].name: stands here twice"),
        ("open", "soon", "open: must be a date"),
        ("closed", "x", "closed: either open or closed"),
        ("open", "9999-12-31T23:59-12:00", "open: must be a date"),
        ("operator.legal_name", "a\0", "operator.legal_name: has a character"),
        ("lanes.0.name", "\ud800", "lanes[0].name: has a character"),
        ("signs", ["B1", "a\0"], "signs[1]: has a character"),
    ],
)
def test_invalid_member_is_named(path, value, where):
    assert [fault for fault in faults(changed(path, value)) if fault.startswith(where)]
    assert not Operator.objects.exists()


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_document_must_be_an_object(document):
    assert faults(document) == ["the document: must be an object"]


def test_all_faults_are_named_at_once():
    document = changed("operator.service_phone", "x!") | {"lot": {"slug": "a b"}, "lanes": [{}], "tariff": 1}
    paths = {fault.split(":")[0] for fault in faults(document)}
    assert paths >= {"operator.service_phone", "lot.name", "lot.kind", "lanes[0].name", "tariff"}
    assert not Lot.objects.exists()


def test_matching_operator_is_reused():
    added()
    added(changed("lot.slug", "second"))
    assert Operator.objects.count() == 1
    stranger = changed("operator.legal_name", "上海另一家有限公司")
    assert faults(stranger) == ["lot.slug: belongs to a lot of another operator"]


def test_new_lot_stays_closed_without_open():
    lot = added(changed("open", None))
    assert lot.closed_at == NOON
    apply(changed("open", "2026-12-01T06:00"), at=NOON)
    lot.refresh_from_db()
    assert (lot.closed_at, f"{lot.opens_at.astimezone(lot.tz):%m-%d %H:%M}") == (NOON, "12-01 06:00")


def test_closing_needs_a_reason():
    lot = added()
    closed = changed("open", None)
    assert faults(closed | {"closed": ""}) == ["closed: must be the reason, as a text"]
    assert faults(closed | {"closed": "水" * 201}) == ["closed: must be a text of at most 200 characters"]
    assert faults(closed | {"closed": "沪A12345 堵口"}) == ["closed: must not hold a plate or a phone number"]
    apply(closed | {"closed": "排水"}, at=NOON)
    lot.refresh_from_db()
    assert (lot.closed_at, SettingChange.objects.latest("pk").why) == (NOON, "排水")


def test_lot_without_tariff_cannot_open():
    assert faults(changed("tariff", None)) == ["open: the lot has no tariff in force then"]


@pytest.mark.parametrize(
    ("member", "value"),
    [("make", "api"), ("lane", "西出口"), ("serial", "s2"), ("keep_images", True)],
)
def test_enrolled_device_is_not_changed(member, value):
    device = {"lane": "东入口", "make": "vzenith", "serial": "s1", "name": "一号"}
    added({**DOCUMENT, "devices": [device]})
    (fault,) = faults({**DOCUMENT, "devices": [{**device, member: value}]})
    assert fault.startswith(f"devices[0].{member}: is ")


def test_lane_direction_is_not_changed():
    added()
    (fault,) = faults(changed("lanes.0.direction", "both"))
    assert fault.startswith("lanes[0].direction: is entry")


def test_new_tariff_needs_a_moment_to_come():
    lot = added()
    dearer = changed("tariff.caps", [{"cycle": "each", "amount": 9000}])
    assert [fault.split(":")[0] for fault in faults(dearer)] == ["tariff_from"]
    assert faults(dearer | {"tariff_from": "2020-01-01"}) == ["tariff_from: lies in the past"]
    assert faults(dearer | {"tariff_from": "soon"})[0].startswith("tariff_from: must be a date")
    report = apply(dearer | {"tariff_from": "2999-01-01"}, at=NOON)
    newest = lot.tariffs.order_by("-version")[0]
    start = newest.valid_from.astimezone(lot.tz).isoformat()
    assert (newest.version, start) == (2, "2999-01-01T00:00:00+08:00")
    assert report.changes[0] == "tariff: version 2, in force from 2999-01-01 00:00"
    assert any(line.endswith("90.00 yuan") for line in report.changes)
    assert apply(dearer | {"tariff_from": "2999-01-01"}, at=NOON).changes == []


def test_tariff_cannot_begin_in_past():
    with pytest.raises(PastTariff):
        add_version(lot=make_lot(), document=TARIFF, valid_from=NOON - timedelta(1), at=NOON)


def run_command(*words: str) -> str:
    out = StringIO()
    call_command("apply", *words, stdout=out)
    return out.getvalue()


def test_command_applies_a_file(tmp_path):
    file = tmp_path / "lot.json"
    document = {**DOCUMENT, "devices": [{"lane": "东入口", "make": "vzenith"}]}
    file.write_text("\ufeff" + json.dumps(document), encoding="utf-8")
    preview = run_command(str(file), "--dry-run")
    assert "dry run" in preview
    assert "/d/vzenith/" not in preview
    assert not Lot.objects.exists()
    done = run_command(str(file))
    assert (done.count("/P/"), done.count("/d/vzenith/")) == (6, 3)
    assert run_command(str(file)) == "Nothing to change\n"


def test_command_names_faults(tmp_path):
    file = tmp_path / "lot.json"
    file.write_text(json.dumps(changed("lot.kind", "malll")), encoding="utf-8")
    with pytest.raises(CommandError, match=r"Nothing was written.\nlot.kind: "):
        run_command(str(file))
    with pytest.raises(CommandError, match="Cannot read the file"):
        run_command("none.json")


def test_demo_replaces_revoked_signs():
    make_demo_lots(at=now())
    Sign.objects.update(revoked_at=now())
    make_demo_lots(at=now())
    assert [lot["slug"] for lot in describe()["lots"]] == [plan["lot"]["slug"] for plan in LOTS]
    assert Sign.objects.filter(revoked_at=None).count() == len(LOTS)


def test_demo_lot_is_created_atomically(monkeypatch):
    def fail(**_fields: Any) -> None:
        raise RuntimeError("interrupted")

    monkeypatch.setattr("lots.demo_car_parks.enrol", fail)
    with pytest.raises(RuntimeError):
        make_demo_lots(at=now())
    assert not Lot.objects.exists()
