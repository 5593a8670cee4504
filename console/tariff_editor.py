"""The editor of a tariff's draft: a form for all of it beside its board, priced while one types.

A form that is sent does all of it; the script (static/console/tariff.js) only sends it sooner. Nothing but
`save` writes.
"""

import hashlib
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
from django.utils.text import capfirst
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_POST

from console import tariff_preview
from console.tariff_form import acted, document_of_form, field_path, fields_of, is_form, paths
from console.tariff_names import name_fault
from console.tariff_preset_names import NAMES
from console.tariff_strip import MOST, ShownStay, strip, week
from lots import tariff_drafts, tariffs
from lots.models import Lot
from lots.models.tariff_draft_models import TariffDraft
from lots.pricing import place_of, version_at
from lots.tariffs import CNY, CURRENCIES, TariffError
from lots.tariffs.all_faults import all_faults
from lots.tariffs.examples import MONDAY_AT_TEN
from lots.tariffs.exchange import FORMATS, Loss, untrusted
from lots.tariffs.presets import NEW, PRESETS
from lots.tariffs.readings import with_other_answer
from presentation.price_board import price_board
from presentation.tariff_faults import AMOUNTS, fault, reason, reason_of_amount
from presentation.tariff_losses import LOSSES
from presentation.vehicle_words import PLATES
from staff.access import access, requires

WITH_SCRIPT: dict[str, Any] = {
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
}
VEHICLES = [(kind, capfirst(name)) for kind, name in PLATES.items()]
SLIDER: dict[str, Any] = {"min_value": 0, "max_value": MOST}
SOURCES = [("apds", "APDS (ISO/TS 5206-1)"), ("pcloud", gettext_lazy("P-Cloud charge_json"))]


class StayForm(forms.Form):
    """The stay of the picture."""

    day = forms.DateField(label=gettext_lazy("Entry date"), widget=forms.DateInput({"type": "date"}))
    enter = forms.IntegerField(label=gettext_lazy("Entry"), **SLIDER)
    leave = forms.IntegerField(label=pgettext_lazy("stay", "Exit"), **SLIDER)
    kind = forms.ChoiceField(label=gettext_lazy("Vehicle type"), choices=VEHICLES)

    def shown(self) -> ShownStay:
        """Return the stay, with defaults for invalid fields; a car leaves no earlier than it enters."""
        self.is_valid()
        values = {**vars(_first_shown()), **self.cleaned_data}
        if not 2000 <= values["day"].year <= 2200:
            values["day"] = _first_shown().day
        return ShownStay(**{**values, "leave": max(values["enter"], values["leave"])})


@dataclass
class Editor:
    """State of the editor: the text as typed, and the page's comments on it."""

    lot: Lot
    text: str
    shown: ShownStay
    draft: TariffDraft | None
    notes: dict[str, Any] = field(default_factory=dict)


@csp_override(WITH_SCRIPT)
@requires("tariffs.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the editor. A POST previews, fills in a preset, an import or the small form, or saves."""
    lot = access(request).lot(slug)
    open_now = tariff_drafts.open_draft(lot)
    revision = open_now.revision if open_now else 0
    if request.method != "POST":
        return _page(request, Editor(lot, _begin(lot, open_now), _first_shown(), open_now), revision)
    editor = _editor(request, lot, open_now)
    if request.POST.get("act") == "save":
        return _saved(request, editor)
    status = _act(request, editor)
    return _page(request, editor, revision_of(request), status=status)


@requires("tariffs.edit")
@require_POST
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer the editor's script with the parts of the page that changed; nothing is written."""
    lot = access(request).lot(slug)
    editor = _editor(request, lot, None)
    _act(request, editor)
    context = _context(editor, meaning=request.POST.get("act") != "stay")
    act = request.POST.get("act", "")
    parts = {"strip": "console/tariff_strip.html"}
    if act != "stay":
        parts["meaning"] = "console/tariff_meaning.html"
    if act not in {"stay", "preview"}:
        parts["fields"] = "console/tariff_fields.html"
    html = {name: render_to_string(file, context, request) for name, file in parts.items()}
    beside = {"faults": context.get("beside", {}), "asks": asks(context)} if act == "preview" else {}
    return JsonResponse({"text": editor.text, "was": digest(editor.text), **beside, **html})


def _editor(request: HttpRequest, lot: Lot, open_now: TariffDraft | None) -> Editor:
    text = request.POST.get("text", "").replace("\r\n", "\n")
    by_hand = request.POST.get("act") == "text" or request.POST.get("was", "") != digest(text)
    if is_form(request.POST) and not by_hand:
        text = tariff_drafts.written(document_of_form(request.POST))
    return Editor(lot, text, StayForm(request.POST).shown(), open_now)


def asks(context: dict[str, Any]) -> list[str]:
    """Return the questions of the form that arise now: another answer may raise or settle one."""
    nodes = [node for section in context["sections"] or [] for node in section["nodes"]]
    return [node["name"] for node in nodes if node["kind"] == "question"]


def digest(text: str) -> str:
    """Return a mark of a text, by which a later request knows whether the text was edited since."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]


def _act(request: HttpRequest, editor: Editor) -> int:
    """Do what was asked to the text in the editor; return the answer's status."""
    act, preset = request.POST.get("act", ""), PRESETS.get(request.POST.get("preset", ""))
    if act == "preset" and preset:
        editor.text = tariff_drafts.written(preset)
    if act == "import":
        return _import(request, editor)
    if act.startswith("answer:"):
        _answer(editor, act.removeprefix("answer:"))
    elif ":" in act and (document := tariff_drafts.json_of(editor.text)) is not None:
        editor.text = tariff_drafts.written(acted(document, act))
    return 200


def _answer(editor: Editor, axis: str) -> None:
    """Choose the other answer to a question about the tariff."""
    try:
        document = tariff_drafts.document_of(editor.text)
    except TariffError:
        return
    if other := with_other_answer(document, axis):
        editor.text = tariff_drafts.written(other)


def _import(request: HttpRequest, editor: Editor) -> int:
    """Put a tariff in someone else's format into the editor, and say what it left open."""
    source, file = request.POST.get("source", ""), request.FILES.get("file")
    if source not in FORMATS or file is None:
        editor.notes["import_fault"] = ("", "", _("Choose a format and a file."))
        return 422
    try:
        text = file.read(untrusted.MOST_TEXT + 1).decode("utf-8-sig")
        document, lost = FORMATS[source].load(untrusted.parse(text))
    except UnicodeDecodeError:
        editor.notes["import_fault"] = ("", "", _("The file is not UTF-8."))
        return 422
    except TariffError as error:
        editor.notes["import_fault"] = fault(error)
        return 422
    editor.text = tariff_drafts.written(document)
    editor.notes |= {"imported": True, "lost": _lost(lost)}
    return 200


def _lost(lost: tuple[Loss, ...]) -> list[tuple[str, str]]:
    return [(one.path, str(LOSSES[one.code])) for one in lost]


def _begin(lot: Lot, open_now: TariffDraft | None) -> str:
    """Return the text that an editor opens with: the draft's, else that of the version in force."""
    if open_now:
        return open_now.text
    current = version_at(lot, now())
    return tariff_drafts.written(current.document if current else NEW)


def _saved(request: HttpRequest, editor: Editor) -> HttpResponse:
    try:
        tariff_drafts.save(
            lot=editor.lot, text=editor.text, revision=revision_of(request), by=staff(request), at=now()
        )
    except tariff_drafts.StaleDraft:
        editor.draft = theirs = tariff_drafts.open_draft(editor.lot)
        editor.notes |= {"theirs": theirs.text if theirs else "", "stale": True}
        editor.notes["their_board"] = _board(theirs.text) if theirs else []
        return _page(request, editor, theirs.revision if theirs else 0, status=409)
    except tariff_drafts.DraftTooLong:
        return _page(request, editor, revision_of(request), status=422)
    if "fault" in _context(editor, meaning=False):
        messages.warning(request, _("Draft saved. Before it can be signed, complete what is marked in red."))
    else:
        messages.success(request, _("Draft saved."))
    return redirect("console:tariff-draft", editor.lot.slug)


def _page(request: HttpRequest, editor: Editor, revision: int, *, status: int = 200) -> HttpResponse:
    context = _context(editor) | {
        "draft": editor.draft,
        "revision": revision,
        "presets": [(key, NAMES[key]) for key in PRESETS],
        "sources": SOURCES,
        "saved": editor.draft is not None and editor.draft.text == editor.text,
    }
    return render(request, "console/tariff_draft.html", context, status=status)


def _context(editor: Editor, *, meaning: bool = True) -> dict[str, Any]:
    """Return what the text in the editor means, or what is wrong in it."""
    stay = StayForm(initial=vars(editor.shown))
    context: dict[str, Any] = {
        "lot": editor.lot,
        "text": editor.text,
        "was": digest(editor.text),
        "stay": stay,
        **_form(editor.text),
        **editor.notes,
    }
    try:
        document = tariff_drafts.document_of(editor.text)
    except TariffError as error:
        return context | {
            "fault": _in_form(context, fault(error)),
            "too_long": isinstance(error, tariff_drafts.DraftTooLong),
        }
    meant, place = tariffs.read(document), place_of(editor.lot)
    context |= {
        "valid": True,
        "strip": strip(meant, place, editor.shown),
        "week": week(meant, place),
        "board": price_board(meant),
    }
    if not meaning:
        return context
    context |= {
        "preview": tariff_preview.preview(meant, place, editor.shown.at(editor.shown.enter, place)),
        "findings": tariff_preview.findings(document, meant, place),
    }
    if current := version_at(editor.lot, now()):
        old = tariffs.read(current.document)
        context |= {"current": current, "change": tariff_preview.change(old, meant, place)}
    return context


def _board(text: str) -> list[str]:
    """Return the sentences of a draft; none of one that is not complete."""
    try:
        return price_board(tariffs.read(tariff_drafts.document_of(text)))
    except TariffError:
        return []


def _form(text: str) -> dict[str, Any]:
    """Return the fields of a document, and its faults: beside their fields, and those that have none."""
    document = tariff_drafts.json_of(text)
    if document is None:
        return {"sections": None}
    beside: dict[str, list[str]] = {}
    currency = CURRENCIES.get(str(document.get("currency")), CNY)
    for error in all_faults(document):
        is_amount = error.path.rpartition(".")[2] in AMOUNTS
        words = reason_of_amount(error.reason, currency) if is_amount else reason(error.reason, currency)
        words = name_fault(document, error.path) or words
        beside.setdefault(field_path(document, error.path), []).append(words)
    sections = fields_of(document, beside)
    shown = set(paths(sections))
    elsewhere = [(path, one) for path, reasons in beside.items() if path not in shown for one in reasons]
    return {"sections": sections, "beside": beside, "elsewhere": elsewhere}


def _in_form(context: dict[str, Any], fault: tuple[str, str, str]) -> tuple[str, str, str]:
    """Return a fault as its field has it, without the path; as it is where no field has it."""
    path, place, _reason = fault
    if context["sections"] is None or path not in context["beside"] or not place:
        return fault
    return "", place, context["beside"][path][0]


def _first_shown() -> ShownStay:
    return ShownStay(MONDAY_AT_TEN.date())


def revision_of(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def staff(request: HttpRequest) -> User:
    return cast(User, request.user)
