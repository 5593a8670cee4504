"""Cut-over from another parking system: the cars that are inside right now, from its table; one row a car.

    号牌,入场时间                  plate,entered
    沪A12345,2026-11-26 08:05:33
    沪B22222,2026/11/26 8:05

Titles in Chinese or English, in any order; UTF-8, UTF-16 or, as Excel writes it in China, GB 18030; separated
by commas, tabs or semicolons. Times without a zone are the lot's own. All of it or nothing, and every bad row
is named by its number, never by its plate.

A car that came in before the lot's first tariff passed no board of ours. What it pays is the operator's
choice, made once: version 0 of the tariff, in force before all others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.csv_file import NotATable, lines_of, plain_text
from core.errors import ParkingError
from core.spreadsheet_times import read_time
from core.vault import plate_index, seal_plate
from lots import sessions
from lots.models import Lot, ParkingSession, TariffVersion
from lots.plates import Plate, PlateError, parse
from lots.pricing import NoTariff, pricing_by, tariff_of, version_for
from lots.setup.change_recorder import ChangedBy, ChangeKind, Thing, record

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PLATES = {"plate", "号牌", "车牌", "车牌号", "车牌号码", "号牌号码", "车辆号牌", "牌照号码"}
TIMES = {
    *("entered", "entered_at", "入场时间", "进场时间", "入场", "进场", "入场日期", "入库时间"),
    *("进场日期", "进入时间", "驶入时间", "入口时间", "入场日期时间"),
}
MOST = 10_000  # rows of one file
LARGEST = 2_000_000  # bytes of one file
OLDEST = timedelta(days=366)
AHEAD = timedelta(minutes=5)  # by which the other system's clock may be fast
PREVIEWED = 20  # rows whose price a rehearsal shows
FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # from then on version 0 is in force
NUMBER = 0
MOST_FEN = 1_000_000


class EarlyPrice(models.TextChoices):
    """What cars pay that came in before the lot's first tariff."""

    FREE = "free", gettext_lazy("Free")
    FLAT = "flat", gettext_lazy("One amount")
    TARIFF = "tariff", gettext_lazy("The new tariff, counted from its start")


class CutOverFault(ParkingError):
    """The file or the choice cannot be used; `why` is the message for the user."""

    code = "cut_over_fault"

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _RowFault(ParkingError):
    """What is wrong with one row."""


@dataclass
class Rehearsed:
    """Result of an import, or of its rehearsal."""

    imported: int = 0
    known: int = 0  # inside already, as a camera has seen it, or imported before; or left since
    early: int = 0  # of the imported: from before the first tariff
    faults: list[tuple[int, str]] = field(default_factory=list)  # (row as a spreadsheet counts, why)
    prices: list[tuple[int, datetime, int]] = field(default_factory=list)  # (row, entry, fen due now)


@dataclass(frozen=True)
class _Car:
    row: int
    plate: Plate
    entered_at: datetime
    index: bytes


def early_version(lot: Lot) -> TariffVersion | None:
    """Return the version that prices cars from before the first tariff; None: it was not chosen."""
    return lot.tariffs.filter(version=NUMBER).first()


def choice_of(version: TariffVersion) -> tuple[EarlyPrice, int]:
    """Return the choice that a version 0 stands for, and its amount in fen."""
    if version.counts_from is not None:
        return EarlyPrice.TARIFF, 0
    fen = int(version.document["steps"][0]["flat"])
    return (EarlyPrice.FLAT, fen) if fen else (EarlyPrice.FREE, 0)


@transaction.atomic
def choose_early_price(
    lot: Lot, choice: EarlyPrice, *, fen: int = 0, at: datetime, by: "User | None" = None
) -> TariffVersion:
    """State what cars from before the first tariff pay. The same choice again changes nothing.

    Raises `CutOverFault` if the lot has no tariff, if the amount is none, or if it was chosen otherwise.
    """
    Lot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
    first = lot.tariffs.not_withdrawn().filter(version__gt=NUMBER).order_by("valid_from", "version").first()
    if first is None:
        raise CutOverFault(_("Give the lot its tariff first."))
    if (choice == EarlyPrice.FLAT) != (0 < fen <= MOST_FEN):
        raise CutOverFault(_("Enter an amount for “one amount”, up to 10,000 yuan, and for nothing else."))
    known = early_version(lot)
    if known is not None:
        if choice_of(known) != (choice, fen):
            raise CutOverFault(
                _("This was chosen before as “%(choice)s” and stays so: drivers may have paid by it.")
                % {"choice": choice_of(known)[0].label}
            )
        return known
    counted = choice == EarlyPrice.TARIFF
    version = TariffVersion.objects.create(
        lot=lot,
        version=NUMBER,
        document=first.document if counted else _one_amount(fen),
        valid_from=FIRST,
        counts_from=first.valid_from if counted else None,
        signed_by=by,
        signed_at=at,
        why=_("cars from before the first tariff"),
    )
    text = f"{choice} {fen}" if fen else str(choice)
    record(lot, Thing.LOT, ChangeKind.CHANGED, by=ChangedBy(by), at=at, after={"early_price": text})
    return version


def _one_amount(fen: int) -> dict[str, Any]:
    return {
        "format": 3,
        "currency": "CNY",
        "rounding": "started",
        "steps": [{"until_min": None, "flat": fen}],
        "steps_count": "stay",
        "cycle": {"basis": "none"},
        "exempt": ["emergency"],
        "after_exit_window": "recomputed",
    }


def import_inside(
    lot: Lot, data: bytes, *, dry_run: bool, at: datetime, by: "User | None" = None
) -> Rehearsed:
    """Open a session for each car of the table that is not inside yet. Raises `CutOverFault`.

    A car that has left since its entry is known too: the same file may be imported again. A
    dry run writes nothing, and where a row is bad nothing is written either.
    """
    cars, done = _cars(lot, data, at)
    if dry_run:
        _count(lot, cars, done, at)
        return done
    with transaction.atomic():
        sessions.lock_for_rebuild(lot.pk)  # two files at once would open sessions twice
        fresh = _count(lot, cars, done, at)
        if done.faults:
            return done
        if done.early and early_version(lot) is None:
            raise CutOverFault(_("Choose first what cars from before the first tariff pay."))
        # A camera may open the same session in this moment: then it stays as the camera saw it.
        ParkingSession.objects.bulk_create(_rows(lot, fresh), batch_size=500, ignore_conflicts=True)
        if fresh:
            record(
                lot, Thing.LOT, ChangeKind.CHANGED, by=ChangedBy(by), at=at, after={"cars_inside": len(fresh)}
            )
    return done


def _rows(lot: Lot, cars: Iterable[_Car]) -> list[ParkingSession]:
    return [
        ParkingSession(
            lot=lot,
            plate=seal_plate(lot.pk, car.plate.text),
            plate_index=car.index,
            plate_kind=car.plate.kind,
            entered_at=car.entered_at,
        )
        for car in cars
    ]


def _count(lot: Lot, cars: list[_Car], done: Rehearsed, at: datetime) -> list[_Car]:
    """Fill `done` with what is to be imported, and return it."""
    inside = {
        bytes(index or b"")
        for index in ParkingSession.objects.of_lot(lot)
        .open()
        .filter(plate_index__isnull=False)
        .values_list("plate_index", flat=True)
    }
    left = _left_at(lot, cars)  # the same file again: who left meanwhile is not inside once more
    fresh = [car for car in cars if car.index not in inside and left.get(car.index, FIRST) < car.entered_at]
    first = lot.tariffs.not_withdrawn().filter(version__gt=NUMBER).order_by("valid_from").first()
    done.imported, done.known = len(fresh), len(cars) - len(fresh)
    done.early = sum(first is None or car.entered_at < first.valid_from for car in fresh)
    for car, session in zip(fresh[:PREVIEWED], _rows(lot, fresh[:PREVIEWED]), strict=True):
        try:
            version = version_for(session)
        except NoTariff:
            continue
        price = pricing_by(
            tariff_of(version.pk, version.document), session, (), counts_from=version.counts_from
        )
        done.prices.append((car.row, car.entered_at, price(car.entered_at, max(at, car.entered_at)).fen))
    return fresh


def _left_at(lot: Lot, cars: list[_Car]) -> dict[bytes, datetime]:
    """Return when cars last left, by plate, of all that left since the first of these entries."""
    since = min((car.entered_at for car in cars), default=FIRST)
    left = ParkingSession.objects.of_lot(lot).filter(plate_index__isnull=False, left_at__gte=since)
    rows = left.order_by("left_at").values_list("plate_index", "left_at")
    return {bytes(index or b""): at for index, at in rows if at is not None}


def _cars(lot: Lot, data: bytes, at: datetime) -> tuple[list[_Car], Rehearsed]:
    done = Rehearsed()
    cars: list[_Car] = []
    seen: dict[bytes, _Car] = {}
    for number, plate, entered in rows_of(data):
        try:
            car = _car(lot, number, plate, entered, at)
            before = _first_of(seen, car)
        except _RowFault as fault:
            done.faults.append((number, str(fault)))
        else:
            if before is car:  # else a repeated row, which counts once
                cars.append(car)
    return cars, done


def _first_of(seen: dict[bytes, _Car], car: _Car) -> _Car:
    """Return the first row of this car; another row with another time cannot be true."""
    before = seen.setdefault(car.index, car)
    if before.entered_at != car.entered_at:
        raise _RowFault(_("the same plate as row %(row)s, with another time") % {"row": before.row})
    return before


def _car(lot: Lot, number: int, text: str, entered: str, at: datetime) -> _Car:
    try:
        plate, invalid = parse(text), ""
    except PlateError:
        plate, invalid = None, _("invalid plate")
    moment = read_time(entered)
    if moment is not None:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=lot.tz)).astimezone(UTC)
    faults = [*filter(None, (invalid, _fault_of(moment, at)))]
    if plate is None or moment is None or faults:
        raise _RowFault(_("; ").join(faults))
    return _Car(number, plate, min(moment, at), plate_index(lot.pk, plate.text))


def _fault_of(moment: datetime | None, at: datetime) -> str:
    """Return what is wrong with the time of an entry, or nothing."""
    if moment is None:
        return _("write times as 2026-12-31 18:05")
    if moment > at + AHEAD:
        return _("the time is in the future")
    return _("the time is more than a year ago") if moment < at - OLDEST else ""


def rows_of(data: bytes) -> list[tuple[int, str, str]]:
    """Return (row, plate, time) of the rows that hold something. Raises `CutOverFault`."""
    if len(data) > LARGEST:
        raise CutOverFault(_("The file is larger than 2 MB; split it."))
    try:
        lines = lines_of(plain_text(data))
    except NotATable as fault:
        raise CutOverFault(fault.why) from None
    titles = [title.strip().lower() for title in lines[0]] if lines else []
    places = [[at for at, title in enumerate(titles) if title in names] for names in (PLATES, TIMES)]
    if any(len(found) != 1 for found in places):
        raise CutOverFault(_("The first row must hold the titles plate and entered, each once."))
    (plate,), (entered,) = places
    rows = [
        (number, _cell(line, plate), _cell(line, entered))
        for number, line in enumerate(lines[1:], 2)
        if any(line)
    ]
    if not rows:
        raise CutOverFault(_("There are no cars in the file."))
    if len(rows) > MOST:
        raise CutOverFault(_("A file can have at most %(most)s rows; split it.") % {"most": MOST})
    return rows


def _cell(line: list[str], place: int) -> str:
    return line[place].strip() if place < len(line) else ""
