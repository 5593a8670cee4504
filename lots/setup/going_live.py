"""Open a lot for payments, as the last step of its set-up, or close it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import ParkingError
from lots.models import Lot, ParkingSystemLink
from lots.pricing import version_at
from lots.setup.change_recorder import ChangedBy, ChangeKind, SettingFault, Thing, plain, record


class NotReady(ParkingError):
    """Nothing could say what a session costs: no tariff in force then, or no parking system linked.

    In front of another vendor's system the notice must also name who receives the plates.
    """

    code = "lot_not_ready"


@transaction.atomic
def open_lot(lot: Lot, *, starts_at: datetime, by: ChangedBy, at: datetime) -> bool:
    """Take payments from `starts_at`: at once, or when the worker finds that moment come.

    False if nothing changes. Raises `NotReady`.
    """
    row = Lot.objects.select_for_update().get(pk=lot.pk)
    if not _knows_fees(row, max(starts_at, at)):
        raise NotReady(f"lot {row.pk}")
    if row.closed_at is None or (row.opens_at == starts_at and starts_at > at):
        return False
    before = {"closed_at": row.closed_at, "opens_at": row.opens_at}
    if starts_at > at:
        row.opens_at = starts_at
        kind = ChangeKind.PLANNED
    else:
        row.closed_at = row.opens_at = None
        kind = ChangeKind.OPENED
    row.save(update_fields=["closed_at", "opens_at"])
    after = {"closed_at": row.closed_at, "opens_at": row.opens_at}
    record(row, Thing.LOT, kind, by=by, at=at, before=before, after=after)
    return True


def _knows_fees(lot: Lot, at: datetime) -> bool:
    if lot.system == Lot.System.BUILTIN:
        return version_at(lot, at) is not None
    link = ParkingSystemLink.objects.filter(lot=lot).first()
    return link is not None and bool(link.recipient_name.strip() and link.recipient_contact.strip())


@transaction.atomic
def close_lot(lot: Lot, *, by: ChangedBy, at: datetime) -> bool:
    """Stop taking payments, or drop a planned opening; False if nothing changes. A reason is required.

    Cars are still let in and out as cameras and staff say; what is under way at a cashier is still booked.
    Raises `SettingFault`.
    """
    if not plain(by.why):
        raise SettingFault({"why": [_("Please give a reason.")]})
    row = Lot.objects.select_for_update().get(pk=lot.pk)
    if row.closed_at is not None and row.opens_at is None:
        return False
    before = {"closed_at": row.closed_at, "opens_at": row.opens_at}
    row.closed_at, row.opens_at = row.closed_at or at, None
    row.save(update_fields=["closed_at", "opens_at"])
    record(row, Thing.LOT, ChangeKind.CLOSED, by=by, at=at, before=before, after={"closed_at": row.closed_at})
    return True


def open_due(*, at: datetime) -> int:
    """Open the lots whose planned opening has come; return how many."""
    done = 0
    for lot in Lot.objects.filter(opens_at__lte=at):
        with transaction.atomic():
            if Lot.objects.filter(pk=lot.pk, opens_at=lot.opens_at).update(closed_at=None, opens_at=None):
                record(
                    lot,
                    Thing.LOT,
                    ChangeKind.OPENED,
                    by=ChangedBy(),
                    at=at,
                    before={"opens_at": lot.opens_at},
                )
                done += 1
    return done
