"""The booth's screen: each lane of a lot with the car that stands there, and what may be done about it.

The open page polls its own address with the `state` that it shows. While nothing changed the answer is an
empty 204, at the cost of a query a lane; no request waits for news.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import lot_search, money_forms
from console.act_panel import OfferedAct, carry_out, done_before, known_act
from console.error_messages import MESSAGES
from console.lists import moment
from console.natural_order import in_order
from console.session_acts import due_of, offers_of
from console.session_page import ExplainedFee, explained
from console.shown_plates import masked
from core.money import yuan
from lots import corrections, device_presence, gates, lane_calls
from lots.barrier_faults import BarrierFault, barrier_faults
from lots.models import Device, GateCommand, Lane, LaneCall, Lot, ParkingSession, PlateRead, ReadPicture
from lots.pricing import stated_without_entry
from lots.tariffs import CNY, Currency
from payments import staff_actions
from payments.models import Shift
from payments.staff_action_log import ActedBy
from presentation.formatting import money
from staff.access import access, can, requires

REFRESH = 10  # seconds between reloads without scripts; with them the page polls every 3
SPEAKS = "booth_speaks"  # in the session
# Of the acts on a session, in the booth's order: Enter opens the first.
AT_BARRIER = ("cash", "release", "coupon", "waive", "manual")


@dataclass(frozen=True)
class LaneState:
    """A lane now: the read of the car that stands in it, its session, and what it owes."""

    lane: Lane
    read: PlateRead | None
    session: ParkingSession | None
    due_fen: int | None
    is_silent: bool
    fault: BarrierFault | None = None  # of the barrier: it does not open
    order: str = ""  # the state of the last order to let this car through

    @property
    def is_opening(self) -> bool:
        """Whether the barrier has still to fetch the order to let this car through."""
        return self.order == GateCommand.State.QUEUED

    @property
    def has_failed(self) -> bool:
        """Whether the last order to let this car through opened nothing."""
        return self.order in {GateCommand.State.FAILED, GateCommand.State.EXPIRED}

    @property
    def key(self) -> str:
        read = self.read and (self.read.pk, self.read.outcome, self.read.session_id)
        return f"{self.lane.pk} {read} {self.due_fen} {self.is_silent} {self.fault} {self.order}"


@dataclass(frozen=True)
class LotNow:
    """A lot in the list of booths, with what waits there for a person."""

    lot: Lot
    calls: int
    waiting: int
    faults: int
    silent: int

    @property
    def urgency(self) -> tuple[int, int, int]:
        return self.calls, self.waiting, self.faults + self.silent


@requires("stays.act")
@require_http_methods(["GET", "HEAD", "POST"])
def booths(request: HttpRequest) -> HttpResponse:
    """List the lots, those with trouble first; the only one, or the only one found, is opened at once."""
    lots = in_order(access(request).lots().order_by("pk"))
    text = lot_search.typed(request)
    found = lot_search.named(lots, text)
    if len(found or lots) == 1:
        return redirect("console:booth", (found or lots)[0].slug)
    lines = sorted(_lots_now(found or lots, now()), key=lambda line: line.urgency, reverse=True)
    context = {"lines": lines, "lots": found or lots, **lot_search.search_box(lots, found, text)}
    return render(request, "console/booths.html", context)


def _lots_now(lots: list[Lot], at: datetime) -> list[LotNow]:
    ids = [lot.pk for lot in lots]
    calls = Counter(lane_calls.open_calls(lots, at=at).values_list("lot", flat=True))
    waiting = gates.waiting_cars(ids, at=at)
    faults = Counter(fault.lane.lot_id for fault in barrier_faults(at, ids))
    devices = Device.objects.in_use().filter(device_presence.silent(at), lot__in=ids)
    silent = Counter(devices.values_list("lot", flat=True))
    return [LotNow(lot, calls[lot.pk], waiting[lot.pk], faults[lot.pk], silent[lot.pk]) for lot in lots]


@requires("stays.act")
@require_safe
def booth(request: HttpRequest, slug: str) -> HttpResponse:
    """Show every lane of a lot; with `state`, only what changed since, or 204."""
    lot = access(request).lot(slug)
    at = now()
    states = _states(lot, at)
    if "state" in request.GET and request.GET["state"] == _digest(states, _calls(lot, at)):
        return HttpResponse(status=204)
    with timezone.override(lot.tz):
        return _page(request, lot, states, at)


@requires("stays.act")
@require_POST
def booth_act(request: HttpRequest, slug: str, pk: int, act: str) -> HttpResponse:
    """Do one act on the car in a lane, if it is still the car that the page showed."""
    lot, at = access(request).lot(slug), now()
    back = _screen(slug)
    lane = get_object_or_404(lot.lanes, pk=pk)
    states = _states(lot, at)
    state = next(each for each in states if each.lane.pk == lane.pk)
    with timezone.override(lot.tz):
        if known_act(request) is not None:
            return done_before(request, back)
        if request.POST.get("read", "") != _read_id(state):
            return _page(request, lot, states, at, error=str(MESSAGES["lane_changed"]), status=409)
        return carry_out(
            request,
            list(_offers(request, state, at)),
            act,
            back=back,
            again=lambda offers, status: _page(
                request, lot, states, at, changed={lane.pk: offers}, status=status
            ),
        )


@requires("stays.act")
@require_POST
def call(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for help at a lane: every open booth screen of the lot shows it."""
    lot = access(request).lot(slug)
    lane_calls.call(get_object_or_404(lot.lanes, pk=pk), by=access(request).user, at=now())
    return redirect(_screen(slug))


@requires("stays.act")
@require_POST
def voice(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep until sign-out whether this person's booth screens speak: every act loads the page again."""
    access(request).lot(slug)
    request.session[SPEAKS] = "on" in request.POST
    return HttpResponse(status=204)


@requires("stays.act")
@require_POST
def answer_call(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that this person goes to the lane; the call leaves every screen."""
    found = access(request).one(LaneCall.objects.select_related("lot"), pk=pk)
    lane_calls.answer(found, by=access(request).user, at=now())
    return redirect(_screen(found.lot.slug))


def _screen(slug: str) -> str:
    """Return the booth's address after an act there: what its script has spoken of is not repeated."""
    return reverse("console:booth", args=[slug]) + "#again"


def _states(lot: Lot, at: datetime) -> list[LaneState]:
    devices = lot.devices.in_use()
    silent = {device.lane_id for device in devices if device_presence.is_silent(device, at)}
    faults = {fault.lane.pk: fault for fault in barrier_faults(at, [lot.pk])}
    return [
        _state(lot, lane, at, is_silent=lane.pk in silent, fault=faults.get(lane.pk))
        for lane in sorted(in_order(lot.lanes.all()), key=lambda lane: lane.direction)
    ]


def _state(lot: Lot, lane: Lane, at: datetime, *, is_silent: bool, fault: BarrierFault | None) -> LaneState:
    lane.lot = lot
    read = gates.standing(lane, at=at)
    session = None
    if read is not None and read.outcome == PlateRead.Outcome.HELD and read.session_id is not None:
        session = ParkingSession.objects.select_related("entry_lane").get(pk=read.session_id)
        session.lot = lot
    due = due_of(session, at) if session else None
    return LaneState(lane, read, session, due, is_silent, fault, _order(read, at) if read else "")


def _order(read: PlateRead, at: datetime) -> str:
    """Return the state of the last order for this car; one that nothing fetched in time has expired."""
    command = GateCommand.objects.filter(read=read).first()
    if command is None:
        return ""
    is_late = command.state == GateCommand.State.QUEUED and not command.is_in_time(at)
    return GateCommand.State.EXPIRED if is_late else command.state  # the worker stores it a little later


def _calls(lot: Lot, at: datetime) -> list[LaneCall]:
    return list(lane_calls.open_calls([lot], at=at))


def _digest(states: list[LaneState], calls: list[LaneCall]) -> str:
    keys = [*(state.key for state in states), *(f"call {each.pk}" for each in calls)]
    return sha256("\n".join(keys).encode()).hexdigest()[:16]


def _read_id(state: LaneState) -> str:
    return str(state.read.pk) if state.read else ""


def _offers(request: HttpRequest, state: LaneState, at: datetime) -> Iterator[OfferedAct]:
    """Yield what may be done about the car in a lane, the likeliest first."""
    place = f"lane-{state.lane.pk}"
    if state.session is not None:
        offered = {offer.name: offer for offer in offers_of(request, state.session, at)}
        for offer in (offered[name] for name in AT_BARRIER if name in offered):
            offer.place = place
            yield offer
        return
    if not can(request, "stays.act", state.lane.lot_id):
        return
    read = state.read
    if read is not None and state.lane.direction != Lane.Direction.ENTRY:
        yield OfferedAct(
            "identify",
            _("It is this car"),
            partial(money_forms.IdentifyForm, proposals=_proposals(read)),
            lambda form, by, at: _identify(read, state.lane.lot, form, by, at),
            action="stays.act",
            hint=_(
                "Choose the stay of this car. Its fee then appears here, or the barrier opens if "
                "nothing is owed."
            ),
            initial={"reason": _("Plate misread")},
            place=place,
        )
    yield from _lost_ticket(request, state.lane, at)
    yield OfferedAct(
        "open",
        _("Open the barrier"),
        money_forms.ActForm,
        lambda _form, by, at: staff_actions.open_lane(state.lane, by=by, at=at),
        action="stays.act",
        hint=_opening_hint(state.lane.lot, at)
        if read is not None
        else _("No camera sees a car here. The barrier opens once, within a minute; no fee is recorded."),
        danger=True,
        place=place,
    )


def _lost_ticket(request: HttpRequest, lane: Lane, at: datetime) -> Iterator[OfferedAct]:
    """Yield the act that takes what the board states for a car without a known entry, if it does."""
    stated = stated_without_entry(lane.lot, at)
    if stated is None or lane.direction == Lane.Direction.ENTRY or not _takes_cash(request, lane.lot):
        return
    amount = {"amount": yuan(stated)}
    yield OfferedAct(
        "lost",
        _("Lost ticket: take ¥%(amount)s and open") % amount,
        money_forms.LostTicketForm,
        lambda form, by, at: staff_actions.take_lost_ticket(
            lane, by=by, at=at, next_after=form.cleaned_data["after"]
        ),
        action="cash.take",
        hint=_(
            "The board states this amount where nobody knows when a car came in. Look for its entry first."
        ),
        initial={"reason": _("Ticket lost, entry not found")},
        place=f"lane-{lane.pk}",
    )


def _takes_cash(request: HttpRequest, lot: Lot) -> bool:
    on_shift = Shift.objects.filter(lot=lot, staff=request.user.pk, closed_at=None)
    return can(request, "cash.take", lot.pk) and on_shift.exists()


def _opening_hint(lot: Lot, at: datetime) -> str:
    """Return what opening for a car without a session means, and what the board states for it."""
    hint = _("For a car without a fee here: emergency vehicle, delivery, broken camera. No fee is recorded.")
    stated = stated_without_entry(lot, at)
    if stated is None:
        return hint
    words = {"hint": hint, "amount": yuan(stated)}
    return _("%(hint)s The board states ¥%(amount)s for a car whose entry cannot be established.") % words


def _identify(read: PlateRead, lot: Lot, form: money_forms.IdentifyForm, by: ActedBy, at: datetime) -> None:
    staff_actions.identify(read, session=form.session(lot), by=by, at=at)


def _proposals(read: PlateRead) -> list[tuple[int, str]]:
    """Return sessions inside with a similar plate, as the choices of a form."""
    return [
        (
            session.pk,
            _("%(plate)s, entered %(time)s, no. %(number)s")
            % {
                "plate": masked(session),
                "time": moment(session.entered_at, "%m-%d %H:%M"),
                "number": session.pk,
            },
        )
        for session in corrections.similar(read)
    ]


def _why(state: LaneState) -> str:
    """Return in words why the car waits."""
    read = state.read
    if read is None:
        return ""
    if state.is_opening:
        return _("Opening: the order is on its way")
    if state.session is not None:
        if state.due_fen is None:
            return _("No tariff was in force: the fee is unknown")
        return _("Not paid") if state.due_fen else _("Nothing owed: the barrier should open")
    return (
        _("Plate not read")
        if read.outcome == PlateRead.Outcome.UNREAD
        else _("No stay inside for this plate")
    )


def _page(
    request: HttpRequest,
    lot: Lot,
    states: list[LaneState],
    at: datetime,
    *,
    changed: dict[int, list[OfferedAct]] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    reads = [state.read.pk for state in states if state.read]
    pictured = set(ReadPicture.objects.filter(read__in=reads).values_list("pk", flat=True))
    lanes = [
        {
            **_shown(state, at),
            "has_picture": state.read is not None and state.read.pk in pictured,
            "offers": (changed or {}).get(state.lane.pk) or list(_offers(request, state, at)),
        }
        for state in states
    ]
    calls = _calls(lot, at)
    context = {
        "lot": lot,
        "calls": calls,
        "speaks": request.session.get(SPEAKS, False),
        "lanes": lanes,
        "waiting": len(reads),
        "digest": _digest(states, calls),
        "refresh": REFRESH if request.method == "GET" and "still" not in request.GET else None,
        "at": at,
        "error": error,
        "on_shift": Shift.objects.filter(lot=lot, staff=request.user.pk, closed_at=None).exists(),
        "takes_cash": can(request, "cash.take", lot.pk),
    }
    part = "state" in request.GET and request.method == "GET"
    return render(
        request, "console/booth_lanes.html" if part else "console/booth.html", context, status=status
    )


def _shown(state: LaneState, at: datetime) -> dict[str, Any]:
    """Return what is shown of a lane: its car, the fee with its reasons, and why the car waits."""
    reasons = explained(state.session, at) if state.session and state.due_fen else ExplainedFee()
    return {
        "state": state,
        "reasons": reasons,
        "fee": money(state.due_fen, reasons.currency) if state.due_fen else "",
        "read_id": _read_id(state),
        "plate": masked(state.read) if state.read else "",
        "why": _why(state),
        "has_failed": state.has_failed,
        "say": _spoken_text(state, reasons.currency),
    }


def _spoken_text(state: LaneState, currency: Currency) -> str:
    """Return what is spoken aloud when the car waits too long: the lane and the fee, never the plate."""
    if state.read is None:
        return ""
    if not state.due_fen:
        fee = f"{_why(state)}."
    elif currency is CNY:
        fee = _("%(amount)s yuan due.") % {"amount": yuan(state.due_fen)}
    else:
        fee = f"{currency.exact(state.due_fen)} {currency.code}."
    return _("A car is waiting at %(lane)s. %(fee)s") % {"lane": state.lane.name, "fee": fee}
