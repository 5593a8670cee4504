"""The console's audit log (操作记录): who did what, when, with what before and after."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from compliance.audit import audit_log as log
from compliance.models import AuditDigest
from console import lists
from console.audit_words import entry_words, kinds
from console.list_filters import FIRST_DAY, LAST_DAY, TimeFilter
from console.lists import MOST_IN_FILE, Column, ListPage, when
from core.audit_sources import WORDS, EntryWords
from core.keyset import Slice
from staff.access import Access, access
from staff.models import Grant


class Person(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_username())


class AuditFilterForm(TimeFilter):
    kind = forms.ChoiceField(required=False, label=_("Category"))

    def __init__(self, data: Any, *, mine: Access) -> None:
        super().__init__(data, lots=mine.lots())
        self.fields["kind"].choices = [("", gettext("All")), *kinds().items()]  # type: ignore[attr-defined]
        self.fields["staff"] = Person(
            _colleagues(mine), required=False, label=pgettext("one", "Person"), empty_label=gettext("All")
        )

    def asked(self) -> log.AuditFilter:
        staff = self.value_of("staff")
        return log.AuditFilter(
            kind=self.value_of("kind") or "",
            lot=self.lot,
            staff=staff.pk if staff else None,
            since=self.value_of("begin"),
            until=self.value_of("end"),
        )


def _colleagues(mine: Access) -> Any:
    """Return whose acts one may look for: everybody who has or had a role where one may see the log."""
    people = get_user_model().objects.order_by("username")
    if mine.user.is_superuser:
        return people
    here = Q(operator__in=mine.operators()) | Q(lot__in=mine.lots_with_trial())
    return people.filter(pk__in=Grant.objects.filter(here).values("user"))


class AuditList(ListPage):
    """What staff did, newest first. Taking a file of it is logged, as with every list."""

    action, title, name = "audit.see", _("Audit log"), "audit"
    route = "console:audit"
    subtitle = _("Who did what and when")
    template_name, css = "console/compliance/audit.html", "list log"
    empty = _("No entries match.")
    none_yet = _("No entries yet.")
    columns = (
        when(_("Time"), "at", "%Y-%m-%d %H:%M", cell="date"),
        Column(pgettext_lazy("one", "Person"), lambda line: line["who"]),
        Column(_("Lot"), lambda line: line["where"], cell="name"),
        Column(_("Category"), lambda line: line["kind"], in_page=False),
        Column(
            pgettext_lazy("one", "Action"),
            lambda line: line["words"].what,
            show=lambda line: format_html('<span class="tag">{}</span> {}', line["kind"], line["words"].what),
            cell="name",
        ),
        Column(_("Before"), lambda line: line["words"].before, in_page=False),
        Column(_("After"), lambda line: line["words"].after, in_page=False),
        Column(
            _("Before → after"),
            lambda line: line["words"].after,
            show=lambda line: _change(line["words"]),
            cell="name",
            in_file=False,
        ),
        Column(_("Reason"), lambda line: line["words"].why, cell="name"),
    )

    def make_form(self) -> AuditFilterForm:
        return AuditFilterForm(self.request.GET, mine=access(self.request))

    def rows(self) -> log.AuditFilter:
        asked: log.AuditFilter = self.form.asked()
        return asked

    def rows_in_file(self, rows: log.AuditFilter) -> list[log.AuditEntry]:
        return log.entries(access(self.request), rows, most=MOST_IN_FILE)

    def slice(self, rows: Any) -> Slice[Any]:
        mine, after = access(self.request), _place(self.request.GET.get("after", ""))
        found = log.page(mine, rows, most=lists.MOST_COUNTED, after=after, size=self.size_of())
        self.total = found.total
        return Slice(
            found.entries,
            older=_query(self.request, found.older) if found.older else "",
            newest=_query(self.request, None) if after else "",
        )

    def lines(self, rows: Sequence[log.AuditEntry]) -> list[dict[str, Any]]:
        return [
            {
                "row": entry,
                "who": entry.who.get_username() if entry.who else gettext("System"),
                "where": str(entry.lot or entry.operator or gettext("All lots")),
                "kind": WORDS[entry.source.name].title,
                "words": entry_words(entry),
            }
            for entry in rows
        ]

    def context(self) -> dict[str, Any]:
        return {"sealed": AuditDigest.objects.order_by("until").last()}


def _change(words: EntryWords) -> SafeString | str:
    if not words.before:
        return words.after
    return format_html('<div class="of">{} →</div>{}', words.before, words.after or "—")


def _place(text: str) -> log.Place | None:
    moment, _comma, rest = text.partition(",")
    name, _comma, number = rest.partition(",")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    if at is None or not is_aware(at) or not FIRST_DAY.year <= at.year <= LAST_DAY.year:
        return None
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    return at, name, int(number)


def _query(request: HttpRequest, after: log.Place | None) -> str:
    query = request.GET.copy()
    for name in ("after", "file"):
        query.pop(name, None)
    if after is not None:
        at, name, number = after
        query["after"] = f"{at.isoformat()},{name},{number}"
    return "?" + query.urlencode()
