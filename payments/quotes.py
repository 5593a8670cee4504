"""What is owed: a quote is the server's word on an amount, good for some minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from core import hot_sql
from core.errors import ParkingError
from core.vault import Unreadable, plate_index, unseal_plate
from lots import gates, sessions
from lots.models import GateCommand, Lane, Lot, ParkingSession, PlateRead
from lots.plates import Plate, parse
from lots.pricing import price_stay
from payments import outstanding
from payments.coupons.coupon_codes import read_code
from payments.coupons.discounts import Bill, bill_of
from payments.coupons.late_coupons import use_late
from payments.coupons.redemption import cover
from payments.models import Quote
from payments.numbers import new_token

VALID = timedelta(minutes=5)


class NothingOwed(ParkingError):
    """Absent, still free, exempt or already paid. Which of them is nobody's business (the plate oracle)."""

    code = "nothing_owed"


class Covered(NothingOwed):
    """Coupons pay for all of it, and are used."""

    def __init__(self, bill: Bill, session: ParkingSession) -> None:
        super().__init__(f"session {session.pk}")
        self.bill = bill
        self.session = session


class GivenBack(NothingOwed):
    """Coupons came after the payment: they are used, and `fen` go back to where they came from."""

    def __init__(self, fen: int) -> None:
        super().__init__()
        self.fen = fen


@dataclass(frozen=True)
class LaneQuote:
    """What the car standing in a lane owes, with its plate masked: whoever scans sees no more of it."""

    quote: Quote
    masked_plate: str


def quote_stay(
    *, lot: Lot, plate: Plate, at: datetime, lane: Lane | None = None, codes: Sequence[str] = ()
) -> Quote:
    """Quote the stay of a typed plate in this lot, or raise `NothingOwed`.

    Where that owes nothing, an earlier one that left unpaid is quoted.

    `lane`: the exit lane whose code was scanned, so that its barrier opens although its camera did not
    recognise the car. `codes`: of coupons that the driver shows.
    """
    session = sessions.find_open(lot.pk, plate)
    owing = outstanding.of_plate(lot.pk, plate)  # asked for each plate: the time of the answer must not tell
    if session is None:
        _take_as_long(lot, plate, at)
    else:
        session.lot = lot  # known already: a price that follows the clock asks for it no second time
        try:
            return quote_session(session, lane=lane, at=at, codes=codes)
        except (Covered, GivenBack):
            raise
        except NothingOwed:
            if owing is None:
                raise
    if owing is None:
        raise NothingOwed
    return quote_session(owing.session, lane=None, at=at)


def quote_lane(*, lane: Lane, at: datetime, codes: Sequence[str] = ()) -> LaneQuote:
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
    return LaneQuote(quote_session(session, lane=lane, at=at, codes=codes), plate.masked)


def quote_session(
    session: ParkingSession, *, lane: Lane | None, at: datetime, codes: Sequence[str] = ()
) -> Quote:
    """Quote a stay, or raise `NothingOwed`; then the barrier opens for its car if that stands at an exit."""
    until = sessions.priced_until(session, at)
    price, version = price_stay(session, until=until)
    if not sessions.due_of(session, price, at=at):
        if any(map(read_code, codes)) and (fen := use_late(session, codes=codes, at=at)):
            raise GivenBack(fen)  # for a made-up code no more is asked than for an absent car
        gates.release(session, lane=_typed_at(lane, session), cause=GateCommand.Cause.NOTHING_OWED, at=at)
        raise NothingOwed
    bill = bill_of(session, price, until=until, at=at, codes=codes)
    if bill.fen <= session.paid_fen:
        _cover(session, bill, lane, at, codes)
    quote = Quote(
        lot_id=session.lot_id,
        session=session,
        lane=lane,
        tariff=version,
        token=new_token(),
        price_fen=price.fen,
        relief_fen=bill.reduced.relief_fen,
        amount_fen=bill.fen - session.paid_fen,
        until=until,
        lines=[line.as_json() for line in bill.reduced.lines],
        valid_until=at + VALID,
        coupons=[coupon.pk for coupon in bill.counting],
    )
    quote.refused = bill.refused
    return hot_sql.insert(quote)


def _cover(
    session: ParkingSession, bill: Bill, lane: Lane | None, at: datetime, codes: Sequence[str]
) -> NoReturn:
    """Use the coupons that leave nothing to pay. A car that came with a code may leave by this lane."""
    done = cover(session, lane=lane if bill.shown else _typed_at(lane, session), at=at, codes=codes)
    if done is None:  # another phone was faster: it has paid, or used one of the coupons
        raise NothingOwed
    raise Covered(done, session)


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
