"""Messages about orders and refunds in the sandbox protocol, with personal data as real channels include it.

The payer is invented. Tests use it to prove that none of this data is stored or passed on.
"""

from typing import Any

from sandbox.store import Order, Refund

PAYER = {
    "payer_openid": "oSANDBOXpayer0000000000canary",
    "buyer_logon_id": "138****0000",
    "bank": "SANDBOX_BANK_CREDIT",
}


def order_message(order: Order, state: str) -> dict[str, Any]:
    return {
        "merchant": order.merchant,
        "number": order.number,
        "state": state,
        "amount_fen": order.amount_fen,
        "currency": order.currency,
        "channel_number": order.channel_number if state == "paid" else "",
        "paid_at": order.paid_at,
        **PAYER,
    }


def refund_message(refund: Refund, order: Order) -> dict[str, Any]:
    return {
        "merchant": refund.merchant,
        "number": refund.number,
        "payment_number": refund.payment_number,
        "state": refund.state,
        "amount_fen": refund.amount_fen,
        "total_fen": refund.total_fen,
        "currency": order.currency,
        "channel_number": order.channel_number,
        "done_at": refund.done_at,
        "user_received_account": "SANDBOX BANK 0403",
        **PAYER,
    }
