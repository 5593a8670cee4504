"""Forms of acts that need one line from staff: a reason, or what was done.

Such a line is stored for years, so it holds no personal data (`lots.reasons`). A refused one comes back on a
page of its own with the rest of the form: nothing typed is lost.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.error_messages import MESSAGES
from lots.reasons import LONGEST, identifies_person


def refuse_personal_data(text: str) -> None:
    """Raise `ValidationError` for a text with a plate or a phone number in it."""
    if identifies_person(text):
        raise forms.ValidationError(MESSAGES["reason_names_somebody"])


class ReasonField(forms.CharField):
    """A reason as staff type it, without personal data."""

    default_validators = [refuse_personal_data]
    widget = forms.TextInput(attrs={"autocomplete": "off"})

    def __init__(self, *, label: Any = None, max_length: int = LONGEST, required: bool = True) -> None:
        super().__init__(label=label or _("Reason"), max_length=max_length, required=required)
        self.error_messages["required"] = MESSAGES["no_reason"]


class ReasonForm(forms.Form):
    """The reason for an act."""

    why = ReasonField()

    def __init__(self, *args: Any, longest: int = LONGEST, **options: Any) -> None:
        super().__init__(*args, **options)
        if longest != LONGEST:
            self.fields["why"] = ReasonField(max_length=longest)


class HandledForm(forms.Form):
    """What was done about an alarm."""

    done = ReasonField(label=_("Action taken"))


def report_handled(request: HttpRequest, alarm: Any, *, done: bool) -> None:
    """Report whether this press closed an alarm; this person's last press or a colleague may have before."""
    if not done:
        alarm.refresh_from_db()
    if done or alarm.handled_by_id == request.user.pk:
        messages.success(request, gettext("Closed, with what was done."))
    else:
        messages.warning(request, gettext("A colleague has closed this already; your note was not stored."))


def ask_again(request: HttpRequest, form: forms.Form, *, back: str) -> HttpResponse:
    """Return a page with the refused form, what was typed in it, and every other posted field."""
    others = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in form.fields and name != "csrfmiddlewaretoken"
        for value in values
    ]
    context = {"form": form, "others": others, "back": back}
    return render(request, "console/ask_again.html", context, status=422)
