"""Makes a lot like another one (复制停车场): what both share, never devices or keys."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from lots import recipients
from lots.models import Lot, Operator, SignWording
from lots.pricing import first_version, version_at
from lots.setup import place_settings
from lots.setup.change_recorder import ChangedBy, pressed

SETTINGS = ("kind", "province", "zone", "retention_hours", "exit_window")  # those the form shows


class Part(StrEnum):
    """A part of a lot that another one may take over."""

    TARIFF = "tariff"
    LANES = "lanes"
    WORDING = "wording"
    RECIPIENTS = "recipients"


def parts_of(lot: Lot, at: datetime) -> dict[Part, list[str]]:
    """Return the parts that a lot has, each with the names of what is in it; a tariff's is its version."""
    version = version_at(lot, at)
    found = {
        Part.TARIFF: [str(version.version)] if version else [],
        Part.LANES: list(lot.lanes.order_by("pk").values_list("name", flat=True)),
        Part.WORDING: [lot.name] if lot.wordings.exists() else [],
        Part.RECIPIENTS: list(recipients.in_force(lot).values_list("name", flat=True)),
    }
    return {part: names for part, names in found.items() if names}


@transaction.atomic
def make_lot_like(
    source: Lot,
    operator: Operator,
    values: Mapping[str, Any],
    *,
    parts: Collection[Part],
    by: ChangedBy,
    at: datetime,
) -> Lot:
    """Add a lot with parts of another one. Raises `SettingFault`, or `TariffError` for an outdated tariff.

    Its tariff is in force at once, signed by who copies it: it takes no payments before it is opened.
    """
    if (known := pressed(by, Lot)) is not None:
        return known  # type: ignore[no-any-return]
    given = {"jam_minutes": source.jam_minutes, **values}
    lot = place_settings.make_lot(operator, given, by=by, at=at)
    why = _("As in “%(lot)s”") % {"lot": source.name}
    each = ChangedBy(staff=by.staff, why=why)
    if Part.LANES in parts:
        for lane in source.lanes.order_by("pk"):
            place_settings.add_lane(lot, name=lane.name, direction=lane.direction, by=each, at=at, like=lane)
    version = version_at(source, at)
    if Part.TARIFF in parts and version is not None and by.staff is not None:
        first_version(lot=lot, document=version.document, by=by.staff, why=why, at=at)
    wording = source.wordings.order_by("-pk").first()
    if Part.WORDING in parts and wording is not None:
        SignWording.objects.create(
            lot=lot,
            city=wording.city,
            texts=wording.texts,
            colour=wording.colour,
            logo=wording.logo,
            at=at,
            by=by.staff,
            why=why,
        )
    if Part.RECIPIENTS in parts:
        for row in recipients.in_force(source):
            texts = {"kind": row.kind, "name": row.name, "contact": row.contact}
            recipients.add_recipient(lot, texts, by=each, at=at)
    return lot
