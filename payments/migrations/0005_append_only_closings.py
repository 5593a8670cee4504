from django.db import migrations

from payments import append_only


def create(apps, schema_editor):
    append_only.create(schema_editor, append_only.CLOSINGS)


def drop(apps, schema_editor):
    append_only.drop(schema_editor, append_only.CLOSINGS)


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_reconciliation")]
    operations = [migrations.RunPython(create, drop)]
