"""What a change of the database cannot change is tested on one engine only."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils.timezone import now

from lots.models import Lot, SettingChange
from tests.conftest import needs_database
from tests.factories import make_lot


def test_plain_test_uses_no_database(request: pytest.FixtureRequest) -> None:
    assert not needs_database(request.node)


@pytest.mark.django_db
def test_marked_test_uses_a_database(request: pytest.FixtureRequest) -> None:
    assert needs_database(request.node)


def test_live_server_test_uses_a_database(request: pytest.FixtureRequest, live_server: object) -> None:
    assert needs_database(request.node)


@pytest.mark.sqlite
@pytest.mark.django_db
def test_unordered_rows_come_in_reverse() -> None:
    made = [make_lot(name=name).pk for name in ("东区", "西区", "南区")]
    assert [row.pk for row in Lot.objects.all()] == made[::-1]


@pytest.mark.django_db(transaction=True)
def test_flush_empties_append_only_tables() -> None:
    for _ in range(2):
        lot = make_lot()
        change = {"thing": "lot", "row": lot.pk, "name": lot.name, "kind": "changed", "at": now()}
        SettingChange.objects.create(operator=lot.operator, lot=lot, **change)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            SettingChange.objects.update(name="")
        call_command("flush", verbosity=0, interactive=False)
        assert not SettingChange.objects.exists()
        assert not Lot.objects.exists()
