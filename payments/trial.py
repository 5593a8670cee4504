"""A payment of one fen that proves a channel from end to end, through the same rows as any other (支付测试).

It belongs to a stay in a lot of its own, marked as a trial: no driver can reach that lot, and reports leave
it out. The money goes back by the ordinary refund, so the books come out even as well.
"""

from datetime import datetime, timedelta

from django.db import transaction

from lots.errors import ParkingError
from lots.models import Lot, Operator, ParkingSession, TariffVersion
from payments import checkout, refunds
from payments.models import Payment, Refund
from payments.providers.base import HandOver, Payer, Provider, Scene
from payments.quotes import quote_session

SLUG = "pay-test"
FEN = 1
STAYED = timedelta(minutes=30)
TARIFF = {
    "currency": "CNY",
    "free": {"minutes": 0, "mode": "threshold"},
    "steps": [{"until_min": None, "unit_min": 60, "price": FEN}],
    "cycle": {"hours": 24},
    "caps": [],
}


class NobodyToPay(ParkingError):
    """There is no operator yet: the test payment needs one, like any other."""

    code = "nobody_to_pay"


def begin(provider: Provider, *, at: datetime) -> tuple[Payment, HandOver]:
    """Make the stay, the quote and the payment, and have the channel make a code for another phone."""
    session = ParkingSession.objects.create(lot=trial_lot(at=at), plate_kind="ticket", entered_at=at - STAYED)
    quote = quote_session(session, lane=None, at=at)
    return checkout.start_with(quote, provider, Payer(Scene.SCREEN), at=at)


def look(payment: Payment, *, at: datetime) -> Payment:
    """Ask whether it is paid; one that has expired is closed."""
    if payment.state in Payment.UNFINISHED:
        if at >= payment.expires_at:
            checkout.close_attempt(payment, at=at)
        else:
            checkout.query(payment, at=at)
    payment.refresh_from_db()
    return payment


def give_back(payment: Payment, *, at: datetime) -> Refund:
    """Promise the money back, once."""
    known = payment.refunds.first()
    return known or refunds.request_refund(
        payment, amount_fen=payment.amount_fen, reason=Refund.Reason.OVERPAID, at=at
    )


def chase(refund: Refund, *, at: datetime) -> Refund:
    """Send the refund or ask what became of it; the worker does the same, and both may."""
    if refund.state in {Refund.State.REQUESTED, Refund.State.SENT}:
        refunds.carry_out(refund, at=at)
        refund.refresh_from_db()
    return refund


def finish(payment: Payment, *, at: datetime) -> None:
    """The made-up car leaves."""
    ParkingSession.objects.filter(pk=payment.session_id, left_at=None).update(
        left_at=at, departure=ParkingSession.Departure.MANUAL
    )


@transaction.atomic
def trial_lot(*, at: datetime) -> Lot:
    """Return the lot of the test payments, made at the first one."""
    lot = Lot.objects.filter(slug=SLUG).first()
    if lot is not None:
        return lot
    operator = Operator.objects.order_by("pk").first()
    if operator is None:
        raise NobodyToPay
    lot = Lot.objects.create(
        operator=operator,
        slug=SLUG,
        name="支付测试（不对外）",
        kind=Lot.Kind.OTHER,
        is_trial=True,
        closed_at=at,
    )
    TariffVersion.objects.create(lot=lot, version=1, document=TARIFF, valid_from=at - timedelta(days=1))
    return lot
