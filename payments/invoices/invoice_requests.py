"""Asking for the invoice of a payment, correcting it, taking it back; and what it would be of."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from core.errors import ParkingError
from core.vault import Unreadable
from payments.channels import WAIVER
from payments.invoices.buyer import Buyer, seal_buyer
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest
from payments.models import Payment
from payments.numbers import new_number

State = InvoiceRequest.State

TIME_TO_CORRECT = timedelta(minutes=2)  # before a request goes to the issuer, where it can no longer change


class NothingToInvoice(ParkingError):
    """All of the money was refunded, or is being refunded."""

    code = "nothing_to_invoice"


class InvoiceUnderWay(ParkingError):
    """It is issued, or the issuer has it: nothing can be changed any more."""

    code = "invoice_under_way"


def open_fen(payment: Payment) -> int:
    """Return what an invoice is of: what was paid, less what was given or promised back."""
    paid = Payment.objects.filter(pk=payment.pk, state=Payment.State.PAID).exclude(provider=WAIVER)
    amount, reserved = paid.values_list("amount_fen", "reserved_refund_fen").first() or (0, 0)
    return amount - reserved


def ask(payment: Payment, *, buyer: Buyer, at: datetime) -> InvoiceRequest:
    """Ask for the invoice of a payment, or correct what was asked for. Repeating it changes nothing.

    Raises `NothingToInvoice` or `InvoiceUnderWay`.
    """
    if open_fen(payment) <= 0:
        raise NothingToInvoice(f"payment {payment.pk}")
    request = InvoiceRequest.objects.filter(payment=payment).first()
    if request is None:
        try:
            with transaction.atomic():
                return _create(payment, buyer, at)
        except IntegrityError:  # another tab was faster: this is a correction of its request
            request = InvoiceRequest.objects.get(payment=payment)
    return _correct(request, buyer, at)


def withdraw(request: InvoiceRequest, *, at: datetime) -> bool:
    """Take a request back and forget its buyer at once; True also where that is done already.

    Raises `InvoiceUnderWay`: an issued invoice stays, and its buyer is forgotten by the clock.
    """
    if request.state == State.WITHDRAWN:
        return True
    gone = {"made_out_to": None, "forgotten_at": at, "done_at": at, "next_check_at": None, "mail": ""}
    if not request.is_correctable or not request.advance(State.WITHDRAWN, at=at, cause="driver", **gone):
        raise InvoiceUnderWay(str(request))
    return True


def forget_finished(payment: Payment, *, at: datetime) -> None:
    """Forget the buyer of a request that is done with, before its time. An open one needs it and is left."""
    done = InvoiceRequest.objects.filter(
        payment=payment, state__in=[State.ISSUED, State.REJECTED, State.WITHDRAWN], made_out_to__isnull=False
    )
    done.update(made_out_to=None, forgotten_at=at, next_check_at=None)


def _create(payment: Payment, buyer: Buyer, at: datetime) -> InvoiceRequest:
    request = InvoiceRequest.objects.create(
        lot_id=payment.lot_id, payment=payment, **_asked(payment, buyer, at)
    )
    InvoiceEvent.objects.create(request=request, became=request.state, cause="driver", at=at)
    return request


def _correct(request: InvoiceRequest, buyer: Buyer, at: datetime) -> InvoiceRequest:
    if request.state in {State.WAITING, State.TAKEN} and _is_made_out_to(request, buyer):
        return request
    changes = _asked(request.payment, buyer, at)
    cleared = {"reason": "", "done_at": None, "forgotten_at": None, "amount_fen": None, "taken_by": None}
    if not request.is_correctable or not request.advance(
        State.WAITING, at=at, cause="driver", **changes, **cleared
    ):
        raise InvoiceUnderWay(str(request))
    return request


def _asked(payment: Payment, buyer: Buyer, at: datetime) -> dict[str, object]:
    return {
        "number": new_number(),
        "made_out_to": seal_buyer(payment.pk, buyer),
        "is_company": buyer.is_company,
        "mail": InvoiceRequest.Mail.WANTED if buyer.email else InvoiceRequest.Mail.NONE,
        "asked_at": at,
        "next_check_at": at + TIME_TO_CORRECT if settings.INVOICE_ISSUER_URL else None,
        "checks": 0,
    }


def _is_made_out_to(request: InvoiceRequest, buyer: Buyer) -> bool:
    try:
        return request.who() == buyer
    except Unreadable:
        return False
