"""A payment of one fen that proves a channel from end to end, through the same rows as any other (支付测试).

It belongs to a stay in a lot of its own, marked as a trial: no driver can reach that lot, and reports leave
it out. The money is returned by an ordinary refund, so the books come out even as well.
"""

from datetime import datetime, timedelta

from django.db import transaction

from core import row_security
from core.errors import ParkingError
from lots.models import Lot, Operator, ParkingSession, TariffVersion
from lots.systems.parking_system import ChargeQuery
from payments import channel_orders, checkout, refunds
from payments.channels import of_lot
from payments.charges import Due, ask, record_of
from payments.models import Payment, Refund
from payments.providers.contract import HandOver, Payer, Provider, Scene

SLUG = "pay-test"
FEN = 1
STAYED = timedelta(minutes=30)
TARIFF = {
    "format": 2,
    "currency": "CNY",
    "rounding": "started",
    "steps_count": "cycle",
    "after_exit_window": "recomputed",
    "free": {"minutes": 0, "mode": "threshold", "repeat": "once"},
    "steps": [{"until_min": None, "unit_min": 60, "price": FEN}],
    "cycle": {"basis": "from_entry", "hours": 24},
}


class NobodyToPay(ParkingError):
    """There is no operator yet: the test payment needs one, like any other."""

    code = "nobody_to_pay"


def begin(provider: Provider, *, at: datetime, operator: Operator | None = None) -> tuple[Payment, HandOver]:
    """Make the stay, the charge and the payment, and have the channel make a code for another phone.

    Each operator's tests have a lot of their own, so none sees another's. Without one, the first is meant.
    """
    lot = trial_lot(at=at, operator=operator)
    session = ParkingSession.objects.create(lot=lot, plate_kind="ticket", entered_at=at - STAYED)
    due = ask(lot, ChargeQuery(at, session=str(session.pk)))
    assert isinstance(due, Due), "half an hour at one fen is never free"
    return checkout.start_with(record_of(due, lot=lot), provider, Payer(Scene.SCREEN), lot=lot, at=at)


def look(payment: Payment, *, at: datetime) -> Payment:
    """Ask whether it is paid; one that has expired is closed."""
    if payment.state in Payment.UNFINISHED:
        if at >= payment.expires_at:
            channel_orders.close_attempt(payment, at=at)
        else:
            channel_orders.query(payment, at=at)
    payment.refresh_from_db()
    return payment


def give_back(payment: Payment, *, at: datetime) -> Refund:
    """Promise the money back, once."""
    if known := payment.refunds.first():
        return known
    try:
        return refunds.request_refund(
            payment, amount_fen=payment.amount_fen, reason=Refund.Reason.OVERPAID, at=at
        )
    except refunds.TooMuch:  # the worker and a viewer of the page do this at one moment
        return payment.refunds.get()


def chase(refund: Refund, *, at: datetime) -> Refund:
    """Send the refund or ask what became of it; the worker does the same, and both may."""
    if refund.state in {Refund.State.REQUESTED, Refund.State.SENT}:
        refunds.carry_out(refund, at=at)
        refund.refresh_from_db()
    return refund


def finish(payment: Payment, *, at: datetime) -> None:
    """End the session of the invented car."""
    ParkingSession.objects.filter(pk=payment.session_id, left_at=None).update(
        left_at=at, departure=ParkingSession.Departure.MANUAL
    )


def advance(payment: Payment, *, at: datetime) -> Payment:
    """Do one step: ask, promise the refund, send it, let the car go. Repeating it changes nothing."""
    payment = look(payment, at=at)
    if payment.state == Payment.State.PAID:
        refund = chase(give_back(payment, at=at), at=at)
        if refund.state in {Refund.State.DONE, Refund.State.FAILED}:
            finish(payment, at=at)
    elif payment.state == Payment.State.CLOSED:
        finish(payment, at=at)
    return payment


def advance_all(*, at: datetime) -> int:
    """Advance every test that is under way, so that the fen is refunded also when its page was closed."""
    lots = list(Lot.objects.filter(is_trial=True).values_list("pk", flat=True))
    known = [Payment.State.PAID, Payment.State.CLOSED]
    paid = list(Payment.objects.filter(lot__in=lots, session__left_at=None, state__in=known))
    for payment in paid:
        if payment.state == Payment.State.PAID:
            refund = give_back(payment, at=at)
            if refund.state not in {Refund.State.DONE, Refund.State.FAILED}:
                continue  # the worker sends it
        finish(payment, at=at)
    return len(paid)


def is_proven(lot: Lot) -> bool:
    """Return whether a merchant that takes this lot's money took a fen in a test and gave it back."""
    merchants = {(each.name, each.merchant) for each in of_lot(lot).values()}
    tests = list(Lot.objects.filter(operator=lot.operator_id, is_trial=True).values_list("pk", flat=True))
    done = Refund.objects.filter(payment__lot__in=tests, state=Refund.State.DONE)
    return bool(merchants & set(done.values_list("payment__provider", "payment__merchant")))


@transaction.atomic
def trial_lot(*, at: datetime, operator: Operator | None) -> Lot:
    """Return the lot of an operator's test payments, made at the first one."""
    with row_security.every_operator():  # the site's first has the short name
        first = Operator.objects.order_by("pk").first()
    if first is None:
        raise NobodyToPay
    whose = operator or first
    lot = Lot.objects.filter(operator=whose, is_trial=True).first()
    if lot is not None:
        return lot
    lot = Lot.objects.create(
        operator=whose,
        slug=SLUG if whose == first else f"{SLUG}-{whose.pk}",
        name="支付测试（不对外）",
        kind=Lot.Kind.OTHER,
        is_trial=True,
        closed_at=at,
    )
    TariffVersion.objects.create(lot=lot, version=1, document=TARIFF, valid_from=at - timedelta(days=1))
    return lot
