"""The page of one stay: what happened, what it owes, what staff may do about it."""

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console import money_forms
from console.act_panel import Offer, carry_out, known_act
from console.code_labels import VEHICLES
from console.doors import door, may, one
from console.shown_plates import masked
from lots import gates
from lots.models import ParkingSession
from lots.pricing import NoTariff
from lots.sessions import due_fen, may_leave
from lots.tariffs.rules import Seen
from payments import booth, outstanding, staff_actions
from payments.checkout import price_at
from payments.models import Shift
from payments.session_timeline import timeline
from payments.staff_action_log import By


@door("stays.see")
@require_safe
def stay(request: HttpRequest, pk: int) -> HttpResponse:
    """One stay with its timeline. The plate is masked."""
    session = _session(request, pk)
    with timezone.override(session.lot.tz):
        return _page(request, session, list(_offers(request, session, now())))


@door("stays.see")
@require_POST
def stay_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one act on a stay. A second press on one that took the stay away finds its act, not the stay."""
    done = known_act(request)
    if done is not None and done.lot is not None and done.kind in {"dropped", "merged"}:
        return redirect("console:lot", done.lot.slug)
    session = _session(request, pk)
    back = reverse("console:stay", args=[pk])
    if act in {"drop", "merge"}:
        back = reverse("console:lot", args=[session.lot.slug])
    with timezone.override(session.lot.tz):
        return carry_out(
            request,
            list(_offers(request, session, now())),
            act,
            back=back,
            again=lambda offers, status: _page(request, session, offers, status),
        )


def _session(request: HttpRequest, pk: int) -> ParkingSession:
    return one(
        request, ParkingSession.objects.select_related("lot__operator", "entry_lane", "exit_lane"), pk=pk
    )


def _page(
    request: HttpRequest, session: ParkingSession, offers: list[Offer], status: int = 200
) -> HttpResponse:
    at = now()
    moments = timeline(session)
    context = {
        "stay": session,
        "lot": session.lot,
        "plate": masked(session),
        "vehicle": VEHICLES.get(session.vehicle_class),
        "due": _due(session, at),
        "price": price_at(session, session.left_at or at),
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


def _due(session: ParkingSession, at: datetime) -> int | None:
    """Return what the stay owes; None where nobody can say."""
    if session.entered_at is None:
        return None
    try:
        return due_fen(session, at=at)
    except NoTariff:
        return None


def _offers(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[Offer]:
    for offer in (*_money_offers(request, session, at), *_stay_offers(session, at)):
        if may(request, offer.action, session.lot_id):
            yield offer


def _money_offers(request: HttpRequest, session: ParkingSession, at: datetime) -> Iterator[Offer]:
    due = _due(session, at)
    amount = {"amount": f"{due // 100}.{due % 100:02d}"} if due else {}
    if session.entered_at is not None and (session.left_at is None or due):
        on_shift = Shift.objects.filter(lot=session.lot_id, staff=request.user.pk, closed_at=None).exists()
        if on_shift:
            yield Offer(
                "cash",
                _("收现金"),
                money_forms.AmountForm,
                lambda form, by, at: booth.take_cash(
                    session, amount_fen=form.cleaned_data["amount"], by=by, at=at
                ),
                action="cash.take",
                initial={**amount, "reason": _("岗亭现金")},
                hint=_("按实收金额填写；多收的部分会列入「待办」，在岗亭退还。"),
            )
        yield Offer(
            "manual",
            _("登记其他收款"),
            money_forms.AmountForm,
            lambda form, by, at: booth.take_elsewhere(
                session, amount_fen=form.cleaned_data["amount"], by=by, at=at
            ),
            action="cash.take",
            initial=amount,
            hint=_("用于已到账的转账、刷卡等。原因里写明凭证号。"),
        )
    if due:
        yield Offer(
            "waive",
            _("减免"),
            money_forms.WaiveForm,
            lambda form, by, at: booth.waive(session, amount_fen=form.cleaned_data["amount"], by=by, at=at),
            action="fees.waive",
        )


def _stay_offers(session: ParkingSession, at: datetime) -> Iterator[Offer]:
    if session.left_at is None:
        if gates._held(session, at) is not None:
            yield Offer(
                "release",
                _("人工放行"),
                money_forms.ActForm,
                lambda _form, by, at: staff_actions.release(session, by=by, at=at),
                action="stays.act",
                hint=_("为停在出口的这辆车开闸。未缴的费用在车离场后记为欠费。"),
                danger=True,
            )
        yield Offer(
            "end",
            _("结束停车"),
            money_forms.EndForm,
            lambda form, by, at: _end(session, form, by, at),
            action="stays.act",
            hint=_("车已离场而出口没有识别到时使用。未缴的费用记为欠费。"),
            initial={"left": at},
            danger=True,
        )
    yield Offer(
        "entry",
        _("更正入场时间"),
        money_forms.EntryForm,
        lambda form, by, at: staff_actions.correct_entry(
            session, entered_at=form.cleaned_data["entered"], by=by, at=at
        ),
        action="stays.act",
        initial={"entered": session.entered_at},
        hint=_("多付的自动退回，少付的在出口补缴；车已离场则记为欠费。"),
    )
    if session.plate_index is not None:
        yield Offer(
            "plate",
            _("更正号牌"),
            money_forms.PlateForm,
            lambda form, by, at: staff_actions.correct_plate(
                session, plate=form.cleaned_data["plate"], by=by, at=at
            ),
            action="stays.act",
            hint=_("支付跟着这条停车记录，不跟着号牌。"),
        )
    yield Offer(
        "class",
        _("更正车型"),
        money_forms.ClassForm,
        lambda form, by, at: staff_actions.correct_class(
            session, vehicle_class=Seen(form.cleaned_data["vehicle_class"]), by=by, at=at
        ),
        action="stays.act",
        initial={"vehicle_class": session.vehicle_class},
        hint=_(
            "计费规则分车型时，费用按更正后的车型计：多付的自动退回，少付的在出口补缴，车已离场则记为欠费。"
        ),
    )
    touched = session.payments.exists() or session.acts.exists() or hasattr(session, "debt")
    if not touched:
        yield Offer(
            "merge",
            _("并入另一条停车记录"),
            money_forms.TargetForm,
            lambda form, by, at: staff_actions.merge(session, into=form.stay(session.lot), by=by, at=at),
            action="stays.act",
            hint=_("同一辆车被记成两条时使用：本条删除，入场时间取较早的。"),
            danger=True,
        )
        yield Offer(
            "drop",
            _("删除这条记录"),
            money_forms.ActForm,
            lambda _form, by, at: staff_actions.drop(session, by=by, at=at),
            action="stays.act",
            hint=_("只用于误识别产生的记录。有过支付或操作的不能删除。"),
            danger=True,
        )


def _end(session: ParkingSession, form: money_forms.EndForm, by: By, at: datetime) -> None:
    staff_actions.close_attempts(session, at=at)
    staff_actions.end_stay(session, left_at=form.left_at(at), by=by, at=at)
