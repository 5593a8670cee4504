"""The pages behind a receipt code. It is typed, or comes from the paid page; always by POST, in no address.

No cookie remembers it either. The address that a form leads to is the code, sealed for an hour: back and
reload ask there again and send no form once more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.utils.translation import get_language

from core import budget
from core.client_networks import client_from
from core.vault import Unreadable, seal_token, unseal_token
from driver.driver_view import driver_view
from driver.receipt_view import receipt_view
from payments.invoices.invoice_models import InvoiceRequest
from payments.invoices.invoice_requests import open_fen
from payments.models import Payment
from payments.receipts import LONGEST, find_paid
from presentation import inline
from presentation.failures import Failure
from presentation.guard import client_of
from presentation.languages import SUFFIXES
from presentation.page_data import LotFacts, lot_facts
from presentation.respond import page

PATH = "/r"
CONTEXT = "receipt page"
LIFE = timedelta(hours=1)  # of an address: it may end up in a history or a proxy's log

type View = Callable[["Opened"], HttpResponse]


@dataclass(frozen=True)
class Opened:
    """A request that holds the code of this payment, or a sealed address with it."""

    request: HttpRequest
    payment: Payment
    lot: LotFacts
    at: datetime
    address: str  # of the receipt

    def show(self, template: str, page: str = "", *, status: int = 200, **context: Any) -> HttpResponse:
        """Answer with a page about the payment. `page`: what follows the receipt's address in its own."""
        addresses = {"path": self.address + page, "receipt_path": self.address}
        shown = {"lot": self.lot, "code": self.payment.receipt_code, **addresses, **context}
        return receipt_page(self.request, template, shown, status=status)

    def see(self, page: str = "", question: str = "") -> HttpResponse:
        """Redirect from a form to the address of a page."""
        suffix = SUFFIXES[get_language() or "zh-hans"]
        return HttpResponseRedirect(self.address + page + suffix + question, status=303)


def receipt_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int
) -> HttpResponse:
    styles = {"receipt_style": inline.RECEIPT_STYLE, "print_script": inline.PRINT_SCRIPT}
    response = page(request, template, {**styles, **context}, status=status)
    response._csp_config = inline.RECEIPT_POLICY  # type: ignore[attr-defined] # Django's own name for it
    return response


def behind_receipt(view: View) -> Callable[..., Any]:
    """Serve a view to a request with a valid receipt code or address; ask for the code otherwise.

    Each code costs of the budget, a wrong one more. Unknown, misspelled and not paid look alike.
    """

    @driver_view("GET", "HEAD", "POST")
    def served(request: HttpRequest, token: str = "") -> HttpResponse:
        if request.method != "POST":
            return _at_address(view, request, token) if token else find_page(request)
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
        return view(_opened(request, payment, seal_receipt(payment, at=at), at))

    return served


def _at_address(view: View, request: HttpRequest, token: str) -> HttpResponse:
    at = now()
    code = unseal_receipt(token, at=at)
    payment = find_paid(code) if code else None
    if payment is None:
        return find_page(request, expired=True, status=404)
    return view(_opened(request, payment, token, at))


def _opened(request: HttpRequest, payment: Payment, token: str, at: datetime) -> Opened:
    return Opened(request, payment, lot_facts(payment.lot, at=at), at, f"{PATH}/{token}")


def seal_receipt(payment: Payment, *, at: datetime) -> str:
    """Return the token of a receipt's address."""
    return seal_token(f"{payment.receipt_code} {int((at + LIFE).timestamp())}", CONTEXT)


def unseal_receipt(token: str, *, at: datetime) -> str:
    """Return the receipt code in a token; "" if it is forged or its time is over."""
    try:
        code, until = unseal_token(token, CONTEXT).split()
    except Unreadable:
        return ""
    return code if at < datetime.fromtimestamp(int(until), UTC) else ""


def find_page(
    request: HttpRequest,
    *,
    typed: str = "",
    unknown: bool = False,
    expired: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {"path": PATH, "typed": typed, "unknown": unknown, "expired": expired}
    return receipt_page(request, "receipt_find.html", context, status=status)


@behind_receipt
def receipt(opened: Opened) -> HttpResponse:
    """Show the receipt, to read or print, with links to the invoice and to data requests."""
    if opened.request.method == "POST":
        return opened.see()
    request = InvoiceRequest.objects.filter(payment=opened.payment).first()
    return opened.show(
        "receipt.html",
        receipt=receipt_view(opened.payment, opened.lot),
        invoice_state=request.state if request else "",
        has_invoice=request is not None or open_fen(opened.payment) > 0,
    )
