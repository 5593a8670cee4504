"""The console's page about what signs say."""

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from console.sign_pages import EVENTS
from console.templatetags import sign_labels
from console.typed_text import typed
from lots.models import Lot, SignWording
from lots.signs import lot_sheets, sign_look
from lots.signs import sign_wording as wording
from lots.signs.print_errors import WordingFault
from lots.signs.sign_wording import City
from staff.access import access, requires


@requires("signs.edit")
@require_http_methods(["GET", "POST"])
def sign_wording(request: HttpRequest, slug: str) -> HttpResponse:
    """Whose rule the signs follow and in which words; what the rule asks for cannot be left out."""
    lot = access(request).lot(slug)
    city, words = lot_sheets.words_of(lot)
    faults: Sequence[str] = ()
    values = {name: getattr(words, name) for name in wording.TITLES}
    look = lot.wordings.order_by("-pk").first()
    if request.method == "POST":
        city = City(request.POST["city"]) if request.POST.get("city") in set(City) else city
        values = {name: typed(request, name) for name in wording.TITLES}
        faults = _save_wording(request, lot, city, values)
        if not faults:
            return redirect(reverse("console:sign-wording", args=[slug]))
    context = {
        "lot": lot,
        "colour": request.POST.get("colour", look.colour if look else ""),
        "has_logo": look is not None and look.logo is not None,
        "city": city,
        "cities": sign_labels.CITIES.items(),
        "fields": [
            (name, title, values[name], wording.LONGEST[name]) for name, title in sign_labels.TEXTS.items()
        ],
        "required": wording.required(city),
        "faults": faults,
        "history": lot.wordings.select_related("by").order_by("-pk")[:EVENTS],
        "sample": lot.signs.pure().first(),
    }
    return render(request, "console/sign_wording.html", context, status=422 if faults else 200)


def _save_wording(request: HttpRequest, lot: Lot, city: City, texts: Mapping[str, str]) -> Sequence[str]:
    """Save changed words and return what is wrong with them."""
    preset = wording.PRESETS[city]
    changes = {name: text for name, text in texts.items() if text and text != getattr(preset, name)}
    if request.POST.get("preset"):
        changes = {}
    last = lot.wordings.order_by("-pk").first()
    try:
        wording.edited(city, changes)
        colour = sign_look.check_colour(request.POST.get("colour", ""))
        logo = _logo(request, bytes(last.logo) if last and last.logo else None)
    except WordingFault as fault:
        return fault.faults
    before = last and (last.city, last.texts, last.colour, bytes(last.logo) if last.logo else None)
    if before != (city, changes, colour, logo):
        SignWording.objects.create(
            lot=lot,
            city=city,
            texts=changes,
            colour=colour,
            logo=logo,
            at=now(),
            by=access(request).user,
            why=typed(request, "why"),
        )
    return ()


def _logo(request: HttpRequest, before: bytes | None) -> bytes | None:
    """Return the logo from now on: the uploaded one, the one before, or none."""
    if "no_logo" in request.POST:
        return None
    upload = request.FILES.get("logo")
    return sign_look.logo_of(upload.read(sign_look.LARGEST + 1)) if upload else before
