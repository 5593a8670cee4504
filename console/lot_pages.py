"""The console's pages about the car park. They read, call one service, answer."""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from console.checklist import progress_of
from console.shown_plates import masked
from core.vault import Unreadable
from lots import device_presence, pictures
from lots.models import ParkingSession, PlateRead, ReadPicture, Sign
from lots.sign_qr import qr_png, sign_address
from staff.access import access, requires

ROWS = 50
PICTURE = Exists(ReadPicture.objects.filter(read=OuterRef("pk")))
audit = structlog.get_logger("audit")


@requires("lots.see")
@require_safe
def lot(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one lot: who is inside, what the cameras reported, devices, signs. Plates are masked."""
    at = now()
    row = access(request).lot(slug)
    here = row.sessions.inside().select_related("entry_lane").order_by("-entered_at")
    review = row.sessions.to_review().select_related("entry_lane", "exit_lane").order_by("-pk")
    reads = row.reads.select_related("lane").annotate(has_picture=PICTURE).order_by("-captured_at")
    devices = [
        {"device": device, "silent": device_presence.is_silent(device, at)}
        for device in row.devices.in_use().select_related("lane").order_by("name")
    ]
    context = {
        "lot": row,
        "inside_count": here.count(),
        "inside": _with_plates(here[:ROWS]),
        "review": _with_plates(review[:ROWS]),
        "reads": _with_plates(reads[:ROWS]),
        "odd_reads": _with_plates(
            reads.filter(outcome__in=PlateRead.TO_REVIEW, captured_at__gte=at - timedelta(days=1))[:ROWS]
        ),
        "devices": devices,
        **progress_of(row, access(request)),
        "signs": row.signs.select_related("lane").order_by("number"),
    }
    return render(request, "console/lot.html", context)


def _with_plates(rows: Iterable[ParkingSession | PlateRead]) -> list[dict[str, object]]:
    return [{"row": row, "plate": masked(row)} for row in rows]


@requires("pictures.see")
@require_safe
def read_picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the camera's picture of a read. Who looked at which is recorded; the plate is not."""
    row = access(request).one(ReadPicture.objects.all(), pk=pk)
    try:
        picture = pictures.show(row)
    except Unreadable:
        raise Http404 from None
    audit.info("picture_seen", staff=request.user.pk, read=pk)
    return HttpResponse(picture, content_type="image/jpeg")


@requires("signs.see")
@require_safe
def sign_png(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the QR code of a sign as a picture."""
    sign = access(request).one(Sign.objects.select_related("lot"), pk=pk, revoked_at=None)
    headers = {"Content-Disposition": f'attachment; filename="{sign.lot.slug}-{sign.number}.png"'}
    return HttpResponse(qr_png(sign_address(sign)), content_type="image/png", headers=headers)
