"""Coupons that come after the payment: they are used, and the difference is refunded."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from lots.models import ParkingSession
from payments.balance_corrections import hold, settle_up
from payments.coupons.coupon_models import Coupon
from payments.coupons.discounts import late_bill
from payments.coupons.redemption import locked, use


@transaction.atomic
def give_back_late_coupons(session: ParkingSession, *, ids: Sequence[int] = (), at: datetime) -> int:
    """Use coupons for a session that is paid already and promise the difference back; return how much (fen).

    0 where `late_bill` finds nothing to give. All payments are locked before the session, as a notice locks
    its own: one that is under way may be paid at this moment. Raises `SessionNotFound`.
    """
    (session,) = hold(session)
    bill, until = late_bill(session, ids=ids, at=at)
    if bill is None:
        return 0
    use(session, locked(c.pk for c in bill.counting if c.state != Coupon.State.USED), until=until, at=at)
    return sum(refund.amount_fen for refund in settle_up(session, at=at, cause="coupon").refunds)
