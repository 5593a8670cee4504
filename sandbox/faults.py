"""Faults on demand: what a real channel does only on its bad days, once or until cleared."""

import threading
from dataclasses import dataclass, field
from typing import Any

ANSWERS = frozenset(
    {"drop_answer", "delay", "server_error", "bad_signature", "old_timestamp", "too_many", "huge_body"}
)
NOTICES = frozenset({"notice_forged", "notice_stale", "notice_early", "notice_reordered", "notice_changed"})
MONEY = frozenset({"paid_after_close", "refund_abnormal", "refund_failed"})
WECHAT = frozenset(  # only its gateway knows them
    {
        "other_serial",
        "unsigned",
        "answer_changed",  # `fields` replaces fields of the answer
        "refusal",  # `status` and `code` of an answer that refuses
        "notice_probe",
        "notice_other_serial",
        "notice_by_certificate",
        "coupon",
        "other_payer",  # `openid` of the payer who authorises
        "not_enough",
        "bill_not_ready",
        "bill_damaged",  # `how`: hash, cut, sum, gzip
    }
)
ALIPAY = frozenset(  # knows some of WeChat's as well
    {
        "weak_signature",
        "unknown_outcome",  # done, but the answer is code 20000
        "brace_in_string",
        "error_key",
        "refund_unchanged",  # fund_change is N, and the refund comes later
        "notice_weak",
        "bill_today",  # also of a day that is not over
        "bill_expired",
    }
)
KNOWN = ANSWERS | NOTICES | MONEY | WECHAT | ALIPAY


@dataclass
class _Fault:
    on: str
    times: int | None  # None: until cleared
    details: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The faults that are set. `on` limits one to requests whose `METHOD /path` begins with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: dict[str, _Fault] = {}

    def set(self, name: str, *, on: str = "", times: int | None = 1, **details: Any) -> None:
        if name not in KNOWN:
            raise KeyError(name)
        with self._lock:
            self._set[name] = _Fault(on, times, details)

    def clear(self) -> None:
        with self._lock:
            self._set.clear()

    def take(self, name: str, on: str = "") -> dict[str, Any] | None:
        """Use up one turn of the fault and return its details; None where it is not set."""
        with self._lock:
            fault = self._set.get(name)
            if fault is None or not on.startswith(fault.on):
                return None
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    del self._set[name]
            return fault.details
