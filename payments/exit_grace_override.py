"""Jammed exits (出口拥堵): with one act, all cars that have paid get more time to leave."""

import re
from datetime import UTC, datetime, timedelta

from lots import exit_grace
from lots.models import Lot
from payments.models import StaffAct
from payments.staff_action_log import ActedBy, Kind, once, record

SUBJECT = re.compile(r"lot \d+: (\d+) cars until (\S+)Z")


@once
def lengthen(lot: Lot, *, minutes: int, by: ActedBy, at: datetime) -> StaffAct:
    """Give every car that has paid, or pays meanwhile, `minutes` from now to leave. Raises `BadJam`."""
    until = at + timedelta(minutes=minutes)
    cars = exit_grace.let_paid_out(lot, until=until, at=at)
    subject = f"lot {lot.pk}: {cars} cars until {until.astimezone(UTC):%Y-%m-%dT%H:%M}Z"
    return record(by, Kind.JAM, subject=subject, lot_id=lot.pk, at=at)


@once
def end(lot: Lot, *, by: ActedBy, at: datetime) -> StaffAct:
    """Record that the exit is clear again; cars that were promised more time keep it."""
    exit_grace.end_jam(lot)
    return record(by, Kind.JAM_OVER, subject=f"lot {lot.pk}", lot_id=lot.pk, at=at)


def effect_of(act: StaffAct) -> tuple[int, datetime] | None:
    """Return how many cars got more time by an act, and until when; None if it gave none."""
    found = SUBJECT.fullmatch(act.subject)
    return (int(found[1]), datetime.fromisoformat(f"{found[2]}+00:00")) if found else None
