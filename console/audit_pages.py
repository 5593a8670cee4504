"""The console's audit log (操作记录): who did what, when, with what before and after; as CSV too."""

from typing import Any

import structlog
from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware, localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from compliance.audit import audit_log as log
from compliance.models import AuditDigest
from console.audit_words import entry_words, kinds
from console.list_filters import Window
from core.audit_sources import WORDS
from core.csv_file import table
from presentation.downloads import file_answer
from staff.access import Access, access, requires
from staff.models import Grant

MOST = 20_000  # rows of one file
audit_log = structlog.get_logger("audit")


class Person(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_username())


class AuditFilter(Window):
    kind = forms.ChoiceField(required=False, label=gettext_lazy("Category"))

    def __init__(self, data: Any, *, mine: Access) -> None:
        super().__init__(data, lots=mine.lots())
        self.fields["kind"].choices = [("", _("All")), *kinds().items()]  # type: ignore[attr-defined]
        self.fields["staff"] = Person(
            _colleagues(mine), required=False, label=pgettext("one", "Person"), empty_label=_("All")
        )

    def asked(self) -> log.Asked:
        staff = self.said("staff")
        return log.Asked(
            kind=self.said("kind") or "",
            lot=self.lot,
            staff=staff.pk if staff else None,
            since=self.said("begin"),
            until=self.said("end"),
        )


def _colleagues(mine: Access) -> Any:
    """Return whose acts one may look for: everybody who has or had a role where one may see the log."""
    people = get_user_model().objects.order_by("username")
    if mine.user.is_superuser:
        return people
    here = Q(operator__in=mine.operators()) | Q(lot__in=mine.lots())
    return people.filter(pk__in=Grant.objects.filter(here).values("user"))


@requires("audit.see")
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """What staff did, newest first."""
    mine = access(request)
    form = AuditFilter(request.GET, mine=mine)
    after = _place(request.GET.get("after", ""))
    found, older = log.page(mine, form.asked(), after=after)
    context = {
        "form": form,
        "lines": [
            {"entry": entry, "kind": WORDS[entry.source.name].title, "told": entry_words(entry)}
            for entry in found
        ],
        "found": {
            "older": _query(request, older) if older else "",
            "newest": _query(request, None) if after else "",
        },
        "csv": request.GET.urlencode(),
        "sealed": AuditDigest.objects.order_by("until").last(),
    }
    return render(request, "console/compliance/audit.html", context)


@requires("audit.see")
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponse:
    """The same as a file, the newest MOST rows of it. Taking it is on record too."""
    mine = access(request)
    form = AuditFilter(request.GET, mine=mine)
    rows = log.entries(mine, form.asked(), most=MOST)
    audit_log.info("audit_exported", staff=request.user.pk, rows=len(rows))
    head = [
        *(_("Time"), pgettext("one", "Person"), _("Lot"), _("Category"), pgettext("one", "Action")),
        *(_("Before"), _("After"), _("Reason")),
    ]
    cells = table([head, *(_cells(entry) for entry in rows)])
    return file_answer(cells, "csv", name=f"audit-{localtime(now()):%Y%m%d-%H%M}")


def _cells(entry: log.Entry) -> list[str]:
    words = entry_words(entry)
    who = entry.who.get_username() if entry.who else _("System")
    place = entry.lot or entry.operator or _("All lots")
    when = f"{localtime(entry.at):%Y-%m-%d %H:%M:%S}"
    cells = (who, place, WORDS[entry.source.name].title, words.what, words.before, words.after, words.why)
    return [when, *(str(cell) for cell in cells)]


def _place(text: str) -> log.Place | None:
    moment, _comma, rest = text.partition(",")
    name, _comma, number = rest.partition(",")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    if at is None or not is_aware(at) or not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    return at, name, int(number)


def _query(request: HttpRequest, after: log.Place | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if after is not None:
        at, name, number = after
        query["after"] = f"{at.isoformat()},{name},{number}"
    return "?" + query.urlencode()
