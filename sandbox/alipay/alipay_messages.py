"""Alipay's messages about orders and refunds, with the personal data that it includes unrequested."""

import json
from typing import Any

from sandbox.alipay.alipay_orders import format_time, format_yuan
from sandbox.store import SandboxOrder, SandboxRefund

BUYER = {
    "buyer_logon_id": "138****0000",
    "buyer_user_id": "2088SANDBOXBUYER",
    "buyer_open_id": "oSANDBOXbuyer0000000000canary",
}
FUNDS = [{"amount": "0.01", "fund_channel": "SANDBOX_BANK_CREDIT"}]
STORE = "沙箱商场一号店"


def status(order: SandboxOrder, state: str, refunded_fen: int) -> str:
    if state == "paid":
        return "TRADE_CLOSED" if refunded_fen == order.amount_fen else "TRADE_SUCCESS"
    return {"open": "WAIT_BUYER_PAY", "closed": "TRADE_CLOSED"}[state]


def trade(order: SandboxOrder, state: str, refunded_fen: int) -> dict[str, Any]:
    """Return the response to a query. Only a paid order has a payment date."""
    message: dict[str, Any] = {
        **numbers(order),
        **BUYER,
        "trade_status": status(order, state, refunded_fen),
        **amounts(order),
        "store_name": STORE,
        "fund_bill_list": FUNDS,
    }
    if state == "paid":
        message["send_pay_date"] = format_time(order.paid_at)
    return message


def numbers(order: SandboxOrder) -> dict[str, str]:
    return {"out_trade_no": order.number, "trade_no": order.channel_number}


def amounts(order: SandboxOrder) -> dict[str, str]:
    """Return the order's amount and what the buyer paid, which is less with a coupon."""
    paid = format_yuan(order.amount_fen - order.extra["coupon_fen"])
    return {
        "total_amount": format_yuan(order.amount_fen),
        "receipt_amount": paid,
        "buyer_pay_amount": paid,
        "invoice_amount": paid,
        "point_amount": "0.00",
    }


def refund_response(order: SandboxOrder, refunded_fen: int, *, changed: bool) -> dict[str, Any]:
    """Return the response to a refund. `refund_fee` is the sum of all refunds of this order so far."""
    return {
        **numbers(order),
        "buyer_logon_id": BUYER["buyer_logon_id"],
        "buyer_user_id": BUYER["buyer_user_id"],
        "fund_change": "Y" if changed else "N",
        "refund_fee": format_yuan(refunded_fen),
        "send_back_fee": format_yuan(refunded_fen),
        "refund_detail_item_list": FUNDS,
        "store_name": STORE,
    }


def refund_status(order: SandboxOrder, refund: SandboxRefund, *, with_time: bool) -> dict[str, Any]:
    message = {
        **numbers(order),
        "out_request_no": refund.number,
        "total_amount": format_yuan(order.amount_fen),
        "refund_amount": format_yuan(refund.amount_fen),
        "refund_status": "REFUND_SUCCESS",
    }
    return message | ({"gmt_refund_pay": format_time(refund.done_at)} if with_time else {})


def notice(order: SandboxOrder, refunded_fen: int) -> dict[str, str]:
    """Return the common fields of all notices about a paid order."""
    return {
        **numbers(order),
        **BUYER,
        "buyer_id": BUYER["buyer_user_id"],
        "seller_id": order.merchant,
        "seller_email": "sandbox@example.test",
        "trade_status": status(order, "paid", refunded_fen),
        **amounts(order),
        "subject": order.description,
        "gmt_create": format_time(order.paid_at),
        "gmt_payment": format_time(order.paid_at),
        "fund_bill_list": json.dumps(FUNDS, separators=(",", ":")),
    }
