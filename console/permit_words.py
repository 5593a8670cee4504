"""Permits in words, for their list, their page and their files."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from lots.models import Lot, Permit
from lots.tariffs.day_kinds import KINDS, kinds_of
from lots.tariffs.json_fields import end_hh_mm, hh_mm

SOON = timedelta(days=7)
PASSES = {
    "day": gettext_lazy("Day pass"),
    "night": gettext_lazy("Night ticket"),
    "month": gettext_lazy("Monthly pass"),
}
WHITE_LIST = gettext_lazy("White list (free)")
STATES = {
    "running": gettext_lazy("Valid"),
    "soon": gettext_lazy("Expiring within 7 days"),
    "coming": gettext_lazy("Not started"),
    "ended": pgettext_lazy("permit", "Expired"),
    "revoked": gettext_lazy("Cancelled"),
}
GROUPS = {
    frozenset(KINDS): "",
    kinds_of(["workday"]): gettext_lazy("Working days"),
    kinds_of(["weekend"]): gettext_lazy("Weekends"),
    kinds_of(["restday"]): gettext_lazy("Weekends and holidays"),
}
DAYS = {
    "mon": pgettext_lazy("permit", "Mon"),
    "tue": pgettext_lazy("permit", "Tue"),
    "wed": pgettext_lazy("permit", "Wed"),
    "thu": pgettext_lazy("permit", "Thu"),
    "fri": pgettext_lazy("permit", "Fri"),
    "sat": pgettext_lazy("permit", "Sat"),
    "sun": pgettext_lazy("permit", "Sun"),
    "holiday": gettext_lazy("public holidays"),
    "makeup": gettext_lazy("worked weekend days"),
}


def kind_words(name: str) -> str:
    """Return what staff call a kind of permit: a pass by its name, or the white list."""
    return str(PASSES.get(name, name)) if name else str(WHITE_LIST)


def permit_words(row: Permit, at: datetime) -> dict[str, Any]:
    """Return what a list and a page show of a permit, but for its plate."""
    return {
        "row": row,
        "sort": kind_words(row.name),
        "first": moment_words(row.valid_from, row.lot),
        "last": moment_words(row.ends_at, row.lot, ends=True),
        "hours": _hours(row),
        "state": _state(row, at),
        "source": row.get_source_display(),
    }


def _state(row: Permit, at: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.valid_until <= at:
        return "ended"
    if row.valid_from > at:
        return "coming"
    return "soon" if row.valid_until <= at + SOON else "running"


def moment_words(at: datetime, lot: Lot, *, ends: bool = False) -> str:
    """Return a day; where the moment is no midnight its time too. An end at midnight is the day before."""
    found = day_or_moment(at, lot, ends=ends)
    return f"{found:%Y-%m-%d %H:%M}" if isinstance(found, datetime) else f"{found:%Y-%m-%d}"


def day_or_moment(at: datetime, lot: Lot, *, ends: bool = False) -> date | datetime:
    """Return what `moment_words` says as a value for a file, in the lot's time zone."""
    local = at.astimezone(lot.tz).replace(tzinfo=None, microsecond=0)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return local
    return (local - timedelta(days=1) if ends else local).date()


def _hours(row: Permit) -> str:
    """Return when within its days a permit counts; nothing where it always does."""
    kinds = row.days.split()
    days = GROUPS.get(frozenset(kinds), pgettext("list", ", ").join(str(DAYS[kind]) for kind in kinds))
    all_day = row.hours_from == row.hours_to
    hours = "" if all_day else f"{hh_mm(row.hours_from)}–{end_hh_mm(row.hours_to)}"
    return f"{days} {hours}".strip()
