"""WeChat Pay's notices: encrypted with the APIv3 key, signed for each attempt, repeated for a day."""

import secrets
from datetime import datetime
from typing import Any

from sandbox.faults import Faults
from sandbox.notifier import Change
from sandbox.store import SandboxOrder, SandboxRefund
from sandbox.wechat import wechat_messages
from sandbox.wechat.wechat_keys import WechatKeys
from sandbox.wechat.wechat_signatures import WINDOW_SECONDS, encode, encrypt, sign

UNKNOWN_SERIAL = "PUB_KEY_ID_" + "9" * 28
_MINUTE, _HOUR = 60, 3600
_EVENTS = {"done": "REFUND.SUCCESS", "failed": "REFUND.CLOSED", "abnormal": "REFUND.ABNORMAL"}


class WechatNoticeFormat:
    repeat_after = (  # seconds
        *(15, 15, 30),
        *(3 * _MINUTE, 10 * _MINUTE, 20 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE),
        *(_HOUR, 3 * _HOUR, 3 * _HOUR, 3 * _HOUR, 6 * _HOUR, 6 * _HOUR),
    )

    def __init__(self, keys: WechatKeys, faults: Faults) -> None:
        self.keys, self.faults = keys, faults

    def payment(self, order: SandboxOrder, change: Change) -> bytes:
        message = wechat_messages.transaction(order, "SUCCESS")
        if change is not None and "fields" not in change:
            message["amount"]["total"] += 1
        return self._envelope("TRANSACTION.SUCCESS", "transaction", message, change)

    def refund(self, refund: SandboxRefund, order: SandboxOrder, change: Change) -> bytes:
        message = wechat_messages.refund_notice(refund, order)
        return self._envelope(_EVENTS[refund.state], "refund", message, change)

    def _envelope(self, event: str, kind: str, message: dict[str, Any], change: Change) -> bytes:
        """Return a notice. The fault replaces encrypted `fields`, or parts of `resource` or `notice`."""
        change = change or {}
        message |= change.get("fields") or {}
        resource = {"original_type": kind, **encrypt(self.keys.api_key, encode(message), kind)}
        notice = {
            "id": secrets.token_hex(18),
            "create_time": datetime.now(wechat_messages.BEIJING).isoformat(timespec="seconds"),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "沙箱",
            "resource": resource | (change.get("resource") or {}),
        }
        return encode(notice | (change.get("notice") or {}))

    def sign(self, body: bytes) -> tuple[dict[str, str], bytes]:
        return {"Content-Type": "application/json", **self._signature(body)}, body

    def _signature(self, body: bytes) -> dict[str, str]:
        keys, take = self.keys, self.faults.take
        if take("notice_by_certificate") is not None:
            return sign(keys.certificate_key, keys.certificate_serial, body)
        key = keys.certificate_key if take("notice_forged") is not None else keys.platform
        stale = WINDOW_SECONDS + 1 if take("notice_stale") is not None else 0
        headers = sign(key, keys.platform_id, body, stale=stale)
        if take("notice_other_serial") is not None:
            headers["Wechatpay-Serial"] = UNKNOWN_SERIAL
        if take("notice_probe") is not None:
            headers["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]
        return headers

    def is_accepted(self, status: int, response: bytes) -> bool:
        del response
        return status in {200, 204}
