"""The list of barriers that staff opened by hand: who opened which lane, when and why.

Those who may see a lot's sessions may see who opened its barriers. The audit log has these acts among all
others.
"""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.list_filters import LaneFilter
from console.lists import Column, ListPage, lot_name, text, when
from core.keyset import Newest
from lots.models import Lot
from payments.models import StaffAct


class OpeningFilter(LaneFilter):
    field_order = ("lot", "lane", "begin", "end")

    def lot_of_lanes(self, lots: QuerySet[Lot]) -> Lot | None:
        """Return the chosen lot, or the only one."""
        found = [self.lot] if self.lot else list(lots[:2])
        return found[0] if len(found) == 1 else None

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().narrow(rows).filter(**self.between("at"))
        return rows if (lane := self.value_of("lane")) is None else rows.filter(lane=lane)


class OpeningList(ListPage):
    """Openings by hand, newest first."""

    action, title, name = "stays.see", _("Opened by hand"), "openings"
    route, newest = "console:openings", Newest(("at",))
    model, related, filter_class = StaffAct, ("lot", "lane", "staff"), OpeningFilter
    empty = _("No opening matches.")
    none_yet = _("No barrier was opened by hand yet.")
    columns = (
        when(_("Time"), "at", "%m-%d %H:%M:%S", sort="at"),
        lot_name(),
        text(_("Lane"), "lane.name", cell="name", is_header=True, sort="lane__name"),
        text(pgettext_lazy("one", "Person"), "staff.username", sort="staff__username"),
        Column(
            pgettext_lazy("one", "Action"),
            lambda line: line["row"].get_kind_display(),
            link=lambda line: _session_address(line["row"]),
            opens="stays.see",
        ),
        text(_("Reason"), "reason", cell="name"),
    )

    def queryset(self) -> QuerySet[Any]:
        return super().queryset().filter(lane__isnull=False)


def _session_address(row: StaffAct) -> str:
    return "" if row.session_id is None else reverse("console:stay", args=[row.session_id])
