"""A coupon's own link, which a shop shows as a QR: the lot's page, with the coupon attached to its form.

From there on the code goes by POST alone. Nothing is stored on the phone.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from driver.driver_view import driver_view
from driver.sign_page import facts_behind, page_context
from lots.sign_register import sign_of_lot
from payments.coupons.coupon_codes import digest, pretty, read_code
from payments.coupons.coupon_models import Coupon
from payments.coupons.coupon_rules import Refusal
from presentation import formatting
from presentation.failures import Failure
from presentation.page_data import lot_facts
from presentation.respond import page

OVER = {
    Coupon.State.USED: Refusal.USED,
    Coupon.State.REVOKED: Refusal.REVOKED,
    Coupon.State.EXPIRED: Refusal.EXPIRED,
}


@driver_view("GET", "HEAD")
def coupon_page(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the plate as on a sign; a coupon that is over says so, and the page works without it."""
    coupon, code = coupon_behind(code)
    sign = sign_of_lot(coupon.lot)
    if sign is None:
        raise Failure("lot_closed", lot_facts(coupon.lot, at=now()))
    over = OVER.get(Coupon.State(coupon.state))
    context = page_context(
        facts_behind(sign.code),
        here=f"/c/{code}",
        attached=pretty(code),
        coupons=[] if over else [code],
        coupon_fault=formatting.REFUSALS[over] if over else "",
    )
    return page(request, "page.html", context)


def coupon_behind(text: str) -> tuple[Coupon, str]:
    """Return the coupon of a code, and the code as it is written. A made-up one asks no database."""
    code = read_code(text)
    coupon = Coupon.objects.filter(digest=digest(code)).first() if code else None
    if coupon is None or code is None:
        raise Failure("coupon_unknown")
    return coupon, code
