"""The console's pages about shops: hand out coupons, take them back, what a shop owes. No plate is shown."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now, override
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console.error_messages import message_of
from console.issue_forms import CodeIssueForm, PlateIssueForm
from console.reason_forms import ReasonForm, ask_again
from core.csv_file import table
from core.money import yuan
from core.vault import plate_index
from lots.pricing import NoTariff
from lots.sign_qr import qr_svg
from payments.business_days import bounds
from payments.coupons.coupon_codes import address, pretty, reveal
from payments.coupons.coupon_issuing import (
    LimitReached,
    NotOffered,
    NotRevocable,
    issue,
    issue_codes,
    open_offers,
    revoke,
)
from payments.coupons.coupon_models import Coupon, Shop
from payments.coupons.coupon_rules import end_of_day
from payments.coupons.shop_settlement import ShopSettlement, rows_of, settlements
from payments.models import Payment
from presentation.downloads import file_answer
from staff.access import Access, access, requires
from staff.models import Role

ROWS = 100
LIMITS = {
    "per_hour": _("The hourly limit has been reached. Try again later."),
    "per_day": _("Today's limit has been reached."),
    "per_plate_day": _("This plate has reached today's coupon limit."),
    "month_fen": _("This month's budget is used up or too small for another coupon."),
}
STATES = {
    "issued": _("Unused"),
    "held": _("Unused"),
    "used": _("Used"),
    "revoked": _("Withdrawn"),
    "expired": _("Expired"),
}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Whole days of each shop's own lot, both ends included."""

    first: date
    last: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return when the period begins in a zone, and when it is over."""
        return bounds(self.first, zone)[0], bounds(self.last, zone)[1]

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"


@requires("coupons.issue")
@require_safe
def shop(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one shop: hand out, today's list, what it owes for the period."""
    return _page(request, get_object_or_404(shops_of(request), pk=pk))


@requires("coupons.issue")
@require_safe
def shop_csv(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(shops_of(request), pk=pk)
    period = period_of(request, one.lot.tz)
    begin, end = period.bounds(one.lot.tz)
    head = (
        gettext("Used at"),
        gettext("Coupon"),
        gettext("Issued by"),
        gettext("Face value (¥)"),
        gettext("Deducted (¥)"),
        gettext("Payable by the shop (¥)"),
    )
    body = [
        (
            f"{localtime(row.used_at, one.lot.tz):%Y-%m-%d %H:%M:%S}",
            row.offer,
            gettext("By plate") if row.for_plate else gettext("QR code"),
            "" if row.face_fen is None else yuan(row.face_fen),
            yuan(row.used_fen),
            yuan(row.shop_fen),
        )
        for row in rows_of(one, begin=begin, end=end)
    ]
    return file_answer(table([head, *body]), "csv", name=f"shop-{one.pk}-{period.first}-{period.last}")


@requires("coupons.issue")
@require_POST
def hand_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out coupons for a plate, or codes to be scanned. A double click hands out once."""
    one, by_plate = get_object_or_404(shops_of(request), pk=pk), request.POST.get("by") == "plate"
    form = (PlateIssueForm if by_plate else CodeIssueForm)(request.POST, shop=one)
    if form.is_valid() and _issue(request, one, form):
        if by_plate:
            name = form.cleaned_data["offer"].name
            messages.success(request, gettext("Issued to the plate: %(name)s.") % {"name": name})
            return redirect("console:shop", one.pk)
        return redirect("console:shop-codes", one.pk, form.cleaned_data["press"])
    form.renew_press()
    return _page(request, one, status=422, **{"plate_form" if by_plate else "code_form": form})


def _issue(request: HttpRequest, one: Shop, form: PlateIssueForm | CodeIssueForm) -> bool:
    """Issue what a valid form asks for; False, with the reason in the form, where that was refused."""
    values = form.cleaned_data
    about = {"shop": one, "offer": values["offer"], "request": str(values["press"]), "at": now()}
    try:
        if isinstance(form, PlateIssueForm):
            coupon = issue(plate=form.known, by=access(request).user, **about)
            is_of_this = bytes(coupon.plate_index or b"") == plate_index(one.lot_id, form.known.text)
        else:
            coupon, *_others = issue_codes(count=values["count"], by=access(request).user, **about)
            is_of_this = True
        if coupon.offer_id != values["offer"].pk or not is_of_this:  # that press issued something else
            form.add_error("press", form.fields["press"].error_messages["invalid"])
    except LimitReached as reached:
        form.add_error(None, str(LIMITS[reached.limit]))
    except NotOffered:
        form.add_error("offer", gettext("This shop cannot issue this coupon."))
    except NoTariff:
        form.add_error(None, gettext("The lot has no tariff in force, so no coupons can be issued."))
    return form.is_valid()


@requires("coupons.issue")
@require_safe
def shop_codes(request: HttpRequest, pk: int, press: str) -> HttpResponse:
    """Show the codes of one press of the button, as QR to show or to print."""
    one = get_object_or_404(shops_of(request), pk=pk)
    coupons = one.coupons.filter(request__startswith=f"{press}/").select_related("offer").order_by("pk")
    if not coupons:
        raise Http404
    cards = [
        {"coupon": coupon, "code": pretty(code), "qr": qr_svg(address(code))}
        for coupon in coupons
        if coupon.state in Coupon.OPEN and (code := reveal(coupon.sealed_code))
    ]
    return render(request, "console/shop_codes.html", {"shop": one, "cards": cards, "coupons": coupons})


@requires("coupons.issue")
@require_POST
def take_back(request: HttpRequest, pk: int, coupon_pk: int) -> HttpResponse:
    """Revoke an unused coupon, with the reason; the row of who, when and why is its event."""
    one = get_object_or_404(shops_of(request), pk=pk)
    coupon = get_object_or_404(one.coupons, pk=coupon_pk)
    form = ReasonForm(request.POST, longest=100)
    if not form.is_valid():
        return ask_again(request, form, back=reverse("console:shop", args=[one.pk]))
    done = revoke(coupon, why=form.cleaned_data["why"], at=now(), by=access(request).user)
    if not done and not one.coupons.filter(pk=coupon_pk, state=Coupon.State.REVOKED).exists():
        return _page(
            request,
            one,
            status=409,
            fault=message_of(NotRevocable()),
        )
    messages.success(request, gettext("Withdrawn: this coupon no longer works."))
    return redirect("console:shop", one.pk)


def period_of(request: HttpRequest, zone: ZoneInfo | None = None) -> Period:
    """Return the period that the address asks for: this month up to today, where it asks for none."""
    today = localtime(now(), zone).date()
    first = _date(request.GET.get("from"), today.replace(day=1))
    last = _date(request.GET.get("to"), today)
    return Period(first, max(first, last))


def settled(shops: Sequence[Shop], period: Period) -> list[ShopSettlement]:
    """Return what each shop's coupons took in a period, whose days are those of the shop's lot."""
    zones: defaultdict[ZoneInfo, list[Shop]] = defaultdict(list)
    for shop in shops:
        zones[shop.lot.tz].append(shop)
    found: dict[int, ShopSettlement] = {}
    for zone, here in zones.items():
        begin, end = period.bounds(zone)
        found |= {one.shop.pk: one for one in settlements(here, begin=begin, end=end)}
    return [found[shop.pk] for shop in shops]


def _page(request: HttpRequest, one: Shop, *, status: int = 200, **more: Any) -> HttpResponse:
    period = period_of(request, one.lot.tz)
    (sums,) = settled([one], period)
    today = end_of_day(now(), one.lot.tz) - DAY
    context = {
        "shop": one,
        "offers": open_offers(one),
        "plate_form": PlateIssueForm(shop=one),
        "code_form": CodeIssueForm(shop=one),
        "today": [_listed(coupon) for coupon in _issued(one).filter(issued_at__gte=today)[:ROWS]],
        "period": period,
        "sums": sums,
        **more,
    }
    with override(one.lot.tz):
        return render(request, "console/shop.html", context, status=status)


def _issued(one: Shop) -> QuerySet[Coupon]:
    paying = Payment.objects.filter(session=OuterRef("session"), state__in=Payment.UNFINISHED)
    rows = one.coupons.select_related("offer", "use").annotate(paying=Exists(paying))
    return rows.prefetch_related("events__by").order_by("-issued_at", "-pk")


def _listed(coupon: Coupon) -> dict[str, Any]:
    """Return a coupon as its shop sees it: no plate, and of a code only what tells two apart."""
    paying = coupon.state == Coupon.State.HELD and coupon.paying  # type: ignore[attr-defined]
    by = next((event.by for event in coupon.events.all() if not event.was), None)
    return {
        "coupon": coupon,
        "state": gettext("Payment in progress") if paying else STATES[coupon.state],
        "how": gettext("By plate")
        if coupon.for_plate
        else gettext("QR code …%(end)s") % {"end": coupon.code_end},
        "press": "" if coupon.for_plate or coupon.state not in Coupon.OPEN else coupon.request.split("/")[0],
        "use": getattr(coupon, "use", None),
        "by": by.get_username() if by else "",
        "revocable": coupon.state in Coupon.OPEN and not paying,
    }


def _date(text: str | None, otherwise: date) -> date:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return found if date(2000, 1, 1) <= found < date(2200, 1, 1) else otherwise


def pages_of(person: Access) -> Callable[[Shop], str]:
    """Return what gives the page of a shop for this person: to issue, else its settings, else ""."""
    pages = {"coupons.issue": "console:shop", "shops.edit": "console:shop-settings"}
    lots = {name: set(person.lots(action).values_list("pk", flat=True)) for action, name in pages.items()}

    def page_of(shop: Shop) -> str:
        return next((reverse(name, args=[shop.pk]) for name, ids in lots.items() if shop.lot_id in ids), "")

    return page_of


def shops_of(request: HttpRequest) -> QuerySet[Shop]:
    """Return the shops of the lots where this user works; of a lot where they are a clerk, their own shop."""
    person = access(request)
    shops = person.within(Shop.objects.select_related("lot__operator")).order_by("lot__name", "name")
    if Role.SHOP not in person.roles():
        return shops
    works_in = person.lots_with_trial("shops.see").values("pk")
    return shops.filter(Q(lot__in=works_in) | Q(pk__in=person.user.shops.values("pk")))
