"""`manage.py check --database default`: the merchants' file names only lots that exist."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from lots.models import Lot


@register(Tags.database)
def merchant_lots(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Name each short name that no lot has: money of that lot would go to another merchant, or nowhere."""
    if not databases:
        return []
    named = {slug: merchant for merchant in settings.MERCHANTS for slug in merchant.lots or ()}
    try:
        known = set(Lot.objects.values_list("slug", flat=True))
    except DatabaseError:  # the tables come with this very migration
        return []
    return [
        Error(
            f"MERCHANTS: {merchant.provider} {merchant.name} names the lot {slug}, which does not exist.",
            hint="Correct the name, or make the lot with manage.py apply first.",
            id="payments.E001",
        )
        for slug, merchant in sorted(named.items())
        if slug not in known
    ]
