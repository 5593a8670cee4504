"""The pages behind a receipt code. It is typed, or comes from the paid page; always by POST, in no address.

No cookie remembers it either: each form on these pages carries it to the next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from core import budget
from core.client_networks import client_from
from driver.driver_view import driver_view
from driver.receipt_view import receipt_view
from payments.invoices.invoice_models import InvoiceRequest
from payments.models import Payment
from payments.receipts import find_paid
from presentation import inline
from presentation.failures import Failure
from presentation.guard import client_of
from presentation.page_data import LotFacts, lot_facts
from presentation.respond import page

PATH = "/r"
LONGEST = 40  # characters of what was typed that are shown again

type View = Callable[["Opened"], HttpResponse]


@dataclass(frozen=True)
class Opened:
    """A request that holds the code of this payment."""

    request: HttpRequest
    payment: Payment
    lot: LotFacts
    at: datetime

    def show(self, template: str, path: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """Answer with a page about the payment; its language links post the code again."""
        shown = {"lot": self.lot, "code": self.payment.receipt_code, "post_path": path, **context}
        return receipt_page(self.request, template, shown, status=status)


def receipt_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int
) -> HttpResponse:
    styles = {"receipt_style": inline.RECEIPT_STYLE, "print_script": inline.PRINT_SCRIPT}
    response = page(request, template, {**styles, **context}, status=status)
    response._csp_config = inline.RECEIPT_POLICY  # type: ignore[attr-defined] # Django's own name for it
    return response


def behind_receipt(view: View) -> Callable[..., Any]:
    """Serve a view to a request with a valid receipt code; ask for the code otherwise.

    Each code costs of the budget, a wrong one more. Unknown, misspelled and not paid look alike.
    """

    @driver_view("GET", "HEAD", "POST")
    def served(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return find_page(request)
        if "code" not in request.POST:
            raise Failure("bad_request")
        client, typed = client_from(client_of(request)).name, request.POST["code"]
        if not budget.RECEIPTS.allowed(client, budget.NO_LOT):
            raise Failure("too_many_codes")
        payment = find_paid(typed)
        budget.RECEIPTS.spend(client, budget.NO_LOT, found=payment is not None)
        if payment is None:
            return find_page(request, typed=typed[:LONGEST], unknown=True, status=404)
        at = now()
        return view(Opened(request, payment, lot_facts(payment.lot, at=at), at))

    return served


def find_page(
    request: HttpRequest, *, typed: str = "", unknown: bool = False, status: int = 200
) -> HttpResponse:
    context = {"path": PATH, "typed": typed, "unknown": unknown}
    return receipt_page(request, "receipt_find.html", context, status=status)


@behind_receipt
def receipt(opened: Opened) -> HttpResponse:
    """Show the receipt, to read or print, with links to the invoice and to data requests."""
    request = InvoiceRequest.objects.filter(payment=opened.payment).first()
    return opened.show(
        "receipt.html",
        PATH,
        receipt=receipt_view(opened.payment, opened.lot),
        invoice_state=request.state if request else "",
    )
