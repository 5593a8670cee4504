"""Filters of lists that members of staff name and use again.

A saved filter is the query of an address. Filters have no field for a plate (`console.list_filters`), and
only choices, dates and amounts are saved: free text is not. Names that hold a plate are refused.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from console.lists import ListPage
from console.money_forms import YuanField
from lots.reasons import identifies_person
from staff.access import access, requires
from staff.models import SavedFilter

MOST = 20  # of one list
SAVED = (
    forms.ChoiceField,
    forms.ModelChoiceField,
    forms.DateField,
    forms.DateTimeField,
    forms.TimeField,
    YuanField,
)


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SavedFilter
        fields = ("name",)
        labels = {"name": _("Name")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if identifies_person(name):
            raise forms.ValidationError(gettext("Do not put a plate or phone number in the name."))
        return name


def query_to_save(page: ListPage) -> str:
    """Return the query of a list's address with what may be saved of it."""
    kept = understood(page.form, page.request.GET)
    if sort := page.sort_of():
        kept["sort"] = sort
    return kept.urlencode()


def understood(form: forms.Form, asked: QueryDict) -> QueryDict:
    """Return what the filter understood of a query and may be saved."""
    kept = QueryDict(mutable=True)
    form.is_valid()
    for name, field in form.fields.items():
        if (value := asked.get(name)) and isinstance(field, SAVED) and name not in form.errors:
            kept[name] = str(value)
    return kept


def change(request: HttpRequest, list_name: str, query: str) -> str:
    """Save a query under the name in the form, or drop one; return the query to go on with."""
    mine = SavedFilter.objects.filter(user=access(request).user, list_name=list_name)
    if "drop" in request.POST:
        mine.filter(name=request.POST["drop"][:40]).delete()
        return request.GET.urlencode()
    form = NameForm(request.POST)
    fault = _fault(form, query, mine.exclude(name=request.POST.get("name", "").strip()).count())
    if fault:
        messages.error(request, fault)
        return query
    name = form.cleaned_data["name"]
    _filter, is_new = mine.update_or_create(
        user=access(request).user,
        list_name=list_name,
        name=name,
        defaults={"query": query, "made_at": now()},
    )
    words = gettext("Filter saved: %(name)s.") if is_new else gettext("Filter replaced: %(name)s.")
    messages.success(request, words % {"name": name})
    return query


class SaveFilter(View):
    """Save the filter of a list under a name; the same name again replaces it, and `drop` deletes one."""

    page: type[ListPage] = ListPage

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        return requires(initkwargs["page"].action)(super().as_view(**initkwargs))

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect(self.back(request.GET.urlencode()))

    def post(self, request: HttpRequest) -> HttpResponse:
        page = self.page(request=request)
        page.form = page.make_form()
        return redirect(self.back(change(request, page.name, query_to_save(page))))

    def back(self, query: str) -> str:
        return reverse(self.page.route) + (f"?{query}" if query else "")


def _fault(form: NameForm, query: str, others: int) -> str:
    if not query:
        return gettext("Nothing is filtered yet: choose something first.")
    if len(query) > 500:
        return gettext("This filter is too long to be saved.")
    if others >= MOST:
        return gettext("At most %(most)s filters of one list can be saved.") % {"most": MOST}
    if not form.is_valid():
        return " ".join(str(fault) for fault in form.errors.get("name", []))
    return ""
