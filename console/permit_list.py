"""The list of permits (通行权限), and finding one by a plate."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.bulk_acts import CANCEL, EXTEND
from console.list_filters import Days
from console.lists import Column, lot_name, whole_date
from console.permit_words import SOON, STATES, WHITE_LIST, day_or_moment, permit_words
from console.plate_lists import PlateList, PlateSearch
from core.keyset import Slice
from core.vault import plate_index
from lots.models import Permit
from lots.plates import PlateError, parse
from staff.access import access
from staff.models import PlateAccess

MOST_FOUND = 200
BETWEEN = re.compile(r"[\r\n\t,\uff0c\u3001;\uff1b]+")  # plates of a list that was pasted
KINDS = [("", _("All")), ("white", WHITE_LIST), ("pass", _("Passes"))]


class PermitFilter(Days):
    """Which permits: of a lot, in a state, of a kind, that end on some days."""

    at = "valid_until"
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            ("", _("Valid")),
            ("soon", _("Expiring within 7 days")),
            ("ended", _("Over")),
            ("all", _("All")),
        ],
    )
    kind = forms.ChoiceField(required=False, label=_("Type"), choices=KINDS)
    field_order = ["lot", "state", "kind", "first", "last"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first"].label = gettext("Ends from")
        self.fields["last"].label = gettext("Ends until")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().narrow(rows).filter(in_state(self.value_of("state"), now()))
        if (kind := self.value_of("kind")) is not None:
            rows = rows.filter(name="") if kind == "white" else rows.exclude(name="")
        return rows


def in_state(state: str | None, at: datetime) -> Q:
    """Return which permits are meant. Those in force include those that have not begun."""
    running = Q(closed_at=None, valid_until__gt=at)
    if state == "soon":
        return running & Q(valid_until__lte=at + SOON)
    if state == "ended":
        return ~running
    return Q() if state == "all" else running


class PermitList(PlateList):
    """Permits with masked plates: those in force, unless the address names another state."""

    action, title, name = "rights.see", _("Permits"), "permits"
    route, acts = "console:access", (EXTEND, CANCEL)
    model, filter_class, size = Permit, PermitFilter, 100
    template_name, find = "console/permit_list.html", "console:find-access"
    empty = _("No permits match.")
    none_yet = _("No valid permits.")
    columns = (
        Column(
            _("Plate"),
            lambda line: line["plate"],
            link=lambda line: reverse("console:access-right", args=[line["row"].pk]),
            cell="plate",
            is_header=True,
            in_file=False,
        ),
        Column(_("No."), lambda line: line["row"].pk, css="wide number", is_id=True),
        lot_name(),
        Column(_("Type"), lambda line: line["sort"], sort="name"),
        Column(
            _("Begin"),
            lambda line: day_or_moment(line["row"].valid_from, line["row"].lot),
            show=lambda line: whole_date(line["first"]),
            css="wide",
            sort="valid_from",
        ),
        Column(
            pgettext_lazy("permit", "Valid until"),
            lambda line: day_or_moment(line["row"].ends_at, line["row"].lot, ends=True),
            show=lambda line: whole_date(line["last"]),
            sort="valid_until",
        ),
        Column(_("Hours"), lambda line: line["hours"], show=lambda line: line["hours"] or "—", css="wide"),
        Column(_("Source"), lambda line: line["source"], css="wide", sort="source"),
        Column(
            _("State"),
            lambda line: STATES[line["state"]],
            show=lambda line: render_to_string("console/access_state.html", {"state": line["state"]}),
        ),
    )

    def sort_of(self) -> str:
        soonest = "valid_until" if self.form.value_of("state") == "soon" else ""
        return super().sort_of() or soonest

    def lines(self, rows: Sequence[Permit]) -> list[dict[str, Any]]:
        at = now()
        return [{**permit_words(line["row"], at), **line} for line in super().lines(rows)]

    def context(self) -> dict[str, Any]:
        mine, lot, at = access(self.request), self.form.lot, now()
        rows = self.queryset() if lot is None else self.queryset().filter(lot=lot)
        editable = list(mine.lots("rights.edit").order_by("name")[:2]) if mine.may("rights.edit") else []
        edits = lot if lot and mine.may("rights.edit", lot.pk) else None
        if len(editable) == 1 and lot in {None, editable[0]}:
            edits = editable[0]
        return {
            **super().context(),
            "soon": rows.filter(in_state("soon", at)).count(),
            "edits": edits,
            "choose_lot": len(editable) > 1 and lot is None,
        }


class PermitSearch(PlateSearch, PermitList):
    """Find the permits of a plate, or show the page with whole plates."""

    back = "console:access"
    chosen: frozenset[str] = frozenset()  # the rows of a pasted list, for an act on all of them

    def ticked(self) -> set[str]:
        return super().ticked() | self.chosen

    def search(self, text: str) -> HttpResponse:
        asked = plates_of(text)
        wrong = [typed for typed, plates in asked.items() if not plates]
        if not asked or len(asked) == len(wrong) or len(asked) > MOST_FOUND:
            error = gettext("Enter a full plate, or at most %(most)s, one per line.") % {"most": MOST_FOUND}
            return self.page(Slice([], "", ""), status=422, text=text, error=error)
        mine, lot = access(self.request), self.form.lot
        lots = [lot.pk] if lot else list(mine.lots().values_list("pk", flat=True))
        typed_by = {
            plate_index(one, plate): typed
            for one in lots
            for typed, plates in asked.items()
            for plate in plates
        }
        rows = self.queryset().filter(plate_index__in=list(typed_by))
        found = list(rows.order_by(F("closed_at").desc(nulls_first=True), "-pk")[: 2 * MOST_FOUND])
        PlateAccess.objects.create(
            staff=mine.user, lot=lot, kind=PlateAccess.Kind.WHOLE, count=len(found), at=now()
        )
        if len(asked) > 1:
            self.chosen = frozenset(str(row.pk) for row in found if row.closed_at is None)
        known = {typed_by[bytes(row.plate_index)] for row in found}
        missing = [typed for typed in asked if typed not in known and typed not in wrong]
        words = {"asked": len(asked), "wrong": wrong, "missing": missing}
        return self.page(Slice(found, "", ""), text=text, pasted=words)


def plates_of(text: str) -> dict[str, set[str]]:
    """Return what was typed or pasted, and which plates each can mean; none for what is no plate.

    One plate may have a blank in it; blanks separate plates where what they separate is none by itself.
    """
    found: dict[str, set[str]] = {}
    for part in filter(None, map(str.strip, BETWEEN.split(text))):
        pieces: Iterable[str] = [part] if _plates(part) else part.split()
        found |= {piece: _plates(piece) for piece in pieces}
    return found


def _plates(text: str) -> set[str]:
    """Return what plates a text can mean: of the mainland, or from overseas."""
    found = set()
    for overseas in (False, True):
        try:
            found.add(parse(text, overseas=overseas).text)
        except PlateError:
            continue
    return found
