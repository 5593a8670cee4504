"""The console's pages that set shops up: what they may hand out, their limits, their clerks."""

from copy import copy
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.background_start import key_of
from console.setup.editing import changed_by_others, clash
from console.setup.setup_pages import CHANGES
from console.setup.setup_words import display_value, history
from console.shop_forms import OfferForm, ShopForm, offer_filled
from console.shop_words import offer_summary
from lots.models import SettingChange
from lots.setup.change_recorder import ChangedBy, Stale, Thing
from payments.coupons.coupon_models import CouponOffer, Shop
from payments.coupons.coupon_offers import (
    OfferNameTaken,
    add_offer,
    add_shop,
    change_shop,
    end_offer,
    end_shop,
    values_of_shop,
)
from staff.access import access, requires
from staff.shop_clerks import dismiss_clerk, invite_clerk

TAKEN = gettext_lazy("This name is already used in this lot (retired ones included). Choose another.")


@requires("shops.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_shop(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a shop to a lot."""
    lot = access(request).lot(slug)
    form = ShopForm(lot, request.POST or None)
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "revision"}
        try:
            shop = add_shop(lot=lot, at=now(), by=_by(request), **values)
            if values["offers"]:
                messages.success(request, _("The shop was added. Now invite its clerk."))
            else:
                messages.warning(
                    request,
                    _("The shop was added, but has no coupon to give. Choose one, then invite its clerk."),
                )
            return redirect("console:shop-settings", shop.pk)
        except OfferNameTaken:
            form.add_error("name", str(TAKEN))
    status = 422 if form.errors else 200
    return render(request, "console/shop_settings.html", {"lot": lot, "form": form}, status=status)


@requires("shops.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a shop's name, limits, coupons and clerks."""
    shop = _shop(request, pk)
    form = ShopForm(shop.lot, request.POST or None, instance=copy(shop))  # the page keeps the stored name
    if form.is_valid():
        try:
            done = change_shop(shop, **form.cleaned_data, at=now(), by=_by(request))
            messages.success(request, _("Saved.") if done else _("Nothing changed."))
            return redirect("console:shop-settings", shop.pk)
        except OfferNameTaken:
            form.add_error("name", str(TAKEN))
        except Stale as stale:
            return _settings(request, shop, _merged(form, cast(Shop, stale.row)), status=409)
    return _settings(request, shop, form, status=422 if form.errors else 200)


@requires("shops.edit")
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire a shop: it can no longer issue coupons."""
    end_shop(_shop(request, pk), at=now(), by=_by(request))
    messages.success(request, _("The shop is retired."))
    return redirect("console:shop-settings", pk)


@never_cache
@requires("shops.edit")
@require_POST
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an invitation for a clerk and show its code, this once."""
    shop = _shop(request, pk)
    code = invite_clerk(shop=shop, by=access(request).user, at=now(), press=key_of(request))
    return _settings(request, shop, ShopForm(shop.lot, instance=shop), code=code)


@requires("shops.edit")
@require_POST
def dismiss(request: HttpRequest, pk: int, user_pk: int) -> HttpResponse:
    """Remove a clerk from a shop. A second press changes nothing."""
    shop = _shop(request, pk)
    clerk = shop.clerks.filter(pk=user_pk).first()
    if clerk is None:
        messages.info(request, _("This account is not a clerk of this shop."))
        return redirect("console:shop-settings", pk)
    dismiss_clerk(shop=shop, clerk=clerk, by=access(request).user, at=now())
    messages.success(request, _("%(user)s can no longer issue coupons.") % {"user": clerk.get_username()})
    return redirect("console:shop-settings", pk)


@requires("shops.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def offers(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the kinds of coupon of a lot, and a form for another, copied from an existing one on request."""
    lot = access(request).lot(slug)
    like = request.GET.get("like", "")
    model = lot.coupon_offers.filter(pk=int(like)).first() if like.isdecimal() and len(like) < 10 else None
    form = OfferForm(lot, request.POST or None, initial=offer_filled(model) if model else None)
    if form.is_valid():
        try:
            add_offer(lot=lot, document=form.document, at=now(), by=_by(request))
            messages.success(request, _("Added. Choose on the shop page who can issue it."))
            return redirect("console:shop-offers", lot.slug)
        except OfferNameTaken:
            form.add_error("name", str(TAKEN))
    rows = [
        {"offer": one, "summary": offer_summary(one), "shops": one.shops.all()}
        for one in lot.coupon_offers.prefetch_related("shops").order_by("ended_at", "pk")
    ]
    context = {"lot": lot, "rows": rows, "form": form, "opened": bool(form.errors or model or not rows)}
    return render(request, "console/shop_offers.html", context, status=422 if form.errors else 200)


@requires("shops.edit")
@require_POST
def end_sort(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Retire a sort of coupon: it can no longer be issued."""
    lot = access(request).lot(slug)
    end_offer(get_object_or_404(CouponOffer, lot=lot, pk=pk), at=now(), by=_by(request))
    messages.success(request, _("Retired: shops can no longer issue it."))
    return redirect("console:shop-offers", lot.slug)


def _merged(form: ShopForm, row: Shop) -> ShopForm:
    """Return the form as its second editor should see it: see `console.setup.editing`."""
    base, who = changed_by_others(row, Thing.SHOP, form.cleaned_data["revision"])
    typed, stored = form.values(), values_of_shop(row)
    shown, data = ShopForm(row.lot, instance=row), form.data.copy()  # type: ignore[attr-defined]
    data["revision"] = str(row.revision)
    for name in base:
        if typed[name] == base[name]:
            value = shown[name].value()
            data.setlist(name, value if isinstance(value, list) else ["" if value is None else value])
    fresh = ShopForm(row.lot, data, instance=copy(row))
    fresh.is_valid()
    for name in base:
        if typed[name] not in (base[name], stored[name]):
            fresh.add_error(name, clash(who[name], display_value(name, stored[name])))
    fresh.others = [(fresh.fields[name].label, who[name], display_value(name, stored[name])) for name in base]
    return fresh


def _by(request: HttpRequest) -> ChangedBy:
    return ChangedBy(access(request).user, key_of(request))


def _settings(
    request: HttpRequest, shop: Shop, form: ShopForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "lot": shop.lot,
        "shop": shop,
        "form": form,
        "clerks": shop.clerks.order_by("username"),
        "history": history(
            SettingChange.objects.filter(thing=Thing.SHOP, row=shop.pk)
            .select_related("by")
            .order_by("-pk")[:CHANGES]
        ),
        **more,
    }
    return render(request, "console/shop_settings.html", context, status=status)


def _shop(request: HttpRequest, pk: int) -> Shop:
    return access(request).one(Shop.objects.select_related("lot__operator"), pk=pk)
