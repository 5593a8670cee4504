"""The pages of passes and white lists (通行权限): one permit, and a new one."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.permit_forms import ExtendForm, GrantForm, MoveForm, RevokeForm
from console.permit_words import moment_words, permit_words
from console.shown_plates import masked
from core.errors import ParkingError
from lots import permits
from lots.models import Lot, Permit
from lots.permit_import import term_of
from lots.permits import AlreadyRuns, BadTerm, Closed, NoSuchPass, Source
from lots.reasons import IdentifiesPerson, NoReason
from staff.access import access, can, requires


@requires("rights.see")
@require_safe
def right(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one permit: what it covers, who did what with it, and what can be done."""
    return _page(request, _one(request, pk))


@requires("rights.edit")
@require_POST
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Extend, revoke, or move to another car. A second press changes nothing."""
    row = _one(request, pk)
    if act not in FORMS:
        raise Http404
    form = FORMS[act](request.POST, label_suffix="", auto_id=f"{act}-%s")
    if form.is_valid():
        try:
            changed = ACTS[act](row, form, now(), access(request).user)
        except (BadTerm, Closed, AlreadyRuns, IdentifiesPerson, NoReason) as failure:
            form.add_error(None, _message(failure))
        else:
            messages.success(request, _("Done."))
            return redirect("console:access-right", changed.pk)
    elif not _is_offered(row, act, now()):  # its fields are no longer on the page
        form.add_error(None, _message(Closed()))
    return _page(request, row, status=422, **{act: form})


@requires("rights.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Grant a right. What was typed stays where something is wrong."""
    lot, at = access(request).lot(slug), now()
    form = GrantForm(request.POST or None, lot=lot, at=at)
    if form.is_valid():
        try:
            row = _granted(lot, form, at, access(request).user)
        except (BadTerm, NoSuchPass, AlreadyRuns) as failure:
            form.add_error(None, _message(failure))
        else:
            if row.granted_at == at:
                messages.success(request, _("Added."))
            else:
                messages.info(request, _("Nothing was added: the car has exactly this permit already."))
            return redirect("console:access-right", row.pk)
    context = {"lot": lot, "form": form, "has_passes": bool(permits.passes_of(lot, at))}
    return render(request, "console/access_add.html", context, status=422 if form.errors else 200)


def _page(request: HttpRequest, row: Permit, *, status: int = 200, **forms_: forms.Form) -> HttpResponse:
    edits, at = can(request, "rights.edit", row.lot_id), now()
    context = {
        **permit_words(row, at),
        "plate": masked(row),
        "lot": row.lot,
        "extensions": [
            {"row": one, "last": moment_words(one.until, row.lot, ends=True)}
            for one in row.extensions.select_related("by").order_by("pk")
        ],
        "replacement": Permit.objects.filter(instead_of=row).first(),
        "extends": edits and _is_offered(row, "extend", at),
        "revokes": edits and _is_offered(row, "revoke", at),
        "acted": list(forms_.values()),
        **{
            name: forms_.get(name) or form(label_suffix="", auto_id=f"{name}-%s")
            for name, form in FORMS.items()
        },
    }
    return render(request, "console/permit.html", context, status=status)


def _is_offered(row: Permit, act: str, at: datetime) -> bool:
    """Return whether an act still applies: a permit that only ran out can be extended."""
    return row.closed_at is None and (act == "extend" or row.valid_until > at)


def _one(request: HttpRequest, pk: int) -> Permit:
    rows = Permit.objects.select_related("lot", "granted_by", "revoked_by", "instead_of")
    return access(request).one(rows, pk=pk)


def _granted(lot: Lot, form: GrantForm, at: datetime, by: User) -> Permit:
    values = form.cleaned_data
    valid_from, valid_until = term_of(lot, values["first"], values["last"])
    return permits.grant(
        lot=lot,
        plate=form.known,
        name=values["name"],
        valid_from=valid_from,
        valid_until=valid_until,
        hours=form.hours(),
        source=Source.STAFF,
        at=at,
        by=by,
    )


def _extend(row: Permit, form: Any, at: datetime, by: User) -> Permit:
    first = row.valid_from.astimezone(row.lot.tz).date()
    until = term_of(row.lot, first, form.cleaned_data["last"])[1]
    return permits.extend(row, until=until, at=at, by=by)


def _revoke(row: Permit, form: Any, at: datetime, by: User) -> Permit:
    return permits.revoke(row, why=form.cleaned_data["why"], at=at, by=by)


def _move(row: Permit, form: Any, at: datetime, by: User) -> Permit:
    return permits.change_plate(row, plate=form.known, why=form.cleaned_data["why"], at=at, by=by)


FORMS: dict[str, type[forms.Form]] = {"extend": ExtendForm, "revoke": RevokeForm, "move": MoveForm}
ACTS = {"extend": _extend, "revoke": _revoke, "move": _move}


def _message(failure: ParkingError) -> str:
    return {
        BadTerm: _(
            "Invalid dates: the end must not be before the start, today or the current end date, and "
            "at most ten years ahead."
        ),
        NoSuchPass: _("The tariff in force has no such pass. Reload and try again."),
        AlreadyRuns: _("This car already has such a permit here; extend or cancel that one."),
        NoReason: _("Please give a reason."),
        IdentifiesPerson: _(
            "Do not put plates or phone numbers in the reason: actions are stored for years, plates are not."
        ),
        Closed: _("This permit has ended; add a new one."),
    }[type(failure)]
