"""Alipay's notices: a signed form, repeated for a day until the merchant says `success`, and just that."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from sandbox.alipay import messages
from sandbox.alipay.keys import Keys
from sandbox.alipay.orders import BEIJING, yuan
from sandbox.alipay.signing import sign
from sandbox.faults import Faults
from sandbox.notices import Changed
from sandbox.store import Order, Refund, Store

_MINUTE, _HOUR = 60, 3600
STALE = timedelta(days=3)


class AlipayVoice:
    repeat_after = (
        *(4 * _MINUTE, 10 * _MINUTE, 10 * _MINUTE),
        *(_HOUR, 2 * _HOUR, 6 * _HOUR, 15 * _HOUR),
    )

    def __init__(self, keys: Keys, store: Store, faults: Faults) -> None:
        self.keys, self.store, self.faults = keys, store, faults

    def payment(self, order: Order, changed: Changed) -> bytes:
        said = messages.notice(order, 0)
        if changed is not None and "fields" not in changed:
            said["total_amount"] = yuan(order.amount_fen + 1)
        return self._form(said, changed)

    def refund(self, refund: Refund, order: Order, changed: Changed) -> bytes:
        """Return the news of a refund: the order's status once more, and the sum of its refunds."""
        if refund.state != "done":
            return b""  # Alipay tells of money that went back, and of nothing else
        gone = refunded(self.store, order)
        said = messages.notice(order, gone) | {
            "refund_fee": yuan(gone),
            "gmt_refund": f"{datetime.fromisoformat(refund.done_at).astimezone(BEIJING):%F %T}.320",
            "out_biz_no": refund.number,
        }
        return self._form(said, changed)

    def _form(self, said: dict[str, str], changed: Changed) -> bytes:
        """Return a notice without its signature. The fault replaces `fields`; None takes one out."""
        common = {
            "notify_time": f"{datetime.now(BEIJING):%F %T}",
            "notify_type": "trade_status_sync",
            "notify_id": secrets.token_hex(17),
            "charset": "utf-8",
            "version": "1.0",
            "app_id": self.keys.app_id,
            "auth_app_id": self.keys.app_id,
        }
        fields = common | said | ((changed or {}).get("fields") or {})
        return urlencode({name: value for name, value in fields.items() if value is not None}).encode()

    def seal(self, body: bytes) -> tuple[dict[str, str], bytes]:
        """Sign all but `sign` and `sign_type`, by name, decoded."""
        take = self.faults.take
        said = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if take("notice_stale") is not None:
            said["notify_time"] = f"{datetime.now(BEIJING) - STALE:%F %T}"
        text = "&".join(f"{name}={said[name]}" for name in sorted(said))
        key = generate_private_key(65537, 2048) if take("notice_forged") is not None else self.keys.alipay
        weak = take("notice_weak") is not None
        said |= {"sign": sign(key, text, weak=weak), "sign_type": "RSA" if weak else "RSA2"}
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return kind, urlencode(said).encode()

    def is_accepted(self, status: int, answer: bytes) -> bool:
        return status == 200 and answer == b"success"


def refunded(store: Store, order: Order) -> int:
    """Return how much of an order has gone back."""
    known = list(store.refunds.values())
    return sum(
        each.amount_fen for each in known if each.payment_number == order.number and each.state == "done"
    )
