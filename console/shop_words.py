"""What a sort of coupon is, in a line that staff and clerks read."""

from django.utils.translation import gettext as _

from core.money import yuan
from payments.coupons.coupon_models import CouponOffer
from payments.coupons.rules import Kind, Position


def said_of(offer: CouponOffer) -> str:
    """Return what it takes off, which minutes, when it counts, and who pays."""
    parts = [_worth(offer)]
    if offer.most_fen is not None:
        parts.append(_("单张最多抵扣 %(fen)s 元") % {"fen": yuan(offer.most_fen)})
    if offer.per_stay > 1:
        parts.append(_("每次停车最多 %(count)s 张") % {"count": offer.per_stay})
    if offer.most_minutes is not None:
        parts.append(_("每次停车合计最多减 %(count)s 分钟") % {"count": offer.most_minutes})
    parts.append(_("可叠加") if offer.stackable else _("不可叠加"))
    if offer.entry_from and offer.entry_to:
        hours = {"from": f"{offer.entry_from:%H:%M}", "to": f"{offer.entry_to:%H:%M}"}
        parts.append(_("%(from)s–%(to)s 入场可用") % hours)
    parts.append(_("%(count)s 小时内有效") % {"count": offer.valid_hours})
    if offer.same_day:
        parts.append(_("仅限当天"))
    parts.append(_("运营方承担") if offer.funded_by == offer.Funder.OPERATOR else _("商户承担"))
    return _("；").join(parts)


def _worth(offer: CouponOffer) -> str:
    if offer.kind == Kind.AMOUNT:
        return _("减 %(fen)s 元") % {"fen": yuan(offer.value)}
    if offer.kind == Kind.PERCENT:
        return _("减 %(percent)s%%") % {"percent": offer.value}
    if offer.kind == Kind.MINUTES:
        which = {
            Position.DEDUCT_HEAD: _("最先 %(count)s 分钟免费"),
            Position.DEDUCT_TAIL: _("最后 %(count)s 分钟免费"),
            Position.SHIFT_ENTRY: _("视为晚入场 %(count)s 分钟"),
        }
        return which[Position(offer.position)] % {"count": offer.value}
    return _("全免") if offer.kind == Kind.ALL_FREE else _("按另一套计费规则")
