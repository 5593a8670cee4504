"""The worker's part of invoices: send and ask, mail, see refunds, forget the buyers."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from core.claims import Queue
from core.jobs import job, queue_job
from payments.invoices.invoice_issuing import step
from payments.invoices.invoice_models import InvoiceRequest, RedLetter
from payments.models import Refund

State = InvoiceRequest.State


chase_invoices = queue_job(  # sends what is due, asks the issuer about those it has, mails what was issued
    "payments.invoices.invoice_jobs.chase_invoices",
    Queue(lambda: InvoiceRequest.objects.select_related("payment", "lot__operator"), step),
    every=timedelta(seconds=5),
)


@job(every=timedelta(minutes=1))
def see_refunds(at: datetime) -> int:
    """Create a task for each invoice whose amount is more than what remained after a refund."""
    return sum(_task(request_id, fen, at) for request_id, fen in _too_high())


@job(every=timedelta(minutes=5), lasting=True)
def forget_buyers(at: datetime) -> int:
    """Forget title, tax number, e-mail and link of requests that have been done with for long enough."""
    before = at - timedelta(days=settings.INVOICE_RETENTION_DAYS)
    due = InvoiceRequest.objects.filter(
        state__in=[State.ISSUED, State.REJECTED, State.WITHDRAWN],
        done_at__lte=before,
        made_out_to__isnull=False,
    )
    return due.update(made_out_to=None, forgotten_at=at, next_check_at=None)


def _too_high() -> list[tuple[int, int]]:
    """Return the issued requests whose invoice, less its red letters, is too high, and by how much."""
    back = Refund.objects.filter(payment=OuterRef("payment"), state=Refund.State.DONE).order_by()
    # Of the invoice as it stands: one that was reversed and issued again has those of the earlier one too.
    red = RedLetter.objects.filter(request=OuterRef("pk"), done_at__gte=OuterRef("done_at")).order_by()
    excess = (
        F("amount_fen")
        - F("payment__amount_fen")
        + _total(back.values("payment"))
        - _total(red.values("request"))
    )
    # An invoice can be too high only where something was refunded: few rows, found by the payment.
    issued = InvoiceRequest.objects.filter(state=State.ISSUED, payment__reserved_refund_fen__gt=0)
    return list(issued.annotate(excess=excess).filter(excess__gt=0).values_list("pk", "excess"))


def _total(grouped: object) -> Coalesce:
    return Coalesce(Subquery(grouped.annotate(fen=Sum("amount_fen")).values("fen")), 0)  # type: ignore[attr-defined]


def _task(request_id: int, fen: int, at: datetime) -> int:
    """Open a red letter of that many fen, or raise the one that is open; 0 where it says so already."""
    open_one = RedLetter.objects.filter(request=request_id, done_at=None)
    if open_one.exists():
        return open_one.exclude(amount_fen=fen).update(amount_fen=fen)
    try:
        with transaction.atomic():
            RedLetter.objects.create(request_id=request_id, amount_fen=fen, created_at=at)
    except IntegrityError:  # another worker was faster
        return 0
    return 1
