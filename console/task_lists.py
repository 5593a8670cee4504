"""The whole lists behind the page of open tasks: differences in the books, balances, refunds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from console.list_filters import Days
from console.lists import Column, ListPage, amount, lot_name, moment, state_tag, when
from console.money_forms import YuanField
from console.shown_plates import masked
from payments.channel_names import CHANNELS, channel_label
from payments.models import Debt, Discrepancy, Refund
from staff.access import access

CHANNEL_CHOICES = [("", _("All")), *CHANNELS.items()]
AGES = [("", _("All")), ("1", _("Over 1 day")), ("3", _("Over 3 days")), ("7", _("Over a week"))]


class MoneyFilter(Days):
    """A filter by days and amount."""

    least = YuanField(required=False, label=_("Amount from (¥)"))
    most = YuanField(required=False, label=_("Amount to (¥)"))

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        bounds = {"amount_fen__gte": self.value_of("least"), "amount_fen__lte": self.value_of("most")}
        return super().narrow(rows).filter(**{look: fen for look, fen in bounds.items() if fen is not None})


class DifferenceFilter(MoneyFilter):
    """Which differences: open or resolved, of a kind, by a channel, of an age."""

    at = "seen_at"
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("Open")), ("resolved", _("Handled")), ("all", _("All"))],
    )
    kind = forms.ChoiceField(
        required=False, label=_("Kind"), choices=[("", _("All")), *Discrepancy.Kind.choices]
    )
    channel = forms.ChoiceField(required=False, label=_("Channel"), choices=CHANNEL_CHOICES)
    age = forms.ChoiceField(required=False, label=_("Age"), choices=AGES)
    field_order = ["lot", "state", "kind", "channel", "age", "first", "last", "least", "most"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        asked = {"kind": self.value_of("kind"), "provider": self.value_of("channel")}
        rows = super().narrow(rows).filter(**{name: value for name, value in asked.items() if value})
        if (age := self.value_of("age")) is not None:
            rows = rows.filter(seen_at__lt=now() - timedelta(days=int(age)))
        state = self.value_of("state")
        return rows if state == "all" else rows.filter(resolved_at__isnull=state != "resolved")


class DifferenceList(ListPage):
    """Differences between our books and a channel's; those of no known lot for who sees every lot."""

    action, title, name = "money.see", pgettext_lazy("books", "Discrepancies"), "differences"
    route = "console:differences"
    model, filter_class = Discrepancy, DifferenceFilter
    empty = _("No discrepancies match.")
    none_yet = _("No open discrepancies.")
    columns = (
        when(
            _("Found at"),
            "seen_at",
            link=lambda line: reverse("console:orphan", args=[line["row"].pk]),
            opens="tasks.resolve",
            sort="seen_at",
        ),
        Column(_("Kind"), lambda line: line["row"].get_kind_display(), cell="name", sort="kind"),
        lot_name(dash=True),
        Column(_("Channel"), lambda line: channel_label(line["row"].provider), css="wide", sort="provider"),
        Column(
            _("Number"),
            lambda line: line["row"].provider_number or line["row"].number,
            show=lambda line: format_html(
                "<code>{}</code>", line["row"].provider_number or line["row"].number
            ),
            css="wide",
        ),
        when(_("Handled at"), "resolved_at", css="wide", sort="resolved_at"),
        amount(_("Amount (¥)"), "amount_fen", sort="amount_fen"),
    )

    def queryset(self) -> QuerySet[Any]:
        return access(self.request).within_or_without_lot(Discrepancy.objects.select_related("lot"))


class BalanceFilter(MoneyFilter):
    """Which balances: outstanding or cleared."""

    at = "since"
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("Outstanding")), ("cleared", _("Cleared")), ("all", _("All"))],
    )
    field_order = ["lot", "state", "first", "last", "least", "most"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows, state = super().narrow(rows), self.value_of("state")
        return rows if state == "all" else rows.filter(cleared_at__isnull=state != "cleared")


class BalanceList(ListPage):
    """Outstanding balances of cars that left without paying. Plates are masked."""

    action, title, name = "money.see", _("Outstanding balances"), "balances"
    route = "console:balances"
    model, filter_class, related = Debt, BalanceFilter, ("lot", "session")
    empty = _("No balances match.")
    none_yet = _("No outstanding balances.")
    columns = (
        Column(
            _("Stay number"),
            lambda line: line["row"].session_id,
            link=lambda line: reverse("console:stay", args=[line["row"].session_id]),
            is_header=True,
        ),
        Column(_("Plate"), lambda line: line["plate"], cell="plate", in_file=False),
        lot_name(),
        when(pgettext_lazy("stay", "Exit"), "session.left_at", sort="session__left_at"),
        Column(
            _("Recognised if it returns, until"),
            lambda line: line["row"].forget_at if line["row"].plate_index else None,
            show=lambda line: (
                moment(line["row"].forget_at, "%m-%d") if line["row"].plate_index else gettext("Erased")
            ),
            css="wide",
        ),
        when(_("Cleared"), "cleared_at", css="wide", sort="cleared_at"),
        amount(_("Outstanding (¥)"), "amount_fen", sort="amount_fen"),
    )

    def lines(self, rows: Sequence[Debt]) -> list[dict[str, Any]]:
        return [{"row": row, "plate": masked(row.session)} for row in rows]


class RefundFilter(MoneyFilter):
    """Which refunds: unfinished or in one state, by a channel, for a reason."""

    at, lot_path = "created_at", "payment__lot"
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All")), ("open", _("Unfinished")), *Refund.State.choices],
    )
    reason = forms.ChoiceField(
        required=False, label=_("Reason"), choices=[("", _("All")), *Refund.Reason.choices]
    )
    channel = forms.ChoiceField(required=False, label=_("Channel"), choices=CHANNEL_CHOICES)
    field_order = ["lot", "state", "reason", "channel", "first", "last", "least", "most"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        asked = {"reason": self.value_of("reason"), "payment__provider": self.value_of("channel")}
        rows = super().narrow(rows).filter(**{name: value for name, value in asked.items() if value})
        state = self.value_of("state")
        if state == "open":
            return rows.exclude(state=Refund.State.DONE)
        return rows if state is None else rows.filter(state=state)


class RefundList(ListPage):
    """Every refund and what became of it."""

    action, title, name = "money.see", _("Refunds"), "refunds"
    route = "console:refunds"
    model, filter_class, related = Refund, RefundFilter, ("payment__lot",)
    empty = _("No refunds match.")
    none_yet = _("No refunds yet.")
    columns = (
        when(
            _("Requested at"),
            "created_at",
            link=lambda line: reverse("console:payment", args=[line["row"].payment_id]),
            sort="created_at",
        ),
        lot_name("payment.lot"),
        Column(
            _("Channel"),
            lambda line: channel_label(line["row"].payment.provider),
            css="wide",
            sort="payment__provider",
        ),
        Column(_("Reason"), lambda line: line["row"].get_reason_display(), css="wide", sort="reason"),
        state_tag(_("State")),
        amount(_("Amount (¥)"), "amount_fen", sort="amount_fen"),
    )
