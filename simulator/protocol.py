"""The camera's side of the Vzenith protocol: pushes, registration forms, and parsing of responses."""

import http.client
import json
from base64 import b64encode
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
PICTURE = b64encode(b"\xff\xd8\xff\xe0 not a picture \xff\xd9").decode()
BOUNDARY = "------------------------caa771fe4a61f3d9"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Record:
    """One plate recognition."""

    plate: str
    kind: int
    colour: int
    confidence: int
    plateid: int
    at: float
    trigger: int = 8
    offline: bool = False

    def as_offline(self) -> "Record":
        return replace(self, offline=True)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class CameraAnswer:
    """What the server tells the camera to do next."""

    opens: bool = False  # the barrier
    continues: bool = False  # with the next record queued during an outage


def push(record: Record, *, serial: str, name: str, old_firmware: bool) -> bytes:
    """Return the body of a push. Old firmware formats some fields differently."""
    rect = {"bottom": 674, "left": 1002, "right": 1263, "top": 565}
    result: dict[str, Any] = {
        "bright": 0,
        "carBright": 0,
        "carColor": 255,
        "car_brand": {"brand": 255, "type": 255, "year": 65535},
        "carlocation": {"RECT": dict.fromkeys(rect, 0)},
        "clean_time": 0,
        "colorType": record.colour,
        "colorValue": 0,
        "confidence": record.confidence,
        "direction": 4,
        "feature_code": True,
        "gioouts": [
            {"ctrltype": 2 if record.offline else 0, "ionum": port if old_firmware else str(port)}
            for port in range(3)
        ],
        "is_fake_plate": 0,
        "isoffline": int(record.offline),
        "license": record.plate,
        "license_ext_type": 0,
        "location": {"RECT": rect},
        "plate_distance": 0,
        "plate_true_width": 25,
        "plateid": record.plateid,
        "plates": [
            {
                "color": record.colour,
                "license": record.plate,
                "plate_width": 281,
                "pos": rect,
                "type": record.kind,
            }
        ],
        "timeStamp": {"Timeval": _time(record)},
        "timeUsed": 0,
        "triggerType": record.trigger,
        "type": record.kind,
    }
    if old_firmware:
        result["imagePath"] = "/snapshot/lpr/tri_snap_24.jpg"
    else:
        result |= {
            "imageFile": PICTURE,
            "imageFileLen": 19,
            "imageFragmentFile": "",
            "imageFragmentFileLen": 0,
        }
    alarm = {
        "channel": 0,
        "deviceName": name,
        "ipaddr": "192.168.55.131",
        "result": {"PlateResult": result},
        "rule_id": 1,
        "serialno": serial,
        "user_data": "",
    }
    return json.dumps({"AlarmInfoPlate": alarm}, ensure_ascii=False).encode()


def _time(record: Record) -> dict[str, int]:
    local = datetime.fromtimestamp(record.at, SHANGHAI)
    return {
        "decday": local.day,
        "dechour": local.hour,
        "decmin": local.minute,
        "decmon": local.month,
        "decsec": local.second,
        "decyear": local.year,
        "sec": int(record.at),
        "usec": local.microsecond,
    }


def registration(*, serial: str, name: str) -> bytes:
    """Return the form of a heartbeat or comet poll. Real cameras also send their password in it."""
    fields = {
        "device_name": name,
        "ipaddr": "192.168.55.131",
        "port": "80",
        "user_name": "admin",
        "pass_wd": "camera-password",
        "serialno": serial,
        "channel_num": "1",
    }
    parts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


def parse_response(body: bytes) -> CameraAnswer:
    """Parse a response; ignore what is not understood, as the firmware does."""
    try:
        commands = json.loads(body)["Response_AlarmInfoPlate"]
        more = commands.get("ContinuePushOffline") or {}
        return CameraAnswer(opens=commands.get("info") == "ok", continues=more.get("continue") == 1)
    except (ValueError, LookupError, TypeError, AttributeError):
        return CameraAnswer()


def post(url: str, content_type: str, body: bytes, *, timeout: float) -> bytes:
    """Post and return the response's body. Raise OSError unless there is a response with status 200."""
    parts = urlsplit(url)
    connection_class = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(connection_class(parts.netloc, timeout=timeout)) as connection:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target or "/", body, {"Content-Type": content_type})
            response = connection.getresponse()
            content = response.read()
    except http.client.HTTPException as broken:
        raise ConnectionError(type(broken).__name__) from broken
    if response.status != http.client.OK:
        raise ConnectionError(f"status {response.status}")
    return content
