"""Enrolling a device, changing its key while it works, taking it out of use."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from console.setup.setup_forms import DeviceForm, SetupForm
from lots.models import Device
from lots.setup import device_settings
from lots.setup.change_recorder import SettingFault
from lots.sign_qr import qr_svg
from staff.access import access, requires

LABELS = {
    "push": gettext_lazy("Push address (plate reads)"),
    "heartbeat": gettext_lazy("Heartbeat address"),
    "comet": gettext_lazy("Polling address (gate commands)"),
    "address": gettext_lazy("API address"),
    "key": gettext_lazy("Key ID"),
    "secret": gettext_lazy("Secret"),
}


@requires("devices.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def add_device(request: HttpRequest, slug: str) -> HttpResponse:
    """Enrol a device in a lane; the answer shows what to enter at it, this once."""
    lot = access(request).lot(slug)
    form = DeviceForm(request.POST or None, lot=lot, initial={"lane": request.GET.get("lane", "")})
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("make", "name", "serial", "keep_images")}
        try:
            made = device_settings.add_device(
                form.cleaned_data["lane"], by=form.by(request), at=now(), **values
            )
        except SettingFault as fault:
            form.refuse(fault.faults)
        except device_settings.ShownOnce:
            return _shown_once(request, lot.slug)
        else:
            return _secrets_page(request, made)
    context = {"lot": lot, "form": form, "lanes": lot.lanes.exists()}
    return render(request, "console/setup/device_new.html", context, status=422 if form.errors else 200)


@requires("devices.edit")
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a device a second key and show it, this once; the first stays good."""
    row = access(request).one(Device.objects.select_related("lot", "lane"), pk=pk)
    form = SetupForm(request.POST)
    form.is_valid()
    try:
        return _secrets_page(request, device_settings.begin_rotation(row, by=form.by(request), at=now()))
    except device_settings.ShownOnce:
        messages.error(request, _("A key is shown only once. If you did not copy it, change the key again."))
    except device_settings.Revoked:
        messages.error(request, _("This device is out of service; enrol it again."))
    return redirect("console:device", pk)


@requires("devices.edit")
@require_POST
def finish_rotation(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke the old key after the new one was used."""
    row = access(request).one(Device.objects.select_related("lot__operator"), pk=pk)
    form = SetupForm(request.POST)
    form.is_valid()
    try:
        if device_settings.finish_rotation(row, by=form.by(request), at=now()):
            messages.success(request, _("The old key was revoked."))
    except device_settings.NewKeyUnused:
        messages.error(
            request,
            _("The device has not used its new key yet; revoking the old one now would disconnect it."),
        )
    return redirect("console:device", pk)


@requires("devices.edit")
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a device's key. A second press changes nothing."""
    row = access(request).one(Device.objects.select_related("lot__operator"), pk=pk)
    form = SetupForm(request.POST)
    form.is_valid()
    device_settings.revoke(row, by=form.by(request), at=now())
    messages.success(request, _("The device is out of service: its key no longer works."))
    return redirect("console:device", pk)


def _shown_once(request: HttpRequest, slug: str) -> HttpResponse:
    messages.error(
        request,
        _(
            "This device is already enrolled, and its key is shown only once. If you did not copy it, "
            "change the key on the device page."
        ),
    )
    return redirect("console:lot-setup", slug)


@sensitive_variables()
def _secrets_page(request: HttpRequest, made: device_settings.Enrolled) -> HttpResponse:
    """Show a secret, on the only page that does: made by a POST, never stored (`requires` forbids caches)."""
    rows: list[dict[str, Any]] = [
        {"name": name, "label": LABELS[name], "value": value, "qr": qr_svg(value)}
        for name, value in made.to_enter()
    ]
    return render(request, "console/setup/device_secrets.html", {"device": made.device, "rows": rows})
