"""Reports to the parking system that a charge is paid: one row per payment, repeated until accepted.

1. `enqueue` writes the row in the transaction that records the money.
2. The worker claims it and calls the system outside any transaction, each time with the payment's number.
3. Accepted: done. Gone (the car left, or the charge is void): the money is refunded, in the same
   transaction, unless an earlier message may have been counted: such a car has most likely paid, and staff
   decide. No answer: again after 3 s, 10 s, 1 min and so on; after a day it is a task for staff, and the
   worker still asks every hour.

A process that dies between the call and step 3 leaves the row due: the same call is made again, and the
system counts it once. So `may_be_counted` is stored before each call, and taken back by a clear refusal.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from core.claims import Pace, Queue
from core.errors import ParkingError
from core.jobs import job, queue_job
from lots import session_names
from lots.models import Lot, ParkingSession, ParkingSystemLink, SystemSession
from lots.systems import parking_system, system_of
from payments import notice_effects, refunds
from payments.coupons import in_front
from payments.models import CouponHandover, Payment, Refund, Settlement

STEPS = tuple(timedelta(seconds=seconds) for seconds in (3, 10, 60, 300, 900, 1800, 3600))
PACE = Pace(STEPS, timedelta(hours=1))
OVERDUE_AFTER = timedelta(hours=24)
MANY = 1000
TAKEN = {"waiting_for_lot", "left_unconfirmed"}  # what staff go on seeing: the vendor has the payment
# A system that answers so has not counted the payment, or was not asked at all.
REFUSED = {
    *("not_sent", "not_configured", "system_changed", "weak_link", "bad_address", "no_such_address"),
    *("redirected", "refused_us", "not_authorised", "too_many", "lot_unknown", "bad_request"),
    *("bill_refused", "charge_too_old"),
}
ONE_FEE = timedelta(hours=1)  # of two phones that asked for one fee, the later one has paid by then
FORGOTTEN = f"{session_names.MARK}~"  # before the number of a row whose session's name was dropped

State = Settlement.State


class NotOpen(ParkingError):
    """This settlement is finished."""

    code = "settlement_not_open"


def enqueue(payment: Payment, *, at: datetime) -> Settlement | None:
    """Queue this payment for the parking system that owns its session; None where that is our own.

    Nor is there anything to tell of a payment that counts for nothing. The caller is in the transaction that
    records the money. Repeating it changes nothing. The lot may have another system since the payment began.
    """
    if not payment.reference or not payment.credited_fen:
        return None
    session = SystemSession.objects.get(session=payment.session_id)
    row, _ = Settlement.objects.get_or_create(
        payment=payment,
        defaults={
            "lot_id": payment.lot_id,
            "system": session.system,
            "system_digest": session.system_digest,
            "reference": payment.reference,
            "session_reference": session.reference,
            "lane_id": payment.lane_id,
            "created_at": at,
            "next_check_at": at,
        },
    )
    return row


def credited_fen(payment: Payment) -> int:
    """Return how much of a payment counts for a session of another system: all of it, or nothing.

    Our tariffs and exit window say nothing of such a session. Where another payment did not reduce this one's
    charge, both paid the same fee, and the second is a surplus.
    """
    others = Payment.objects.filter(session=payment.session_id).exclude(pk=payment.pk)
    return 0 if not_in_charge(others, payment.after_settlement or 0).exists() else payment.amount_fen


def not_in_charge(payments: QuerySet[Payment], after_settlement: int) -> QuerySet[Payment]:
    """Return those of a session that a charge was not reduced by: they were recorded after it was asked for.

    In the order of their rows, which the lock on the session keeps; clocks may be set back in between.
    """
    counting = payments.filter(settlement__pk__gt=after_settlement, credited_fen__gt=0)
    return counting.exclude(settlement__state__in=Settlement.NOT_COUNTED)


def _work(row: Settlement, at: datetime) -> None:
    carry_out(row, at=at)
    PACE.check_again(row, at)


settle_with_systems = queue_job(  # tells parking systems of the payments that they have not accepted yet
    "payments.settlements.settle_with_systems",
    Queue(
        lambda: Settlement.objects.filter(state__in=Settlement.UNFINISHED).select_related("payment", "lot"),
        _work,
        party=("lot_id",),
        pace=PACE,
    ),
    every=timedelta(seconds=1),
)


def carry_out(row: Settlement, *, at: datetime) -> None:
    """Ask the system to count the payment, once, and record its answer."""
    payment = row.payment
    if not row.may_be_counted and refunds.left_of(payment) <= 0:  # given back before the system counted it
        row.advance(State.WITHDRAWN, at=at, cause="refunded", next_check_at=None, answered_at=at)
        return
    here = (row.lot.system, row.lot.system_digest)
    if (row.system, row.system_digest) != here:  # who answers for the lot now knows nothing of the stay
        _note_fault(row, "system_changed", at)
        return
    _unfinished(row).update(may_be_counted=True)  # `row` keeps what was known of the earlier messages
    match system_of(row.lot).settle(_settlement_of(row)):
        case parking_system.Accepted(leave_by=leave_by):
            _accept(row, leave_by, at)
        case parking_system.SessionGone() if notice_effects.was_counted(row.lot, payment.number):
            _accept(row, None, at)  # the car left after that; its payment is not void
        case parking_system.SessionGone() if _staff_decide(row):
            _note_fault(row, "left_unconfirmed", at)
        case parking_system.SessionGone():
            _give_back(row, at)
        case parking_system.TryAgain(fault="paid_already") if _is_ours(row):
            _accept(row, None, at)
        case parking_system.TryAgain(fault=fault):
            _note_fault(row, fault, at)


def _staff_decide(row: Settlement) -> bool:
    """Return whether a payment whose stay is gone may count there all the same; not once it is refunded."""
    if refunds.left_of(row.payment) <= 0:
        return False
    return row.may_be_counted or _is_asked_elsewhere(row)


def _is_asked_elsewhere(row: Settlement) -> bool:
    """Return whether the system's address was corrected after this charge: perhaps to a wrong one."""
    links = ParkingSystemLink.objects.filter(lot=row.lot_id)
    return links.filter(address_changed_at__gte=row.payment.until).exists()


def _is_ours(row: Settlement) -> bool:
    """Return whether the payment that the system has counted is this one: it took it, or reported it."""
    return row.fault == "waiting_for_lot" or notice_effects.was_counted(row.lot, row.payment.number)


def _settlement_of(row: Settlement) -> parking_system.PaidCharge:
    payment = row.payment
    return parking_system.PaidCharge(
        reference=row.reference,
        session=row.session_reference,
        number=payment.number,
        amount_fen=payment.credited_fen,
        paid_at=payment.paid_at or row.created_at,
        channel=payment.provider,
        lane=row.lane_id,
        coupon=in_front.coupon_of(payment) if payment.coupons else None,
    )


@transaction.atomic
def _accept(row: Settlement, leave_by: datetime | None, at: datetime) -> None:
    if not row.advance(
        State.ACCEPTED,
        at=at,
        cause="accepted",
        next_check_at=None,
        answered_at=at,
        fault="",
        leave_by=leave_by,
    ):
        return
    in_front.use_of(row.payment, at=at)
    if leave_by is not None:
        ParkingSession.objects.filter(pk=row.payment.session_id).update(exit_until=leave_by)


@transaction.atomic
def _give_back(row: Settlement, at: datetime) -> None:
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=row.payment_id)
    ends = partial(row.advance, State.GONE, at=at, cause="stay_gone", next_check_at=None, answered_at=at)
    if not ends(fault="", may_be_counted=row.may_be_counted):
        return
    left = refunds.left_of(payment)
    if left > 0:
        refunds.request_refund(payment, amount_fen=left, reason=Refund.Reason.OVERPAID, at=at)


def _note_fault(row: Settlement, fault: str, at: datetime) -> None:
    fault = fault[:40]
    may_be_counted = row.may_be_counted or fault not in REFUSED
    if row.fault in TAKEN and fault != "left_unconfirmed":
        fault = row.fault
    if row.state == State.OPEN and at - row.created_at >= OVERDUE_AFTER:
        cause = fault or "overdue"
        row.advance(State.OVERDUE, at=at, cause=cause, fault=fault, may_be_counted=may_be_counted)
    else:
        _unfinished(row).update(fault=fault, may_be_counted=may_be_counted)


def _unfinished(row: Settlement) -> QuerySet[Settlement]:
    return Settlement.objects.filter(pk=row.pk, state__in=Settlement.UNFINISHED)


@transaction.atomic
def close_by_hand(row: Settlement, *, at: datetime) -> None:
    """Record that staff entered the payment in the parking system. Raises `NotOpen`."""
    if not row.advance(State.BY_HAND, at=at, cause="by_hand", next_check_at=None, answered_at=at, fault=""):
        raise NotOpen(f"settlement {row.pk}")
    in_front.use_of(row.payment, at=at)


@job(every=timedelta(hours=1), lasting=True)
def forget_session_names(at: datetime) -> int:
    """Drop the names that we gave to stays of other systems, as long after the last payment as a plate.

    The plate's part goes much earlier: it would link each stay of a car with the next.
    """
    named = _named().filter(lot=OuterRef("pk"))
    return sum(_forget(lot, at) for lot in Lot.objects.filter(Exists(named)))


def _named() -> QuerySet[SystemSession]:
    """Return the sessions that still have a name of ours, also where the lot has another system by now."""
    rows = SystemSession.objects.filter(reference__startswith=session_names.MARK)
    return rows.exclude(reference__startswith=FORGOTTEN)


def _forget(lot: Lot, at: datetime) -> int:
    payments = Payment.objects.filter(session=OuterRef("session"))
    recent = payments.filter(created_at__gt=at - timedelta(hours=lot.retention_hours))
    just_now = payments.filter(created_at__gt=at - ONE_FEE)
    unfinished = payments.filter(
        Q(state__in=Payment.UNFINISHED) | Q(settlement__state__in=Settlement.UNFINISHED)
    )
    done_with = _named().filter(lot=lot).exclude(Exists(unfinished))
    is_plate = Q(reference__startswith=session_names.PLATE_MARK)
    over = done_with.filter(~Exists(recent) | Q(~Exists(just_now)) & is_plate)
    due = list(over.values_list("pk", "session")[:MANY])
    timed = done_with.exclude(is_plate).filter(plate_name__isnull=False)
    _drop_plates(timed.filter(~Exists(just_now)))
    sessions = [session for _, session in due]
    with transaction.atomic():
        Settlement.objects.filter(payment__session__in=sessions).update(session_reference=FORGOTTEN)
        done = CouponHandover.objects.filter(session__in=sessions).exclude(state=CouponHandover.State.OPEN)
        done.update(session_reference=FORGOTTEN)
        rows = SystemSession.objects.filter(pk__in=[pk for pk, _ in due])
        return rows.update(reference=Concat(Value(FORGOTTEN), Cast("pk", CharField())), plate_name=None)


def _drop_plates(timed: QuerySet[SystemSession]) -> None:
    """Drop the plate's part of names that have an entry time too."""
    for pk, session, name in list(timed.values_list("pk", "session", "reference")[:MANY]):
        short = {"session_reference": name[: session_names.TIMED_LENGTH]}
        with transaction.atomic():
            Settlement.objects.filter(payment__session=session).update(**short)
            CouponHandover.objects.filter(session=session, session_reference=name).update(**short)
            SystemSession.objects.filter(pk=pk).update(reference=short["session_reference"], plate_name=None)


def waiting(rows: QuerySet[Settlement], *, longer_than: timedelta, at: datetime) -> QuerySet[Settlement]:
    """Return the settlements that a system has not accepted for this long: a car may stand at a barrier."""
    late = rows.filter(state__in=Settlement.UNFINISHED, created_at__lte=at - longer_than)
    return late.select_related("lot", "payment").order_by("created_at")
