"""The list of nightly price checks: how many prices of a lot and day agreed, and which diverged."""

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from console.lists import Column, Line, ListPage, lot_name
from payments.models import PriceCheck


def _payments(line: Line) -> SafeString | str:
    """Return the diverged payments as links."""
    found = ((reverse("console:payment", args=[pk]), pk) for pk in line["row"].diverged)
    return format_html_join(" ", '<a href="{}">{}</a>', found) or "0"


class PriceCheckList(ListPage):
    action, title, name = "days.see", _("Prices recomputed"), "price-checks"
    route = "console:price-checks"
    model, order = PriceCheck, "-day"
    empty = _("No prices have been recomputed yet. Each night, the prices paid the day before are.")
    columns = (
        Column(_("Day"), lambda line: f"{line['row'].day:%Y-%m-%d}", is_header=True, cell="date", sort="day"),
        lot_name(),
        Column(_("Agreed"), lambda line: line["row"].agreed, css="number", sort="agreed"),
        Column(
            _("Inputs have changed"),
            lambda line: line["row"].inputs_differ,
            css="number",
            sort="inputs_differ",
        ),
        Column(
            _("Diverged (payments)"),
            lambda line: len(line["row"].diverged),
            show=_payments,
            css="number",
            alarm=lambda line: bool(line["row"].diverged),
        ),
    )
