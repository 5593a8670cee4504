"""What is to be paid for a session: the parking system's charge, with coupons and balances on top.

One question for the driver's page, the lane code, the booth and the API. It changes nothing. What follows
from an answer are acts with names of their own: `release_if_settled` here, `use_coupons` and
`give_back_late_coupons` in payments.coupons.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet, Sum

from core.vault import plate_index
from lots import gates, sessions
from lots.models import GateCommand, Lane, Lot, ParkingSession, Sign, SystemSession, TariffVersion
from lots.plates import Plate
from lots.pricing import NoTariff, price_session, price_without_entry, tariff_of
from lots.session_facts import Probe, SessionFacts, of_plate, of_session
from lots.session_names import PLATE_MARK
from lots.systems import counts_coupons, system_of
from lots.systems.builtin import answer, charge_of, plate_in_lane
from lots.systems.links import is_of_other_system, session_id_of
from lots.systems.parking_system import Charge, ChargeQuery, Nothing, NothingDue, Unreachable
from lots.tariffs import CNY, Currency, Price, PriceLine
from payments import notice_effects, settlements, zero_bills
from payments.charge_token import LIFE, SealedCharge, digest_of, mark_of, seal
from payments.coupons import in_front
from payments.coupons.coupon_codes import read_code
from payments.coupons.coupon_models import Coupon
from payments.coupons.coupon_rules import Refusal
from payments.coupons.discounts import DiscountedSession, bill_of, counting_bill, late_bill
from payments.models import Payment, Settlement
from payments.refusals import CurrencyRefused, NoEntry

PASSED_ON = timedelta(minutes=5)  # until another system's cloud has passed on what it accepted
OTHERS_CLOCK = timedelta(hours=12)  # another system's clock, or its time zone, is ahead of ours by less
_HAS_COUPON = (
    "EXISTS (SELECT 1 FROM payments_coupon c WHERE c.session_id = s.id AND c.state = 'used')"
    " OR EXISTS (SELECT 1 FROM payments_coupon c WHERE c.lot_id = %s AND c.plate_index = {plate}"
    " AND c.state IN ('issued', 'held'))"
)
_SESSION_HAS_COUPON = _HAS_COUPON.format(plate="s.plate_index")
_PLATE_HAS_COUPON = _HAS_COUPON.format(plate="%s")
_PLATE_OWES = (
    "SELECT d.session_id FROM payments_debt d WHERE d.lot_id = %s AND d.plate_index = %s"
    " ORDER BY d.since, d.id LIMIT 1"
)


class Due(NamedTuple):
    """A charge with its discounts: what the driver sees, and what a payment carries.

    `amount_fen` is 0 where coupons cover all of it (`use_coupons`), or where they came after the payment:
    then `back_fen` is refunded (`give_back_late_coupons`).
    """

    charge: Charge
    amount_fen: int
    discount_fen: int = 0
    back_fen: int = 0
    lines: tuple[PriceLine, ...] = ()  # the charge's, and those of the coupons
    coupons: tuple[int, ...] = ()  # ids of those that count
    codes: tuple[str, ...] = ()  # of those that count, as far as the driver showed them
    offered: tuple[str, ...] = ()  # codes that a tap gives to another vendor's system; not taken off yet
    refused: tuple[tuple[str, Refusal], ...] = ()
    after_settlement: int | None = None  # the newest of its session, in front of another system

    @property
    def has_guess(self) -> bool:
        """Whether a code was shown that is none of ours."""
        return any(why == Refusal.UNKNOWN for _, why in self.refused)


@dataclass(frozen=True)
class Expired:
    """The time of a sealed charge is over, or what it says is no longer so. No money moved."""


@dataclass(frozen=True)
class ChargeRecord:
    """A charge as the payment for it records it."""

    lot_id: int
    session_id: int
    price_fen: int
    discount_fen: int
    due_fen: int
    until: datetime
    lines: list[dict[str, Any]]
    tariff_version: int | None
    expires_at: datetime
    reference: str = ""
    after_settlement: int | None = None
    sign_id: int | None = None
    lane_id: int | None = None
    coupons: list[int] = field(default_factory=list)


type Answer = Due | NothingDue | Unreachable


def ask(lot: Lot, query: ChargeQuery, *, codes: Sequence[str] = (), coupons: Sequence[int] = ()) -> Answer:
    """Return what is to be paid in this lot; of a plate that owes nothing now, an outstanding balance.

    `codes` are those of coupons that the driver shows, `coupons` the ids of those that counted before.
    """
    if lot.system != Lot.System.BUILTIN:
        return _ask_other(lot, query, codes, coupons)
    facts = _read(lot, query)
    if facts is None:
        return NothingDue(Nothing.NO_LANE_CAR if query.lane else Nothing.ABSENT)
    result = answer(facts, at=query.at, shows_plate=query.plate is None)
    if isinstance(result, NothingDue):
        return (
            _late(facts, result, codes, coupons, query.at)
            or (_earlier(lot, owing, query.at) if (owing := facts.probed["owing"]) and query.plate else None)
            or result
        )
    if isinstance(result, Charge) and (codes or coupons or facts.probed["has_coupon"]):
        return _discounted(result, facts.session, codes, coupons, query.at)
    return _plain(result) if isinstance(result, Charge) else result


def _ask_other(lot: Lot, query: ChargeQuery, codes: Sequence[str], coupons: Sequence[int]) -> Answer:
    """Return what another vendor's system wants, with a coupon where that system counts it."""
    system = system_of(lot)
    found = system.charge(query)
    if not isinstance(found, Charge):
        return found
    due = _not_paid_yet(lot, found)
    if not isinstance(due, Due) or not counts_coupons(system):
        return due
    if due.charge.due_fen != found.due_fen:  # a payment waits to be counted there: its answer with a coupon
        return due  # would ask for that again
    counted = in_front.count(lot, system, query, due.charge, codes=codes, ids=coupons)
    if isinstance(counted, Unreachable):
        return counted
    charge, fen = counted.charge, counted.taken_fen
    return due._replace(
        charge=charge,
        amount_fen=charge.due_fen - fen,
        discount_fen=fen,
        lines=(*charge.lines, *_coupon_line(counted.coupon, fen)),
        coupons=(counted.coupon.pk,) if counted.coupon else (),
        codes=counted.codes,
        offered=counted.offered,
        refused=counted.refused,
    )


def _coupon_line(coupon: Coupon | None, fen: int) -> tuple[PriceLine, ...]:
    if coupon is None:
        return ()
    kind = coupon.offer.kind
    values: dict[str, Any] = {"amount_fen": fen}
    return (
        PriceLine("coupon_all_free", -fen, {})
        if kind == "all_free"
        else PriceLine("coupon_amount", -fen, values),
    )


def _read(lot: Lot, query: ChargeQuery) -> SessionFacts | None:
    if query.session:
        pk = int(query.session) if query.session.isdecimal() else 0
        probes = [Probe("has_coupon", _SESSION_HAS_COUPON, (lot.pk,)), Probe("owing", "NULL")]
        return of_session(lot, pk, at=query.at, probes=probes)
    lane = Lane(pk=query.lane, lot=lot) if query.lane else None
    plate = query.plate or (plate_in_lane(lane, at=query.at) if lane else None)
    if plate is None:
        return None
    index = plate_index(lot.id, plate.text)
    facts = of_plate(lot, plate, at=query.at, index=index, probes=probes_of_plate(lot.id, index))
    return facts if query.plate or facts.is_present else None


def probes_of_plate(lot_id: Any, index: Any) -> list[Probe]:
    """Return what a charge asks of a plate beside its session: whether it has a coupon, and which debt."""
    known = (lot_id, index)
    return [Probe("has_coupon", _PLATE_HAS_COUPON, known), Probe("owing", _PLATE_OWES, known)]


def _not_paid_yet(lot: Lot, charge: Charge) -> Due | NothingDue:
    """Return what another system still wants, without what was paid here and that system has not counted yet.

    Else a driver who has paid would be asked again as long as that system is silent, or has not passed an
    accepted payment on to its car park. What was paid long before this car came in was for another one: some
    systems use a session's number again the next day. So was what was paid long ago for a plate whose entry
    no one knows.
    """
    session = SystemSession.objects.called(lot, charge.session).values_list("session_id")
    counts = Q(payment__reserved_refund_fen__lt=F("payment__amount_fen"))  # was not given back
    since = charge.until if charge.session.startswith(PLATE_MARK) else charge.entered_at
    if since is not None:
        counts &= Q(payment__paid_at__gt=since - OTHERS_CLOCK)
    waiting, newest = _waiting_fen(Settlement.objects.filter(payment__session__in=session), counts, charge)
    if waiting >= charge.due_fen:
        return NothingDue(Nothing.PAID, charge.session)
    due = _plain(replace(charge, paid_fen=charge.paid_fen + waiting, due_fen=charge.due_fen - waiting))
    return due._replace(after_settlement=newest)


def _waiting_fen(rows: QuerySet[Settlement], counts: Q, charge: Charge) -> tuple[int, int]:
    """Return how much of what was paid for a stay its charge does not know of, coupons included.

    What was accepted is known there, unless that was just now and the charge names less as paid. Where the
    clock was set back since, its minutes say nothing: then a fee below what was paid is a new one. With it
    comes the newest settlement, of the same statement: the charge is reduced by no later one.
    """
    unfinished = counts & Q(state__in=Settlement.UNFINISHED)
    accepted = counts & Q(state=Settlement.State.ACCEPTED)
    just_now = accepted & Q(answered_at__gt=charge.until - PASSED_ON)
    fen, off = F("payment__credited_fen"), F("payment__discount_fen")
    sums = rows.aggregate(
        newest=Max("pk", default=0),
        waiting=Sum(fen + off, filter=unfinished, default=0),
        accepted=Sum(fen, filter=accepted, default=0),
        new=Sum(fen, filter=just_now, default=0),
        off=Sum(off, filter=just_now, default=0),
        ahead=Count("pk", filter=just_now & Q(answered_at__gt=charge.until)),
    )
    unknown = min(sums["new"], sums["accepted"] - charge.paid_fen)
    unknown = unknown + sums["off"] if unknown > 0 else 0
    if sums["ahead"] and charge.due_fen < unknown:
        unknown = 0
    return int(sums["waiting"] + unknown), sums["newest"]


def _plain(charge: Charge) -> Due:
    return Due(charge, charge.due_fen, lines=charge.lines)


def _discounted(
    charge: Charge, session: ParkingSession, codes: Sequence[str], coupons: Sequence[int], at: datetime
) -> Due:
    price = Price(charge.lines)
    bill = bill_of(session, price, until=charge.until, at=at, codes=codes, ids=coupons)
    return _due(charge, bill, amount_fen=max(0, bill.fen - charge.paid_fen))


def _due(charge: Charge, bill: DiscountedSession, *, amount_fen: int, back_fen: int = 0) -> Due:
    return Due(
        charge,
        amount_fen,
        discount_fen=bill.reduced.relief_fen,
        back_fen=back_fen,
        lines=bill.reduced.lines,
        coupons=tuple(coupon.pk for coupon in bill.counting),
        codes=tuple(bill.shown),
        refused=bill.refused,
    )


def _late(
    facts: SessionFacts, nothing: NothingDue, codes: Sequence[str], coupons: Sequence[int], at: datetime
) -> Due | None:
    """Return what coupons that come after the payment give back. A made-up code asks nothing more."""
    if nothing.reason is not Nothing.PAID or not (coupons or any(map(read_code, codes))):
        return None
    bill, until = late_bill(facts.session, codes=codes, ids=coupons, at=at)
    if bill is None:
        return None
    charge = charge_of(facts, bill.reduced.price, due_fen=0, until=until, at=at)
    return _due(charge, bill, amount_fen=0, back_fen=facts.session.paid_fen - bill.fen)


def _earlier(lot: Lot, session: int, at: datetime) -> Answer | None:
    """Return the charge of a session whose car left unpaid."""
    facts = of_session(lot, session, at=at)
    result = answer(facts, at=at) if facts else None
    if not isinstance(result, Charge):
        return None
    assert facts is not None
    return _discounted(result, facts.session, (), (), at)


def sealed(
    due: Due,
    *,
    lot: Lot,
    sign: Sign | None,
    lane: Lane | None,
    language: str,
    is_brief: bool = False,
    plate: Plate | None = None,
    continues: int = 0,
    at: datetime,
) -> str:
    """Return the charge as a text for an address, bound to this lot and sign."""
    charge, is_own = due.charge, lot.system == Lot.System.BUILTIN
    seen = plate.masked if plate else charge.masked_plate
    return seal(
        SealedCharge(
            at=at,
            valid_until=min(charge.valid_until, at + LIFE),
            lot=lot.id,
            sign=sign.id if sign else 0,
            lane=lane.id if lane else 0,
            reference=charge.reference,
            session=charge.session,
            price_fen=charge.price_fen,
            discount_fen=due.discount_fen,
            amount_fen=due.amount_fen,
            back_fen=due.back_fen,
            digest=digest_of(due.lines, lot.system_digest),
            coupons=due.coupons,
            language=language,
            masked_plate="" if is_own else seen,
            is_brief=is_brief,
            plate_mark=mark_of(lot.pk, plate) if plate and not is_own else b"",
            continues=continues,
            after_settlement=due.after_settlement or 0,
        )
    )


def charge_paid_by(payment: Payment, *, sign: Sign) -> SealedCharge:
    """Return the charge for which an attempt was started, bound to a sign of its lot."""
    session, whose = _session_of(payment)
    return SealedCharge(
        at=payment.until,
        valid_until=payment.expires_at,
        lot=payment.lot_id,
        sign=sign.pk,
        lane=payment.lane_id or 0,
        reference=payment.reference or session,
        session=session,
        price_fen=payment.price_fen,
        discount_fen=payment.discount_fen,
        amount_fen=payment.amount_fen,
        back_fen=0,
        digest=digest_of([PriceLine.of_json(line) for line in payment.lines], whose),
        coupons=tuple(payment.coupons),
        language=payment.language,
        continues=payment.pk,
        after_settlement=payment.after_settlement or 0,
    )


def session_of(payment: Payment) -> str:
    """Return the session of a payment in the terms of the system that owns it."""
    return _session_of(payment)[0]


def is_of_present_system(payment: Payment) -> bool:
    """Return whether the system that answers for the lot now owns the session of a payment."""
    return _session_of(payment)[1] == payment.lot.system_digest


def _session_of(payment: Payment) -> tuple[str, str]:
    """Return the session of a payment as its system names it, and which lot of that system it is."""
    if payment.reference:
        session = SystemSession.objects.get(session=payment.session_id)
        return session.reference, session.system_digest
    return str(payment.session_id), ""


def ask_again(sealed: SealedCharge, *, lot: Lot, at: datetime) -> Answer | Expired:
    """Return what a sealed charge says, asked once more as of its own moment.

    So it is still due, and its price, discounts and explanation are those that the driver saw.
    """
    if sealed.is_over(at):
        return Expired()
    query = ChargeQuery(sealed.at, reference=sealed.reference, session=sealed.session)
    if not system_of(lot).can_ask_again:
        return _as_sealed(sealed, lot)
    due = ask(lot, query, coupons=sealed.coupons)
    if not isinstance(due, Due):
        return due
    digest = digest_of(due.lines, lot.system_digest)
    amounts = (due.charge.price_fen, due.discount_fen, due.amount_fen, due.back_fen, digest)
    expected = (sealed.price_fen, sealed.discount_fen, sealed.amount_fen, sealed.back_fen, sealed.digest)
    return due if amounts == expected else Expired()


def is_from_present_system(sealed: SealedCharge, *, lot: Lot) -> bool:
    """Return whether the vendor's system that answers for the lot now gave this charge.

    Another one, or another lot of it, gives the same numbers to other cars.
    """
    return digest_of(_lines_of(sealed), lot.system_digest) == sealed.digest


def _lines_of(sealed: SealedCharge) -> tuple[PriceLine, ...]:
    """Return the lines of a vendor's charge as they were sealed."""
    line = PriceLine("parking_system", sealed.price_fen, {})
    coupon = Coupon.objects.select_related("offer").filter(pk__in=sealed.coupons).first()
    return (line, *_coupon_line(coupon, sealed.discount_fen))


def _as_sealed(sealed: SealedCharge, lot: Lot) -> Due | NothingDue | Expired:
    """Return the charge of a system that can be asked only once: the seal is its word, until it is paid."""
    if not is_from_present_system(sealed, lot=lot):
        return Expired()
    if notice_effects.is_over(lot, sealed.session, since=sealed.at):
        return NothingDue(Nothing.PAID, sealed.session)
    session = SystemSession.objects.called(lot, sealed.session).values_list("session_id")
    payments = Payment.objects.filter(session__in=session)
    if settlements.not_in_charge(payments, sealed.after_settlement).exists():
        return NothingDue(Nothing.PAID, sealed.session)
    lines = _lines_of(sealed)
    charge = Charge(
        reference=sealed.reference,
        session=sealed.session,
        price_fen=sealed.price_fen,
        paid_fen=sealed.price_fen - sealed.discount_fen - sealed.amount_fen,
        due_fen=sealed.amount_fen + sealed.discount_fen,
        lines=lines[:1],
        until=sealed.at,
        valid_until=sealed.valid_until,
        masked_plate=sealed.masked_plate,
    )
    return Due(
        charge,
        sealed.amount_fen,
        sealed.discount_fen,
        lines=lines,
        coupons=sealed.coupons,
    )


def record_of(due: Due, *, lot: Lot, sealed: SealedCharge | None = None) -> ChargeRecord:
    """Return what a payment of this charge records. Raises `CurrencyRefused`."""
    charge = due.charge
    require_yuan(charge.currency)
    is_own = lot.system == Lot.System.BUILTIN
    return ChargeRecord(
        lot_id=lot.pk,
        session_id=session_id_of(lot, charge),
        price_fen=charge.price_fen,
        discount_fen=due.discount_fen,
        due_fen=due.amount_fen,
        until=charge.until,
        lines=[line.as_json() for line in due.lines],
        tariff_version=charge.tariff_version,
        expires_at=sealed.valid_until if sealed else charge.valid_until,
        reference="" if is_own else charge.reference,
        after_settlement=None if is_own else (sealed or due).after_settlement,
        sign_id=sealed.sign or None if sealed else None,
        lane_id=sealed.lane or None if sealed else None,
        coupons=list(due.coupons),
    )


def record_of_money(
    session: ParkingSession, *, amount_fen: int, lane: Lane | None, paid_at: datetime
) -> ChargeRecord:
    """Return what a payment of money that is there already records: what the session costs as it is taken.

    Where it owes nothing, the charge is what was taken; else its plate's coupons count, as for any driver.
    Raises `NoEntry`, `CurrencyRefused`, or `NoTariff`, also of a session of another system.
    """
    until = session.priced_until(paid_at)
    price, version = _price_of_money(session, until)
    require_yuan(tariff_of(version.pk).currency)
    counts = session.entered_at is not None and session.due_of(price, at=paid_at) > 0
    bill = counting_bill(session, price, until=until, at=paid_at) if counts else None
    due_fen = max(0, bill.fen - session.paid_fen) if bill else session.due_of(price, at=paid_at)
    return ChargeRecord(
        lot_id=session.lot_id,
        session_id=session.pk,
        price_fen=price.fen,
        discount_fen=bill.reduced.relief_fen if bill else 0,
        due_fen=due_fen or amount_fen,
        until=until,
        lines=[line.as_json() for line in (bill.reduced.lines if bill else price.lines)],
        tariff_version=version.version,
        expires_at=paid_at + LIFE,
        lane_id=lane.pk if lane else None,
        coupons=[coupon.pk for coupon in bill.counting] if bill else [],
    )


def _price_of_money(session: ParkingSession, until: datetime) -> tuple[Price, TariffVersion]:
    if is_of_other_system(session):
        raise NoTariff(f"session {session.pk}")
    if session.entered_at is not None:
        return price_session(session, until=until)
    stated = price_without_entry(session, at=until)
    if stated is None:
        raise NoEntry
    return stated


def require_yuan(currency: Currency) -> None:
    """Refuse a currency that the books do not know: no amount is counted as fen that is none."""
    if currency is not CNY:
        raise CurrencyRefused(currency.code)


def release_if_settled(
    lot: Lot, nothing: NothingDue, *, lane: Lane | None, at: datetime
) -> GateCommand | None:
    """Open the barrier for a car that owes nothing and stands at an exit of ours; None where it does not.

    Its camera read it there, or the driver typed its plate at the sign of `lane`. A typed plate opens only
    for a paid session: else anyone who types the plate of a car that parks free could leave in its name.
    Another system opens its own barriers; some want a bill of zero settled first.
    """
    if lot.system != Lot.System.BUILTIN:
        zero_bills.enqueue(lot, nothing, at=at)
        return None
    may_be_there = nothing.at_exit or (lane is not None and nothing.reason is Nothing.PAID)
    if not nothing.session or not may_be_there:
        return None
    with transaction.atomic():
        session = sessions.lock(int(nothing.session))
        if session is None or sessions.due_fen(session, at=at):
            return None
        typed = lane if session.paid_fen else None
        return gates.release(session, lane=typed, cause=GateCommand.Cause.NOTHING_OWED, at=at)
