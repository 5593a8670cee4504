"""Coupons that come after the payment: they are used, and the difference is refunded."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from core import hot_sql
from lots.models import ParkingSession
from payments.balance_corrections import settle_up
from payments.coupons.coupon_models import Coupon
from payments.coupons.discounts import late_bill
from payments.coupons.redemption import locked, use
from payments.models import Payment


@transaction.atomic
def give_back_late_coupons(session: ParkingSession, *, ids: Sequence[int] = (), at: datetime) -> int:
    """Use coupons for a session that is paid already and promise the difference back; return how much (fen).

    0 where `late_bill` finds nothing to give. The payments are locked before the session, as a notice of a
    refund does.
    """
    list(_paid(session).select_for_update(of=("self",)))
    session = hot_sql.by_id(ParkingSession, session.pk, lock=True)
    bill, until = late_bill(session, ids=ids, at=at)
    if bill is None:
        return 0
    use(session, locked(c.pk for c in bill.counting if c.state != Coupon.State.USED), until=until, at=at)
    return sum(refund.amount_fen for refund in settle_up(session, at=at, cause="coupon").refunds)


def _paid(session: ParkingSession) -> QuerySet[Payment]:
    return Payment.objects.filter(session=session, state=Payment.State.PAID).order_by("pk")
