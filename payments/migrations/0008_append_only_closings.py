from django.db import migrations

from payments import append_only


def create(apps, schema_editor):
    append_only.create(schema_editor)


def keep(apps, schema_editor):
    """Going back, the migration that made a table takes its triggers with it."""


class Migration(migrations.Migration):
    dependencies = [("payments", "0007_reconciliation")]
    operations = [migrations.RunPython(create, keep)]
