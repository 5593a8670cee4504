"""The console's page about what signs say."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from console.reason_forms import ReasonField
from console.setup.editing import with_value
from console.sign_pages import EVENTS
from console.templatetags import sign_labels
from lots.models import Lot, SignWording
from lots.signs import lot_sheets, sign_look
from lots.signs import sign_wording as wording
from lots.signs.print_errors import WordingFault
from lots.signs.sign_wording import City
from staff.access import access, requires

OVERTAKEN = _(
    "%(who)s changed the wording at %(at)s, so nothing was saved. Your entries are still below; saving again "
    "replaces what your colleague set."
)


class SignWordingForm(forms.Form):
    """Whose rule the signs follow, in which words, and how they look."""

    city = forms.ChoiceField(label=_("Applicable local rule"), choices=list(sign_labels.CITIES.items()))
    colour = forms.CharField(
        required=False,
        label=_("Your colour instead of green (#rrggbb, dark; empty: green)"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "#0b4a6f", "maxlength": 7}),
    )
    logo = forms.FileField(
        required=False,
        label=_("Your logo (PNG, JPEG, WebP; shown at the top of A3, A4, A5 and lane signs)"),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    no_logo = forms.BooleanField(required=False, label=_("Remove the logo"))
    why = ReasonField(required=False, label=_("Reason for the change"))
    preset = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the version that the page showed
    field_order = ("city", *wording.LONGEST, "colour", "logo", "no_logo", "why")

    def __init__(
        self, data: Any = None, files: Any = None, *, last: SignWording | None, initial: dict[str, Any]
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.last = last
        self.initial["seen"] = last.pk if last else 0
        for name, title in sign_labels.TEXTS.items():
            longest = wording.LONGEST[name]
            label = gettext("%(title)s (at most %(longest)s characters)")
            self.fields[name] = forms.CharField(
                required=False,
                max_length=longest,
                label=label % {"title": title, "longest": longest},
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
        if last is None or last.logo is None:
            del self.fields["no_logo"]
        self.order_fields(self.field_order)

    def clean_colour(self) -> str:
        try:
            return sign_look.check_colour(self.cleaned_data["colour"])
        except WordingFault as fault:
            raise forms.ValidationError(list(fault.faults)) from None

    def clean_logo(self) -> bytes | None:
        upload: UploadedFile[bytes] | None = self.cleaned_data["logo"]
        try:
            return sign_look.logo_of(upload.read(sign_look.LARGEST + 1)) if upload else None
        except WordingFault as fault:
            raise forms.ValidationError(list(fault.faults)) from None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "city" in values:
            try:
                wording.edited(City(values["city"]), self.changes())
            except WordingFault as fault:
                self.add_error(None, forms.ValidationError(list(fault.faults)))
        last, seen = self.last, values.get("seen")
        if last and seen not in {None, last.pk} and not self.errors and not self.is_stored():
            who = last.by.get_username() if last.by else gettext("Command line")
            self.add_error(None, str(OVERTAKEN) % {"who": who, "at": f"{localtime(last.at):%H:%M}"})
            self.data = with_value(self.data, "seen", last.pk)  # saving again is a decision
        return values

    def is_stored(self) -> bool:
        """Return whether what was sent is in force already: a second click."""
        last = self.last
        in_force = last and (last.city, last.texts, last.colour, bytes(last.logo) if last.logo else None)
        return in_force == self.look()

    def changes(self) -> dict[str, str]:
        """Return the texts that differ from the city's standard wording."""
        if self.cleaned_data.get("preset"):
            return {}
        preset = wording.PRESETS[City(self.cleaned_data["city"])]
        texts = {name: self.cleaned_data.get(name, "") for name in wording.LONGEST}
        return {name: text for name, text in texts.items() if text and text != getattr(preset, name)}

    def look(self) -> tuple[str, dict[str, str], str, bytes | None]:
        """Return city, changed texts, colour and logo from now on."""
        values = self.cleaned_data
        logo = values["logo"] or (bytes(self.last.logo) if self.last and self.last.logo else None)
        return values["city"], self.changes(), values["colour"], None if values.get("no_logo") else logo


@requires("signs.edit")
@require_http_methods(["GET", "POST"])
@transaction.atomic
def sign_wording(request: HttpRequest, slug: str) -> HttpResponse:
    """Show whose rule the signs follow and in which words; required phrases cannot be left out."""
    lot = access(request).lot(slug)
    if request.method == "POST":  # of two people who save in one instant, the second sees the first's words
        Lot.objects.select_for_update(of=("self",), no_key=True).get(pk=lot.pk)
    city, words = lot_sheets.words_of(lot)
    last = lot.wordings.select_related("by").order_by("-pk").first()
    texts = {name: getattr(words, name) for name in wording.LONGEST}
    shown = {"city": city, "colour": last.colour if last else "", **texts}
    form = SignWordingForm(request.POST or None, request.FILES or None, last=last, initial=shown)
    if request.method == "POST" and form.is_valid():
        _save(request, lot, form)
        messages.success(request, gettext("Saved. The next print has the new wording."))
        return redirect(reverse("console:sign-wording", args=[slug]))
    context = {
        "lot": lot,
        "form": form,
        "required": wording.required(
            City(form["city"].value()) if form["city"].value() in set(City) else city
        ),
        "history": lot.wordings.select_related("by").order_by("-pk")[:EVENTS],
        "sample": lot.signs.pure().first(),
    }
    return render(request, "console/sign_wording.html", context, status=422 if form.errors else 200)


def _save(request: HttpRequest, lot: Lot, form: SignWordingForm) -> None:
    """Store a changed look; a second click changes nothing."""
    if form.is_stored():
        return
    city, texts, colour, logo = form.look()
    SignWording.objects.create(
        lot=lot,
        city=city,
        texts=texts,
        colour=colour,
        logo=logo,
        at=now(),
        by=access(request).user,
        why=form.cleaned_data["why"],
    )
