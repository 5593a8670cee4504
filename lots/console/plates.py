"""Plates on staff's screens: masked."""

from lots.models import ParkingSession, PlateRead
from lots.plates import parse
from lots.vault import Unreadable, unseal_plate


def masked(row: ParkingSession | PlateRead) -> str:
    """Return the plate of a row as staff may see it: masked, or why there is none."""
    if row.plate is None:
        return "—" if isinstance(row, PlateRead) and row.plate_kind == "" else "已清除"
    try:
        text = unseal_plate(row.lot_id, row.plate)
    except Unreadable:
        return "密钥已销毁"
    return parse(text, overseas=row.plate_kind == "overseas").masked
