"""The console's pages about tariffs: versions, what a draft would have cost, signing, calling off."""

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import lot_search, tariff_preview
from console.background_start import start
from console.list_filters import MomentField
from console.natural_order import in_order
from console.reason_forms import ReasonField, ReasonForm, ask_again
from console.tariff_editor import revision_of, staff
from console.tariff_strip import ShownStay, strip
from core.addresses import public_url
from lots import tariff_drafts
from lots.models import Lot, TariffVersion
from lots.models.tariff_draft_models import TariffDraft
from lots.pricing import PastTariff, place_of, version_at, versions_next, versions_now
from lots.tariff_replay import DAYS, MOST, STEPS, replay
from lots.tariffs import TariffError
from lots.tariffs import read as read_tariff
from lots.tariffs.examples import MONDAY_AT_TEN
from presentation.tariff_faults import fault
from staff.access import access, requires

EDITS = 20


class SignForm(ReasonForm):
    """From when a signed draft is in force, in the lot's zone, and why the price changes."""

    valid_from = MomentField(label=_("Takes effect at (for cars that enter afterwards)"))
    why = ReasonField(label=_("Grounds for the change"))
    field_order = ("valid_from", "why")


@requires("tariffs.see")
@require_http_methods(["GET", "HEAD", "POST"])
def tariffs(request: HttpRequest) -> HttpResponse:
    """Show each lot with the version in force, the next one and the draft: first those without a price.

    The only lot found is opened at once.
    """
    at, lots = now(), in_order(access(request).lots().order_by("pk"))
    text = lot_search.typed(request)
    found = lot_search.named(lots, text)
    if text and len(found) == 1:
        return redirect("console:tariff", found[0].slug)
    shown = found or lots
    current, following, open_drafts = (
        versions_now(shown, at),
        versions_next(shown, at),
        tariff_drafts.open_drafts(shown),
    )
    lines: list[dict[str, Any]] = [
        {
            "lot": lot,
            "current": current.get(lot.pk),
            "next": following.get(lot.pk),
            "draft": open_drafts.get(lot.pk),
            "lacks_price": _lacks_price(lot, current.get(lot.pk)),
        }
        for lot in shown
    ]
    lines.sort(key=lambda line: (not line["lacks_price"], line["draft"] is None))
    context = {"lines": lines, **lot_search.search_box(lots, found, text)}
    return render(request, "console/tariffs.html", context)


def _lacks_price(lot: Lot, current: TariffVersion | None) -> bool:
    """Return whether a lot has no price; one in front of another parking system needs none of ours."""
    return current is None and lot.system == Lot.System.BUILTIN


@requires("tariffs.see")
@require_safe
def tariff(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all versions of a lot's tariff, newest first, and what was saved of its draft."""
    lot, at = access(request).lot(slug), now()
    current = version_at(lot, at)
    lines = [
        {"row": row, "state": _state(row, current, at), "waits": _waits(row, at)}
        for row in lot.tariffs.select_related("signed_by", "withdrawn_by").order_by("-version")
    ]
    draft = tariff_drafts.open_draft(lot)
    edits = draft.edits.select_related("by").order_by("-revision")[:EDITS] if draft else []
    closed = lot.drafts.exclude(closed_at=None).select_related("closed_by", "became").order_by("-closed_at")
    context = {"lot": lot, "lines": lines, "draft": draft, "edits": edits, "closed": closed[:EDITS]}
    context["board"] = public_url(f"/lot/{lot.slug}/tariff")
    return render(request, "console/tariff.html", context)


def _state(row: TariffVersion, current: TariffVersion | None, at: datetime) -> str:
    if row.withdrawn_at:
        return gettext("Withdrawn")
    if row == current:
        return gettext("In force")
    return gettext("Not yet in force") if _waits(row, at) else gettext("Retired")


def _waits(row: TariffVersion, at: datetime) -> bool:
    return row.withdrawn_at is None and row.valid_from > at


@requires("tariffs.see")
@require_safe
def version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show one version: what it means, who signed it, what it changed."""
    lot, at = access(request).lot(slug), now()
    row = get_object_or_404(lot.tariffs.select_related("signed_by", "withdrawn_by"), version=number)
    place, meant = place_of(lot), read_tariff(row.document)
    before = (
        lot.tariffs.filter(version__lt=number, version__gt=0, withdrawn_at=None).order_by("-version").first()
    )
    context = {
        "lot": lot,
        "row": row,
        "state": _state(row, version_at(lot, at), at),
        "text": tariff_drafts.written(row.document),
        "preview": tariff_preview.preview(meant, place, MONDAY_AT_TEN.replace(tzinfo=lot.tz)),
        "strip": strip(meant, place, ShownStay(MONDAY_AT_TEN.date())),
        "before": before,
    }
    if before:
        context["change"] = tariff_preview.change(read_tariff(before.document), meant, place)
    return render(request, "console/tariff_version.html", context)


@requires("tariffs.edit")
@require_POST
def drop(request: HttpRequest, slug: str) -> HttpResponse:
    """Throw the draft away; its texts stay on record."""
    lot = access(request).lot(slug)
    row = _draft_named(request, lot)
    try:
        tariff_drafts.throw_away(row.pk, revision=revision_of(request), by=staff(request), at=now())
    except tariff_drafts.StaleDraft:
        messages.error(
            request,
            gettext(
                "The draft was just changed by another user and was not discarded. Review the new text first."
            ),
        )
    else:
        messages.success(request, gettext("The draft was discarded; its texts stay in the history."))
    return redirect("console:tariff", lot.slug)


@requires("tariffs.sign")
@require_POST
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign the draft off as the next version, from a date."""
    lot = access(request).lot(slug)
    row, form = _draft_named(request, lot), SignForm(request.POST)
    draft = reverse("console:tariff-draft", args=[lot.slug])
    with timezone.override(lot.tz):
        if not form.is_valid():
            return ask_again(request, form, back=draft)
    try:
        signed = tariff_drafts.sign(
            row.pk, revision=revision_of(request), **form.cleaned_data, by=staff(request), at=now()
        )
    except tariff_drafts.StaleDraft:
        messages.error(
            request,
            gettext("The draft was changed after you opened it and was not signed. Please check it again."),
        )
    except PastTariff:
        form.add_error(
            "valid_from", gettext("That time has passed. A new tariff can only take effect in the future.")
        )
        return ask_again(request, form, back=draft)
    except TariffError:
        messages.error(request, gettext("The draft has errors and cannot be signed."))
    else:
        messages.success(
            request,
            gettext(
                "Signed. Version %(version)s takes effect at %(start)s. Change the boards on site before"
                " then: their wording is in that version."
            )
            % {"version": signed.version, "start": f"{signed.valid_from.astimezone(lot.tz):%Y-%m-%d %H:%M}"},
        )
        return redirect("console:tariff", lot.slug)
    return redirect(draft)


@requires("tariffs.sign")
@require_POST
def call_off(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Withdraw a version that is not in force yet."""
    lot = access(request).lot(slug)
    row = get_object_or_404(lot.tariffs, version=number)
    try:
        tariff_drafts.call_off(row.pk, by=staff(request), at=now())
    except tariff_drafts.InForce:
        messages.error(
            request, gettext("This version is in force and cannot be withdrawn; start a new draft.")
        )
    else:
        messages.success(request, gettext("Version %(version)s was withdrawn.") % {"version": number})
    return redirect("console:tariff", lot.slug)


@requires("tariffs.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def month(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the stays of the last 30 days would have cost by the draft, against the version in force."""
    lot, at = access(request).lot(slug), now()
    row, current = tariff_drafts.open_draft(lot), version_at(lot, at)
    if row is None or current is None:
        raise Http404
    context: dict[str, Any] = {"lot": lot, "draft": row, "current": current, "days": DAYS, "most": MOST}
    try:
        new = read_tariff(tariff_drafts.document_of(row.text))
    except TariffError as error:
        return render(request, "console/tariff_month.html", {**context, "fault": fault(error)}, status=422)
    if request.method == "POST":
        wanted = {"document": tariff_drafts.document_of(row.text), "version": current.version}
        return start(request, "recompute", lot=lot, arguments={**wanted, "revision": row.revision})
    old = read_tariff(current.document)
    found = replay(lot, old=old, new=new, place=place_of(lot), at=at)
    groups = [(_group(index), found.groups[index]) for index in range(len(STEPS) + 1)]
    most = max([count for _, count in groups] + [1])
    context |= {"found": found, "shares": [(label, n, round(100 * n / most)) for label, n in groups]}
    return render(request, "console/tariff_month.html", context)


def _group(index: int) -> str:
    low, high = (STEPS[i] // 100 if 0 <= i < len(STEPS) else None for i in (index - 1, index))
    if low is None:
        return gettext("¥%(high)s or more less") % {"high": -cast(int, high)}
    if high is None:
        return gettext("Over ¥%(low)s more") % {"low": low}
    return (
        gettext("¥%(low)s to ¥%(high)s less") % {"high": -high, "low": -low}
        if low < 0
        else gettext("¥%(low)s to ¥%(high)s more") % {"low": low, "high": high}
    )


def _draft_named(request: HttpRequest, lot: Lot) -> TariffDraft:
    pk = request.POST.get("draft", "")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 18):
        raise Http404
    return get_object_or_404(lot.drafts, pk=int(pk))
