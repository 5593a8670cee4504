"""The list for the patrol: which sign hangs where, in what format, printed when."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from core import csv_file, hooks
from lots.models import Lot, Sign, SignEvent
from lots.sign_qr import sign_address
from lots.signs.print_formats import FORMATS

if TYPE_CHECKING:
    from lots.signs.print_plan import PrintRow

PRINTED = (SignEvent.Kind.PRINTED, SignEvent.Kind.REPRINTED)
TITLES = {
    "number": "编号",
    "kind": "种类",
    "place": "位置",
    "lane": "车道",
    "format": "规格",
    "distance": "扫码距离（米）",
    "printed": "印制日期",
    "tail": "网址末四位",
    "address": "网址",
}


def rows(lot: Lot, orders: Sequence["PrintRow"] = (), *, printed: str = "") -> list[dict[str, str]]:
    """Return every good sign as it will hang once `orders` are printed, then the member signs likewise."""
    ordered = {order.sign.number: order for order in orders if order.sign}
    stored = {sign.number: sign for sign in lot.signs.in_use().select_related("lane")}
    signs = stored | {number: order.sign for number, order in ordered.items() if order.sign}
    found = []
    for number in sorted(signs):
        signs[number].lot = lot
        last = _last_print(signs[number]) if number not in ordered else _ordered(ordered[number], printed)
        found.append(_row(signs[number], *last))
    others = {row["number"]: row for app in hooks.registered() for row in app.patrol_rows(lot)}
    others |= {order.number: _member_row(order, printed) for order in orders if order.member}
    return found + list(others.values())


def _row(sign: Sign, form: str, distance: str, printed: str) -> dict[str, str]:
    return {
        "number": str(sign.number),
        "kind": "车道码" if sign.lane else "纯净码",
        "place": sign.place,
        "lane": sign.lane.name if sign.lane else "",
        "format": form,
        "distance": distance,
        "printed": printed,
        "tail": sign.code[-4:],
        "address": sign_address(sign),
    }


def _ordered(order: "PrintRow", printed: str) -> tuple[str, str, str]:
    return order.form.title, f"{order.distance:g}" if order.distance else "", printed


def _last_print(sign: Sign) -> tuple[str, str, str]:
    """Return format, distance and day of a sign's last printing, as far as they are known."""
    last = sign.events.filter(kind__in=PRINTED).order_by("-pk").first()
    form = FORMATS[last.format].title if last and last.format in FORMATS else ""
    distance = f"{last.distance_cm / 100:g}" if last and last.distance_cm else ""
    return form, distance, printed_on(sign.lot, sign.printed_at)


def printed_on(lot: Lot, at: datetime | None) -> str:
    """Return the day of a printing, in the words of the list."""
    return at.astimezone(lot.tz).date().isoformat() if at else "未印"


def as_csv(table: Sequence[dict[str, str]]) -> bytes:
    """Return the list as a spreadsheet opens it: UTF-8 with its mark, no cell that it would calculate."""
    return csv_file.table(
        [list(TITLES.values()), *([row[name] for name in TITLES] for row in table)]
    ).encode()


def _member_row(order: "PrintRow", printed: str) -> dict[str, str]:
    assert order.member
    form, distance, day = _ordered(order, printed)
    return member_row(order.number, order.place, order.member.address, day, form=form, distance=distance)


def member_row(
    number: str, place: str, address: str, printed: str, *, form: str = "", distance: str = ""
) -> dict[str, str]:
    """Return the row of a member sign."""
    return {
        "number": number,
        "kind": "会员码",
        "place": place,
        "lane": "",
        "format": form,
        "distance": distance,
        "printed": printed,
        "tail": address[-4:],
        "address": address,
    }
