"""Queries of the car park as chainable methods: `ParkingSession.objects.of_lot(lot).inside()`."""

from datetime import datetime
from typing import Any, Self

from django.db.models import Model, Q, QuerySet

from lots.session_names import plate_part
from lots.sightings import TRUSTED


class OfLot[M: Model](QuerySet[M]):
    """Rows that carry their lot."""

    def of_lot(self, lot: Any) -> Self:
        """Return those of one lot, given as a row or by its id."""
        return self.filter(lot=lot)


class Revocable[M: Model](OfLot[M]):
    """Rows that are revoked instead of deleted: devices and signs."""

    def in_use(self) -> Self:
        """Return those that are not revoked."""
        return self.filter(revoked_at=None)


class SignQuerySet[M: Model](Revocable[M]):
    def pure(self) -> Self:
        """Return the pure codes in use, which lead to the plate page, by number."""
        return self.in_use().filter(kind="pure").order_by("number")


class TariffVersionQuerySet[M: Model](OfLot[M]):
    def not_withdrawn(self) -> Self:
        return self.filter(withdrawn_at=None)


class SessionQuerySet[M: Model](OfLot[M]):
    def open(self) -> Self:
        """Return the sessions that have not ended."""
        return self.filter(left_at=None)

    def inside(self) -> Self:
        """Return those whose car is inside. An open session still has its plate, so an index answers."""
        return self.open().filter(plate_index__isnull=False)

    def ended(self) -> Self:
        return self.filter(left_at__isnull=False)

    def of_plates(self, *indexes: Any) -> Self:
        """Return the sessions of these plates, given by their blind indexes, which are per lot."""
        return self.filter(plate_index__in=indexes)

    def to_review(self) -> Self:
        """Return those that staff should look at."""
        return self.filter(needs_review=True)

    def locked(self) -> Self:
        """Lock the rows to the end of the transaction, in the one order that everything uses."""
        return self.select_for_update(of=("self",)).order_by("pk")


class ReadQuerySet[M: Model](OfLot[M]):
    def to_review(self) -> Self:
        """Return the reads that staff should look at; see `PlateRead.TO_REVIEW`."""
        return self.filter(outcome__in=["unmatched", "unread", "quarantined"])

    def movements(self) -> Self:
        """Return the reads with which a car went in or out."""
        return self.filter(moved_at__isnull=False)


class PermitQuerySet[M: Model](OfLot[M]):
    def running(self, at: datetime) -> Self:
        """Return those that are neither revoked nor over at `at`."""
        return self.filter(closed_at=None, valid_until__gt=at)


def _too_late(at: datetime) -> Q:
    """Return the condition that a command's time is over.

    So is one of later than now: our clock was set back, and the car of that time has gone.
    """
    return Q(expires_at__lte=at) | Q(issued_at__gt=at + TRUSTED)


class GateCommandQuerySet[M: Model](OfLot[M]):
    def waiting(self, at: datetime) -> Self:
        """Return the commands that a device may still fetch."""
        return self.filter(~_too_late(at), state="queued")

    def overdue(self, at: datetime) -> Self:
        """Return the commands that were not fetched in time and are not marked as expired yet."""
        return self.filter(_too_late(at), state="queued")

    def lapsed(self, at: datetime) -> Self:
        """Return the commands that opened nothing: not fetched in time, or the barrier stayed down."""
        return self.filter(Q(state__in=["failed", "expired"]) | _too_late(at) & Q(state="queued"))


class SystemSessionQuerySet[M: Model](OfLot[M]):
    def called(self, lot: Any, reference: str) -> Self:
        """Return what the lot's present system calls so; a former one may have used the same name.

        Of a stay that has a name of ours, also what may be the same one (`session_names.may_be_one`), the
        newest first.
        """
        here = self.filter(lot=lot, system=lot.system, system_digest=lot.system_digest).order_by("-pk")
        plate = plate_part(reference)
        if plate and plate == reference:
            return here.filter(plate_name=plate)
        return here.filter(reference__in={reference, plate, reference.removesuffix(plate)} - {""})
