"""Parses the merchant's orders and refunds, as strictly as Alipay's documentation."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.alipay.simulated_alipay_keys import AlipayKeys
from sandbox.channel import SandboxRefusal
from sandbox.store import SandboxOrder, SandboxRefund

BEIJING = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"[0-9A-Za-z_]{1,64}", re.ASCII)
_AMOUNT = re.compile(r"([0-9]{1,9})\.([0-9]{2})", re.ASCII)
_SUBJECT = re.compile(r"[^/=&]{1,256}")
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_WAP = {"out_trade_no", "total_amount", "subject", "product_code", "quit_url", "time_expire", "seller_id"}
_QR = _WAP - {"product_code", "quit_url"}


def read_order(
    keys: AlipayKeys, common: Mapping[str, str], fields: Mapping[str, Any], *, wap: bool
) -> SandboxOrder:
    """Return the requested order for a page (`wap`) or a code."""
    if set(fields) - (_WAP if wap else _QR):  # rejects other fields, because they could describe a driver
        raise SandboxRefusal(400, "INVALID_PARAMETER")
    if wap and fields.get("product_code") != "QUICK_WAP_WAY":
        raise SandboxRefusal(400, "INVALID_PARAMETER")
    if fields.get("seller_id") != keys.seller_id:
        raise SandboxRefusal(400, "PARTNER_ERROR")
    return_url = _text(common, "return_url", _WEB) if wap else ""
    return SandboxOrder(
        merchant=keys.seller_id,
        number=_text(fields, "out_trade_no", _NUMBER),
        amount_fen=_fen(fields, "total_amount"),
        currency="CNY",
        expires_at=parse_time(_text(fields, "time_expire", _TIME)).isoformat(),
        description=_text(fields, "subject", _SUBJECT),
        notify_url=_text(common, "notify_url", _WEB),
        return_url=return_url,
        kind="alipay",
        identity=_text(fields, "quit_url", _WEB) if wap else "qr",
        channel_number=f"2026112422001{secrets.randbelow(10**15):015d}",
        extra={"coupon_fen": 0},
    )


def read_refund(fields: Mapping[str, Any], order: SandboxOrder) -> SandboxRefund:
    return SandboxRefund(
        merchant=order.merchant,
        number=_text(fields, "out_request_no", _NUMBER),
        payment_number=order.number,
        amount_fen=_fen(fields, "refund_amount"),
        total_fen=order.amount_fen,
        notify_url=order.notify_url,  # a refund has no notify_url of its own
    )


def parse_number(fields: Mapping[str, Any], name: str = "out_trade_no") -> str:
    return _text(fields, name, _NUMBER)


def parse_time(text: str) -> datetime:
    """Parse a time of Alipay, which is always Beijing time."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise SandboxRefusal(400, "INVALID_PARAMETER") from None


def format_time(text: str) -> str:
    """Return an ISO time in Alipay's format."""
    return f"{datetime.fromisoformat(text).astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def format_yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _fen(fields: Mapping[str, Any], name: str) -> int:
    match = _AMOUNT.fullmatch(_text(fields, name, _AMOUNT))
    assert match
    fen = int(match[1] + match[2])
    if not 1 <= fen <= 10**10:
        raise SandboxRefusal(400, "INVALID_PARAMETER")
    return fen


def _text(fields: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise SandboxRefusal(400, "INVALID_PARAMETER")
    return value
