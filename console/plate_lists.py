"""Lists of cars: plates are masked, and a POST may search for one or show the page's plates whole.

Both are logged, and neither has an address.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import now

from console.lists import ListPage
from console.shown_plates import masked, may_unmask, whole
from staff.access import access
from staff.plate_access_log import note_shown


class PlateList(ListPage):
    """A list whose rows have a plate."""

    find: ClassVar[str]  # the route of its search
    reveals = False  # whether plates are shown whole

    def make_form(self) -> Any:
        query = self.request.GET.copy()
        if "lot" in self.request.POST:
            query["lot"] = self.request.POST["lot"]
        return self.filter_class(query, lots=access(self.request).lots())

    def lines(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        bare = may_unmask(access(self.request), rows) if self.reveals else []
        if bare:
            note_shown(bare, staff=self.request.user, at=now())
        revealed = {row.pk for row in bare}
        return [{"row": row, "plate": whole(row) if row.pk in revealed else masked(row)} for row in rows]

    def context(self) -> dict[str, Any]:
        return {
            "find": reverse(self.find),
            "shown": self.reveals,
            "may_show": access(self.request).may("plates.unmask"),
        }


class PlateSearch(PlateList):
    """A list's search: without a text it shows the page's plates whole."""

    def get(self, _request: HttpRequest) -> HttpResponse:  # a reload, or the way back
        return redirect(self.back)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.form = self.make_form()
        self.reveals = "show" in request.POST
        if self.reveals and not access(request).may("plates.unmask"):
            raise PermissionDenied
        text = request.POST.get("q", "").strip()
        return self.search(text) if text else self.page(self.slice(self.rows()))

    # What subclasses set

    back: ClassVar[str]

    def search(self, text: str) -> HttpResponse:
        raise NotImplementedError
