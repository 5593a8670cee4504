"""Setting up a car park from one document: operator, lot, lanes, signs, tariff.

    {"operator": {"legal_name": "…", "contact": "…", "service_phone": "…", "cash_information": "…"},
     "lot": {"slug": "xujiahui", "name": "…", "kind": "mall", "address": "…", "bays": 420},
     "lanes": [{"name": "东入口", "direction": "entry"}, {"name": "东出口", "direction": "exit"}],
     "signs": ["B1 层电梯厅", "B2 层 3 号立柱"],
     "tariff": {…}}

operator  may also say `complaint_phones`. One that exists already is used again if everything agrees.
lot       may also say `zone`, `province`, `retention_hours`, `exit_window`, `jam_minutes`; address and bays
          may be left out.
lanes     each gets a lane code beside its barrier. direction: entry, exit, both.
signs     where the pure code is to hang, one copy each.
tariff    see lots.tariffs. In force from the moment the lot is set up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models, transaction

from core.errors import ParkingError
from lots import sign_register, tariffs
from lots.models import Lane, Lot, Operator, Sign, TariffVersion
from lots.tariffs import TariffError

REQUIRED = {
    "operator": {"legal_name", "contact", "service_phone", "cash_information"},
    "lot": {"slug", "name", "kind"},
}
OPTIONAL = {
    "operator": {"complaint_phones"},
    "lot": {"address", "zone", "province", "bays", "retention_hours", "exit_window", "jam_minutes"},
}


class PlanError(ParkingError):
    """The document cannot become a lot; `faults` says where and why, all at once."""

    code = "plan_invalid"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Plan:
    """A checked document."""

    operator: Operator
    lot: Lot
    lanes: list[Lane]
    places: list[str]
    tariff: dict[str, Any]


def read_plan(document: object) -> Plan:
    """Check a document against itself and the database, or raise `PlanError`. Writes nothing."""
    faults: list[str] = []
    top = _fields(document, "", {"operator", "lot", "lanes", "signs", "tariff"}, set(), faults)
    if not top:
        raise PlanError(faults)
    plan = Plan(
        operator=_operator(top.get("operator", {}), faults),
        lot=_lot(top.get("lot", {}), faults),
        lanes=_lanes(top.get("lanes", []), faults),
        places=_places(top.get("signs", []), faults),
        tariff=_tariff(top.get("tariff", {}), faults),
    )
    if faults:
        raise PlanError(faults)
    return plan


@transaction.atomic
def open_lot(plan: Plan, *, at: datetime) -> Lot:
    """Make the lot whole or not at all."""
    if plan.operator.pk is None:
        plan.operator.save()
    lot = plan.lot
    lot.operator = plan.operator
    lot.save()
    TariffVersion.objects.create(lot=lot, version=1, document=plan.tariff, valid_from=at)
    for place in plan.places:
        sign_register.new_sign(lot=lot, place=place)
    for lane in plan.lanes:
        lane.lot = lot
        lane.save()
        sign_register.new_sign(lot=lot, lane=lane, place=f"{lane.name}道闸旁")
    return lot


def _operator(value: object, faults: list[str]) -> Operator:
    fields = _fields(value, "operator", REQUIRED["operator"], OPTIONAL["operator"], faults)
    operator = Operator(**fields)
    _clean(operator, "operator", set(), faults)
    known = Operator.objects.filter(legal_name=operator.legal_name).first()
    if known is None:
        return operator
    differs = sorted(name for name, said in fields.items() if getattr(known, name) != said)
    faults += [f"operator.{name}: is not what is stored for this operator" for name in differs]
    return known


def _lot(value: object, faults: list[str]) -> Lot:
    fields = _fields(value, "lot", REQUIRED["lot"], OPTIONAL["lot"], faults)
    lot = Lot(**fields)
    _clean(lot, "lot", {"operator"}, faults)
    try:
        ZoneInfo(lot.zone)
    except (LookupError, OSError, ValueError, TypeError):
        faults.append("lot.zone: is no IANA time zone such as Asia/Shanghai")
    return lot


def _lanes(value: object, faults: list[str]) -> list[Lane]:
    lanes: list[Lane] = []
    for number, item in enumerate(_items(value, "lanes", faults)):
        path = f"lanes[{number}]"
        lane = Lane(**_fields(item, path, {"name", "direction"}, set(), faults))
        _clean(lane, path, {"lot"}, faults)
        if lane.name in {known.name for known in lanes}:
            faults.append(f"{path}.name: stands here twice")
        lanes.append(lane)
    open_ways = {lane.direction for lane in lanes}
    if lanes and not open_ways >= {Lane.Direction.ENTRY, Lane.Direction.EXIT}:
        faults += [] if Lane.Direction.BOTH in open_ways else ["lanes: there must be a way in and a way out"]
    return lanes


def _places(value: object, faults: list[str]) -> list[str]:
    longest = Sign._meta.get_field("place").max_length or 0
    places = _items(value, "signs", faults)
    for number, place in enumerate(places):
        if not isinstance(place, str) or not 0 < len(place) <= longest:
            faults.append(f"signs[{number}]: must be a text of at most {longest} characters")
    return places


def _tariff(value: object, faults: list[str]) -> dict[str, Any]:
    try:
        tariffs.read(value)  # it checks the shape itself
    except TariffError as error:
        faults.append(f"tariff.{error}" if error.path else f"tariff: {error}")
        return {}
    return dict(value)  # type: ignore[call-overload, no-any-return]


def _clean(row: models.Model, path: str, without: set[str], faults: list[str]) -> None:
    said = {field.name for field in row._meta.fields if getattr(row, field.attname) not in (None, "")}
    missing = {name for name in REQUIRED.get(path, set()) if name not in said}
    try:
        row.full_clean(exclude=without | missing)  # what is missing is said already
    except ValidationError as error:
        for name, reasons in error.message_dict.items():
            where = path if name == "__all__" else f"{path}.{name}"
            faults.extend(f"{where}: {reason}" for reason in reasons)


def _fields(
    value: object, path: str, required: set[str], optional: set[str], faults: list[str]
) -> dict[str, Any]:
    """Return the members that are known; note what is missing, empty or unknown."""
    if not isinstance(value, Mapping):
        faults.append(f"{path or 'the document'}: must be an object")
        return {}
    dot = f"{path}." if path else ""
    faults += [f"{dot}{name}: is missing" for name in sorted(required) if value.get(name) in (None, "")]
    faults += [f"{dot}{name}: is not known" for name in value if name not in required | optional]
    return {name: value[name] for name in required | optional if value.get(name) is not None}


def _items(value: object, path: str, faults: list[str]) -> list[Any]:
    if isinstance(value, list) and value:
        return value
    faults.append(f"{path}: must be a list with at least one entry")
    return []
