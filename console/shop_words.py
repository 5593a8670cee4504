"""A sort of coupon in one line, for staff and clerks."""

from django.utils.translation import gettext as _

from core.money import yuan
from core.spoken_time import spoken_hours
from payments.coupons.coupon_models import CouponOffer
from payments.coupons.coupon_rules import CouponKind, Position


def offer_summary(offer: CouponOffer) -> str:
    """Return what it takes off, which minutes, when it counts, and who pays."""
    parts = [_worth(offer)]
    if offer.most_fen is not None:
        parts.append(_("¥%(fen)s at most per coupon") % {"fen": yuan(offer.most_fen)})
    if offer.per_stay > 1:
        parts.append(_("at most %(count)s per stay") % {"count": offer.per_stay})
    if offer.most_minutes is not None:
        parts.append(_("at most %(count)s min per stay") % {"count": offer.most_minutes})
    parts.append(_("combinable") if offer.stackable else _("not combinable"))
    if offer.entry_from and offer.entry_to:
        hours = {"from": f"{offer.entry_from:%H:%M}", "to": f"{offer.entry_to:%H:%M}"}
        parts.append(_("for entry %(from)s–%(to)s") % hours)
    parts.append(_("valid for %(time)s") % {"time": spoken_hours(offer.valid_hours)})
    if offer.same_day:
        parts.append(_("day of issue only"))
    parts.append(
        _("paid by the operator") if offer.funded_by == offer.Funder.OPERATOR else _("paid by the shop")
    )
    return _("; ").join(parts)


def _worth(offer: CouponOffer) -> str:
    if offer.kind == CouponKind.AMOUNT:
        return _("¥%(fen)s off") % {"fen": yuan(offer.value)}
    if offer.kind == CouponKind.PERCENT:
        return _("%(percent)s%% off") % {"percent": offer.value}
    if offer.kind == CouponKind.MINUTES:
        which = {
            Position.DEDUCT_HEAD: _("first %(count)s min free"),
            Position.DEDUCT_TAIL: _("last %(count)s min free"),
            Position.SHIFT_ENTRY: _("entry counts as %(count)s min later"),
        }
        return which[Position(offer.position)] % {"count": offer.value}
    return _("Free parking") if offer.kind == CouponKind.ALL_FREE else _("Other tariff")
