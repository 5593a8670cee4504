"""Notices of another vendor's system (entry, exit, payment there), verified and as plain values.

A notice is read by name, like an answer: its plate, photos, owner and bay are dropped. One without the right
signature, of another lot or too old is refused. See `payments.notice_effects` for what follows from one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class NoticeKind(StrEnum):
    ENTERED = "entered"
    LEFT = "left"
    PAID = "paid"  # by another way than ours, unless `number` is ours
    SETTLED = "settled"  # the outcome of a payment that we sent is known
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True)
class Incoming:
    """A request as it was received."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class SystemEvent:
    """One event. `identity` is the same in each repeat of it; `number` is that of a payment.

    `is_counted`: the system says that it has counted this payment.
    """

    kind: NoticeKind
    identity: str
    session: str = ""
    number: str = ""
    amount_fen: int | None = None
    is_counted: bool = False


@runtime_checkable
class SendsNotices(Protocol):
    """A system that reports by itself. `read_notice` raises `Fault` for one that must be refused."""

    def read_notice(self, incoming: Incoming, *, at: datetime) -> SystemEvent: ...
    def notice_answer(self, *, is_accepted: bool) -> dict[str, Any]: ...
