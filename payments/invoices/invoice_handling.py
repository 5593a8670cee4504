"""Staff actions on invoice requests: take over, record as issued, reject, record a red letter.

Each leaves an event that says who and when; a second press finds the row moved and changes nothing.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from core.errors import ParkingError
from payments.invoices.http_issuer import INVOICE_NUMBER, LINK
from payments.invoices.invoice_models import InvoiceRequest, RedLetter

State = InvoiceRequest.State
Reason = InvoiceRequest.Reason


class ChangedMeanwhile(ParkingError):
    """The driver corrected the request, or a colleague has dealt with it: look at it again."""

    code = "invoice_changed"


class BadInvoice(ParkingError):
    """The number or the link of an invoice is not one, or its amount is more than was paid."""

    code = "bad_invoice"


def take(request: InvoiceRequest, *, by: Any, at: datetime) -> None:
    """Take a request over from the queue, from a colleague or from the issuer. Raises `ChangedMeanwhile`."""
    if request.state == State.TAKEN and request.taken_by_id == by.pk:
        return
    if not request.advance(State.TAKEN, at=at, cause="staff", by=by, taken_by=by, next_check_at=None):
        raise ChangedMeanwhile(str(request))


def mark_issued(
    request: InvoiceRequest, *, invoice_number: str, link: str, amount_fen: int, by: Any, at: datetime
) -> None:
    """Record the invoice that staff made, of the amount that they saw.

    Raises `BadInvoice` or `ChangedMeanwhile`. A refund meanwhile does not undo that invoice: it
    becomes a red letter.
    """
    number, link = invoice_number.strip(), link.strip()
    of_this = 0 < amount_fen <= request.payment.amount_fen
    if not INVOICE_NUMBER.fullmatch(number) or (link and not LINK.fullmatch(link)) or not of_this:
        raise BadInvoice
    record_issued(
        request, invoice_number=number, link=link, amount_fen=amount_fen, cause="staff", by=by, at=at
    )


def reject(request: InvoiceRequest, *, reason: str, by: Any, at: datetime) -> None:
    """Reject a request with a reason that the driver reads and may act on. Raises `ChangedMeanwhile`."""
    if request.state not in {State.WAITING, State.TAKEN}:
        raise ChangedMeanwhile(str(request))
    gone = {"done_at": at, "next_check_at": None, "reason": Reason(reason)}
    if not request.advance(State.REJECTED, at=at, cause=f"staff {reason}", by=by, **gone):
        raise ChangedMeanwhile(str(request))


def record_issued(
    request: InvoiceRequest,
    *,
    invoice_number: str,
    link: str,
    amount_fen: int,
    cause: str,
    by: Any = None,
    at: datetime,
) -> None:
    """Record an invoice, keep its link with the buyer, and let the mail go out if one is wanted."""
    buyer = (
        request.who_if_readable()
    )  # its key may be gone: then nothing is mailed, the invoice is issued all the same
    mails = buyer is not None and request.mail == InvoiceRequest.Mail.WANTED
    if not request.advance(
        State.ISSUED,
        at=at,
        cause=cause,
        by=by,
        invoice_number=invoice_number,
        amount_fen=amount_fen,
        made_out_to=request.put(replace(buyer, link=link)) if buyer else request.made_out_to,
        done_at=at,
        next_check_at=at if mails else None,
        checks=0,
    ):
        raise ChangedMeanwhile(str(request))


def standing_fen(request: InvoiceRequest) -> int:
    """Return what an issued invoice still states, less its red letters; 0 for one that is not issued."""
    if request.state != State.ISSUED or request.amount_fen is None:
        return 0
    done = request.red_letters.filter(done_at__gte=request.done_at)
    return request.amount_fen - (done.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


@transaction.atomic
def reverse(request: InvoiceRequest, *, amount_fen: int, invoice_number: str, by: Any, at: datetime) -> None:
    """Record that staff reversed all that an issued invoice states (红冲): the driver can correct its title.

    `amount_fen` is what they saw. Raises `BadInvoice` or `ChangedMeanwhile`.
    """
    number = invoice_number.strip()
    if not INVOICE_NUMBER.fullmatch(number):
        raise BadInvoice
    if amount_fen <= 0 or standing_fen(request) != amount_fen:
        raise ChangedMeanwhile(str(request))
    if not request.advance(
        State.REJECTED,
        at=at,
        cause=f"reversed {request.invoice_number}",
        by=by,
        reason=Reason.REISSUE,
        done_at=at,
        amount_fen=None,
        next_check_at=None,
    ):
        raise ChangedMeanwhile(str(request))
    red = {"amount_fen": amount_fen, "invoice_number": number, "done_at": at, "done_by": by}
    if not RedLetter.objects.filter(request=request, done_at=None).update(**red):
        RedLetter.objects.create(request=request, created_at=at, **red)


@transaction.atomic
def finish_red_letter(red: RedLetter, *, invoice_number: str, by: Any, at: datetime) -> None:
    """Record the red-letter invoice that staff made. Raises `BadInvoice` or `ChangedMeanwhile`."""
    if not INVOICE_NUMBER.fullmatch(invoice_number.strip()):
        raise BadInvoice
    open_one = RedLetter.objects.filter(pk=red.pk, done_at=None, amount_fen=red.amount_fen)
    if not open_one.update(done_at=at, done_by=by, invoice_number=invoice_number.strip()):
        raise ChangedMeanwhile(str(red))
