"""Devices as they call: signed requests, and a camera with its addresses."""

import json
import secrets
import time
from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from devices.request_signing import signed_headers
from lots.models import Device
from tests.devices.test_vzenith_codec import FORM, FORM_TYPE, SAMPLE, form

PLATE = "沪A12345"


def secret_of(device: Device) -> str:
    """The factory gives device `key7` the secret `secret7`."""
    return device.key_id.replace("key", "secret")


def call(
    device: Device,
    path: str,
    message: Any = None,
    *,
    method: str = "POST",
    secret: str | None = None,
    body: bytes | None = None,
    content_type: str = "application/json",
    timestamp: int | None = None,
    nonce: str | None = None,
    **headers: str,
) -> Any:
    """Send one signed request to the API; `message` becomes its JSON body."""
    path = f"/api/v1/{path}"
    if body is None:
        body = b"" if message is None else json.dumps(message).encode()
    signed = signed_headers(
        device.key_id,
        secret_of(device) if secret is None else secret,
        method=method,
        path=path,
        body=body,
        timestamp=int(time.time()) if timestamp is None else timestamp,
        nonce=nonce or secrets.token_urlsafe(12),
    )
    client = Client(raise_request_exception=False)
    return client.generic(method, path, body, content_type, headers={**signed, **headers})


def read(at: datetime, **changes: Any) -> dict[str, Any]:
    return {"read_id": secrets.token_hex(8), "plate": PLATE, "captured_at": at.isoformat(), **changes}


def code(response: Any) -> str:
    return str(response.json()["errors"][0]["code"])


def address(device: Device, endpoint: str, *, key_id: str = "", secret: str = "") -> str:
    return reverse(f"device:vzenith-{endpoint}", args=[key_id or device.key_id, secret or secret_of(device)])


def alarm(device: Device, at: datetime, *, plate: str = PLATE, plate_id: int = 1, **fields: Any) -> bytes:
    """One push of this camera, as the maker's sample has it."""
    answer = json.loads(json.dumps(SAMPLE))
    answer["AlarmInfoPlate"]["serialno"] = device.serial
    result = answer["AlarmInfoPlate"]["result"]["PlateResult"]
    stamp = {"Timeval": {"sec": int(at.timestamp()), "usec": at.microsecond}}
    result.update({"license": plate, "plateid": plate_id, "timeStamp": stamp, "type": 1, **fields})
    return json.dumps(answer, ensure_ascii=False).encode()


def push(device: Device, body: bytes, **place: str) -> Any:
    client = Client(raise_request_exception=False)
    return client.generic("POST", address(device, "push", **place), body, "application/json")


def poll(device: Device, endpoint: str, **place: str) -> Any:
    """A heartbeat, or a poll for orders (comet): both send the same form, password included."""
    client = Client(raise_request_exception=False)
    body = form({**FORM, "serialno": device.serial})
    return client.generic("POST", address(device, endpoint, **place), body, FORM_TYPE)


def opens(response: Any) -> bool:
    return bool(response.json()["Response_AlarmInfoPlate"].get("info") == "ok")
