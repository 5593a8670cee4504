"""A lot in front of the parking system that is there already (我已有停车系统): choose, type, test."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.setup.system_forms import ABOUT, SystemForm, SystemTestForm
from lots.models import Lot, ParkingSystemLink
from lots.systems import can
from lots.systems.fault_texts import meaning_of
from lots.systems.link_test import check
from lots.systems.links import BadLink, save_link, use_own_system
from lots.systems.notices import SendsNotices
from staff.access import access, requires


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def system(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose whose parking system owns the lot's sessions; with `vendor`, the form of that vendor."""
    lot = access(request).lot(slug)
    vendor = request.GET.get("vendor", "")
    if not vendor and lot.system == Lot.System.BUILTIN:
        return _choice(request, lot)
    vendor = vendor or lot.system
    if vendor not in ABOUT:
        raise Http404
    if request.method != "POST":
        return _page(request, lot, SystemForm(lot=lot, system=vendor), vendor)
    with transaction.atomic():
        _hold(lot)
        form = SystemForm(request.POST, lot=lot, system=vendor)
        if form.is_valid():
            if (fault := _save(request, lot, form)) is None:
                messages.success(request, _("Saved. Now test the connection."))
                return redirect("console:system", slug)
            form.add_error(None, fault)
    return _page(request, lot, form, vendor)


def _hold(lot: Lot) -> None:
    """Hold the lot as it is now: of two people who save at once, the second sees the other's change."""
    lot.refresh_from_db(from_queryset=Lot.objects.select_for_update(of=("self",), no_key=True))


def _save(request: HttpRequest, lot: Lot, form: SystemForm) -> str | None:
    if lot.closed_at is None and lot.system != form.system:
        return _("Suspend payments first: another system would answer for cars that are inside.")
    try:
        accepts, by = form.cleaned_data["accepts_weak"], access(request).user
        save_link(lot, form.given(), accepts_weak=accepts, at=now(), by=by)
    except BadLink as fault:
        return str(fault)
    return None


@requires("lots.edit")
@require_POST
def test_system(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask the system for a car that is not there, and for one that is; say in words what came back."""
    lot = access(request).lot(slug)
    if lot.system == Lot.System.BUILTIN:
        return redirect("console:system", slug)
    test = SystemTestForm(request.POST, auto_id="test-%s")
    findings = check(lot, plate=test.cleaned_data["plate"], at=now()) if test.is_valid() else []
    form = SystemForm(lot=lot, system=lot.system)
    return _page(request, lot, form, lot.system, test=test, findings=findings)


@requires("lots.edit")
@require_POST
@transaction.atomic
def own_system(request: HttpRequest, slug: str) -> HttpResponse:
    """Have our own cameras and tariffs answer for the lot again; only while it is suspended."""
    lot = access(request).lot(slug)
    _hold(lot)
    if lot.closed_at is None:
        messages.error(
            request, _("Suspend payments first: another system would answer for cars that are inside.")
        )
        return redirect("console:system", slug)
    use_own_system(lot, at=now(), by=access(request).user)
    return redirect("console:lot-setup", slug)


def _choice(request: HttpRequest, lot: Lot) -> HttpResponse:
    vendors = [(value, Lot.System(value).label, about) for value, about in ABOUT.items()]
    return render(request, "console/setup/system_choice.html", {"lot": lot, "vendors": vendors})


def _page(
    request: HttpRequest,
    lot: Lot,
    form: SystemForm,
    vendor: str,
    *,
    test: SystemTestForm | None = None,
    findings: Any = None,
) -> HttpResponse:
    row = ParkingSystemLink.objects.filter(lot=lot).first() if lot.system == vendor else None
    context = {
        "lot": lot,
        "form": form,
        "vendor": Lot.System(vendor).label,
        "about": ABOUT[vendor],
        "row": row,
        "fault": meaning_of(row.fault) if row and row.fault else "",
        "test_form": test or SystemTestForm(auto_id="test-%s"),
        "findings": findings,
        "notice_url": f"{settings.PUBLIC_URL}/v/{lot.slug}" if row and can(lot, SendsNotices) else "",
    }
    wrong = form.errors or (test is not None and test.errors)
    return render(request, "console/setup/system.html", context, status=422 if wrong else 200)
