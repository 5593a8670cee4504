"""A lot's page without a sign: a driver who left without paying, or is far from a sign, pays by plate here.

The look-up itself is that of a sign of the lot, with its budgets and its uniform answers.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from driver.driver_view import driver_view
from driver.sign_page import facts_behind, page_context
from lots.models import Lot
from lots.sign_register import sign_of_lot
from presentation.failures import Failure
from presentation.page_data import lot_facts
from presentation.respond import page


@driver_view("GET", "HEAD")
def arrears_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the plate as on a sign of this lot."""
    lot = Lot.objects.select_related("operator").filter(slug=slug).first()
    if lot is None:
        raise Failure("not_found")
    sign = sign_of_lot(lot)
    if sign is None:
        raise Failure("lot_closed", lot_facts(lot, at=now()))
    context = page_context(facts_behind(sign.code), here=f"/lot/{slug}/pay", arrears=True)
    return page(request, "page.html", context)
