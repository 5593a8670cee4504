"""View for notices of other vendors' parking systems (停车系统通知). Deny by default."""

import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import database
from core.body_length import announced_length
from lots.models import Lot
from lots.systems import system_of
from lots.systems.answer_reading import UNREADABLE, CallFault
from lots.systems.notices import Incoming, SendsNotices
from payments.notice_effects import receive

LARGEST = 64 * 1024
RETRY_AFTER = "10"  # seconds
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
log = structlog.get_logger("system_notices")


@csrf_exempt
@require_POST
def notice(request: HttpRequest, slug: str, rest: str = "") -> HttpResponse:
    """Verify a notice, record it and answer as its vendor expects; refuse everything else.

    `rest`: what a vendor's software appends to the address that it was given. While the database cannot be
    used nothing is answered but 503: a vendor sends it again.
    """
    del rest  # read from the path
    try:
        with database.usable():
            return _answered(request, slug)
    except database.DatabaseUnusable:
        log.warning("system_notice_not_recorded")
        return JsonResponse({"error": "unavailable"}, status=503, headers={"Retry-After": RETRY_AFTER})


def _answered(request: HttpRequest, slug: str) -> HttpResponse:
    if "HTTP_TRANSFER_ENCODING" in request.META:  # nothing of it would be read
        log.warning("system_notice_refused", reason="no_length")
        return HttpResponse(status=411)
    length = announced_length(request.META)
    if length is None or length > LARGEST:
        log.warning("system_notice_refused", reason="too_large")
        return HttpResponse(status=413)
    # A lot that takes no payments now may have taken one just before: its system reports what became of it.
    lot = Lot.objects.filter(slug=slug).exclude(system=Lot.System.BUILTIN).first()
    system = system_of(lot) if lot else None
    if lot is None or not isinstance(system, SendsNotices):
        return HttpResponse(status=404)
    at = now()
    try:
        read = system.read_notice(_incoming(request), at=at)
    except (
        CallFault,
        BadRequest,  # a form in another charset
        SuspiciousOperation,
        MultiPartParserError,
        UnreadablePostError,
        *UNREADABLE,
    ) as refusal:
        log.warning("system_notice_refused", lot=lot.pk, reason=getattr(refusal, "code", "malformed"))
        return JsonResponse(system.notice_answer(is_accepted=False), status=403)
    receive(lot, read, at=at)
    return JsonResponse(system.notice_answer(is_accepted=True))


def _incoming(request: HttpRequest) -> Incoming:
    body = request.body
    is_form = (request.content_type or "").lower() in FORMS
    return Incoming(
        path=request.path,
        query={name: str(value) for name, value in request.GET.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        form={name: str(value) for name, value in request.POST.items()} if is_form else {},
    )
