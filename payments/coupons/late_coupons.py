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
from payments.coupons.discounts import Bill, bill_of
from payments.coupons.redemption import locked, use
from payments.models import Payment


def late_bill(
    session: ParkingSession, *, codes: Sequence[str] = (), ids: Sequence[int] = (), at: datetime
) -> tuple[Bill | None, datetime]:
    """Return the bill of a paid session with coupons that come late, and until when it is priced.

    None where the session is not paid, its car has left, or no new coupon makes it cheaper than was paid.
    """
    until = paid_up_to(session, at=at)
    if not session.paid_fen or session.left_at is not None:
        return None, until
    bill = bill_of(session, price_stay(session, until=until)[0], until=until, at=at, codes=codes, ids=ids)
    is_fresh = any(coupon.state != Coupon.State.USED for coupon in bill.counting)
    return (bill if is_fresh and bill.fen < session.paid_fen else None), until


@transaction.atomic
def give_back_late_coupons(
    session: ParkingSession, *, codes: Sequence[str] = (), ids: Sequence[int] = (), at: datetime
) -> int:
    """Use coupons for a session that is paid already and promise the difference back; return how much (fen).

    0 where `late_bill` finds nothing to give. The payments are locked before the session, as a notice of a
    refund does.
    """
    from payments.corrections import settle_up  # here: that module loads checkout, which loads coupons

    list(_paid(session).select_for_update(of=("self",)))
    session = hot_sql.by_id(ParkingSession, session.pk, lock=True)
    bill, until = late_bill(session, codes=codes, ids=ids, at=at)
    if bill is None:
        return 0
    use(session, locked(c.pk for c in bill.counting if c.state != Coupon.State.USED), until=until, at=at)
    return sum(refund.amount_fen for refund in settle_up(session, at=at, cause="coupon").refunds)


def paid_up_to(session: ParkingSession, *, at: datetime) -> datetime:
    """Return until when the stay's price counts: within the exit window, when it was paid."""
    return session.paid_at if session.paid_at and sessions.may_leave(session, at=at) else at


def _paid(session: ParkingSession) -> QuerySet[Payment]:
    return Payment.objects.filter(session=session, state=Payment.State.PAID).order_by("pk")
