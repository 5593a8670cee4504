from django.db import migrations

from payments import append_only


def create(apps, schema_editor):
    append_only.create(schema_editor)


def keep(apps, schema_editor):
    """Going back, the migration that made a table takes its triggers with it."""


class Migration(migrations.Migration):
    dependencies = [("lots", "0014_setup"), ("payments", "0016_not_paid_index")]
    operations = [migrations.RunPython(create, keep)]
