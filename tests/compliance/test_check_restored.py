"""What `purecode prove-backup` asks of a database that it has restored."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from compliance.management.commands import check_restored

pytestmark = pytest.mark.django_db


def checked() -> str:
    out = StringIO()
    call_command("check_restored", stdout=out)
    return out.getvalue()


def test_whole_database_passes_each_check():
    assert checked().count("Checked: ") == len(check_restored.CHECKS)


def test_old_schema_is_named():
    MigrationRecorder.Migration.objects.filter(app="members").delete()
    with pytest.raises(CommandError, match="the schema is that of this release"):
        checked()


@pytest.mark.parametrize(
    ("number", "command"), list(enumerate(["migrate", "verify_audit", "close_day", "reconcile"]))
)
def test_failing_check_is_named(monkeypatch, number, command):
    def call(name, *words, stdout, **more):
        if name == command:
            stdout.write("one thing\nand what is wrong")
            raise SystemExit(1)

    monkeypatch.setattr(check_restored, "call_command", call)
    with pytest.raises(CommandError, match=f"{check_restored.CHECKS[number][0]}: and what is wrong"):
        checked()
