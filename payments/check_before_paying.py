"""Before money is taken: end a contract by which the lot's own system would charge the stay (无感支付)."""

from datetime import datetime

from lots.models import Lot
from lots.plates import Plate
from lots.systems import can, system_of
from lots.systems.base import Accepted, Charge, ChargeQuery, ClosesAutopay, NothingDue, Unreachable
from payments.charge_token import SealedCharge
from payments.refusals import ChargeExpired, NothingOwed, SystemUnreachable


def needs_plate(lot: Lot) -> bool:
    """Return whether a payment in this lot must come with the plate: its system closes contracts by plate."""
    return can(lot, ClosesAutopay)


def close_before_paying(charge: SealedCharge, *, lot: Lot, plate: Plate | None, at: datetime) -> None:
    """End the contract of a stay, where the lot's system has such contracts; nothing else.

    The charge is asked for once more by plate, so that it is still due and of the amount that was shown.
    Raises `ChargeExpired` (also where no plate came along: the page asks for it), `NothingOwed` or
    `SystemUnreachable`. Then no payment may be started: the driver could be charged twice.
    """
    if not needs_plate(lot):
        return
    if plate is None:
        raise ChargeExpired
    system = system_of(lot)
    if not isinstance(system, ClosesAutopay):  # its key is gone
        raise SystemUnreachable
    match system.charge(ChargeQuery(at, plate=plate)):
        case Unreachable():
            raise SystemUnreachable
        case NothingDue():
            raise NothingOwed
        case Charge() as now_due:
            entered_at = now_due.entered_at
    shown = charge.amount_fen + charge.discount_fen
    if (now_due.due_fen, now_due.session) != (shown, charge.session) or entered_at is None:
        raise ChargeExpired
    if not isinstance(system.close_autopay(plate, entered_at=entered_at), Accepted):
        raise SystemUnreachable
