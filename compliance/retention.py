"""Erases plates (清除号牌) after each lot's retention, with proof, never that of a car still inside.

- A stay: `retention_hours` after its car left. The reads that belong to it go with it.
- A read that belongs to no stay: that long after it was taken. But it waits for a stay of the same plate
  whose plate is still stored and that had begun by then: a late report may yet rebuild that stay from it.

- A coupon issued for a plate: with the stay that it was used for; else that long after it ended, which is a
  day after it was issued at the latest.
- A pass or a white list entry: that long after it ended, but not while a stay that it covered still has its
  plate; what it covered of a stay is recorded without the plate when that is erased.
- The use of free minutes that a plate has once a day, and what its stays of a week or month count: stored
  while that day, week or month goes on, and not where the driver asked for erasure (`lots.daily_free_uses`,
  `lots.plate_periods`).
- A picture: with the plate of its read, in one transaction; if no plate was read, after the same time.

An unfinished payment or refund does not delay erasure: money finds its stay by number. An outstanding balance
has only the blind index, with a retention of its own (`payments.outstanding`). A camera that reports an old
event late brings its plate back until the next run. A stay whose exit was not seen is open, so its plate
stays until the car is seen again or staff end the stay.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from compliance.models import Erasure
from lots import daily_free_uses, permit_coverage
from lots.models import FreeMinutesUse, Lot, ParkingSession, Permit, PlatePeriod, PlateRead, ReadPicture
from payments.coupons.coupon_models import Coupon

REPEATED = timedelta(minutes=10)  # in which the same act of the same person is a repetition
BATCH = 1000  # rows of one transaction: no lock is held for long
HOLDS_PLATE = Q(plate__isnull=False) | Q(plate_index__isnull=False)
WITHOUT_PLATE = Q(read__plate=None, read__plate_index=None)


@dataclass(frozen=True)
class ErasureCounts:
    """How much one run erased in one lot, or would have."""

    lot: Lot
    sessions: int
    reads: int
    left_before: datetime
    pictures: int = 0
    coupons: int = 0
    permits: int = 0

    @property
    def rows(self) -> int:
        return self.sessions + self.reads + self.pictures + self.coupons + self.permits


def erase_plates(*, at: datetime, dry_run: bool = False, lot: Lot | None = None) -> list[ErasureCounts]:
    """Erase the plates that are due, in one lot or in all; return what was erased where.

    Several workers may run it at once, and it may stop anywhere: each batch commits together with its proof,
    counts what it erased itself, and skips rows that another worker has locked.
    """
    lots = [lot] if lot is not None else _lots_in_need(at)
    found = (_count(each, at) if dry_run else _erase(each, at) for each in lots)
    return [one for one in found if one.rows]


def erase_now(lot: Lot, *, by: Any, reason: str, at: datetime) -> ErasureCounts:
    """Erase the plates of every car that has left this lot, before their retention ends. Needs a reason.

    The proof is written even if there was nothing to erase, once: a form may be sent twice, and what counts
    then is what the first erased. The lot is locked for the first batch, so that of two presses at the same
    moment the second one sees the first one's proof.
    """
    proof = Erasure(lot=lot, at=at, left_before=at, by=by, reason=reason)
    with transaction.atomic():
        Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)
        is_more = _erase_batch(proof)
        if proof.pk is None:
            same = Erasure.objects.filter(lot=lot, by=by, reason=reason, at__gt=at - REPEATED)
            if earlier := same.order_by("-pk").first():
                return _counts_of(earlier)
            proof.save()
    while is_more:
        is_more = _erase_batch(proof)
    return _counts_of(proof)


def erase_session(session: ParkingSession, *, at: datetime) -> None:
    """Erase the plate of one finished stay early, with its reads and pictures.

    The caller has locked the stay. A read without a stay counts as one of this stay if it shows the same
    plate between its entry and its exit.
    """
    assert session.left_at is not None, "a car inside needs its plate to leave"
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
    for counted in (FreeMinutesUse, PlatePeriod):
        counted.objects.filter(lot=session.lot_id, plate_index=session.plate_index).delete()
    mine.update(plate=None, plate_index=None, forgotten_at=at)


def left_before(lot: Lot, at: datetime) -> datetime:
    """Return the time before which a car must have left this lot for its plate to be erased at `at`."""
    return at - timedelta(hours=lot.retention_hours)


def _lots_in_need(at: datetime) -> list[Lot]:
    """Return the lots where something may be due: a run over thousands of lots mostly finds it in few."""
    found: list[Lot] = []
    for hours in Lot.objects.order_by().values_list("retention_hours", flat=True).distinct():
        cutoff, here = at - timedelta(hours=hours), OuterRef("pk")
        old_pictures = ReadPicture.objects.filter(lot=here, read__captured_at__lt=cutoff)
        due = (_sessions, _reads, _coupons, _ended)
        is_due = reduce(or_, (Exists(rows(here, cutoff)) for rows in due), Exists(old_pictures))
        found += Lot.objects.filter(is_due, retention_hours=hours)
    return sorted(found, key=lambda lot: lot.pk)


def _count(lot: Lot, at: datetime) -> ErasureCounts:
    cutoff = left_before(lot, at)
    sessions, reads, pictures, coupons, permits = (
        due(lot, cutoff).count() for due in (_sessions, _reads, _pictures, _coupons, _permits)
    )
    return ErasureCounts(lot, sessions, reads, cutoff, pictures, coupons, permits)


def _erase(lot: Lot, at: datetime) -> ErasureCounts:
    proof = Erasure(lot=lot, at=at, left_before=left_before(lot, at))
    while _erase_batch(proof):
        pass
    return _counts_of(proof)


def _counts_of(proof: Erasure) -> ErasureCounts:
    return ErasureCounts(
        proof.lot,
        proof.sessions,
        proof.reads,
        proof.left_before,
        proof.pictures,
        proof.coupons,
        proof.permits,
    )


@transaction.atomic
def _erase_batch(proof: Erasure) -> bool:
    """Erase up to BATCH stays and reads, the pictures of these and of reads without a plate, and add the
    counts to the proof; False if nothing is left.

    A batch that is less than half full took all there was: of those that it locked some may have reopened.
    """
    sessions = _erase_sessions(proof)
    reads = _claim_and_clear(_reads(proof.lot, proof.left_before))
    pictures = _drop(_pictures(proof.lot, proof.left_before).filter(WITHOUT_PLATE))
    coupons = _erase_coupons(_coupons(proof.lot, proof.left_before))
    permits = _claim_and_clear(
        _permits_to_erase(proof.lot, proof.left_before),
        forgotten_at=proof.at,
        closed_at=Coalesce("closed_at", "valid_until"),
    )
    counts = (sessions, reads, pictures, coupons, permits)
    if not any(counts):
        return False
    proof.sessions += sessions
    proof.reads += reads
    proof.pictures += pictures
    proof.coupons += coupons
    proof.permits += permits
    proof.save()
    return 2 * max(counts) >= BATCH


def _erase_sessions(proof: Erasure) -> int:
    due = _sessions(proof.lot, proof.left_before)
    taken = list(_lock(due, no_key=True)[:BATCH])
    permit_coverage.remember(proof.lot, due.filter(pk__in=taken))
    daily_free_uses.remember(proof.lot, due.filter(pk__in=taken), at=proof.at)
    return _clear_plates(due, taken, forgotten_at=proof.at)


def _claim_and_clear(due: QuerySet[Any], **also: Any) -> int:
    return _clear_plates(due, list(_lock(due, no_key=True)[:BATCH]), **also)


def _clear_plates(due: QuerySet[Any], taken: list[int], **also: Any) -> int:
    # The condition is repeated: a barrier that stayed closed may have reopened the stay meanwhile.
    return due.filter(pk__in=taken).update(plate=None, plate_index=None, **also) if taken else 0


def _erase_coupons(due: QuerySet[Coupon]) -> int:
    taken = list(_lock(due)[:BATCH])
    return due.filter(pk__in=taken).update(plate_index=None) if taken else 0


def _drop(due: QuerySet[ReadPicture]) -> int:
    """Delete pictures, all at once, so that none outlives the plate that was just erased."""
    taken = list(_lock(due))
    return due.filter(pk__in=taken).delete()[0] if taken else 0


def _lock(due: QuerySet[Any], **lock: Any) -> QuerySet[Any, Any]:
    """Lock the rows that no other worker has locked, and return their keys."""
    rows = due.order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",), **lock)
    return rows.values_list("pk", flat=True)


def _sessions(lot: Lot | OuterRef, cutoff: datetime) -> QuerySet[ParkingSession]:
    return ParkingSession.objects.filter(HOLDS_PLATE, lot=lot, left_at__lt=cutoff)


def _reads(lot: Lot | OuterRef, cutoff: datetime) -> QuerySet[PlateRead]:
    return _over(lot, cutoff).filter(HOLDS_PLATE)


def _pictures(lot: Lot, cutoff: datetime) -> QuerySet[ReadPicture]:
    return ReadPicture.objects.filter(lot=lot, read__in=_over(lot, cutoff))


def _coupons(lot: Lot | OuterRef, cutoff: datetime) -> QuerySet[Coupon]:
    gone = Q(session__left_at__lt=cutoff)
    unused = Q(session=None) | ~Q(state=Coupon.State.USED)
    return Coupon.objects.filter(
        gone | (unused & Q(valid_until__lt=cutoff)), lot=lot, plate_index__isnull=False
    )


def _permits(lot: Lot, cutoff: datetime) -> QuerySet[Permit]:
    """Return the ended permits that no stay within the retention needs."""
    return _ended(lot, cutoff).exclude(_needed_by(Q(left_at=None) | Q(left_at__gte=cutoff)))


def _permits_to_erase(lot: Lot, cutoff: datetime) -> QuerySet[Permit]:
    """Return `_permits` without those whose plate a stay still has: another worker may be about to record
    their cover."""
    return _ended(lot, cutoff).exclude(_needed_by(Q()))


def _ended(lot: Lot | OuterRef, cutoff: datetime) -> QuerySet[Permit]:
    over = Q(valid_until__lt=cutoff) | Q(revoked_at__lt=cutoff)
    return Permit.objects.filter(over, HOLDS_PLATE, lot=lot)


def _needed_by(sessions: Q) -> Exists:
    mine = ParkingSession.objects.filter(lot=OuterRef("lot"), plate_index=OuterRef("plate_index"))
    return Exists(mine.filter(sessions, entered_at__lte=OuterRef("valid_until")))


def _over(lot: Lot | OuterRef, cutoff: datetime) -> QuerySet[PlateRead]:
    """Return the reads whose retention is over, erased or not."""
    stored = ParkingSession.objects.filter(
        Q(left_at=None) | Q(left_at__gte=cutoff),
        lot=OuterRef("lot"),
        plate_index=OuterRef("plate_index"),
        entered_at__lte=OuterRef("captured_at"),
    )
    over = ParkingSession.objects.filter(pk=OuterRef("session"), left_at__lt=cutoff)
    alone = Q(session=None) & ~Exists(stored)
    return PlateRead.objects.filter(Exists(over) | alone, lot=lot, captured_at__lt=cutoff)
