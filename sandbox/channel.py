"""State of orders and refunds, with the rules that WeChat Pay and Alipay have in common.

A repeated request with the same number and parameters returns the same order; refunds likewise. A paid
order cannot be closed. The refunds of an order never exceed its amount. A payment may still arrive for a
closed order.
"""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sandbox.faults import Faults
from sandbox.scheduler import Scheduler
from sandbox.store import SandboxOrder, SandboxRefund, Store, parameters

ACTIONS = ("logs_in", "pays", "refuses", "abandons", "pays_late", "loses_notice", "repeats_notice")
_WEB = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_COPIES = {"pays": 1, "loses_notice": 0, "repeats_notice": 3}


class SandboxRefusal(Exception):
    """An error response: an HTTP status and the sandbox's own code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Notifier(Protocol):
    def send_payment(self, order: SandboxOrder, copies: int) -> None: ...
    def send_refund(self, refund: SandboxRefund, order: SandboxOrder) -> None: ...


class SandboxChannel:
    """All orders and refunds, protected by one lock."""

    def __init__(
        self,
        store: Store,
        faults: Faults,
        scheduler: Scheduler,
        notifier: Notifier,
        late_seconds: float,
        refund_seconds: float,
    ) -> None:
        self.store, self.faults, self.scheduler, self.notifier = store, faults, scheduler, notifier
        self.late_seconds, self.refund_seconds = late_seconds, refund_seconds
        self._lock = threading.RLock()
        self._resume()

    def _resume(self) -> None:
        """Schedule what was pending when the last run ended."""
        for order in self.store.orders.values():
            if order.late_at and order.state != "paid":
                wait = (_time(order.late_at) - _now()).total_seconds()
                self.scheduler.call_later(max(wait, 0), self._paying(order.number))
        for refund in self.store.refunds.values():
            if refund.state == "processing":
                self.scheduler.call_later(self.refund_seconds, self._finishing(refund.number))

    # requests of the merchant

    def get_or_create_order(self, new: SandboxOrder) -> SandboxOrder:
        """Return this order, new or existing; refuse other parameters, or an order that is not open."""
        with self._lock:
            order = self.store.orders.get(new.number) or self.store.add(new)
            if parameters(order) != parameters(new):
                raise SandboxRefusal(409, "invalid_request")
            if self.state(order) != "open":
                raise SandboxRefusal(409, f"order_{self.state(order)}")
            self.store.save()
            return order

    def update_extra(self, record: SandboxOrder | SandboxRefund, **extra: Any) -> None:
        """Store data of the gateway with an order or a refund."""
        with self._lock:
            record.extra.update(extra)
            self.store.save()

    def get_order(self, number: str) -> SandboxOrder:
        try:
            return self.store.orders[number]
        except KeyError:
            raise SandboxRefusal(404, "order_not_found") from None

    def state(self, order: SandboxOrder) -> str:
        """Return the order's current state; an open order closes when it expires."""
        return "closed" if order.state == "open" and _now() >= _time(order.expires_at) else order.state

    def close(self, number: str) -> SandboxOrder:
        with self._lock:
            order = self.get_order(number)
            if order.state == "paid":
                raise SandboxRefusal(409, "order_paid")
            order.state = "closed"
            self.store.save()
        if self.faults.take("paid_after_close") is not None:
            self.scheduler.call_later(0, self._paying(number))
        return order

    def get_or_create_refund(self, new: SandboxRefund) -> SandboxRefund:
        """Return this refund, new or existing. A new one is done after `refund_seconds`."""
        with self._lock:
            existing = self.store.refunds.get(new.number)
            if existing is not None:
                if parameters(existing) != parameters(new):
                    raise SandboxRefusal(409, "invalid_request")
                return existing
            self._check_refund(new)
            for fault, state in (("refund_abnormal", "abnormal"), ("refund_failed", "failed")):
                if self.faults.take(fault) is not None:
                    new.becomes = state
            self.store.refunds[new.number] = new
            self.store.save()
        self.scheduler.call_later(self.refund_seconds, self._finishing(new.number))
        return new

    def _check_refund(self, refund: SandboxRefund) -> None:
        order = self.get_order(refund.payment_number)
        if order.state != "paid":
            raise SandboxRefusal(409, "order_not_paid")
        _check(
            refund.amount_fen > 0 and refund.total_fen == order.amount_fen and _is_web_url(refund.notify_url)
        )
        others = sum(
            each.amount_fen
            for each in self.store.refunds.values()
            if each.payment_number == order.number and each.state != "failed"
        )
        if others + refund.amount_fen > order.amount_fen:
            raise SandboxRefusal(409, "refund_exceeds_payment")

    def retry_refund(self, refund: SandboxRefund) -> None:
        """Send an abnormal refund to another account; it will succeed."""
        with self._lock:
            if refund.state != "abnormal":
                raise SandboxRefusal(409, "invalid_request")
            refund.state, refund.becomes = "processing", "done"
            self.store.save()
        self.scheduler.call_later(self.refund_seconds, self._finishing(refund.number))

    def get_refund(self, number: str) -> SandboxRefund:
        try:
            return self.store.refunds[number]
        except KeyError:
            raise SandboxRefusal(404, "refund_not_found") from None

    # actions of the payer

    def order_by_token(self, token: str) -> SandboxOrder:
        """Return the order of a cashier page."""
        return self.get_order(self.store.tokens.get(token, ""))

    def perform(self, order: SandboxOrder, action: str) -> None:
        """Perform the payer's action at the cashier. It has no effect on a paid order."""
        _check(action in ACTIONS)
        with self._lock:
            if self.state(order) == "closed" and action != "abandons":
                raise SandboxRefusal(409, "order_closed")
            if action != "abandons":
                self.update_extra(order, acted=True)  # Alipay creates the trade at this point
            if action == "refuses" and order.state != "paid":
                order.state = "closed"
                self.store.save()
            elif action == "pays_late":
                order.late_at = (_now() + timedelta(seconds=self.late_seconds)).isoformat()
                self.store.save()
                self.scheduler.call_later(self.late_seconds, self._paying(order.number))
            elif action in _COPIES:
                self.pay(order, copies=_COPIES[action])

    def pay(self, order: SandboxOrder, *, copies: int = 1) -> None:
        """Mark the order as paid, whatever its state, and send `copies` of the notice."""
        with self._lock:
            if order.state == "paid":
                return
            order.state, order.paid_at = "paid", _now().isoformat()
            self.store.save()
        self.notifier.send_payment(order, copies)

    def backdate(self, number: str, at: str) -> None:
        """Change the time of a payment or refund, so that another day's bill lists it."""
        with self._lock:
            if number in self.store.refunds:
                refund = self.store.refunds[number]
                refund.done_at = at if refund.done_at else ""
                refund.extra["created_at"] = at
            else:
                self.get_order(number).paid_at = at
            self.store.save()

    def _paying(self, number: str) -> Callable[[], None]:
        return lambda: self.pay(self.store.orders[number])

    def _finishing(self, number: str) -> Callable[[], None]:
        return lambda: self.finish(self.store.refunds[number])

    def finish(self, refund: SandboxRefund) -> None:
        """End a refund that is processing; do nothing if it has already ended."""
        with self._lock:
            if refund.state != "processing":
                return
            refund.state, refund.done_at = refund.becomes, _now().isoformat()
            self.store.save()
        self.notifier.send_refund(refund, self.store.orders[refund.payment_number])


def _now() -> datetime:
    return datetime.now(UTC)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _is_web_url(url: str) -> bool:
    return _WEB.fullmatch(url) is not None


def _check(valid: bool) -> None:
    if not valid:
        raise SandboxRefusal(400, "param_error")
