"""The link of a lot to the parking system of another vendor: open it, store it, find our row of a session."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from core import hot_sql
from core.vault import Unreadable, seal, unseal
from lots.models import Lot, ParkingSession, ParkingSystemLink, SystemSession
from lots.systems.base import Charge
from lots.systems.remote import Link


def context_of(lot_id: int) -> str:
    """Return what a lot's secrets are bound to, so that they open in no other row."""
    return f"parking system {lot_id}"


def seal_secrets(lot_id: int, secrets: Mapping[str, str]) -> bytes:
    return seal(json.dumps(dict(secrets), ensure_ascii=False), context_of(lot_id))


def link_of(lot: Lot) -> Link | None:
    """Return how to reach the lot's parking system; None where nothing is set up or its key is gone."""
    row = hot_sql.one(ParkingSystemLink, "lot_id = %s", [lot.pk])
    if row is None:
        return None
    try:
        secrets = json.loads(unseal(row.secrets, context_of(lot.pk)))
    except (Unreadable, ValueError):
        return None
    return Link(
        base_url=row.base_url,
        lot_code=row.lot_code,
        zone=lot.tz,
        options=row.options,
        secrets=secrets,
        lanes={int(lane): str(code) for lane, code in row.lanes.items()},
        is_weak_accepted=row.weak_link_accepted_at is not None,
    )


def session_id_of(lot: Lot, charge: Charge) -> int:
    """Return the id of our row for the charge's session; make one for a session of another system.

    It is called when a payment is started, never by a look-up. The row has no plate.
    """
    if lot.system == Lot.System.BUILTIN:
        return int(charge.session)
    return _row_of(lot, charge.session, charge.entered_at or charge.until)


def _row_of(lot: Lot, reference: str, entered_at: datetime) -> int:
    for _ in range(2):
        known = SystemSession.objects.filter(lot=lot, reference=reference).values_list(
            "session_id", flat=True
        )
        if (found := known.first()) is not None:
            return found
        try:
            with transaction.atomic():
                session = ParkingSession.objects.create(lot=lot, plate_kind="", entered_at=entered_at)
                SystemSession.objects.create(lot=lot, reference=reference, session=session)
                return session.pk
        except IntegrityError:  # another phone was faster
            continue
    raise AssertionError("unreachable")
