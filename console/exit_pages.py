"""The page of a lot's exits while they are jammed: more time for every car that has paid."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console import money_forms
from console.act_panel import OfferedAct, carry_out
from lots import exit_grace
from lots.models import Lot
from payments import exit_grace_override
from payments.models import StaffAct
from staff.access import access, requires

ROWS = 10


@requires("exits.jam")
@require_safe
def jam(request: HttpRequest, slug: str) -> HttpResponse:
    """Show until when paid cars may leave, who set it before, and the form."""
    lot = access(request).lot(slug)
    with timezone.override(lot.tz):
        return _page(request, lot, list(_offers(lot)))


@requires("exits.jam")
@require_POST
def jam_act(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """Give more minutes to leave, or record that the exit is clear."""
    lot = access(request).lot(slug)
    with timezone.override(lot.tz):
        return carry_out(
            request,
            list(_offers(lot)),
            act,
            back=reverse("console:exits", args=[slug]),
            again=lambda offers, status: _page(request, lot, offers, status),
        )


def _offers(lot: Lot) -> Iterator[OfferedAct]:
    yield OfferedAct(
        "lengthen",
        _("Extend the time to leave"),
        money_forms.JamForm,
        lambda form, by, at: exit_grace_override.lengthen(
            lot, minutes=form.cleaned_data["minutes"], by=by, at=at
        ),
        action="exits.jam",
        hint=_(
            "Every paid car on its way out can leave within this time without paying more; so can cars "
            "that pay in the meantime."
        ),
        initial={"minutes": lot.jam_minutes, "reason": _("Queue at the exits")},
    )
    if _is_jammed(lot):
        yield OfferedAct(
            "end",
            _("Congestion is over"),
            money_forms.ActForm,
            lambda _form, by, at: exit_grace_override.end(lot, by=by, at=at),
            action="exits.jam",
            hint=_(
                "Cars that pay from now on get the normal time again. Time already granted is not shortened."
            ),
            initial={"reason": _("Exits are clear")},
        )


def _is_jammed(lot: Lot) -> bool:
    return lot.jam_until is not None and lot.jam_until > now()


def _page(request: HttpRequest, lot: Lot, offers: list[OfferedAct], status: int = 200) -> HttpResponse:
    kinds = (StaffAct.Kind.JAM, StaffAct.Kind.JAM_OVER)
    acts = StaffAct.objects.filter(lot=lot, kind__in=kinds).select_related("staff").order_by("-pk")
    context = {
        "lot": lot,
        "until": lot.jam_until if _is_jammed(lot) else None,
        "paid": exit_grace.paid_inside(lot, at=now()),
        "acts": [(act, exit_grace_override.effect_of(act)) for act in acts[:ROWS]],
        "offers": offers,
        "action": "console:exits-act",
        "about": lot.slug,
    }
    return render(request, "console/exits.html", context, status=status)
