"""What Alipay says of an order or a refund, with the personal data that it adds unasked."""

import json
from typing import Any

from sandbox.alipay.orders import beijing, yuan
from sandbox.store import Order, Refund

BUYER = {
    "buyer_logon_id": "138****0000",
    "buyer_user_id": "2088SANDBOXBUYER",
    "buyer_open_id": "oSANDBOXbuyer0000000000canary",
}
FUNDS = [{"amount": "0.01", "fund_channel": "SANDBOX_BANK_CREDIT"}]
STORE = "沙箱商场一号店"


def status(order: Order, state: str, refunded_fen: int) -> str:
    if state == "paid":
        return "TRADE_CLOSED" if refunded_fen == order.amount_fen else "TRADE_SUCCESS"
    return {"open": "WAIT_BUYER_PAY", "closed": "TRADE_CLOSED"}[state]


def trade(order: Order, state: str, refunded_fen: int) -> dict[str, Any]:
    """Return a query's answer. Only what was paid has a date of payment."""
    said: dict[str, Any] = {
        **names(order),
        **BUYER,
        "trade_status": status(order, state, refunded_fen),
        **amounts(order),
        "store_name": STORE,
        "fund_bill_list": FUNDS,
    }
    if state == "paid":
        said["send_pay_date"] = beijing(order.paid_at)
    return said


def names(order: Order) -> dict[str, str]:
    return {"out_trade_no": order.number, "trade_no": order.channel_number}


def amounts(order: Order) -> dict[str, str]:
    """Return the order's amount, and what the buyer paid of it: less, where there was a coupon."""
    paid = yuan(order.amount_fen - order.extra["coupon_fen"])
    return {
        "total_amount": yuan(order.amount_fen),
        "receipt_amount": paid,
        "buyer_pay_amount": paid,
        "invoice_amount": paid,
        "point_amount": "0.00",
    }


def refund_answer(order: Order, refunded_fen: int, *, changed: bool) -> dict[str, Any]:
    """Return a refund's answer. `refund_fee` is all that went back of this order so far."""
    return {
        **names(order),
        "buyer_logon_id": BUYER["buyer_logon_id"],
        "buyer_user_id": BUYER["buyer_user_id"],
        "fund_change": "Y" if changed else "N",
        "refund_fee": yuan(refunded_fen),
        "send_back_fee": yuan(refunded_fen),
        "refund_detail_item_list": FUNDS,
        "store_name": STORE,
    }


def refund_found(order: Order, refund: Refund, *, when: bool) -> dict[str, Any]:
    said = {
        **names(order),
        "out_request_no": refund.number,
        "total_amount": yuan(order.amount_fen),
        "refund_amount": yuan(refund.amount_fen),
        "refund_status": "REFUND_SUCCESS",
    }
    return said | ({"gmt_refund_pay": beijing(refund.done_at)} if when else {})


def notice(order: Order, refunded_fen: int) -> dict[str, str]:
    """Return what every notice about a paid order carries."""
    return {
        **names(order),
        **BUYER,
        "buyer_id": BUYER["buyer_user_id"],
        "seller_id": order.merchant,
        "seller_email": "sandbox@example.test",
        "trade_status": status(order, "paid", refunded_fen),
        **amounts(order),
        "subject": order.description,
        "gmt_create": beijing(order.paid_at),
        "gmt_payment": beijing(order.paid_at),
        "fund_bill_list": json.dumps(FUNDS, separators=(",", ":")),
    }
