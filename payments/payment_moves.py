"""A payment that was made for the wrong car, moved to the stay that it was meant for."""

from datetime import datetime

from core.errors import ParkingError
from lots import exit_grace, gates, sessions
from lots.models import GateCommand, ParkingSession
from lots.systems.links import is_of_other_system
from payments import refunds
from payments.channels import WAIVER
from payments.models import Payment
from payments.payment_coverage import price_at


class NotMovable(ParkingError):
    """Another lot's or another system's stay, a waived fee, or a payment of which nothing counts any more."""

    code = "not_movable"


def move_payment(payment: Payment, *, source: ParkingSession, target: ParkingSession, at: datetime) -> None:
    """Count for `target` what a payment counted for `source`; the caller holds both stays and settles them.

    Refunds that were promised before stay promised. The car of `target` may leave if that is enough, and its
    barrier opens if it stands there; that of `source` owes again.
    """
    fen = refunds.left_of(payment) if payment.state == Payment.State.PAID else 0
    foreign_system = bool(payment.reference) or is_of_other_system(target)  # it hears of no move
    asked = payment.refund_requests.filter(decided_at=None).exists()
    foreign = source.lot_id != target.lot_id or source.pk == target.pk or payment.session_id != source.pk
    if (
        foreign
        or foreign_system
        or asked
        or fen <= 0
        or payment.provider == WAIVER
        or payment.paid_at is None
    ):
        raise NotMovable(f"payment {payment.pk}")
    Payment.objects.filter(pk=payment.pk).update(session=target, moved_at=at)
    payment.session, payment.moved_at = target, at
    sessions.debit(source.pk, fen=fen, owed_again=True)
    enough = target.left_at is None and target.paid_fen + fen >= price_at(target, at)
    window = exit_grace.window_end(target.lot, at) if enough else None
    sessions.credit(target, fen=fen, paid_at=payment.paid_at, exit_until=window)
    if enough:
        gates.release(target, lane=None, cause=GateCommand.Cause.PAID, at=at)
