"""Holding and using coupons. Each is used for one stay at most, also in a race.

A look-up reserves nothing: two drivers may look at the fee with one code. Pressing pay holds the coupon for
the stay (`hold`); it stays held while that stay has an unfinished payment, and is free again by itself when
the last one closed. It is used (`use`) in the transaction in which the money settles, or in which nothing is
left to pay (`use_coupons`). Locks are taken in this order: payment, stay, coupons by id.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction

from core import hot_sql, hot_writes
from lots import exit_grace, gates, sessions
from lots.models import GateCommand, Lane, Lot, ParkingSession
from lots.pricing import price_session, pricing_of
from lots.relief import add_relief
from lots.tariffs import Price
from payments import ledger
from payments.coupons import coupon_rules
from payments.coupons.coupon_models import Coupon, CouponOffer, CouponUse
from payments.coupons.discounts import DiscountedSession, bill_of, is_busy, right_of, used_bill
from payments.models import Payment

State = Coupon.State


def hold(session_id: int, ids: Collection[int], *, at: datetime) -> bool:
    """Hold coupons for a session, in the transaction that makes its payment.

    False if one of them has gone meanwhile: used or held elsewhere, revoked, or its time is over. The session
    is locked first, so that a payment which settles meanwhile does not wait for this one in turn.
    """
    sessions.lock(session_id)
    coupons = locked(ids)
    return len(coupons) == len(ids) and all(_hold(coupon, session_id, at) for coupon in coupons)


def _hold(coupon: Coupon, session_id: int, at: datetime) -> bool:
    if coupon.session_id == session_id and coupon.state in {State.HELD, State.USED}:
        return True
    return (
        at < coupon.valid_until
        and let_go(coupon, at=at)
        and coupon.advance(State.HELD, at=at, cause="pay", session_id=session_id)
    )


def let_go(coupon: Coupon, *, at: datetime) -> bool:
    """Make a coupon, which the caller holds locked, free if no payment is on its way with it."""
    if is_busy(coupon):
        return False
    if coupon.state == State.HELD:
        coupon.advance(State.ISSUED, at=at, cause="let_go")
    return coupon.state == State.ISSUED


def use_held(payment: Payment, session: ParkingSession, *, paid_at: datetime, at: datetime) -> None:
    """Use the coupons of a payment, when its money has come; the caller holds both rows locked.

    Not within the exit window that another payment opened: then this one is refunded, and needs no coupon.
    """
    if payment.coupons and not session.may_leave(paid_at):
        coupons = locked(payment.coupons)
        use(session, coupons, until=max(paid_at, payment.until), payment=payment, at=at)


def use(
    session: ParkingSession,
    coupons: Iterable[Coupon],
    *,
    until: datetime,
    payment: Payment | None = None,
    at: datetime,
) -> None:
    """Use coupons for a stay, both locked by the caller, and write down what all of its coupons take now.

    One that was used elsewhere or revoked meanwhile takes nothing; the stay then owes the more.
    """
    for coupon in coupons:
        if not _is_for(coupon, session, at):
            continue
        cause = "settle" if payment else "covered"
        if coupon.advance(State.USED, at=at, cause=cause, session_id=session.pk):
            CouponUse.objects.create(
                coupon=coupon,
                lot_id=session.lot_id,
                shop_id=coupon.shop_id,
                session=session,
                payment=payment,
                used_at=at,
            )
    refresh(session, until=until, at=at)


def _is_for(coupon: Coupon, session: ParkingSession, at: datetime) -> bool:
    """Return whether a coupon may be used for this stay; one that this stay held in time may be used late."""
    if coupon.state == State.EXPIRED:
        return coupon.session_id == session.pk
    return (coupon.state == State.HELD and coupon.session_id == session.pk) or let_go(coupon, at=at)


def refresh(session: ParkingSession, *, until: datetime, at: datetime) -> DiscountedSession:
    """Write down what the used coupons take of the stay up to `until`, and book the difference."""
    bill = used_bill(session, until=until)
    uses = {use.coupon_id: use for use in CouponUse.objects.select_related("shop").filter(session=session)}
    for taken in bill.reduced.taken:
        _note(uses[taken.key], bill, taken.fen, session, at)
    if session.relief_fen != bill.reduced.relief_fen:
        session.relief_fen = bill.reduced.relief_fen
        hot_writes.change(session, where={}, relief_fen=session.relief_fen)
    return bill


def _note(use: CouponUse, bill: DiscountedSession, fen: int, session: ParkingSession, at: datetime) -> None:
    coupon = bill.coupons[use.coupon_id]
    by_shop = coupon.offer.funded_by == CouponOffer.Funder.SHOP
    shop_fen = fen * use.shop.pays_percent // 100 if by_shop else 0
    more, shop_more = fen - use.fen, shop_fen - use.shop_fen
    face = use.face_fen or _face(coupon, session, fen)
    if more or shop_more or face != use.face_fen:
        CouponUse.objects.filter(pk=use.pk).update(fen=fen, shop_fen=shop_fen, face_fen=face)
    ledger.book_coupon(use, shop_fen=shop_more, discount_fen=more - shop_more, at=at)


def _face(coupon: Coupon, session: ParkingSession, fen: int) -> int:
    """Return its face value; it is written once, so that a period that was settled keeps it."""
    assert session.entered_at is not None
    right = right_of(coupon, session)
    return coupon_rules.face_fen(pricing_of(session)[0], session.entered_at, right, fen)


@transaction.atomic
def use_coupons(
    session: ParkingSession, *, ids: Collection[int] = (), lane: Lane | None, at: datetime
) -> DiscountedSession | None:
    """Use coupons that leave nothing to pay, open the exit window and the barrier; None if something is left.

    `ids`: of those that the driver showed; the plate's own count too. `lane`: whose sign was scanned; a car
    that came with a code may leave by it, one whose plate was only typed if it has paid. All is read again
    with the session locked: what was true for the page may be so no more.
    """
    held = sessions.lock(session.pk)
    if held is None:
        return None
    session, (price, _) = held, price_session(held, until=at)
    if not session.due_of(price, at=at):
        return None
    bill = bill_of(session, price, until=at, at=at, ids=list(ids))
    counting = locked(coupon.pk for coupon in bill.counting)
    if bill.fen > session.paid_fen or not all(_is_free(one, session) for one in counting):
        return None
    use(session, counting, until=at, at=at)
    window = exit_grace.window_end(hot_sql.by_id(Lot, session.lot_id), at)
    sessions.credit(session, fen=0, paid_at=at, exit_until=window)
    has_code = any(not coupon.for_plate for coupon in counting)
    opens = lane if has_code or session.paid_fen else None
    gates.release(session, lane=opens, cause=GateCommand.Cause.PAID, at=at)
    return bill


@add_relief(
    "EXISTS (SELECT 1 FROM payments_coupon c WHERE c.session_id = s.id AND c.state = 'used')"
    " OR EXISTS (SELECT 1 FROM payments_coupon c WHERE c.lot_id = s.lot_id AND c.plate_index = s.plate_index"
    " AND c.state IN ('issued', 'held'))"
)
def due_with_coupons(session: ParkingSession, price: Price, at: datetime) -> int:
    """Return what is due at an exit with the stay's coupons, which are used if they leave nothing."""
    bill = bill_of(session, price, until=at, at=at)
    due = max(0, bill.fen - session.paid_fen)
    if not due:
        counting = locked(coupon.pk for coupon in bill.counting)
        if not all(_is_free(one, session) for one in counting):
            return price.fen - session.relief_fen - session.paid_fen
        use(session, counting, until=at, at=at)
    return due


def _is_free(coupon: Coupon, session: ParkingSession) -> bool:
    if coupon.state == State.USED:
        return coupon.session_id == session.pk
    return coupon.state in Coupon.OPEN and not is_busy(coupon, session)


def locked(ids: Iterable[int]) -> list[Coupon]:
    """Hold these coupons to the end of the transaction."""
    rows = Coupon.objects.select_for_update(of=("self",)).select_related("offer").filter(pk__in=list(ids))
    return list(rows.order_by("pk"))


def expire(*, at: datetime, most: int = 500) -> int:
    """Close the coupons whose time is over, but for those that a payment is on its way with."""
    due = Coupon.objects.filter(state__in=Coupon.OPEN, valid_until__lte=at).order_by("valid_until")
    return sum(_expire(pk, at) for pk in due.values_list("pk", flat=True)[:most])


@transaction.atomic
def _expire(pk: int, at: datetime) -> bool:
    (coupon,) = locked([pk])
    return let_go(coupon, at=at) and coupon.advance(State.EXPIRED, at=at, cause="expired")
