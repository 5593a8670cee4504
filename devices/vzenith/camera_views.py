"""Views for 臻识 (Vzenith) cameras: push (识别结果), heartbeat (心跳) and comet (轮询).

A camera knows one address and signs nothing, so its secret stands in the path. Bodies are never logged:
they hold plates, pictures, and the camera's own password. Answers are always JSON:

| What comes | Answer | Because |
| --- | --- | --- |
| unknown key, wrong secret, revoked | 404 | alike, so that they do not show which keys exist |
| another serial number than enrolled | 403 | the camera keeps the record until the mistake is corrected |
| a body that stopped half way | 400 | the camera sends it again |
| a complete body that cannot be read | 200, "do not resend" | else it blocks all later ones |
| more than the limit | 413 | refused before it is read |
| a body of unknown length (chunked) | 411 | none would be read and the record lost; nginx names a length |
| a packed body (gzip) | 415 | else it would count as one that cannot be read, and the record be lost |
| database away | 503 | the camera keeps the record and opens as set for an outage (脱机) |

`devices.vzenith.hot_push` answers the usual push before the view is asked.
"""

import hmac
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt

from core.body_length import announced_length
from core.database import fault_of, is_unusable
from core.errors import ParkingError
from devices.counters import count_picture_too_large, count_read, count_refusal
from devices.vzenith import codec, lane_display
from lots import gates, pictures
from lots.device_keys import prove, remembered
from lots.device_presence import note_seen
from lots.models import Device
from lots.plate_reads import Sighting, Verdict, record_at_once, record_read
from lots.setup import device_troubles
from lots.sightings import TRUSTED

FORM = 64 * 1024  # a registration form has some hundred bytes
HAS_NO_USUAL_ANSWER = "purecode.no_usual_answer"  # of a push that `hot_push` has left to the view
RETRY_AFTER = 5  # seconds
GZIP = b"\x1f\x8b"
UNKNOWN_TIME = datetime.min.replace(tzinfo=UTC)  # of an offline record without one: no time that can be
log = structlog.get_logger("vzenith")


class CameraRefused(ParkingError):
    """This request gets an error instead of what it asked for."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


type Handle = Callable[[HttpRequest, Device, datetime], HttpResponse]
type AtOnce = Callable[[HttpRequest, str, str], HttpResponse | None]
type View = Callable[[HttpRequest, str, str], HttpResponse]


def camera_view(*, largest: int, at_once: AtOnce | None = None) -> Callable[[Handle], View]:
    """Accept POST requests of at most `largest` bytes from a camera that proves its key.

    `at_once` is asked first; where it has no answer, it had no effect.
    """

    def guard(handle: Handle) -> View:
        def view(request: HttpRequest, key_id: str, secret: str) -> HttpResponse:
            device = None
            try:
                _check_shape(request, largest)
                if at_once is not None and (answer := at_once(request, key_id, secret)) is not None:
                    return answer
                device = _camera(key_id, secret)
                return handle(request, device, now())
            except CameraRefused as refusal:
                device = device or _sender(refusal, key_id, secret)
                if device is not None:
                    _note_trouble(device, refusal.code)
                return _refuse(handle.__name__, refusal, device)
            except Error as error:
                if not is_unusable(error):
                    raise
                log.warning("database_away", endpoint=handle.__name__, **fault_of(error))
                return _refuse(handle.__name__, CameraRefused(503, "unavailable"), device)
            except ParkingError as error:  # the lot is not set up: what the camera holds must not be lost
                log.error("lot_not_ready", device=device.pk if device else None, code=error.code)  # noqa: TRY400
                return _refuse(handle.__name__, CameraRefused(503, error.code), device)

        return csrf_exempt(view)

    return guard


def _note_trouble(device: Device, code: str) -> None:
    """Count a refusal, unless the database takes no write: the answer does not depend on the count."""
    try:
        device_troubles.note(device, code, at=now())
    except Error as error:
        if not is_unusable(error):
            raise


def _push_at_once(request: HttpRequest, key_id: str, secret: str) -> HttpResponse | None:
    """Answer a usual push, unless that was tried before the view was asked; None for any other."""
    if HAS_NO_USUAL_ANSWER in request.META:
        return None
    try:
        answer = pushed_at_once(key_id, secret, _body(request))
    except CameraRefused:
        return None
    return None if answer is None else response_of(answer)


def pushed_at_once(key_id: str, secret: str, body: bytes) -> bytes | None:
    """Record a usual push of a remembered camera and return the answer; None for any other."""
    known = remembered(key_id, make=Device.Make.VZENITH, proof=_proof(secret))
    if known is None or known.device.keep_images:
        return None
    try:
        message = codec.read_push(body)
        _check_serial(known.device, message.serial)
    except (codec.VzenithError, CameraRefused):
        return None
    at = now()
    sighting = _sighting(message, None, at)
    verdict = record_at_once(known, sighting, at)
    return None if verdict is None else _answer(message, sighting, known.device, verdict, at)


@camera_view(largest=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, at_once=_push_at_once)
def push(request: HttpRequest, device: Device, at: datetime) -> HttpResponse:
    """Record what the camera saw and answer whether its barrier opens.

    Its pictures go no further, unless it is set to keep them.
    """
    body = _body(request)
    try:
        message = codec.read_push(body, images=device.keep_images)
    except codec.VzenithError as error:
        if body.startswith(GZIP):
            raise CameraRefused(415, "packed") from None
        count_refusal("push", "unreadable")
        device_troubles.note(device, "unreadable", at=at)
        log.warning("push_unreadable", device=device.pk, field=str(error))
        return JsonResponse(codec.unreadable())
    _check_serial(device, message.serial)
    sighting = _sighting(message, _picture(message, device), at)
    verdict = record_read(device=device, sighting=sighting, at=at)
    return response_of(_answer(message, sighting, device, verdict, at))


def _sighting(message: codec.Push, picture: bytes | None, at: datetime) -> Sighting:
    """Return what the camera saw. It decides what the camera left open.

    A live record without a time is of now. One that does not tell whether it is live is if its time is; else
    it opens nothing, and without a time it is quarantined, for staff to look at.
    """
    offline, captured_at = message.offline, message.captured_at
    if offline is None:
        offline = captured_at is None or abs(at - captured_at) > TRUSTED
    return Sighting(
        message.key or f"untimed-{at.timestamp():.6f}",
        message.plate,
        captured_at or (UNKNOWN_TIME if offline else at),
        offline,
        message.confidence,
        picture,
        message.vehicle_class,
    )


def _answer(message: codec.Push, sighting: Sighting, device: Device, verdict: Verdict, at: datetime) -> bytes:
    count_read(device.make, verdict.read.outcome)
    if sighting.offline:
        return json.dumps(codec.acknowledged(replace(message, offline=True))).encode()
    answer = codec.opened if verdict.opens(at) else codec.acknowledged
    return json.dumps(answer(message, *lane_display.after_read(verdict, at=at))).encode()


def response_of(answer: bytes) -> HttpResponse:
    """Return the response with an answer; `JsonResponse` would make an encoder each time."""
    return HttpResponse(answer, content_type="application/json")


@camera_view(largest=FORM)
def heartbeat(request: HttpRequest, device: Device, at: datetime) -> HttpResponse:
    """Note that the camera is there."""
    _check_form(request, device)
    note_seen(device, at=at)
    return JsonResponse(codec.comet_idle())


@camera_view(largest=FORM)
def comet(request: HttpRequest, device: Device, at: datetime) -> HttpResponse:
    """Hand out one waiting order for this lane, once.

    Answered at once, order or not: a poll that is held occupies one of few server threads per camera.
    One order at a time: one lift lets one car through.
    """
    _check_form(request, device)
    note_seen(device, at=at)
    commands = gates.take_commands(device, at=at, most=1)
    if not commands:
        return JsonResponse(codec.comet_idle())
    return JsonResponse(codec.comet_opening(*lane_display.after_command(commands[0])))


def _camera(key_id: str, secret: str) -> Device:
    device = prove(key_id, make=Device.Make.VZENITH, proof=_proof(secret))
    if device is None:
        raise CameraRefused(404, "not_found")
    return device


def _proof(secret: str) -> Callable[[str], bool]:
    return lambda right: hmac.compare_digest(right.encode(), secret.encode())


def _sender(refusal: CameraRefused, key_id: str, secret: str) -> Device | None:
    """Return the camera whose body was refused unread; None for a stranger, or where no database says."""
    if refusal.status in {411, 413}:
        with suppress(Error):
            return prove(key_id, make=Device.Make.VZENITH, proof=_proof(secret))
    return None


def _check_shape(request: HttpRequest, largest: int) -> None:
    if request.method != "POST":
        raise CameraRefused(405, "method_not_allowed")
    if _announced(request) > largest:
        raise CameraRefused(413, "too_large")
    if "HTTP_TRANSFER_ENCODING" in request.META:
        raise CameraRefused(411, "length_required")


def _body(request: HttpRequest) -> bytes:
    try:
        body = request.body
    except UnreadablePostError:
        body = request._body = b""  # a second attempt would raise another error
    if len(body) < _announced(request):
        raise CameraRefused(400, "incomplete")
    return body


def _picture(message: codec.Push, device: Device) -> bytes | None:
    """Return the one picture to keep: the whole one, else the plate's; none where it is too large."""
    picture = message.picture or message.plate_picture
    if picture is not None and len(picture) > pictures.LARGEST:
        count_picture_too_large(device.make)
        return None
    return picture


def _announced(request: HttpRequest) -> int:
    return announced_length(request.META) or 0


def _check_form(request: HttpRequest, device: Device) -> None:
    try:
        message = codec.read_heartbeat(request.headers.get("Content-Type", ""), _body(request))
    except codec.VzenithError:
        raise CameraRefused(400, "unreadable") from None
    _check_serial(device, message.serial)


def _check_serial(device: Device, serial: str) -> None:
    if device.serial and device.serial != serial:
        raise CameraRefused(403, "wrong_serial")


def _refuse(name: str, refusal: CameraRefused, device: Device | None) -> HttpResponse:
    count_refusal(name, refusal.code)
    log.info("refused", endpoint=name, code=refusal.code, device=device.pk if device else None)
    response = JsonResponse({"error": refusal.code}, status=refusal.status)
    if refusal.status == 405:
        response["Allow"] = "POST"
    if refusal.status == 503:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
