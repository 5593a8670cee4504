"""The page of one stay: what happened, what it owes, and the acts of console.session_acts."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from console.act_panel import OfferedAct, carry_out, done_before, known_act
from console.session_acts import due_of, offers_of
from console.shown_plates import masked
from lots.models import ParkingSession
from lots.pricing import NoTariff, explain_session
from lots.systems.links import is_of_other_system
from lots.tariffs import CNY, Currency
from payments import outstanding
from payments.coupons import discounts
from payments.session_timeline import timeline
from presentation import formatting
from staff.access import access, requires


@requires("stays.see")
@require_safe
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one stay with its timeline. The plate is masked."""
    session = _session(request, pk)
    with timezone.override(session.lot.tz):
        return _page(request, session, list(offers_of(request, session, now())))


@requires("stays.see")
@require_POST
def session_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one act on a stay. A second press on one that took the stay away finds its act, not the stay."""
    if (answer := _taken_away(request)) is not None:
        return answer
    try:
        session = _session(request, pk)
    except Http404:  # maybe by the first press, since it was looked for above
        if (answer := _taken_away(request)) is not None:
            return answer
        raise
    back = reverse("console:stay", args=[pk])
    if act in {"drop", "merge"}:
        back = reverse("console:lot", args=[session.lot.slug])
    with timezone.override(session.lot.tz):
        return carry_out(
            request,
            list(offers_of(request, session, now())),
            act,
            back=back,
            again=lambda offers, status: _page(request, session, offers, status),
        )


def _taken_away(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a second press on an act that took the stay away; None for any other form."""
    done = known_act(request)
    if done is None or done.lot is None or done.kind not in {"dropped", "merged"}:
        return None
    return done_before(request, reverse("console:lot", args=[done.lot.slug]))


def _session(request: HttpRequest, pk: int) -> ParkingSession:
    return access(request).one(
        ParkingSession.objects.select_related("lot__operator", "entry_lane", "exit_lane"), pk=pk
    )


def _page(
    request: HttpRequest, session: ParkingSession, offers: list[OfferedAct], status: int = 200
) -> HttpResponse:
    at = now()
    moments = timeline(session)
    due = due_of(session, at)
    is_priced = session.entered_at is not None and not is_of_other_system(session)
    reasons = explained(session, session.left_at or at) if is_priced else ExplainedFee()
    money = reasons.currency.exact
    offered = {offer.name: offer for offer in offers}
    context = {
        "reasons": reasons,
        "stay": session,
        "lot": session.lot,
        "plate": masked(session),
        "due": None if due is None else money(due),
        "price": money(reasons.fen) if is_priced else "",
        "may_leave": session.left_at is None and session.may_leave(at),
        "debt": getattr(session, "debt", None),
        "other_debts": outstanding.beside(session),
        "moments": moments,
        "plates": {moment.row.pk: masked(moment.row) for moment in moments if moment.what == "read"},
        "payments": session.payments.order_by("-created_at"),
        "offers": offers,
        # money is due, and cash needs a shift
        "needs_shift": "cash" not in offered and "manual" in offered and bool(offered["manual"].initial),
        "action": "console:stay-act",
        "about": session.pk,
    }
    return render(request, "console/stay.html", context, status=status)


@dataclass(frozen=True)
class ExplainedFee:
    """Lines of a fee, its sum, what coupons took, and which free times or caps did not apply, and why."""

    currency: Currency = CNY
    fen: int = 0
    relief: str = ""  # what coupons take off
    lines: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()


def explained(session: ParkingSession, until: datetime) -> ExplainedFee:
    """Return the explanation of what a stay costs up to `until`; an empty one where that is unknown."""
    try:
        price, missed, currency = explain_session(session, until=until)
    except NoTariff:
        return ExplainedFee()
    bill = discounts.counting_bill(session, price, until=until, at=until).reduced
    lines = [(formatting.line(one.values, one.code, currency), one.fen) for one in bill.lines]
    return ExplainedFee(
        currency,
        bill.fen,
        formatting.money(bill.relief_fen, currency) if bill.relief_fen else "",
        tuple((text, formatting.money(fen, currency) if fen else "") for text, fen in lines if text),
        tuple(formatting.line(one.values, one.code, currency) for one in missed),
    )
