"""What Alipay reports of an order or a refund, field by field: buyer, funds and shop go no further."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from payments.providers import message_fields
from payments.providers.alipay import alipay_values
from payments.providers.contract import Outcome, Statement

NAME = "alipay"
_STATUS = {
    "WAIT_BUYER_PAY": Outcome.OPEN,
    "TRADE_SUCCESS": Outcome.PAID,
    "TRADE_FINISHED": Outcome.PAID,  # and too old to be refunded
    "TRADE_CLOSED": Outcome.CLOSED,  # unless it was paid: then it is refunded in full
}
_ID = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Statements:
    """Makes statements about the orders of one merchant and app."""

    merchant: str
    app: str

    def about(self, number: str, outcome: Outcome, refund_number: str = "") -> Statement:
        """Return a bare statement: what Alipay's answer as such says."""
        return Statement(NAME, self.merchant, number, outcome, app=self.app, refund_number=refund_number)

    def queried(self, message: Mapping[str, Any]) -> Statement:
        """Read the answer to a query. It names no merchant: the key that signed it is of our app alone."""
        outcome = message_fields.choice(message, "trade_status", _STATUS)
        paid_at = alipay_values.moment_if_any(message, "send_pay_date")
        is_refunded = outcome is Outcome.CLOSED and paid_at is not None  # in full; it tells no other refund
        if is_refunded:
            outcome = Outcome.PAID
        return replace(
            self.about(message_fields.text(message, "out_trade_no", _ID), outcome),
            provider_number=message_fields.text(message, "trade_no", _ID),
            amount_fen=alipay_values.fen(message, "total_amount"),
            at=paid_at if outcome is Outcome.PAID else None,
            is_refunded=is_refunded,
        )

    def closed(self, message: Mapping[str, Any]) -> Statement:
        return self.about(message_fields.text(message, "out_trade_no", _ID), Outcome.CLOSED)

    def refunded(self, message: Mapping[str, Any], refund_number: str) -> Statement:
        """Read the answer to a refund. Its `refund_fee` is the sum of all refunds so far, not this one.

        Without a change of funds this call moved nothing: an earlier one with the same number may have.
        """
        changed = message.get("fund_change") == "Y"
        outcome = Outcome.REFUND_DONE if changed else Outcome.REFUND_PENDING
        return replace(
            self.about(message_fields.text(message, "out_trade_no", _ID), outcome, refund_number),
            provider_number=message_fields.text(message, "trade_no", _ID),
            at=alipay_values.moment_if_any(message, "gmt_refund_pay") if changed else None,
        )

    def queried_refund(self, message: Mapping[str, Any], number: str, refund_number: str) -> Statement:
        """Read the answer to a query for a refund: one that was not done is as good as unknown to Alipay."""
        if message.get("refund_status") != "REFUND_SUCCESS":
            return self.about(number, Outcome.NOT_FOUND, refund_number)
        refund_number = message_fields.text(message, "out_request_no", _ID)
        return replace(
            self.about(message_fields.text(message, "out_trade_no", _ID), Outcome.REFUND_DONE, refund_number),
            provider_number=message_fields.text(message, "trade_no", _ID),
            amount_fen=alipay_values.fen(message, "refund_amount"),
            at=alipay_values.moment_if_any(message, "gmt_refund_pay"),
        )


def notified(message: Mapping[str, str]) -> tuple[Statement, ...]:
    """Read a verified notice: the order's news and, where money was refunded, the refund's as well.

    App and seller are what Alipay named; `settle` compares them. `refund_fee` counts all refunds
    so far, so that the refund's own amount stays open.
    """
    if "trade_status" not in message:
        return ()
    outcome = message_fields.choice(message, "trade_status", _STATUS)
    paid_at = alipay_values.moment_if_any(message, "gmt_payment")
    refund_at = alipay_values.moment_if_any(message, "gmt_refund")
    gone_back = refund_at is not None or alipay_values.fen_of(message.get("refund_fee") or "0") > 0
    if outcome is Outcome.CLOSED and (paid_at is not None or gone_back):
        outcome = Outcome.PAID
    order = Statement(
        provider=NAME,
        merchant=message_fields.text(message, "seller_id", _ID),
        number=message_fields.text(message, "out_trade_no", _ID),
        outcome=outcome,
        app=message_fields.text(message, "app_id", _ID),
        provider_number=message_fields.text(message, "trade_no", _ID),
        amount_fen=alipay_values.fen(message, "total_amount"),
        at=paid_at if outcome is Outcome.PAID else None,
    )
    if not gone_back or message["trade_status"] == "TRADE_FINISHED":
        return (order,)
    refund = replace(
        order,
        outcome=Outcome.REFUND_DONE,
        refund_number=_refund_number(message),
        amount_fen=None,
        at=refund_at,
    )
    return order, refund


def _refund_number(message: Mapping[str, str]) -> str:
    """Return our number of the refund. One made by hand at Alipay has the order's."""
    return message_fields.text(message, "out_biz_no" if message.get("out_biz_no") else "out_trade_no", _ID)
