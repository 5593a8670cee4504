"""Forgetting plates (清除号牌): each lot on its own clock, provably, never that of a car still inside.

- A stay: `retention_hours` after its car left. The reads that belong to it go with it.
- A read that belongs to no stay: that long after it was taken. But it waits for a stay of the same plate
  that is still remembered and had begun by then: a late report may yet rebuild that stay from it.

- A coupon issued for a plate: with the stay that it was used for; else that long after it ended, which is a
  day after it was issued at the latest.
- A pass or a place on the white list: that long after it ended, but not while a stay that it covered is
  still remembered; what it covered of a stay is written down without the plate when that is forgotten.
- A picture: with the plate of its read, in one transaction; where no plate was read, by the same clock.

An unfinished payment or refund does not keep a plate: money finds its stay by number. A debt keeps the blind
index alone, on a clock of its own (`payments.outstanding`). A camera that reports
an old event late brings its plate back until the next run. A stay whose exit nobody saw is open, so its plate
stays until the car is seen again or staff end the stay.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from compliance.models import Forgetting
from lots import permit_coverage
from lots.models import Lot, ParkingSession, Permit, PlateRead, ReadPicture
from payments.coupons.coupon_models import Coupon

BATCH = 1000  # rows of one transaction: no lock is held for long
HOLDS_PLATE = Q(plate__isnull=False) | Q(plate_index__isnull=False)
WITHOUT_PLATE = Q(read__plate=None, read__plate_index=None)


@dataclass(frozen=True)
class Forgotten:
    """What one run forgot in one lot, or would have."""

    lot: Lot
    sessions: int
    reads: int
    left_before: datetime
    pictures: int = 0
    coupons: int = 0
    access_rights: int = 0

    @property
    def rows(self) -> int:
        return self.sessions + self.reads + self.pictures + self.coupons + self.access_rights


def forget_plates(*, at: datetime, dry_run: bool = False, lot: Lot | None = None) -> list[Forgotten]:
    """Forget the plates that are due, in one lot or in all; return what was forgotten where.

    Any number of workers may do it at once and it may stop anywhere: each batch commits together with its
    proof, counts what it forgot itself, and leaves rows that another worker holds to that one.
    """
    lots = [lot] if lot is not None else Lot.objects.order_by("pk")
    found = (_count(each, at) if dry_run else _forget(each, at) for each in lots)
    return [one for one in found if one.rows]


def forget_now(lot: Lot, *, by: Any, reason: str, at: datetime) -> Forgotten:
    """Forget the plates of every car that has left this lot, before its clock would: staff say why.

    There is a proof also where there was nothing to forget.
    """
    proof = Forgetting(lot=lot, at=at, left_before=at, by=by, reason=reason)
    found = _run(proof)
    if proof.pk is None:
        proof.save()
    return found


def forget_stay(session: ParkingSession, *, at: datetime) -> None:
    """Forget the plate of one stay that is over before its time, with its reads and pictures.

    The caller holds the stay locked. A read that belongs to no stay is taken for one of this stay if it shows
    the same plate between its entry and its exit.
    """
    assert session.left_at is not None, "a car that is inside is let out by its plate"
    alone = Q(
        session=None, lot=session.lot_id, plate_index=session.plate_index, captured_at__lte=session.left_at
    )
    if session.entered_at is not None:
        alone &= Q(captured_at__gte=session.entered_at)
    seen = Q(session=session) if session.plate_index is None else Q(session=session) | alone
    reads = list(PlateRead.objects.filter(seen).values_list("pk", flat=True))
    ReadPicture.objects.filter(read__in=reads).delete()
    PlateRead.objects.filter(pk__in=reads).update(plate=None, plate_index=None)
    mine = ParkingSession.objects.filter(pk=session.pk)
    permit_coverage.remember(session.lot, mine)
    mine.update(plate=None, plate_index=None, forgotten_at=at)


def left_before(lot: Lot, at: datetime) -> datetime:
    """Return the time before which a car must have left this lot for its plate to be forgotten at `at`."""
    return at - timedelta(hours=lot.retention_hours)


def _count(lot: Lot, at: datetime) -> Forgotten:
    cutoff = left_before(lot, at)
    sessions, reads, pictures, coupons, rights = (
        due(lot, cutoff).count() for due in (_sessions, _reads, _pictures, _coupons, _rights)
    )
    return Forgotten(lot, sessions, reads, cutoff, pictures, coupons, rights)


def _forget(lot: Lot, at: datetime) -> Forgotten:
    return _run(Forgetting(lot=lot, at=at, left_before=left_before(lot, at)))


def _run(proof: Forgetting) -> Forgotten:
    while _forget_batch(proof):
        pass
    return Forgotten(
        proof.lot,
        proof.sessions,
        proof.reads,
        proof.left_before,
        proof.pictures,
        proof.coupons,
        proof.access_rights,
    )


@transaction.atomic
def _forget_batch(proof: Forgetting) -> bool:
    """Forget up to BATCH stays and as many reads, the pictures of these and of others where no plate was
    read, and add them to the proof; False where nothing is due."""
    sessions = _forget_stays(proof)
    reads = _wipe(_reads(proof.lot, proof.left_before))
    pictures = _drop(_pictures(proof.lot, proof.left_before).filter(WITHOUT_PLATE))
    coupons = _forget_coupons(_coupons(proof.lot, proof.left_before))
    rights = _wipe(
        _rights_let_go(proof.lot, proof.left_before),
        forgotten_at=proof.at,
        closed_at=Coalesce("closed_at", "valid_until"),
    )
    if not any((sessions, reads, pictures, coupons, rights)):
        return False
    proof.sessions += sessions
    proof.reads += reads
    proof.pictures += pictures
    proof.coupons += coupons
    proof.access_rights += rights
    proof.save()
    return True


def _forget_stays(proof: Forgetting) -> int:
    due = _sessions(proof.lot, proof.left_before)
    taken = list(_free(due, no_key=True)[:BATCH])
    permit_coverage.remember(proof.lot, due.filter(pk__in=taken))
    return _wiped(due, taken, forgotten_at=proof.at)


def _wipe(due: QuerySet[Any], **also: Any) -> int:
    return _wiped(due, list(_free(due, no_key=True)[:BATCH]), **also)


def _wiped(due: QuerySet[Any], taken: list[int], **also: Any) -> int:
    # The condition is asked once more: a barrier that stayed down may have reopened the stay meanwhile.
    return due.filter(pk__in=taken).update(plate=None, plate_index=None, **also) if taken else 0


def _forget_coupons(due: QuerySet[Coupon]) -> int:
    taken = list(_free(due)[:BATCH])
    return due.filter(pk__in=taken).update(plate_index=None) if taken else 0


def _drop(due: QuerySet[ReadPicture]) -> int:
    """Delete pictures: all at once, so that none outlives the plate that was just wiped."""
    taken = list(_free(due))
    return due.filter(pk__in=taken).delete()[0] if taken else 0


def _free(due: QuerySet[Any], **lock: Any) -> QuerySet[Any, Any]:
    """Return the keys of the rows that no other worker holds, and hold them."""
    rows = due.order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",), **lock)
    return rows.values_list("pk", flat=True)


def _sessions(lot: Lot, cutoff: datetime) -> QuerySet[ParkingSession]:
    return ParkingSession.objects.filter(HOLDS_PLATE, lot=lot, left_at__lt=cutoff)


def _reads(lot: Lot, cutoff: datetime) -> QuerySet[PlateRead]:
    return _over(lot, cutoff).filter(HOLDS_PLATE)


def _pictures(lot: Lot, cutoff: datetime) -> QuerySet[ReadPicture]:
    return ReadPicture.objects.filter(lot=lot, read__in=_over(lot, cutoff))


def _coupons(lot: Lot, cutoff: datetime) -> QuerySet[Coupon]:
    gone = Q(session__left_at__lt=cutoff)
    unused = Q(session=None) | ~Q(state=Coupon.State.USED)
    return Coupon.objects.filter(
        gone | (unused & Q(valid_until__lt=cutoff)), lot=lot, plate_index__isnull=False
    )


def _rights(lot: Lot, cutoff: datetime) -> QuerySet[Permit]:
    """Return the rights whose time is over and that no stay within the lot's clock needs."""
    return _ended(lot, cutoff).exclude(_needed_by(Q(left_at=None) | Q(left_at__gte=cutoff)))


def _rights_let_go(lot: Lot, cutoff: datetime) -> QuerySet[Permit]:
    """As `_rights`, of which no stay at all holds the plate still: another worker may be about to write down
    what they covered."""
    return _ended(lot, cutoff).exclude(_needed_by(Q()))


def _ended(lot: Lot, cutoff: datetime) -> QuerySet[Permit]:
    over = Q(valid_until__lt=cutoff) | Q(revoked_at__lt=cutoff)
    return Permit.objects.filter(over, HOLDS_PLATE, lot=lot)


def _needed_by(stays: Q) -> Exists:
    mine = ParkingSession.objects.filter(lot=OuterRef("lot"), plate_index=OuterRef("plate_index"))
    return Exists(mine.filter(stays, entered_at__lte=OuterRef("valid_until")))


def _over(lot: Lot, cutoff: datetime) -> QuerySet[PlateRead]:
    """Return the reads whose time is over, forgotten or not."""
    remembered = ParkingSession.objects.filter(
        Q(left_at=None) | Q(left_at__gte=cutoff),
        lot=OuterRef("lot"),
        plate_index=OuterRef("plate_index"),
        entered_at__lte=OuterRef("captured_at"),
    )
    over = ParkingSession.objects.filter(pk=OuterRef("session"), left_at__lt=cutoff)
    alone = Q(session=None) & ~Exists(remembered)
    return PlateRead.objects.filter(Exists(over) | alone, lot=lot, captured_at__lt=cutoff)
