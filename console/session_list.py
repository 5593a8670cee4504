"""The list of stays, and finding one. What is searched for goes by POST and comes back in no address."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.timezone import now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console import session_search
from console.bulk_acts import END
from console.error_messages import MESSAGES
from console.list_filters import LaneFilter
from console.lists import Column, lot_name, moment, whole_date
from console.plate_lists import PlateList, PlateSearch
from core.keyset import Newest, Slice
from core.money import yuan
from lots.models import ParkingSession
from payments.amount_csv import Yuan
from payments.coupons.discounts import due_of_many
from payments.models import Debt
from presentation.formatting import duration
from presentation.templatetags.money_tags import grouped
from staff.access import access

ABANDONED = timedelta(days=3)  # a car inside that long has probably left without being read
MOST_DUE = 200  # sessions whose fee is worked out: a page, not a file
UNPAID = Debt.objects.filter(cleared_at=None).values("session")
STATES = [
    ("", _("All")),
    ("inside", _("Inside")),
    ("abandoned", _("Inside over 3 days")),
    ("left", _("Left")),
    ("unpaid", _("Left unpaid")),
    ("review", _("To review")),
]


class SessionFilter(LaneFilter):
    """Which stays: of a lot, in a state, through a lane, that came in at some time."""

    state = forms.ChoiceField(required=False, label=_("State"), choices=STATES)
    field_order = ["lot", "state", "lane", "begin", "end"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().narrow(rows).filter(**self.between("entered_at"))
        if (lane := self.value_of("lane")) is not None:
            rows = rows.filter(Q(entry_lane=lane) | Q(exit_lane=lane))
        return _in_state(rows, self.value_of("state"))


def _in_state(rows: QuerySet[ParkingSession], state: str | None) -> QuerySet[ParkingSession]:
    if state == "inside":
        return rows.filter(left_at=None, plate_index__isnull=False)
    if state == "abandoned":
        return rows.filter(left_at=None, plate_index__isnull=False, entered_at__lt=now() - ABANDONED)
    if state == "left":
        return rows.filter(left_at__isnull=False)
    if state == "unpaid":
        return rows.filter(pk__in=UNPAID)
    return rows.filter(needs_review=True) if state == "review" else rows


class SessionList(PlateList):
    """Stays, the latest entry first, with masked plates. One without an entry stands where it left."""

    action, title, name = "stays.see", _("Stays"), "stays"
    route, acts = "console:stays", (END,)
    model, related, filter_class = ParkingSession, ("lot", "entry_lane", "exit_lane", "debt"), SessionFilter
    template_name, find = "console/stay_list.html", "console:find-stays"
    newest = Newest(("entered_at", "left_at"))
    empty = _("No stays match.")
    none_yet = _("No stays yet. They begin with the first car that a camera reads at an entry.")
    columns = (
        Column(
            _("Plate"),
            lambda line: line["plate"],
            link=lambda line: reverse("console:stay", args=[line["row"].pk]),
            cell="plate",
            is_header=True,
            in_file=False,
        ),
        lot_name(),
        Column(
            _("Entry"),
            lambda line: line["row"].entered_at,
            show=lambda line: (
                whole_date(moment(line["row"].entered_at, "%m-%d %H:%M")) or gettext("Not read")
            ),
            sort="entered_at",
        ),
        Column(
            pgettext_lazy("stay", "Exit"),
            lambda line: line["row"].left_at,
            show=lambda line: whole_date(moment(line["row"].left_at, "%m-%d %H:%M")) or gettext("Inside"),
            sort="left_at",
        ),
        Column(_("Length of stay"), lambda line: _length(line["row"]), css="wide length", in_file=False),
        Column(_("Duration (min)"), lambda line: _minutes(line["row"]), in_page=False),
        Column(_("Lane"), lambda line: _lanes(line["row"]), css="wide"),
        Column(
            _("Paid (¥)"),
            lambda line: Yuan(line["row"].paid_fen),
            show=lambda line: grouped(yuan(line["row"].paid_fen)),
            css="number",
            sort="paid_fen",
        ),
        Column(
            _("Fee due (¥)"),
            lambda _line: "",
            show=lambda line: _due(line["row"], line["due"]),
            css="number",
            in_file=False,
        ),
        Column(_("State"), lambda line: _state(line["row"]), show=lambda line: _tags(line["row"])),
    )

    def is_few(self) -> bool:
        return self.form.value_of("state") in {"inside", "abandoned", "unpaid", "review"}

    def lines(self, rows: Sequence[ParkingSession]) -> list[dict[str, Any]]:
        inside = [row for row in rows if row.left_at is None] if len(rows) <= MOST_DUE else []
        due = due_of_many(inside, at=now()) if inside else {}
        return [{**line, "due": due.get(line["row"].pk)} for line in super().lines(rows)]


class SessionSearch(PlateSearch, SessionList):
    """Search, or show the same page with whole plates."""

    back = "console:stays"

    def search(self, text: str) -> HttpResponse:
        mine, at = access(self.request), now()
        found = session_search.search(
            text,
            self.queryset(),
            list(mine.lots().values_list("pk", flat=True)),
            lot=self.form.lot,
            begin=self.form.value_of("begin"),
            end=self.form.value_of("end"),
            at=at,
        )
        session_search.record(found, staff=mine.user, lot=self.form.lot, at=at)
        return self.page(
            Slice(found.sessions, "", ""),
            status=422 if found.advice else 200,
            text=text,
            cut_off=found.cut_off,
            error=MESSAGES[found.advice] if found.advice else "",
            no_lines=_(
                "Nothing found. Plates are erased after the lot's retention period; after that, use a "
                "receipt code or a number."
            ),
        )


def _lanes(row: ParkingSession) -> str:
    entry = row.entry_lane.name if row.entry_lane else "—"
    return f"{entry} → {row.exit_lane.name}" if row.exit_lane else entry


def _minutes(row: ParkingSession) -> int | None:
    """Return how long the car stayed, or has stayed so far, in whole minutes; None without an entry."""
    if row.entered_at is None:
        return None
    return int(((row.left_at or now()) - row.entered_at).total_seconds() // 60)


def _length(row: ParkingSession) -> str:
    minutes = _minutes(row)
    return "—" if minutes is None else duration(max(minutes, 0))


def _due(row: ParkingSession, due: int | None) -> str:
    """Return what a car inside must pay now; empty for one that has left, whose debt its state shows."""
    if row.left_at is not None:
        return ""
    return "—" if due is None else grouped(yuan(due))


def _owes(row: ParkingSession) -> str:
    debt = getattr(row, "debt", None)
    return (
        gettext("Owes ¥%(amount)s") % {"amount": grouped(yuan(debt.amount_fen))}
        if debt and debt.amount_fen
        else ""
    )


def _states(row: ParkingSession) -> list[tuple[str, str]]:
    """Return what a stay's state is, as (class, text): it may owe and need review at once."""
    states = [("failed", _owes(row))] if _owes(row) else []
    if row.needs_review:
        states.append(("held", gettext("To review")))
    elif row.left_at is None:
        states.append(("entered", gettext("Inside")))
    return states


def _state(row: ParkingSession) -> str:
    return ", ".join(text for _css, text in _states(row))


def _tags(row: ParkingSession) -> str:
    return format_html_join(" ", '<span class="tag {}">{}</span>', _states(row))
