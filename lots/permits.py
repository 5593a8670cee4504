"""Permits: passes and white lists (通行权限). Grant, extend, revoke, move to another car.

Code that changes a permit locks the session of its car first, so that the car at the barrier either sees the
change or is seen to have gone. An open session is simply priced again; a car that stands held at an exit and
now owes nothing is let out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from core.errors import ParkingError
from core.vault import plate_index, seal_plate
from lots import gates, sessions, tariffs
from lots.models import GateCommand, Lot, ParkingSession
from lots.models.permit_models import Permit, PermitExtension
from lots.permit_coverage import active_for as active_for
from lots.plates import Plate
from lots.pricing import NoTariff, version_at
from lots.reasons import checked
from lots.tariffs.charging_rules import Pass
from lots.tariffs.day_kinds import KINDS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Source = Permit.Source


class BadTerm(ParkingError):
    """The permit would end before it begins or in the past, or an extension would shorten it."""

    code = "access_bad_term"


class NoSuchPass(ParkingError):
    """The lot's tariff sells no pass of this name."""

    code = "access_no_such_pass"


class AlreadyRuns(ParkingError):
    """This plate has a permit of this kind here, with other terms: extend or revoke that one."""

    code = "access_already_runs"

    def __init__(self, permit: Permit) -> None:
        super().__init__(f"permit {permit.pk}")
        self.permit = permit


class Closed(ParkingError):
    """It was revoked, or is over and was replaced: grant a new one."""

    code = "access_closed"


@dataclass(frozen=True)
class Hours:
    """Which hours of which days a permit covers: seconds after midnight, both equal for all day."""

    start: int = 0
    end: int = 0
    days: frozenset[str] = frozenset(KINDS)


ALWAYS = Hours()


def hours_of(permit: Permit) -> Hours:
    """Return the hours and days that a permit covers."""
    return Hours(permit.hours_from, permit.hours_to, frozenset(permit.days.split()))


def passes_of(lot: Lot, at: datetime) -> tuple[Pass, ...]:
    """Return the passes that the lot sells by its tariff of today."""
    version = version_at(lot, at)
    return tariffs.read(version.document).passes if version else ()


@transaction.atomic
def grant(
    *,
    lot: Lot,
    plate: Plate,
    name: str = "",
    valid_from: datetime,
    valid_until: datetime,
    hours: Hours = ALWAYS,
    source: Source,
    at: datetime,
    by: "User | None" = None,
) -> Permit:
    """Grant this plate a permit in this lot. Granting the same again returns the existing one.

    `name`: a pass that the lot's tariff sells, whose hours and days it then has; blank: the white list, with
    `hours`. It may begin in the past, for a car that came before it was entered. Raises `BadTerm`,
    `NoSuchPass` or `AlreadyRuns`.
    """
    if valid_until <= max(valid_from, at):
        raise BadTerm
    permit = Permit(
        lot=lot, name=name, valid_from=valid_from, valid_until=valid_until, source=source, granted_at=at
    )
    permit.granted_by = by
    _set_hours(permit, _hours_of(lot, name, at) if name else hours)
    return _grant(permit, plate, at)


@transaction.atomic
def extend(permit: Permit, *, until: datetime, at: datetime, by: "User | None" = None) -> Permit:
    """Extend a permit, even one that has run out since. Extending to the same end again changes nothing.

    Raises `BadTerm` or `Closed`.
    """
    permit, (session, *_) = _held(permit)
    if permit.closed_at is not None:
        raise Closed(f"permit {permit.pk}")
    if until < permit.valid_until:
        raise BadTerm
    if until > permit.valid_until:
        PermitExtension.objects.create(right=permit, was_until=permit.valid_until, until=until, by=by, at=at)
        permit.valid_until = until
        permit.save(update_fields=["valid_until"])
        _let_out(session, at)
    return permit


@transaction.atomic
def revoke(permit: Permit, *, why: str, at: datetime, by: "User | None" = None) -> Permit:
    """End a permit now, with a reason; what it covered until now stays covered. A repeat changes nothing.

    Raises `Closed` where it is over, and what `lots.reasons` raises.
    """
    why = checked(why)
    permit, _ = _held(permit)
    if permit.revoked_at is None:
        _revoke(permit, why, at, by)
    return permit


@transaction.atomic
def change_plate(permit: Permit, *, plate: Plate, why: str, at: datetime, by: "User | None" = None) -> Permit:
    """Move what is left of a permit to another car (换车): the old row ends now, a new one lasts to the
    same day. Return the new one, also for a repeat. Raises as `revoke` does, or `AlreadyRuns`."""
    why = checked(why)
    index = plate_index(permit.lot_id, plate.text)
    permit, _ = _held(permit, index)
    moved = Permit.objects.filter(instead_of=permit).first()
    if moved is not None and bytes(moved.plate_index or b"") == index:
        return moved
    if bytes(permit.plate_index or b"") == index:
        raise AlreadyRuns(permit)
    _revoke(permit, why, at, by)
    new = Permit(
        lot=permit.lot,
        name=permit.name,
        hours_from=permit.hours_from,
        hours_to=permit.hours_to,
        days=permit.days,
        valid_from=max(at, permit.valid_from),
        valid_until=permit.valid_until,
        source=permit.source,
        granted_at=at,
        granted_by=by,
        instead_of=permit,
    )
    return _grant(new, plate, at)


def _grant(permit: Permit, plate: Plate, at: datetime) -> Permit:
    permit.plate, permit.plate_kind = seal_plate(permit.lot_id, plate.text), plate.kind
    index = permit.plate_index = plate_index(permit.lot_id, plate.text)
    session = _inside(permit.lot_id, index)[0]
    mine = Permit.objects.filter(lot=permit.lot_id, plate_index=index, name=permit.name, closed_at=None)
    mine.filter(valid_until__lte=at).update(closed_at=at)
    try:
        with transaction.atomic():
            permit.save()
    except IntegrityError:
        running = mine.first()
        if running is None:
            raise
        if not _has_same_terms(running, permit):
            raise AlreadyRuns(running) from None
        return running
    _let_out(session, at)
    return permit


def _has_same_terms(one: Permit, other: Permit) -> bool:
    terms = ("valid_from", "valid_until", "hours_from", "hours_to", "days", "instead_of_id")
    return all(getattr(one, name) == getattr(other, name) for name in terms)


def _revoke(permit: Permit, why: str, at: datetime, by: "User | None") -> None:
    if permit.closed_at is not None or permit.valid_until <= at:
        raise Closed(f"permit {permit.pk}")
    permit.revoked_at = permit.closed_at = at
    permit.revoked_by, permit.revoked_why = by, why
    permit.save(update_fields=["revoked_at", "closed_at", "revoked_by", "revoked_why"])


def _held(permit: Permit, *others: bytes) -> tuple[Permit, list[ParkingSession | None]]:
    """Lock a permit, and before it the open sessions of its car and of `others`; return both.

    Sessions come first: a car that leaves locks its session and then reads its permits.
    """
    mine = [bytes(permit.plate_index)] if permit.plate_index else []  # none: it is forgotten
    inside = _inside(permit.lot_id, *mine, *others)
    rows = Permit.objects.select_for_update(of=("self",)).select_related("lot")
    return rows.get(pk=permit.pk), inside


def _inside(lot_id: int, *indexes: bytes) -> list[ParkingSession | None]:
    """Lock the open sessions of these plates, in one order, and return that of each."""
    rows = ParkingSession.objects.of_lot(lot_id).of_plates(*indexes).open().locked()
    found = {bytes(row.plate_index or b""): row for row in rows}
    return [found.get(index) for index in indexes] or [None]


def _let_out(session: ParkingSession | None, at: datetime) -> None:
    """Open the barrier for a car that is held at an exit and owes nothing any more."""
    if session is None or session.entered_at is None:
        return
    try:
        owes = sessions.due_fen(session, at=at)
    except NoTariff:
        return
    if not owes:
        gates.release(session, lane=None, cause=GateCommand.Cause.NOTHING_OWED, at=at)


def _set_hours(permit: Permit, hours: Hours) -> None:
    permit.hours_from, permit.hours_to = hours.start, hours.end
    permit.days = " ".join(kind for kind in KINDS if kind in hours.days)


def _hours_of(lot: Lot, name: str, at: datetime) -> Hours:
    sold = next((one for one in passes_of(lot, at) if one.name == name), None)
    if sold is None:
        raise NoSuchPass(f"lot {lot.pk}")
    return Hours(sold.start, sold.end, sold.days)
