"""Every stored field is in the inventory, and docs/data.md says what the inventory says."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from compliance import compliance_jobs
from compliance.inventory import (
    DEBT,
    ENTRIES,
    KINDS,
    MEMBER_KINDS,
    PICTURE,
    PLATE,
    Personal,
    fields_named,
)
from compliance.inventory_document import data_page
from staff.models import SignIn
from tests.factories import NOON

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data.md"
STORED = {
    model._meta.label: sorted(field.name for field in model._meta.local_concrete_fields)
    for model in apps.get_models(include_auto_created=True)
}

LABELS = {app.label for app in apps.get_app_configs()}


def test_every_model_is_in_the_inventory():
    here = {model for model in ENTRIES if model.partition(".")[0] in LABELS}
    assert here == set(STORED)
    assert {model.partition(".")[0] for model in set(ENTRIES) - here} <= {"members"}  # may be deleted


@pytest.mark.parametrize("model", sorted(STORED))
def test_each_field_is_listed_once(model):
    assert sorted(fields_named()[model]) == STORED[model]


def test_each_kind_is_fully_described():
    for kind in (*KINDS, *MEMBER_KINDS):
        assert all((kind.name, kind.ground, kind.recipients, kind.retention))
    assert {entry.kind for entries in ENTRIES.values() for entry in entries} == {
        *KINDS,
        *MEMBER_KINDS,
    }
    assert all(entry.purpose for entries in ENTRIES.values() for entry in entries)


def test_plate_columns_are_personal():
    held = {
        (model, field)
        for model, entries in ENTRIES.items()
        for entry in entries
        if entry.kind in {PLATE, DEBT}
        for field in entry.fields
    }
    assert held == {
        (model, field)
        for model, fields in STORED.items()
        for field in fields
        if field in {"plate", "plate_index"}
    }
    assert PLATE.personal is DEBT.personal is Personal.YES


def test_pictures_are_personal():
    held = {model for model, entries in ENTRIES.items() for entry in entries if entry.kind is PICTURE}
    assert held == {model for model, fields in STORED.items() if "picture" in fields} == {"lots.ReadPicture"}
    assert PICTURE.personal is Personal.YES


def test_forbidden_data_has_no_column():
    forbidden = ("openid", "buyer", "client_ip", "user_agent", "bank", "phone_number")
    names = [name for fields in STORED.values() for name in fields]
    assert [name for name in names for word in forbidden if word in name] == []


def test_data_page_matches_the_inventory():
    assert PAGE.read_text(encoding="utf-8") == data_page(), (
        "run manage.py data_inventory --write docs/data.md"
    )


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
    assert compliance_jobs.forget_logins(NOON + timedelta(hours=1)) == 1
    assert SignIn.objects.get().session_key == "new"
