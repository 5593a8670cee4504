"""Which tariff version a stay is priced by, and what the stay costs."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet, StringAgg, TextField, Value
from django.db.models.functions import Cast

from core import hot_sql
from core.errors import ParkingError
from lots import tariffs
from lots.calendars import calendar_of
from lots.earlier_sessions import earlier_sessions
from lots.models import Lot, ParkingSession, TariffVersion
from lots.permit_coverage import active_for
from lots.plate_periods import history_of
from lots.tariffs import AccessRight, Currency, Place, Price, PriceLine, Settled, Tariff, why_not
from lots.tariffs.tariff import History
from lots.tariffs.tariff_place import HERE

if TYPE_CHECKING:
    from django.contrib.auth.models import User

type Pricing = Callable[[datetime, datetime], Price]


class NoTariff(ParkingError):
    """The lot had no tariff in force when the car came in."""

    code = "no_tariff"


class PastTariff(ParkingError):
    """A version must not begin in the past: cars inside were promised another price."""

    code = "tariff_past"


@transaction.atomic
def add_version(*, lot: Lot, document: dict[str, Any], valid_from: datetime, at: datetime) -> TariffVersion:
    """Add the next version of a lot's tariff, valid from a moment that is still to come."""
    tariffs.read_new(document)
    if valid_from < at:
        raise PastTariff(f"lot {lot.pk}")
    Lot.objects.select_for_update().get(pk=lot.pk)  # two at once would want the same number
    last = lot.tariffs.order_by("-version").first()
    version = last.version + 1 if last else 1
    return TariffVersion.objects.create(lot=lot, version=version, document=document, valid_from=valid_from)


@transaction.atomic
def first_version(*, lot: Lot, document: dict[str, Any], by: "User", why: str, at: datetime) -> TariffVersion:
    """Set the first tariff of a lot, in force at once; if it has one, return the newest.

    No car was promised another price, so nothing has to be waited for. A second click finds the first's.
    """
    Lot.objects.select_for_update().get(pk=lot.pk)
    known = lot.tariffs.not_withdrawn().order_by("-version").first()
    if known is not None:
        return known
    version = add_version(lot=lot, document=document, valid_from=at, at=at)
    version.signed_by, version.signed_at, version.why = by, at, why[:200]
    version.save(update_fields=["signed_by", "signed_at", "why"])
    return version


def version_for(session: ParkingSession) -> TariffVersion:
    """Return the version in force when the car came in: that is the price board its driver passed."""
    assert session.entered_at is not None, "a stay without an entry has no price"
    version = _in_force(session.lot_id, session.entered_at)
    if version is None:
        raise NoTariff(f"lot {session.lot_id}")
    return version


def version_at(lot: Lot, at: datetime) -> TariffVersion | None:
    """Return the version for a car that comes in now; None before the first."""
    version = _in_force(lot.pk, at)
    if version is not None:
        version.lot = lot
    return version


def _in_force(lot_id: int, at: datetime) -> TariffVersion | None:
    return hot_sql.one(
        TariffVersion,
        "lot_id = %s AND valid_from <= %s AND withdrawn_at IS NULL ORDER BY valid_from DESC, version DESC",
        [lot_id, at],
    )


def next_version(lot: Lot, at: datetime) -> TariffVersion | None:
    """Return the version that is signed and dated to follow, the nearest."""
    rows = lot.tariffs.filter(valid_from__gt=at, withdrawn_at=None)
    return rows.order_by("valid_from", "-version").first()


def versions_now(lots: Iterable[Lot], at: datetime) -> dict[int, TariffVersion]:
    """Return the `version_at` of each lot, by the lot's id; without the documents."""
    rows = _listed(lots).filter(valid_from__lte=at).order_by("valid_from", "version")
    return {row.lot_id: row for row in rows}


def versions_next(lots: Iterable[Lot], at: datetime) -> dict[int, TariffVersion]:
    """Return the `next_version` of each lot, by the lot's id; without the documents."""
    rows = _listed(lots).filter(valid_from__gt=at).order_by("-valid_from", "version")
    return {row.lot_id: row for row in rows}


def _listed(lots: Iterable[Lot]) -> QuerySet[TariffVersion]:
    return TariffVersion.objects.filter(lot__in=lots, withdrawn_at=None).defer("document")


def price_session(session: ParkingSession, *, until: datetime) -> tuple[Price, TariffVersion]:
    """Return what the stay costs up to `until`, in fen with its explanation, and the version that says so."""
    assert session.entered_at is not None, "a stay without an entry has no price"
    pricing, version = pricing_of(session)
    return pricing(session.entered_at, max(until, session.entered_at)), version


def price_without_entry(session: ParkingSession, *, at: datetime) -> tuple[Price, TariffVersion] | None:
    """Return the price that the board states for a car whose entry nobody knows; None where it states none.

    Only staff charge it: no page and no camera asks.
    """
    version = _in_force(session.lot_id, session.left_at or at)
    fen = _stated(version)
    if version is None or fen is None:
        return None
    return Price((PriceLine("unknown_entry", fen, {"amount_fen": fen}),)), version


def stated_without_entry(lot: Lot, at: datetime) -> int | None:
    """Return what the board of a lot states for a car whose entry nobody knows, in fen."""
    return _stated(_in_force(lot.pk, at))


def _stated(version: TariffVersion | None) -> int | None:
    return tariff_of(version.pk, version.document).unknown_entry if version else None


def pricing_of(session: ParkingSession) -> tuple[Pricing, TariffVersion]:
    """Return the rule by which this stay is priced, as a function (from, until), and its version."""
    version = version_for(session)
    pricing = pricing_by(tariff_of(version.pk, version.document), session, counts_from=version.counts_from)
    return pricing, version


def pricing_by(
    tariff: Tariff,
    session: ParkingSession,
    permits: Sequence[AccessRight] | None = None,
    *,
    counts_from: datetime | None = None,
) -> Pricing:
    """Return the function (from, until) that prices this stay, or a part of it, by a tariff.

    What the car's permits cover is free in each part. Earlier stays and what is settled count for the stay as
    a whole, not for a part that a coupon asks about. `permits`: those of the session, where they were read
    already. `counts_from`: time before it costs nothing (see lots.cut_over).
    """
    rights = active_for(session) if permits is None else permits
    by_clock = tariff.follows_the_clock or any(right.follows_the_clock for right in rights)
    place = _place(session) if by_clock else HERE
    known: list[History] = []  # asked once, and only where the tariff depends on it

    def history() -> History:
        if not known:
            known.append(history_of(tariff, session, place))
        return known[0]

    def price(begin: datetime, end: datetime) -> Price:
        whole = begin == session.entered_at
        counted = begin if counts_from is None else max(begin, counts_from)
        return tariff.price(
            counted,
            max(end, counted),
            session.plate_kind,
            seen=session.vehicle_class,
            place=place,
            rights=rights,
            earlier=earlier_sessions(tariff, session) if whole else (),
            settled=_settled(session) if whole else None,
            **(history()._asdict() if tariff.has_history else {}),
        )

    return price


def explain_session(
    session: ParkingSession, *, until: datetime
) -> tuple[Price, tuple[PriceLine, ...], Currency]:
    """Return the price of a stay, what of its tariff did not apply and why, and the currency."""
    price, version = price_session(session, until=until)
    tariff = tariff_of(version.pk, version.document)
    return price, missed_by(tariff, session, price, until), tariff.currency


def missed_by(
    tariff: Tariff, session: ParkingSession, price: Price, until: datetime
) -> tuple[PriceLine, ...]:
    """Return the free times, caps and offers of a tariff that this price does not have."""
    begin = session.entered_at
    if begin is None:
        return ()
    place = _place(session) if tariff.follows_the_clock else HERE
    end = max(until, begin)
    kind, seen = session.plate_kind, session.vehicle_class
    return tuple(why_not(tariff, price, begin, end, kind, seen=seen, place=place))


def place_of(lot: Lot) -> Place:
    """Return the wall clock and the calendar that a lot's tariff follows."""
    return Place(lot.tz, calendar_of(lot.zone))


def _place(session: ParkingSession) -> Place:
    """Return `place_of` the session's lot. Called only where the price depends on it: most tariffs never look
    at the clock."""
    known = session._state.fields_cache.get("lot")
    return place_of(known or hot_sql.by_id(Lot, session.lot_id))


def _settled(session: ParkingSession) -> Settled | None:
    """Return up to when the stay is settled: a payment opened an exit window, which may be over."""
    if session.paid_at is None or session.exit_until is None:
        return None
    return Settled(session.paid_at, session.paid_fen + session.relief_fen)


_parsed: dict[int, Tariff] = {}  # of versions, which never change
_MAX_PARSED = 20_000  # beyond any installation's versions in use; a full one starts again
_texts: dict[int, str] = {}  # documents of versions that were read by `_learn` and not used yet
_learnt_to = 0  # the newest version that `_learn` has seen


def tariff_of(version_id: int, document: dict[str, Any] | None = None) -> Tariff:
    """Return the parsed tariff of a version; `document` where it was read already.

    Lots with the same rule share one, so that a chain of thousands takes no more room than its rules.
    """
    tariff = _parsed.get(version_id)
    if tariff is None:
        text = _text_of(version_id) if document is None else json.dumps(document, sort_keys=True)
        if len(_parsed) >= _MAX_PARSED:
            _parsed.clear()
        tariff = _parsed[version_id] = _parse(text)
    return tariff


def _text_of(version_id: int) -> str:
    """Return a version's document; the first that is missing has all read that are newer than those known."""
    if version_id > _learnt_to:
        _learn()
    if (text := _texts.pop(version_id, None)) is not None:
        return text
    document = TariffVersion.objects.values_list("document", flat=True).get(pk=version_id)
    return json.dumps(document, sort_keys=True)


def _learn() -> None:
    """Read the newer versions' documents, equal ones once: thousands of lots need not read theirs singly."""
    global _learnt_to
    newer = TariffVersion.objects.filter(pk__gt=_learnt_to).order_by().values_list("document")
    for document, versions in newer.annotate(ids=StringAgg(Cast("pk", TextField()), Value(","))):
        ids = [int(pk) for pk in versions.split(",")]
        _texts.update(dict.fromkeys(ids, json.dumps(document, sort_keys=True)))
        _learnt_to = max(_learnt_to, *ids)


def clear_parsed() -> None:
    """Forget the parsed tariffs, for tests that use the ids of versions again."""
    global _learnt_to
    _parsed.clear()
    _texts.clear()
    _learnt_to = 0
    _parse.cache_clear()


@lru_cache(maxsize=4096)
def _parse(document: str) -> Tariff:
    return tariffs.read(json.loads(document))
