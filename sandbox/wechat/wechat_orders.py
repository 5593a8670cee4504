"""Parses the merchant's orders and refunds, as strictly as WeChat Pay's documentation."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from sandbox.channel import SandboxRefusal
from sandbox.store import SandboxOrder, SandboxRefund
from sandbox.wechat.wechat_keys import WechatKeys

DEFAULT_LIFETIME = timedelta(days=7)
_NUMBER = re.compile(r"[0-9A-Za-z_|*-]{6,32}", re.ASCII)
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}", re.ASCII)
_MCHID = re.compile(r"[0-9]{8,10}", re.ASCII)
_OPENID = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}", re.ASCII)
_NOTIFY = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!->@-~]*)?", re.ASCII)  # without a query


def read_order(keys: WechatKeys, fields: Mapping[str, Any], product: str, *, partner: bool) -> SandboxOrder:
    """Return the order of a prepay request."""
    _check_known(fields, _PARTNER_FIELDS if partner else _FIELDS)
    merchant = _merchant(keys, fields, partner=partner)
    _check(fields.get("sp_appid" if partner else "appid") == keys.appid, "APPID_MCHID_NOT_MATCH")
    amount = fields.get("amount")
    _check(isinstance(amount, dict) and set(amount) <= {"total", "currency"})
    assert isinstance(amount, dict)
    _check(type(amount.get("total")) is int and amount["total"] >= 1 and amount.get("currency") == "CNY")
    return SandboxOrder(
        merchant=merchant,
        number=_text(fields, "out_trade_no", _NUMBER),
        amount_fen=amount["total"],
        currency="CNY",
        expires_at=_expiry(fields),
        description=_text(fields, "description", re.compile(r".{1,127}")),
        notify_url=_text(fields, "notify_url", _NOTIFY),
        return_url="",
        kind="wechat",
        identity=_identity(fields, product),
        channel_number=f"4200{secrets.randbelow(10**24):024d}",
        extra={
            "appid": keys.appid,
            "sp_mchid": keys.mchid if partner else "",
            "trade_type": "MWEB" if product == "h5" else product.upper(),
            "openid": _openid(fields, partner=partner) if product == "jsapi" else "",
            "client_ip": _client_ip(fields) if product == "h5" else "",
            "prepay_id": f"wx{secrets.token_hex(17)}",
            "coupon_fen": 0,
        },
    )


def read_refund(fields: Mapping[str, Any], order: SandboxOrder) -> SandboxRefund:
    """Return the requested refund of `order`."""
    amount = fields.get("amount")
    _check(isinstance(amount, dict))
    assert isinstance(amount, dict)
    _check(all(type(amount.get(name)) is int for name in ("refund", "total")))
    _check(amount.get("currency") == "CNY" and len(str(fields.get("reason", "")).encode()) <= 80)
    return SandboxRefund(
        merchant=order.merchant,
        number=_text(fields, "out_refund_no", _REFUND_NUMBER),
        payment_number=order.number,
        amount_fen=amount["refund"],
        total_fen=amount["total"],
        notify_url=_text(fields, "notify_url", _NOTIFY),
        identity=_identity(fields, "refund"),
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


def _merchant(keys: WechatKeys, fields: Mapping[str, Any], *, partner: bool) -> str:
    _check(fields.get("sp_mchid" if partner else "mchid") == keys.mchid, "MCH_NOT_EXISTS")
    return _text(fields, "sub_mchid", _MCHID) if partner else keys.mchid


def _expiry(fields: Mapping[str, Any]) -> str:
    if "time_expire" not in fields:
        return (datetime.now(UTC) + DEFAULT_LIFETIME).isoformat()
    return _text(fields, "time_expire", _TIME)


def _openid(fields: Mapping[str, Any], *, partner: bool) -> str:
    payer = fields.get("payer")
    _check(isinstance(payer, dict) and len(payer) == 1)
    assert isinstance(payer, dict)
    name = next(iter(payer))
    _check(name in ({"sp_openid", "sub_openid"} if partner else {"openid"}))
    return _text(payer, name, _OPENID)


def _client_ip(fields: Mapping[str, Any]) -> str:
    scene = fields.get("scene_info")
    _check(isinstance(scene, dict))
    assert isinstance(scene, dict)
    h5 = scene.get("h5_info")
    _check(isinstance(h5, dict) and h5.get("type") in {"Wap", "iOS", "Android"})
    try:
        return str(ip_address(str(scene.get("payer_client_ip"))))
    except ValueError:
        raise SandboxRefusal(400, "PARAM_ERROR") from None


def _identity(fields: Mapping[str, Any], product: str) -> str:
    """Return a digest of all parameters, payer included; a repeated request must have the same."""
    text = json.dumps([product, fields], sort_keys=True).encode()
    return hashlib.sha256(text).hexdigest()


def _check_known(fields: Mapping[str, Any], known: set[str]) -> None:
    _check(set(fields) <= known)


def _text(fields: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise SandboxRefusal(400, "PARAM_ERROR")
    return value


def _check(valid: bool, code: str = "PARAM_ERROR") -> None:
    if not valid:
        raise SandboxRefusal(400, code)
