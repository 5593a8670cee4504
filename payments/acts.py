"""What every act of staff has in common: who, why, once. The row is written in the act's own transaction."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction

from lots.errors import ParkingError
from lots.plates import PROVINCES
from payments.models import StaffAct

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Kind = StaffAct.Kind
LONGEST = 200
SEPARATORS = re.compile(r"[\s·•.\-–—_]+")
PLATE = re.compile(rf"[{''.join(PROVINCES)}][A-Za-z][A-Za-z0-9]{{4,6}}")
PHONE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class NoReason(ParkingError):
    """An act of staff needs a reason of at most 200 characters."""

    code = "no_reason"


class NamesSomebody(ParkingError):
    """The reason holds a plate or a phone number: it is kept for years, and a plate for hours."""

    code = "reason_names_somebody"


@dataclass(frozen=True)
class By:
    """Who does it and why. `act` comes with the form, so that a second press of it is the same act."""

    act: UUID
    staff: "User"
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or len(self.reason) > LONGEST:
            raise NoReason
        if names_somebody(self.reason):
            raise NamesSomebody


def names_somebody(text: str) -> bool:
    """Say whether a plate or a phone number stands in a text, however wide or spaced it is written."""
    plain = SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return bool(PLATE.search(plain) or PHONE.search(plain))


def once[**P](service: Callable[P, StaffAct]) -> Callable[P, StaffAct]:
    """Do an act of staff in one transaction and at most once; a second press gets the first one's row.

    The service takes `by` and ends with `record`, whose unique number undoes a second one at the same moment.
    """

    @wraps(service)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> StaffAct:
        act = cast(By, kwargs["by"]).act
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


def record(by: By, kind: Kind, *, subject: str, at: datetime, **about: Any) -> StaffAct:
    """Write down an act; `about` are the rows it touches and the amount in fen."""
    return StaffAct.objects.create(
        act=by.act, kind=kind, staff=by.staff, reason=by.reason.strip(), subject=subject, at=at, **about
    )
