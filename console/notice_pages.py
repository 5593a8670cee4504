"""The console's pages with each version of each lot's privacy notice (隐私说明版本)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from compliance.models import NoticeVersion
from console.list_filters import Days
from console.lists import Column, ListPage, lot_name, text, when
from staff.access import access, requires


class NoticeFilter(Days):
    at = "at"


class NoticeList(ListPage):
    """Every version of every lot, newest first."""

    action, title, name = "compliance.see", _("Privacy notices"), "notices"
    route = "console:notices"
    subtitle = _("What each lot published to drivers, and when")
    model, filter_class = NoticeVersion, NoticeFilter
    empty = _(
        "No version yet: the worker checks every five minutes and stores a new version when something"
        " changes."
    )
    columns = (
        when(
            _("Since"),
            "at",
            "%Y-%m-%d %H:%M",
            link=lambda line: reverse("console:notice", args=[line["row"].pk]),
            sort="at",
        ),
        lot_name(),
        text(_("Wording version"), "words", cell="date", sort="words"),
        Column(
            _("Digest (SHA-256)"),
            lambda line: line["row"].digest,
            show=lambda line: format_html("<code>{}</code>", line["row"].digest[:16]),
            css="wide",
        ),
    )

    def queryset(self) -> QuerySet[Any]:
        return super().queryset().defer("text")


@requires("compliance.see")
@require_safe
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one version as it was shown, and until when it held."""
    row = access(request).one(NoticeVersion.objects.select_related("lot"), pk=pk)
    same = NoticeVersion.objects.filter(lot=row.lot)
    context = {
        "row": row,
        "next": same.filter(pk__gt=row.pk).order_by("pk").first(),
        "before": same.filter(pk__lt=row.pk).order_by("pk").last(),
    }
    return render(request, "console/compliance/notice.html", context)
