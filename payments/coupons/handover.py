"""Hand-over of a coupon to another vendor's system, by a driver's tap: one row, repeated until answered.

1. `hand_over` holds the coupon and writes the row, in one transaction; a second tap finds that row.
2. The system is called outside of it, each time with the row's number; the worker repeats what had no answer.
3. Taken: the coupon is used, with what it took. Refused, or the car has left: it is free again.
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from core.claims import LEASE, Pace, Queue
from core.jobs import queue_job
from lots import sessions
from lots.models import Lot
from lots.systems import parking_system, system_of
from lots.systems.links import session_id_of
from payments import ledger
from payments.coupons.coupon_models import Coupon, CouponUse
from payments.coupons.coupon_rules import CouponKind
from payments.coupons.in_front import plain, use_here
from payments.coupons.redemption import let_go, locked
from payments.models import CouponHandover

PACE = Pace(tuple(timedelta(seconds=seconds) for seconds in (3, 10, 60, 300, 900, 1800)), timedelta(hours=1))
GIVEN_UP_AFTER = timedelta(hours=24)  # the coupon is then counted as used: it may be
ASKED_BY_THEN = 24  # times at least; fewer mean that a clock was ahead, or that no worker ran
MANY = 1000
State = CouponHandover.State


def hand_over(
    coupon: Coupon, charge: parking_system.Charge, *, lot: Lot, covers: bool = False, at: datetime
) -> CouponHandover | None:
    """Assign a coupon to the lot's system for the stay of a charge; None where it is no longer free.

    `covers`: it takes all that is due, so the charge is settled with nothing paid.
    """
    row = _row(coupon, charge, lot, at, covers=covers)
    if row is not None and row.state == State.OPEN:
        carry_out(row, at=at)
        row.refresh_from_db()
    return row


@transaction.atomic
def _row(
    coupon: Coupon, charge: parking_system.Charge, lot: Lot, at: datetime, *, covers: bool
) -> CouponHandover | None:
    session_id = session_id_of(lot, charge)
    sessions.lock(session_id)
    (coupon,) = locked([coupon.pk])
    known = CouponHandover.objects.filter(coupon=coupon).exclude(state=State.REFUSED).first()
    if known is not None:
        return known if known.session_id == session_id else None
    mine = coupon.state == Coupon.State.HELD and coupon.session_id == session_id
    if at >= coupon.valid_until or not (mine or let_go(coupon, at=at)):
        return None
    if not mine:
        coupon.advance(Coupon.State.HELD, at=at, cause="tap", session_id=session_id)
    return CouponHandover.objects.create(
        lot=lot,
        coupon=coupon,
        session_id=session_id,
        reference=charge.reference,
        session_reference=charge.session,
        number="PC" + secrets.token_hex(14),
        due_fen=charge.due_fen,
        covers=covers,
        created_at=at,
        next_check_at=at + LEASE,
    )


def carry_out(row: CouponHandover, *, at: datetime) -> None:
    """Ask the system to count the coupon, once, and record its answer."""
    match _ask(row):
        case parking_system.Accepted():
            _finish(row, State.TAKEN, at)
        case parking_system.CouponRefused() | parking_system.SessionGone():
            _finish(row, State.REFUSED, at)
        case parking_system.TryAgain(fault=fault):
            _again(row, fault, at)


def _ask(
    row: CouponHandover,
) -> (
    parking_system.Accepted
    | parking_system.CouponRefused
    | parking_system.SessionGone
    | parking_system.TryAgain
):
    former, here = row.session.system_session, (row.lot.system, row.lot.system_digest)
    if (former.system, former.system_digest) != here:  # who answers for the lot now knows no such stay
        return parking_system.TryAgain("system_changed")
    system = system_of(row.lot)
    coupon = Coupon.objects.select_related("offer", "shop").get(pk=row.coupon_id)
    if row.covers:
        settlement = parking_system.PaidCharge(
            reference=row.reference,
            session=row.session_reference,
            number=row.number,
            amount_fen=0,
            paid_at=row.created_at,
            channel="coupon",
            coupon=plain(coupon, taken_fen=row.due_fen),
        )
        return system.settle(settlement)
    if not isinstance(system, parking_system.TakesCoupons):  # its key is gone
        return parking_system.TryAgain("not_configured")
    given = replace(plain(coupon), code=row.number)
    return system.give_coupon(given, session=row.session_reference, is_repeat=row.checks > 0)


@transaction.atomic
def _finish(row: CouponHandover, state: State, at: datetime) -> None:
    (coupon,) = locked([row.coupon_id])
    if not row.advance(state, at=at, cause="answered", answered_at=at, next_check_at=None, fault=""):
        return
    if state == State.TAKEN:
        use_here(coupon, row.session_id, fen=_worth(row, coupon), at=at)
    elif coupon.state == Coupon.State.HELD:
        coupon.advance(Coupon.State.ISSUED, at=at, cause="refused")


def _again(row: CouponHandover, fault: str, at: datetime) -> None:
    if at - row.created_at >= GIVEN_UP_AFTER and row.checks >= ASKED_BY_THEN:
        _finish(row, State.TAKEN, at)
        return
    CouponHandover.objects.filter(pk=row.pk, state=State.OPEN).update(
        fault=fault[:40], checks=min(row.checks + 1, MANY), next_check_at=at + PACE.wait(row.checks)
    )


def _worth(row: CouponHandover, coupon: Coupon) -> int:
    """Return what a coupon takes by its face, at most what was due; minutes have their price over there.

    `note_taken` corrects it by that system's next answer.
    """
    if row.covers:
        return row.due_fen
    offer = coupon.offer
    worths = {
        CouponKind.ALL_FREE: row.due_fen,
        CouponKind.AMOUNT: offer.value,
        CouponKind.PERCENT: -(-row.due_fen * offer.value // 100),
    }
    most = row.due_fen if offer.most_fen is None else min(offer.most_fen, row.due_fen)
    return min(worths.get(CouponKind(offer.kind), 0), most)


@transaction.atomic
def note_taken(row: CouponHandover, *, left_fen: int, at: datetime) -> None:
    """Correct what a coupon took by the system's next answer, which wants `left_fen`."""
    use = CouponUse.objects.select_for_update(of=("self",)).select_related("shop").get(coupon=row.coupon_id)
    fen = max(0, row.due_fen - left_fen)
    shop_fen = fen * use.shop.pays_percent // 100 if row.coupon.offer.funded_by == "shop" else 0
    more, shop_more = fen - use.fen, shop_fen - use.shop_fen
    if more:
        CouponUse.objects.filter(pk=use.pk).update(fen=fen, face_fen=fen, shop_fen=shop_fen)
        ledger.book_coupon(use, shop_fen=shop_more, discount_fen=more - shop_more, at=at)


settle_coupon_handovers = queue_job(  # repeats what a parking system has not answered
    "payments.coupons.handover.settle_coupon_handovers",
    Queue(
        lambda: CouponHandover.objects.filter(state=State.OPEN).select_related("lot"),
        lambda row, at: carry_out(row, at=at),
        party=("lot_id",),
        pace=PACE,
    ),
    every=timedelta(seconds=1),
)
