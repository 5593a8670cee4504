"""One act on a page: which form, what it is called, what it does. A page lists those that apply now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _

from console import attention
from console.error_messages import message_of
from console.money_forms import ActForm
from core.errors import ParkingError
from core.money import yuan
from payments.balance_corrections import SessionNotFound
from payments.models import StaffAct
from payments.staff_action_log import ActedBy
from presentation.templatetags.money_tags import grouped
from staff.access import access, keep_in_history

MAY_BE_PLATES = {"target", "plate"}  # fields of forms: a page with a whole plate is stored in no browser


@dataclass
class OfferedAct:
    """An act that staff may do on this page now."""

    name: str
    title: str
    form: Callable[..., ActForm]
    do: Callable[[Any, ActedBy, datetime], Any]  # form, by, at
    action: str = ""  # the permission it needs
    hint: str = ""
    danger: bool = False
    initial: dict[str, Any] = field(default_factory=dict)
    bound: ActForm | None = None
    error: str = ""
    foresee: Callable[[Any, datetime], list[str]] | None = None  # what will happen, in sentences
    result: Callable[[Any], str] | None = None  # what was done, in a sentence; else its name and amount
    place: str = ""  # set apart the ids of forms where one act is offered several times on a page

    @property
    def is_foreseen(self) -> bool:
        """Whether its sentences are shown before it is done."""
        return self.foresee is not None

    @property
    def anchor(self) -> str:
        return f"{self.name}-{self.place}" if self.place else self.name

    @property
    def shown(self) -> ActForm:
        """The form to show: as it was sent where that failed, else a fresh one with a new act."""
        return self.bound or self.form(initial=self.initial, **self._ids())

    def bind(self, data: Any) -> ActForm:
        self.bound = self.form(data, **self._ids())
        return self.bound

    def _ids(self) -> dict[str, str]:
        return {"auto_id": f"{self.anchor}-%s"} if self.place else {}


def known_act(request: HttpRequest) -> StaffAct | None:
    """Return the act that this form did already: it was pressed twice."""
    try:
        number = UUID(request.POST.get("act", ""))
    except ValueError:
        return None
    return StaffAct.objects.select_related("lot").filter(act=number, staff=request.user.pk).first()


def done_before(request: HttpRequest, back: str) -> HttpResponse:
    """Return to a page whose form was sent a second time, by a double click or from the browser's history."""
    messages.info(request, _("This was recorded already; it was not done a second time."))
    return redirect(back)


def carry_out(
    request: HttpRequest,
    offers: list[OfferedAct],
    name: str,
    *,
    back: str,
    again: Callable[[list[OfferedAct], int], HttpResponse],
) -> HttpResponse:
    """Do the act called `name` and go back to the page; show it again, with why, where that failed."""
    if known_act(request) is not None:
        return done_before(request, back)
    offer = next((offer for offer in offers if offer.name == name), None)
    if offer is None:  # it applied when the page was made
        if known_act(request) is not None:  # a second press, while the first one was being done
            return done_before(request, back)
        messages.warning(
            request, _("Nothing was done: this is no longer possible. See what has changed meanwhile.")
        )
        return redirect(back)
    form = offer.bind(request.POST)
    if not form.is_valid():
        return _kept_without_plates(form, again(offers, 422))
    try:
        if "look" in request.POST and offer.foresee is not None:
            form.by(request)
            return _confirm(request, offer, form, back)
        done = offer.do(form, form.by(request), now())
    except SessionNotFound as error:
        raise Http404 from error
    except ParkingError as error:
        if form.explain(error):
            return again(offers, 422)
        offer.error = message_of(error)
        return again(offers, 409)
    attention.forget(access(request).user.pk)
    messages.success(request, offer.result(done) if offer.result else _done_words(offer, done))
    return redirect(back)


def _done_words(offer: OfferedAct, done: Any) -> str:
    """Return what was done: a refund above the limit was only requested, so its record is named."""
    if not isinstance(done, StaffAct):
        return _("Done: %(act)s.") % {"act": offer.title}
    facts = {"act": done.get_kind_display(), "amount": grouped(yuan(done.amount_fen or 0))}
    return (_("Done: %(act)s, ¥%(amount)s.") if done.amount_fen else _("Done: %(act)s.")) % facts


def _confirm(request: HttpRequest, offer: OfferedAct, form: ActForm, back: str) -> HttpResponse:
    """Show what the act will do, with everything that was filled in, and one button that does it."""
    assert offer.foresee is not None
    data: Any = form.data
    filled = [(name, value) for name in form.fields for value in data.getlist(name)]
    context = {"offer": offer, "sentences": offer.foresee(form, now()), "filled": filled, "back": back}
    return _kept_without_plates(form, render(request, "console/confirm.html", context))


def _kept_without_plates(form: ActForm, page: HttpResponse) -> HttpResponse:
    """Let Back find the answer to this form, unless a whole plate may have been typed in it."""
    return page if MAY_BE_PLATES & set(form.fields) else keep_in_history(page)
