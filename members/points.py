"""Points for receipts (积分): the member types the receipt code; nothing looks up what they paid.

A receipt gives its points once, to the first who shows it. What is kept of it is a digest that knows neither
the payment nor the member.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from core import budget
from core.errors import ParkingError
from lots.models import Lot
from members import member_keys
from members.asked import BenefitKind
from members.benefits import MOST_POINTS
from members.joining import NotJoined, TooMany, in_force, is_current
from members.models import Benefit, ClaimedReceipt, Member, Points
from payments.models import Refund
from payments.receipts import find_paid

FRESH = timedelta(days=30)  # a receipt may be shown so long after paying


class NoReceipt(ParkingError):
    """Unknown, of another lot, too old, given back, or shown before. The reason is not disclosed."""

    code = "member_no_receipt"


def claim(member: Member, *, lot: Lot, code: str, client: str, at: datetime) -> int:
    """Add the points of a receipt to a member: one for each yuan that was paid and kept. Return how many.

    Raises `NotJoined`, `TooMany` or `NoReceipt`.
    """
    consent = in_force(member, lot)
    on = Benefit.objects.filter(lot=lot, kind=BenefitKind.POINTS, ended_at=None).exists()
    if consent is None or not is_current(consent) or not on:
        raise NotJoined
    if not budget.RECEIPTS.allowed(client, budget.NO_LOT):
        raise TooMany
    points, receipt = _worth(lot, code, at)
    budget.RECEIPTS.spend(client, budget.NO_LOT, found=bool(points))
    if not points:
        raise NoReceipt
    digest = member_keys.receipt_digest(lot.pk, receipt)
    try:
        with transaction.atomic():
            ClaimedReceipt.objects.create(digest=digest, at=at)
            Points.objects.create(
                member=member, lot=lot, points=points, press=member_keys.request_key(digest.hex())[:36], at=at
            )
    except IntegrityError:
        raise NoReceipt from None
    return points


def _worth(lot: Lot, code: str, at: datetime) -> tuple[int, str]:
    payment = find_paid(code)
    if payment is None or payment.lot_id != lot.pk or payment.paid_at is None:
        return 0, ""
    if payment.paid_at < at - FRESH:
        return 0, ""
    back = sum(payment.refunds.exclude(state=Refund.State.FAILED).values_list("amount_fen", flat=True))
    return min(max(0, payment.amount_fen - back) // 100, MOST_POINTS), payment.receipt_code or ""
