"""The record of every act of staff: who, why, once. The row is written in the act's own transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import ParkingError
from lots.reasons import LONGEST as LONGEST
from lots.reasons import IdentifiesPerson as IdentifiesPerson
from lots.reasons import NoReason as NoReason
from lots.reasons import checked
from payments.models import Payment, StaffAct

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Kind = StaffAct.Kind


@dataclass(frozen=True)
class ActedBy:
    """Who does it and why. `act` comes with the form, so that a second press of it is the same act."""

    act: UUID
    staff: "User"
    reason: str

    def __post_init__(self) -> None:
        checked(self.reason)


def once[**P](service: Callable[P, StaffAct]) -> Callable[P, StaffAct]:
    """Do an act of staff in one transaction and at most once; a second press gets the first one's row.

    The service takes `by` and ends with `record`, whose unique number undoes a second one at the same moment.
    """

    @wraps(service)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> StaffAct:
        act = cast(ActedBy, kwargs["by"]).act
        if known := StaffAct.objects.filter(act=act).first():
            return known
        try:
            with transaction.atomic():
                return service(*args, **kwargs)
        except (IntegrityError, ParkingError):
            if known := StaffAct.objects.filter(act=act).first():
                return known
            raise

    return guarded


def record(by: ActedBy, kind: Kind, *, subject: str, at: datetime, **about: Any) -> StaffAct:
    """Write down an act; `about` are the rows it touches and the amount in fen."""
    return StaffAct.objects.create(
        act=by.act, kind=kind, staff=by.staff, reason=by.reason.strip(), subject=subject, at=at, **about
    )


def record_of_payment(by: ActedBy, kind: Kind, payment: Payment, at: datetime, **about: Any) -> StaffAct:
    """Write down an act on a payment, with its session unless `about` names another one."""
    rows = {"payment": payment, "session": payment.session, **about}
    return record(by, kind, subject=f"payment {payment.pk}", lot_id=payment.lot_id, at=at, **rows)
