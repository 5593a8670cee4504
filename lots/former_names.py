"""What an operator was called earlier, from the record of its changed settings."""

from datetime import datetime

from lots.models import Lot, SettingChange
from lots.models.setting_changes import Thing


def legal_name_at(lot: Lot, at: datetime | None) -> str | None:
    """Return the legal name that a lot's operator had then; None if it has been the same since.

    A receipt names who took the money. A lot stays with its operator, whose name can change.
    """
    if at is None:
        return None
    changes = SettingChange.objects.filter(thing=Thing.OPERATOR, row=lot.operator_id, at__gt=at)
    renamed = changes.filter(before__legal_name__isnull=False).order_by("at", "pk").first()
    return str(renamed.before["legal_name"]) if renamed else None
