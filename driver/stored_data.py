"""What is stored of one stay, in the language of the page, for a data request (PIPL 45)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.spoken_time import spoken_hours
from lots.models import ParkingSession, PlateRead, ReadPicture
from payments.channel_names import ONLINE
from payments.invoices.invoice_models import InvoiceRequest
from payments.models import Payment
from presentation import formatting
from presentation.page_data import LotFacts

type Row = tuple[str, str, str]  # what, its value, until when


def stored_of(payment: Payment, lot: LotFacts) -> list[Row]:
    """Return what is stored of the stay that this payment was for. The plate itself is not shown: only that
    it is there, since the holder of a receipt need not be the driver."""
    session = payment.session
    return [
        (_("Plate of the car"), *_plate(session, lot)),
        *_seen(session),
        (_("Entry"), lot.moment(session.entered_at), _("with the accounts, without the plate")),
        (
            _("Exit"),
            lot.moment(session.left_at) or _("not seen yet"),
            _("with the accounts, without the plate"),
        ),
        (_("Lanes"), _lanes(session), _("with the accounts, without the plate")),
        (_("Payment"), _payment(payment, lot), _("as long as the accounting rules ask")),
        (_("Order number"), payment.number, _("as long as the accounting rules ask")),
        *_invoice(payment, lot),
    ]


def plate_until(session: ParkingSession, lot: LotFacts) -> datetime | None:
    """Return when the lot's clock erases the plate; None while the car counts as inside."""
    return session.left_at + timedelta(hours=lot.retention_hours) if session.left_at else None


def _plate(session: ParkingSession, lot: LotFacts) -> tuple[str, str]:
    if session.plate is None and session.plate_index is None:
        return _("erased"), lot.moment(session.forgotten_at)
    until = plate_until(session, lot)
    if until is None:
        return _("stored, encrypted"), _("%(time)s after the car has left") % {
            "time": spoken_hours(lot.retention_hours)
        }
    return _("stored, encrypted"), _("erased at %(time)s") % {"time": lot.moment(until)}


def _seen(session: ParkingSession) -> list[Row]:
    reads = PlateRead.objects.filter(session=session).count()
    pictures = ReadPicture.objects.filter(read__session=session).count()
    rows = [(_("Camera readings"), _times(reads), _("their plates: as above"))]
    if pictures:
        rows.append((_("Camera pictures"), _times(pictures), _("as the plate")))
    return rows


def _times(count: int) -> str:
    return ngettext("%(n)s item", "%(n)s items", count) % {"n": count}


def _lanes(session: ParkingSession) -> str:
    names = [lane.name for lane in (session.entry_lane, session.exit_lane) if lane]
    return " → ".join(names) or "—"


def _payment(payment: Payment, lot: LotFacts) -> str:
    channel = ONLINE.get(payment.provider, payment.provider)
    return f"¥{formatting.yuan(payment.amount_fen)} · {channel} · {lot.moment(payment.paid_at)}"


def _invoice(payment: Payment, lot: LotFacts) -> list[Row]:
    request = InvoiceRequest.objects.filter(payment=payment).first()
    if request is None:
        return []
    what = _("Invoice: title, tax number, e-mail, link")
    if request.made_out_to is None:
        return [(what, _("erased"), lot.moment(request.forgotten_at))]
    if request.done_at is None:
        return [(what, _("stored, encrypted"), _until_issued())]
    until = request.done_at + timedelta(days=settings.INVOICE_RETENTION_DAYS)
    return [(what, _("stored, encrypted"), _("erased at %(time)s") % {"time": lot.moment(until)})]


def _until_issued() -> str:
    return _("%(days)s days after the invoice is issued") % {"days": settings.INVOICE_RETENTION_DAYS}
