"""Coupons in a lot in front of another vendor's parking system: one for a charge, counted by that system.

Our tariffs know nothing of such a stay, so what a coupon takes is that system's answer. There are two ways:

1. The system prices the charge with the coupon (`PricesCoupons`). The coupon is held from pressing pay, goes
   along with the settlement, and is used in the transaction that records its acceptance.
2. The system counts the coupon at once (`TakesCoupons`), by a tap: see `payments.coupons.handover`.

Everywhere else, and for kinds of coupons that a system does not count, it is refused and stays as it was.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q

from core.vault import plate_index
from lots.models import Lot, ParkingSession, SystemSession
from lots.plates import Plate
from lots.systems import parking_system
from lots.systems.remote import RemoteSystem
from payments import ledger
from payments.coupons.coupon_codes import digest, read_code
from payments.coupons.coupon_models import Coupon, CouponOffer, CouponUse
from payments.coupons.coupon_rules import Refusal
from payments.coupons.discounts import MOST_CODES, why_not
from payments.coupons.redemption import locked
from payments.models import Payment

State = Coupon.State


@dataclass(frozen=True)
class CouponsInFront:
    """What coupons do to a charge. `offered`: codes that a tap gives to the system; nothing is taken yet."""

    charge: parking_system.Charge
    coupon: Coupon | None = None
    taken_fen: int = 0
    codes: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = field(default=())


def count(
    lot: Lot,
    system: parking_system.ParkingSystem,
    query: parking_system.ChargeQuery,
    charge: parking_system.Charge,
    *,
    codes: Sequence[str] = (),
    ids: Collection[int] = (),
) -> CouponsInFront | parking_system.Unreachable:
    """Return what the first coupon that counts does to a charge; the others are refused."""
    found = _found(lot, query.plate, codes, ids)
    if not found and not codes:
        return CouponsInFront(charge)
    known = {coupon.code for coupon in found if coupon.code}
    refused = [(code, Refusal.UNKNOWN) for code in codes if read_code(code) not in known]
    session = session_of(lot, charge)
    counted: CouponsInFront | None = None
    for coupon in found:
        if coupon.state == State.USED and coupon.session_id == session.pk:
            continue  # that system has counted it
        why = Refusal.NOT_TOGETHER if counted else _why_not(coupon, session, lot, system, query.at)
        answer = why or _ask(system, query, charge, coupon)
        if isinstance(answer, parking_system.Unreachable):
            return answer
        if isinstance(answer, CouponsInFront):
            counted = answer
        elif coupon.code:
            refused.append((coupon.code, answer))
    return replace(counted or CouponsInFront(charge), refused=tuple(refused))


def _ask(
    system: parking_system.ParkingSystem,
    query: parking_system.ChargeQuery,
    charge: parking_system.Charge,
    coupon: Coupon,
) -> CouponsInFront | parking_system.Unreachable | Refusal:
    shown = (coupon.code,) if coupon.code else ()
    if isinstance(system, parking_system.TakesCoupons):
        return CouponsInFront(charge, offered=shown) if shown else Refusal.NOT_HERE
    assert isinstance(system, parking_system.PricesCoupons)
    answer = system.charge_with(query, charge, plain(coupon))
    if isinstance(answer, parking_system.Unreachable):
        return answer
    if isinstance(answer, parking_system.CouponRefused) or answer.taken_fen <= 0:
        return Refusal.NOT_HERE
    return CouponsInFront(answer.charge, coupon, answer.taken_fen, codes=shown)


def _found(lot: Lot, plate: Plate | None, codes: Sequence[str], ids: Collection[int]) -> list[Coupon]:
    """Return those shown by code first, then those of the charge, then those issued for the plate."""
    shown = {digest(code): code for code in map(read_code, codes[:MOST_CODES]) if code}
    wanted = Q(digest__in=list(shown)) | Q(pk__in=list(ids))
    if plate is not None:
        index = plate_index(lot.pk, plate.text)
        wanted |= Q(lot=lot, plate_index=index, state__in=Coupon.OPEN)
    found = list(Coupon.objects.select_related("offer", "shop").filter(wanted).order_by("pk"))
    for coupon in found:
        coupon.code = shown.get(bytes(coupon.digest or b""))
    return sorted(found, key=lambda coupon: (coupon.code is None, coupon.pk not in ids, coupon.pk))


def _why_not(
    coupon: Coupon, session: ParkingSession, lot: Lot, system: parking_system.ParkingSystem, at: datetime
) -> Refusal | None:
    why = why_not(coupon, session, lot=lot, at=at)
    is_counted = isinstance(system, RemoteSystem) and coupon.offer.kind in system.coupon_kinds
    return why or (None if is_counted else Refusal.NOT_HERE)


def session_of(lot: Lot, charge: parking_system.Charge) -> ParkingSession:
    """Return our row of the charge's session, or one that is not stored where no payment made one yet."""
    row = SystemSession.objects.called(lot, charge.session).select_related("session").first()
    session = row.session if row else ParkingSession(lot=lot)
    session.entered_at = session.entered_at or charge.entered_at or charge.until
    return session


def plain(coupon: Coupon, *, taken_fen: int = 0) -> parking_system.SystemCoupon:
    """Return a coupon as the system gets it: no code of the driver's, and no plate."""
    return parking_system.SystemCoupon(
        code=f"PC{coupon.pk:010d}",
        kind=coupon.offer.kind,
        value=coupon.offer.value,
        name=coupon.offer.name,
        shop=coupon.shop.name,
        shop_code=str(coupon.shop_id),
        most_fen=coupon.offer.most_fen,
        taken_fen=taken_fen,
    )


def coupon_of(payment: Payment) -> parking_system.SystemCoupon | None:
    """Return the coupon of a payment, for its settlement."""
    coupon = Coupon.objects.select_related("offer", "shop").filter(pk__in=payment.coupons).first()
    return plain(coupon, taken_fen=payment.discount_fen) if coupon else None


def use_of(payment: Payment, *, at: datetime) -> None:
    """Use the coupon of a payment that the system has accepted, in that transaction."""
    for coupon in locked(payment.coupons):
        if coupon.session_id == payment.session_id:
            use_here(coupon, payment.session_id, fen=payment.discount_fen, payment=payment, at=at)


def use_here(
    coupon: Coupon, session_id: int, *, fen: int, at: datetime, payment: Payment | None = None
) -> bool:
    """Use a coupon, which the caller holds locked, and book what it took; False where it was used before."""
    if not coupon.advance(State.USED, at=at, cause="system", session_id=session_id):
        return False
    by_shop = coupon.offer.funded_by == CouponOffer.Funder.SHOP
    shop_fen = fen * coupon.shop.pays_percent // 100 if by_shop else 0
    use = CouponUse.objects.create(
        coupon=coupon,
        lot_id=coupon.lot_id,
        shop_id=coupon.shop_id,
        session_id=session_id,
        payment=payment,
        used_at=at,
        fen=fen,
        face_fen=fen,
        shop_fen=shop_fen,
    )
    ledger.book_coupon(use, shop_fen=shop_fen, discount_fen=fen - shop_fen, at=at)
    return True
