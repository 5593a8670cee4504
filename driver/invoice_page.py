"""The page on which a driver may ask for an invoice, after paying and only if they want one."""

from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from driver.invoice_form import InvoiceForm
from driver.receipt_pages import Opened, behind_receipt
from payments.invoices.buyer import Buyer
from payments.invoices.invoice_mail import can_mail
from payments.invoices.invoice_models import InvoiceRequest
from payments.invoices.invoice_requests import InvoiceUnderWay, NothingToInvoice, ask, open_fen, withdraw
from presentation import formatting

PAGE = "/invoice"
State, Reason = InvoiceRequest.State, InvoiceRequest.Reason
WHY: dict[str, str | Promise] = {
    Reason.BUYER: _(
        "The title and the tax number do not belong together. Please compare and send them again."
    ),
    Reason.TITLE: _("The title is not complete. Please enter the full registered name and send it again."),
    Reason.NOTHING: _("The money has been refunded, so there is nothing to invoice."),
    Reason.ELSEWHERE: _("This payment has already been invoiced in another way."),
    Reason.OTHER: _("Please call the service phone."),
    Reason.REISSUE: _("Please correct the details and send them again; a new invoice is then issued."),
}


@behind_receipt
def invoice(opened: Opened) -> HttpResponse:
    """Show the form or what became of the request; take a new one, a correction, or its withdrawal."""
    if opened.request.method != "POST":
        return _show(opened)
    data = opened.request.POST
    try:
        if "withdraw" in data:
            return _withdraw(opened)
        if "title" in data:
            return _ask(opened, InvoiceForm.of(data))
    except NothingToInvoice:
        return opened.see(PAGE)
    except InvoiceUnderWay:
        return _show(opened, status=409, too_late=True)
    return opened.see(PAGE)


def _ask(opened: Opened, form: InvoiceForm) -> HttpResponse:
    if form.buyer is None:
        return _show(opened, form=form, status=422)
    ask(opened.payment, buyer=form.buyer, at=opened.at)
    return opened.see(PAGE)


def _withdraw(opened: Opened) -> HttpResponse:
    request = InvoiceRequest.objects.filter(payment=opened.payment).first()
    if request is not None:
        withdraw(request, at=opened.at)
    return opened.see(PAGE)


def _show(
    opened: Opened, *, form: InvoiceForm | None = None, status: int = 200, too_late: bool = False
) -> HttpResponse:
    request = InvoiceRequest.objects.filter(payment=opened.payment).first()
    fen = open_fen(opened.payment)
    context: dict[str, Any] = {"amount": formatting.yuan(fen) if fen > 0 else "", "can_mail": can_mail()}
    buyer = None
    if request is not None:
        buyer = request.who_if_readable()
        context |= _request_context(opened, request, buyer)
    return opened.show(
        "invoice.html",
        PAGE,
        status=status,
        form=form or InvoiceForm.again(buyer),
        too_late=too_late,
        open_for=fen > 0 and (request is None or request.is_correctable),
        **context,
    )


def _request_context(opened: Opened, request: InvoiceRequest, buyer: Buyer | None) -> dict[str, Any]:
    """Return the state of a request for its page."""
    red = request.red_letters.order_by("-pk").first()
    return {
        "asked": True,
        "state": request.state if request.is_correctable or request.state == State.ISSUED else "at_issuer",
        "why": WHY.get(request.reason, ""),
        "reversed": request.reason == Reason.REISSUE,
        "buyer": buyer,
        "number": request.invoice_number,
        "invoiced": formatting.yuan(request.amount_fen) if request.amount_fen else "",
        "mail": request.mail,
        "when": opened.lot.moment(request.done_at or request.asked_at),
        "red": formatting.yuan(red.amount_fen) if red else "",
        "red_number": red.invoice_number if red else "",
    }
