"""The list of lots, with what needs a look in each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console import lot_search
from console.list_filters import ListFilter
from console.lists import Column, ListPage, text
from core.keyset import Slice
from lots import device_presence
from lots.models import Lot, Operator, ParkingSession, PlateRead
from staff.access import access


class LotFilter(ListFilter):
    """Which lots: of an operator, open or not."""

    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All")), ("open", _("Taking payments")), ("closed", _("Not open"))],
    )

    def __init__(self, data: Any, *, lots: QuerySet[Lot]) -> None:
        super().__init__(data, lots=lots)
        operators = Operator.objects.filter(lots__in=lots).distinct().order_by("legal_name")
        self.fields["operator"] = forms.ModelChoiceField(
            operators, required=False, label=pgettext_lazy("lot", "Operator"), empty_label=_("All")
        )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        if (operator := self.value_of("operator")) is not None:
            rows = rows.filter(operator=operator)
        state = self.value_of("state")
        return rows if state is None else rows.filter(closed_at__isnull=state == "open")


class LotList(ListPage):
    """Every lot of the user with its cars inside, what waits for a review, and silent devices.

    A search by name opens the only lot found at once.
    """

    action, title, name = "lots.see", pgettext_lazy("many", "Lots"), "lots"
    route = "console:lots"
    model, filter_class, order, size = Lot, LotFilter, "name", 100
    template_name = "console/lots.html"
    empty = _("No lots match.")
    none_yet = _("No lots yet. Create one under “Set-up and settings”.")
    columns = (
        Column(
            _("Name"),
            lambda line: line["row"].name,
            link=lambda line: reverse("console:lot", args=[line["row"].slug]),
            is_header=True,
            cell="name",
            sort="name",
        ),
        text(
            pgettext_lazy("lot", "Operator"),
            "operator.legal_name",
            css="wide",
            cell="name",
            sort="operator__legal_name",
        ),
        Column(
            _("Cars inside"),
            lambda line: line["inside"],
            show=lambda line: "—" if line["inside"] is None else _of_bays(line["inside"], line["row"].bays),
            css="number",
        ),
        text(_("Bays"), "bays", css="number", in_page=False),
        Column(
            _("To review"),
            lambda line: line["review"],
            link=lambda line: reverse("console:lot", args=[line["row"].slug]) + "#review",
            css="number",
        ),
        Column(
            _("Silent devices"),
            lambda line: line["silent"],
            link=lambda line: reverse("console:lot", args=[line["row"].slug]) + "#devices",
            css="number",
            alarm=lambda line: line["silent"] > 0,
        ),
    )

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the lots that a search finds, all on one page; the whole list where it finds none."""
        self.form, typed = self.make_form(), lot_search.typed(request)
        found = lot_search.named(self.own_lots, typed)
        if typed and len(found) == 1:
            return redirect("console:lot", found[0].slug)
        shown = Slice(found, older="", newest="") if typed and found else self.slice(self.rows())
        return self.page(shown, **lot_search.search_box(self.own_lots, found, typed))

    @cached_property
    def own_lots(self) -> list[Lot]:
        return list(self.queryset().order_by("name", "pk"))

    def context(self) -> dict[str, Any]:
        return lot_search.search_box(self.own_lots, self.own_lots, "")

    def queryset(self) -> QuerySet[Any]:
        return access(self.request).lots().select_related("operator")

    def lines(self, rows: Sequence[Lot]) -> list[dict[str, Any]]:
        at = now()
        odd = PlateRead.objects.to_review().filter(captured_at__gte=at - timedelta(days=1))
        inside = _counts(ParkingSession.objects.inside(), rows)
        review = _counts(ParkingSession.objects.to_review(), rows)
        reads = _counts(odd, rows)
        is_silent = Q(devices__revoked_at=None) & device_presence.silent(at, "devices__")
        silent = dict(
            Lot.objects.filter(pk__in=[row.pk for row in rows])
            .annotate(silent=Count("devices", filter=is_silent))
            .values_list("pk", "silent")
        )
        return [
            {
                "row": row,
                "inside": inside.get(row.pk, 0 if row.is_counted else None),
                "review": review.get(row.pk, 0) + reads.get(row.pk, 0),
                "silent": silent.get(row.pk, 0),
            }
            for row in rows
        ]


def _counts(found: QuerySet[Any], lots: Sequence[Lot]) -> dict[int, int]:
    return dict(found.filter(lot__in=list(lots)).order_by().values_list("lot").annotate(n=Count("*")))


def _of_bays(inside: int, bays: int) -> str:
    count = f"{inside:,}"
    return format_html('{}<span class="of"> / {}</span>', count, f"{bays:,}") if bays else count
