"""What is asked and what is given, in the words of the page's language."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.asked import AskedField, BenefitKind, Need
from members.models import Benefit
from presentation.formatting import duration, short_yuan, yuan

FIELDS: dict[AskedField, str | Promise] = {
    AskedField.PHONE: gettext_lazy("Mobile number"),
    AskedField.PLATE: gettext_lazy("Plate of your car"),
    AskedField.NAME: gettext_lazy("Name for the invoice"),
}
WHY: dict[AskedField, str | Promise] = {
    AskedField.PHONE: gettext_lazy("to let you in again by a code in a text message, and for nothing else"),
    AskedField.PLATE: gettext_lazy("so that the benefit counts for this car"),
    AskedField.NAME: gettext_lazy("so that you need not type it again for the invoice of a pass"),
}


def asks(field: AskedField, need: Need) -> str:
    """Return the sentence that says what is asked, why, and whether it may be left out."""
    sentence = _("%(field)s: %(why)s.") if need is Need.NEEDED else _("%(field)s, if you like: %(why)s.")
    return sentence % {"field": FIELDS[field], "why": WHY[field]}


def gets(benefit: Benefit) -> str:
    """Return what a member gets, short enough for a list."""
    match BenefitKind(benefit.kind):
        case BenefitKind.MINUTES:
            return _("%(time)s free, once a day") % {"time": duration(benefit.value)}
        case BenefitKind.PERCENT:
            return _("%(percent)s%% off, once a day") % {"percent": benefit.value}
        case BenefitKind.POINTS:
            return _("a point for each yuan paid; %(points)s points are a coupon of ¥%(amount)s") % {
                "points": benefit.points,
                "amount": short_yuan(benefit.value),
            }
        case BenefitKind.PASS:
            return _("a monthly pass for one's own car, taken out at the car park's desk")


def compared(minutes: int, everybody: int, member: int) -> str:
    """Return what a stay costs with and without, in one sentence."""
    return _("For example %(time)s: ¥%(everybody)s for everybody, ¥%(member)s with a member's coupon.") % {
        "time": duration(minutes),
        "everybody": yuan(everybody),
        "member": yuan(member),
    }


def joined(parts: Iterable[str]) -> str:
    return _("; ").join(parts)
