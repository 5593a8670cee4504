"""A coupon's own link, which a shop shows as a QR: the lot's page, with the coupon attached to its form.

From there on the code goes by POST alone. Nothing is stored on the phone.
"""

from django.http import HttpRequest, HttpResponse

from driver.driver_view import driver_view
from driver.sign_page import facts_behind, page_context
from lots.models import Sign
from payments.coupons.coupon_codes import digest, pretty, read_code
from payments.coupons.coupon_models import Coupon
from payments.coupons.coupon_rules import Refusal
from presentation import formatting
from presentation.failures import Failure
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
    signs = Sign.objects.filter(lot_id=coupon.lot_id, kind=Sign.Kind.PURE, revoked_at=None)
    sign = signs.order_by("number").first()
    if sign is None:
        raise Failure("coupon_unknown")
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
