"""Plates on staff's screens: masked, or whole where someone asked for it and that is on record."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.vault import Unreadable, unseal_plate
from lots.models import ParkingSession, Permit, PlateRead
from lots.plates import Plate, parse
from staff.access import Access

type HasPlate = ParkingSession | PlateRead | Permit


def masked(row: HasPlate) -> str:
    """Return the plate of a row as staff may see it: masked, or why there is none."""
    plate = _plate(row)
    return plate if isinstance(plate, str) else plate.masked


def whole(row: HasPlate) -> str:
    """Return the whole plate of a row, or why there is none. The caller has put the look on record."""
    plate = _plate(row)
    return plate if isinstance(plate, str) else plate.pretty


def may_unmask[T: HasPlate](person: Access, rows: Iterable[T]) -> list[T]:
    """Return those rows that have a plate which this person may see whole."""
    lots = set(person.lots("plates.unmask").values_list("pk", flat=True))
    return [row for row in rows if row.lot_id in lots and row.plate is not None]


def _plate(row: HasPlate) -> Plate | str:
    if row.plate is None:
        return "—" if isinstance(row, PlateRead) and row.plate_kind == "" else _("Erased")
    try:
        text = unseal_plate(row.lot_id, row.plate)
    except Unreadable:
        return _("Key destroyed")
    return parse(text, overseas=row.plate_kind == "overseas")
