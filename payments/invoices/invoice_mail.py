"""The mail that brings an issued invoice, only where one was asked for. It names the lot and no plate.

Its address is forgotten as soon as it is sent. A mail server's error quotes the address, so only the type of
an error is recorded. If a worker dies right after sending, the mail goes out twice rather than never.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from payments.invoices.buyer import Buyer
from payments.invoices.invoice_models import InvoiceEvent, InvoiceRequest

STEPS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720)]

log = structlog.get_logger("invoices")


def can_mail() -> bool:
    """Return whether this installation can send mail; if not, the form asks for no address."""
    return bool(settings.MAILERS)


def step(request: InvoiceRequest, at: datetime) -> None:
    """Mail an issued invoice, or put it off; after the last try it is given up, and the page still has it."""
    buyer = request.who_if_readable()
    if buyer is None or not buyer.email:
        _note(request, InvoiceRequest.Mail.FAILED, "no address", at)
    elif _sent(request, buyer):
        sealed = request.put(replace(buyer, email=""))
        _note(request, InvoiceRequest.Mail.SENT, "mailed", at, made_out_to=sealed)
    elif request.checks < len(STEPS):
        again = at + STEPS[request.checks]
        _as_read(request).update(next_check_at=again, checks=request.checks + 1)
    else:
        sealed = request.put(replace(buyer, email=""))
        _note(request, InvoiceRequest.Mail.FAILED, "mail failed", at, made_out_to=sealed)


def _sent(request: InvoiceRequest, buyer: Buyer) -> bool:
    try:
        with translation.override(request.payment.language):
            letter(request, buyer).send()
    except Exception as error:  # noqa: BLE001 - every error of a mail server may quote the address
        log.warning("mail_failed", request=request.pk, error=type(error).__name__)
        return False
    return True


def letter(request: InvoiceRequest, buyer: Buyer) -> EmailMessage:
    """Return the mail in the active language."""
    words = {
        "lot": request.lot.name,
        "seller": request.lot.operator.legal_name,
        "number": request.invoice_number,
        "amount": f"{(request.amount_fen or 0) // 100}.{(request.amount_fen or 0) % 100:02}",
        "link": buyer.link,
        "phone": request.lot.operator.service_phone,
    }
    lines = [
        _("Your parking invoice from %(seller)s (%(lot)s).") % words,
        _("Amount: ¥%(amount)s") % words,
        _("Invoice number: %(number)s") % words,
        _("Download: %(link)s") % words if buyer.link else "",
        _("Questions: %(phone)s. Your address was used for this mail only and is now deleted.") % words,
    ]
    return EmailMessage(
        subject=_("Parking invoice from %(seller)s") % words,
        body="\n\n".join(line for line in lines if line) + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[buyer.email],
    )


def _note(request: InvoiceRequest, mail: str, cause: str, at: datetime, **fields: object) -> None:
    due = _as_read(request).filter(mail=InvoiceRequest.Mail.WANTED, made_out_to__isnull=False)
    if due.update(mail=mail, next_check_at=None, **fields):
        state = request.state
        InvoiceEvent.objects.create(request=request, was=state, became=state, cause=cause, at=at)
    else:  # forgotten meanwhile
        _as_read(request).update(mail=mail, next_check_at=None)


def _as_read(request: InvoiceRequest) -> QuerySet[InvoiceRequest]:
    """Return the row unless the invoice was reversed while its mail was sent: a new buyer may stand there."""
    return InvoiceRequest.objects.filter(pk=request.pk, number=request.number, state=request.state)
