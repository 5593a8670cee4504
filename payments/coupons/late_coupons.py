"""Coupons that come after the payment: they are used, and the difference goes back."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from core import hot_sql
from lots import sessions
from lots.models import ParkingSession
from lots.pricing import price_stay
from payments.coupons.coupon_models import Coupon
from payments.coupons.discounts import bill_of
from payments.coupons.redemption import locked, use
from payments.models import Payment


@transaction.atomic
def use_late(session: ParkingSession, *, codes: Sequence[str] = (), at: datetime) -> int:
    """Use coupons for a stay that is paid already and promise the difference back; return how much (fen).

    0 where the stay is not paid, its car has left, or the coupons do not make it cheaper than what was paid.
    The payments are locked before the stay, as a notice of a refund does.
    """
    from payments.corrections import settle_up  # here: that module loads checkout, which loads coupons

    list(_paid(session).select_for_update(of=("self",)))
    session = hot_sql.by_id(ParkingSession, session.pk, lock=True)
    if not session.paid_fen or session.left_at is not None:
        return 0
    until = paid_up_to(session, at=at)
    bill = bill_of(session, price_stay(session, until=until)[0], until=until, at=at, codes=codes)
    fresh = locked(coupon.pk for coupon in bill.counting if coupon.state != Coupon.State.USED)
    if not fresh or bill.fen >= session.paid_fen:
        return 0
    use(session, fresh, until=until, at=at)
    return sum(refund.amount_fen for refund in settle_up(session, at=at, cause="coupon").refunds)


def paid_up_to(session: ParkingSession, *, at: datetime) -> datetime:
    """Return until when the stay's price counts: within the exit window, when it was paid."""
    return session.paid_at if session.paid_at and sessions.may_leave(session, at=at) else at


def _paid(session: ParkingSession) -> QuerySet[Payment]:
    return Payment.objects.filter(session=session, state=Payment.State.PAID).order_by("pk")
