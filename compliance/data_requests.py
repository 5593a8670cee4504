"""What a person may ask with a receipt code: to see, to correct, to erase. Each leaves a `RightsRequest`.

Erasing is done at once if the stay is over and nothing about it is open. Otherwise the request waits, and the
worker erases as soon as that is so; at the latest the lot's own clock does.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from compliance.models import RightsRequest
from compliance.retention import forget_stay
from compliance.workdays import after_working_days
from core.errors import ParkingError
from lots.models import ParkingSession
from payments.invoices.invoice_requests import forget_finished
from payments.models import Payment, Refund

WORKING_DAYS = 15  # 《App违法违规收集使用个人信息行为认定方法》 section 6
BATCH = 100
Right, State = RightsRequest.Right, RightsRequest.State
Topic, Answer = RightsRequest.Topic, RightsRequest.Answer
UNFINISHED_REFUNDS = (Refund.State.REQUESTED, Refund.State.SENT, Refund.State.ABNORMAL)


class AlreadyAnswered(ParkingError):
    """A colleague, or the worker, has answered this request."""

    code = "rights_answered"


class Hindrance(StrEnum):
    """Why a plate cannot be erased yet."""

    INSIDE = "inside"  # the barrier opens for it, and the fee is found by it
    PAYMENT = "payment"
    REFUND = "refund"
    CORRECTION = "correction"


def note_access(payment: Payment, *, at: datetime) -> None:
    """Record that somebody was shown what is stored: once a day, however often they look."""
    today = RightsRequest.objects.filter(
        payment=payment, right=Right.ACCESS, asked_at__gt=at - timedelta(days=1)
    )
    if not today.exists():
        _new(payment, Right.ACCESS, at, state=State.DONE, answer=Answer.SHOWN, done_at=at)


def ask_correction(payment: Payment, *, topic: str, at: datetime) -> RightsRequest:
    """Ask staff to look into one thing; asking again while it is open changes nothing."""
    return _open_one(payment, Right.CORRECTION, at, Topic(topic))


def ask_deletion(payment: Payment, *, at: datetime) -> RightsRequest:
    """Erase the plate of the stay now if that may be, else as soon as it may."""
    request = _open_one(payment, Right.DELETION, at)
    _erase(request, at)
    return request


def hindrance(session: ParkingSession) -> Hindrance | None:
    """Return why the plate of this stay cannot be erased yet; None: it can."""
    if session.left_at is None:
        return Hindrance.INSIDE
    if Payment.objects.filter(session=session, state__in=Payment.UNFINISHED).exists():
        return Hindrance.PAYMENT
    if Refund.objects.filter(payment__session=session, state__in=UNFINISHED_REFUNDS).exists():
        return Hindrance.REFUND
    asked = RightsRequest.objects.filter(payment__session=session, right=Right.CORRECTION, state=State.OPEN)
    return Hindrance.CORRECTION if asked.exists() else None


def carry_out_deletions(*, at: datetime) -> int:
    """Erase what was asked for and had to wait; return how many requests that finished."""
    waiting = RightsRequest.objects.filter(right=Right.DELETION, state=State.OPEN).select_related(
        "payment__session"
    )
    ready = waiting.filter(Q(payment__session__left_at__isnull=False) | Q(payment__session__plate=None))
    return sum(_erase(request, at) for request in ready.order_by("asked_at")[:BATCH])


def answer(request: RightsRequest, *, answer: str, by: Any, at: datetime) -> None:
    """Answer a correction. Raises `AlreadyAnswered`."""
    state = State.DONE if answer == Answer.CORRECTED else State.REFUSED
    if not _finish(request, state, Answer(answer), at, by):
        raise AlreadyAnswered(str(request))


@transaction.atomic
def _erase(request: RightsRequest, at: datetime) -> bool:
    """Erase what a request is about if nothing hinders it; the stay is locked, so that it cannot reopen."""
    session = ParkingSession.objects.select_for_update(of=("self",)).get(pk=request.payment.session_id)
    if session.forgotten_at is None or session.plate is not None:
        if hindrance(session) is not None:
            return False
        forget_stay(session, at=at)
    forget_finished(request.payment, at=at)
    return _finish(request, State.DONE, Answer.ERASED, at)


def _finish(request: RightsRequest, state: str, answer: str, at: datetime, by: Any = None) -> bool:
    done = {"state": state, "answer": answer, "done_at": at, "done_by": by}
    if not RightsRequest.objects.filter(pk=request.pk, state=State.OPEN).update(**done):
        return False
    for name, value in done.items():
        setattr(request, name, value)
    return True


def _open_one(payment: Payment, right: str, at: datetime, topic: str = Topic.NONE) -> RightsRequest:
    """Return the open request of this kind, or a new one."""
    same = RightsRequest.objects.filter(payment=payment, right=right, topic=topic, state=State.OPEN)
    for _ in range(2):
        if found := same.first():
            return found
        try:
            with transaction.atomic():
                return _new(payment, right, at, topic=topic)
        except IntegrityError:  # another press was faster
            continue
    raise AlreadyAnswered(f"payment {payment.pk}")


def _new(payment: Payment, right: str, at: datetime, **fields: Any) -> RightsRequest:
    due_on = after_working_days(at.astimezone(payment.lot.tz).date(), WORKING_DAYS)
    return RightsRequest.objects.create(
        lot_id=payment.lot_id, payment=payment, right=right, asked_at=at, due_on=due_on, **fields
    )
