"""The patrol on a phone: the camera or a photo reads each sign, and what is wrong becomes a task."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from console.reason_forms import HandledForm, ask_again, report_handled
from lots import patrol
from lots.models import Lot, Sign, SignAlarm
from lots.patrol import Scanned
from selfcheck import qr_codes
from staff.access import access, requires

LARGEST = 12 * 1024 * 1024
LARGEST_FRAME = 1024 * 1024
MOST_CODES = 10  # on one photo
CAMERA = "camera=(self), microphone=(), geolocation=()"  # no other page of the console may ask for it


class ScanForm(forms.Form):
    """One look: a code that the phone read, or a photo that the server reads."""

    text = forms.CharField(required=False, max_length=patrol.LONGEST, strip=True)
    photo = forms.FileField(label=_("Photo of the sign"), required=False)
    near = forms.ModelChoiceField(
        Sign.objects.none(), label=_("I am at"), required=False, empty_label=_("Not chosen")
    )

    def __init__(self, *args: Any, lot: Lot, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.fields["near"].queryset = lot.signs.in_use().order_by("number")  # type: ignore[attr-defined]
        self.fields["photo"].widget.attrs |= {"accept": "image/*", "capture": "environment"}

    def codes(self) -> list[str]:
        """Return the codes that were seen; a fault is added to the form where none can be read."""
        if text := self.cleaned_data["text"]:
            return [text]
        photo = self.cleaned_data["photo"]
        if photo is None:
            self.add_error("photo", _("Take a photo of the sign first."))
            return []
        if photo.size > LARGEST:
            self.add_error("photo", _("The photo is larger than 12 MB."))
            return []
        try:
            found = [code.text for code in qr_codes.read_codes(photo.read())[:MOST_CODES]]
        except qr_codes.PhotoUnreadable:
            self.add_error("photo", _("This file cannot be read as a photo."))
            return []
        if not found:
            self.add_error("photo", _("No code was found. Go closer, hold still, and take it again."))
        return found


@requires("signs.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def patrol_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the patrol of a lot: which signs are due, and what the last look found."""
    lot, at, user = access(request).lot(slug), now(), access(request).user
    form = ScanForm(request.POST or None, request.FILES or None, lot=lot)
    scanned: list[Scanned] = []
    if request.method == "POST" and form.is_valid():
        near = form.cleaned_data["near"]
        scanned = [patrol.scan(lot, code, by=user, at=at, near=near) for code in form.codes()]
    return _page(request, lot, form, scanned)


@requires("signs.edit")
@require_POST
def read_frame(request: HttpRequest, slug: str) -> JsonResponse:
    """Return the codes in one picture of a phone whose browser reads none itself. Nothing is recorded."""
    access(request).lot(slug)
    frame = request.FILES.get("frame")
    if frame is None or (frame.size or 0) > LARGEST_FRAME:
        return JsonResponse({"codes": []}, status=422)
    try:
        found = qr_codes.read_codes(frame.read())
    except qr_codes.PhotoUnreadable:
        return JsonResponse({"codes": []}, status=422)
    return JsonResponse({"codes": [code.text for code in found[:MOST_CODES]]})


@requires("signs.edit")
@require_POST
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Report a sign that hangs elsewhere, is damaged or gone."""
    sign = access(request).one(Sign.objects.select_related("lot"), pk=pk)
    kind = request.POST.get("kind", "")
    if kind in {SignAlarm.Kind.MISPLACED, SignAlarm.Kind.DAMAGED}:
        alarm = patrol.raise_alarm(sign.lot, kind, by=access(request).user, at=now(), sign=sign)
        words = {"number": sign.number, "kind": alarm.get_kind_display()}
        messages.success(request, gettext("Recorded for sign no. %(number)s: %(kind)s.") % words)
    return redirect("console:patrol", sign.lot.slug)


@requires("signs.edit")
@require_POST
def handled(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an alarm with what was done. Without it the alarm stays open; a second press changes nothing."""
    alarm = access(request).one(SignAlarm.objects.select_related("lot"), pk=pk)
    form, back = HandledForm(request.POST), reverse("console:patrol", args=[alarm.lot.slug])
    if not form.is_valid():
        return ask_again(request, form, back=back)
    done = patrol.handle(alarm, by=access(request).user, done=form.cleaned_data["done"], at=now())
    report_handled(request, alarm, done=done)
    return redirect(back)


def _page(request: HttpRequest, lot: Lot, form: ScanForm, scanned: list[Scanned]) -> HttpResponse:
    lines = patrol.lines_of(lot, at=now())
    context = {
        "lot": lot,
        "form": form,
        "scanned": scanned,
        "lines": lines,
        "done": sum(line.is_done for line in lines),
        "due": sum(line.is_due for line in lines),
        "alarms": patrol.open_alarms([lot.pk]),
        "days": patrol.EVERY.days,
    }
    answer = render(request, "console/patrol.html", context, status=422 if form.errors else 200)
    answer.headers["Permissions-Policy"] = CAMERA
    return answer
