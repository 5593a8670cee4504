"""WeChat Pay's messages about orders and refunds, with the personal data that it includes unrequested."""

from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.store import SandboxOrder, SandboxRefund

BEIJING = timezone(timedelta(hours=8))
OPENID = "oSANDBOXpayer0000000000canary"
BANK = "SANDBOX_BANK_CREDIT"
ACCOUNT = "沙箱银行信用卡0403"

_REFUND_STATES = {"processing": "PROCESSING", "done": "SUCCESS", "failed": "CLOSED", "abnormal": "ABNORMAL"}


def transaction(order: SandboxOrder, state: str) -> dict[str, Any]:
    """Return the response to a query, which is also the content of a payment notice. `state` is WeChat's."""
    message: dict[str, Any] = {
        **_parties(order),
        "out_trade_no": order.number,
        "trade_type": order.extra["trade_type"],
        "trade_state": state,
        "trade_state_desc": "沙箱",
        "amount": {"total": order.amount_fen, "currency": order.currency},
        "scene_info": {"device_id": "SANDBOX-DEVICE"},
        "promotion_detail": [],
    }
    if state in {"SUCCESS", "REFUND"}:
        message |= {
            "transaction_id": order.channel_number,
            "success_time": format_time(order.paid_at),
            "bank_type": BANK,
            "attach": "",
            "payer": _payer(order),
            "amount": _amount(order),
            "promotion_detail": _promotion(order),
        }
    return message


def refund_response(refund: SandboxRefund, order: SandboxOrder) -> dict[str, Any]:
    message = {
        **_refund(refund, order),
        "channel": "ORIGINAL",
        "create_time": format_time(refund.extra["created_at"]),
        "status": _REFUND_STATES[refund.state],
        "funds_account": "AVAILABLE",
    }
    message["amount"] |= {
        "settlement_refund": refund.amount_fen,
        "settlement_total": order.amount_fen,
        "discount_refund": 0,
        "currency": order.currency,
    }
    return message


def refund_notice(refund: SandboxRefund, order: SandboxOrder) -> dict[str, Any]:
    parties = {name: value for name, value in _parties(order).items() if name.endswith("mchid")}
    return {**parties, **_refund(refund, order), "refund_status": _REFUND_STATES[refund.state]}


def format_time(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(BEIJING).isoformat(timespec="seconds")


def _parties(order: SandboxOrder) -> dict[str, str]:
    if order.extra["sp_mchid"]:
        return {
            "sp_appid": order.extra["appid"],
            "sp_mchid": order.extra["sp_mchid"],
            "sub_mchid": order.merchant,
        }
    return {"appid": order.extra["appid"], "mchid": order.merchant}


def _payer(order: SandboxOrder) -> dict[str, str]:
    openid = order.extra["openid"] or OPENID
    return {"sp_openid": openid} if order.extra["sp_mchid"] else {"openid": openid}


def _amount(order: SandboxOrder) -> dict[str, Any]:
    return {
        "total": order.amount_fen,
        "payer_total": order.amount_fen - order.extra["coupon_fen"],
        "currency": order.currency,
        "payer_currency": "CNY",
    }


def _promotion(order: SandboxOrder) -> list[dict[str, Any]]:
    coupon = order.extra["coupon_fen"]
    return [{"coupon_id": "SANDBOX-COUPON", "scope": "GLOBAL", "amount": coupon}] if coupon else []


def _refund(refund: SandboxRefund, order: SandboxOrder) -> dict[str, Any]:
    message: dict[str, Any] = {
        "refund_id": refund.extra["refund_id"],
        "out_refund_no": refund.number,
        "transaction_id": order.channel_number,
        "out_trade_no": order.number,
        "user_received_account": ACCOUNT,
        "amount": {
            "total": order.amount_fen,
            "refund": refund.amount_fen,
            "payer_total": order.amount_fen,
            "payer_refund": refund.amount_fen,
        },
    }
    if refund.state == "done":
        message["success_time"] = format_time(refund.done_at)
    return message
