"""What staff may do about a stay: each act with its form, and when the page of the stay offers it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext as _

from console import act_words, money_forms
from console.act_panel import OfferedAct
from lots import gates
from lots.models import ParkingSession
from lots.models.session_models import VEHICLES
from lots.pricing import NoTariff, price_without_entry, version_for
from lots.systems.links import is_of_other_system
from lots.tariffs import TariffError
from lots.tariffs import read as read_tariff
from lots.tariffs.charging_rules import Seen, VehicleClass
from payments import booth, staff_actions
from payments.coupons import discounts
from payments.coupons.coupon_models import CouponOffer
from payments.models import Shift, StaffAct
from payments.shown_coupons import take_coupon
from payments.staff_action_log import ActedBy
from presentation import vehicle_words
from staff.access import can

type Form = Callable[..., money_forms.ActForm]
type Words = Callable[[StaffAct], str]


def offers_of(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[OfferedAct]:
    """Yield what this user may do about a session now: nothing about one of another system."""
    if is_of_other_system(session):
        return
    for offer in (*_money_offers(request, session, at), *_session_offers(request, session, at)):
        if can(request, offer.action, session.lot_id):
            yield offer


def due_of(session: ParkingSession, at: datetime) -> int | None:
    """Return what the stay owes; None where that is unknown."""
    if session.entered_at is None or is_of_other_system(session):
        return None
    try:
        return discounts.due_of(session, at=at)
    except NoTariff:
        return None


def _money_offers(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[OfferedAct]:
    due = due_of(session, at)
    stated = price_without_entry(session, at=at) if session.entered_at is None else None
    asked = due or (max(0, stated[0].fen - session.paid_fen) if stated else 0)
    amount = {"amount": f"{asked // 100}.{asked % 100:02d}"} if asked else {}
    form = partial(money_forms.TakeForm, paid=session.paid_fen, due=asked)
    if asked or (session.entered_at is not None and session.left_at is None):
        if Shift.objects.filter(lot=session.lot_id, staff=request.user.pk, closed_at=None).exists():
            may_return = can(request, "refunds.ask", session.lot_id)
            yield _cash(session, form, amount, is_stated=stated is not None, may_return=may_return)
        yield _other_payment(session, form, amount)
    if (due or session.paid_fen) and _takes_coupons(session):
        yield _coupon(session)
    if due:
        yield _waiver(session, due)


def _session_offers(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[OfferedAct]:
    may_return = can(request, "refunds.ask", session.lot_id)
    words = partial(act_words.balance_words, may_return=may_return)
    if session.left_at is None:
        if gates.waits(session, at=at):
            yield _release(session)
        yield _end(session, at, words)
    yield _correct_entry(session, words)
    if session.plate_index is not None:
        yield _correct_plate(session, words)
    yield _correct_class(session, words)
    touched = session.payments.exists() or session.acts.exists() or hasattr(session, "debt")
    if not touched:
        yield _merge(session)
        yield _drop(session)


def _cash(
    session: ParkingSession, form: Form, amount: dict[str, str], *, is_stated: bool, may_return: bool
) -> OfferedAct:
    return OfferedAct(
        "cash",
        _("Cash in"),
        form,
        lambda form, by, at: booth.take_cash(session, **_taken(form), by=by, at=at),
        action="cash.take",
        result=partial(act_words.cash_words, may_return=may_return),
        initial={**amount, "reason": _("Cash at the booth")},
        hint=_(
            "The board states this amount where nobody knows when a car came in. Look for its entry first."
        )
        if is_stated
        else _(
            "Enter what stays in the drawer, after change: ¥100 taken and ¥45 given back is 55. Any"
            " excess is listed under “To do” and returned."
        ),
    )


def _other_payment(session: ParkingSession, form: Form, amount: dict[str, str]) -> OfferedAct:
    return OfferedAct(
        "manual",
        _("Record another payment"),
        form,
        lambda form, by, at: booth.take_elsewhere(session, **_taken(form), by=by, at=at),
        action="cash.take",
        initial=amount,
        hint=_(
            "For bank transfers, card payments and the like that have arrived. Give the voucher "
            "number in the reason."
        ),
    )


def _taken(form: money_forms.TakeForm) -> dict[str, Any]:
    return {"amount_fen": form.cleaned_data["amount"], "seen_paid_fen": form.cleaned_data["seen"]}


def _takes_coupons(session: ParkingSession) -> bool:
    is_priced = session.left_at is None and session.entered_at is not None
    return is_priced and CouponOffer.objects.filter(lot=session.lot_id).exists()


def _coupon(session: ParkingSession) -> OfferedAct:
    return OfferedAct(
        "coupon",
        _("Take a coupon on paper"),
        money_forms.CouponForm,
        lambda form, by, at: take_coupon(session, code=form.cleaned_data["code"], by=by, at=at),
        action="cash.take",
        result=lambda act: act_words.coupon_words(act, due_of(session, now())),
        initial={"reason": _("The driver shows it at the booth")},
        hint=_(
            "For a driver who cannot scan it: type or scan the code, then take what is left. Coupons for the"
            " plate count by themselves."
        ),
    )


def _waiver(session: ParkingSession, due: int) -> OfferedAct:
    return OfferedAct(
        "waive",
        _("Waiver"),
        money_forms.WaiveForm,
        lambda form, by, at: booth.waive(session, amount_fen=form.cleaned_data["amount"], by=by, at=at),
        action="fees.waive",
        foresee=lambda form, _at: act_words.waive_words(session, form.cleaned_data["amount"], due),
    )


def _release(session: ParkingSession) -> OfferedAct:
    return OfferedAct(
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


def _end(session: ParkingSession, at: datetime, words: Words) -> OfferedAct:
    def end(form: money_forms.EndForm, by: ActedBy, at: datetime) -> StaffAct:
        staff_actions.close_attempts(session, at=at)
        return staff_actions.end_session(session, left_at=form.left_at(at), by=by, at=at)

    return OfferedAct(
        "end",
        _("End the stay"),
        money_forms.EndForm,
        end,
        action="stays.act",
        result=words,
        hint=_("For a car that left without being read. Unpaid fees become an outstanding balance."),
        initial={"left": at},
        danger=True,
    )


def _correct_entry(session: ParkingSession, words: Words) -> OfferedAct:
    return OfferedAct(
        "entry",
        _("Correct the entry time"),
        money_forms.EntryForm,
        lambda form, by, at: staff_actions.correct_entry(
            session, entered_at=form.cleaned_data["entered"], by=by, at=at
        ),
        action="stays.act",
        result=words,
        initial={"entered": session.entered_at},
        hint=_(
            "Overpayments are refunded automatically; shortfalls are paid at the exit, or become an "
            "outstanding balance if the car has left."
        ),
    )


def _correct_plate(session: ParkingSession, words: Words) -> OfferedAct:
    return OfferedAct(
        "plate",
        _("Correct the plate"),
        money_forms.CorrectPlateForm,
        lambda form, by, at: staff_actions.correct_plate(
            session, plate=form.cleaned_data["plate"], by=by, at=at
        ),
        action="stays.act",
        result=words,
        hint=_("Payments follow the stay, not the plate."),
    )


def _classes(session: ParkingSession) -> list[tuple[str, str]]:
    """Return the classes of vehicles to choose from, with the axles, seats, length or load on the board."""
    try:
        classes = read_tariff(version_for(session).document).classes if session.entered_at else ()
    except (NoTariff, TariffError):
        classes = ()
    priced = {seen: one for one in classes for seen in one.seen_as}
    return [(seen, _class_words(seen, str(word), priced.get(seen))) for seen, word in VEHICLES]


def _class_words(seen: str, word: str, priced: VehicleClass | None) -> str:
    if priced is None:
        return word
    title = vehicle_words.class_title(priced)
    if priced.name == seen:
        return title
    return _("%(word)s, priced as %(title)s") % {"word": word, "title": title}


def _correct_class(session: ParkingSession, words: Words) -> OfferedAct:
    def form(*args: Any, **kwargs: Any) -> money_forms.ClassForm:
        return money_forms.ClassForm(*args, classes=_classes(session), **kwargs)

    return OfferedAct(
        "class",
        _("Correct the vehicle class"),
        form,
        lambda form, by, at: staff_actions.correct_class(
            session, vehicle_class=Seen(form.cleaned_data["vehicle_class"]), by=by, at=at
        ),
        action="stays.act",
        result=words,
        initial={"vehicle_class": session.vehicle_class},
        hint=_(
            "If the tariff distinguishes vehicle classes, the fee follows the corrected class: "
            "overpayments are refunded automatically; shortfalls are paid at the exit, or become an "
            "outstanding balance if the car has left."
        ),
    )


def _merge(session: ParkingSession) -> OfferedAct:
    return OfferedAct(
        "merge",
        _("Merge into another stay"),
        money_forms.TargetForm,
        lambda form, by, at: staff_actions.merge(session, into=form.session(session.lot), by=by, at=at),
        action="stays.act",
        hint=_("For one car recorded as two stays: this one is deleted and the earlier entry time is used."),
        danger=True,
    )


def _drop(session: ParkingSession) -> OfferedAct:
    return OfferedAct(
        "drop",
        _("Delete this stay"),
        money_forms.ActForm,
        lambda _form, by, at: staff_actions.drop(session, by=by, at=at),
        action="stays.act",
        hint=_(
            "Only for stays created by a misread. A stay with payments or staff actions cannot be deleted."
        ),
        danger=True,
    )
