"""Finding a stay by anything that someone has of it: plate, a piece of one, receipt code, any number.

What was typed is tried as everything that it can be. A whole plate is found by its blind index. A piece can
only be found by opening sealed plates one by one, so that is bounded: one lot, a window of time, and at most
so many plates, newest first; the answer says where it stopped. Nothing typed is kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleIn

from core.codes import ALPHABET
from core.vault import Unreadable, plate_index, unseal_plate
from lots.models import Lot, ParkingSession, PlateRead
from lots.plates import PlateError, normalise, parse
from payments.models import Payment
from staff.models import PlateAccess

MOST_OPENED = 5000  # sealed plates in one search: some 0.1 s
MOST_FOUND = 50
AT_ONCE = 400  # blind indexes in one statement
WINDOW = timedelta(days=3)  # where none is given; a plate is forgotten within a day or so of leaving
SHORTEST, LONGEST = 3, 10  # characters of a piece: fewer would list half the car park
_AS_READ = str.maketrans("OIL", "011", "- ")


@dataclass
class Found:
    """Stays, newest first; and how the search came to them."""

    sessions: list[ParkingSession] = field(default_factory=list)
    looked: PlateAccess.Kind | None = None  # by a plate: to be put on record
    cut_off: bool = False  # there may be more
    advice: str = ""  # how to ask better, a code of `console.error_messages`; nothing was found then


def search(
    text: str,
    rows: QuerySet[ParkingSession],
    lots: Sequence[int],
    *,
    lot: Lot | None,
    begin: datetime | None,
    end: datetime | None,
    at: datetime,
) -> Found:
    """Return the stays among `rows`, all of `lots`, that `text` may mean."""
    text = text.strip()
    if lot is not None:
        lots = [lot.pk]
        rows = rows.filter(lot=lot)
    if pks := set(_by_number(text, lots)):
        return _found(rows, pks)
    indexes = _indexes(text, lots)
    looked = PlateAccess.Kind.WHOLE if indexes else None
    if pks := set(_by_plate(indexes)):
        return _found(rows, pks, looked)
    piece = _piece(text)
    if indexes and not text.isascii():  # a whole plate with its province, and no piece of one
        return Found(looked=looked)
    if piece is None:
        return Found(looked=looked, advice="search_too_short")
    if lot is None:
        return Found(looked=looked, advice="search_needs_lot")
    pks, stopped = _by_piece(piece, _within(rows, begin, end, at))
    found = _found(rows, pks, PlateAccess.Kind.PART)
    found.cut_off |= stopped
    return found


def _within(
    rows: QuerySet[ParkingSession], begin: datetime | None, end: datetime | None, at: datetime
) -> QuerySet[ParkingSession]:
    """Return those that came in within the window; by default the last days."""
    return rows.filter(entered_at__gte=begin or (end or at) - WINDOW, entered_at__lt=end or at)


def record(found: Found, *, staff: Any, lot: Lot | None, at: datetime) -> None:
    """Record a search by plate: who, when, where, in what way; never the plate."""
    if found.looked is not None:
        PlateAccess.objects.create(staff=staff, lot=lot, kind=found.looked, count=len(found.sessions), at=at)


def payments_numbered(text: str, lots: Sequence[int]) -> QuerySet[Payment]:
    """Return the payments with this receipt code, order number, or number at a channel."""
    receipt = Q(receipt_code=text.upper().translate(_AS_READ)) if _is_receipt(text) else Q(pk__in=[])
    named = Q(number=text.upper()) | Q(provider_number=text)
    return Payment.objects.filter(named | receipt, lot__in=lots)


def _by_number(text: str, lots: Sequence[int]) -> Iterator[int]:
    if not text.isascii() or not 0 < len(text) <= 64 or "\0" in text:
        return
    if text.isdecimal() and len(text) < 19:
        yield from ParkingSession.objects.filter(pk=int(text), lot__in=lots).values_list("pk", flat=True)
    if len(text) > LONGEST:  # shorter ones are plates
        yield from payments_numbered(text, lots).values_list("session", flat=True)[:MOST_FOUND]


def _is_receipt(text: str) -> bool:
    code = text.upper().translate(_AS_READ)
    return len(code) == 12 and set(code) <= set(ALPHABET)


def _indexes(text: str, lots: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return the blind index, in each lot, of the plates that `text` may be."""
    plates = set()
    for overseas in (False, True):
        try:
            plates.add(parse(text, overseas=overseas).text)
        except PlateError:
            continue
    return [(lot, plate_index(lot, plate)) for plate in plates for lot in lots]


def _by_plate(indexes: Sequence[tuple[int, bytes]]) -> Iterator[int]:
    """Yield stays that have such an index; those never seen coming in are found by what the exit saw."""
    for start in range(0, len(indexes), AT_ONCE):
        # Compared as pairs: a condition on each of two hundred lots took a quarter of a second to compile.
        pairs = TupleIn(Tuple(F("lot_id"), F("plate_index")), indexes[start : start + AT_ONCE])
        rows = Q(pairs, plate_index__isnull=False)
        seen = ParkingSession.objects.filter(rows, entered_at__isnull=False)
        yield from seen.values_list("pk", flat=True)
        reads = PlateRead.objects.filter(rows, moved_at__isnull=False, session__isnull=False)
        yield from reads.values_list("session", flat=True)


def _piece(text: str) -> str | None:
    try:
        piece = normalise(text)
    except PlateError:
        return None
    return piece if SHORTEST <= len(piece) <= LONGEST else None


def _by_piece(piece: str, rows: QuerySet[ParkingSession]) -> tuple[set[int], bool]:
    sealed = rows.filter(plate__isnull=False).order_by("-entered_at").values_list("pk", "lot", "plate")
    found: set[int] = set()
    for count, (pk, lot, plate) in enumerate(sealed[: MOST_OPENED + 1]):
        if count == MOST_OPENED:
            return found, True
        try:
            if plate is not None and piece in unseal_plate(lot, plate):
                found.add(pk)
        except Unreadable:
            continue
    return found, False


def _found(rows: QuerySet[ParkingSession], pks: set[int], looked: PlateAccess.Kind | None = None) -> Found:
    sessions = list(rows.filter(pk__in=pks).order_by("-pk")[: MOST_FOUND + 1])
    return Found(sessions[:MOST_FOUND], looked, len(sessions) > MOST_FOUND)
