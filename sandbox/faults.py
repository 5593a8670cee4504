"""Injectable faults: errors of real channels on demand, once or until cleared."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

RESPONSES = frozenset(
    {"drop_answer", "delay", "server_error", "bad_signature", "old_timestamp", "too_many", "huge_body"}
)
NOTICES = frozenset({"notice_forged", "notice_stale", "notice_early", "notice_reordered", "notice_changed"})
MONEY = frozenset({"paid_after_close", "refund_abnormal", "refund_failed"})
WECHAT = frozenset(  # implemented by the WeChat gateway only
    {
        "other_serial",
        "unsigned",
        "answer_changed",  # `fields` replaces fields of the response
        "refusal",  # `status` and `code` of the error response
        "notice_probe",
        "notice_other_serial",
        "notice_by_certificate",
        "coupon",
        "other_payer",  # `openid` of the payer
        "not_enough",
        "bill_not_ready",
        "bill_damaged",  # `how`: hash, cut, sum, gzip
    }
)
ALIPAY = frozenset(  # the Alipay gateway also implements some of WECHAT
    {
        "weak_signature",
        "unknown_outcome",  # done, but the response is code 20000
        "brace_in_string",
        "error_key",
        "refund_interval",  # two refunds of an order must be an hour apart, however slow the machine is
        "refund_unchanged",  # fund_change is N, and the refund is done later
        "notice_weak",
        "bill_today",  # also for a day that is not over
        "bill_expired",
    }
)
KNOWN = RESPONSES | NOTICES | MONEY | WECHAT | ALIPAY


@dataclass
class _ActiveFault:
    on: str
    times: int | None  # None: until cleared
    details: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The active faults. `on` limits a fault to requests whose `METHOD /path` starts with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: dict[str, _ActiveFault] = {}

    def set(self, name: str, *, on: str = "", times: int | None = 1, **details: Any) -> None:
        if name not in KNOWN:
            raise KeyError(name)
        with self._lock:
            self._set[name] = _ActiveFault(on, times, details)

    def clear(self) -> None:
        with self._lock:
            self._set.clear()

    def is_set(self, name: str) -> bool:
        with self._lock:
            return name in self._set

    def take(self, name: str, on: str = "") -> dict[str, Any] | None:
        """Consume one use of the fault and return its details, or None if it is not active."""
        with self._lock:
            fault = self._set.get(name)
            if fault is None or not on.startswith(fault.on):
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._set[name]
            return fault.details

    def delayed(self, on: str) -> "Faults":
        """Wait if the fault `delay` is active. Return the faults that the answer may have.

        A delayed answer has none: its client may have given up, and they are meant for the next request.
        """
        slow = self.take("delay", on)
        if slow is None:
            return self
        time.sleep(slow.get("seconds", 6))
        return Faults()
