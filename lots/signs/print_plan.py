"""A plan of what to print: one row a sign, from CSV, JSON or the console. Checked whole; writes nothing.

    编号,位置,规格,距离,车道,原因            sign,place,format,distance,lane,why
    3,,A4,1,,破损补印                       an existing sign, printed again
    ,B2 层电梯厅,A3,1.4,,                   a new one, registered when it is printed
    会1,出口右侧,A4,,,                      a member sign: also kind, title, address, collects,
                                            pure_place, arrow

Titles in Chinese or English, in any order; CSV in UTF-8 or, as Excel writes it in China, in GB 18030.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from core import shallow_json
from core.csv_file import NotATable, lines_of, plain_text
from core.number_ranges import ranges
from lots import sign_register as signs
from lots.models import Lane, Lot, Sign
from lots.reasons import LONGEST, identifies_person
from lots.signs.print_errors import PlanFaults, WrongMemberSign
from lots.signs.print_formats import FARTHEST, FORMATS, NEAREST, PrintFormat
from lots.signs.sign_faces import MemberFace, check_member

COLUMNS = {
    "sign": ("编号", "number"),
    "place": ("位置",),
    "format": ("规格",),
    "distance": ("距离", "距离（米）", "距离(米)", "distance_m"),
    "lane": ("车道",),
    "why": ("原因", "reason"),
    "kind": ("种类",),
    "title": ("标题",),
    "address": ("网址",),
    "collects": ("收集信息",),
    "pure_place": ("纯净码位置",),
    "arrow": ("箭头",),
}
NAMED = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
KINDS = {"": "pure", "pure": "pure", "lane": "pure", "纯净码": "pure", "车道码": "pure"}
KINDS |= {"member": "member", "会员码": "member"}
ARROWS = {"左": "left", "右": "right", "上": "up", "下": "down", "": "right"}
MOST = 300  # rows; more than any car park, and what one request can draw
ROW = gettext_lazy("Row %(row)s: %(reason)s")  # how a fault names its row
PERSONAL = gettext_noop(
    "Do not put plates or phone numbers in the reason: actions are stored for years, plates are not."
)
LONGEST_PLACE = Sign._meta.get_field("place").max_length or 80


@dataclass(frozen=True)
class PrintRow:
    """One row that can be printed. `sign` is None for a member sign; a sign without a key is new."""

    row: int
    form: PrintFormat
    distance: float | None
    why: str = ""
    sign: Sign | None = None
    member: MemberFace | None = None
    number: str = ""
    place: str = ""


@dataclass
class PlanReading:
    """What is known while the rows are read: the lot's signs and lanes, what was seen, what is wrong."""

    lot: Lot
    why: str
    signs: dict[int, Sign]
    lanes: dict[str, Lane]
    next_number: int
    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    reprints: list[tuple[int, Sign]] = field(default_factory=list)  # rows without the reason that these need

    def fault(self, row: int, reason: str) -> None:
        self.faults.append(ROW % {"row": row, "reason": reason})


def parse(data: bytes, *, name: str = "") -> list[dict[str, str]]:
    """Return the rows of a CSV or JSON file as written, or raise `PlanFaults`."""
    try:
        text = plain_text(data)
        if name.lower().endswith(".json") or text.lstrip().startswith(("[", "{")):
            return _from_json(text)
        return _from_lines(lines_of(text))
    except NotATable as fault:
        raise PlanFaults([fault.why]) from None


def read(lot: Lot, rows: Sequence[Mapping[str, Any]], *, why: str = "") -> list[PrintRow]:
    """Check the rows against the lot and return what to print, or raise `PlanFaults` with every fault."""
    if not rows:
        raise PlanFaults([_("The plan has no rows")])
    if len(rows) > MOST:
        raise PlanFaults(
            [_("At most %(most)s rows at a time; this plan has %(rows)s") % {"most": MOST, "rows": len(rows)}]
        )
    existing = {sign.number: sign for sign in lot.signs.select_related("lane")}
    reading = PlanReading(
        lot, why.strip(), existing, {lane.name: lane for lane in lot.lanes.all()}, signs.next_number(lot)
    )
    orders = [order for order in _orders(reading, rows) if order]
    _name_reprints(reading)
    if reading.faults:
        raise PlanFaults(reading.faults)
    return orders


def _orders(reading: PlanReading, rows: Iterable[Mapping[str, Any]]) -> Iterator[PrintRow | None]:
    for number, raw in enumerate(rows, 2):  # as a spreadsheet counts: the first row is the titles
        unknown = sorted(str(title) for title in raw if title not in NAMED)
        if unknown:
            reading.fault(number, _("No such column: %(titles)s") % {"titles": "、".join(unknown)})
            continue
        row = {NAMED[title]: _text(value) for title, value in raw.items()}
        yield _order(reading, number, row)


def _order(reading: PlanReading, number: int, row: Mapping[str, str]) -> PrintRow | None:
    before = len(reading.faults)
    form = _format(reading, number, row.get("format", ""))
    distance = _distance(reading, number, row.get("distance", ""))
    kind = KINDS.get(row.get("kind", "").lower())
    if kind is None:
        reading.fault(number, _("Kind “%(kind)s” is invalid; use pure or member") % {"kind": row["kind"]})
    read_one = _member if kind == "member" else _sign
    order = read_one(reading, number, row) if kind else None
    if len(reading.faults) > before or order is None or form is None:
        return None
    return PrintRow(**{**order, "form": form, "distance": distance, "row": number})


def _format(reading: PlanReading, number: int, text: str) -> PrintFormat | None:
    wanted = text.replace(" ", "").lower()
    for form in FORMATS.values():
        short = form.title.split(" ")[0]
        if wanted and wanted in {form.name, form.title.replace(" ", "").lower(), short.lower()}:
            return form
    names = "、".join(FORMATS)
    reading.fault(
        number,
        _("Format “%(value)s” is invalid; choose from %(names)s") % {"value": text, "names": names}
        if text
        else _("No format given; choose from %(names)s") % {"names": names},
    )
    return None


def _distance(reading: PlanReading, number: int, text: str) -> float | None:
    if not text:
        return None
    try:
        metres = float(text)
    except ValueError:
        metres = 0.0
    if not NEAREST <= metres <= FARTHEST:
        reading.fault(
            number,
            _("Distance “%(value)s” is invalid; use %(nearest)s to %(farthest)s metres")
            % {"value": text, "nearest": f"{NEAREST:g}", "farthest": f"{FARTHEST:g}"},
        )
        return None
    return metres


def _sign(reading: PlanReading, number: int, row: Mapping[str, str]) -> dict[str, Any] | None:
    if row.get("address"):
        reading.fault(number, "纯净码的网址由系统生成，不能另填；公众号等只能印成会员码")
    existing, place, lane = row.get("sign", ""), row.get("place", ""), row.get("lane", "")
    sign = _existing(reading, number, existing) if existing else _new(reading, number, place, lane)
    if sign is None:
        return None
    if place and sign.place != place:
        reading.fault(
            number,
            _("Sign no. %(number)s is registered at “%(place)s”, not “%(planned)s”")
            % {"number": sign.number, "place": sign.place, "planned": place},
        )
    if lane and (sign.lane is None or sign.lane.name != lane):
        reading.fault(
            number,
            _("Sign no. %(number)s is not the lane code of lane “%(lane)s”")
            % {"number": sign.number, "lane": lane},
        )
    why = _why(reading, number, row)
    if sign.printed_at and not why:
        reading.reprints.append((number, sign))
    _once(reading, number, f"sign {sign.number}", _("Sign no. %(number)s") % {"number": sign.number})
    return {"sign": sign, "why": why, "number": str(sign.number), "place": sign.place}


def _name_reprints(reading: PlanReading) -> None:
    """Add one fault for all signs that were printed before: one reason answers it for each of them."""
    if len(reading.reprints) > 1:
        numbers = "、".join(ranges(sorted(sign.number for _row, sign in reading.reprints)))
        reading.faults.append(
            _("Signs no. %(numbers)s were printed before; give one reason to print them all again")
            % {"numbers": numbers}
        )
        return
    for row, sign in reading.reprints:
        assert sign.printed_at is not None
        day = sign.printed_at.astimezone(reading.lot.tz).date()
        reading.fault(
            row,
            _("Sign no. %(number)s was printed on %(day)s; give a reason to print it again")
            % {"number": sign.number, "day": day},
        )


def _why(reading: PlanReading, number: int, row: Mapping[str, str]) -> str:
    """Return the reason of a row, or of the whole plan; one that cannot be stored is a fault, never cut."""
    why = row.get("why", "") or reading.why
    if len(why) > LONGEST:
        reading.fault(number, _("Give a reason (200 characters at most)."))
    elif identifies_person(why):
        reading.fault(number, _(PERSONAL))
    return why


def _existing(reading: PlanReading, number: int, text: str) -> Sign | None:
    sign = reading.signs.get(int(text)) if text.isdecimal() and len(text) < 9 else None
    if sign is None:
        reading.fault(number, _("This lot has no sign no. %(value)s") % {"value": text})
        return None
    sign.lot = reading.lot
    if sign.revoked_at:
        reading.fault(number, _("Sign no. %(value)s is revoked and cannot be printed") % {"value": text})
        return None
    return sign


def _new(reading: PlanReading, number: int, place: str, lane: str) -> Sign | None:
    if not place or len(place) > LONGEST_PLACE:
        reading.fault(
            number,
            _("A new sign without a number needs a place (at most %(most)s characters)")
            % {"most": LONGEST_PLACE},
        )
        return None
    if lane and lane not in reading.lanes:
        reading.fault(number, _("This lot has no lane “%(lane)s”") % {"lane": lane})
        return None
    for other in reading.signs.values():
        if other.place == place and not other.revoked_at and (other.lane.name if other.lane else "") == lane:
            reading.fault(
                number,
                _("“%(place)s” has sign no. %(number)s already; give its number to print it")
                % {"place": place, "number": other.number},
            )
            return None
    sign = signs.draft_sign(
        lot=reading.lot, place=place, lane=reading.lanes.get(lane), number=reading.next_number
    )
    reading.next_number += 1
    reading.signs[sign.number] = sign
    return sign


def _member(reading: PlanReading, number: int, row: Mapping[str, str]) -> dict[str, Any] | None:
    arrow = row.get("arrow", "")
    member = MemberFace(
        title=row.get("title", ""),
        address=row.get("address", ""),
        collects=row.get("collects", ""),
        pure_place=row.get("pure_place", ""),
        arrow=ARROWS.get(arrow, arrow),
    )
    try:
        check_member(member)
    except WrongMemberSign as fault:
        reading.fault(number, str(fault))
    label, place = row.get("sign", ""), row.get("place", "")
    if not label or not place:
        reading.fault(number, _("A member sign needs a number of your own (such as M1) and a place"))
    _once(reading, number, f"member {label}", _("Member sign %(label)s") % {"label": label})
    return {"member": member, "why": _why(reading, number, row), "number": label, "place": place}


def _once(reading: PlanReading, number: int, key: str, text: str) -> None:
    if key in reading.seen:
        reading.fault(number, _("%(planned)s appears twice in the plan") % {"planned": text})
    reading.seen.add(key)


def _from_lines(lines: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    titles = [title.strip() for title in lines[0]] if lines else []
    wide = [
        _("Row %(number)s: more cells than column titles") % {"number": number}
        for number, cells in enumerate(lines[1:], 2)
        if len(cells) > len(titles)
    ]
    if wide:
        raise PlanFaults(wide)
    rows = [dict(zip(titles, cells, strict=False)) for cells in lines[1:]]
    return [
        {title: value for title, value in row.items() if title or value} for row in rows if _has_values(row)
    ]


def _from_json(text: str) -> list[dict[str, str]]:
    try:
        rows = shallow_json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanFaults(
            [_("The file is not valid JSON: line %(lineno)s") % {"lineno": error.lineno}]
        ) from None
    except ValueError:  # nested too deep, or a number of thousands of digits
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PlanFaults([_("The JSON should be an array with one object for each sign")])
    return rows


def _has_values(row: Mapping[str, Any]) -> bool:
    return any(_text(value) for value in row.values())


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
