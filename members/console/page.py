"""The console's page about the members of one lot, which every act there comes back to."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext, pgettext_lazy

from core.keyset import slice_of
from core.money import yuan
from core.vault import Unreadable
from lots.models import Lane, Lot
from lots.signs.print_formats import FORMATS, Layout
from members import member_keys, member_plates, terms
from members.asked import AskedField, BenefitKind, Need
from members.member_signs import pure_sign_of, sign_address
from members.models import Benefit, Consent, LaneDisplay, Member, MemberSign
from members.phone_numbers import masked

ROWS = 50
NAMES: dict[AskedField, Promise] = {
    AskedField.PHONE: gettext_lazy("Mobile number"),
    AskedField.PLATE: pgettext_lazy("member", "Plate"),
    AskedField.NAME: gettext_lazy("Name for the invoice"),
}


def page(request: HttpRequest, row: Lot, *, status: int = 200, **context: Any) -> HttpResponse:
    """Show benefits, signs, screens and the list of members, whose numbers and plates are masked."""
    joined = Consent.objects.filter(lot=row, ended_at=None, member__isnull=False)
    found = slice_of(request, joined.prefetch_related("member__plates"), ROWS)
    screens = set(LaneDisplay.objects.filter(lane__lot=row).values_list("lane", flat=True))
    exits = row.lanes.exclude(direction=Lane.Direction.ENTRY).order_by("name")
    benefits = terms.open_benefits(row)
    context = {
        "lot": row,
        "benefits": [{"row": one, "text": benefit_text(one)} for one in benefits],
        "kinds": [(kind.value, title) for kind, title in TITLES.items() if kind not in on(benefits)],
        "asks": asks(benefits),
        "count": joined.count(),
        "lately": joined.filter(given_at__gt=now() - timedelta(days=30)).count(),
        "found": found,
        "lines": [line(one.member) | {"since": one.given_at} for one in found.rows if one.member],
        "signs": [
            {"row": one, "address": sign_address(one)}
            for one in MemberSign.objects.filter(lot=row).order_by("number")
        ],
        "formats": [form for form in FORMATS.values() if form.layout == Layout.POSTER],
        "pure": pure_sign_of(row),
        "lanes": [{"row": lane, "on": lane.pk in screens} for lane in exits],
        "posted": request.POST,
        "has_pass": BenefitKind.PASS in on(benefits),
        **context,
    }
    return render(request, "members/console/lot.html", context, status=status)


TITLES: dict[BenefitKind, Promise] = {
    BenefitKind.MINUTES: gettext_lazy("Free time"),
    BenefitKind.PERCENT: gettext_lazy("Percentage discount"),
    BenefitKind.POINTS: gettext_lazy("Points"),
    BenefitKind.PASS: gettext_lazy("Monthly pass"),
}


def on(benefits: list[Benefit]) -> set[str]:
    return {one.kind for one in benefits}


def benefit_text(benefit: Benefit) -> str:
    """Return a benefit in staff's words."""
    match BenefitKind(benefit.kind):
        case BenefitKind.MINUTES:
            return _("%(n)s minutes free, once a day") % {"n": benefit.value}
        case BenefitKind.PERCENT:
            return _("%(n)s%% off, once a day") % {"n": benefit.value}
        case BenefitKind.POINTS:
            return _("1 point per yuan paid; %(n)s points buy a ¥%(yuan)s coupon") % {
                "n": benefit.points,
                "yuan": yuan(benefit.value),
            }
        case BenefitKind.PASS:
            return _("Monthly pass, issued by staff for a linked plate")


def asks(benefits: list[Benefit]) -> str:
    """Return what is asked of members here, in a few words."""
    parts = []
    for field, need in terms.asked_of(benefits).items():
        name = str(NAMES[field])
        parts.append(name if need is Need.NEEDED else _("%(field)s (optional)") % {"field": name})
    return pgettext("list", ", ").join(parts)


def asks_on_a_sign(benefits: list[Benefit]) -> str:
    """As `asks`, in the language of signs."""
    with override("zh-hans"):
        return asks(benefits)


def line(member: Member) -> dict[str, Any]:
    try:
        phone = masked(member_keys.unseal_phone(member.operator_id, member.phone))
    except Unreadable:
        phone = _("Key destroyed")
    held = [member_plates.plate_of(row) for row in sorted(member.plates.all(), key=lambda row: row.pk)]
    return {"phone": phone, "plates": [plate.masked if plate else "—" for plate in held]}
