"""The editor of a tariff's draft: document and small form side by side, priced while one types.

A form that is sent does all of it; the script (static/console/tariff.js) only sends it sooner. Nothing but
`save` writes.
"""

from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.csp import CSP
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST

from console import tariff_preview
from console.console_language import in_english
from console.tariff_faults import fault
from console.tariff_strip import MOST, Shown, strip
from lots import tariff_drafts, tariffs
from lots.models import Lot
from lots.models.tariff_draft_models import TariffDraft
from lots.pricing import place_of, version_at
from lots.tariffs import TariffError
from lots.tariffs.commonest import NEW, Commonest, commonest_of, with_commonest
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.exchange import FORMATS, Loss, untrusted
from lots.tariffs.presets import PRESETS
from presentation.price_board import PLATES
from staff.access import access, requires

WITH_SCRIPT: dict[str, Any] = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
}
YUAN: dict[str, Any] = {"min_value": 0, "max_value": 10_000, "decimal_places": 2, "required": False}
MINUTES: dict[str, Any] = {"min_value": 0, "max_value": 44_640, "required": False}
SLIDER: dict[str, Any] = {"min_value": 0, "max_value": MOST}
SOURCES = [("apds", "APDS (ISO/TS 5206-1)"), ("pcloud", gettext_lazy("P-Cloud charge_json"))]


class CommonestForm(forms.Form):
    """The settings that most lots have; amounts in yuan."""

    free_min = forms.IntegerField(label=gettext_lazy("Free minutes"), **MINUTES)
    free_mode = forms.ChoiceField(
        label=gettext_lazy("Beyond the free time"),
        choices=[
            ("threshold", gettext_lazy("Charged from entry")),
            ("deduct", gettext_lazy("Free minutes are deducted")),
        ],
        required=False,
    )
    first_min = forms.IntegerField(
        label=gettext_lazy("First step ends at minute (0 for a single price)"), **MINUTES
    )
    first_unit = forms.IntegerField(label=gettext_lazy("First step: unit (min)"), **MINUTES)
    first_price = forms.DecimalField(label=gettext_lazy("First step: price per unit (¥)"), **YUAN)
    unit_min = forms.IntegerField(label=gettext_lazy("Unit afterwards (min)"), min_value=1, max_value=44_640)
    price = forms.DecimalField(
        label=gettext_lazy("Price per unit afterwards (¥)"), min_value=0, max_value=10_000, decimal_places=2
    )
    cap = forms.DecimalField(label=gettext_lazy("Cap per cycle (¥, 0 for none)"), **YUAN)
    basis = forms.ChoiceField(
        label=gettext_lazy("Cycle"),
        choices=[
            ("from_entry", gettext_lazy("Every 24 hours from entry")),
            ("calendar_day", gettext_lazy("Calendar day")),
            ("none", gettext_lazy("No cycle")),
        ],
    )

    def said(self) -> Commonest:
        found = self.cleaned_data
        fen = {key: int((found[key] or 0) * 100) for key in ("first_price", "price", "cap")}
        return Commonest(
            free_min=found["free_min"] or 0,
            free_mode=found["free_mode"] or "threshold",
            first_min=found["first_min"] or 0,
            first_unit=found["first_unit"] or 60,
            unit_min=found["unit_min"],
            basis=found["basis"],
            **fen,
        )


class StayForm(forms.Form):
    """The stay of the picture."""

    day = forms.DateField(label=gettext_lazy("Entry date"), widget=forms.DateInput({"type": "date"}))
    enter = forms.IntegerField(label=gettext_lazy("Entry"), **SLIDER)
    leave = forms.IntegerField(label=pgettext_lazy("stay", "Exit"), **SLIDER)
    kind = forms.ChoiceField(label=gettext_lazy("Vehicle type"), choices=PLATES.items())

    def shown(self) -> Shown:
        """Return the stay as far as it was said well; no car leaves before it comes."""
        self.is_valid()
        said = {**vars(_first_shown()), **self.cleaned_data}
        if not 2000 <= said["day"].year <= 2200:
            said["day"] = _first_shown().day
        return Shown(**{**said, "leave": max(said["enter"], said["leave"])})


@dataclass
class Desk:
    """What lies on an editor's desk: the text as it is, and what is to be told about it."""

    lot: Lot
    text: str
    shown: Shown
    draft: TariffDraft | None
    form: CommonestForm | None = None
    told: dict[str, Any] = field(default_factory=dict)


@csp_override(WITH_SCRIPT)
@requires("tariffs.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """The editor. A POST previews, fills in a preset, an import or the small form, or saves."""
    lot = access(request).lot(slug)
    open_now = tariff_drafts.open_draft(lot)
    revision = open_now.revision if open_now else 0
    if request.method != "POST":
        return _page(request, Desk(lot, _begin(lot, open_now), _first_shown(), open_now), revision)
    desk = _desk(request, lot, open_now)
    if request.POST.get("act") == "save":
        return _saved(request, desk)
    status = _act(request, desk)
    return _page(request, desk, revision_of(request), status=status)


@requires("tariffs.edit")
@require_POST
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """As the editor, for its script: what has changed of the page, and nothing is written."""
    lot = access(request).lot(slug)
    desk = _desk(request, lot, None)
    _act(request, desk)
    context = _context(desk, meaning=request.POST.get("act") != "stay")
    parts = {"strip": "console/tariff_strip.html"}
    if request.POST.get("act") != "stay":
        parts["meaning"] = "console/tariff_meaning.html"
    if request.POST.get("act") == "preview":
        parts["small"] = "console/tariff_small.html"
    html = {name: render_to_string(file, context, request) for name, file in parts.items()}
    return JsonResponse({"text": desk.text, **html})


def _desk(request: HttpRequest, lot: Lot, open_now: TariffDraft | None) -> Desk:
    text = request.POST.get("text", "")[: tariff_drafts.MOST_TEXT].replace("\r\n", "\n")
    return Desk(lot, text, StayForm(request.POST).shown(), open_now)


def _act(request: HttpRequest, desk: Desk) -> int:
    """Do what was asked to the text on the desk; return the answer's status."""
    act, preset = request.POST.get("act", ""), PRESETS.get(request.POST.get("preset", ""))
    if act == "preset" and preset:
        desk.text = tariff_drafts.written(preset[1])
    if act == "import":
        return _import(request, desk)
    return _fill(request, desk) if act == "fill" else 200


def _fill(request: HttpRequest, desk: Desk) -> int:
    """Write the small form into the document; a text that cannot be read stays as it is."""
    desk.form = CommonestForm(request.POST)
    if not desk.form.is_valid():
        return 422
    try:
        document = with_commonest(tariff_drafts.document_of(desk.text), desk.form.said())
    except TariffError:
        desk.told["unread"] = True
        return 422
    desk.text = tariff_drafts.written(document)
    return 200


def _import(request: HttpRequest, desk: Desk) -> int:
    """Put a tariff in somebody else's format on the desk, and say what it left open."""
    source, file = request.POST.get("source", ""), request.FILES.get("file")
    if source not in FORMATS or file is None:
        desk.told["import_fault"] = ("", "", _("Choose a format and a file."))
        return 422
    try:
        said = file.read(untrusted.MOST_TEXT + 1).decode("utf-8-sig")
        document, lost = FORMATS[source].load(untrusted.parse(said))
    except UnicodeDecodeError:
        desk.told["import_fault"] = ("", "", _("The file is not UTF-8."))
        return 422
    except TariffError as error:
        desk.told["import_fault"] = fault(error)
        return 422
    desk.text = tariff_drafts.written(document)
    desk.told |= {"imported": True, "lost": _lost(lost)}
    return 200


def _lost(lost: tuple[Loss, ...]) -> list[tuple[str, str]]:
    return [(one.path, one.words[0 if in_english() else 1]) for one in lost]


def _begin(lot: Lot, open_now: TariffDraft | None) -> str:
    """Return the text that an editor opens with: the draft's, else that of the version in force."""
    if open_now:
        return open_now.text
    current = version_at(lot, now())
    return tariff_drafts.written(current.document if current else NEW)


def _saved(request: HttpRequest, desk: Desk) -> HttpResponse:
    try:
        tariff_drafts.save(
            lot=desk.lot, text=desk.text, revision=revision_of(request), by=staff(request), at=now()
        )
    except tariff_drafts.StaleDraft:
        desk.draft = theirs = tariff_drafts.open_draft(desk.lot)
        desk.told |= {"theirs": theirs.text if theirs else "", "stale": True}
        return _page(request, desk, theirs.revision if theirs else 0, status=409)
    messages.success(request, _("Draft saved."))
    return redirect("console:tariff-draft", desk.lot.slug)


def _page(request: HttpRequest, desk: Desk, revision: int, *, status: int = 200) -> HttpResponse:
    context = _context(desk) | {
        "draft": desk.draft,
        "revision": revision,
        "presets": [(key, names[in_english()]) for key, (names, _document) in PRESETS.items()],
        "sources": SOURCES,
        "saved": desk.draft is not None and desk.draft.text == desk.text,
    }
    return render(request, "console/tariff_draft.html", context, status=status)


def _context(desk: Desk, *, meaning: bool = True) -> dict[str, Any]:
    """Return what the text on the desk means, or what is wrong in it."""
    stay = StayForm(initial=vars(desk.shown))
    context: dict[str, Any] = {
        "lot": desk.lot,
        "text": desk.text,
        "stay": stay,
        "form": desk.form,
        **desk.told,
    }
    try:
        document = tariff_drafts.document_of(desk.text)
    except TariffError as error:
        return context | {"fault": fault(error)}
    meant, place = tariffs.read(document), place_of(desk.lot)
    context |= {
        "valid": True,
        "strip": strip(meant, place, desk.shown),
        "form": desk.form or _small_form(document),
    }
    if not meaning:
        return context
    context |= {
        "preview": tariff_preview.preview(meant, place, desk.shown.at(desk.shown.enter, place)),
        "findings": tariff_preview.findings(document, meant, place),
    }
    if current := version_at(desk.lot, now()):
        old = tariffs.read(current.document)
        context |= {"current": current, "change": tariff_preview.change(old, meant, place)}
    return context


def _small_form(document: dict[str, Any]) -> CommonestForm | None:
    found = commonest_of(document)
    if found is None:
        return None
    yuan = {key: f"{getattr(found, key) / 100:.2f}" for key in ("first_price", "price", "cap")}
    return CommonestForm(initial={**vars(found), **yuan})


def _first_shown() -> Shown:
    return Shown(MONDAY_AT_TEN.date())


def revision_of(request: HttpRequest) -> int:
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else -1


def staff(request: HttpRequest) -> User:
    return cast(User, request.user)
