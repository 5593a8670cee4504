"""Errors of the device API: each has a stable code and a sentence, and repeats nothing of the request."""

import time
import traceback
from pathlib import Path
from typing import Any

import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import UnreadablePostError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from core.database import is_unusable
from core.errors import ParkingError
from devices.counters import count_refusal

log = structlog.get_logger("api")


class DeviceNotProven(exceptions.AuthenticationFailed):
    default_detail = "The request is not signed by a device that we know."


class ClockSkew(exceptions.AuthenticationFailed):
    default_code = "clock_skew"
    default_detail = "The time stamp is too far from the server's time. Set the clock, then sign again."


class Replayed(exceptions.AuthenticationFailed):
    default_code = "replayed"
    default_detail = "This nonce was used before. Sign each request again, also a retry."


class LengthRequired(exceptions.APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "The body is sent in chunks. Send it whole, with a Content-Length."


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body is larger than 64 KB."


class NotJson(exceptions.UnsupportedMediaType):
    """The request is not JSON. The message does not repeat the type that was sent."""

    def __init__(self) -> None:
        exceptions.APIException.__init__(self, "Send application/json.")


class Unavailable(exceptions.APIException):
    """Nothing was recorded. `wait` becomes the Retry-After header."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "Nothing was recorded. Sign the same request again and send it in a moment."
    wait = 5


class ApiErrorHandler(ExceptionHandler):
    """Turns known failures into answers, and counts and logs them without their content."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if is_unusable(exc):
            return Unavailable()
        if isinstance(exc, ParkingError):  # the lot is not set up: the device must keep its record
            return Unavailable(code=exc.code)
        if isinstance(exc, exceptions.UnsupportedMediaType):
            return NotJson()
        if isinstance(exc, (BadRequest, SuspiciousOperation)):  # Django's limits, of a query for example
            return exceptions.ParseError("The request has too many parts, or is malformed.")
        if isinstance(exc, UnreadablePostError):
            return exceptions.ParseError("The body ended early. Sign the request again and send it.")
        return super().convert_known_exceptions(exc)

    def report_exception(self, exc: exceptions.APIException, response: Response) -> None:
        code = response.data["errors"][0]["code"]
        count_refusal("api", code)
        if isinstance(exc, Unavailable):
            log.warning("unavailable", code=code, error=type(self.exc).__name__)
            return
        device = getattr(self.context.get("request"), "_auth", None)  # `auth` would authenticate, and read
        log.info("refused", code=code, status=exc.status_code, device=device.pk if device else None)
        if exc.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
            log.error("bug", error=type(self.exc).__name__, where=_where(self.exc))
        super().report_exception(exc, response)


def _where(error: Exception) -> list[str]:
    """Return the innermost lines of the traceback; the message may contain parts of the request."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]


class Formatter(ExceptionFormatter):
    """Adds the server's time to errors that a wrong clock caused."""

    def format_error_response(self, error_response: ErrorResponse) -> Any:
        data = super().format_error_response(error_response)
        return data | {"server_time": int(time.time())} if isinstance(self.exc, ClockSkew) else data
