"""Pages of the recipients (接收方) of a lot's data, which its notice names."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.setup.setup_forms import RecipientForm
from lots.models import Lot, ParkingSystemLink, Recipient
from lots.recipients import add_recipient, end_recipient, in_force
from lots.setup.change_recorder import ChangedBy, SettingFault
from staff.access import access, requires


@requires("lots.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def recipients(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the recipients, and the form that adds one."""
    lot = access(request).lot(slug)
    form = RecipientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_recipient(lot, form.cleaned_data, by=form.by(request), at=now())
        except SettingFault as fault:
            form.refuse(fault.faults)
        else:
            name = form.cleaned_data["name"]
            messages.success(request, _("Added: the notice names “%(name)s” now.") % {"name": name})
            return redirect("console:recipients", slug)
    link = ParkingSystemLink.objects.filter(lot=lot).first()
    context = {
        "lot": lot,
        "form": form,
        "rows": in_force(lot),
        "link": link if lot.system != Lot.System.BUILTIN else None,
    }
    return render(request, "console/setup/recipients.html", context, status=422 if form.errors else 200)


@requires("lots.edit")
@require_POST
def drop_recipient(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End one: it receives nothing any more."""
    lot = access(request).lot(slug)
    row = get_object_or_404(Recipient, pk=pk, lot=lot)
    end_recipient(row, by=ChangedBy(access(request).user), at=now())
    messages.success(request, _("Removed: the notice no longer names “%(name)s”.") % {"name": row.name})
    return redirect("console:recipients", slug)
