"""All that the price of one plate's session depends on, read in one statement.

| Asked by | For | Statement |
| --- | --- | --- |
| `of_plate`, `query_of_plate` | a look-up: the car may be absent | `_SEARCHED`, which finds the session too |
| `of_session` | a session known by its number | `_SEARCHED` |
| `of_locked_plate`; `query_of` with `of_rows` | a session that a statement before has locked | `_LOCKED` |

A look-up costs the same for a plate that is not here (a timing side channel): `_SEARCHED` starts from a row
of its own, joins what it finds to that, and prices a stand-in session of no length. `probes` are further
columns: what other packages store of a plate, each with a name.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from core import hot_sql
from core.vault import plate_index
from lots import relief
from lots.models import Lot, ParkingSession, PlateRead
from lots.models.permit_models import Permit
from lots.permit_coverage import active_of
from lots.plates import Plate
from lots.pricing import NoTariff, missed_by, pricing_by, tariff_of
from lots.sightings import STANDING
from lots.tariffs import CNY, Currency, Price, PriceLine
from lots.tariffs import AccessRight as PermitTimes
from lots.tariffs.known_prices import price_of
from lots.tariffs.timeline import seconds_since_1970

_OPEN = "s.lot_id = %s AND s.plate_index = %s AND s.left_at IS NULL"
_NAMED = "s.id = %s AND s.lot_id = %s"
HELD_READ = (  # of the session `s`, since a moment
    "SELECT r.id FROM lots_plateread r WHERE r.session_id = s.id"  # noqa: S608
    f" AND {hot_sql.unindexed('r.outcome')} = '{PlateRead.Outcome.HELD.value}'"
    f" AND {hot_sql.unindexed('r.captured_at')} >= %s LIMIT 1"
)
_SEARCHED = """
SELECT {session}, v.id, v.version, v.counts_from, {probes}
    ({held}), {permit}
FROM (SELECT 1 AS one) base
LEFT JOIN lots_parkingsession s ON {which}
LEFT JOIN lots_tariffversion v ON v.id = (
    SELECT t.id FROM lots_tariffversion t
    WHERE t.lot_id = %s AND t.valid_from <= COALESCE(s.entered_at, %s) AND t.withdrawn_at IS NULL
    ORDER BY t.valid_from DESC, t.version DESC LIMIT 1)
LEFT JOIN lots_permit p ON p.lot_id = %s AND p.plate_index = {plate}
    AND p.valid_until > COALESCE(s.entered_at, %s)
ORDER BY p.valid_until, p.id
"""


_LOCKED = """
SELECT v.id, v.version, v.counts_from, {probes} {permit}
FROM lots_parkingsession s
LEFT JOIN lots_tariffversion v ON v.id = (
    SELECT t.id FROM lots_tariffversion t
    WHERE t.lot_id = s.lot_id AND t.valid_from <= s.entered_at AND t.withdrawn_at IS NULL
    ORDER BY t.valid_from DESC, t.version DESC LIMIT 1)
LEFT JOIN lots_permit p ON p.lot_id = s.lot_id AND p.plate_index = s.plate_index
    AND p.valid_until > s.entered_at
WHERE {which}
ORDER BY p.valid_until, p.id
"""


class VersionFacts(NamedTuple):
    """What a price needs of a tariff version beside its document, which `tariff_of` has parsed."""

    pk: int
    version: int
    counts_from: datetime | None


class Probe(NamedTuple):
    """One more column of the statement. `sql` may name the session as `s`; its places are `params`."""

    name: str  # of its value in `SessionFacts.probed`
    sql: str
    params: tuple[Any, ...] = ()


class SessionFacts(NamedTuple):
    """A session, or the stand-in for an absent car (`pk` 0), with what its price depends on."""

    session: ParkingSession
    version: VersionFacts | None
    permits: tuple[PermitTimes, ...]
    held_read: int | None  # a read by which its car is held at an exit
    probed: Mapping[str, Any] = MappingProxyType({})

    @property
    def is_present(self) -> bool:
        return bool(self.session.id)

    def price(self, *, until: datetime) -> Price:
        """Return what the session costs up to `until`. Raises `NoTariff`."""
        if self.version is None:
            raise NoTariff(f"lot {self.session.lot_id}")
        session, tariff, counts_from = self.session, tariff_of(self.version.pk), self.version.counts_from
        begin = session.entered_at
        assert begin is not None, "a session without an entry has no price"
        end = max(until, begin)
        if not self.permits and counts_from is None and _is_untouched(session):
            seconds = seconds_since_1970(end) - seconds_since_1970(begin)
            known = price_of(tariff, seconds, session.plate_kind, session.vehicle_class)
            if known is not None:
                return known
        return pricing_by(tariff, session, self.permits, counts_from=counts_from)(begin, end)

    @property
    def currency(self) -> Currency:
        return tariff_of(self.version.pk).currency if self.version else CNY

    def missed(self, price: Price, *, until: datetime) -> tuple[PriceLine, ...]:
        """Return what of the tariff did not apply to this price, and why."""
        if price.missed is not None:
            return price.missed
        return missed_by(tariff_of(self.version.pk), self.session, price, until) if self.version else ()


def _is_untouched(session: ParkingSession) -> bool:
    """Return whether nothing was paid or given for a session: if anything is due, its whole price is."""
    given = session.paid_fen or session.relief_fen
    return not given and session.paid_at is None and session.exit_until is None


def of_plate(
    lot: Lot, plate: Plate, *, at: datetime, index: bytes = b"", probes: Sequence[Probe] = ()
) -> SessionFacts:
    """Return the facts of the plate's open session in this lot, or of the stand-in for an absent car.

    `index`: its blind index, where it is known.
    """
    index = index or plate_index(lot.id, plate.text)
    found = _facts(hot_sql.rows(*query_of_plate(lot.id, index, at=at, probes=probes)), lot, probes)
    if not found.is_present:
        stand_in = found.session
        stand_in.plate_index, stand_in.plate_kind, stand_in.entered_at = index, plate.kind, at
    return found


def of_session(lot: Lot, pk: int, *, at: datetime, probes: Sequence[Probe] = ()) -> SessionFacts | None:
    """Return the facts of a session of this lot, open or over."""
    query = _search(_NAMED, [pk, lot.pk], "s.plate_index", [], lot.pk, at, probes)
    found = _facts(hot_sql.rows(*query), lot, probes)
    return found if found.is_present else None


def query_of_plate(lot_id: Any, index: Any, *, at: datetime, probes: Sequence[Probe] = ()) -> hot_sql.Query:
    """Return the statement of `of_plate`, for a plate's blind index."""
    return _search(_OPEN, [lot_id, index], "%s", [index], lot_id, at, probes)


def of_locked_plate(
    lot_id: int, plate: Plate, *, given: hot_sql.Query | None = None, probes: Sequence[Probe] = ()
) -> SessionFacts | None:
    """Return the facts of the plate's open session in this lot, locked to the end of the transaction.

    Probed is too whether it may have coupons, as `has_relief` (`lots.relief`). `given`: a condition without
    which no session is returned.
    """
    probes = [Probe("has_relief", relief.condition()), *probes]
    known = [lot_id, plate_index(lot_id, plate.text)]
    then = query_of(_OPEN, known, probes)
    where, params = _OPEN.replace("s.", ""), known
    if given:
        where, params = f"{where} AND {given[0]}", [*known, *given[1]]
    session, rows = hot_sql.one_and(ParkingSession, where, params, then)
    return of_rows(session, rows, probes) if session else None


def query_of(which: str, params: Sequence[Any], probes: Sequence[Probe] = ()) -> hot_sql.Query:
    """Return the statement for the facts of the session `s` that `which` names; `of_rows` reads its rows.

    It runs after the one that locks the session: a single statement that waits for the lock would not see a
    permit that was granted meanwhile, and its car would stay shut in.
    """
    found = [value for probe in probes for value in probe.params]
    return _locked_sql(which, tuple(probe.sql for probe in probes)), [*found, *params]


def of_rows(session: ParkingSession, rows: hot_sql.Rows, probes: Sequence[Probe] = ()) -> SessionFacts:
    """Return the facts of a locked session from the rows of `query_of`."""
    granted = 3 + len(probes)
    version_id, version, counts_from, *probed = rows[0][:granted]
    permits = [hot_sql.read(Permit, row[granted:]) for row in rows if row[granted] is not None]
    return SessionFacts(
        session=session,
        version=_version(version_id, version, counts_from) if version_id else None,
        permits=tuple(active_of(session, permits)),
        held_read=None,
        probed=_named(probes, probed),
    )


def _named(probes: Sequence[Probe], values: Sequence[Any]) -> dict[str, Any]:
    return {probe.name: value for probe, value in zip(probes, values, strict=True)}


@cache
def _locked_sql(which: str, probes: tuple[str, ...]) -> str:
    probed = "".join(f"({sql}), " for sql in probes)
    return _LOCKED.format(permit=hot_sql.columns(Permit, "p"), probes=probed, which=which)


def _search(
    which: str,
    of_which: list[Any],
    plate: str,
    of_plate: list[Any],
    lot_id: Any,
    at: datetime,
    probes: Sequence[Probe],
) -> hot_sql.Query:
    statement = _searched_sql(which, plate, tuple([probe.sql for probe in probes]))
    params = [value for probe in probes for value in probe.params]
    params += [at - STANDING, *of_which, lot_id, at, lot_id, *of_plate, at]
    return statement, params


@cache
def _searched_sql(which: str, plate: str, probes: tuple[str, ...]) -> str:
    return _SEARCHED.format(
        session=hot_sql.columns(ParkingSession, "s"),
        permit=hot_sql.columns(Permit, "p"),
        probes="".join(f"({sql}), " for sql in probes),
        held=HELD_READ,
        which=which,
        plate=plate,
    )


def _version(pk: int, number: int, counts_from: datetime | None) -> VersionFacts:
    if counts_from is not None and counts_from.tzinfo is None:  # SQLite stores no zone
        counts_from = counts_from.replace(tzinfo=UTC)
    return VersionFacts(pk, number, counts_from)


@cache
def _stand_in() -> tuple[Any, ...]:
    """Return the columns of the stand-in, to be read like those of a row.

    Building it from the fields' defaults would take measurably longer for an absent car.
    """
    empty = ParkingSession(pk=0)
    return tuple(getattr(empty, field.attname) for field in ParkingSession._meta.concrete_fields)


def _facts(rows: hot_sql.Rows, lot: Lot, probes: Sequence[Probe]) -> SessionFacts:
    first, wide = rows[0], hot_sql.width(ParkingSession)
    session = hot_sql.read(ParkingSession, first[:wide] if first[0] is not None else _stand_in())
    session.lot_id = lot.id  # which a stand-in lacks
    session._state.fields_cache["lot"] = lot  # as its descriptor would, in ten calls
    granted = wide + 4 + len(probes)
    version_id, version, counts_from, *probed, held_read = first[wide:granted]
    permits = [hot_sql.read(Permit, row[granted:]) for row in rows if row[granted] is not None]
    return SessionFacts(
        session=session,
        version=_version(version_id, version, counts_from) if version_id else None,
        permits=tuple(active_of(session, permits)),
        held_read=held_read,
        probed=_named(probes, probed),
    )
