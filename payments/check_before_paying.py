"""Before money is taken in front of another vendor's system: is the charge still due, and due here only?

A system that knows its charges by reference is asked when the payment starts. The others are asked here, by
the plate that the page still has or by the lane. Some charge a stay by themselves (无感支付): that contract
is ended first.
"""

from datetime import datetime

from lots.models import Lot
from lots.plates import Plate
from lots.session_names import may_be_one
from lots.systems import can, system_of
from lots.systems.parking_system import Accepted, Charge, ChargeQuery, ClosesAutopay, NothingDue, Unreachable
from payments.charge_token import SealedCharge
from payments.refusals import ChargeExpired, NothingOwed, SystemUnreachable

NO_LANES = {"lane_unknown", "lanes_unsupported"}  # faults of the set-up, not of the system


def needs_plate(lot: Lot) -> bool:
    """Return whether a payment in this lot must come with the plate: its system closes contracts by plate."""
    return can(lot, ClosesAutopay)


def check_before_paying(charge: SealedCharge, *, lot: Lot, plate: Plate | None, at: datetime) -> None:
    """Ask once more what the car owes, where the system must be asked, and end the vendor's contract.

    The amount that was shown stands while it is valid, also where more is due by now. Raises `ChargeExpired`
    (also where a plate is needed and the one that was typed did not come along: the page asks for it),
    `NothingOwed` or `SystemUnreachable`. Then no payment may be started: the driver could pay twice.
    """
    if lot.system == Lot.System.BUILTIN:
        return
    if plate is not None and not charge.is_of(plate):
        plate = None  # the address of one charge asks for no other plate: a look-up has its budget
    if needs_plate(lot):
        _close_autopay(charge, lot, plate, at)
    elif not system_of(lot).can_ask_again:
        _ask_again(charge, lot, plate, at)


def _ask_again(charge: SealedCharge, lot: Lot, plate: Plate | None, at: datetime) -> None:
    if plate is not None:
        _require_due(charge, system_of(lot).charge(ChargeQuery(at, plate=plate)))
    elif charge.lane:
        answer = system_of(lot).charge(ChargeQuery(at, lane=charge.lane))
        if isinstance(answer, Unreachable):
            is_decisive = answer.fault not in NO_LANES
        else:  # where the plate was typed, another car may stand in the lane, or none
            is_decisive = may_be_one(answer.session, charge.session)
        if is_decisive:
            _require_due(charge, answer)


def _require_due(charge: SealedCharge, answer: Charge | NothingDue | Unreachable) -> Charge:
    """Return what is due now, unless it is less than was shown, or for another stay."""
    match answer:
        case Unreachable():
            raise SystemUnreachable
        case NothingDue():
            raise NothingOwed
        case Charge() as due:
            shown = charge.amount_fen + charge.discount_fen
            is_named = charge.session != charge.reference  # else the system numbers only its bills
            if due.due_fen < shown or (is_named and not may_be_one(due.session, charge.session)):
                raise ChargeExpired
            return due


def _close_autopay(charge: SealedCharge, lot: Lot, plate: Plate | None, at: datetime) -> None:
    system = system_of(lot)
    if plate is None:
        raise ChargeExpired
    if not isinstance(system, ClosesAutopay):  # its key is gone
        raise SystemUnreachable
    due = _require_due(charge, system.charge(ChargeQuery(at, plate=plate)))
    if due.due_fen != charge.amount_fen + charge.discount_fen:
        raise ChargeExpired
    if due.entered_at is None:  # without it no contract can be named, and a new look-up would not help
        raise SystemUnreachable
    if not isinstance(system.close_autopay(plate, entered_at=due.entered_at), Accepted):
        raise SystemUnreachable
