"""Money that a channel took for an order that is not ours (长款): count it for a stay, keep it, or refund it.

A backup was restored, or an order was made elsewhere under the same merchant. Nothing is written into the
books by hand: the channel is asked again, its word makes a payment, and `settle` does with that what it does
with any. Money without a stay in the books gets one of no car and no length. If that costs nothing, all of it
is surplus, is refunded, booked, and matched with the bill like every other refund. If the stay was lost with
the database, it costs what was paid: the money is income, and its payer can have a receipt and an invoice.
Above the limit of one person a second one approves.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from core.errors import ParkingError
from core.transport import OutcomeUnknown
from lots.models import Lot, ParkingSession
from payments import refunds
from payments.balance_corrections import hold
from payments.booth import settle_new
from payments.channels import BY_HAND, ChannelDown, note_failure, provider_named
from payments.charge_token import LIFE
from payments.charges import ChargeRecord, record_of_money
from payments.discrepancies import takes_money_of
from payments.models import Discrepancy, Payment, Refund, StaffAct
from payments.models.closing_models import BillLine
from payments.providers.contract import Outcome, ProviderRefused, Statement
from payments.reconciliation import bill_marks
from payments.refund_acts import Decided, SamePerson
from payments.staff_action_log import ActedBy, Kind, once, record

LONGEST_NUMBER = 26
_ASKED = (Kind.ORPHAN_ASKED, Kind.INCOME_ASKED)


class NotAdoptable(ParkingError):
    """It is no money of an unknown order, or its number is of another system: it can only be put away."""

    code = "orphan_not_adoptable"


class NotPaidThere(ParkingError):
    """The channel, asked again, does not say that it has this money."""

    code = "orphan_not_paid_there"


class NotItsLot(ParkingError):
    """The merchant that has the money does not take the money of this lot."""

    code = "orphan_not_its_lot"


def can_be_taken(row: Discrepancy) -> bool:
    """Return whether this is money that could become a payment here."""
    of_an_order = row.kind == Discrepancy.Kind.UNKNOWN_NUMBER and row.amount_fen is not None
    return of_an_order and row.resolved_at is None and len(row.number) <= LONGEST_NUMBER


def request_of(row: Discrepancy) -> StaffAct | None:
    """Return what someone has asked for, if a second person is still to decide."""
    last = row.acts.filter(kind__in=[*_ASKED, Kind.ORPHAN_DECLINED]).order_by("pk").last()
    return last if last is not None and last.kind in _ASKED and row.resolved_at is None else None


def counted_there(row: Discrepancy) -> QuerySet[Discrepancy]:
    """Return the open differences by which a parking system has counted just this money for a stay."""
    return Discrepancy.objects.filter(
        kind=Discrepancy.Kind.SYSTEM_OVER, number=row.number, amount_fen=row.amount_fen, resolved_at=None
    )


def adopt(row: Discrepancy, *, to: ParkingSession, by: ActedBy, at: datetime) -> StaffAct:
    """Count the money for a stay (calls the channel); the payer gets back what the stay does not need.

    Raises `NotAdoptable`, `NotItsLot`, `NotPaidThere`, `ChannelDown`, `NoTariff` or `Decided`.
    """
    _check_lot(row, to.lot)
    return _begin(row, _word(row, at), lot=to.lot, to=to, by=by, at=at)


def count_as_income(row: Discrepancy, *, lot: Lot, by: ActedBy, at: datetime) -> StaffAct:
    """Count the money as this lot's income: its stay is lost (calls the channel). Raises as `adopt`.

    The reason names the evidence. A parking system's word that it has counted the money is settled by it.
    """
    _check_lot(row, lot)
    return _begin(row, _word(row, at), lot=lot, to=None, keeps=True, by=by, at=at)


def send_back(row: Discrepancy, *, lot: Lot, by: ActedBy, at: datetime) -> StaffAct:
    """Send the money back to its payer (calls the channel); it is booked with this lot. Raises as `adopt`."""
    _check_lot(row, lot)
    return _begin(row, _word(row, at), lot=lot, to=None, by=by, at=at)


def gone_back(row: Discrepancy, *, lot: Lot, number: str, by: ActedBy, at: datetime) -> StaffAct:
    """Record that the money was sent back in the channel's own pages already. Raises as `adopt`.

    `number` is the channel's number of that refund: its bill must have it, or the refund is missing there.
    """
    _check_lot(row, lot)
    return _gone_back(row, _word(row, at), lot=lot, number=number, by=by, at=at)


def approve(row: Discrepancy, *, by: ActedBy, at: datetime) -> StaffAct:
    """Do what someone else asked for (calls the channel). Raises `SamePerson`, or as `adopt`."""
    return _approve(row, _word(row, at), by=by, at=at)


@once
def decline(row: Discrepancy, *, by: ActedBy, at: datetime) -> StaffAct:
    """Decline what someone else asked for. Raises `SamePerson` or `Decided`."""
    asked = _asked_by_another(_held(row), by)
    return _record(by, Kind.ORPHAN_DECLINED, row, asked.lot_id, at, session=asked.session)


@once
def _begin(
    row: Discrepancy,
    statement: Statement,
    *,
    lot: Lot,
    to: ParkingSession | None,
    keeps: bool = False,
    by: ActedBy,
    at: datetime,
) -> StaffAct:
    row = _held(row)
    if request_of(row) is not None:
        raise Decided
    if (row.amount_fen or 0) > settings.STAFF_REFUND_LIMIT:
        return _record(by, Kind.INCOME_ASKED if keeps else Kind.ORPHAN_ASKED, row, lot.pk, at, session=to)
    return _carry_out(row, statement, lot=lot, to=to, keeps=keeps, by=by, at=at)


@once
def _approve(row: Discrepancy, statement: Statement, *, by: ActedBy, at: datetime) -> StaffAct:
    row = _held(row)
    asked = _asked_by_another(row, by)
    assert asked.lot is not None
    keeps = asked.kind == Kind.INCOME_ASKED
    return _carry_out(row, statement, lot=asked.lot, to=asked.session, keeps=keeps, by=by, at=at)


@once
def _gone_back(
    row: Discrepancy, statement: Statement, *, lot: Lot, number: str, by: ActedBy, at: datetime
) -> StaffAct:
    row = _held(row)
    payment = _settle(row, statement, _no_session(lot, at), at)
    if refund := payment.refunds.filter(state=Refund.State.REQUESTED).first():
        refunds.was_made_there(refund, number=number, at=at)
    return _record(by, Kind.SENT_BACK, row, lot.pk, at, payment=payment)


def _carry_out(
    row: Discrepancy,
    statement: Statement,
    *,
    lot: Lot,
    to: ParkingSession | None,
    keeps: bool,
    by: ActedBy,
    at: datetime,
) -> StaffAct:
    if to is None:
        payment = _settle(row, statement, _no_session(lot, at), at, keeps=keeps)
        return _record(by, Kind.INCOME if keeps else Kind.SENT_BACK, row, lot.pk, at, payment=payment)
    (session,) = hold(to)
    payment = _settle(row, statement, session, at)
    return _record(by, Kind.ADOPTED, row, lot.pk, at, payment=payment, session=session)


def _settle(
    row: Discrepancy, statement: Statement, session: ParkingSession, at: datetime, *, keeps: bool = False
) -> Payment:
    if statement.amount_fen is None or Payment.objects.filter(
        provider=statement.provider, merchant=statement.merchant, number=statement.number
    ):
        raise NotAdoptable
    paid_at = statement.at or row.seen_at
    if session.entered_at is None:
        charge = _record_without_entry(session, statement.amount_fen, paid_at, keeps=keeps)
    else:
        charge = record_of_money(session, amount_fen=statement.amount_fen, lane=None, paid_at=paid_at)
    payment = settle_new(statement, charge, cause="operator", at=at)
    if payment.state != Payment.State.PAID:  # the channel's number is another payment's: it is in the books
        raise NotAdoptable
    if row.day is not None:  # its bill has been read, and had it
        bill_marks.mark([payment.pk], row.day)
    _book_refunds_made(payment, at)
    if payment.credited_fen == payment.amount_fen:  # else that system counts money that goes back
        counted_there(row).filter(lot=payment.lot_id).update(resolved_at=at)
    Discrepancy.objects.filter(pk=row.pk).update(resolved_at=at)
    return payment


def _book_refunds_made(payment: Payment, at: datetime) -> None:
    """Book what the bill says was refunded of this money already; our own refund is of the rest only."""
    over = Discrepancy.Kind.OVER_REFUNDED
    known = Discrepancy.objects.filter(kind=over, amount_fen__isnull=False, resolved_at=None).filter(
        provider=payment.provider, merchant=payment.merchant, number=payment.number
    )
    if rows := [row for row in known.order_by("pk") if _went_back(row)]:
        refunds.withdraw(payment)
        for row in rows:
            fen, number = row.amount_fen or 0, row.provider_number
            made = refunds.record_external(payment, amount_fen=fen, number=number, cause="bill", at=at)
            Refund.objects.filter(pk__in=[each.pk for each in made]).update(billed_on=row.day)
            Discrepancy.objects.filter(pk=row.pk if made else 0).update(resolved_at=at)
        if fen := refunds.surplus_of(payment):
            refunds.request_refund(payment, amount_fen=fen, reason=Refund.Reason.SURPLUS, at=at)


def _went_back(row: Discrepancy) -> bool:
    """Return whether the bill has a refund as done. Raises `NotPaidThere` for one that may still be done."""
    of_it = Q(refund_number=row.provider_number) | Q(refund_number="", provider_number=row.provider_number)
    lines = BillLine.objects.filter(of_it, run__provider=row.provider, run__merchant=row.merchant)
    outcome = lines.filter(number=row.number).order_by("-pk").values_list("outcome", flat=True).first()
    if outcome in {Outcome.REFUND_PENDING, Outcome.REFUND_ABNORMAL}:
        raise NotPaidThere
    return outcome != Outcome.REFUND_FAILED


def _no_session(lot: Lot, at: datetime) -> ParkingSession:
    """Return a stay for money that belongs to none: of no car, over, and of no length."""
    return ParkingSession.objects.create(
        lot=lot, plate_kind="", left_at=at, departure=ParkingSession.Departure.MANUAL, forgotten_at=at
    )


def _record_without_entry(
    session: ParkingSession, fen: int, paid_at: datetime, *, keeps: bool
) -> ChargeRecord:
    """Return a charge that takes all of the money, or nothing of it."""
    return ChargeRecord(
        lot_id=session.lot_id,
        session_id=session.pk,
        price_fen=fen if keeps else 0,
        discount_fen=0,
        due_fen=fen,
        until=paid_at,
        lines=[],
        tariff_version=None,
        expires_at=paid_at + LIFE,
    )


def _word(row: Discrepancy, at: datetime) -> Statement:
    """Return the channel's word about the money, asked again; a reporter's own, which is not asked, again."""
    if not can_be_taken(row):
        raise NotAdoptable
    if row.provider in BY_HAND:
        return Statement(
            row.provider,
            row.merchant,
            row.number,
            Outcome.PAID,
            provider_number=row.provider_number,
            amount_fen=row.amount_fen,
            at=row.seen_at,
        )
    provider = provider_named(row.provider, row.merchant)
    try:
        statement = provider.query(row.number)
    except (OutcomeUnknown, ProviderRefused) as fault:
        if row.lot_id is not None:
            note_failure(row.lot_id, provider, fault, at=at, call="query")
        raise ChannelDown(row.provider) from fault
    if (statement.outcome, statement.amount_fen, statement.currency) != (Outcome.PAID, row.amount_fen, "CNY"):
        raise NotPaidThere
    return statement


def _check_lot(row: Discrepancy, lot: Lot) -> None:
    its_own = row.lot_id in {None, lot.pk}
    takes = row.merchant == lot.slug if row.provider in BY_HAND else takes_money_of(row, lot)
    if not (its_own and takes):
        raise NotItsLot


def _held(row: Discrepancy) -> Discrepancy:
    """Return the difference as it is now, held to the end of the transaction. Raises `Decided`."""
    held = Discrepancy.objects.select_for_update(of=("self",)).filter(pk=row.pk, resolved_at=None).first()
    if held is None:
        raise Decided
    return held


def _asked_by_another(row: Discrepancy, by: ActedBy) -> StaffAct:
    asked = request_of(row)
    if asked is None:
        raise Decided
    if asked.staff_id == by.staff.pk:
        raise SamePerson
    return asked


def _record(
    by: ActedBy, kind: Kind, row: Discrepancy, lot_id: int | None, at: datetime, **about: object
) -> StaffAct:
    fen = row.amount_fen
    subject = f"discrepancy {row.pk}"
    return record(by, kind, subject=subject, lot_id=lot_id, at=at, discrepancy=row, amount_fen=fen, **about)
