"""Codes that change on a lane's screen: each is good for minutes, and for the car that stands there alone.

The address in the QR is that of the lane's sign with eight letters behind it: an HMAC over the sign, the car
and a window of time. A photo of the screen is worth nothing once the car has gone, a photo of the printed
sign nothing at all. Nothing is stored, and no plate can be read from the letters.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from core import hot_sql
from core.codes import LENGTH, in_letters, spelled
from lots import gates
from lots.models import Lane, PlateRead, Sign
from lots.session_facts import Probe
from lots.sign_qr import sign_address

WINDOW = 300  # seconds; a code is good in its own window and in the next
LETTERS = 8  # of 5 bits

_OF_LANE = "lane_id = %s AND kind = %s AND revoked_at IS NULL ORDER BY number DESC"


@dataclass(frozen=True)
class ShownCode:
    """What a screen shows. `valid_until` is None for a code that does not change."""

    address: str
    valid_until: datetime | None = None


def probe(lane_id: int) -> Probe:
    """Return the column `lane_sign` that has the code of the lane's sign, for `shown_at`."""
    sql = f"SELECT g.code FROM lots_sign g WHERE {_OF_LANE} LIMIT 1"  # noqa: S608
    return Probe("lane_sign", sql, (lane_id, Sign.Kind.LANE.value))


def shown_at(lane: Lane, *, at: datetime, sign_code: str | None = None) -> ShownCode | None:
    """Return the code for this lane's screen; None without a lane sign, or while no car stands there.

    `sign_code`: that of the lane's sign where it was read already, "" without one.
    """
    if sign_code is None:
        sign = hot_sql.one(Sign, _OF_LANE, [lane.pk, Sign.Kind.LANE.value])
    else:
        sign = Sign(code=sign_code) if sign_code else None
    if sign is None:
        return None
    if not changes(lane):
        return ShownCode(sign_address(sign))
    read = gates.standing(lane, at=at)
    if read is None:
        return None
    window = _window(at)
    until = datetime.fromtimestamp((window + 2) * WINDOW, UTC)
    return ShownCode(f"{sign_address(sign)}-{_letters(sign, read, window)}", until)


def changes(lane: Lane) -> bool:
    """Return whether the lane's code changes. At an entry there is no fee to protect."""
    return lane.has_screen and lane.direction != Lane.Direction.ENTRY


def is_fresh(letters: str, sign: Sign, *, at: datetime) -> bool:
    """Return whether these letters are on the screen of the sign's lane now, or were a moment ago."""
    if sign.lane is None or len(letters) != LETTERS:
        return False
    read = gates.standing(sign.lane, at=at)
    if read is None:
        return False
    window = _window(at)
    wanted = [_letters(sign, read, each) for each in (window, window - 1)]
    return any(hmac.compare_digest(letters, each) for each in wanted)


def split(text: str) -> tuple[str, str]:
    """Return the code of a sign, as it was given, and the letters behind it; "" where there are none."""
    whole = spelled(text, LENGTH + LETTERS)
    return (whole[:LENGTH], whole[LENGTH:]) if whole else (text, "")


def _letters(sign: Sign, read: PlateRead, window: int) -> str:
    """Name the car by its plate where it was read: the camera may see it again and again."""
    car = bytes(read.plate_index or b"") or b"%d" % read.pk
    message = f"{sign.code} {window} ".encode() + car
    return in_letters(hmac.digest(_key(settings.CODE_KEY), message, "sha256"), LETTERS)


def _window(at: datetime) -> int:
    return int(at.timestamp()) // WINDOW


@lru_cache(maxsize=2)
def _key(root: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"lane code").derive(root)
