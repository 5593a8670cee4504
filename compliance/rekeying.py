"""Sealing what is still remembered under the newest key, so that an older key can be dropped.

Dropping a key forgets what was sealed under it everywhere at once: in every backup, in every copy of the
database, in the pages of a disk that an engine has not yet overwritten. Until then a plate that was set to
null may be restored from those; afterwards it may not.
"""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from core.errors import ParkingError
from core.sealed_columns import ALSO, BATCH, Sealed
from core.vault import Unreadable, key_of, seal_bytes, unseal_bytes
from lots.models import Device, ParkingSession, Permit, PlateRead, ReadPicture
from payments.invoices.buyer import context_of
from payments.invoices.invoice_models import InvoiceRequest


class BadKeyId(ParkingError):
    """A key id has 1 to 16 letters, digits, dots or dashes; and none is used twice."""

    code = "bad_key_id"


def _of_lot(row: Any) -> str:
    return f"plate {row.lot_id}"


SEALED = (
    Sealed(ParkingSession, "plate", _of_lot),
    Sealed(PlateRead, "plate", _of_lot),
    Sealed(Permit, "plate", _of_lot),
    Sealed(ReadPicture, "picture", lambda row: f"picture {row.lot_id}", at_once=20),  # of 1 MB each
    Sealed(Device, "secret", lambda _: "device"),
    Sealed(InvoiceRequest, "made_out_to", lambda row: context_of(row.payment_id)),
)


@dataclass
class Rekeyed:
    """Of one column: values sealed anew, values that no key opens, and what each key seals now."""

    what: str
    sealed_anew: int = 0
    unreadable: int = 0
    under: Counter[str] = field(default_factory=Counter)


def rekey_plates(*, dry_run: bool = False) -> list[Rekeyed]:
    """Seal under the newest key what is sealed under an older one. It may be stopped and repeated.

    What no key opens is counted and left: such a plate is as good as forgotten, and its row is forgotten
    on the lot's clock like any other; such a device needs a new secret.
    """
    return [_rekey(sealed, dry_run=dry_run) for sealed in (*SEALED, *ALSO)]


def _rekey(sealed: Sealed, *, dry_run: bool) -> Rekeyed:
    done = Rekeyed(sealed.model._meta.label)
    newest = next(iter(settings.PLATE_KEYS))
    for row in _rows(sealed):
        value = bytes(getattr(row, sealed.column))
        if key_of(value) != newest:
            _reseal(row, sealed, value, done, dry_run=dry_run)
        else:
            done.under[newest] += 1
    return done


def _reseal(row: Any, sealed: Sealed, value: bytes, done: Rekeyed, *, dry_run: bool) -> None:
    context = sealed.context(row)
    try:
        clear = unseal_bytes(value, context)
    except Unreadable:
        done.unreadable += 1
        return
    if dry_run:
        done.under[key_of(value)] += 1
        return
    # Only where it still holds the old value: it may have been forgotten meanwhile, and stays so.
    anew = seal_bytes(clear, context)
    rows = type(row)._default_manager.filter(pk=row.pk, **{sealed.column: value})
    done.sealed_anew += rows.update(**{sealed.column: anew})
    done.under[key_of(anew)] += 1


def _rows(sealed: Sealed) -> Iterator[Any]:
    """Yield the rows that hold a sealed value, by primary key and in batches: none is locked or kept long."""
    rows = sealed.model._default_manager.filter(**{f"{sealed.column}__isnull": False}).order_by("pk")
    most = min(BATCH, sealed.at_once)
    batch = list(rows[:most])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:most])


def new_key(name: str) -> str:
    """Return an entry for PLATE_KEYS with a fresh random key."""
    spelled = name.isascii() and name.replace("-", "").replace(".", "").isalnum()
    if not spelled or len(name) > 16 or name in settings.PLATE_KEYS:
        raise BadKeyId
    return f"{name}:{secrets.token_hex(32)}"
