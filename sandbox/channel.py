"""The channel's rules: what happens to an order and to the money, as WeChat Pay and Alipay do it.

Re-entry with the same number and the same parameters is the same order; a refund likewise. A paid order
cannot be closed. Refunds of an order never exceed it. Money may still arrive for a closed order.
"""

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.store import Order, Refund, Store, parameters

ACTIONS = ("logs_in", "pays", "refuses", "abandons", "pays_late", "loses_notice", "repeats_notice")
_NUMBER = re.compile(r"[A-Z0-9]{6,32}", re.ASCII)
_WEB = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
_COPIES = {"pays": 1, "loses_notice": 0, "repeats_notice": 3}


class Refusal(Exception):
    """The channel says no: an HTTP status and the channel's own code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Notifier(Protocol):
    def payment(self, order: Order, copies: int) -> None: ...
    def refund(self, refund: Refund, order: Order) -> None: ...


class Channel:
    """All orders and refunds, behind one lock."""

    def __init__(
        self,
        store: Store,
        faults: Faults,
        later: Later,
        notifier: Notifier,
        late_seconds: float,
        refund_seconds: float,
    ) -> None:
        self.store, self.faults, self.later, self.notifier = store, faults, later, notifier
        self.late_seconds, self.refund_seconds = late_seconds, refund_seconds
        self._lock = threading.RLock()
        self._resume()

    def _resume(self) -> None:
        """Take up again, after a start, what the last run had promised."""
        for order in self.store.orders.values():
            if order.late_at and order.state != "paid":
                wait = (_time(order.late_at) - _now()).total_seconds()
                self.later.after(max(wait, 0), self._landing(order.number))
        for refund in self.store.refunds.values():
            if refund.state == "processing":
                self.later.after(self.refund_seconds, self._finishing(refund.number))

    # what the merchant asks for

    def place(self, asked: Mapping[str, Any]) -> Order:
        """Return the order asked for, new or already there."""
        wanted = Order(**_fields(asked, Order.PARAMETERS))
        _check(wanted.amount_fen > 0 and wanted.currency == "CNY" and wanted.description != "")
        _check(_NUMBER.fullmatch(wanted.number) is not None)
        _check(_is_web(wanted.notify_url) and _is_web(wanted.return_url))
        try:
            _check(_time(wanted.expires_at).tzinfo is not None)
        except ValueError:
            raise Refusal(400, "param_error") from None
        return self.enter(wanted)

    def enter(self, wanted: Order) -> Order:
        """Return this order, new or already there with the same parameters, while it may be paid."""
        with self._lock:
            order = self.store.orders.get(wanted.number) or self.store.add(wanted)
            if parameters(order) != parameters(wanted):
                raise Refusal(409, "invalid_request")
            if self.state(order) != "open":
                raise Refusal(409, f"order_{self.state(order)}")
            self.store.save()
            return order

    def note(self, record: Order | Refund, **extra: Any) -> None:
        """Keep with an order or a refund what only its gateway understands."""
        with self._lock:
            record.extra.update(extra)
            self.store.save()

    def order(self, number: str) -> Order:
        try:
            return self.store.orders[number]
        except KeyError:
            raise Refusal(404, "order_not_found") from None

    def state(self, order: Order) -> str:
        """Return the order's state now: an open one closes by itself when its time is over."""
        return "closed" if order.state == "open" and _now() >= _time(order.expires_at) else order.state

    def close(self, number: str) -> Order:
        with self._lock:
            order = self.order(number)
            if order.state == "paid":
                raise Refusal(409, "order_paid")
            order.state = "closed"
            self.store.save()
        if self.faults.take("paid_after_close") is not None:
            self.later.after(0, self._landing(number))
        return order

    def refund(self, asked: Mapping[str, Any]) -> Refund:
        """Return the refund asked for, new or already there."""
        wanted = Refund(**_fields(asked, Refund.PARAMETERS))
        _check(_NUMBER.fullmatch(wanted.number) is not None)
        return self.enter_refund(wanted)

    def enter_refund(self, wanted: Refund) -> Refund:
        """Return this refund, new or already there; a new one is done a little later."""
        with self._lock:
            known = self.store.refunds.get(wanted.number)
            if known is not None:
                if parameters(known) != parameters(wanted):
                    raise Refusal(409, "invalid_request")
                return known
            self._check_refund(wanted)
            for fault, end in (("refund_abnormal", "abnormal"), ("refund_failed", "failed")):
                if self.faults.take(fault) is not None:
                    wanted.becomes = end
            self.store.refunds[wanted.number] = wanted
            self.store.save()
        self.later.after(self.refund_seconds, self._finishing(wanted.number))
        return wanted

    def _check_refund(self, wanted: Refund) -> None:
        order = self.order(wanted.payment_number)
        if order.state != "paid":
            raise Refusal(409, "order_not_paid")
        _check(wanted.amount_fen > 0 and wanted.total_fen == order.amount_fen and _is_web(wanted.notify_url))
        others = sum(
            each.amount_fen
            for each in self.store.refunds.values()
            if each.payment_number == order.number and each.state != "failed"
        )
        if others + wanted.amount_fen > order.amount_fen:
            raise Refusal(409, "refund_exceeds_payment")

    def try_again(self, refund: Refund) -> None:
        """Send an abnormal refund to another account, where it arrives."""
        with self._lock:
            if refund.state != "abnormal":
                raise Refusal(409, "invalid_request")
            refund.state, refund.becomes = "processing", "done"
            self.store.save()
        self.later.after(self.refund_seconds, self._finishing(refund.number))

    def refund_of(self, number: str) -> Refund:
        try:
            return self.store.refunds[number]
        except KeyError:
            raise Refusal(404, "refund_not_found") from None

    # what the payer does

    def order_at(self, token: str) -> Order:
        """Return the order behind a cashier page."""
        return self.order(self.store.tokens.get(token, ""))

    def act(self, order: Order, action: str) -> None:
        """Do what the payer chose at the cashier. On an order that is paid already it changes nothing."""
        _check(action in ACTIONS)
        with self._lock:
            if self.state(order) == "closed" and action != "abandons":
                raise Refusal(409, "order_closed")
            if action != "abandons":
                self.note(order, acted=True)  # at Alipay, what makes a trade of it
            if action == "refuses" and order.state != "paid":
                order.state = "closed"
                self.store.save()
            elif action == "pays_late":
                order.late_at = (_now() + timedelta(seconds=self.late_seconds)).isoformat()
                self.store.save()
                self.later.after(self.late_seconds, self._landing(order.number))
            elif action in _COPIES:
                self.pay(order, copies=_COPIES[action])

    def pay(self, order: Order, *, copies: int = 1) -> None:
        """Take the money, whatever state the order is in, and send `copies` of the notice."""
        with self._lock:
            if order.state == "paid":
                return
            order.state, order.paid_at = "paid", _now().isoformat()
            self.store.save()
        self.notifier.payment(order, copies)

    def backdate(self, number: str, at: str) -> None:
        """Say that an order was paid, or a refund made and done, at another time: what bills are made of."""
        with self._lock:
            if number in self.store.refunds:
                refund = self.store.refunds[number]
                refund.done_at = at if refund.done_at else ""
                refund.extra["created_at"] = at
            else:
                self.order(number).paid_at = at
            self.store.save()

    def _landing(self, number: str) -> Callable[[], None]:
        return lambda: self.pay(self.store.orders[number])

    def _finishing(self, number: str) -> Callable[[], None]:
        return lambda: self.finish(self.store.refunds[number])

    def finish(self, refund: Refund) -> None:
        """End a refund that is on its way; where it has ended already, do nothing."""
        with self._lock:
            if refund.state != "processing":
                return
            refund.state, refund.done_at = refund.becomes, _now().isoformat()
            self.store.save()
        self.notifier.refund(refund, self.store.orders[refund.payment_number])


def _now() -> datetime:
    return datetime.now(UTC)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fields(asked: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the named fields: texts, except that what ends in `_fen` is a whole number."""
    found = {name: asked.get(name) for name in names}
    _check(all(type(value) is (int if name.endswith("_fen") else str) for name, value in found.items()))
    return found


def _is_web(url: str) -> bool:
    return _WEB.fullmatch(url) is not None


def _check(fine: bool) -> None:
    if not fine:
        raise Refusal(400, "param_error")
