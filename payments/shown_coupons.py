"""Coupons on paper: a driver without a phone shows one at the booth, and staff enter its code."""

from datetime import datetime

from core.errors import ParkingError
from lots.models import ParkingSession
from lots.pricing import price_session
from lots.systems.links import is_of_other_system
from payments.balance_corrections import hold
from payments.coupons.coupon_models import Coupon
from payments.coupons.coupon_rules import Refusal
from payments.coupons.discounts import bill_of, paid_up_to
from payments.coupons.late_coupons import give_back_late_coupons
from payments.coupons.redemption import locked, use, use_coupons
from payments.models import StaffAct
from payments.refusals import NoEntry
from payments.staff_action_log import ActedBy, Kind, once, record


class PaperCouponRefused(ParkingError):
    """The coupon does not count for this stay; `code` names why, as `Refusal` does."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.code = f"coupon_{why}"


@once
def take_coupon(session: ParkingSession, *, code: str, by: ActedBy, at: datetime) -> StaffAct:
    """Use the coupon of that code for a session; the act's amount is what the fee is lower by, in fen.

    A car that has paid already gets the difference back; where nothing is left to pay, the barrier opens.
    Raises `PaperCouponRefused`, `NoEntry` or `NoTariff`.
    """
    if session.entered_at is None or is_of_other_system(session):
        raise NoEntry
    before = session.relief_fen
    coupon = _found(session, code, at)
    if not session.paid_fen or not give_back_late_coupons(session, ids=[coupon.pk], at=at):
        (held,) = hold(session)
        if use_coupons(held, ids=[coupon.pk], lane=None, at=at) is None:
            use(held, locked([coupon.pk]), until=paid_up_to(held, at=at), at=at)
    session.refresh_from_db(fields=["relief_fen"])
    if session.relief_fen == before:  # it was used for another car meanwhile
        raise PaperCouponRefused(Refusal.USED)
    about = {"session": session, "amount_fen": session.relief_fen - before}
    return record(by, Kind.COUPON, subject=f"coupon {coupon.pk}", lot_id=session.lot_id, at=at, **about)


def _found(session: ParkingSession, code: str, at: datetime) -> Coupon:
    """Return the coupon of a code where it counts for the session now. A QR code's whole address will do."""
    shown = code.strip().rsplit("/", 1)[-1]
    until = paid_up_to(session, at=at)
    bill = bill_of(session, price_session(session, until=until)[0], until=until, at=at, codes=[shown])
    if bill.refused:
        raise PaperCouponRefused(bill.refused[0][1])
    return next(coupon for coupon in bill.counting if coupon.code and coupon.state != Coupon.State.USED)
