"""Our own parking system: sessions that our cameras opened, priced by our tariffs."""

from datetime import datetime, timedelta

from core.vault import Unreadable, unseal_plate
from lots import gates
from lots.models import Lane, Lot, ParkingSession, PlateRead
from lots.plates import Plate, parse
from lots.pricing import NoTariff
from lots.session_facts import SessionFacts, of_plate, of_session
from lots.systems.parking_system import (
    Accepted,
    Charge,
    ChargeQuery,
    Nothing,
    NothingDue,
    PaidCharge,
    SessionGone,
    TryAgain,
    Unreachable,
)
from lots.tariffs import Price

VALID = timedelta(minutes=5)
NO_TARIFF = "no_tariff"


class BuiltinSystem:
    """Answers for one lot from its own rows."""

    can_ask_again = True

    def __init__(self, lot: Lot) -> None:
        self.lot = lot

    def charge(self, query: ChargeQuery) -> Charge | NothingDue | Unreachable:
        if query.session:
            return self._of_session(query.session, query.at)
        if query.plate is not None:
            return answer(of_plate(self.lot, query.plate, at=query.at), at=query.at)
        assert query.lane is not None, "a query names a plate, a lane or a session"
        return self._of_lane(query.lane, query.at)

    def settle(self, settlement: PaidCharge) -> Accepted | SessionGone | TryAgain:
        """Return `Accepted`: `payments.settling` credits our sessions in the transaction that records the
        money."""
        row = ParkingSession.objects.filter(pk=settlement.session, lot=self.lot).first()
        return SessionGone() if row is None else Accepted(row.exit_until)

    def _of_session(self, session: str, at: datetime) -> Charge | NothingDue | Unreachable:
        facts = of_session(self.lot, int(session), at=at) if session.isdecimal() else None
        return answer(facts, at=at, shows_plate=True) if facts else NothingDue(Nothing.ABSENT)

    def _of_lane(self, lane: int, at: datetime) -> Charge | NothingDue | Unreachable:
        plate = plate_in_lane(Lane(pk=lane, lot=self.lot), at=at)
        if plate is None:
            return NothingDue(Nothing.NO_LANE_CAR)
        facts = of_plate(self.lot, plate, at=at)
        if not facts.is_present:
            return NothingDue(Nothing.NO_LANE_CAR)
        return answer(facts, at=at, shows_plate=True)


def answer(
    facts: SessionFacts, *, at: datetime, shows_plate: bool = False
) -> Charge | NothingDue | Unreachable:
    """Return what a session owes at `at`. An absent car is priced like a present one that just came in."""
    session = facts.session
    until = session.priced_until(at)
    try:
        price = facts.price(until=until)
    except NoTariff:
        return Unreachable(NO_TARIFF)
    due = session.due_of(price, at=at)
    if not due:
        return _nothing(facts, at)
    return charge_of(facts, price, due_fen=due, until=until, at=at, shows_plate=shows_plate)


def charge_of(
    facts: SessionFacts,
    price: Price,
    *,
    due_fen: int,
    until: datetime,
    at: datetime,
    shows_plate: bool = False,
) -> Charge:
    """Return the charge of a session whose price up to `until` is known."""
    session, number = facts.session, str(facts.session.id)
    return Charge(
        reference=number,
        session=number,
        price_fen=price.fen,
        paid_fen=session.paid_fen,
        due_fen=due_fen,
        lines=price.lines,
        until=until,
        valid_until=at + VALID,
        entered_at=session.entered_at,
        has_left=session.left_at is not None,
        tariff_version=facts.version.version if facts.version else None,
        masked_plate=masked_plate(session) if shows_plate else "",
        missed=facts.missed(price, until=until),
        currency=facts.currency,
    )


def _nothing(facts: SessionFacts, at: datetime) -> NothingDue:
    session = facts.session
    if not facts.is_present:
        return NothingDue(Nothing.ABSENT)
    is_paid = bool(session.paid_fen) or session.may_leave(at)
    return NothingDue(
        Nothing.PAID if is_paid else Nothing.FREE,
        session=str(session.pk),
        leave_by=session.exit_until,
        at_exit=facts.held_read is not None and session.left_at is None,
    )


def plate_in_lane(lane: Lane, *, at: datetime) -> Plate | None:
    """Return the plate of the car that stands in this exit lane; None where no camera read one."""
    read = gates.standing(lane, at=at)
    if read is None or read.plate is None or read.outcome == PlateRead.Outcome.UNREAD:
        return None
    try:
        return parse(unseal_plate(read.lot_id, read.plate), overseas=read.plate_kind == "overseas")
    except Unreadable:  # its key was dropped: the driver types the plate, which is found without one
        return None


def masked_plate(session: ParkingSession) -> str:
    """Return the session's plate with its middle hidden; "" once it is forgotten or its key is gone."""
    if session.plate is None:
        return ""
    try:
        text = unseal_plate(session.lot_id, session.plate)
    except Unreadable:
        return ""
    return parse(text, overseas=session.plate_kind == "overseas").masked
