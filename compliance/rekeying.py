"""Seals stored values under the newest key, so that an older key can be dropped.

Dropping a key erases what was sealed under it everywhere at once: in backups, in copies of the database, in
disk pages that were not yet overwritten. Until then a plate that was set to null can be restored from those;
afterwards it cannot.
"""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from core.errors import ParkingError
from core.hooks import registered
from core.sealed_columns import BATCH, SealedColumn
from core.vault import Unreadable, key_of, seal_bytes, unseal_bytes
from lots.models import Device, ParkingSession, ParkingSystemLink, Permit, PlateRead, ReadPicture
from lots.systems import links
from payments.invoices.buyer import context_of
from payments.invoices.invoice_models import InvoiceRequest
from staff import background
from staff.models import BackgroundTask


class BadKeyId(ParkingError):
    """A key id has 1 to 16 letters, digits, dots or dashes; and none is used twice."""

    code = "bad_key_id"


def _of_lot(row: Any) -> str:
    return f"plate {row.lot_id}"


SEALED_COLUMNS = (
    SealedColumn(ParkingSession, "plate", _of_lot),
    SealedColumn(PlateRead, "plate", _of_lot),
    SealedColumn(Permit, "plate", _of_lot),
    SealedColumn(ReadPicture, "picture", lambda row: f"picture {row.lot_id}", batch=20),  # of 1 MB each
    SealedColumn(Device, "secret", lambda _: "device"),
    SealedColumn(ParkingSystemLink, "secrets", lambda row: links.context_of(row.lot_id)),
    SealedColumn(InvoiceRequest, "made_out_to", lambda row: context_of(row.payment_id)),
    SealedColumn(BackgroundTask, "upload", background.context_of, batch=5),
    SealedColumn(BackgroundTask, "file", background.context_of, batch=5),
)


@dataclass
class Rekeyed:
    """The result for one column: values sealed again, values that no key opens, and counts by key."""

    table: str
    resealed: int = 0
    unreadable: int = 0
    under: Counter[str] = field(default_factory=Counter)


def rekey_plates(*, dry_run: bool = False) -> list[Rekeyed]:
    """Seal values under the newest key that are sealed under an older one. It may be stopped and repeated.

    Values that no key opens are counted and left: such a plate is as good as erased, and its row is cleared
    after the lot's retention like any other; such a device needs a new secret.
    """
    others = (column for hooks in registered() for column in hooks.SEALED_COLUMNS)
    return [_rekey(column, dry_run=dry_run) for column in (*SEALED_COLUMNS, *others)]


def _rekey(sealed: SealedColumn, *, dry_run: bool) -> Rekeyed:
    done = Rekeyed(sealed.model._meta.label)
    newest = next(iter(settings.PLATE_KEYS))
    for row in _rows(sealed):
        value = bytes(getattr(row, sealed.column))
        if key_of(value) != newest:
            _reseal(row, sealed, value, done, dry_run=dry_run)
        else:
            done.under[newest] += 1
    return done


def _reseal(row: Any, sealed: SealedColumn, value: bytes, done: Rekeyed, *, dry_run: bool) -> None:
    context = sealed.context(row)
    try:
        clear = unseal_bytes(value, context)
    except Unreadable:
        done.unreadable += 1
        return
    if dry_run:
        done.under[key_of(value)] += 1
        return
    # Only if it still has the old value: a value erased meanwhile stays erased.
    resealed = seal_bytes(clear, context)
    rows = type(row)._default_manager.filter(pk=row.pk, **{sealed.column: value})
    done.resealed += rows.update(**{sealed.column: resealed})
    done.under[key_of(resealed)] += 1


def _rows(sealed: SealedColumn) -> Iterator[Any]:
    """Yield the rows with a sealed value, by primary key and in batches, without locks."""
    rows = sealed.model._default_manager.filter(**{f"{sealed.column}__isnull": False}).order_by("pk")
    size = min(BATCH, sealed.batch)
    batch = list(rows[:size])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:size])


def new_key(name: str) -> str:
    """Return an entry for PLATE_KEYS with a fresh random key."""
    spelled = name.isascii() and name.replace("-", "").replace(".", "").isalnum()
    if not spelled or len(name) > 16 or name in settings.PLATE_KEYS:
        raise BadKeyId
    return f"{name}:{secrets.token_hex(32)}"
