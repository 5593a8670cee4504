"""Authentication of the device API: signed requests only, each of them once."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from devices import request_signing
from devices.api.api_errors import ClockSkew, DeviceNotProven, Replayed
from devices.request_signing import Claim
from lots.device_keys import prove
from lots.models import Device, DeviceNonce
from lots.setup import device_troubles


class SignedRequest(BaseAuthentication):
    """`request.auth` becomes the device. See `devices.request_signing` for what is signed.

    A missing header, an unknown or revoked key and a wrong signature get the same answer. Only who has the
    secret learns that its clock is wrong, or that the request came before.
    """

    def authenticate(self, request: Request) -> tuple[None, Device]:
        claim = request_signing.read_claim(request.headers)
        if claim is None:
            raise DeviceNotProven
        device = prove(
            claim.key_id, make=Device.Make.API, proof=lambda secret: _is_signed(claim, secret, request)
        )
        if device is None:
            raise DeviceNotProven
        at = now()
        if not request_signing.is_timely(claim, at):
            device_troubles.note(device, "clock_skew", at=at)
            raise ClockSkew
        _use_once(device, claim)
        return None, device

    def authenticate_header(self, _request: Request) -> str:
        return "PureCode-HMAC-SHA256"


class IsDevice(BasePermission):
    def has_permission(self, request: Request, _view: Any) -> bool:
        return isinstance(request.auth, Device)


def _is_signed(claim: Claim, secret: str, request: Request) -> bool:
    if stopped := getattr(request._request, "stopped", None):  # see `hot_reads`
        raise stopped
    path = request._request.get_full_path()
    return request_signing.is_signed(claim, secret, method=str(request.method), path=path, body=request.body)


def _use_once(device: Device, claim: Claim) -> None:
    """Remember the nonce for as long as its time stamp would be accepted."""
    try:
        with transaction.atomic():
            DeviceNonce.objects.create(
                device=device, nonce=claim.nonce, expires_at=request_signing.expiry(claim)
            )
    except IntegrityError:
        device_troubles.note(device, "replayed", at=now())
        raise Replayed from None


class SignedRequestScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The four headers as OpenAPI security schemes."""

    target_class = SignedRequest
    name = ["key", "timestamp", "nonce", "signature"]
    HEADERS = (
        (request_signing.KEY, "The device's key id."),
        (request_signing.TIMESTAMP, "Unix seconds, at most 600 away from the server's."),
        (
            request_signing.NONCE,
            "8 to 64 letters, digits, - or _; a new one for each request, for a retry too.",
        ),
        (
            request_signing.SIGNATURE,
            "Hexadecimal HMAC-SHA256 under the device's secret over method, path, time stamp, nonce and "
            "hexadecimal SHA-256 of the body, joined by line feeds.",
        ),
    )

    def get_security_definition(self, _auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "apiKey", "in": "header", "name": name, "description": description}
            for name, description in self.HEADERS
        ]
