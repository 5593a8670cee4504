"""A lot is set up from one document: whole, checked, or not at all."""

import copy
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.timezone import now

from lots.demo import LANES, LOTS, describe, make_demo_lots
from lots.lot_document import PlanError, open_lot, read_plan
from lots.models import Lot, Operator, Sign
from lots.pricing import PastTariff, add_version
from tests.factories import NOON, TARIFF, make_lot

pytestmark = pytest.mark.django_db

DOCUMENT: dict[str, Any] = {**copy.deepcopy(LOTS[0]), "lanes": LANES}


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
    with pytest.raises(PlanError) as error:
        read_plan(document)
    return error.value.faults


def test_plan_creates_lot_with_signs():
    lot = open_lot(read_plan(DOCUMENT), at=NOON)
    assert [str(sign) for sign in lot.signs.filter(kind=Sign.Kind.PURE)] == [
        f"{number} {place}" for number, place in enumerate(DOCUMENT["signs"], 1)
    ]
    assert [sign.lane.name for sign in lot.signs.filter(kind=Sign.Kind.LANE)] == [
        "东入口",
        "东出口",
        "西出口",
    ]
    assert (lot.tariffs.get().valid_from, lot.operator.legal_name) == (NOON, "上海浦江商业管理有限公司")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("operator", None, "operator: is missing"),
        ("operator.service_phone", None, "operator.service_phone: is missing"),
        ("operator.fax", "1", "operator.fax: is not known"),
        ("operator.legal_name", "", "operator.legal_name: is missing"),
        ("lot.kind", "malll", "lot.kind: "),
        ("lot.slug", "a b", "lot.slug: "),
        ("lot.bays", "many", "lot.bays: "),
        ("lot.zone", "Moon", "lot.zone: "),
        ("lot.province", "x", "lot: "),
        ("lot.retention_hours", 0, "lot: "),
        ("lanes", [], "lanes: "),
        ("lanes", [{"name": "A", "direction": "entry"}], "lanes: there must be a way in and a way out"),
        ("lanes.1.name", "东入口", "lanes[1].name: stands here twice"),
        ("lanes.0.direction", "in", "lanes[0].direction: "),
        ("signs", ["B1", ""], "signs[1]: "),
        ("signs", "B1", "signs: "),
        ("tariff.currency", "USD", "tariff.currency: must be CNY"),
        ("tariff", [], "tariff: must be an object"),
    ],
)
def test_invalid_plan_field_is_named(path, value, where):
    assert [fault for fault in faults(changed(path, value)) if fault.startswith(where)]
    assert not Operator.objects.exists()


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_plan_must_be_an_object(document):
    assert faults(document) == ["the document: must be an object"]


def test_matching_operator_is_reused():
    open_lot(read_plan(DOCUMENT), at=NOON)
    assert [fault.split(":")[0] for fault in faults(DOCUMENT)] == ["lot.slug"]
    open_lot(read_plan(changed("lot.slug", "second")), at=NOON)
    assert Operator.objects.count() == 1
    other = changed("operator.contact", "elsewhere") | {"lot": {**DOCUMENT["lot"], "slug": "third"}}
    assert faults(other) == ["operator.contact: is not what is stored for this operator"]


def run_command(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_commands_create_lot_and_signs(tmp_path):
    file = tmp_path / "lot.json"
    file.write_text("﻿" + json.dumps(DOCUMENT), encoding="utf-8")
    assert "3 lanes, 3 pure codes" in run_command("add_lot", str(file), "--dry-run")
    assert not Lot.objects.exists()
    assert run_command("add_lot", str(file)).count("/P/") == 6
    assert run_command("add_sign", "pujiang-plaza", "B3", "--lane", "东出口").startswith("7  ")
    picture = tmp_path / "7.png"
    run_command("sign_png", "pujiang-plaza", "7", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    run_command("revoke_sign", "pujiang-plaza", "7")
    with pytest.raises(CommandError, match="revoked"):
        run_command("sign_png", "pujiang-plaza", "7", str(picture))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("add_lot", "none.json"), "Cannot read the file"),
        (("add_sign", "nowhere", "B1"), "no lot"),
        (("sign_png", "lot-a", "9", "x.png"), "no sign 9"),
        (("revoke_sign", "lot-a", "9"), "no sign 9"),
        (("add_sign", "lot-a", "B1", "--lane", "x"), "no lane"),
    ],
)
def test_command_names_missing_object(words, reason):
    make_lot(slug="lot-a")
    with pytest.raises(CommandError, match=reason):
        run_command(*words)


def test_set_tariff_previews_then_schedules(tmp_path):
    lot = make_lot(slug="lot-a")
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps(TARIFF | {"caps": [{"cycle": "each", "amount": 3000}]}), encoding="utf-8")
    assert "30.00 yuan" in run_command("set_tariff", "lot-a", str(file), "--from", "2999-01-01", "--dry-run")
    assert lot.tariffs.count() == 1
    run_command("set_tariff", "lot-a", str(file), "--from", "2999-01-01")
    newest = lot.tariffs.order_by("-version")[0]
    assert (newest.version, newest.valid_from.astimezone(lot.tz).isoformat()) == (
        2,
        "2999-01-01T00:00:00+08:00",
    )


@pytest.mark.parametrize(("start", "reason"), [("2020-01-01", "past"), ("soon", "no date")])
def test_tariff_cannot_begin_in_past(tmp_path, start, reason):
    lot = make_lot(slug="lot-a")
    file = tmp_path / "tariff.json"
    file.write_text(json.dumps(TARIFF), encoding="utf-8")
    with pytest.raises(CommandError, match=reason):
        run_command("set_tariff", "lot-a", str(file), "--from", start)
    with pytest.raises(PastTariff):
        add_version(lot=lot, document=TARIFF, valid_from=NOON - timedelta(1), at=NOON)


def test_demo_replaces_revoked_signs():
    make_demo_lots(at=now())
    Sign.objects.update(revoked_at=now())
    make_demo_lots(at=now())
    assert [lot["slug"] for lot in describe()["lots"]] == [plan["lot"]["slug"] for plan in LOTS]
    assert Sign.objects.filter(revoked_at=None).count() == len(LOTS)


def test_demo_lot_is_created_atomically(monkeypatch):
    def fail(**_fields: Any) -> None:
        raise RuntimeError("interrupted")

    monkeypatch.setattr("lots.demo.enrol", fail)
    with pytest.raises(RuntimeError):
        make_demo_lots(at=now())
    assert not Lot.objects.exists()
