"""Lists of the console. A list says what it shows; paging, sorting, counting and files come with it.

    class DeviceList(ListPage):
        action = "devices.see"
        title = _("Devices")
        model = Device
        filter_class = DeviceFilter
        columns = (
            Column(_("Name"), lambda line: line["row"].name, link=lambda line: ...),
            Column(_("Last contact"), lambda line: line["row"].last_seen_at, sort="last_seen_at"),
        )

    path("devices", DeviceList.as_view(), name="devices")

The address holds the filter, `sort` (a field, with `-` for descending), `before` (the last row of the page
before, see core.keyset), `size`, and `file` (csv or xlsx) for the filtered rows as a file. A plate stands in
neither: leave such a column out of files with `in_file=False`. `console.plate_lists` has lists of plates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

import structlog
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import is_aware, localdate, localtime, now
from django.utils.translation import gettext, gettext_lazy
from django.views import View

from console.background_start import start
from console.bulk_acts import BulkAct, BulkForm
from console.list_filters import Filter, ListFilter
from console.templatetags.tables import render_table
from core.csv_file import table
from core.keyset import Newest, Slice, before_of, query_of, slice_by_time, slice_from, slice_of
from core.money import yuan
from payments.amount_csv import Yuan
from payments.reports import report_files
from presentation.downloads import file_answer
from presentation.templatetags.money_tags import grouped
from staff import background
from staff.access import access, requires
from staff.models import SavedFilter

SIZES = (20, 50, 100, 200)
MOST_COUNTED = 10_000  # beyond, counting and sorting would read a large table
MOST_IN_FILE = 20_000
FEW_LOTS = 8  # that a page offers one by one; of more, one chooses in the filter
audit = structlog.get_logger("audit")

type Line = dict[str, Any]  # {"row": a row} and what `ListPage.lines` adds


@dataclass(frozen=True)
class Column:
    """One column: its value for files, and how the page shows it."""

    label: str | Promise
    value: Callable[[Line], Any]
    show: Callable[[Line], Any] | None = None  # without: the value
    link: Callable[[Line], str] | None = None  # where the cell leads; "" for nowhere
    opens: str = ""  # the permission that its link requires, where it is another than the list's
    css: str = ""  # of head and cells
    cell: str = ""  # more for the cells
    alarm: Callable[[Line], bool] | None = None
    is_header: bool = False
    sort: str = ""  # the field to sort by; "" if one cannot
    in_file: bool = True
    in_page: bool = True
    is_id: bool = False  # its numbers name something: no thousands are set apart in them
    is_lot: bool = False  # on phones, shown only while the list is of more than one lot

    def cell_of(self, line: Line) -> tuple[str, str, str]:
        """Return the cell as (tag, class, text)."""
        text = self.show(line) if self.show else self.value(line)
        if self.link and (address := self.link(line)):
            text = format_html('<a href="{}">{}</a>', address, text)
        names = [self.css, self.cell, "alarm" if self.alarm and self.alarm(line) else ""]
        return "th" if self.is_header else "td", " ".join(filter(None, names)), text


def reach(line: Line, path: str, of: str = "row") -> Any:
    """Return what a path of attributes leads to from a line's row; None where one of them is None."""
    found = line[of]
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def text(label: str | Promise, path: str, *, of: str = "row", dash: bool = False, **options: Any) -> Column:
    """Return a column of what a path leads to; `dash` shows "—" where there is nothing."""
    if dash:
        options["show"] = lambda line: reach(line, path, of) or "—"
    return Column(label, lambda line: reach(line, path, of), **options)


def lot_name(path: str = "lot", **options: Any) -> Column:
    """Return the column of the lot that a path leads to."""
    sort = f"{path.replace('.', '__')}__name"
    return text(gettext_lazy("Lot"), f"{path}.name", cell="name", sort=sort, is_lot=True, **options)


def amount(label: str | Promise, path: str, *, of: str = "row", **options: Any) -> Column:
    """Return a column of an amount in fen, as yuan; "—" where there is none."""

    def value(line: Line) -> Any:
        fen = reach(line, path, of)
        return None if fen is None else Yuan(fen)

    def show(line: Line) -> str:
        fen = reach(line, path, of)
        return "—" if fen is None else grouped(yuan(fen))

    css = options.pop("css", "number")
    return Column(label, value, show=show, css=css, **options)


def state_tag(label: str | Promise) -> Column:
    """Return a column of a row's state, with a tag in its colour."""
    return Column(
        label,
        lambda line: line["row"].get_state_display(),
        show=lambda line: format_html(
            '<span class="tag {}">{}</span>', line["row"].state, line["row"].get_state_display()
        ),
        sort="state",
    )


def when(
    label: str | Promise, path: str, form: str = "%m-%d %H:%M", otherwise: Any = "—", **options: Any
) -> Column:
    """Return a column of a moment in local time; `otherwise` where there is none."""
    return Column(
        label,
        lambda line: reach(line, path),
        show=lambda line: whole_date(moment(reach(line, path), form)) or otherwise,
        **options,
    )


class ListPage(View):
    """A filtered, paged, sortable list with files. Subclasses set the names below; some narrow `queryset`."""

    action: ClassVar[str]  # the permission
    title: ClassVar[str | Promise]
    subtitle: ClassVar[str | Promise] = ""
    name: ClassVar[str]  # of its files
    model: ClassVar[type[Model]]
    related: ClassVar[Sequence[str]] = ("lot",)
    columns: ClassVar[Sequence[Column]]
    filter_class: ClassVar[type[ListFilter]] = Filter
    template_name = "console/list.html"
    size = 50
    order = ""  # the field to sort by where the address names none; "": the newest row first
    newest: ClassVar[Newest | None] = None  # what is newest, where that is not the order of ids
    css = "list"
    route: ClassVar[str]
    acts: ClassVar[Sequence[BulkAct]] = ()
    bulk: BulkForm | None = None  # the form of an act as it was sent
    file_kind = ""  # of an address that is a file by itself
    empty: ClassVar[str | Promise]  # the filter leaves nothing
    none_yet: ClassVar[str | Promise] = ""  # nothing is there without a filter; else as `empty`

    request: HttpRequest
    total = -1  # rows of all pages, counted up to MOST_COUNTED + 1; -1: a search, not counted
    sort = ""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        return requires(cls.action)(super().as_view(**initkwargs))

    def get(self, request: HttpRequest) -> HttpResponse:
        self.form = self.make_form()
        rows = self.rows()
        if (kind := self.file_kind or request.GET.get("file", "")) in {"csv", "xlsx"}:
            return self.as_file(rows, kind)
        return self.page(self.slice(rows))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and request.POST.get("whole") in {"csv", "xlsx"} and self._is_exported():
            wanted = {"query": request.GET.urlencode(), "file": request.POST["whole"]}
            return start(request, f"export-{self.name}", arguments=wanted)
        return super().dispatch(request, *args, **kwargs)

    # What subclasses change

    def make_form(self) -> Any:
        return self.filter_class(self.request.GET, lots=access(self.request).lots())

    def queryset(self) -> QuerySet[Any]:
        """Return the rows that this user may see."""
        rows = self.model._default_manager.select_related(*self.related)
        return access(self.request).within(rows, self.filter_class.lot_path)

    def rows(self) -> Any:
        """Return what is listed: the rows that the filter means."""
        return self.form.narrow(self.queryset())

    def rows_in_file(self, rows: Any) -> Sequence[Any]:
        """Return the rows of a file, in the page's order."""
        self.measure(rows)
        if self.newest is not None and not self.sort:
            return list(self.newest.sorted(rows)[:MOST_IN_FILE])
        order = order_of(self.sort) if self.sort else ("-pk",)
        return list(rows.order_by(*order)[:MOST_IN_FILE])

    def is_few(self) -> bool:
        """Return whether the filter usually leaves few rows that an index finds; see core.keyset."""
        return False

    def lines(self, rows: Sequence[Any]) -> list[Line]:
        return [{"row": row} for row in rows]

    def context(self) -> dict[str, Any]:
        """Return what the template shows besides the list."""
        return {}

    # What they get

    def places(self, action: str) -> dict[str, Any]:
        """Return the lots where this user may do something: the chosen one, or all where they are few."""
        lots = list(access(self.request).lots(action).order_by("name"))
        if self.form.lot in lots:
            return {"places": [self.form.lot]}
        return {"places": lots} if len(lots) <= FEW_LOTS else {"places": [], "chooses_lot": True}

    def slice(self, rows: QuerySet[Any]) -> Slice[Any]:
        """Return one page of the rows, sorted as asked if there are not too many for that."""
        self.measure(rows)
        size, few = self.size_of(), self.is_few() and self.total <= MOST_COUNTED
        if self.newest is not None and not self.sort:
            return slice_by_time(self.request, rows, self.newest, size, few=few)
        if not self.sort:
            return slice_of(self.request, rows, size, few=few)
        return sorted_slice(self.request, rows, self.sort, size, known=self.queryset())

    def ids(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the ids of rows, the newest first."""
        ordered = rows.order_by("-pk") if self.newest is None else self.newest.sorted(rows)
        return ordered.values_list("pk", flat=True)

    def measure(self, rows: QuerySet[Any]) -> None:
        self.total = rows.order_by()[: MOST_COUNTED + 1].count()
        self.sort = self.sort_of() if self.total <= MOST_COUNTED else ""

    def page(self, found: Slice[Any], *, status: int = 200, **more: Any) -> HttpResponse:
        self.shown = self.lines(found.rows)
        context = {
            "page": self,
            "form": self.form,
            "found": found,
            "lines": self.shown,
            "query": self.request.GET.urlencode(),
            **self.context(),
            **more,
        }
        return render(self.request, self.template_name, context, status=status)

    def as_table(self, empty: str) -> SafeString:
        columns = [column for column in self.columns if column.in_page]
        if getattr(self.form, "lot", None) is not None:
            columns = [replace(column, css="wide") if column.is_lot else column for column in columns]
        heads = [self.head_of(column) for column in columns]
        person = access(self.request)
        columns = [
            replace(column, link=None) if column.opens and not person.may(column.opens) else column
            for column in columns
        ]
        rows = [("", [column.cell_of(line) for column in columns]) for line in self.shown]
        labels = [str(column.label) for column in columns]
        if self.shown and self.offered:
            heads.insert(0, ("choose", gettext("Choose")))
            labels.insert(0, "")
            for (_css, cells), line in zip(rows, self.shown, strict=True):
                cells.insert(0, ("td", "choose", self.tick(line)))
        return render_table(heads, rows, css=self.css, empty=empty or self.nothing(), labels=labels)

    def nothing(self) -> str:
        """Return what an empty list says: there is nothing, or nothing that its filter leaves."""
        if not any(self.request.GET.get(name) for name in self.form.fields):
            return str(self.none_yet or self.empty)
        return format_html(
            '{} <a href="{}">{}</a>', self.empty, reverse(self.route), gettext("Clear the filter")
        )

    @cached_property
    def offered(self) -> list[tuple[BulkAct, str, BulkForm]]:
        """Return the acts that this user may do on many rows: with their addresses and forms."""
        query, sent = self.request.GET.urlencode(), self.bulk
        return [
            (
                act,
                reverse(f"{self.route}-{act.name}") + (f"?{query}" if query else ""),
                sent if sent is not None and sent.prefix == act.name else act.form(prefix=act.name),
            )
            for act in self.acts
            if access(self.request).may(act.action) and access(self.request).is_sure_enough(act.action)
        ]

    def saved(self) -> list[tuple[str, str, bool]]:
        """Return this user's saved filters of the list: name, address, whether it is the one shown."""
        mine = SavedFilter.objects.filter(user=access(self.request).user, list_name=self.name)
        here = self.request.GET.urlencode()
        return [(row.name, f"?{row.query}", row.query == here) for row in mine.order_by("name")]

    def save_address(self) -> str:
        query = self.request.GET.urlencode()
        return reverse(f"{self.route}-filters") + (f"?{query}" if query else "")

    def tick(self, line: Line) -> SafeString:
        pk = str(line["row"].pk)
        return format_html(
            '<input type="checkbox" name="row" value="{}" form="bulk" aria-label="{}"{}>',
            pk,
            gettext("Choose %(number)s") % {"number": pk},
            mark_safe(" checked" if pk in self.ticked() else ""),  # noqa: S308
        )

    def ticked(self) -> set[str]:
        """Return the ids of the rows that are chosen for an act on many."""
        return set(self.request.POST.getlist("row"))

    def as_file(self, rows: QuerySet[Any], kind: str) -> HttpResponse:
        """Return the filtered rows as CSV or as a workbook; who took them is logged."""
        cells = self.cells_of(self.rows_in_file(rows))
        audit.info("list_exported", staff=access(self.request).user.pk, list=self.name, rows=len(cells))
        labels, lot = self.labels(), getattr(self.form, "lot", None)
        of_what = f"{self.name}-{lot.slug}" if lot else self.name
        name = f"{of_what}-{localtime(now()):%Y%m%d-%H%M}"
        if kind == "csv":
            return file_answer(table([labels, *cells]), "csv", name=name)
        return file_answer(report_files.workbook(labels, cells, str(self.title)), "xlsx", name=name)

    def cells_of(self, rows: Sequence[Any]) -> list[list[Any]]:
        """Return rows as they stand in a file."""
        columns = [column for column in self.columns if column.in_file]
        return [
            [_plain(column.value(line), is_id=column.is_id) for column in columns]
            for line in self.lines(rows)
        ]

    def labels(self) -> list[str]:
        return [str(column.label) for column in self.columns if column.in_file]

    def is_long(self) -> bool:
        """Return whether the list may not fit into a file that is made at once, and the worker makes it."""
        return self.total > MOST_COUNTED and self._is_exported()

    def _is_exported(self) -> bool:
        return f"export-{self.name}" in background.KINDS

    def head_of(self, column: Column) -> tuple[str, str]:
        if not column.sort or not 0 < self.total <= MOST_COUNTED:
            return column.css, str(column.label)
        ascends, descends = self.sort == column.sort, self.sort == f"-{column.sort}"
        address = self.address(sort=column.sort if descends else f"-{column.sort}")
        mark = _mark("↑", gettext("ascending")) if ascends else ""
        mark = _mark("↓", gettext("descending")) if descends else mark
        return column.css, format_html('<a href="{}">{}{}</a>', address, column.label, mark)

    def address(self, **changes: object) -> str:
        """Return this list's address with some of its query changed, from the first page."""
        return query_of(self.request.GET, changes)

    def kept(self) -> list[tuple[str, str]]:
        """Return what a new filter leaves as it is: the order and the page size."""
        size = str(self.size_of()) if self.size_of() != self.size else ""
        return [(name, value) for name, value in (("sort", self.sort), ("size", size)) if value]

    def files(self) -> list[tuple[str, str]]:
        return [("CSV", self.address(file="csv")), ("Excel", self.address(file="xlsx"))]

    def sizes(self) -> list[tuple[int, str]]:
        """Return the other page sizes with their addresses; none where all rows fit already."""
        if self.total <= min(SIZES):
            return []
        return [(size, self.address(size=size) if size != self.size_of() else "") for size in SIZES]

    def count(self) -> str:
        return f"{self.total:,}" if self.total <= MOST_COUNTED else f"> {MOST_COUNTED:,}"

    def size_of(self) -> int:
        asked = self.request.GET.get("size", "")
        return next((size for size in SIZES if str(size) == asked), self.size)

    def sort_of(self) -> str:
        asked = self.request.GET.get("sort", "")
        known = {column.sort for column in self.columns if column.sort}
        return asked if asked.removeprefix("-") in known else self.order


def moment(at: datetime | None, form: str = "%m-%d %H:%M:%S") -> str:
    """Return a moment in local time, with its year if that is not this one; "" without a moment."""
    if at is None:
        return ""
    shown = localtime(at)
    return format(shown, form if shown.year == localdate().year else f"%Y-{form}")


def _mark(arrow: str, words: str) -> SafeString:
    """Return how a list is sorted, as it is seen and as it is read aloud."""
    return format_html(' <span aria-hidden="true">{}</span><span class="hidden">{}</span>', arrow, words)


def whole_date(text: str) -> str:
    """Return a date and time as HTML that breaks between them only: a phone would break 11-28 in two."""
    day, space, clock = text.partition(" ")
    return format_html('<span class="date">{}</span> {}', day, clock) if space else text


def sorted_slice(
    request: HttpRequest, rows: QuerySet[Any], sort: str, size: int, *, known: QuerySet[Any]
) -> Slice[Any]:
    """Return a page of rows sorted by a field, then by id; rows without a value come last.

    The address names the last row of the page before, whose value is read here: values may be personal.
    It is read from all rows that are `known`, since the filter may have lost that row meanwhile: a colleague
    handled it. Where it is gone altogether, the list begins again.
    """
    name, falls = sort.removeprefix("-"), sort.startswith("-")
    before = before_of(request.GET)
    last = list(known.filter(pk=before).values_list(name, flat=True)[:1]) if before is not None else []
    if before is not None and last:
        rows = rows.filter(_after(name, last[0], before, falls=falls))
    ordered = rows.order_by(*order_of(sort))
    return slice_from(request, ordered, size, lambda row: row.pk, is_first=before is None)


def order_of(sort: str) -> tuple[Any, str]:
    name, falls = sort.removeprefix("-"), sort.startswith("-")
    return F(name).desc(nulls_last=True) if falls else F(name).asc(nulls_last=True), "-pk"


def _after(name: str, value: Any, pk: int, *, falls: bool) -> Q:
    if value is None:
        return Q(**{f"{name}__isnull": True}, pk__lt=pk)
    beyond = Q(**{f"{name}__{'lt' if falls else 'gt'}": value})
    return beyond | Q(**{name: value}, pk__lt=pk) | Q(**{f"{name}__isnull": True})


def _plain(value: Any, *, is_id: bool) -> Any:
    """Return a value as it stands in a file: moments in local time, nothing as ""."""
    if isinstance(value, datetime):
        return (localtime(value) if is_aware(value) else value).replace(tzinfo=None, microsecond=0)
    if value is None:
        return ""
    if isinstance(value, int) and is_id:
        return report_files.PlainNumber(value)
    return value if isinstance(value, int | date | Yuan) else str(value)
