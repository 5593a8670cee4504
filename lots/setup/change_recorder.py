"""Shared by all changes of settings: validated, idempotent, serialised and recorded."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.errors import ParkingError
from lots.models.setting_changes import ChangeKind as ChangeKind
from lots.models.setting_changes import SettingChange as SettingChange
from lots.models.setting_changes import Thing as Thing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEVER_SHOWN = {"secret", "next_secret", "key_id", "next_key_id"}
LONGEST_WHY = 200
MAKING = {
    ChangeKind.ADDED,
    ChangeKind.ROTATING,
}  # recognised by their press; any other change repeated finds nothing to do


class SettingFault(ParkingError):
    """The values are invalid; `faults` lists the reasons by field, in the reader's language."""

    code = "setting_invalid"

    def __init__(self, faults: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(reasons)}" for name, reasons in faults.items()))
        self.faults = faults


class Stale(ParkingError):
    """Another user changed the row since this form was made; nothing was written. `row` is current."""

    code = "setting_stale"

    def __init__(self, row: models.Model) -> None:
        super().__init__(f"{row._meta.model_name} {row.pk}")
        self.row = row


@dataclass(frozen=True)
class ChangedBy:
    """Who makes a change, and why. `press` is the idempotency key that comes with the form."""

    staff: "User | None" = None  # None: from the command line
    press: UUID | None = None  # stored only for additions: see `MAKING`
    why: str = ""


def plain(text: str) -> str:
    """Return a text on one line, without invisible characters: it stands on signs and pages."""
    seen = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return " ".join(seen.split())


def pressed(by: ChangedBy, model: type[models.Model], thing: str = "") -> Any | None:
    """Return the row that an earlier press of the same form added or changed, if there is one."""
    if by.press is None:
        return None
    thing = thing or str(model._meta.model_name)
    mine = SettingChange.objects.filter(press=by.press, by=by.staff, thing=thing)
    known = mine.first()
    return model._default_manager.filter(pk=known.row).first() if known else None


def add[M: models.Model](row: M, thing: Thing, *, by: ChangedBy, at: datetime) -> M:
    """Store a new row with its record, once. Raises `SettingFault`."""
    if (known := pressed(by, type(row))) is not None:
        return known  # type: ignore[no-any-return]
    check(row)
    try:
        with transaction.atomic():
            row.save()
            record(row, thing, ChangeKind.ADDED, by=by, at=at, after=values_of(row))
    except IntegrityError:
        if (known := pressed(by, type(row))) is not None:
            return known  # type: ignore[no-any-return]
        raise SettingFault(
            {"__all__": [_("An entry with this name was just created by another user; reload the page.")]}
        ) from None
    return row


@transaction.atomic
def change[M: models.Model](
    row: M, thing: Thing, values: Mapping[str, Any], *, revision: int, by: ChangedBy, at: datetime
) -> bool:
    """Set `values` where they differ, if the row still is at `revision`; False where nothing differs.

    So a second press of the same form changes nothing, and a form older than the row is rejected.
    Raises `Stale` or `SettingFault`.
    """
    now_is: Any = type(row)._default_manager.select_for_update().get(pk=row.pk)
    differs = {name: value for name, value in values.items() if getattr(now_is, name) != value}
    if not differs:
        return False
    if now_is.revision != revision:
        raise Stale(now_is)
    before = {name: getattr(now_is, name) for name in differs}
    for name, value in differs.items():
        setattr(now_is, name, value)
    check(now_is)
    now_is.revision += 1
    now_is.save(update_fields=[*differs, "revision"])
    record(now_is, thing, ChangeKind.CHANGED, by=by, at=at, before=before, after=differs)
    return True


def changed_since(row: Any, thing: Thing, revision: int) -> list[SettingChange]:
    """Return what others changed since a form of this revision was made, the oldest first."""
    rows = SettingChange.objects.filter(thing=thing, row=row.pk, revision__gt=revision)
    return list(rows.select_related("by").order_by("revision"))


def check(row: models.Model) -> None:
    """Raise `SettingFault` for what the models or their constraints refuse."""
    try:
        row.full_clean(exclude={"secret", "operator", "lot", "lane"})
    except ValidationError as error:
        raise SettingFault({name: list(reasons) for name, reasons in error.message_dict.items()}) from None


def record(
    row: Any,
    thing: Thing,
    kind: ChangeKind,
    *,
    by: ChangedBy,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> SettingChange:
    """Record a change, in the transaction that makes it."""
    lot: Any = row if thing == Thing.LOT else getattr(row, "lot", None)
    operator = row if thing == Thing.OPERATOR else lot.operator
    return SettingChange.objects.create(
        operator=operator,
        lot=lot,
        thing=thing,
        row=row.pk,
        name=str(row)[:120],
        kind=kind,
        before=_storable(before),
        after=_storable(after),
        revision=getattr(row, "revision", None),
        why=plain(by.why),
        by=by.staff,
        at=at,
        press=by.press if kind in MAKING else None,
    )


def values_of(row: models.Model) -> dict[str, Any]:
    """Return the filled fields of a new row, without relations and secrets."""
    return {
        field.name: value
        for field in row._meta.concrete_fields
        if not field.primary_key
        and not field.is_relation
        and field.name not in NEVER_SHOWN | {"revision"}
        and (value := getattr(row, field.attname)) not in (None, "", False)
    }


def _storable(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in (values or {}).items()
        if name not in NEVER_SHOWN
    }
