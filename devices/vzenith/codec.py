"""Messages of 臻识 (Vzenith) cameras and answers to them. Pure: no database, no clock, no request.

Written from the maker's own description of its HTTP push. Its samples are not all alike (numbers as
strings, `imagePath` for `imageFile`, old firmware without `plateid`), so a field that is missing or unsound
loses no car: only a body that holds no recognition is refused. Errors name a field, never its content.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import unquote_plus

from core import shallow_json
from core.errors import ParkingError
from lots.plates import visible
from lots.tariffs.charging_rules import Seen

type Answer = dict[str, dict[str, Any]]

UNREAD = frozenset({"", "_无_"})
NOT_A_PLATE = frozenset({30, 31})  # a badge (车标), no plate at all (无牌车)
LONGEST_PLATE = 32  # code points; no plate in use has more than ten
RELAYS = range(4)
STAY_SHUT = {"info": "no", "content": "retransfer_stop", "is_pay": "false"}

SERIAL = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# Every repetition is bounded, so that no body, however it is made, takes long to search.
FORM_SERIAL = re.compile(
    rb'name="? {0,2}serialno {0,2}"?[^\r\n]{0,99}\r?\n(?:[^\r\n]{1,99}\r?\n){0,4}\r?\n([^\r\n]{0,99})'
)
QUERY_SERIAL = re.compile(rb"(?:\A|&)serialno=([^&\r\n]{0,99})")


# What the maker's tables of plate types and, where the type is unknown, of colours say of the vehicle.
# Yellow is large: it may be a motorcycle too, which a lane for cars hardly sees. A kind that the plate's own
# text tells (police, 港, 学) says nothing here.
BY_TYPE = {
    1: Seen.SMALL,  # blue
    2: Seen.SMALL,  # black
    3: Seen.LARGE,  # yellow, one row
    4: Seen.LARGE,  # yellow, two rows
    19: Seen.NEW_ENERGY,
    20: Seen.LARGE,  # new energy, yellow and green: that it is new energy its plate says
}
BY_COLOUR = {1: Seen.SMALL, 2: Seen.LARGE, 5: Seen.NEW_ENERGY, 6: Seen.LARGE}
UNKNOWN_TYPE = 0


class VzenithError(ParkingError):
    """The camera sent something that cannot be what it claims to be."""

    code = "vzenith_unreadable"


@dataclass(frozen=True, slots=True)
class Push:
    """One recognition (车牌识别结果). Codes are the maker's: see its tables of types, colours, triggers."""

    serial: str
    plate_id: int | None
    plate: str | None = field(repr=False)
    captured_at: datetime | None  # None: no time that can be one
    offline: bool | None  # None: it does not tell
    confidence: int | None
    colour: int
    plate_type: int
    picture: bytes | None = field(default=None, repr=False)
    plate_picture: bytes | None = field(default=None, repr=False)

    @property
    def vehicle_class(self) -> Seen | None:
        """The vehicle class by the plate's type, or by its colour without one; None if neither tells."""
        if self.plate_type == UNKNOWN_TYPE:
            return BY_COLOUR.get(self.colour)
        return BY_TYPE.get(self.plate_type)

    @property
    def key(self) -> str:
        """The same for each copy of one record, and for no other car.

        A copy carries the same time. `plateid` alone would not do, although the maker says so: it starts
        again when the camera restarts, and a real car would be swallowed as a copy of an old one. It has to
        do where there is no time; "" where that is missing too.
        """
        if self.captured_at is None:
            return "" if self.plate_id is None else f"{self.plate_id}-untimed"
        second = int(self.captured_at.timestamp())
        if self.plate_id is None:
            return f"{second}.{self.captured_at.microsecond:06}"
        return f"{self.plate_id}-{second}"


@dataclass(frozen=True, slots=True)
class CameraHeartbeat:
    """A camera is there, and waits for an answer if it polls (comet sends the same form)."""

    serial: str


def read_push(body: bytes, *, images: bool = False) -> Push:
    """Read one `AlarmInfoPlate`; pictures are left behind unless wanted.

    Only the recognition itself counts: `plates` lists every plate in the picture, so also those of
    cars that merely stand near, and they go no further than this function.
    """
    alarm = _object(_json(body), "AlarmInfoPlate")
    result = _object(_object(alarm, "result"), "PlateResult")
    plate_type = _if_sound(result, "type", most=0xFFFF) or 0
    return Push(
        serial=_serial_if_sound(alarm.get("serialno")),
        plate_id=_if_sound(result, "plateid", most=2**63 - 1),
        plate=_plate(result, plate_type),
        captured_at=_time(result.get("timeStamp")),
        offline=_flag(result.get("isoffline")),
        confidence=_if_sound(result, "confidence", most=100, otherwise=0),
        colour=_if_sound(result, "colorType", most=0xFFFF) or 0,
        plate_type=plate_type,
        picture=_picture(result, "imageFile") if images else None,
        plate_picture=_picture(result, "imageFragmentFile") if images else None,
    )


def read_heartbeat(content_type: str, body: bytes) -> CameraHeartbeat:
    """Find the serial number in a registration form, and nothing else.

    The form carries the camera's own user name and password in clear. So it is searched, not parsed:
    no field but `serialno` ever becomes a value of its own.
    """
    multipart = content_type.lstrip().lower().startswith("multipart/")
    found = (FORM_SERIAL if multipart else QUERY_SERIAL).search(body)
    if not found:
        raise VzenithError("serialno")
    serial = found[1].decode("ascii", "replace")
    return CameraHeartbeat(_serial((serial if multipart else unquote_plus(serial)).strip()))


def opened(push: Push, *extras: Mapping[str, Any], relay: int = 0) -> Answer:
    """Lift the barrier for the car in this read.

    A record replayed after an outage is only acknowledged, whatever was asked: its car is long gone.
    """
    if push.offline:
        return acknowledged(push, *extras)
    return _answer(_open(relay), _echo(push), *extras)


def acknowledged(push: Push, *extras: Mapping[str, Any]) -> Answer:
    """Return the answer for a read: received, do not open, do not send again.

    After an offline record the camera sends the next one only if the answer says to continue.
    """
    return _answer(STAY_SHUT, _echo(push), *extras)


def unreadable() -> Answer:
    """Answer what could not be read: do not open, do not send it again, go on with what waits behind it."""
    return _answer(STAY_SHUT, _go_on(0))


def comet_opening(*extras: Mapping[str, Any], relay: int = 0) -> Answer:
    """Answer a waiting poll: lift the barrier now. The only way to open after the read was answered."""
    return _answer(_open(relay), *extras)


def comet_idle(*extras: Mapping[str, Any]) -> Answer:
    """Answer a waiting poll: nothing to open. The camera asks again at once."""
    return _answer(*extras)


def voice(text: str, *, encoding: Literal["utf-8", "gbk"] = "utf-8") -> dict[str, Any]:
    """Return the message that makes the lane speak; older speakers want GBK."""
    message = {"type": "ps_voice_play", "voice": _base64(text, encoding), "voice_interval": 0}
    return {"playserver_json_request": message | {"voice_volume": 100, "voice_male": 1}}


def screen(*lines: str, qr: str | None = None) -> dict[str, Any]:
    """Show these lines on the lane's display, with a code (动态二维码) above them if `qr` is given."""
    body: dict[str, Any] = {"scene_name": _base64("busy_half"), "custom": [_base64(line) for line in lines]}
    if qr is not None:
        body["qrcode_text"] = qr
    return {"module": "AD_CONFIG_REQUESTION", "type": "ad_push_message", "reply_url": "", "body": body}


def _answer(*parts: Mapping[str, Any]) -> Answer:
    return {"Response_AlarmInfoPlate": {key: value for part in parts for key, value in part.items()}}


def _open(relay: int) -> dict[str, Any]:
    if relay not in RELAYS:
        raise ValueError("a camera has relays 0 to 3")
    return {"info": "ok", "content": "retransfer_stop", "is_pay": "true", "channelNum": relay}


def _echo(push: Push) -> dict[str, Any]:
    if push.offline:
        return _go_on(push.plate_id or 0)
    return {} if push.plate_id is None else {"plateid": push.plate_id}


def _go_on(plate_id: int) -> dict[str, Any]:
    return {"ContinuePushOffline": {"plateid": plate_id, "continue": 1}}


def _base64(text: str, encoding: str = "utf-8") -> str:
    return b64encode(text.encode(encoding)).decode()


def _json(body: bytes) -> Any:
    """Return what is in a body, which a camera may be set to write in GB 2312."""
    # Raised outside of the handler: the decoder's own error carries the whole body and would be chained.
    body = body.rstrip(b"\0 \r\n")  # firmware sends the end of its text as well
    for encoding, errors in (("utf-8-sig", "strict"), ("gb18030", "strict"), ("utf-8-sig", "replace")):
        with suppress(ValueError, RecursionError):
            return shallow_json.loads(body.decode(encoding, errors), strict=False)  # base64 in lines
    raise VzenithError("not JSON")


def _object(parent: Any, key: str) -> dict[str, Any]:
    value = parent.get(key) if isinstance(parent, dict) else None
    if not isinstance(value, dict):
        raise VzenithError(key)
    return value


def _number(parent: dict[str, Any], key: str, *, most: int) -> int | None:
    value = parent.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)  # `ionum` shows that some firmware writes numbers as strings
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= most:
        raise VzenithError(key)
    return value


def _if_sound(parent: dict[str, Any], key: str, *, most: int, otherwise: int | None = None) -> int | None:
    """Return the number as `_number` does; `otherwise` where it is none."""
    try:
        return _number(parent, key, most=most)
    except VzenithError:
        return otherwise


def _serial(value: Any) -> str:
    if not isinstance(value, str) or not SERIAL.fullmatch(value):
        raise VzenithError("serialno")
    return value


def _serial_if_sound(value: Any) -> str:
    """Return the serial number; "" for none, which no camera that is enrolled with its own may send."""
    value = str(value) if type(value) is int else value
    return value if isinstance(value, str) and SERIAL.fullmatch(value) else ""


def _flag(value: Any) -> bool | None:
    """Return yes or no as firmware writes it: 1, "1", true, "true". Missing is no; anything else is None."""
    text = "" if value is None else str(value).strip().lower()
    return True if text in {"1", "true"} else False if text in {"0", "false", ""} else None


def _plate(result: dict[str, Any], plate_type: int) -> str | None:
    """Return the plate as the camera spells it; None if it read none, or wrote what cannot be one."""
    text = result.get("license")
    text = visible(text).strip() if isinstance(text, str) else ""
    is_none = text in UNREAD or len(text) > LONGEST_PLATE or plate_type in NOT_A_PLATE
    return None if is_none else text


def _time(stamp: Any) -> datetime | None:
    """`sec` counts from the epoch; the `dec*` fields are the camera's local time and may disagree."""
    value = stamp.get("Timeval") if isinstance(stamp, dict) else None
    value = value if isinstance(value, dict) else {}
    seconds = _if_sound(value, "sec", most=2**32 - 1)
    micros = _if_sound(value, "usec", most=999_999) or 0
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)


def _picture(result: dict[str, Any], key: str) -> bytes | None:
    """Return the picture, or none if it is broken: the read counts all the same."""
    value = result.get(key)
    with suppress(ValueError):
        return b64decode("".join(value.split()), validate=True) if isinstance(value, str) and value else None
    return None
