"""Two people edit one thing: the second sees what the first changed and keeps what they typed.

What the second did not touch is shown as it is now; what both changed stays as typed, with the other's
value beside it. Pressing again then is a decision.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from console.setup.setup_forms import SetupStep
from console.setup.setup_words import display_value
from lots.setup.change_recorder import SettingFault, Stale, Thing, changed_since

type Show = Callable[[SetupStep, int], HttpResponse]


def edit(
    request: HttpRequest,
    form: SetupStep,
    *,
    thing: Thing,
    save: Callable[[SetupStep], bool],
    back: str,
    again: Show,
) -> HttpResponse:
    """Save a form that began with a revision, or show it again with what came in between."""
    if not form.is_valid():
        return again(form, 422)
    try:
        done = save(form)
    except SettingFault as fault:
        form.refuse(fault.faults)
        return again(form, 422)
    except Stale as stale:
        return again(merged(form, stale.row, thing), 409)
    messages.success(request, _("Saved.") if done else _("Nothing changed."))
    return redirect(back)


def merged(form: SetupStep, row: Any, thing: Thing) -> SetupStep:
    """Return the form as its second editor should see it, with the other's changes named."""
    typed: dict[str, Any] = dict(form.cleaned_data)
    base, who = changed_by_others(row, thing, typed["revision"])
    data = {name: typed.get(name) for name in form.fields}
    clashes = {}
    for name in set(base) & set(form.fields):
        if typed.get(name) == base[name]:
            data[name] = getattr(row, name)
        elif typed.get(name) != getattr(row, name):
            clashes[name] = getattr(row, name)
    fresh = type(form)({**data, "revision": row.revision, "press": form["press"].value()})
    fresh.is_valid()
    for name, value in clashes.items():
        fresh.add_error(name, clash(who[name], display_value(name, value)))
    fresh.others = [  # type: ignore[attr-defined]
        (form.fields[name].label, who[name], display_value(name, getattr(row, name)))
        for name in form.fields
        if name in base
    ]
    return fresh


def with_value(data: Any, name: str, value: object) -> QueryDict:
    """Return what was sent with another value in one field."""
    changed: QueryDict = data.copy()
    changed[name] = str(value)
    return changed


def changed_by_others(row: Any, thing: Thing, revision: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what others changed since a form of this revision was made: values before and by whom."""
    base: dict[str, Any] = {}
    who: dict[str, str] = {}
    for change in changed_since(row, thing, revision):
        for name, value in change.before.items():
            base.setdefault(name, value)
            who[name] = change.by.get_username() if change.by else _("Command line")
    return base, who


def clash(who: str, value: str) -> str:
    """Return the message beside a field that both changed."""
    return _("%(who)s has just changed it to “%(value)s”. Saving again applies your value.") % {
        "who": who,
        "value": value,
    }
