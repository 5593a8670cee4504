from django.db import migrations

from payments import append_only


def create(apps, schema_editor):
    append_only.create(schema_editor, append_only.BOOKS)


def drop(apps, schema_editor):
    append_only.drop(schema_editor, append_only.BOOKS)


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_first")]
    operations = [migrations.RunPython(create, drop)]
