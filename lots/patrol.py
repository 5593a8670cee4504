"""The patrol: each sign of a lot is looked at by its code, and what is wrong becomes an alarm (巡检).

A sign is due `EVERY` after it was last seen, or printed. A scanned code is looked up like a driver's, so a
forged sticker over a sign is found: its code is not ours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from core import hooks
from lots.models import Lot, Sign, SignAlarm, SignEvent
from lots.sign_register import RevokedCode, UnknownCode, find_sign

if TYPE_CHECKING:
    from django.contrib.auth.models import User

EVERY = timedelta(days=7)
ROUND = timedelta(hours=2)  # what was seen in this time belongs to the round that is under way
AGAIN = timedelta(minutes=5)  # a second scan of one sign is the same look
LONGEST = 600  # characters of a code
Kind = SignAlarm.Kind
_PATH = re.compile(r"/p/([0-9a-z -]{1,40})/?", re.IGNORECASE)


@dataclass(frozen=True)
class PatrolLine:
    """A sign with when it was last seen, when it is due, and whether this round has seen it."""

    sign: Sign
    seen_at: datetime | None
    due_at: datetime
    is_due: bool
    is_done: bool


@dataclass(frozen=True)
class Scanned:
    """A scanned code: the sign that it belongs to, a member sign, or an alarm."""

    sign: Sign | None = None
    member: str = ""  # number of a member sign
    alarm: SignAlarm | None = None
    text: str = ""  # of the code behind an alarm, to name its place afterwards; stored nowhere


def lines_of(lot: Lot, *, at: datetime) -> list[PatrolLine]:
    """Return the signs that are in use and printed, those that are due first."""
    seen = Max("events__at", filter=Q(events__kind=SignEvent.Kind.SEEN))
    signs = lot.signs.in_use().select_related("lane").annotate(seen_at=seen)
    lines = [_line(sign, getattr(sign, "seen_at", None), at) for sign in signs]
    return sorted(lines, key=lambda line: (line.is_done, line.due_at, line.sign.number))


def _line(sign: Sign, seen_at: datetime | None, at: datetime) -> PatrolLine:
    since = max((each for each in (seen_at, sign.printed_at) if each), default=None)
    due_at = since + EVERY if since else at
    return PatrolLine(sign, seen_at, due_at, due_at <= at, seen_at is not None and seen_at > at - ROUND)


def open_alarms(lots: Iterable[int]) -> QuerySet[SignAlarm]:
    """Return the open alarms."""
    rows = SignAlarm.objects.filter(lot__in=lots, handled_at=None)
    return rows.select_related("lot", "sign", "by").order_by("at")


def scan(lot: Lot, text: str, *, by: "User", at: datetime, near: Sign | None = None) -> Scanned:
    """Record what a code on the spot is; `near` is the sign at which the patrol stands, if given.

    The same finding within `AGAIN` is recorded once.
    """
    text = text.strip()[:LONGEST]
    if number := _member_number(lot, text):
        return Scanned(member=number)
    code = _code_of(text)
    try:
        sign = find_sign(code) if code else None
    except UnknownCode:
        sign = None
    except RevokedCode as revoked:
        return Scanned(alarm=raise_alarm(lot, Kind.REVOKED, by=by, at=at, sign=revoked.sign))
    if sign is None:
        alarm = raise_alarm(lot, Kind.FOREIGN, by=by, at=at, sign=near, found=_host(text))
        return Scanned(alarm=alarm, text=text)
    if sign.lot_id != lot.pk:
        return Scanned(alarm=raise_alarm(lot, Kind.ELSEWHERE, by=by, at=at, sign=near), text=text)
    if not sign.events.filter(kind=SignEvent.Kind.SEEN, at__gt=at - AGAIN).exists():
        SignEvent.objects.create(sign=sign, kind=SignEvent.Kind.SEEN, at=at, by=by)
    return Scanned(sign=sign)


def raise_alarm(
    lot: Lot, kind: str, *, by: "User", at: datetime, sign: Sign | None = None, found: str = ""
) -> SignAlarm:
    """Record that something is wrong; the same thing that is open already is not recorded twice.

    Where the place is given now, one that this person recorded within `AGAIN` without a place gets it.
    """
    opened = SignAlarm.objects.filter(lot=lot, kind=kind, found=found, handled_at=None)
    if known := opened.filter(sign=sign).first():
        return known
    placeless = opened.filter(sign=None, by=by, at__gt=at - AGAIN).first()
    if sign is not None and placeless is not None:
        placeless.sign = sign
        placeless.save(update_fields=["sign"])
        return placeless
    return SignAlarm.objects.create(lot=lot, kind=kind, sign=sign, found=found, at=at, by=by)


def handle(alarm: SignAlarm, *, by: "User", done: str, at: datetime) -> bool:
    """Close an alarm with what was done; False if it was closed already."""
    left = SignAlarm.objects.filter(pk=alarm.pk, handled_at=None)
    return bool(left.update(handled_at=at, handled_by=by, done=done[:200]))


def _code_of(text: str) -> str:
    """Return the code in an address of ours, or nothing: a sign leads to our host and nowhere else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    own = urlsplit(settings.PUBLIC_URL)
    is_ours = (parts.scheme.lower(), parts.netloc.lower()) == (own.scheme.lower(), own.netloc.lower())
    found = _PATH.fullmatch(parts.path) if is_ours else None
    return found[1] if found else ""


def _host(text: str) -> str:
    """Return as much of a foreign code as helps to find it: the host of a page, else the scheme."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    name = (parts.hostname or "") if parts.scheme in {"http", "https"} else parts.scheme
    return name[:100] if re.fullmatch(r"[a-z0-9.:-]+", name, re.IGNORECASE) else ""


def _member_number(lot: Lot, text: str) -> str:
    rows = (row for app in hooks.registered() for row in app.patrol_rows(lot))
    return next((row["number"] for row in rows if row["address"].upper() == text.upper()), "")
