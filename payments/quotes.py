"""What is owed: a quote is the server's word on an amount, good for some minutes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lots import gates, hot, sessions
from lots.errors import ParkingError
from lots.models import GateCommand, Lane, Lot, ParkingSession, PlateRead
from lots.plates import Plate, parse
from lots.pricing import price_stay
from lots.vault import Unreadable, plate_index, unseal_plate
from payments.models import Quote
from payments.numbers import new_token

VALID = timedelta(minutes=5)


class NothingOwed(ParkingError):
    """Absent, still free, exempt or already paid. Which of them is nobody's business (the plate oracle)."""

    code = "nothing_owed"


@dataclass(frozen=True)
class LaneQuote:
    """What the car standing in a lane owes, with its plate masked: whoever scans sees no more of it."""

    quote: Quote
    masked_plate: str


def quote_stay(*, lot: Lot, plate: Plate, at: datetime, lane: Lane | None = None) -> Quote:
    """Quote the stay of a typed plate in this lot, or raise `NothingOwed`.

    `lane`: the exit lane whose code was scanned, so that its barrier opens although its camera did not
    recognise the car.
    """
    session = sessions.find_open(lot.pk, plate)
    if session is None:
        _take_as_long(lot, plate, at)
        raise NothingOwed
    return quote_session(session, lane=lane, at=at)


def quote_lane(*, lane: Lane, at: datetime) -> LaneQuote:
    """Quote the stay of the car that stands in this exit lane, or raise `NothingOwed`."""
    read = gates.standing(lane, at=at)
    if read is None or read.plate is None or read.outcome == PlateRead.Outcome.UNREAD:
        raise NothingOwed
    try:
        plate = parse(unseal_plate(read.lot_id, read.plate), overseas=read.plate_kind == "overseas")
    except Unreadable:  # its key was dropped: the driver types the plate, which is found without one
        raise NothingOwed from None
    session = sessions.find_open(read.lot_id, plate)
    if session is None:
        raise NothingOwed
    return LaneQuote(quote_session(session, lane=lane, at=at), plate.masked)


def quote_session(session: ParkingSession, *, lane: Lane | None, at: datetime) -> Quote:
    """Quote a stay, or raise `NothingOwed`; then the barrier opens for its car if that stands at an exit."""
    price, version = price_stay(session, until=at)
    if not sessions.due_of(session, price, at=at):
        gates.release(session, lane=_typed_at(lane, session), cause=GateCommand.Cause.NOTHING_OWED, at=at)
        raise NothingOwed
    quote = Quote(
        lot_id=session.lot_id,
        session=session,
        lane=lane,
        tariff=version,
        token=new_token(),
        price_fen=price.fen,
        amount_fen=price.fen - session.paid_fen,
        until=at,
        lines=[line.as_json() for line in price.lines],
        valid_until=at + VALID,
    )
    return hot.insert(quote)


def _typed_at(lane: Lane | None, session: ParkingSession) -> Lane | None:
    """Let a plate typed at an exit open it for a car that its camera did not recognise only if money came in
    for that stay: whoever types the plate of a car that parks free must not leave in its name."""
    return lane if session.paid_fen else None


def _take_as_long(lot: Lot, plate: Plate, at: datetime) -> None:
    """Ask for an absent car what a present one that owes nothing costs to ask: the price of its stay, and
    whether it stands at an exit. The time of the answer then tells nothing."""
    index = plate_index(lot.pk, plate.text)
    nobody = ParkingSession(pk=0, lot=lot, plate_index=index, plate_kind=plate.kind, entered_at=at)
    price_stay(nobody, until=at)
    gates.release(nobody, lane=None, cause=GateCommand.Cause.NOTHING_OWED, at=at)


def prune_quotes(*, before: datetime) -> int:
    """Delete quotes that nobody tried to pay."""
    return Quote.objects.filter(valid_until__lt=before, payments=None).delete()[0]
