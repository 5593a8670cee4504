"""Which shop an invitation makes somebody a clerk of."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lots", "0004_accounts"),
        ("payments", "0013_more_acts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClerkInvitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "invitation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lots.invitation"
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="payments.shop",
                    ),
                ),
            ],
        ),
    ]
