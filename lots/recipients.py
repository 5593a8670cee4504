"""Who else receives data of a lot's drivers: read for the notice, set from the lot's document.

    "recipients": [{"kind": "city", "name": "示例市停车管理平台", "contact": "…", "since": "2026-11-01"},
                   {"kind": "etc", "name": "…", "contact": "…", "since": "…", "ended_on": "2026-11-20"}]

A recipient is found by kind and name. `ended_on` ends it; the row stays, as a record.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lots.lot_document import ApplyReport
from lots.models import ChangeKind, Lot, Recipient, Thing
from lots.setup.change_recorder import ChangedBy, SettingFault, plain, record

NEEDED = {"kind", "name", "contact", "since"}


def in_force(lot: Lot) -> QuerySet[Recipient]:
    return Recipient.objects.filter(lot=lot, ended_on=None).order_by("kind", "name")


def apply_recipients(lot: Lot, value: object, report: ApplyReport, _at: datetime) -> None:
    """Add recipients that are missing, change the contact of others, and end those with `ended_on`."""
    for path, item in report.items(value, "recipients"):
        given = report.fields(item, path, NEEDED, {"ended_on"})
        row = _read(given, path, report)
        if row is not None:
            _store(lot, row, report)


def _read(given: Mapping[str, Any], path: str, report: ApplyReport) -> dict[str, Any] | None:
    faults = list(_faults(given))
    for name, fault in faults:
        report.fault(f"{path}.{name}", fault)
    if faults or not all(given.get(name) for name in NEEDED):
        return None
    since, ended_on = _day(given["since"]), _day(given.get("ended_on"))
    if since and ended_on and ended_on < since:
        report.fault(f"{path}.ended_on", "must not be before since")
        return None
    texts = {name: str(given[name]).strip() for name in ("kind", "name", "contact")}
    return {**texts, "since": since, "ended_on": ended_on}


def _faults(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of each value that cannot be so, and why."""
    if given.get("kind") and given["kind"] not in Recipient.Kind.values:
        yield "kind", f"must be one of {', '.join(Recipient.Kind.values)}"
    for name, most in (("name", 120), ("contact", 200)):
        text = given.get(name)
        if text in (None, ""):
            continue  # it was noted that it is missing
        if not isinstance(text, str) or not 0 < len(text.strip()) <= most:
            yield name, f"must be a text of 1 to {most} characters"
    for name in ("since", "ended_on"):
        if given.get(name) is not None and _day(given[name]) is None:
            yield name, "must be a day, as 2026-11-01"


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _store(lot: Lot, row: dict[str, Any], report: ApplyReport) -> None:
    label = f"recipient {row['name']}"
    rows = Recipient.objects.filter(lot=lot, kind=row["kind"], name=row["name"])
    known = rows.filter(ended_on=None).first()
    if known is None:
        if rows.filter(since=row["since"], ended_on=row["ended_on"]).exists():
            return
        Recipient.objects.create(lot=lot, **row)
        report.changes.append(f"{label}: added")
        return
    changed = {key: value for key, value in row.items() if getattr(known, key) != value}
    if changed:
        Recipient.objects.filter(pk=known.pk).update(**changed)
        report.changes.append(f"{label}: {', '.join(sorted(changed))} changed")


@transaction.atomic
def add_recipient(lot: Lot, values: Mapping[str, str], *, by: ChangedBy, at: datetime) -> Recipient:
    """Name one more recipient from today on; the notice says so at once. Naming the same again returns it.

    Raises `SettingFault`.
    """
    texts = {"kind": values["kind"], "name": plain(values["name"]), "contact": plain(values["contact"])}
    try:
        with transaction.atomic():
            row = Recipient.objects.create(lot=lot, since=at.astimezone(lot.tz).date(), **texts)
    except IntegrityError:
        if (known := in_force(lot).filter(**texts).first()) is not None:
            return known
        raise SettingFault({"name": [_("This recipient is in the list already.")]}) from None
    record(lot, Thing.LOT, ChangeKind.CHANGED, by=by, at=at, after={"recipient": row.name})
    return row


@transaction.atomic
def end_recipient(row: Recipient, *, by: ChangedBy, at: datetime) -> None:
    """Note that a recipient receives nothing any more; the row stays, as a record."""
    ended = at.astimezone(row.lot.tz).date()
    if Recipient.objects.filter(pk=row.pk, ended_on=None).update(ended_on=ended):
        record(row.lot, Thing.LOT, ChangeKind.CHANGED, by=by, at=at, before={"recipient": row.name})
