"""The page behind a sign: enter a plate, see the fee; one tap at the exit.

`driver.hot_charge` answers the usual look-up before `plate_page` is asked.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse

from driver import page_cache
from driver.admission import Admitted, admit, step_before
from driver.answer_parts import hints_of
from driver.driver_view import driver_view
from driver.sign_page import (
    SignPage,
    facts_behind,
    open_page,
    page_context,
    read_facts,
    see_charge,
)
from lots import lane_codes
from lots.models import Lot
from lots.plates import Plate
from lots.systems import REMOTE
from lots.systems.parking_system import ChargeQuery, NothingDue, Unreachable
from payments.charges import Due, ask, release_if_settled
from payments.check_before_paying import NO_LANES, needs_plate
from presentation import formatting
from presentation.failures import Failure
from presentation.page_data import SignFacts
from presentation.plate_form import PlateForm
from presentation.respond import CachedPage, cached_page


@driver_view("GET", "HEAD", "POST")
def plate_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the page behind a pure code; an exit lane's shows what the car standing there owes."""
    code, letters = lane_codes.split(code)
    if request.method == "POST":
        sign = open_page(request, code, letters)
        asks_for_lane = sign.facts.at_exit and ("coupon" in request.POST or "lane" in request.POST)
        return lane_page(sign) if asks_for_lane and "plate" not in request.POST else search(sign)
    facts = facts_behind(code)
    if facts.at_exit and not facts.lot.closed:
        return lane_page(open_page(request, code, letters))
    page, stamp = page_cache.SIGNS.stamped_page(facts.code, lambda: read_facts(facts.code), first_page)
    answer = page.answer(request)
    answer.replay_under = stamp  # type: ignore[attr-defined] # read by config.replay
    return answer


def first_page(facts: SignFacts) -> CachedPage:
    return cached_page("page.html", page_context(facts))


def search(sign: SignPage) -> HttpResponse:
    """Answer a typed plate with its fee, or with the one answer for all that owe nothing."""
    form = PlateForm.of(sign.request)
    if form.plate is None:
        fault = formatting.REASONS[form.fault] if form.fault else ""
        return sign.show(status=form.status, part=form.part, form=form, fault=fault)
    return look_up(sign, form, form.plate)


def look_up(sign: SignPage, form: PlateForm, plate: Plate, **context: Any) -> HttpResponse:
    """Ask what a typed plate owes. `context`: why it is asked again, where that is so."""
    lot, admitted = sign.sign.lot, admit(sign, subject=plate.text)
    if not isinstance(admitted, Admitted):
        step = step_before(sign, admitted, plate=form.text)
        return sign.show(part=form.part, form=form, step=step, **context)
    answer = ask(lot, ChargeQuery(sign.at, plate=plate), codes=sign.codes)
    match answer:
        case Due():
            if answer.has_guess:  # a wrong coupon code beside the plate
                admitted.missed()
            else:
                admitted.found(answer.charge.session or answer.charge.reference)
            token = sign.seal(answer, sign.exit_lane, plate=plate)
            if form.part or context or answer.refused or answer.offered or keeps_plate(lot):
                return sign.show_fee(answer, token, plate=plate.pretty, form=form, **context)
            return see_charge(token)
        case NothingDue():
            release_if_settled(lot, answer, lane=sign.exit_lane, at=sign.at)
            admitted.missed()
            return sign.show(part=form.part, form=form, nothing=True, **hints_of(plate))
        case Unreachable():
            raise unreachable(sign, answer)


def keeps_plate(lot: Lot) -> bool:
    """Return whether a fee must be shown with its plate: the lot's system is asked again by plate alone."""
    return lot.system != Lot.System.BUILTIN and (needs_plate(lot) or not REMOTE[lot.system].can_ask_again)


def lane_page(sign: SignPage, *, notice: str = "") -> HttpResponse:
    """Show the fee of the car whose plate the camera has read, masked: one tap at the exit.

    Each view spends some of the budget: otherwise a person with a photo of the sign could record from home
    which cars leave. Where the lane has a screen, such a photo shows nothing: the code must be the one that
    the screen shows now. Where the lot's system cannot be asked by this lane, the driver types the plate,
    as at any other sign.
    """
    lane = sign.sign.lane
    assert lane is not None
    if sign.facts.has_screen and not lane_codes.is_fresh(sign.letters, sign.sign, at=sign.at):
        return sign.show(notice=notice or "screen")
    admitted = admit(sign, subject=f"lane {lane.pk}")
    if not isinstance(admitted, Admitted):
        return sign.show(step=step_before(sign, admitted, lane=True), path=sign.path)
    admitted.viewed()
    answer = ask(sign.sign.lot, ChargeQuery(sign.at, lane=lane.pk), codes=sign.codes)
    match answer:
        case Due():
            is_brief = not sign.facts.has_screen  # a photo of a printed code works from anywhere
            token = sign.seal(answer, lane, is_brief=is_brief)
            return sign.show_fee(answer, token, lane=True, is_brief=is_brief, notice=notice)
        case NothingDue():
            release_if_settled(sign.sign.lot, answer, lane=lane, at=sign.at)
            return sign.show(lane_empty=True)
        case Unreachable(fault) if fault in NO_LANES:
            return sign.show(notice=notice)
        case Unreachable():
            raise unreachable(sign, answer)


def unreachable(sign: SignPage, answer: Unreachable) -> Failure:
    """Return why the parking system gave no charge: an unreachable one is never "no such car"."""
    silent = "unavailable" if sign.sign.lot.system == Lot.System.BUILTIN else "system_silent"
    return Failure("no_tariff" if answer.fault == "no_tariff" else silent, sign.facts.lot)


def ask_for_plate(sign: SignPage) -> HttpResponse:
    """Explain that the amount is out of date, and show the new one if the plate was sent too.

    Else a lane's sign shows what the car standing there owes, and any other asks for the plate.
    """
    if "plate" in sign.request.POST:
        form = PlateForm.of(sign.request)
        if form.plate is not None:
            return look_up(sign, form, form.plate, notice="expired")
    if sign.facts.at_exit:
        return lane_page(sign, notice="expired")
    return sign.show(status=200 if sign.request.method == "POST" else 410, notice="expired")
