"""The list of what cameras saw, and which of it wants a look. Plates are masked."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.list_filters import TimeFilter
from console.lists import Column, ListPage, lot_name, moment, whole_date
from console.lot_pages import PICTURE
from console.shown_plates import masked
from core.keyset import Newest
from lots.models import PlateRead

RECENT = timedelta(days=1)  # older misreads need no work any more


class ReadFilter(TimeFilter):
    state = forms.ChoiceField(
        required=False,
        label=_("Result"),
        choices=[("", _("All")), ("review", _("To review (last 24 hours)"))],
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().narrow(rows).filter(**self.between("captured_at"))
        if self.value_of("state") == "review":
            since = max(now() - RECENT, self.value_of("begin") or now() - RECENT)
            rows = rows.filter(outcome__in=PlateRead.TO_REVIEW, captured_at__gte=since)
        return rows


class ReadList(ListPage):
    """Plate reads, the latest first by the camera's time, whenever they were uploaded."""

    action, title, name = "stays.see", _("Plate reads"), "reads"
    route, newest = "console:reads", Newest(("captured_at",))
    model, related, filter_class = PlateRead, ("lane", "lot"), ReadFilter
    empty = _("No reads match.")
    none_yet = _("No plate has been read yet. Check the push address that is set in the cameras.")
    columns = (
        Column(
            _("Time"),
            lambda line: line["row"].captured_at,
            show=lambda line: _time(line["row"]),
            sort="captured_at",
        ),
        lot_name(link=lambda line: reverse("console:lot", args=[line["row"].lot.slug])),
        Column(_("Lane"), lambda line: line["row"].lane.name, sort="lane__name"),
        Column(
            _("Plate"),
            lambda line: line["plate"],
            link=lambda line: session_address(line["row"].session_id),
            cell="plate",
            in_file=False,
        ),
        Column(
            _("Confidence"),
            lambda line: line["row"].confidence,
            show=lambda line: "—" if line["row"].confidence is None else line["row"].confidence,
            css="number wide",
            sort="confidence",
        ),
        Column(
            _("Result"),
            lambda line: line["row"].get_outcome_display(),
            show=lambda line: line["result"],
        ),
    )

    def queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().queryset().annotate(has_picture=PICTURE)
        return rows

    def lines(self, rows: Sequence[PlateRead]) -> list[dict[str, Any]]:
        return [{"row": row, "plate": masked(row), "result": self._result(row)} for row in rows]

    def _result(self, row: PlateRead) -> str:
        return render_to_string("console/read_result.html", {"row": row}, self.request)


def _time(row: PlateRead) -> str:
    words = capfirst(gettext("uploaded late"))
    late = format_html(' <span class="tag">{}</span>', words) if row.offline else ""
    return format_html("{}{}", whole_date(moment(row.captured_at)), late)


def session_address(pk: int | None) -> str:
    return reverse("console:stay", args=[pk]) if pk else ""
