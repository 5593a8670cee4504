"""Which tariff version a stay is priced by, and what the stay costs."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction

from lots import hot
from lots.errors import ParkingError
from lots.models import Lot, ParkingSession, TariffVersion
from lots.tariffs import Price, Tariff

type Pricing = Callable[[datetime, datetime], Price]


class NoTariff(ParkingError):
    """The lot had no tariff in force when the car came in."""

    code = "no_tariff"


class PastTariff(ParkingError):
    """A version may not begin in the past: cars inside were promised another price."""

    code = "tariff_past"


@transaction.atomic
def add_version(*, lot: Lot, document: dict[str, Any], valid_from: datetime, at: datetime) -> TariffVersion:
    """Add the next version of a lot's tariff, valid from a moment that is still to come."""
    Tariff.from_document(document)
    if valid_from < at:
        raise PastTariff(f"lot {lot.pk}")
    last = lot.tariffs.order_by("-version").first()
    version = last.version + 1 if last else 1
    return TariffVersion.objects.create(lot=lot, version=version, document=document, valid_from=valid_from)


def version_for(session: ParkingSession) -> TariffVersion:
    """Return the version in force when the car came in: that is the price board its driver passed."""
    version = hot.one(
        TariffVersion,
        "lot_id = %s AND valid_from <= %s ORDER BY valid_from DESC, version DESC",
        [session.lot_id, session.entered_at],
    )
    if version is None:
        raise NoTariff(f"lot {session.lot_id}")
    return version


def price_stay(session: ParkingSession, *, until: datetime) -> tuple[Price, TariffVersion]:
    """Return what the stay costs up to `until`, in fen with its explanation, and the version that says so."""
    assert session.entered_at is not None, "a stay without an entry has no price"
    pricing, version = pricing_of(session)
    return pricing(session.entered_at, max(until, session.entered_at)), version


def pricing_of(session: ParkingSession) -> tuple[Pricing, TariffVersion]:
    """Return the rule by which this stay is priced, as a function (from, until), and its version."""
    version = version_for(session)
    tariff = _tariff(version.pk, version.version)
    return lambda begin, end: tariff.price(begin, end, session.plate_kind), version


@lru_cache(maxsize=1024)
def _tariff(version_id: int, _version: int) -> Tariff:
    """A version never changes, so its parsed form is kept."""
    return Tariff.from_document(TariffVersion.objects.get(pk=version_id).document)
