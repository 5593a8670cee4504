"""Add and change operators, lots and lanes, from the console or from a lot's file."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core import row_security
from lots import sign_register
from lots.models import Lane, Lot, Operator
from lots.setup.change_recorder import (
    ChangedBy,
    ChangeKind,
    SettingFault,
    Thing,
    add,
    change,
    check,
    plain,
    pressed,
    record,
)

OPERATOR = ("legal_name", "contact", "service_phone", "complaint_phones", "cash_information")
LOT = (
    *("name", "address", "kind", "province", "bays"),
    *("retention_hours", "exit_window", "jam_minutes", "zone"),
)
BOUNDS = {"bays": (0, 100_000), "retention_hours": (1, 720), "exit_window": (5, 120), "jam_minutes": (1, 240)}
PHONE = re.compile(r"[0-9+()（）/ ,，、;；转ext.-]{3,}", re.ASCII | re.IGNORECASE)
RESERVED = re.compile(r"pay-test(-\d+)?")  # lots of the payment test


def make_operator(values: Mapping[str, Any], *, by: ChangedBy, at: datetime) -> Operator:
    """Add an operator. Raises `SettingFault`."""
    if (known := pressed(by, Operator)) is not None:
        return known  # type: ignore[no-any-return]
    given = _given(values, OPERATOR)
    _stop_on(operator_faults(values, is_new=True))
    return add(Operator(**given), Thing.OPERATOR, by=by, at=at)


def change_operator(
    operator: Operator, values: Mapping[str, Any], *, revision: int, by: ChangedBy, at: datetime
) -> bool:
    """Change an operator's details; False if nothing differs. Raises `Stale` or `SettingFault`."""
    given = _given(values, OPERATOR)
    _stop_on(operator_faults(values))
    return change(operator, Thing.OPERATOR, given, revision=revision, by=by, at=at)


def make_lot(operator: Operator, values: Mapping[str, Any], *, by: ChangedBy, at: datetime) -> Lot:
    """Add a lot that takes no payments yet: opening is the last step. Raises `SettingFault`."""
    if (known := pressed(by, Lot)) is not None:
        return known  # type: ignore[no-any-return]
    given = _given(values, LOT)
    _stop_on(lot_faults(values, is_new=True))
    slug = _slug(values) or suggested_slug(str(given.get("name", "")))
    return add(Lot(operator=operator, slug=slug, closed_at=at, **given), Thing.LOT, by=by, at=at)


def change_lot(lot: Lot, values: Mapping[str, Any], *, revision: int, by: ChangedBy, at: datetime) -> bool:
    """Change a lot's settings; False where nothing differs. Raises `Stale` or `SettingFault`.

    Its slug cannot change: it stands in the merchants' file and in addresses that drivers have saved.
    """
    given = _given(values, LOT)
    _stop_on(lot_faults(values))
    return change(lot, Thing.LOT, given, revision=revision, by=by, at=at)


@transaction.atomic
def add_lane(
    lot: Lot, *, name: str, direction: str, by: ChangedBy, at: datetime, like: Lane | None = None
) -> Lane:
    """Add a way in or out, with the code that hangs at its barrier. Raises `SettingFault`.

    `like`: a lane whose threshold and screen it gets too.
    """
    if (known := pressed(by, Lane)) is not None:
        return known  # type: ignore[no-any-return]
    name = plain(name)
    if lot.lanes.filter(name=name).exists():
        raise SettingFault({"name": [_("This lot already has a lane with this name.")]})
    more = {"min_confidence": like.min_confidence, "has_screen": like.has_screen} if like else {}
    lane = add(Lane(lot=lot, name=name, direction=direction, **more), Thing.LANE, by=by, at=at)
    if not lane.signs.exists():
        sign_register.new_sign(lot=lot, lane=lane, place=f"{name}道闸旁")
    return lane


@transaction.atomic
def change_lane(
    lane: Lane,
    *,
    name: str,
    was: Mapping[str, Any],
    min_confidence: int | None,
    has_screen: bool | None,
    by: ChangedBy,
    at: datetime,
) -> bool:
    """Change a lane's name, threshold and screen; False if nothing differs. Its signs stay registered.

    `was`: its values when the form was made. What this user left as it was stays as another has set it since;
    what both changed is refused. Raises `SettingFault`.
    """
    Lot.objects.select_for_update().get(pk=lane.lot_id)
    row, name = Lane.objects.select_related("lot__operator").get(pk=lane.pk), plain(name)
    before = {"name": row.name, "min_confidence": row.min_confidence, "has_screen": row.has_screen}
    given = {"name": name, "min_confidence": min_confidence, "has_screen": has_screen}
    typed = {field: value for field, value in given.items() if value is not None}
    after = before | {field: value for field, value in typed.items() if value != was.get(field)}
    changed = [field for field, value in after.items() if value != before[field]]
    if not changed:
        return False
    clashes = [field for field in changed if was.get(field) not in {None, before[field]}]
    if clashes:
        other = _("Another user has just changed it to “%(value)s”: reload and try again.")
        raise SettingFault({field: [other % {"value": _shown(before[field])}] for field in clashes})
    if "name" in changed and row.lot.lanes.filter(name=name).exists():
        raise SettingFault({"name": [_("This lot already has a lane with this name.")]})
    for field in changed:
        setattr(row, field, after[field])
    check(row)
    row.save(update_fields=changed)
    former, new = ({field: each[field] for field in changed} for each in (before, after))
    record(row, Thing.LANE, ChangeKind.CHANGED, by=by, at=at, before=former, after=new)
    return True


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "✓" if value else "—"
    return str(value)


def _is_taken(slug: str) -> bool:
    """Return whether a lot of any operator has this short name."""
    with row_security.every_operator():
        return Lot.objects.filter(slug=slug).exists()


def suggested_slug(name: str) -> str:
    """Return a short name that is free: what of the name is Latin, else a number."""
    stem = slugify(name)[:40] or "lot"
    with row_security.every_operator():  # short names are the site's
        taken = set(Lot.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem != "lot" and stem not in taken and not RESERVED.fullmatch(stem):
        return stem
    return next(slug for number in range(1, len(taken) + 2) if (slug := f"{stem}-{number}") not in taken)


def _given(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that were given, texts on one line."""
    return {
        name: plain(value) if isinstance(value, str) else value
        for name in names
        if (value := values.get(name)) is not None
    }


def _slug(values: Mapping[str, Any]) -> str:
    return plain(str(values.get("slug") or "")).lower()


def operator_faults(values: Mapping[str, Any], *, is_new: bool = False) -> dict[str, list[str]]:
    """Return what is wrong with the values of an operator, by field."""
    given = _given(values, OPERATOR)
    faults = {
        name: [_("Enter phone numbers, separated by /.")]
        for name in ("service_phone", "complaint_phones")
        if given.get(name) and not PHONE.fullmatch(given[name])
    }
    if is_new and Operator.objects.filter(legal_name=given.get("legal_name", "")).exists():
        faults["legal_name"] = [_("An operator with this name already exists.")]
    return faults


def lot_faults(values: Mapping[str, Any], *, is_new: bool = False) -> dict[str, list[str]]:
    """Return what is wrong with the values of a lot, by field."""
    given = _given(values, LOT)
    faults = {
        name: [_("Enter a number from %(low)s to %(high)s.") % {"low": low, "high": high}]
        for name, (low, high) in BOUNDS.items()
        if name in given and not low <= given[name] <= high
    }
    try:
        ZoneInfo(given.get("zone", "Asia/Shanghai"))
    except (LookupError, OSError, ValueError):
        faults["zone"] = [_("Unknown time zone; use e.g. Asia/Shanghai.")]
    if is_new and RESERVED.fullmatch(_slug(values)):
        faults["slug"] = [_("This short name is reserved for payment tests; choose another.")]
    elif is_new and _is_taken(_slug(values)):
        faults["slug"] = [_("This short name is used by another lot; choose a different one.")]
    return faults


def _stop_on(faults: Mapping[str, list[str]]) -> None:
    if faults:
        raise SettingFault(faults)
