"""Bugs of the kinds that the simulator is there for: each breaks one safeguard of the product."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import connection

from driver import channel_notices
from lots import gates, plate_reads, sessions
from lots.models import GateCommand
from payments import channel_orders, refunds, settlements, settling
from payments.models import Payment
from payments.numbers import new_number
from tests.simulate.simulation import Plant, Simulation


@dataclass(frozen=True)
class Bug:
    fault: str  # the only kind of fault under which it is looked for
    invariant: str
    plant: Plant
    near: int = 0  # a seed that finds it as the product is now, from which the search begins


def settle_twice(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """A repeated notice counts the money for its session again. (The ledger refuses a second booking.)"""
    real = settling._settle_paid

    def settle(statement: Any, cause: str, at: Any, **how: Any) -> Payment | None:
        payment = Payment.objects.filter(number=statement.number).first()
        if payment and payment.state == Payment.State.PAID:
            sessions.credit(payment.session, fen=payment.credited_fen, paid_at=at, exit_until=None)
        return real(statement, cause, at, **how)

    patch.setattr(settling, "_settle_paid", settle)


def refund_twice(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """A refund whose answer was lost is sent again under another number."""
    real = refunds._ask

    def ask(provider: Any, refund: Any, order: Any, at: Any) -> Any:
        if not refund.checks:
            return real(provider, refund, order, at)
        answer = provider.refund(replace(order, number=new_number()))
        return replace(answer, refund_number=refund.number)

    patch.setattr(refunds, "_ask", ask)


def acknowledge_first(patch: pytest.MonkeyPatch, simulation: Simulation) -> None:
    """A notice is answered at once and settled afterwards, from memory."""
    real = channel_notices._settle_all

    def settle_all(read: Any, at: Any) -> Any:
        simulation.background.append(lambda: real(read, at))
        return read.accept

    patch.setattr(channel_notices, "_settle_all", settle_all)


def refuse_late_money(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """An expired order is closed here without asking its channel, and money for it is ignored."""

    def close(payment: Payment, *, at: Any) -> None:
        payment.advance("closed", at=at, cause="close", next_check_at=None)

    patch.setattr(channel_orders, "close_attempt", close)
    patch.setitem(Payment.TRANSITIONS, Payment.State.CLOSED, set())


def accept_early_refund(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """A notice of a refund that overtakes its payment's is accepted and dropped."""
    patch.setattr(channel_notices, "ask_now", lambda *_, **__: None)
    real = channel_notices._settle_all

    def settle_all(read: Any, at: Any) -> Any:
        answer = real(read, at)
        return read.accept if any(each.refund_number for each in read.statements) else answer

    patch.setattr(channel_notices, "_settle_all", settle_all)


def believe_any_amount(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """The amount of a notice is not compared."""
    real = settling._settle_paid

    def settle(statement: Any, cause: str, at: Any, **how: Any) -> Payment | None:
        payment = Payment.objects.filter(number=statement.number).first()
        believed = replace(statement, amount_fen=payment.amount_fen) if payment else statement
        return real(believed, cause, at, **how)

    patch.setattr(settling, "_settle_paid", settle)


def open_twice(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """A barrier's order stays in the queue after it was handed out."""
    real = GateCommand.advance

    def advance(self: GateCommand, to: str, **kwargs: Any) -> bool:
        done = real(self, to, **kwargs)
        if done and to == "sent":
            GateCommand.objects.filter(pk=self.pk).update(state="queued")
        return done

    patch.setattr(GateCommand, "advance", advance)
    forget_departure(patch, _)


def forget_departure(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """An order that waits opens also after its car has left by the answer to a later read."""
    patch.setattr(gates, "_has_left", lambda _: False)


def enter_twice(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """Each read at an entry begins a session, also of a car that is inside, and no constraint forbids it."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX session_one_open_per_plate_and_lot")
    real = plate_reads._entry

    def enter(read: Any, plate: Any, _inside: Any, at: Any, **_: Any) -> Any:
        return real(read, plate, None, at, rebuild=False)

    patch.setattr(plate_reads, "_entry", enter)


def believe_cameras(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """A camera's time counts, however far from ours it is."""
    patch.setattr(plate_reads, "_event_time", lambda _device, sighting, _at: sighting.captured_at)


def settle_under_other_number(patch: pytest.MonkeyPatch, _: Simulation) -> None:
    """A parking system gets a payment again under another number."""
    real = settlements._settlement_of
    patch.setattr(settlements, "_settlement_of", lambda row: replace(real(row), number=new_number()))


BUGS = (
    Bug("double", "session counts what was paid", settle_twice, near=6),
    Bug("drop", "refund happens once", refund_twice, near=26),
    Bug("crash", "acknowledged payment is stored", acknowledge_first, near=81),
    Bug("delay", "acknowledged payment is stored", refuse_late_money, near=13),
    Bug("reorder", "refund happens once", accept_early_refund, near=62),
    Bug("lie", "barrier opens only for payment or permit", believe_any_amount, near=2),
    Bug("drop", "barrier opens once", open_twice, near=2),
    Bug("delay", "barrier opens once", forget_departure, near=29),
    Bug("drop", "one open session per plate", enter_twice),
    Bug("clock", "stay is charged once", believe_cameras, near=1),
    Bug("drop", "parking system is notified once", settle_under_other_number, near=53),
)
