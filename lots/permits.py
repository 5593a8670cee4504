"""Passes and white lists (通行权限): grant, extend, revoke, move to another car.

Whoever changes a right holds the stay of its car first, so that the car at the barrier either sees the change
or is seen to have gone. An open stay is simply priced anew; a car that stands held at an exit and now owes
nothing is let out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from core.errors import ParkingError
from core.vault import plate_index, seal_plate
from lots import gates, sessions, tariffs
from lots.models import GateCommand, Lot, ParkingSession
from lots.models.permits import Permit, PermitExtension
from lots.permit_coverage import active_for as active_for
from lots.plates import Plate
from lots.pricing import NoTariff, version_at
from lots.reasons import checked
from lots.tariffs.day_kinds import KINDS
from lots.tariffs.rules import Pass

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Source = Permit.Source


class BadTerm(ParkingError):
    """It would end before it begins, or is over already, or an extension would take time away."""

    code = "access_bad_term"


class NoSuchPass(ParkingError):
    """The lot's tariff sells no pass of this name."""

    code = "access_no_such_pass"


class AlreadyRuns(ParkingError):
    """This plate has a right of this sort here, with other terms: extend or revoke that one."""

    code = "access_already_runs"

    def __init__(self, right: Permit) -> None:
        super().__init__(f"access right {right.pk}")
        self.right = right


class Closed(ParkingError):
    """It was revoked, or is over and has given way: grant a new one."""

    code = "access_closed"


@dataclass(frozen=True)
class Hours:
    """Which hours of which days a right covers: seconds after midnight, both equal for all day."""

    start: int = 0
    end: int = 0
    days: frozenset[str] = frozenset(KINDS)


ALWAYS = Hours()


def hours_of(right: Permit) -> Hours:
    """Return the hours and days that a right covers."""
    return Hours(right.hours_from, right.hours_to, frozenset(right.days.split()))


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
    """Let this plate park in this lot. Granting the same again changes nothing and returns what there is.

    `name`: a pass that the lot's tariff sells, whose hours and days it then has; blank: the white list, with
    `hours`. It may begin in the past, for a car that came before somebody wrote it down. Raises `BadTerm`,
    `NoSuchPass` or `AlreadyRuns`.
    """
    if valid_until <= max(valid_from, at):
        raise BadTerm
    right = Permit(
        lot=lot, name=name, valid_from=valid_from, valid_until=valid_until, source=source, granted_at=at
    )
    right.granted_by = by
    _set_hours(right, _hours_of(lot, name, at) if name else hours)
    return _grant(right, plate, at)


@transaction.atomic
def extend(right: Permit, *, until: datetime, at: datetime, by: "User | None" = None) -> Permit:
    """Let it end later, also one that has run out since. Extending to the same end again changes nothing.

    Raises `BadTerm` or `Closed`.
    """
    right, (session, *_) = _held(right)
    if right.closed_at is not None:
        raise Closed(f"access right {right.pk}")
    if until < right.valid_until:
        raise BadTerm
    if until > right.valid_until:
        PermitExtension.objects.create(right=right, was_until=right.valid_until, until=until, by=by, at=at)
        right.valid_until = until
        right.save(update_fields=["valid_until"])
        _let_out(session, at)
    return right


@transaction.atomic
def revoke(right: Permit, *, why: str, at: datetime, by: "User | None" = None) -> Permit:
    """End it now, which must be said why; what it covered up to now stays covered. A repeat changes nothing.

    Raises `Closed` where it is over, and what `lots.reasons` raises.
    """
    why = checked(why)
    right, _ = _held(right)
    if right.revoked_at is None:
        _revoke(right, why, at, by)
    return right


@transaction.atomic
def change_plate(right: Permit, *, plate: Plate, why: str, at: datetime, by: "User | None" = None) -> Permit:
    """Move what is left of a right to another car (换车): the old row ends now, a new one goes on to the
    same day. Returns the new one, for a repeat too. Raises as `revoke` does, or `AlreadyRuns`."""
    why = checked(why)
    index = plate_index(right.lot_id, plate.text)
    right, _ = _held(right, index)
    moved = Permit.objects.filter(instead_of=right).first()
    if moved is not None and bytes(moved.plate_index or b"") == index:
        return moved
    if bytes(right.plate_index or b"") == index:
        raise AlreadyRuns(right)
    _revoke(right, why, at, by)
    new = Permit(
        lot=right.lot,
        name=right.name,
        hours_from=right.hours_from,
        hours_to=right.hours_to,
        days=right.days,
        valid_from=max(at, right.valid_from),
        valid_until=right.valid_until,
        source=right.source,
        granted_at=at,
        granted_by=by,
        instead_of=right,
    )
    return _grant(new, plate, at)


def _grant(right: Permit, plate: Plate, at: datetime) -> Permit:
    right.plate, right.plate_kind = seal_plate(right.lot_id, plate.text), plate.kind
    index = right.plate_index = plate_index(right.lot_id, plate.text)
    session = _inside(right.lot_id, index)[0]
    mine = Permit.objects.filter(lot=right.lot_id, plate_index=index, name=right.name, closed_at=None)
    mine.filter(valid_until__lte=at).update(closed_at=at)
    try:
        with transaction.atomic():
            right.save()
    except IntegrityError:
        running = mine.first()
        if running is None:
            raise
        if not _says_the_same(running, right):
            raise AlreadyRuns(running) from None
        return running
    _let_out(session, at)
    return right


def _says_the_same(one: Permit, other: Permit) -> bool:
    told = ("valid_from", "valid_until", "hours_from", "hours_to", "days", "instead_of_id")
    return all(getattr(one, name) == getattr(other, name) for name in told)


def _revoke(right: Permit, why: str, at: datetime, by: "User | None") -> None:
    if right.closed_at is not None or right.valid_until <= at:
        raise Closed(f"access right {right.pk}")
    right.revoked_at = right.closed_at = at
    right.revoked_by, right.revoked_why = by, why
    right.save(update_fields=["revoked_at", "closed_at", "revoked_by", "revoked_why"])


def _held(right: Permit, *others: bytes) -> tuple[Permit, list[ParkingSession | None]]:
    """Hold a right as it is now to the end of the transaction, and the open stays of its car and of `others`.

    The stays first: a car that leaves holds its stay and then reads its rights.
    """
    mine = [bytes(right.plate_index)] if right.plate_index else []  # none: it is forgotten
    stays = _inside(right.lot_id, *mine, *others)
    rows = Permit.objects.select_for_update(of=("self",)).select_related("lot")
    return rows.get(pk=right.pk), stays


def _inside(lot_id: int, *indexes: bytes) -> list[ParkingSession | None]:
    """Hold the open stays of these plates, in one order, and return that of each."""
    rows = ParkingSession.objects.of_lot(lot_id).of_plates(*indexes).open().locked()
    found = {bytes(row.plate_index or b""): row for row in rows}
    return [found.get(index) for index in indexes] or [None]


def _let_out(session: ParkingSession | None, at: datetime) -> None:
    """Open for a car that stands held at an exit and owes nothing now."""
    if session is None or session.entered_at is None:
        return
    try:
        owes = sessions.due_fen(session, at=at)
    except NoTariff:
        return
    if not owes:
        gates.release(session, lane=None, cause=GateCommand.Cause.NOTHING_OWED, at=at)


def _set_hours(right: Permit, hours: Hours) -> None:
    right.hours_from, right.hours_to = hours.start, hours.end
    right.days = " ".join(kind for kind in KINDS if kind in hours.days)


def _hours_of(lot: Lot, name: str, at: datetime) -> Hours:
    sold = next((one for one in passes_of(lot, at) if one.name == name), None)
    if sold is None:
        raise NoSuchPass(f"lot {lot.pk}")
    return Hours(sold.start, sold.end, sold.days)
