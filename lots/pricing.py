"""Which tariff version a stay is priced by, and what the stay costs."""

from datetime import datetime
from functools import lru_cache

from lots import hot
from lots.errors import ParkingError
from lots.models import ParkingSession, TariffVersion
from lots.tariffs import Price, Tariff


class NoTariff(ParkingError):
    """The lot had no tariff in force when the car came in."""

    code = "no_tariff"


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
    version = version_for(session)
    tariff = _tariff(version.pk, version.version)
    return tariff.price(session.entered_at, max(until, session.entered_at), session.plate_kind), version


@lru_cache(maxsize=1024)
def _tariff(version_id: int, _version: int) -> Tariff:
    """A version never changes, so its parsed form is kept."""
    return Tariff.from_document(TariffVersion.objects.get(pk=version_id).document)
