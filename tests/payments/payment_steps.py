"""A driver in tests: looks up a fee as the page does, uses coupons by a tap, presses Pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lots.models import Lane, Lot, ParkingSession
from lots.plates import Plate
from lots.systems.parking_system import ChargeQuery, NothingDue, Unreachable
from payments.charge_token import unseal
from payments.charges import Due, ask, release_if_settled, sealed
from payments.checkout import start_payment
from payments.coupons.coupon_rules import Refusal
from payments.coupons.late_coupons import give_back_late_coupons
from payments.coupons.redemption import use_coupons
from payments.models import Payment
from payments.providers.contract import Payer
from payments.refusals import NothingOwed


@dataclass(frozen=True)
class Shown:
    """What a fee view shows, and the address under which it does."""

    lot: Lot
    due: Due
    token: str
    lane: Lane | None = None

    @property
    def amount_fen(self) -> int:
        return self.due.amount_fen

    @property
    def price_fen(self) -> int:
        return self.due.charge.price_fen

    @property
    def discount_fen(self) -> int:
        return self.due.discount_fen

    @property
    def session(self) -> ParkingSession:
        return ParkingSession.objects.get(pk=self.due.charge.session)

    @property
    def valid_until(self) -> datetime:
        return self.due.charge.valid_until

    @property
    def refused(self) -> tuple[tuple[str, Refusal], ...]:
        return self.due.refused


def look_up(
    *, lot: Lot, plate: Plate, at: datetime, lane: Lane | None = None, codes: Sequence[str] = ()
) -> Shown:
    """Type a plate, at the sign of `lane` if there is one. Raises `NothingOwed`."""
    return _shown(lot, ChargeQuery(at, plate=plate), lane, codes)


def look_in_lane(*, lane: Lane, at: datetime) -> Shown:
    """Scan the code of an exit lane. Raises `NothingOwed`."""
    return _shown(lane.lot, ChargeQuery(at, lane=lane.pk), lane, ())


def look_up_session(session: ParkingSession, *, at: datetime) -> Shown:
    return _shown(session.lot, ChargeQuery(at, session=str(session.pk)), None, ())


def start_paying(shown: Shown, channel: str = "fake", *, at: datetime, payer: Payer | None = None) -> Payment:
    """Press Pay; return the payment that was started."""
    charge = unseal(shown.token, at=at)
    return start_payment(charge, lot=shown.lot, channel=channel, payer=payer or Payer(), at=at)[0]


def tap(shown: Shown, *, at: datetime) -> int | None:
    """Use the coupons that cover a fee, or that came after its payment.

    Returns what goes back (fen), None where the coupons had gone.
    """
    ids, session = shown.due.coupons, shown.session
    if shown.due.back_fen:
        return give_back_late_coupons(session, ids=ids, at=at) or None
    return 0 if use_coupons(session, ids=ids, lane=shown.lane, at=at) else None


def _shown(lot: Lot, query: ChargeQuery, lane: Lane | None, codes: Sequence[str]) -> Shown:
    answer = ask(lot, query, codes=codes)
    if isinstance(answer, NothingDue):
        release_if_settled(lot, answer, lane=lane, at=query.at)
        raise NothingOwed
    assert not isinstance(answer, Unreachable)
    text = sealed(answer, lot=lot, sign=None, lane=lane, language="zh-hans", at=query.at)
    return Shown(lot, answer, text, lane)
