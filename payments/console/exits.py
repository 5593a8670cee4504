"""The page of a lot's exits while they are jammed: more time for every car that has paid."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lots import exits
from lots.console.access import access
from lots.models import Lot
from payments import jams
from payments.console import forms
from payments.console.desk import Offer, carry_out
from payments.console.doors import door
from payments.models import StaffAct

ROWS = 10


@door("exits.jam")
@require_safe
def jam(request: HttpRequest, slug: str) -> HttpResponse:
    """Until when paid cars may leave now, who said so before, and the form."""
    lot = access(request).lot(slug)
    with timezone.override(lot.tz):
        return _page(request, lot, list(_offers(lot)))


@door("exits.jam")
@require_POST
def jam_act(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """Lengthen, or say that the way out is clear."""
    lot = access(request).lot(slug)
    with timezone.override(lot.tz):
        return carry_out(
            request,
            list(_offers(lot)),
            act,
            back=reverse("money:exits", args=[slug]),
            again=lambda offers, status: _page(request, lot, offers, status),
        )


def _offers(lot: Lot) -> Iterator[Offer]:
    yield Offer(
        "lengthen",
        _("延长离场时限"),
        forms.JamForm,
        lambda form, by, at: jams.lengthen(lot, minutes=form.cleaned_data["minutes"], by=by, at=at),
        action="exits.jam",
        hint=_("所有已缴费、正在离场的车辆，都可在这段时间内离场，不必补缴；其间缴费的车辆也一样。"),
        initial={"minutes": lot.jam_minutes, "reason": _("出口排队")},
    )
    if _is_jammed(lot):
        yield Offer(
            "end",
            _("拥堵解除"),
            forms.ActForm,
            lambda _form, by, at: jams.end(lot, by=by, at=at),
            action="exits.jam",
            hint=_("之后缴费的车辆恢复平时的离场时限；已经给出的时间不会缩短。"),
            initial={"reason": _("出口已通畅")},
        )


def _is_jammed(lot: Lot) -> bool:
    return lot.jam_until is not None and lot.jam_until > now()


def _page(request: HttpRequest, lot: Lot, offers: list[Offer], status: int = 200) -> HttpResponse:
    kinds = (StaffAct.Kind.JAM, StaffAct.Kind.JAM_OVER)
    acts = StaffAct.objects.filter(lot=lot, kind__in=kinds).select_related("staff").order_by("-pk")
    context = {
        "lot": lot,
        "until": lot.jam_until if _is_jammed(lot) else None,
        "paid": exits.paid_inside(lot, at=now()),
        "acts": [(act, jams.effect_of(act)) for act in acts[:ROWS]],
        "offers": offers,
        "action": "money:exits-act",
        "about": lot.slug,
    }
    return render(request, "console/exits.html", context, status=status)
