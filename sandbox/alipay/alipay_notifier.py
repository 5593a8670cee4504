"""Alipay's notices: a signed form, repeated for a day until the response is exactly `success`."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from sandbox.alipay import alipay_messages
from sandbox.alipay.alipay_orders import BEIJING, format_yuan
from sandbox.alipay.alipay_signatures import sign
from sandbox.alipay.simulated_alipay_keys import AlipayKeys
from sandbox.faults import Faults
from sandbox.notifier import Change
from sandbox.store import SandboxOrder, SandboxRefund, Store

_MINUTE, _HOUR = 60, 3600
STALE_AGE = timedelta(days=3)


class AlipayNoticeFormat:
    repeat_after = (  # seconds
        *(4 * _MINUTE, 10 * _MINUTE, 10 * _MINUTE),
        *(_HOUR, 2 * _HOUR, 6 * _HOUR, 15 * _HOUR),
    )

    def __init__(self, keys: AlipayKeys, store: Store, faults: Faults) -> None:
        self.keys, self.store, self.faults = keys, store, faults

    def payment(self, order: SandboxOrder, change: Change) -> bytes:
        message = alipay_messages.notice(order, 0)
        if change is not None and "fields" not in change:
            message["total_amount"] = format_yuan(order.amount_fen + 1)
        return self._form(message, change)

    def refund(self, refund: SandboxRefund, order: SandboxOrder, change: Change) -> bytes:
        """Return the notice of a refund: the order's status and the sum of its refunds."""
        if refund.state != "done":
            return b""  # Alipay sends notices about successful refunds only
        refunded = refunded_fen(self.store, order)
        fields = alipay_messages.notice(order, refunded) | {
            "refund_fee": format_yuan(refunded),
            "gmt_refund": f"{datetime.fromisoformat(refund.done_at).astimezone(BEIJING):%F %T}.320",
            "out_biz_no": refund.number,
        }
        return self._form(fields, change)

    def _form(self, message: dict[str, str], change: Change) -> bytes:
        """Return a notice without its signature. The fault replaces `fields`; None removes a field."""
        common = {
            "notify_time": f"{datetime.now(BEIJING):%F %T}",
            "notify_type": "trade_status_sync",
            "notify_id": secrets.token_hex(17),
            "charset": "utf-8",
            "version": "1.0",
            "app_id": self.keys.app_id,
            "auth_app_id": self.keys.app_id,
        }
        fields = common | message | ((change or {}).get("fields") or {})
        return urlencode({name: value for name, value in fields.items() if value is not None}).encode()

    def sign(self, body: bytes) -> tuple[dict[str, str], bytes]:
        """Sign all fields but `sign` and `sign_type`, sorted and decoded."""
        take = self.faults.take
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if take("notice_stale") is not None:
            fields["notify_time"] = f"{datetime.now(BEIJING) - STALE_AGE:%F %T}"
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        key = generate_private_key(65537, 2048) if take("notice_forged") is not None else self.keys.alipay
        weak = take("notice_weak") is not None
        fields |= {"sign": sign(key, text, weak=weak), "sign_type": "RSA" if weak else "RSA2"}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return headers, urlencode(fields).encode()

    def is_accepted(self, status: int, response: bytes) -> bool:
        return status == 200 and response == b"success"


def refunded_fen(store: Store, order: SandboxOrder) -> int:
    """Return the sum of an order's successful refunds."""
    refunds = list(store.refunds.values())
    return sum(
        each.amount_fen for each in refunds if each.payment_number == order.number and each.state == "done"
    )
