"""Every stored field declares itself, and docs/data.md is made from the declarations."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from compliance import compliance_jobs
from compliance.inventory import all_tables, declared_by, kinds_of, undeclared
from compliance.inventory_document import MEMBERS_HEADING, data_page
from compliance.system_checks import declared_fields
from core.data_kinds import FREE_MINUTES, KINDS, OUTSTANDING, PICTURE, PLATE, PLATE_PERIOD
from core.privacy import Personal, Stored
from lots.models import Lane
from payments.coupons.coupon_models import Shop
from staff.models import SignIn
from tests.factories import NOON

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
STORED = {
    model._meta.label: sorted(field.name for field in model._meta.local_concrete_fields)
    for model in apps.get_models(include_auto_created=True)
}


def test_every_field_is_declared_once():
    assert undeclared() == []


@pytest.mark.parametrize("model", sorted(STORED))
def test_each_field_is_listed_once(model):
    assert sorted(field for entry in all_tables()[model] for field in entry.fields) == STORED[model]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda declared: (), "lots.Lane.direction"),
        (lambda declared: (*declared, *declared), "lots.Lane.direction"),
        (lambda declared: (*declared, Stored("colour", PLATE, "none")), "lots.Lane.colour"),
    ],
    ids=["missing", "twice", "unknown"],
)
def test_wrong_declaration_is_an_error(monkeypatch, change, fault):
    monkeypatch.setattr(Lane, "PRIVACY", change(Lane.PRIVACY))
    assert fault in undeclared()
    assert f"{fault} needs exactly one declaration." in [error.msg for error in declared_fields()]


def test_join_table_is_declared_with_its_field():
    (clerks,) = declared_by(Shop.clerks.through)
    assert set(clerks.fields) == {"id", "shop", "user"}


def test_each_kind_is_fully_described():
    kinds = kinds_of(all_tables())
    for kind in kinds:
        assert all((kind.name, kind.ground, kind.recipients, kind.retention))
    assert {kind for kind in kinds if not kind.topic} == set(KINDS)
    assert all(entry.purpose for entries in all_tables().values() for entry in entries)


def test_plate_columns_are_personal():
    held = {
        (model, field)
        for model, entries in all_tables().items()
        for entry in entries
        if entry.kind in {PLATE, OUTSTANDING, FREE_MINUTES, PLATE_PERIOD}
        for field in entry.fields
        if entry.kind not in {FREE_MINUTES, PLATE_PERIOD} or field == "plate_index"  # beside dates, sums
    }
    assert held == {
        (model, field)
        for model, fields in STORED.items()
        for field in fields
        if field in {"plate", "plate_index"}
    }
    assert {one.personal for one in (PLATE, OUTSTANDING, FREE_MINUTES, PLATE_PERIOD)} == {Personal.YES}


def test_pictures_are_personal():
    held = {model for model, entries in all_tables().items() for entry in entries if entry.kind is PICTURE}
    assert held == {model for model, fields in STORED.items() if "picture" in fields} == {"lots.ReadPicture"}
    assert PICTURE.personal is Personal.YES


def test_forbidden_data_has_no_column():
    forbidden = ("openid", "buyer", "client_ip", "user_agent", "bank", "phone_number")
    names = [name for fields in STORED.values() for name in fields]
    assert [name for name in names for word in forbidden if word in name] == []


def test_data_page_matches_the_inventory():
    written, made = PAGE.read_text(encoding="utf-8"), data_page()
    if MEMBERS_HEADING not in made:  # members/ may be deleted
        written = written.partition(f"\n{MEMBERS_HEADING}")[0]
    assert written == made, "run MEMBERS=1 manage.py data_inventory --write docs/data.md"


def test_data_page_admits_collection():
    for boast in ("不收集任何", "collect no", "no personal information"):
        assert boast not in data_page()


def test_data_inventory_prints_or_writes(tmp_path):
    out = StringIO()
    call_command("data_inventory", stdout=out)
    call_command("data_inventory", "--write", str(tmp_path / "data.md"))
    assert out.getvalue() == (tmp_path / "data.md").read_text(encoding="utf-8") == data_page()


@pytest.mark.django_db
def test_expired_sign_ins_are_deleted():
    SignIn.objects.create(session_key="old", session_data="", expire_date=NOON, since=NOON)
    SignIn.objects.create(
        session_key="new", session_data="", expire_date=NOON + timedelta(hours=2), since=NOON
    )
    assert compliance_jobs.delete_expired_sign_ins(NOON + timedelta(hours=1)) == 1
    assert SignIn.objects.get().session_key == "new"
