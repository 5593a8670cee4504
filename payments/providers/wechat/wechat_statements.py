"""What WeChat reports of an order or a refund, field by field: what is not named here goes no further.

So openids, banks, accounts, coupons, scenes and attachments end here. Each function raises `ValueError`.
"""

import re
from collections.abc import Mapping
from typing import Any

from payments.providers import message_fields
from payments.providers.contract import Outcome, Statement
from payments.providers.wechat.wechat_config import WechatConfig

NAME = "wechat"
ORDER_STATES = {
    "SUCCESS": Outcome.PAID,
    "REFUND": Outcome.PAID,  # paid, and then refunded in part or whole
    "NOTPAY": Outcome.OPEN,
    "CLOSED": Outcome.CLOSED,
    "REVOKED": Outcome.CLOSED,  # this and the next two: payment codes only, which we do not use
    "USERPAYING": Outcome.OPEN,
    "PAYERROR": Outcome.OPEN,
}
REFUND_STATES = {
    "PROCESSING": Outcome.REFUND_PENDING,
    "SUCCESS": Outcome.REFUND_DONE,
    "CLOSED": Outcome.REFUND_FAILED,
    "ABNORMAL": Outcome.REFUND_ABNORMAL,
}

ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def read_order(config: WechatConfig, message: Mapping[str, Any]) -> Statement:
    """Read a query's answer, or what a payment notice carries. The amount is `total`, before coupons."""
    outcome = message_fields.choice(message, "trade_state", ORDER_STATES)
    paid = outcome is Outcome.PAID
    partner = bool(config.sub_mchid)
    amount = message_fields.inner(message, "amount") if paid or message.get("amount") else {}
    return Statement(
        provider=NAME,
        merchant=message_fields.text(message, "sub_mchid" if partner else "mchid", ID),
        number=message_fields.text(message, "out_trade_no", NUMBER),
        outcome=outcome,
        app=message_fields.text(message, "sp_appid" if partner else "appid", ID),
        provider_number=message_fields.text(message, "transaction_id", ID) if paid else "",
        amount_fen=message_fields.fen(amount, "total") if paid or "total" in amount else None,
        currency=_currency(amount) if paid else "CNY",
        at=message_fields.moment(message, "success_time") if paid else None,
        is_refunded=message["trade_state"] == "REFUND",
    )


def read_refund(config: WechatConfig, message: Mapping[str, Any]) -> Statement:
    """Read an answer about a refund. It names no merchant: it was signed for the one that asked."""
    return _refund(config, message, "status", config.merchant)


def read_refund_news(config: WechatConfig, message: Mapping[str, Any]) -> Statement:
    """Read what a refund notice carries: the state has another name there, the merchant is named."""
    merchant = message_fields.text(message, "sub_mchid" if config.sub_mchid else "mchid", ID)
    return _refund(config, message, "refund_status", merchant)


def _refund(config: WechatConfig, message: Mapping[str, Any], state: str, merchant: str) -> Statement:
    outcome = message_fields.choice(message, state, REFUND_STATES)
    amount = message_fields.inner(message, "amount")
    return Statement(
        provider=NAME,
        merchant=merchant,
        number=message_fields.text(message, "out_trade_no", NUMBER),
        outcome=outcome,
        app=config.appid,
        provider_number=message_fields.text(message, "transaction_id", ID),
        amount_fen=message_fields.fen(amount, "refund"),
        currency=_currency(amount) if "currency" in amount else "CNY",
        at=message_fields.moment(message, "success_time") if outcome is Outcome.REFUND_DONE else None,
        refund_number=message_fields.text(message, "out_refund_no", NUMBER),
    )


def _currency(amount: Mapping[str, Any]) -> str:
    return message_fields.text(amount, "currency", _CURRENCY)
