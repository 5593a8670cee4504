"""Reads what the merchant asks for, as Alipay's documents say it must look."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.alipay.keys import Keys
from sandbox.channel import Refusal
from sandbox.store import Order, Refund

BEIJING = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_AMOUNT = re.compile(r"([0-9]{1,9})\.([0-9]{2})", re.ASCII)
_SUBJECT = re.compile(r"[^/=&]{1,256}")
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_WAP = {"out_trade_no", "total_amount", "subject", "product_code", "quit_url", "time_expire", "seller_id"}
_QR = _WAP - {"product_code", "quit_url"}


def read_order(keys: Keys, common: Mapping[str, str], asked: Mapping[str, Any], *, wap: bool) -> Order:
    """Return the order that a page or a code is asked for."""
    if set(asked) - (_WAP if wap else _QR):  # what else could be said of a driver is not wanted
        raise Refusal(400, "INVALID_PARAMETER")
    if wap and asked.get("product_code") != "QUICK_WAP_WAY":
        raise Refusal(400, "INVALID_PARAMETER")
    if asked.get("seller_id") != keys.seller_id:
        raise Refusal(400, "PARTNER_ERROR")
    back = _text(common, "return_url", _WEB) if wap else ""
    return Order(
        merchant=keys.seller_id,
        number=_text(asked, "out_trade_no", _NUMBER),
        amount_fen=_fen(asked, "total_amount"),
        currency="CNY",
        expires_at=moment(_text(asked, "time_expire", _TIME)).isoformat(),
        description=_text(asked, "subject", _SUBJECT),
        notify_url=_text(common, "notify_url", _WEB),
        return_url=back,
        kind="alipay",
        identity=_text(asked, "quit_url", _WEB) if wap else "qr",
        channel_number=f"2026112422001{secrets.randbelow(10**15):015d}",
        extra={"coupon_fen": 0},
    )


def read_refund(asked: Mapping[str, Any], order: Order) -> Refund:
    return Refund(
        merchant=order.merchant,
        number=_text(asked, "out_request_no", _NUMBER),
        payment_number=order.number,
        amount_fen=_fen(asked, "refund_amount"),
        total_fen=order.amount_fen,
        notify_url=order.notify_url,  # a refund has no address of its own
    )


def number(asked: Mapping[str, Any], name: str = "out_trade_no") -> str:
    return _text(asked, name, _NUMBER)


def moment(text: str) -> datetime:
    """Return a time of Alipay's, which is always Beijing's."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Refusal(400, "INVALID_PARAMETER") from None


def beijing(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _fen(asked: Mapping[str, Any], name: str) -> int:
    match = _AMOUNT.fullmatch(_text(asked, name, _AMOUNT))
    assert match
    fen = int(match[1] + match[2])
    if not 1 <= fen <= 10**10:
        raise Refusal(400, "INVALID_PARAMETER")
    return fen


def _text(asked: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refusal(400, "INVALID_PARAMETER")
    return value
