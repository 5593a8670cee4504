"""The list of signs of every lot: what hangs where, and what was revoked."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.list_filters import Filter
from console.lists import Column, ListPage, lot_name, text, when
from lots.models import Sign


class SignFilter(Filter):
    """Which signs: of a lot, of a kind, in a state."""

    kind = forms.ChoiceField(
        required=False,
        label=_("Kind"),
        choices=[
            ("", _("All")),
            (Sign.Kind.PURE.value, _("PureCode")),
            (Sign.Kind.LANE.value, _("Lane code")),
        ],
    )
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            ("", _("In use")),
            ("unprinted", _("Not printed")),
            ("revoked", _("Revoked")),
            ("all", _("All")),
        ],
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, state = super().narrow(rows), self.value_of("state")
        if (kind := self.value_of("kind")) is not None:
            rows = rows.filter(kind=kind)
        if state == "all":
            return rows
        rows = rows.filter(revoked_at__isnull=state != "revoked")
        return rows.filter(printed_at=None) if state == "unprinted" else rows


class SignList(ListPage):
    """Signs of every lot of the user."""

    action, title, name = "signs.see", _("Signs"), "signs"
    route = "console:all-signs"
    model, related, filter_class, size = Sign, ("lot", "lane"), SignFilter, 100
    empty = _("No signs match. Signs are registered on a lot's sign page.")
    columns = (
        Column(
            _("No."),
            lambda line: line["row"].number,
            is_id=True,
            link=lambda line: reverse("console:signs", args=[line["row"].lot.slug]),
            is_header=True,
            sort="number",
        ),
        lot_name(),
        text(_("Place"), "place", cell="name", sort="place"),
        Column(_("Kind"), lambda line: _kind(line["row"]), css="wide", sort="kind"),
        when(_("Printed"), "printed_at", "%Y-%m-%d", css="wide", sort="printed_at"),
        when(_("Revoked"), "revoked_at", "%Y-%m-%d", css="wide", sort="revoked_at"),
    )


def _kind(sign: Sign) -> str:
    if sign.lane is None:
        return gettext("PureCode")
    return gettext("Lane code %(lane)s") % {"lane": sign.lane.name}
