"""Usual reads of devices that this process remembers, answered without Django REST framework.

A framework's request, serializer and renderer, and a statement for each step, cost three times what the read
itself does. Whatever is unusual, wrong or refused has no effect here and is left to the view
(`devices.api.device_views.ReadsView`), which answers the same byte for byte: tests ask both
(tests/devices/test_hot_reads.py).
"""

import json
import re
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.timezone import now

from core import shallow_json
from core.body_length import announced_length
from devices import request_signing
from devices.counters import count_read
from devices.request_signing import Claim
from lots.device_keys import Remembered, remembered
from lots.models import Device, DeviceNonce
from lots.plate_reads import Sighting, Verdict, record_at_once
from lots.tariffs.charging_rules import Seen

ACCEPTED = {None, "*/*", "application/json"}
FIELDS = {"read_id", "plate", "captured_at", "offline", "confidence", "vehicle_class"}
READ_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
INSTANT = re.compile(
    r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{6})?(Z|[+-][01][0-9]:[0-5][0-9])"
)
CLASSES = {seen.value: seen for seen in Seen}
LONGEST_PLATE = 32
LARGEST = 64 * 1024


def answered(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a usual read, which is recorded; None, without effect, for any other request."""
    body = _body(request)
    claim = request_signing.read_claim(request.headers) if body else None
    known = _device(request, claim, body) if body and claim else None
    sighting = _sighting(body) if known and body else None
    at = now()
    if claim is None or known is None or sighting is None or not request_signing.is_timely(claim, at):
        return None
    nonce = DeviceNonce(
        device_id=known.device.pk, nonce=claim.nonce, expires_at=request_signing.expiry(claim)
    )
    verdict = record_at_once(known, sighting, at, nonce)
    if verdict is None:
        return None
    count_read(known.device.make, verdict.read.outcome)
    response = HttpResponse(_text(verdict, at), content_type="application/json")
    response.headers["Allow"] = "POST, OPTIONS"
    response.headers["Cache-Control"] = "no-store"
    return response


def _body(request: HttpRequest) -> bytes | None:
    """Return the body of a plain request."""
    meta = request.META
    length = announced_length(meta)
    is_plain = request.method == "POST" and meta.get("CONTENT_TYPE") == "application/json"
    is_plain = is_plain and not meta.get("QUERY_STRING") and meta.get("HTTP_ACCEPT") in ACCEPTED
    if not is_plain or not length or length > LARGEST:
        return None
    try:
        return request.body
    except UnreadablePostError as stopped:  # a second attempt would raise another error
        request.stopped = stopped  # type: ignore[attr-defined]
        return None


def _device(request: HttpRequest, claim: Claim, body: bytes) -> Remembered | None:
    path = request.get_full_path()

    def is_signed(secret: str) -> bool:
        return request_signing.is_signed(claim, secret, method="POST", path=path, body=body)

    return remembered(claim.key_id, make=Device.Make.API, proof=is_signed)


def _sighting(body: bytes) -> Sighting | None:
    """Return what a body reports if each field is as most devices send it."""
    try:
        data = shallow_json.strict(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.keys() - FIELDS or data.get("offline", False) is not False:
        return None
    key, plate, instant = data.get("read_id"), data.get("plate"), data.get("captured_at")
    confidence, seen = data.get("confidence"), data.get("vehicle_class", "")
    usual = type(key) is str and bool(READ_ID.fullmatch(key)) and type(plate) is str and _is_plain(plate)
    usual = usual and (confidence is None or (type(confidence) is int and 0 <= confidence <= 100))
    usual = usual and type(instant) is str and bool(INSTANT.fullmatch(instant))
    usual = usual and type(seen) is str and (seen in CLASSES or "vehicle_class" not in data)
    if not usual:
        return None
    try:
        captured_at = datetime.fromisoformat(str(instant)).astimezone(UTC)
    except ValueError:
        return None
    return Sighting(
        str(key), str(plate), captured_at, confidence=confidence, vehicle_class=CLASSES.get(str(seen))
    )


def _is_plain(plate: str) -> bool:
    return 0 < len(plate) <= LONGEST_PLATE and plate.isprintable() and plate == plate.strip()


def _text(verdict: Verdict, at: datetime) -> str:
    command = verdict.command if verdict.opens(at) else None
    opening = None
    if command is not None:
        expires_at = command.expires_at.isoformat().removesuffix("+00:00") + "Z"
        opening = {"id": str(command.pk), "expires_at": expires_at}
    values = {
        "outcome": verdict.read.outcome,
        "open": command is not None,
        "command": opening,
        "due_fen": verdict.due_fen,
    }
    return json.dumps(values, separators=(",", ":"))
