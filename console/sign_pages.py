"""The console's pages about signs: what hangs where, how it looks, the patrol's lists, revoking.

They are the programming interface too (docs/signs.md): the same sign-in, the same rights.
"""

import re
import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from console.reason_forms import ReasonForm, ask_again
from lots import sign_register
from lots.models import Lot, Sign, SignEvent
from lots.sign_qr import sign_address
from lots.signs import lot_sheets, patrol_list, print_plan, print_runs
from lots.signs import typesetting as drawing
from lots.signs.print_errors import CannotPrint, PlanFaults
from lots.signs.print_formats import FARTHEST, FORMATS, NEAREST
from presentation.downloads import KINDS, file_answer
from staff.access import access, requires

PIXELS = 220  # the longer side of a thumbnail
PREVIEW_PIXELS = 1000
EVENTS = 30


@requires("signs.see")
@require_safe
def signs_of_lot(request: HttpRequest, slug: str) -> HttpResponse:
    """Show every sign of a lot as it looks, with what can be done about it."""
    return page(request, access(request).lot(slug))


@requires("signs.see")
@require_safe
def sign_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a sign as a picture, in the format it was last printed in (or `format`), small or `large`."""
    sign = access(request).one(Sign.objects.select_related("lot__operator", "lane"), pk=pk)
    form = FORMATS.get(request.GET.get("format", ""), FORMATS[last_format(sign)])
    most = PREVIEW_PIXELS if "large" in request.GET else PIXELS
    try:
        face = lot_sheets.face(lot_sheets.ground(sign.lot), sign, form, None, sign.printed_at or now())
        picture = drawing.png(face, dpi=most / max(form.width, form.height) * 25.4)
    except CannotPrint as fault:
        return HttpResponse(str(fault), status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(picture, content_type=KINDS["png"])


@requires("signs.see")
@require_GET
def signs_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the lot's signs, and the formats they can be printed in, for programs."""
    lot = access(request).lot(slug)
    rows = [
        {
            "number": sign.number,
            "kind": sign.kind,
            "place": sign.place,
            "lane": sign.lane.name if sign.lane else None,
            "address": sign_address(sign),
            "printed_at": sign.printed_at,
            "revoked_at": sign.revoked_at,
        }
        for sign in lot.signs.select_related("lane").order_by("number")
    ]
    forms = [
        {"name": form.name, "width_mm": form.width, "height_mm": form.height} for form in FORMATS.values()
    ]
    return JsonResponse({"lot": lot.slug, "signs": rows, "formats": forms})


@requires("signs.see")
@require_GET
def patrol_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the list of signs and their places for printing."""
    lot = access(request).lot(slug)
    return file_answer(
        print_runs.patrol_pdf(lot, patrol_list.rows(lot), at=now()), "pdf", name=_patrol_name(lot)
    )


@requires("signs.see")
@require_GET
def patrol_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Send the list of signs and their places as a table."""
    lot = access(request).lot(slug)
    return file_answer(patrol_list.as_csv(patrol_list.rows(lot)), "csv", name=_patrol_name(lot))


def _patrol_name(lot: Lot) -> str:
    return f"{lot.slug}-patrol-{localdate():%Y%m%d}"


@requires("signs.edit")
@require_POST
def revoke_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a sign's code worth nothing, for example because a sticker was found over it.

    `replace` also registers the next sign for its place, to be printed.
    """
    sign = access(request).one(Sign.objects.select_related("lot", "lane"), pk=pk)
    form, back = ReasonForm(request.POST), reverse("console:signs", args=[sign.lot.slug])
    if not form.is_valid():
        return ask_again(request, form, back=back)
    sign_register.revoke(sign, at=now(), by=access(request).user, why=form.cleaned_data["why"])
    messages.success(
        request,
        _("Sign no. %(number)s is revoked: its code leads nowhere. Take it down.") % {"number": sign.number},
    )
    if "replace" in request.POST:
        new = _registered(sign.lot, sign.place, sign.lane.name if sign.lane else "")
        messages.success(
            request, _("Sign no. %(number)s is registered. Now print it.") % {"number": new.number}
        )
    return redirect(back)


@requires("signs.edit")
@require_POST
def add_sign(request: HttpRequest, slug: str) -> HttpResponse:
    """Register one more copy; a second click finds it there already."""
    lot = access(request).lot(slug)
    try:
        sign = _registered(lot, request.POST.get("place", ""), request.POST.get("lane", ""))
    except PlanFaults as fault:
        return page(request, lot, add_faults=without_rows(fault.faults), status=422)
    messages.success(request, _("Sign no. %(number)s is registered. Now print it.") % {"number": sign.number})
    return redirect(reverse("console:signs", args=[slug]))


@transaction.atomic
def _registered(lot: Lot, place: str, lane: str) -> Sign:
    """Return the new sign for this place, or the one there that is not printed yet. Raises `PlanFaults`."""
    sign_register.hold(lot)
    try:
        order = print_plan.read(lot, [{"place": place, "lane": lane, "format": "a4"}])[0]
    except PlanFaults:
        rows = lot.signs.filter(place=place.strip(), revoked_at=None, printed_at=None)
        known = (rows.filter(lane__name=lane) if lane else rows.filter(lane=None)).first()
        if known is None:
            raise
        return known
    assert order.sign
    return sign_register.new_sign(lot=lot, place=order.sign.place, lane=order.sign.lane)


def page(request: HttpRequest, lot: Lot, *, status: int = 200, **found: Sequence[str]) -> HttpResponse:
    rows = list(lot.signs.select_related("lane").order_by("number"))
    formats = dict(
        SignEvent.objects.filter(sign__lot=lot, kind__in=patrol_list.PRINTED)
        .order_by("pk")
        .values_list("sign", "format")
    )
    city, _ = lot_sheets.words_of(lot)
    events = (
        SignEvent.objects.filter(sign__lot=lot)
        .exclude(kind=SignEvent.Kind.SEEN)
        .select_related("sign", "by")
        .order_by("-pk")[:EVENTS]
    )
    context = {
        "lot": lot,
        "table": [{"sign": sign, "format": FORMATS.get(formats.get(sign.pk, ""))} for sign in rows],
        "formats": FORMATS.values(),
        "nearest": NEAREST,
        "farthest": FARTHEST,
        "city": city,
        "lanes": lot.lanes.order_by("name"),
        "events": [{"event": event, "form": FORMATS.get(event.format)} for event in events],
        "key": uuid.uuid4(),
        "chosen": request.POST.getlist("sign"),
        "posted": request.POST,
        **found,
    }
    return render(request, "console/signs.html", context, status=status)


def last_format(sign: Sign) -> str:
    last = sign.events.filter(kind__in=patrol_list.PRINTED).order_by("-pk").first()
    if last and last.format in FORMATS:
        return last.format
    return "lane" if sign.lane_id else "a4"


def without_rows(faults: Sequence[str]) -> list[str]:
    """Return faults without the row of the plan, where none was written."""
    row = re.escape(print_plan.ROW % {"row": 0, "reason": ""}).replace("0", r"\d+")
    return [re.sub(f"^{row}", "", line) for line in faults]
