"""The preview and the confirmation of acts on many rows (`console.bulk_acts`).

1. The list sends the chosen rows, or that all filtered rows are meant, with the form. The preview says what
   will happen, row by row, with a signed token: who, which rows, how each was seen, and the form.
2. The confirmation sends the token alone. A run is stored under its key, so that a second press finds it; its
   result has an address, so that the way back sends nothing again.
3. Each row has a transaction: its outcome is stored with the act itself, so no press acts on a row twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views import View

from console.bulk_acts import END, MOST, BulkAct, Press
from console.error_messages import message_of
from console.lists import ListPage
from core.errors import ParkingError
from core.keyset import Slice
from presentation.templatetags.money_tags import grouped
from staff.access import access, keep_in_history, requires
from staff.models import BulkRow, BulkRun

SALT = "console.bulk"
PREVIEW_SECONDS = 1800
Outcome = BulkRow.Outcome


class BulkPage(View):
    """One act on one list. `page` and `act` come with the address."""

    page: type[ListPage] = ListPage
    act: BulkAct = END

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        return requires(initkwargs["act"].action)(super().as_view(**initkwargs))

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the result of a run of one's own; without one, a reload or the way back, the list."""
        try:
            key = UUID(request.GET.get("run", ""))
        except ValueError:
            return redirect(self.page.route)
        runs = BulkRun.objects.filter(staff=access(request).user, list_name=self.page.name, act=self.act.name)
        return self.result(get_object_or_404(runs, key=key))

    def post(self, request: HttpRequest) -> HttpResponse:
        return self.confirm() if "token" in request.POST else self.preview()

    @property
    def here(self) -> str:
        return reverse(f"{self.page.route}-{self.act.name}")

    def make_page(self) -> ListPage:
        """Return the list, of the lots where this user may do the act."""
        page = self.page(request=self.request)
        page.form = page.make_form()
        return page

    def preview(self) -> HttpResponse:
        page = self.make_page()
        form = self.act.form(self.request.POST, prefix=self.act.name)
        rows, more = self.chosen(page)
        if not form.is_valid() or not rows:
            page.bulk = form
            no_rows = "" if rows else gettext("Choose at least one row.")
            return page.page(self.with_chosen(page, rows), status=422, no_rows=no_rows)
        at = now()
        press = Press(uuid4(), access(self.request).user, form.cleaned_data["why"], form.values(), at, at)
        lines = self.lines(page, rows)
        refused = [(line, why) for line in lines if (why := self.act.refusal(line["row"], press))]
        left = {line["row"].pk for line, _why in refused}
        taken = [line for line in lines if line["row"].pk not in left]
        context = {
            "taken": [(line, self.act.effect(line["row"], press)) for line in taken],
            "refused": refused,
            "more": grouped(more) if more else "",
            "most": MOST,
            "sentence": self.act.sentence(len(taken), press, [line["row"] for line in taken]),
            "why": press.why,
            "token": self.token(press, [line["row"] for line in taken]),
            "here": self.here,
        }
        return keep_in_history(self.render("console/bulk_preview.html", context))

    def chosen(self, page: ListPage) -> tuple[list[Any], int]:
        """Return the rows that are meant, MOST at most, and how many are left for another time."""
        rows = page.rows()
        if "all" not in self.request.POST:
            texts = self.request.POST.getlist("row")
            numbers = [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19]
            rows = page.queryset().filter(pk__in=numbers)
        found = list(rows.order_by("pk")[:MOST])
        return found, max(0, rows.order_by().count() - len(found))

    def with_chosen(self, page: ListPage, rows: Sequence[Any]) -> Slice[Any]:
        """Return the page with all ticked rows: they may come from a search, or from another page."""
        shown = page.slice(page.rows())
        if "all" in self.request.POST:
            return shown
        known = {row.pk for row in rows}
        return replace(shown, rows=[*rows, *(row for row in shown.rows if row.pk not in known)])

    def lines(self, page: ListPage, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rows as the list names them: by the text of its first column and their lot."""
        head = page.columns[0]
        return [
            {
                "row": line["row"],
                "name": head.show(line) if head.show else head.value(line),
                "link": head.link,
            }
            for line in page.lines(rows)
        ]

    def token(self, press: Press, rows: Iterable[Any]) -> str:
        known = {
            "list": self.page.name,
            "act": self.act.name,
            "staff": press.staff.pk,
            "key": str(press.key),
            "why": press.why,
            "values": press.values,
            "at": press.shown_at.isoformat(),
            "rows": [[row.pk, self.act.mark(row)] for row in rows],
            "filter": self.filter(),
            "all": "all" in self.request.POST,
        }
        return signing.dumps(known, salt=SALT, compress=True)

    def confirm(self) -> HttpResponse:
        mine = access(self.request)
        try:
            known = signing.loads(self.request.POST["token"], salt=SALT, max_age=PREVIEW_SECONDS)
        except signing.BadSignature:
            return self.render("console/bulk_over.html", {}, status=409)
        if (known["list"], known["act"], known["staff"]) != (self.page.name, self.act.name, mine.user.pk):
            raise Http404
        shown_at = parse_datetime(known["at"])
        assert shown_at is not None
        press = Press(UUID(known["key"]), mine.user, known["why"], known["values"], shown_at, now())
        run = self.run(press, len(known["rows"]))
        for pk, mark in known["rows"]:
            self.act_on(run, press, pk, mark)
        named = QueryDict(known["filter"], mutable=True)
        named["run"] = str(run.key)
        if known["all"]:
            named["all"] = "1"
        return redirect(f"{self.here}?{named.urlencode()}")

    def result(self, run: BulkRun) -> HttpResponse:
        """Return what the act came to."""
        outcomes = list(run.rows.order_by("row"))
        left = [one for one in outcomes if one.outcome != Outcome.DONE]
        page = self.make_page()
        rows = list(page.queryset().filter(pk__in=[one.row for one in left]))
        named = {line["row"].pk: line for line in self.lines(page, rows)}
        context = {
            "run": run,
            "done": len(outcomes) - len(left),
            "further": grouped(further) if (further := self.further(page, left)) else "",
            "sent_again": [
                (f"{self.act.name}-{name}", value)
                for name, value in {**run.values, "why": run.reason}.items()
            ],
            "here": f"{self.here}?{self.filter()}",
            "left": [
                (one.row, named.get(one.row), _reason(one.code) if one.code else one.get_outcome_display())
                for one in left
            ],
        }
        return self.render("console/bulk_done.html", context)

    def further(self, page: ListPage, left: Sequence[BulkRow]) -> int:
        """Return how many rows the filter still means after a run on all of them; 0 after one on ticked rows.

        What that run left out is not counted: it would be left out again.
        """
        if "all" not in self.request.GET:
            return 0
        rows: QuerySet[Any] = page.rows()
        return rows.exclude(pk__in=[one.row for one in left]).order_by().count()

    def filter(self) -> str:
        """Return the list's filter as it stands in addresses."""
        query = self.request.GET.copy()
        for name in ("run", "all"):
            query.pop(name, None)
        return query.urlencode()

    def run(self, press: Press, total: int) -> BulkRun:
        fields = {
            "staff": press.staff,
            "list_name": self.page.name,
            "act": self.act.name,
            "values": press.values,
            "reason": press.why,
            "total": total,
            "at": press.at,
        }
        return BulkRun.objects.get_or_create(key=press.key, defaults=fields)[0]

    def act_on(self, run: BulkRun, press: Press, pk: int, mark: str) -> None:
        """Act on one row, once, if it is still as it was shown, and store its outcome."""
        if BulkRow.objects.filter(run=run, row=pk).exists():
            return
        rows = self.make_page().queryset()
        try:
            if (row := rows.filter(pk=pk).first()) is not None and self.act.mark(row) == mark:
                self.act.before(row, press)
            with transaction.atomic():
                row = rows.filter(pk=pk).first()
                is_same = row is not None and self.act.mark(row) == mark
                BulkRow.objects.create(run=run, row=pk, outcome=Outcome.DONE if is_same else Outcome.CHANGED)
                if is_same:
                    self.act.do(row, press)
        except ParkingError as error:
            BulkRow.objects.get_or_create(
                run=run, row=pk, defaults={"outcome": Outcome.REFUSED, "code": error.code}
            )
        except IntegrityError:
            if not BulkRow.objects.filter(run=run, row=pk).exists():
                raise

    def render(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        query = self.filter()
        back = reverse(self.page.route) + (f"?{query}" if query else "")
        known = {"page": self.page, "act": self.act, "back": back}
        return render(self.request, template, {**known, **context}, status=status)


def _reason(code: str) -> str:
    error = ParkingError()
    error.code = code
    return message_of(error)
