"""Data requests with a receipt code: access, correction, erasure. Each leaves a `DataRequest`.

A plate is erased at once if the stay is over and nothing about it is open. Otherwise the request waits, and
the worker erases the plate as soon as possible, at the latest when its retention ends.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from compliance.models import DataRequest
from compliance.retention import erase_session
from compliance.workdays import after_working_days
from core.errors import ParkingError
from lots.models import ParkingSession
from payments.invoices.invoice_requests import forget_finished
from payments.models import Payment, Refund

WORKING_DAYS = 15  # 《App违法违规收集使用个人信息行为认定方法》 section 6
BATCH = 100
Kind, State = DataRequest.Kind, DataRequest.State
Topic, Answer = DataRequest.Topic, DataRequest.Answer
UNFINISHED_REFUNDS = (Refund.State.REQUESTED, Refund.State.SENT, Refund.State.ABNORMAL)


class AlreadyAnswered(ParkingError):
    """A colleague or the worker has answered this request."""

    code = "rights_answered"


class ErasureObstacle(StrEnum):
    """Why a plate cannot be erased yet."""

    INSIDE = "inside"  # the barrier and the fee need the plate
    PAYMENT = "payment"
    REFUND = "refund"
    CORRECTION = "correction"


def record_access(payment: Payment, *, at: datetime) -> None:
    """Record that the stored data was shown: once a day at most."""
    today = DataRequest.objects.filter(payment=payment, kind=Kind.ACCESS, asked_at__gt=at - timedelta(days=1))
    if not today.exists():
        _new(payment, Kind.ACCESS, at, state=State.DONE, answer=Answer.SHOWN, done_at=at)


def request_correction(payment: Payment, *, topic: str, at: datetime) -> DataRequest:
    """Ask staff to check one thing; asking again while the request is open changes nothing."""
    return _open_request(payment, Kind.CORRECTION, at, Topic(topic))


def request_erasure(payment: Payment, *, at: datetime) -> DataRequest:
    """Erase the plate of the stay now if nothing prevents it, else as soon as possible."""
    request = _open_request(payment, Kind.DELETION, at)
    _erase(request, at)
    return request


def erasure_obstacle(session: ParkingSession) -> ErasureObstacle | None:
    """Return why the plate of this stay cannot be erased yet; None if it can."""
    if session.left_at is None:
        return ErasureObstacle.INSIDE
    if Payment.objects.filter(session=session, state__in=Payment.UNFINISHED).exists():
        return ErasureObstacle.PAYMENT
    if Refund.objects.filter(payment__session=session, state__in=UNFINISHED_REFUNDS).exists():
        return ErasureObstacle.REFUND
    asked = DataRequest.objects.filter(payment__session=session, kind=Kind.CORRECTION, state=State.OPEN)
    return ErasureObstacle.CORRECTION if asked.exists() else None


def erase_requested(*, at: datetime) -> int:
    """Erase plates whose request had to wait; return how many requests were finished."""
    waiting = DataRequest.objects.filter(kind=Kind.DELETION, state=State.OPEN).select_related(
        "payment__session"
    )
    ready = waiting.filter(Q(payment__session__left_at__isnull=False) | Q(payment__session__plate=None))
    return sum(_erase(request, at) for request in ready.order_by("asked_at")[:BATCH])


def answer(request: DataRequest, *, answer: str, by: Any, at: datetime) -> None:
    """Answer a correction. Raises `AlreadyAnswered`."""
    state = State.DONE if answer == Answer.CORRECTED else State.REFUSED
    if not _finish(request, state, Answer(answer), at, by):
        raise AlreadyAnswered(str(request))


@transaction.atomic
def _erase(request: DataRequest, at: datetime) -> bool:
    """Erase what a request is about if nothing prevents it. The stay is locked, so that it cannot reopen."""
    session = ParkingSession.objects.select_for_update(of=("self",)).get(pk=request.payment.session_id)
    if session.forgotten_at is None or session.plate is not None:
        if erasure_obstacle(session) is not None:
            return False
        erase_session(session, at=at)
    forget_finished(request.payment, at=at)
    return _finish(request, State.DONE, Answer.ERASED, at)


def _finish(request: DataRequest, state: str, answer: str, at: datetime, by: Any = None) -> bool:
    return request.advance(state, at=at, cause="answered", answer=answer, done_at=at, done_by=by)


def _open_request(payment: Payment, kind: str, at: datetime, topic: str = Topic.NONE) -> DataRequest:
    """Return the open request of this kind, or a new one."""
    same = DataRequest.objects.filter(payment=payment, kind=kind, topic=topic, state=State.OPEN)
    for _ in range(2):
        if found := same.first():
            return found
        try:
            with transaction.atomic():
                return _new(payment, kind, at, topic=topic)
        except IntegrityError:  # a concurrent request was faster
            continue
    raise AlreadyAnswered(f"payment {payment.pk}")


def _new(payment: Payment, kind: str, at: datetime, **fields: Any) -> DataRequest:
    due_on = after_working_days(at.astimezone(payment.lot.tz).date(), WORKING_DAYS)
    return DataRequest.objects.create(
        lot_id=payment.lot_id, payment=payment, kind=kind, asked_at=at, due_on=due_on, **fields
    )
