"""The console's page of reports that go out by mail (定时发送): which, to whom, how often."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from lots.models import Lot, Operator
from payments.reports import REPORTS
from staff.access import Access, access, requires
from staff.models import ReportMailing
from staff.permissions import MAY
from staff.report_mailings import sending


class MailingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A mailing. Its place is an operator with each of its lots (`o<operator>`) or one lot (`l<lot>`)."""

    report = forms.ChoiceField(label=gettext_lazy("Report"))
    place = forms.ChoiceField(label=gettext_lazy("Scope"))
    field_order = ("report", "place", "staff", "address", "every", "form")

    class Meta:
        model = ReportMailing
        fields = ("report", "staff", "address", "every", "form")
        labels = {
            "staff": gettext_lazy("Recipient"),
            "address": gettext_lazy("E-mail address"),
            "every": gettext_lazy("How often"),
            "form": pgettext_lazy("mailing", "Format"),
        }

    def __init__(self, person: Access, *args: Any) -> None:
        super().__init__(*args)
        self.operators = {f"o{one.pk}": one for one in person.operators()}
        self.lots = {f"l{one.pk}": one for one in person.lots().select_related("operator").order_by("name")}
        whole = [(key, _("%s (all lots)") % one.legal_name) for key, one in self.operators.items()]
        fields: dict[str, Any] = self.fields
        fields["place"].choices = whole + [(key, one.name) for key, one in self.lots.items()]
        fields["report"].choices = [(name, title) for name, (title, _build) in REPORTS.items()]
        fields["staff"].queryset = _readers(person)
        fields["staff"].to_field_name, fields["staff"].empty_label = "username", None
        fields["address"].required = True  # the column is blank once a mailing has ended
        fields["every"].choices = ReportMailing.Every.choices  # without an empty one
        fields["form"].choices = ReportMailing.Form.choices

    def where(self) -> tuple[Operator, Lot | None]:
        chosen = self.cleaned_data["place"]
        lot = self.lots.get(chosen)
        return (lot.operator, lot) if lot else (self.operators[chosen], None)


@requires("reports.schedule")
@require_http_methods(["GET", "HEAD", "POST"])
def mailings(request: HttpRequest) -> HttpResponse:
    """Show scheduled reports, and a form for another; repeating one changes its address and format."""
    form = MailingForm(access(request), request.POST or None)
    if request.method == "POST" and settings.MAILERS and form.is_valid() and _begun(request, form):
        messages.success(request, _("Saved. The next report is sent at 7:00 in the morning."))
        return redirect("console:mailings")
    return _page(request, form, status=422 if form.errors else 200)


@requires("reports.schedule")
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Send no more of one. A second press changes nothing."""
    row = get_object_or_404(ReportMailing.objects.filter(_of_mine(request)), pk=pk)
    sending.end(row, at=now(), by=access(request).user)
    messages.success(request, _("Stopped: this report is no longer sent."))
    return redirect("console:mailings")


def _begun(request: HttpRequest, form: MailingForm) -> bool:
    operator, lot = form.where()
    values = {name: form.cleaned_data[name] for name in MailingForm.Meta.fields}
    try:
        language = translation.get_language() or ""
        sending.begin(
            **values, language=language, operator=operator, lot=lot, by=access(request).user, at=now()
        )
    except sending.MayNotSee:
        form.add_error("staff", _("This account has no permission for that report, so it cannot be sent."))
    return form.is_valid()


def _page(request: HttpRequest, form: MailingForm, *, status: int = 200) -> HttpResponse:
    rows = _rows(request).select_related("operator", "lot", "staff").order_by("report", "pk")
    context = {
        "form": form,
        "can_mail": bool(settings.MAILERS),
        "rows": [
            {
                "row": row,
                "title": REPORTS[row.report][0],
            }
            for row in rows
        ],
    }
    return render(request, "console/mailings.html", context, status=status)


def _rows(request: HttpRequest) -> QuerySet[ReportMailing]:
    return ReportMailing.objects.filter(_of_mine(request), ended_at=None)


def _of_mine(request: HttpRequest) -> Q:
    """Match mailings of one's places: of an operator as a whole only for who has all of it."""
    person = access(request)
    return Q(lot__in=person.lots()) | Q(lot=None, operator__in=person.operators())


def _readers(person: Access) -> QuerySet[User]:
    """Return the accounts that may see reports in one of these lots."""
    there = Q(grants__lot__in=person.lots()) | Q(grants__lot=None, grants__operator__lots__in=person.lots())
    readers = User.objects.filter(
        there, grants__ended_at=None, grants__role__in=MAY[sending.ACTION], is_active=True
    )
    return (readers | User.objects.filter(pk=person.user.pk)).distinct().order_by("username")
