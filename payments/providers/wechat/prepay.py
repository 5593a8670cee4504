"""Prepay (下单): what an order looks like to WeChat, and what its bridge needs to open the cashier.

A repeat must be equal in every parameter, the openid included; so nothing here depends on the time. The
fields for the merchant's own notes (attach, detail, goods_tag, device_id) stay unused: they would travel.
"""

import re
import secrets
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from payments.providers.contract import Order, Payer, ProviderRefused, Scene
from payments.providers.wechat.wechat_config import BEIJING, WechatConfig
from payments.providers.wechat.wechat_signing import sign

_OPENID = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)


def prepay(config: WechatConfig, order: Order, payer: Payer) -> dict[str, Any]:
    """Return the body that asks for `order`, started where the payer's page runs."""
    return {
        **_parties(config),
        "description": order.description,
        "out_trade_no": order.number,
        "time_expire": order.expires_at.astimezone(BEIJING).isoformat(timespec="seconds"),
        "notify_url": order.notify_url,
        "amount": {"total": order.amount_fen, "currency": order.currency},
        **_scene(config, payer),
    }


def bridge(config: WechatConfig, prepay_id: str, at: datetime) -> dict[str, str]:
    """Return what `getBrandWCPayRequest` takes, signed: the payer's phone shows this to WeChat."""
    timestamp, nonce, package = str(int(at.timestamp())), secrets.token_hex(16), f"prepay_id={prepay_id}"
    return {
        "appId": config.payer_app,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": sign(config.private_key, config.payer_app, timestamp, nonce, package),
    }


def _parties(config: WechatConfig) -> dict[str, str]:
    if not config.sub_mchid:
        return {"appid": config.appid, "mchid": config.mchid}
    parties = {"sp_appid": config.appid, "sp_mchid": config.mchid, "sub_mchid": config.sub_mchid}
    return parties | ({"sub_appid": config.sub_appid} if config.sub_appid else {})


def _scene(config: WechatConfig, payer: Payer) -> dict[str, Any]:
    if payer.scene is Scene.WECHAT:
        if not _OPENID.fullmatch(payer.openid):
            raise ProviderRefused("no_openid")
        return {"payer": {_openid_name(config): payer.openid}}
    if payer.scene is Scene.BROWSER:
        return {"scene_info": {"payer_client_ip": _address(payer.client_ip), "h5_info": {"type": "Wap"}}}
    return {}


def _openid_name(config: WechatConfig) -> str:
    if not config.sub_mchid:
        return "openid"
    return "sub_openid" if config.sub_appid else "sp_openid"


def _address(client_ip: str) -> str:
    """Return the payer's address: WeChat compares it with the one that opens the cashier."""
    with suppress(ValueError):
        return str(ip_address(client_ip))
    raise ProviderRefused("no_client_ip")
