"""The page of one stay: what happened, what it owes, what staff may do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console import act_words, money_forms
from console.act_panel import Offer, carry_out, done_before, known_act
from console.shown_plates import masked
from lots import gates
from lots.models import ParkingSession
from lots.pricing import NoTariff, explain_stay, price_without_entry
from lots.sessions import due_fen, may_leave
from lots.tariffs import CNY, Currency
from lots.tariffs.charging_rules import Seen
from payments import booth, outstanding, staff_actions
from payments.checkout import price_at
from payments.models import Shift
from payments.session_timeline import timeline
from payments.staff_action_log import By
from presentation import formatting
from staff.access import access, can, requires


@requires("stays.see")
@require_safe
def stay(request: HttpRequest, pk: int) -> HttpResponse:
    """One stay with its timeline. The plate is masked."""
    session = _session(request, pk)
    with timezone.override(session.lot.tz):
        return _page(request, session, list(offers_of(request, session, now())))


@requires("stays.see")
@require_POST
def stay_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one act on a stay. A second press on one that took the stay away finds its act, not the stay."""
    done = known_act(request)
    if done is not None and done.lot is not None and done.kind in {"dropped", "merged"}:
        return done_before(request, reverse("console:lot", args=[done.lot.slug]))
    session = _session(request, pk)
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


def _session(request: HttpRequest, pk: int) -> ParkingSession:
    return access(request).one(
        ParkingSession.objects.select_related("lot__operator", "entry_lane", "exit_lane"), pk=pk
    )


def _page(
    request: HttpRequest, session: ParkingSession, offers: list[Offer], status: int = 200
) -> HttpResponse:
    at = now()
    moments = timeline(session)
    due = due_of(session, at)
    reasons = explained(session, session.left_at or at)
    money = reasons.currency.exact
    context = {
        "reasons": reasons,
        "stay": session,
        "lot": session.lot,
        "plate": masked(session),
        "due": None if due is None else money(due),
        "price": money(price_at(session, session.left_at or at)) if session.entered_at else "",
        "may_leave": session.left_at is None and may_leave(session, at=at),
        "debt": getattr(session, "debt", None),
        "other_debts": outstanding.beside(session),
        "moments": moments,
        "plates": {moment.row.pk: masked(moment.row) for moment in moments if moment.what == "read"},
        "payments": session.payments.order_by("-created_at"),
        "offers": offers,
        "action": "console:stay-act",
        "about": session.pk,
    }
    return render(request, "console/stay.html", context, status=status)


@dataclass(frozen=True)
class Explained:
    """Lines of a fee with their amounts, and which free times or caps did not apply, and why."""

    currency: Currency = CNY
    lines: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()


def explained(session: ParkingSession, until: datetime) -> Explained:
    """Return the explanation of what a stay costs up to `until`; an empty one where that is unknown."""
    if session.entered_at is None:
        return Explained()
    try:
        price, missed, currency = explain_stay(session, until=until)
    except NoTariff:
        return Explained()
    lines = [(formatting.line(one.values, one.code, currency), one.fen) for one in price.lines]
    return Explained(
        currency,
        tuple((text, currency.exact(fen) if fen else "") for text, fen in lines if text),
        tuple(formatting.line(one.values, one.code, currency) for one in missed),
    )


def due_of(session: ParkingSession, at: datetime) -> int | None:
    """Return what the stay owes; None where that is unknown."""
    if session.entered_at is None:
        return None
    try:
        return due_fen(session, at=at)
    except NoTariff:
        return None


def offers_of(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[Offer]:
    """Yield what this user may do about a session now."""
    for offer in (*_money_offers(request, session, at), *_stay_offers(session, at)):
        if can(request, offer.action, session.lot_id):
            yield offer


def _money_offers(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[Offer]:
    due = due_of(session, at)
    stated = price_without_entry(session, at=at) if session.entered_at is None else None
    asked = due or (max(0, stated[0].fen - session.paid_fen) if stated else 0)
    amount = {"amount": f"{asked // 100}.{asked % 100:02d}"} if asked else {}
    if asked or (session.entered_at is not None and session.left_at is None):
        on_shift = Shift.objects.filter(lot=session.lot_id, staff=request.user.pk, closed_at=None).exists()
        if on_shift:
            yield Offer(
                "cash",
                _("Cash in"),
                money_forms.AmountForm,
                lambda form, by, at: booth.take_cash(
                    session, amount_fen=form.cleaned_data["amount"], by=by, at=at
                ),
                action="cash.take",
                result=partial(act_words.cash_words, may_return=can(request, "refunds.ask", session.lot_id)),
                initial={**amount, "reason": _("Cash at the booth")},
                hint=_(
                    "The board states this amount where nobody knows when a car came in. Look for its entry"
                    " first."
                )
                if stated
                else _(
                    "Enter what stays in the drawer, after change: ¥100 taken and ¥45 given back is 55. Any"
                    " excess is listed under “To do” and returned."
                ),
            )
        yield Offer(
            "manual",
            _("Record another payment"),
            money_forms.AmountForm,
            lambda form, by, at: booth.take_elsewhere(
                session, amount_fen=form.cleaned_data["amount"], by=by, at=at
            ),
            action="cash.take",
            initial=amount,
            hint=_(
                "For bank transfers, card payments and the like that have arrived. Give the voucher "
                "number in the reason."
            ),
        )
    if due:
        yield Offer(
            "waive",
            _("Waiver"),
            money_forms.WaiveForm,
            lambda form, by, at: booth.waive(session, amount_fen=form.cleaned_data["amount"], by=by, at=at),
            action="fees.waive",
            foresee=lambda form, _at: act_words.waive_words(session, form.cleaned_data["amount"], due),
        )


def _stay_offers(session: ParkingSession, at: datetime) -> Iterator[Offer]:
    if session.left_at is None:
        if gates._held(session, at) is not None:
            yield Offer(
                "release",
                _("Manual release"),
                money_forms.ActForm,
                lambda _form, by, at: staff_actions.release(session, by=by, at=at),
                action="stays.act",
                hint=_(
                    "Opens the barrier for the car at the exit. Unpaid fees become an outstanding "
                    "balance once it has left."
                ),
                danger=True,
            )
        yield Offer(
            "end",
            _("End the stay"),
            money_forms.EndForm,
            lambda form, by, at: _end(session, form, by, at),
            action="stays.act",
            hint=_("For a car that left without being read. Unpaid fees become an outstanding balance."),
            initial={"left": at},
            danger=True,
        )
    yield Offer(
        "entry",
        _("Correct the entry time"),
        money_forms.EntryForm,
        lambda form, by, at: staff_actions.correct_entry(
            session, entered_at=form.cleaned_data["entered"], by=by, at=at
        ),
        action="stays.act",
        initial={"entered": session.entered_at},
        hint=_(
            "Overpayments are refunded automatically; shortfalls are paid at the exit, or become an "
            "outstanding balance if the car has left."
        ),
    )
    if session.plate_index is not None:
        yield Offer(
            "plate",
            _("Correct the plate"),
            money_forms.PlateForm,
            lambda form, by, at: staff_actions.correct_plate(
                session, plate=form.cleaned_data["plate"], by=by, at=at
            ),
            action="stays.act",
            hint=_("Payments follow the stay, not the plate."),
        )
    yield Offer(
        "class",
        _("Correct the vehicle class"),
        money_forms.ClassForm,
        lambda form, by, at: staff_actions.correct_class(
            session, vehicle_class=Seen(form.cleaned_data["vehicle_class"]), by=by, at=at
        ),
        action="stays.act",
        initial={"vehicle_class": session.vehicle_class},
        hint=_(
            "If the tariff distinguishes vehicle classes, the fee follows the corrected class: "
            "overpayments are refunded automatically; shortfalls are paid at the exit, or become an "
            "outstanding balance if the car has left."
        ),
    )
    touched = session.payments.exists() or session.acts.exists() or hasattr(session, "debt")
    if not touched:
        yield Offer(
            "merge",
            _("Merge into another stay"),
            money_forms.TargetForm,
            lambda form, by, at: staff_actions.merge(session, into=form.stay(session.lot), by=by, at=at),
            action="stays.act",
            hint=_(
                "For one car recorded as two stays: this one is deleted and the earlier entry time is used."
            ),
            danger=True,
        )
        yield Offer(
            "drop",
            _("Delete this stay"),
            money_forms.ActForm,
            lambda _form, by, at: staff_actions.drop(session, by=by, at=at),
            action="stays.act",
            hint=_(
                "Only for stays created by a misread. A stay with payments or staff actions cannot be "
                "deleted."
            ),
            danger=True,
        )


def _end(session: ParkingSession, form: money_forms.EndForm, by: By, at: datetime) -> None:
    staff_actions.close_attempts(session, at=at)
    staff_actions.end_stay(session, left_at=form.left_at(at), by=by, at=at)
