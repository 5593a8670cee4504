from django.db import migrations

from payments import append_only


def create(apps, schema_editor):
    append_only.create(schema_editor)


class Migration(migrations.Migration):
    """The ledger was changed, so SQLite made it anew without its triggers; coupon events get theirs."""

    dependencies = [("payments", "0004_coupons")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
