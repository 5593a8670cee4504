"""Failures that a driver reads: what happened, whether money moved, what to do now, whom to call."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from presentation.page_data import LotFacts

NO_CHARGE = _("Nothing was charged.")
SAFE_IF_PAID = _("A payment you have made is not lost.")


@dataclass(frozen=True)
class ExplainedFailure:
    status: int
    title: str | Promise
    money: str | Promise
    advice: str | Promise
    may_pass: bool = False  # the same address may answer in a minute


EXPLAINED = {
    "unknown_code": ExplainedFailure(
        404,
        _("This is not a valid parking code"),
        NO_CHARGE,
        _("Check that the address matches the one printed on the sign, and scan again or try another sign."),
    ),
    "revoked_code": ExplainedFailure(
        410,
        _("This sign is no longer in use"),
        NO_CHARGE,
        _("Please scan another payment sign here. If this one still hangs there, please tell us."),
    ),
    "lot_closed": ExplainedFailure(
        503,
        _("Online payment is suspended here"),
        NO_CHARGE,
        _("Please pay the staff at the booth, or call the service phone."),
    ),
    "no_tariff": ExplainedFailure(
        503,
        _("We cannot work out the fee of this stay"),
        NO_CHARGE,
        _("Please pay the staff at the booth, or call the service phone."),
    ),
    "not_found": ExplainedFailure(
        404,
        _("This page does not exist"),
        "",
        _("Please scan the code on the sign again."),
    ),
    # Of a charge: older than the keys that could read it, or never ours. Nothing says which, or of which lot.
    "charge_over": ExplainedFailure(
        404,
        _("This payment address is no longer valid"),
        NO_CHARGE,
        _("Please scan the code on the sign again and enter the licence plate."),
    ),
    "coupon_unknown": ExplainedFailure(
        404,
        _("This is not a valid parking coupon"),
        NO_CHARGE,
        _("Check the address or ask the shop. You can pay as usual: scan the code on a sign here."),
    ),
    "payment_unknown": ExplainedFailure(
        404,
        _("No such payment record"),
        SAFE_IF_PAID,
        _("Please scan the code on the sign again, or show the payment record on your phone to the staff."),
    ),
    "ticket_unknown": ExplainedFailure(
        404,
        _("No such entry ticket"),
        "",
        _("Drive up to the barrier and scan its code again. The staff at the booth can help."),
    ),
    "foreign_request": ExplainedFailure(
        403,
        _("This request did not come from our page"),
        NO_CHARGE,
        _("Please scan the code on the sign again and start there."),
    ),
    "wrong_method": ExplainedFailure(
        405,
        _("The page was not opened the usual way"),
        NO_CHARGE,
        _("Please scan the code on the sign again."),
    ),
    "wrong_type": ExplainedFailure(
        415,
        _("We could not read what was sent"),
        NO_CHARGE,
        _("Please scan the code on the sign again."),
    ),
    "too_large": ExplainedFailure(
        413,
        _("Too much was sent"),
        NO_CHARGE,
        _("Please enter the licence plate only."),
    ),
    "bad_request": ExplainedFailure(
        400,
        _("We could not read what was sent"),
        NO_CHARGE,
        _("Please scan the code on the sign again and enter the licence plate."),
    ),
    "too_many_coupons": ExplainedFailure(
        429,
        _("Too many coupon codes"),
        NO_CHARGE,
        _("Please pay without one, or wait a few minutes: go back and tap Pay."),
    ),
    "too_many_codes": ExplainedFailure(
        429,
        _("Too many tries"),
        SAFE_IF_PAID,
        _("Please wait a few minutes and compare the receipt code, or call the service phone on the sign."),
    ),
    "earlier_payment_pending": ExplainedFailure(
        409,
        _("An earlier payment is still being confirmed"),
        _("You will not be charged twice."),
        _("Please wait a minute and search again."),
    ),
    "stale_return": ExplainedFailure(
        410,
        _("This way back from WeChat is over"),
        SAFE_IF_PAID,
        _("Please scan the code on the sign again."),
    ),
    "unavailable": ExplainedFailure(
        503,
        _("The system is briefly unavailable"),
        SAFE_IF_PAID,
        _("Please try again in a minute."),
        may_pass=True,
    ),
    "system_silent": ExplainedFailure(  # another vendor's parking system: it may be away for hours
        503,
        _("The system is briefly unavailable"),
        SAFE_IF_PAID,
        _("Please pay the staff at the booth, or call the service phone."),
        may_pass=True,
    ),
    "broken": ExplainedFailure(
        500,
        _("Something went wrong on our side"),
        SAFE_IF_PAID,
        _("Please try again in a minute."),
    ),
}


class Failure(Exception):
    """Ends a request with the page that EXPLAINED has for `code`, with the lot's phone where it is known."""

    def __init__(self, code: str, lot: LotFacts | None = None, allow: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.lot = lot
        self.allow = allow
