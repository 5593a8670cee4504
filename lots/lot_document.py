"""A whole car park as one document, applied as often as wanted: `manage.py apply lot.json`.

    {"operator": {"legal_name": "…", "contact": "…", "service_phone": "…", "cash_information": "…"},
     "lot": {"slug": "xujiahui", "name": "…", "kind": "mall", "address": "…", "bays": 420},
     "lanes": [{"name": "东入口", "direction": "entry"}, {"name": "东出口", "direction": "exit"}],
     "signs": ["B1 层电梯厅", {"place": "东出口岗亭", "lane": "东出口"}],
     "devices": [{"lane": "东入口", "make": "vzenith", "serial": "…"}],
     "tariff": {…}, "tariff_from": "2026-12-01T06:00",
     "open": true}

What is missing is added and what differs is changed; nothing is removed. A second run changes nothing.

operator     found by its legal name. A new one needs all four members; `complaint_phones` is optional.
lot          found by its slug. A new one needs a name and a kind, and takes no payments yet.
lanes        found by name; a new one gets its lane code.
signs        pure codes by place, or copies of a lane's code. Twice the same place: two signs.
devices      found by name, which is the lane's if left out; also `keep_images`. Keys are shown once.
tariff       see lots.tariffs. The first one is in force at once, a later one from `tariff_from`.
open         true, or a moment in the lot's time, from which payments are taken.
closed       instead of `open`: the reason why none are taken.

Other packages add members of their own (`Section`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction

from core.errors import ParkingError
from core.money import yuan
from lots import sign_register, tariffs
from lots.models import Device, Lane, Lot, Operator, Sign
from lots.pricing import PastTariff, add_version, place_of
from lots.reasons import identifies_person
from lots.setup import device_settings, going_live, place_settings
from lots.setup.change_recorder import LONGEST_WHY, ChangedBy, SettingFault, Stale
from lots.sign_qr import sign_address
from lots.tariffs import TariffError
from lots.tariffs.examples import examples

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
MEMBERS = {"lanes", "signs", "devices", "tariff", "tariff_from", "open", "closed"}


class DocumentError(ParkingError):
    """The document cannot be applied; `faults` names every fault with its path."""

    code = "lot_document_invalid"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass
class ApplyReport:
    """What is wrong, and what was changed. `once`: keys of new devices, which cannot be read again."""

    faults: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    once: list[str] = field(default_factory=list)

    def fault(self, path: str, reason: str) -> None:
        self.faults.append(f"{path}: {reason}")

    def fields(
        self,
        value: object,
        path: str,
        required: Set[str],
        optional: Set[str] = frozenset(),
    ) -> dict[str, Any]:
        """Return the known members of an object; note what is missing, empty or unknown."""
        if not isinstance(value, Mapping):
            self.fault(path or "the document", "must be an object")
            return {}
        dot = f"{path}." if path else ""
        for name in sorted(required):
            if value.get(name) in (None, ""):
                self.fault(f"{dot}{name}", "is missing")
        for name in value:
            if name not in required | optional:
                self.fault(f"{dot}{name}", "is not known")
        return {name: value[name] for name in value if name in required | optional}

    def items(self, value: object, path: str) -> list[tuple[str, Any]]:
        """Return the entries of a list, each with its path."""
        if isinstance(value, list) and value:
            return [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        self.fault(path, "must be a list with at least one entry")
        return []

    def typed(self, values: Mapping[str, Any], path: str, model: type[models.Model]) -> dict[str, Any]:
        """Return the values that have the type of their column; note the others."""
        found = {}
        for name, value in values.items():
            whole = model._meta.get_field(name).get_internal_type().startswith("Positive")
            if isinstance(value, int if whole else str) and not isinstance(value, bool):
                found[name] = value
            else:
                self.fault(f"{path}.{name}", "must be a whole number" if whole else "must be a text")
        return found

    @contextmanager
    def naming(self, path: str) -> Iterator[None]:
        """Note the faults that a service finds, under `path`."""
        try:
            with transaction.atomic():
                yield
        except SettingFault as error:
            for name, reasons in error.faults.items():
                for reason in reasons:
                    self.fault(path if name == "__all__" else f"{path}.{name}", str(reason))
        except Stale:
            self.fault(path, "was changed by another user at the same moment: run this again")


type Section = Callable[[Lot, Any, ApplyReport, datetime], None]


def apply(
    document: object,
    *,
    at: datetime,
    by: ChangedBy | None = None,
    dry_run: bool = False,
    sections: Mapping[str, Section] | None = None,
) -> ApplyReport:
    """Bring operator and lot to what the document says, in one transaction; return what that changed.

    `dry_run` changes nothing and returns what would change. Raises `DocumentError` with all faults.
    """
    sections, report = sections or {}, ApplyReport()
    for path in _unstorable(document):
        report.fault(path or "the document", "has a character that no database can store")
    if report.faults:
        raise DocumentError(report.faults)
    with transaction.atomic():
        top = report.fields(document, "", {"operator", "lot"}, MEMBERS | set(sections))
        if top:
            _apply(top, report, _Acting(by or ChangedBy(), at), sections)
        if report.faults or dry_run:
            transaction.set_rollback(True)
    if report.faults:
        raise DocumentError(report.faults)
    return report


def _unstorable(value: object, path: str = "") -> Iterator[str]:
    """Yield the paths of texts with a NUL or half a surrogate pair, which JSON can spell."""
    if isinstance(value, str) and _UNSTORABLE.search(value):
        yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _unstorable(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unstorable(item, f"{path}[{number}]")


@dataclass(frozen=True)
class _Acting:
    by: ChangedBy
    at: datetime

    @property
    def keywords(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at}


def _apply(
    top: Mapping[str, Any], report: ApplyReport, acting: _Acting, sections: Mapping[str, Section]
) -> None:
    operator = _operator(top.get("operator", {}), report, acting)
    lot = _lot(top.get("lot", {}), operator, report, acting)
    signs = report.items(top["signs"], "signs") if "signs" in top else []
    _pure_signs(lot, signs, report)
    if "lanes" in top:
        _lanes(lot, report.items(top["lanes"], "lanes"), report, acting)
    _lane_signs(lot, signs, report)
    if "devices" in top:
        _devices(lot, report.items(top["devices"], "devices"), report, acting)
    if "tariff" in top:
        _tariff(lot, top["tariff"], top.get("tariff_from"), report, acting)
    for name, section in sections.items():
        if name in top:
            section(lot, top[name], report, acting.at)
    _opening(lot, top, report, acting)


def _operator(value: object, report: ApplyReport, acting: _Acting) -> Operator:
    """Return the operator; where it has faults, a stand-in for checking the rest, which is rolled back."""
    name = value.get("legal_name") if isinstance(value, Mapping) else None
    known = list(Operator.objects.filter(legal_name=name)[:2]) if isinstance(name, str) else []
    if len(known) > 1:
        report.fault("operator.legal_name", "more than one operator has this name")
    needed = {"legal_name"} if known else {"legal_name", "contact", "service_phone", "cash_information"}
    before = len(report.faults)
    values = report.fields(value, "operator", needed, set(place_settings.OPERATOR) - needed)
    values = report.typed(values, "operator", Operator)
    if len(report.faults) == before:
        with report.naming("operator"):
            if known:
                _change(known[0], "operator", values, place_settings.change_operator, report, acting)
                return known[0]
            operator = place_settings.make_operator(values, **acting.keywords)
            report.changes.append(f"operator {operator.legal_name}: added")
            return operator
    return Operator.objects.create(legal_name="")


def _lot(value: object, operator: Operator, report: ApplyReport, acting: _Acting) -> Lot:
    """Return the lot; where it has faults, a stand-in for checking the rest, which is rolled back."""
    slug = value.get("slug") if isinstance(value, Mapping) else None
    known = (
        Lot.objects.select_related("operator").filter(slug=slug).first() if isinstance(slug, str) else None
    )
    needed = {"slug"} if known else {"slug", "name", "kind"}
    before = len(report.faults)
    values = report.fields(value, "lot", needed, {"slug", *place_settings.LOT} - needed)
    values = report.typed(values, "lot", Lot)
    if known is not None and known.operator_id != operator.pk and operator.legal_name:
        report.fault("lot.slug", "belongs to a lot of another operator")
    if len(report.faults) == before:
        with report.naming("lot"):
            if known:
                values.pop("slug")
                _change(known, "lot", values, place_settings.change_lot, report, acting)
                return known
            lot = place_settings.make_lot(operator, values, **acting.keywords)
            report.changes.append(f"lot {lot.slug}: added")
            return lot
    return known or Lot.objects.create(operator=operator, slug=uuid4().hex, name="", kind=Lot.Kind.OTHER)


def _change(
    row: Any,
    path: str,
    values: Mapping[str, Any],
    change: Callable[..., bool],
    report: ApplyReport,
    acting: _Acting,
) -> None:
    before = {name: getattr(row, name) for name in values}
    if change(row, values, revision=row.revision, **acting.keywords):
        row.refresh_from_db()
        for name, old in before.items():
            if (new := getattr(row, name)) != old:
                report.changes.append(f"{path}.{name}: {old} → {new}")


def _lanes(lot: Lot, entries: Sequence[tuple[str, Any]], report: ApplyReport, acting: _Acting) -> None:
    seen: set[Any] = set()
    for path, value in entries:
        values = report.typed(report.fields(value, path, {"name", "direction"}), path, Lane)
        name, direction = values.get("name"), values.get("direction")
        if name in seen:
            report.fault(f"{path}.name", "stands here twice")
        elif name and direction:
            seen.add(name)
            _lane(lot, path, name, direction, report, acting)
    ways = set(lot.lanes.values_list("direction", flat=True))
    if ways and Lane.Direction.BOTH not in ways and not ways >= {Lane.Direction.ENTRY, Lane.Direction.EXIT}:
        report.fault("lanes", "there must be a way in and a way out")


def _lane(lot: Lot, path: str, name: str, direction: str, report: ApplyReport, acting: _Acting) -> None:
    known = lot.lanes.filter(name=name).first()
    if known is None:
        with report.naming(path):
            lane = place_settings.add_lane(lot, name=name, direction=direction, **acting.keywords)
            report.changes.append(f"lane {name}: added, {direction}")
            _report_code(lane.signs.order_by("number")[0], report)
    elif known.direction != direction:
        report.fault(f"{path}.direction", f"is {known.direction} and cannot be changed: add another lane")


def _pure_signs(lot: Lot, entries: Sequence[tuple[str, Any]], report: ApplyReport) -> None:
    there = Counter(lot.signs.pure().values_list("place", flat=True))
    for path, value in entries:
        if not isinstance(value, Mapping):
            _sign(lot, None, path, value, there, report)


def _lane_signs(lot: Lot, entries: Sequence[tuple[str, Any]], report: ApplyReport) -> None:
    there: dict[int, Counter[str]] = {}
    for path, value in entries:
        if not isinstance(value, Mapping):
            continue
        values = report.fields(value, path, {"place", "lane"})
        lane = _lane_called(lot, path, values.get("lane"), report)
        if lane is not None and "place" in values:
            places = lane.signs.in_use().values_list("place", flat=True)
            counted = there.setdefault(lane.pk, Counter(places))
            _sign(lot, lane, f"{path}.place", values["place"], counted, report)


def _sign(
    lot: Lot, lane: Lane | None, path: str, place: object, there: Counter[str], report: ApplyReport
) -> None:
    longest = Sign._meta.get_field("place").max_length or 0
    if not isinstance(place, str) or not 0 < len(place) <= longest:
        report.fault(path, f"must be a text of at most {longest} characters")
    elif there[place]:
        there[place] -= 1
    else:
        _report_code(sign_register.new_sign(lot=lot, place=place, lane=lane), report)


def _report_code(sign: Sign, report: ApplyReport) -> None:
    report.changes.append(f"sign {sign.number}: added, {sign_address(sign)}  {sign.place}")


def _lane_called(lot: Lot, path: str, name: object, report: ApplyReport) -> Lane | None:
    lane = lot.lanes.filter(name=name).first() if isinstance(name, str) and name else None
    if lane is None and name:
        report.fault(f"{path}.lane", "there is no lane with this name")
    return lane


def _devices(lot: Lot, entries: Sequence[tuple[str, Any]], report: ApplyReport, acting: _Acting) -> None:
    seen: set[str] = set()
    for path, value in entries:
        values = report.fields(value, path, {"lane", "make"}, {"name", "serial", "keep_images"})
        lane = _lane_called(lot, path, values.pop("lane", None), report)
        keep = values.pop("keep_images", None)
        if not isinstance(keep, bool | None):
            report.fault(f"{path}.keep_images", "must be true or false")
        values = report.typed(values, path, Device)
        if lane is None or "make" not in values or not isinstance(keep, bool | None):
            continue
        values = {"name": lane.name, **values} | ({} if keep is None else {"keep_images": keep})
        if values["name"] in seen:
            report.fault(f"{path}.name", "stands here twice")
            continue
        seen.add(values["name"])
        _device(lane, path, values, report, acting)


def _device(lane: Lane, path: str, values: dict[str, Any], report: ApplyReport, acting: _Acting) -> None:
    known = lane.lot.devices.in_use().filter(name=values["name"]).first()
    if known is None:
        with report.naming(path):
            made = device_settings.add_device(lane, **values, **acting.keywords)
            report.changes.append(f"device {made.device.name}: enrolled in {lane.name}")
            report.once += [f"{made.device.name}  {label:<10}{value}" for label, value in made.to_enter()]
        return
    stored = {"lane": known.lane.name, **{name: getattr(known, name) for name in values}}
    for name, value in {"lane": lane.name, **values}.items():
        if stored[name] != value:
            report.fault(f"{path}.{name}", f"is {stored[name]}: revoke that device, then enrol a new one")


def _tariff(lot: Lot, document: object, start: object, report: ApplyReport, acting: _Acting) -> None:
    newest = lot.tariffs.not_withdrawn().order_by("-version").first()
    if newest is not None and newest.document == document:
        return
    try:
        tariff = tariffs.read_new(document)  # type: ignore[arg-type] # it checks the shape itself
    except TariffError as error:
        report.fault(f"tariff.{error.path}" if error.path else "tariff", error.reason)
        return
    valid_from = acting.at if newest is None and start is None else _moment(lot, "tariff_from", start, report)
    if valid_from is None:
        return
    try:
        version = add_version(lot=lot, document=dict(document), valid_from=valid_from, at=acting.at)  # type: ignore[call-overload]
    except PastTariff:
        report.fault("tariff_from", "lies in the past")
        return
    when = f"{valid_from.astimezone(lot.tz):%Y-%m-%d %H:%M}"
    report.changes.append(f"tariff: version {version.version}, in force from {when}")
    for minutes, fen in examples(tariff, place=place_of(lot)):
        report.changes.append(f"  {minutes // 60:>4} h {minutes % 60:02} min  {yuan(fen):>8} yuan")


def _moment(lot: Lot, path: str, text: object, report: ApplyReport) -> datetime | None:
    if text is None:
        report.fault(path, "is missing: the lot has another tariff, so say from when, as 2026-12-01T06:00")
        return None
    try:
        moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        moment = datetime.min.replace(tzinfo=UTC)
    if not 2000 <= moment.year < 9000:  # at the calendar's ends a moment may have none in another zone
        report.fault(path, "must be a date or moment such as 2026-12-01T06:00")
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=lot.tz)


def _opening(lot: Lot, top: Mapping[str, Any], report: ApplyReport, acting: _Acting) -> None:
    if "open" in top and "closed" in top:
        report.fault("closed", "either open or closed, not both")
    elif "closed" in top:
        _close(lot, top["closed"], report, acting)
    elif top.get("open") is True:
        _open(lot, acting.at, report, acting)
    elif "open" in top and (starts_at := _moment(lot, "open", top["open"] or "", report)) is not None:
        _open(lot, starts_at, report, acting)


def _open(lot: Lot, starts_at: datetime, report: ApplyReport, acting: _Acting) -> None:
    try:
        if going_live.open_lot(lot, starts_at=starts_at, **acting.keywords):
            later = f" from {starts_at.astimezone(lot.tz):%Y-%m-%d %H:%M}" if starts_at > acting.at else ""
            report.changes.append(f"lot {lot.slug}: takes payments{later}")
    except going_live.NotReady:
        report.fault("open", "the lot has no tariff in force then")


def _close(lot: Lot, why: object, report: ApplyReport, acting: _Acting) -> None:
    if not isinstance(why, str) or not why.strip():
        report.fault("closed", "must be the reason, as a text")
        return
    if len(why) > LONGEST_WHY:
        report.fault("closed", f"must be a text of at most {LONGEST_WHY} characters")
        return
    if identifies_person(why):
        report.fault("closed", "must not hold a plate or a phone number")
        return
    by = ChangedBy(staff=acting.by.staff, why=why)
    if going_live.close_lot(lot, by=by, at=acting.at):
        report.changes.append(f"lot {lot.slug}: takes no payments")
