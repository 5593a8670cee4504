"""The page a payer comes back to. Coming back proves nothing: the channel is asked until it has answered."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.timezone import now

from driver.driver_view import driver_view
from payments.checkout import look_again
from payments.models import Payment, Refund
from payments.receipts import written
from presentation import formatting
from presentation.failures import Failure
from presentation.page_data import lot_facts
from presentation.respond import page

# Without a script the page asks again by itself: seconds of age up to which, and seconds between.
REFRESH = ((30, 3), (120, 6), (600, 20))
SELDOM = 60
WORRY = 30  # seconds after which the page offers the service phone


@driver_view("GET", "HEAD")
def status_page(request: HttpRequest, token: str) -> HttpResponse:
    """Paid, being confirmed, or not paid; reload-safe, and reached again by its address."""
    at = now()
    payment = look_again(payment_named(token), at=at)
    lot = lot_facts(payment.lot, at=at)
    age = int((at - payment.created_at).total_seconds())
    context: dict[str, Any] = {
        "state": state_of(payment),
        "lot": lot,
        "path": f"/t/{payment.token}",
        "amount": formatting.yuan(payment.amount_fen),
        "refresh": refresh_after(age),
        "late": age >= WORRY,
        "receipt_code": payment.receipt_code,
        "written_code": written(payment.receipt_code or ""),
        **settled(payment, lot.tz, at),
    }
    return page(request, "status.html", context)


@driver_view("GET")
def state(request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG001 - a view's shape
    """What the script on the waiting page asks for: one word."""
    return JsonResponse({"state": state_of(look_again(payment_named(token), at=now()))})


def payment_named(token: str) -> Payment:
    payment = None
    if len(token) <= 26 and token.isascii() and token.isalnum():
        payment = Payment.objects.select_related("session", "lot__operator").filter(token=token).first()
    if payment is None:
        raise Failure("payment_unknown")
    return payment


def state_of(payment: Payment) -> str:
    if payment.state in Payment.UNFINISHED:
        return "pending"
    return "paid" if payment.state == Payment.State.PAID else "closed"


def refresh_after(age: int) -> int:
    """Return after how many seconds a page without script looks again: ever less often."""
    return next((pause for until, pause in REFRESH if age < until), SELDOM)


def settled(payment: Payment, zone: Any, at: datetime) -> dict[str, Any]:
    """What a paid page adds: when, until when the car may leave, and what went back."""
    if payment.paid_at is None:
        return {}
    session, here = payment.session, at.astimezone(zone)
    session.refresh_from_db(fields=["exit_until", "left_at"])
    leave = session.exit_until if payment.credited_fen else None
    refunds = [
        (formatting.yuan(refund.amount_fen), refund.state == Refund.State.DONE)
        for refund in payment.refunds.exclude(state=Refund.State.FAILED).order_by("pk")
    ]
    return {
        "paid_at": formatting.clock(payment.paid_at.astimezone(zone), on=here),
        "surplus": payment.credited_fen == 0,
        "leave": formatting.clock(leave.astimezone(zone), on=here) if leave else "",
        "gone": session.left_at is not None,
        "overdue": leave is not None and leave < at,
        "refunds": refunds,
    }
