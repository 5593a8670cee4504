"""Cut-over from another parking system: what early cars pay, and the cars inside right now."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.background_start import start
from console.checked_file import CheckedFileForm
from console.money_forms import YuanField
from lots import cut_over
from lots.cut_over import CutOverFault, EarlyPrice, Rehearsed, choose_early_price, import_inside
from lots.models import Lot
from staff.access import access, requires

AT_ONCE = 200  # rows taken in; more take longer than a page may


class EarlyForm(forms.Form):
    choice = forms.ChoiceField(
        label=gettext_lazy("Cars from before the first tariff pay"), choices=EarlyPrice.choices
    )
    amount = YuanField(label=gettext_lazy("Amount (¥), for “one amount” only"), required=False)


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def cut_over_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose what early cars pay, or take in a table. Without `import` the table is only checked."""
    mine = access(request)
    lot = mine.lot(slug)
    is_early = "early" in request.POST
    early = EarlyForm(request.POST if is_early else None, label_suffix="")
    is_file = request.method == "POST" and not is_early
    posted = (request.POST, request.FILES) if is_file else (None, None)
    inside = CheckedFileForm(*posted, lot=lot, person=mine, largest=cut_over.LARGEST)
    if early.is_bound and early.is_valid() and _choose(request, lot, early):
        return redirect("console:cut-over", lot.slug)
    dry_run = "import" not in request.POST
    done = _import(request, lot, inside, dry_run=dry_run) if inside.is_valid() else None
    if isinstance(done, HttpResponse):
        return done
    chosen = cut_over.early_version(lot)
    context: dict[str, Any] = {
        "lot": lot,
        "early": early,
        "chosen": chosen and cut_over.choice_of(chosen),
        "form": inside,
        "done": done,
        "dry_run": dry_run,
    }
    bad = early.errors or inside.errors or (done and done.faults)
    return render(request, "console/setup/cut_over.html", context, status=422 if bad else 200)


def _import(
    request: HttpRequest, lot: Lot, form: CheckedFileForm, *, dry_run: bool
) -> Rehearsed | HttpResponse | None:
    """Return what became of the table; a response where the worker takes it in; None where it is none."""
    try:
        if not dry_run and len(cut_over.rows_of(form.content)) > AT_ONCE:
            return start(request, "import-inside", lot=lot, upload=form.content)
        done = import_inside(lot, form.content, dry_run=dry_run, at=now(), by=access(request).user)
    except CutOverFault as fault:
        form.add_error("file", fault.why)
        return None
    if dry_run and not done.faults:
        form.carry()
    return done


def _choose(request: HttpRequest, lot: Lot, form: EarlyForm) -> bool:
    values = form.cleaned_data
    fen = values["amount"] or 0
    try:
        choose_early_price(lot, EarlyPrice(values["choice"]), fen=fen, at=now(), by=access(request).user)
    except CutOverFault as fault:
        form.add_error("choice", fault.why)
        return False
    messages.success(request, _("Saved."))
    return True
