"""Who receives personal data of a lot's drivers: its parking system, and what the operator named besides."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lots.models import Kind, Lot, ParkingSystemLink, Recipient, Thing
from lots.setup.setting_changes import By, SettingFault, plain, record

SYSTEM = "system"  # the kind of the one that `ParkingSystemLink` names


class Named(NamedTuple):
    """A recipient as the notice names it. `kind`: SYSTEM or a value of `Recipient.Kind`."""

    kind: str
    name: str
    contact: str


def recipients_of(lot: Lot) -> tuple[Named, ...]:
    """Return who receives data of this lot's drivers, its parking system first."""
    found = []
    if lot.system != Lot.System.BUILTIN:
        links = ParkingSystemLink.objects.filter(lot=lot).exclude(recipient_name="")
        found = [Named(SYSTEM, *row) for row in links.values_list("recipient_name", "recipient_contact")]
    rows = Recipient.objects.filter(lot=lot).order_by("kind", "name")
    return (*found, *(Named(*row) for row in rows.values_list("kind", "name", "contact")))


@transaction.atomic
def add_recipient(lot: Lot, values: Mapping[str, str], *, by: By, at: datetime) -> Recipient:
    """Name one more recipient; the notice says so at once. Raises `SettingFault`."""
    name, contact = plain(values["name"]), plain(values["contact"])
    try:
        with transaction.atomic():
            row = Recipient.objects.create(lot=lot, kind=values["kind"], name=name, contact=contact)
    except IntegrityError:
        raise SettingFault({"name": [_("This recipient is in the list already.")]}) from None
    record(lot, Thing.LOT, Kind.CHANGED, by=by, at=at, after={"recipient": str(row)})
    return row


@transaction.atomic
def remove_recipient(row: Recipient, *, by: By, at: datetime) -> None:
    """Take a recipient out of the list: it receives nothing any more."""
    record(row.lot, Thing.LOT, Kind.CHANGED, by=by, at=at, before={"recipient": str(row)})
    row.delete()
