"""The console's reports: a picture, the table under it, and the same table to take away."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from console import saved_filters
from console.list_filters import Filter, day_field
from core.money import yuan
from lots.models import Lot
from monitoring import payment_speed
from payments.reports import REPORTS, report_files
from payments.reports.chart import Curves, chart, curves
from payments.reports.report import MOST_DAYS, Report, ReportRange, Unit
from staff.access import access, requires
from staff.models import SavedFilter

DATE = re.compile(r"\d{4}-\d{2}(-\d{2})?")
DAY_LABEL = re.compile(r"\d{2}-\d{2}")  # under the bar of a day
USUAL = timedelta(days=6)  # a week up to today
FIRST, SPEED = "income", "speed"
FEW_COLUMNS = 5  # fit beside each other on a phone; of more, each row is a card there
DAY, A_YEAR = timedelta(days=1), timedelta(weeks=52)


class PeriodForm(Filter):
    """Which lots and which days. Without any: a week up to today, of all lots."""

    first = day_field(pgettext_lazy("period", "From"))
    last = day_field(_("Until"))

    compare = forms.ChoiceField(
        required=False,
        label=_("Compare with"),
        choices=[("", _("Nothing")), ("before", _("The days before")), ("year", _("A year earlier"))],
    )

    def __init__(self, data: Any, *, lots: QuerySet[Lot], today: date) -> None:
        data = data.copy()
        data.setdefault("last", today.isoformat())
        data.setdefault("first", (today - USUAL).isoformat())
        super().__init__(data, lots=lots)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not 0 <= (last - first).days < MOST_DAYS:
            self.add_error(
                "last", gettext("Choose a period of at most %(most_days)s days.") % {"most_days": MOST_DAYS}
            )
        return cleaned

    def period(self) -> tuple[date, date]:
        """Return the days; a week up to today if the dates make no period."""
        first, last = self.value_of("first"), self.value_of("last")
        return (first, last) if first and last else (self.today - USUAL, self.today)

    def earlier(self) -> tuple[date, date] | None:
        """Return days to compare with: whole months with whole months, else as many, of the same weekdays."""
        first, last = self.period()
        is_whole = first.day == 1 and (last + DAY).day == 1
        match self.value_of("compare"):
            case "before" if is_whole and (last - first).days < 31:
                return (first - DAY).replace(day=1), first - DAY  # a month beside a month
            case "before":
                return first - (last - first) - DAY, first - DAY
            case "year" if is_whole:
                end = last + DAY
                return first.replace(year=first.year - 1), end.replace(year=end.year - 1) - DAY
            case "year":
                return first - A_YEAR, last - A_YEAR
        return None


def usual_periods(today: date) -> list[tuple[Any, str]]:
    """Return the periods that are asked for most, with the query of each."""
    first = today.replace(day=1)
    last = first - DAY
    yesterday = today - DAY
    return [
        (_("Yesterday, against the day before"), _query_of(yesterday, yesterday, "before")),
        (_("This month"), _query_of(first, today, "")),
        (_("Last month, against the month before"), _query_of(last.replace(day=1), last, "before")),
        (_("Last month, against a year earlier"), _query_of(last.replace(day=1), last, "year")),
    ]


def _query_of(first: date, last: date, compare: str) -> str:
    return urlencode({"first": first, "last": last, "compare": compare})


@dataclass(frozen=True)
class Compared:
    """One sum of a report beside that of the earlier period."""

    label: str
    unit: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """Return the change in percent; empty where it was nothing before."""
        return f"{(self.now - self.before) * 100 / abs(self.before):+.1f}%" if self.before else ""


@dataclass(frozen=True)
class Made:
    name: str
    title: str
    form: PeriodForm
    asked: ReportRange
    report: Report
    earlier: Report | None = None
    earlier_days: tuple[date, date] | None = None

    @property
    def query(self) -> str:
        lot = {"lot": self.form.lot.slug} if self.form.lot else {}
        compare = {"compare": self.form.value_of("compare")} if self.earlier else {}
        return urlencode({"first": self.asked.first, "last": self.asked.last, **lot, **compare})

    def compared(self) -> list[Compared]:
        """Return the sums of both periods; none without a comparison or without sums."""
        if self.earlier is None:
            return []
        columns = zip(self.report.columns, self.report.totals, self.earlier.totals, strict=True)
        return [
            Compared(str(label), unit.value, now, before)
            for (label, unit), now, before in columns
            if unit is not Unit.TEXT and isinstance(now, int) and isinstance(before, int)
        ]

    def drawn(self) -> Curves | None:
        """Return both periods as lines, day by day or class by class; None where they do not fit together."""
        if self.earlier is None:
            return None
        labels, mine, theirs = _labels(self.report), _values(self.report), _values(self.earlier)
        if len(mine) != len(theirs) or min([*mine, *theirs], default=0) < 0 or not any([*mine, *theirs]):
            return None
        show = yuan if self.report.unit is Unit.FEN else str
        return curves(
            labels,
            [(gettext("Chosen days"), mine), (gettext("Earlier days"), theirs)],
            show,
            limit=self.report.limit,
        )

    @property
    def list_name(self) -> str:
        return f"report-{self.name}"

    @property
    def save_address(self) -> str:
        return reverse("console:report-filters", args=[self.name]) + f"?{self.query}"

    def file(self, kind: str) -> dict[str, str]:
        lot = f"{self.form.lot.slug}-" if self.form.lot else ""
        name = f"{self.name}-{lot}{self.asked.first}-{self.asked.last}.{kind}"
        return {"Content-Disposition": f'attachment; filename="{name}"'}


@requires("reports.see")
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """Show the first report: income."""
    return _page(request, FIRST)


@requires("reports.see")
@require_safe
def report(request: HttpRequest, name: str) -> HttpResponse:
    """Show one report on screen."""
    return _page(request, name)


@requires("reports.see")
@require_safe
def as_csv(request: HttpRequest, name: str) -> HttpResponse:
    made = _make(request, name)
    return HttpResponse(
        report_files.as_csv(made.report), content_type="text/csv; charset=utf-8", headers=made.file("csv")
    )


@requires("reports.see")
@require_safe
def as_xlsx(request: HttpRequest, name: str) -> HttpResponse:
    made = _make(request, name)
    return HttpResponse(
        report_files.as_xlsx(made.report, made.title),
        content_type=report_files.XLSX,
        headers=made.file("xlsx"),
    )


@requires("reports.see")
@require_POST
def save_filter(request: HttpRequest, name: str) -> HttpResponse:
    """Save the chosen lot, days and comparison of a report under a name, or delete a saved one."""
    if name not in REPORTS:
        raise Http404
    form = PeriodForm(request.GET, lots=access(request).lots(), today=localtime(now()).date())
    query = saved_filters.understood(form, request.GET).urlencode()
    query = saved_filters.change(request, f"report-{name}", query)
    return redirect(reverse("console:report", args=[name]) + f"?{query}")


def _saved(request: HttpRequest, made: Made) -> list[tuple[str, str, bool]]:
    """Return this user's saved filters of a report: name, address, whether it is the one shown."""
    rows = SavedFilter.objects.filter(user=access(request).user, list_name=made.list_name).order_by("name")
    here = request.GET.urlencode()
    where = reverse("console:report", args=[made.name])
    return [(row.name, f"{where}?{row.query}", row.query == here) for row in rows]


def _make(request: HttpRequest, name: str) -> Made:
    if name not in REPORTS:
        raise Http404
    label, build = REPORTS[name]
    mine = access(request).lots()
    form = PeriodForm(request.GET, lots=mine, today=localtime(now()).date())
    first, last = form.period()
    lots = [form.lot] if form.lot else list(mine.order_by("name"))
    asked = ReportRange(lots, first, last)
    days = form.earlier()
    earlier = build(ReportRange(lots, *days)) if days else None
    return Made(name, str(label), form, asked, build(asked), earlier, days)


def _labels(report: Report) -> list[str]:
    return [label for label, _value in report.bars]


def _values(report: Report) -> list[int]:
    return [value for _label, value in report.bars]


def _page(request: HttpRequest, name: str) -> HttpResponse:
    made = _make(request, name)
    context = {
        "made": made,
        "form": made.form,
        "report": made.report,
        "page": {"saved": _saved(request, made), "save_address": made.save_address},
        "query": request.GET.urlencode(),
        "chart": chart(made.report.bars, limit=made.report.limit)
        if any(value for _, value in made.report.bars)
        else None,
        "compared": made.compared(),
        "curves": made.drawn(),
        "is_money": made.report.unit is Unit.FEN,
        "is_daily": all(DAY_LABEL.fullmatch(label) for label in _labels(made.report)),
        "rows": [_cells(made.report, row) for row in made.report.rows],
        "totals": _cells(made.report, made.report.totals) if made.report.totals else [],
        "is_wide": len(made.report.columns) > FEW_COLUMNS,
        "usual": usual_periods(made.form.today),
        "names": [(each, title) for each, (title, _) in REPORTS.items()],
        "speed": dict(_medians(made)) if name == SPEED else {},
    }
    return render(request, "console/report.html", context)


def _medians(made: Made) -> tuple[tuple[str, int], ...]:
    """Return how long paying takes in the chosen lots together, as a price board says it of one lot."""
    return payment_speed.medians([lot.pk for lot in made.asked.lots], at=now())


def _cells(report: Report, row: Any) -> list[tuple[Any, str, str]]:
    """Return the cells of a row with units and labels; a day is a unit of its own, to stay on one line."""
    return [
        (value, "date" if unit is Unit.TEXT and DATE.fullmatch(str(value)) else unit.value, str(label))
        for value, (label, unit) in zip(row, report.columns, strict=True)
    ]
