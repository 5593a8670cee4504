"""One step of a request that is due: send it, ask what became of it, or mail what was issued.

The row says "unknown" before the issuer is called, so that a worker that dies never makes a second invoice.
"""

from datetime import datetime, timedelta
from functools import cache

import structlog
from django.conf import settings

from core.claims import LEASE
from core.vault import Unreadable
from payments.invoices.http_issuer import HttpIssuer
from payments.invoices.invoice_handling import ChangedMeanwhile, record_issued
from payments.invoices.invoice_mail import step as mail_step
from payments.invoices.invoice_models import InvoiceRequest
from payments.invoices.invoice_requests import open_fen
from payments.invoices.issuer import (
    InvoiceIssuer,
    InvoiceOrder,
    IssuerAnswer,
    IssuerOutcome,
    IssuerRefused,
    IssuerUnknown,
    StaffQueue,
)

State = InvoiceRequest.State
STEPS = [timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300)]
LATER = timedelta(minutes=15)
MANY = 1000

log = structlog.get_logger("invoices")


def issuer() -> InvoiceIssuer:
    """Return the issuer of this installation."""
    if settings.INVOICE_ISSUER_URL:
        return _over_http(settings.INVOICE_ISSUER_URL, settings.INVOICE_ISSUER_KEY)
    return StaffQueue()


@cache
def _over_http(url: str, key: bytes) -> HttpIssuer:
    return HttpIssuer(url, key)


def step(request: InvoiceRequest, at: datetime) -> None:
    """Take a due request one step on."""
    if request.state == State.ISSUED:
        mail_step(request, at)
    elif request.state == State.WAITING:
        send(request, at)
    elif request.state in {State.SENT, State.UNKNOWN}:
        ask_again(request, at)


def send(request: InvoiceRequest, at: datetime) -> None:
    """Send a request to the issuer for the first time."""
    fen = open_fen(request.payment)
    if fen <= 0:
        gone = {"reason": InvoiceRequest.Reason.NOTHING, "done_at": at, "next_check_at": None}
        request.advance(State.REJECTED, at=at, cause="worker nothing", **gone)
        return
    if request.advance(
        State.UNKNOWN, at=at, cause="worker", amount_fen=fen, next_check_at=at + LEASE, checks=0
    ):
        _issue(request, at)


def ask_again(request: InvoiceRequest, at: datetime) -> None:
    """Ask what became of a request; one that never arrived is sent again under the same number."""
    try:
        answer = issuer().query(request.number)
    except IssuerUnknown:
        _look_later(request, at)
        return
    if answer.outcome is IssuerOutcome.NOT_FOUND:
        _issue(request, at)
    else:
        _record(request, answer, at)


def _issue(request: InvoiceRequest, at: datetime) -> None:
    try:
        answer = issuer().issue(_order(request))
    except IssuerUnknown:
        _look_later(request, at)
    except IssuerRefused as refused:
        log.warning("issuer_refused", reason=refused.reason, request=request.pk)
        _to_staff(request, at, f"refused {refused.reason}")
    except Unreadable:
        _to_staff(request, at, "unreadable")
    else:
        _record(request, answer, at)


def _order(request: InvoiceRequest) -> InvoiceOrder:
    buyer, payment = request.who(), request.payment
    assert buyer is not None, "an open request has a buyer"
    assert request.amount_fen is not None, "set before it is sent"
    assert payment.paid_at is not None, "only what was paid is invoiced"
    return InvoiceOrder(
        number=request.number,
        seller=request.lot.operator.legal_name,
        lot=request.lot.name,
        amount_fen=request.amount_fen,
        paid_at=payment.paid_at,
        buyer=buyer,
    )


def _record(request: InvoiceRequest, answer: IssuerAnswer, at: datetime) -> None:
    """Record the issuer's answer. An invoice counts also if staff took the request over meanwhile."""
    if answer.outcome is IssuerOutcome.ISSUED:
        _record_issued(request, answer, at)
    elif answer.outcome is IssuerOutcome.REJECTED:
        gone = {"reason": InvoiceRequest.Reason.BUYER, "done_at": at, "next_check_at": None}
        request.advance(State.REJECTED, at=at, cause="issuer", **gone)
    elif answer.outcome is IssuerOutcome.BY_STAFF:
        _to_staff(request, at, "by staff")
    elif request.state == State.SENT:
        _look_later(request, at)
    else:
        request.advance(State.SENT, at=at, cause="issuer", next_check_at=at + STEPS[0], checks=0)


def _record_issued(request: InvoiceRequest, answer: IssuerAnswer, at: datetime) -> None:
    assert request.amount_fen is not None, "set before it is sent"
    for _ in range(2):
        try:
            record_issued(
                request,
                invoice_number=answer.invoice_number,
                link=answer.link,
                amount_fen=request.amount_fen,
                cause="issuer",
                at=at,
            )
        except ChangedMeanwhile:
            number, fen = request.number, request.amount_fen
            request.refresh_from_db()
            if request.number != number or request.state == State.ISSUED:
                log.warning("invoice_of_an_older_request", request=request.pk)
                return
            request.amount_fen = fen
        else:
            return


def _to_staff(request: InvoiceRequest, at: datetime, cause: str) -> None:
    """Leave a request to people, who may find that the driver corrected it: nothing is on its way."""
    request.advance(State.WAITING, at=at, cause=cause, amount_fen=None, next_check_at=None, checks=0)


def _look_later(request: InvoiceRequest, at: datetime) -> None:
    steps = STEPS[request.checks :]
    InvoiceRequest.objects.filter(pk=request.pk, number=request.number, state=request.state).update(
        next_check_at=at + (steps[0] if steps else LATER), checks=min(request.checks + 1, MANY)
    )
