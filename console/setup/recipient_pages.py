"""Who receives data of a lot's drivers, by name: what the notice says (接收方)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST

from console.setup.setup_forms import RecipientForm
from lots.models import Recipient
from lots.recipients import add_recipient, recipients_of, remove_recipient
from lots.setup.setting_changes import By, SettingFault
from staff.access import access, requires


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def recipients(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, and the form that adds one."""
    lot = access(request).lot(slug)
    form = RecipientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_recipient(lot, form.cleaned_data, by=form.by(request), at=now())
        except SettingFault as fault:
            form.refuse(fault.faults)
        else:
            return redirect("console:recipients", slug)
    context = {
        "lot": lot,
        "form": form,
        "rows": Recipient.objects.filter(lot=lot).order_by("kind", "name"),
        "system": next((each for each in recipients_of(lot) if each.kind == "system"), None),
    }
    return render(request, "console/setup/recipients.html", context, status=422 if form.errors else 200)


@requires("lots.edit")
@require_POST
def drop_recipient(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one out of the list."""
    lot = access(request).lot(slug)
    row = get_object_or_404(Recipient, pk=pk, lot=lot)
    remove_recipient(row, by=By(access(request).user), at=now())
    return redirect("console:recipients", slug)
