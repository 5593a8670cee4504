"""WeChat Pay's notices: sealed with the APIv3 key, signed anew each time, repeated for a day."""

import secrets
from datetime import datetime
from typing import Any

from sandbox.faults import Faults
from sandbox.notices import Changed
from sandbox.store import Order, Refund
from sandbox.wechat import messages
from sandbox.wechat.keys import Keys
from sandbox.wechat.signing import WINDOW_SECONDS, encoded, seal, sign

UNKNOWN_SERIAL = "PUB_KEY_ID_" + "9" * 28
_MINUTE, _HOUR = 60, 3600
_EVENTS = {"done": "REFUND.SUCCESS", "failed": "REFUND.CLOSED", "abnormal": "REFUND.ABNORMAL"}


class WechatVoice:
    repeat_after = (
        *(15, 15, 30),
        *(3 * _MINUTE, 10 * _MINUTE, 20 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE),
        *(_HOUR, 3 * _HOUR, 3 * _HOUR, 3 * _HOUR, 6 * _HOUR, 6 * _HOUR),
    )

    def __init__(self, keys: Keys, faults: Faults) -> None:
        self.keys, self.faults = keys, faults

    def payment(self, order: Order, changed: Changed) -> bytes:
        said = messages.transaction(order, "SUCCESS")
        if changed is not None and "fields" not in changed:
            said["amount"]["total"] += 1
        return self._envelope("TRANSACTION.SUCCESS", "transaction", said, changed)

    def refund(self, refund: Refund, order: Order, changed: Changed) -> bytes:
        said = messages.refund_news(refund, order)
        return self._envelope(_EVENTS[refund.state], "refund", said, changed)

    def _envelope(self, event: str, kind: str, said: dict[str, Any], changed: Changed) -> bytes:
        """Return a notice. The fault replaces sealed `fields`, parts of the `resource`, or the `notice`."""
        changed = changed or {}
        said |= changed.get("fields") or {}
        resource = {"original_type": kind, **seal(self.keys.api_key, encoded(said), kind)}
        notice = {
            "id": secrets.token_hex(18),
            "create_time": datetime.now(messages.BEIJING).isoformat(timespec="seconds"),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "沙箱",
            "resource": resource | (changed.get("resource") or {}),
        }
        return encoded(notice | (changed.get("notice") or {}))

    def seal(self, body: bytes) -> tuple[dict[str, str], bytes]:
        return {"Content-Type": "application/json", **self._signed(body)}, body

    def _signed(self, body: bytes) -> dict[str, str]:
        keys, take = self.keys, self.faults.take
        if take("notice_by_certificate") is not None:
            return sign(keys.certificate_key, keys.certificate_serial, body)
        key = keys.certificate_key if take("notice_forged") is not None else keys.platform
        stale = WINDOW_SECONDS + 1 if take("notice_stale") is not None else 0
        signed = sign(key, keys.platform_id, body, stale=stale)
        if take("notice_other_serial") is not None:
            signed["Wechatpay-Serial"] = UNKNOWN_SERIAL
        if take("notice_probe") is not None:
            signed["Wechatpay-Signature"] = "WECHATPAY/SIGNTEST/" + signed["Wechatpay-Signature"]
        return signed

    def is_accepted(self, status: int, answer: bytes) -> bool:
        del answer
        return status in {200, 204}
