"""Reads what the merchant asks for, as WeChat Pay's documents say it must look."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from sandbox.channel import Refusal
from sandbox.store import Order, Refund
from sandbox.wechat.keys import Keys

DEFAULT_LIFE = timedelta(days=7)
_NUMBER = re.compile(r"[0-9A-Za-z_|*-]{6,32}", re.ASCII)
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}", re.ASCII)
_MCHID = re.compile(r"[0-9]{8,10}", re.ASCII)
_OPENID = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}", re.ASCII)
_NOTIFY = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!->@-~]*)?", re.ASCII)  # without a query


def read_order(keys: Keys, asked: Mapping[str, Any], product: str, *, partner: bool) -> Order:
    """Return the order that a prepay request asks for."""
    _keep(asked, _PARTNER_FIELDS if partner else _FIELDS)
    merchant = _merchant(keys, asked, partner=partner)
    _check(asked.get("sp_appid" if partner else "appid") == keys.appid, "APPID_MCHID_NOT_MATCH")
    amount = asked.get("amount")
    _check(isinstance(amount, dict) and set(amount) <= {"total", "currency"})
    assert isinstance(amount, dict)
    _check(type(amount.get("total")) is int and amount["total"] >= 1 and amount.get("currency") == "CNY")
    return Order(
        merchant=merchant,
        number=_text(asked, "out_trade_no", _NUMBER),
        amount_fen=amount["total"],
        currency="CNY",
        expires_at=_expiry(asked),
        description=_text(asked, "description", re.compile(r".{1,127}")),
        notify_url=_text(asked, "notify_url", _NOTIFY),
        return_url="",
        kind="wechat",
        identity=_identity(asked, product),
        channel_number=f"4200{secrets.randbelow(10**24):024d}",
        extra={
            "appid": keys.appid,
            "sp_mchid": keys.mchid if partner else "",
            "trade_type": "MWEB" if product == "h5" else product.upper(),
            "openid": _openid(asked, partner=partner) if product == "jsapi" else "",
            "client_ip": _client_ip(asked) if product == "h5" else "",
            "prepay_id": f"wx{secrets.token_hex(17)}",
            "coupon_fen": 0,
        },
    )


def read_refund(asked: Mapping[str, Any], order: Order) -> Refund:
    """Return the refund of `order` that a request asks for."""
    amount = asked.get("amount")
    _check(isinstance(amount, dict))
    assert isinstance(amount, dict)
    _check(all(type(amount.get(name)) is int for name in ("refund", "total")))
    _check(amount.get("currency") == "CNY" and len(str(asked.get("reason", "")).encode()) <= 80)
    return Refund(
        merchant=order.merchant,
        number=_text(asked, "out_refund_no", _REFUND_NUMBER),
        payment_number=order.number,
        amount_fen=amount["refund"],
        total_fen=amount["total"],
        notify_url=_text(asked, "notify_url", _NOTIFY),
        identity=_identity(asked, "refund"),
        extra={
            "refund_id": f"503{secrets.randbelow(10**25):025d}",
            "created_at": datetime.now(UTC).isoformat(),
        },
    )


_FIELDS = {
    *("appid", "mchid", "description", "out_trade_no", "time_expire", "notify_url", "amount"),
    *("payer", "scene_info", "attach", "goods_tag", "limit_pay", "support_fapiao", "settle_info", "detail"),
}
_PARTNER_FIELDS = _FIELDS - {"appid", "mchid"} | {"sp_appid", "sp_mchid", "sub_mchid", "sub_appid"}


def _merchant(keys: Keys, asked: Mapping[str, Any], *, partner: bool) -> str:
    _check(asked.get("sp_mchid" if partner else "mchid") == keys.mchid, "MCH_NOT_EXISTS")
    return _text(asked, "sub_mchid", _MCHID) if partner else keys.mchid


def _expiry(asked: Mapping[str, Any]) -> str:
    if "time_expire" not in asked:
        return (datetime.now(UTC) + DEFAULT_LIFE).isoformat()
    return _text(asked, "time_expire", _TIME)


def _openid(asked: Mapping[str, Any], *, partner: bool) -> str:
    payer = asked.get("payer")
    _check(isinstance(payer, dict) and len(payer) == 1)
    assert isinstance(payer, dict)
    name = next(iter(payer))
    _check(name in ({"sp_openid", "sub_openid"} if partner else {"openid"}))
    return _text(payer, name, _OPENID)


def _client_ip(asked: Mapping[str, Any]) -> str:
    scene = asked.get("scene_info")
    _check(isinstance(scene, dict))
    assert isinstance(scene, dict)
    h5 = scene.get("h5_info")
    _check(isinstance(h5, dict) and h5.get("type") in {"Wap", "iOS", "Android"})
    try:
        return str(ip_address(str(scene.get("payer_client_ip"))))
    except ValueError:
        raise Refusal(400, "PARAM_ERROR") from None


def _identity(asked: Mapping[str, Any], product: str) -> str:
    """Return one text for all parameters: a repeat must have every one the same, the payer included."""
    text = json.dumps([product, asked], sort_keys=True).encode()
    return hashlib.sha256(text).hexdigest()


def _keep(asked: Mapping[str, Any], known: set[str]) -> None:
    _check(set(asked) <= known)


def _text(asked: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refusal(400, "PARAM_ERROR")
    return value


def _check(fine: bool, code: str = "PARAM_ERROR") -> None:
    if not fine:
        raise Refusal(400, code)
