"""Alipay's yuan and Beijing times as integer fen and UTC, and back. Nothing here ever is a float.

As in `fields`, each reader raises `ValueError` with the field's name, never with its value.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from payments.providers import message_fields

BEIJING = timezone(timedelta(hours=8))  # all year; Alipay's clock wherever our server stands
DEAREST_FEN = 100_000_000 * 100  # the most that Alipay takes in one order
_YUAN = re.compile(r"(-?)(0|[1-9][0-9]{0,9})(?:\.([0-9]{1,2}))?", re.ASCII)
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?", re.ASCII)


def yuan(amount_fen: int) -> str:
    """Return the amount as Alipay wants it: `1205` is `12.05`."""
    if type(amount_fen) is not int or not 0 < amount_fen <= DEAREST_FEN:
        raise ValueError("amount_fen")
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def fen_of(text: str) -> int:
    """Return the fen of a yuan text such as `12.05`, `0.1` or `-3`; no exponent, comma, space or plus."""
    if not (read := _YUAN.fullmatch(text)):
        raise ValueError("yuan")
    sign, whole, cents = read.groups()
    amount = int(whole) * 100 + int((cents or "").ljust(2, "0"))
    return -amount if sign else amount


def fen(message: Mapping[str, Any], name: str) -> int:
    """Return a positive amount of yuan in fen."""
    amount = fen_of(message_fields.text(message, name, _YUAN))
    if amount <= 0:
        raise ValueError(name)
    return amount


def beijing(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def moment(message: Mapping[str, Any], name: str) -> datetime:
    return (
        datetime.fromisoformat(message_fields.text(message, name, _TIME))
        .replace(tzinfo=BEIJING)
        .astimezone(UTC)
    )


def moment_if_any(message: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time, or None where the field is missing or empty. A damaged one is still refused."""
    return moment(message, name) if message.get(name) not in {None, ""} else None
