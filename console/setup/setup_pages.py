"""The start of the set-up, and operators."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from console.setup.editing import edit
from console.setup.setup_forms import OperatorForm, OperatorSettingsForm, SetupStep
from console.setup.setup_words import history
from lots.models import SettingChange
from lots.setup import place_settings
from lots.setup.change_recorder import SettingFault, Thing
from staff.access import access, requires

CHANGES, LOTS = 30, 50


@requires("lots.edit")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Start of the set-up: operators, their lots, and which take payments."""
    mine = access(request)
    lots = mine.lots().select_related("operator")
    context = {
        "operators": mine.operators().order_by("legal_name"),
        "page": Paginator(lots.order_by("operator__legal_name", "name", "pk"), LOTS).get_page(
            request.GET.get("page")
        ),
        "may_found": mine.user.is_superuser,
    }
    return render(request, "console/setup/home.html", context)


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_operator(request: HttpRequest) -> HttpResponse:
    """Register an operator: a thing of who set the site up, since no role reaches beyond an operator."""
    if not access(request).user.is_superuser:
        raise PermissionDenied
    form = OperatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = place_settings.make_operator(form.cleaned_data, by=form.by(request), at=now())
        except SettingFault as fault:
            form.refuse(fault.faults)
        else:
            return redirect(f"{reverse('console:new-lot')}?operator={made.pk}")
    return render(
        request, "console/setup/operator_new.html", {"form": form}, status=422 if form.errors else 200
    )


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def operator(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an operator's details, and who changed them when."""
    row = get_object_or_404(access(request).operators(), pk=pk)

    def page(form: SetupStep, status: int = 200) -> HttpResponse:
        rows = SettingChange.objects.filter(operator=row, lot=None).select_related("by").order_by("-pk")
        context: dict[str, Any] = {"operator": row, "form": form, "history": history(rows[:CHANGES])}
        return render(request, "console/setup/operator.html", context, status=status)

    if request.method != "POST":
        values = {name: getattr(row, name) for name in (*place_settings.OPERATOR, "revision")}
        return page(OperatorSettingsForm(initial=values))
    return edit(
        request,
        OperatorSettingsForm(request.POST),
        thing=Thing.OPERATOR,
        save=lambda form: place_settings.change_operator(
            row, form.cleaned_data, revision=form.cleaned_data["revision"], by=form.by(request), at=now()
        ),
        back=_back(request, pk),
        again=page,
    )


def _back(request: HttpRequest, pk: int) -> str:
    """Return to the checklist of the lot from which one came, else to the operator."""
    slug = request.GET.get("lot", "")
    if access(request).lots().filter(slug=slug).exists():
        return reverse("console:lot-setup", args=[slug])
    return reverse("console:operator", args=[pk])
