"""The page behind a sign: enter a plate, see the fee, go to the cashier; and tickets at the entry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.utils.translation import get_language

from core import budget
from core.codes import read_code
from driver import page_cache, paying
from driver.driver_view import driver_view
from driver.fee_view import Fee, fee_of
from driver.ticket_token import seal_ticket
from driver.user_agents import scene_behind
from lots.models import Sign
from lots.plates import PROVINCES, Plate, looks_cut_short, may_lack_province
from lots.sign_register import UnknownCode, find_sign
from lots.tickets import NoCarWaiting, issue_ticket
from monitoring import payment_speed
from payments.channels import ChannelDown
from payments.checkout import EarlierPaymentPending, QuoteExpired
from payments.coupons.coupon_codes import read_code as read_coupon
from payments.coupons.rules import Refusal
from payments.models import Quote
from payments.quotes import Covered, GivenBack, NothingOwed, quote_lane, quote_stay
from presentation import formatting, price_board
from presentation.failures import Failure
from presentation.guard import client_of
from presentation.languages import SUFFIXES
from presentation.page_data import SignFacts, sign_facts
from presentation.plate_form import PlateForm, coupon_codes
from presentation.respond import Kept, kept, page


@dataclass(frozen=True)
class Scene:
    """One request at one sign: the rows that services need, and the facts that pages show."""

    request: HttpRequest
    sign: Sign
    facts: SignFacts
    at: datetime

    def show(self, *, status: int = 200, part: bool = False, **context: Any) -> HttpResponse:
        """Answer with the whole page, or with the part of it that a script puts in place.

        Coupons that were shown go along, so that another plate may be tried with them.
        """
        context["coupons"] = self._going_along(**context)
        context["asked"] = bool(self.request.GET)  # only WeChat's way back has a question in its address
        template = "_part.html" if part else "page.html"
        response = page(self.request, template, page_context(self.facts, **context), status=status)
        if part:
            response.headers["X-Part"] = "1"  # a script tells our part from a proxy's error page by this
        return response

    def fee(self, quote: Quote, plate: str, form: PlateForm | None = None, without: str = "") -> Fee:
        return fee_of(
            quote,
            lot=self.sign.lot,
            facts=self.facts.lot,
            plate=plate,
            typed=form.text if form else "",
            overseas=bool(form and form.overseas),
            where=scene_behind(self.request),
            without=without,
            codes=self.codes,
            at=self.at,
        )

    def _going_along(
        self, fee: Fee | None = None, covered: bool = False, given: str = "", **_: Any
    ) -> list[str]:
        if fee is not None:
            return fee.coupons
        return [] if covered or given else [code for code in self.codes if read_coupon(code)]

    @property
    def codes(self) -> list[str]:
        return coupon_codes(self.request) if self.request.method == "POST" else []


@driver_view("GET", "HEAD", "POST")
def plate_page(request: HttpRequest, code: str) -> HttpResponse:
    """The pure code's page; an exit lane's shows what the car standing there owes."""
    if request.method == "POST":
        scene = open_scene(request, code)
        shows_coupon_at_exit = scene.facts.at_exit and "coupon" in request.POST
        return lane_page(scene) if shows_coupon_at_exit and "plate" not in request.POST else search(scene)
    facts = facts_behind(code)
    if facts.at_exit and not facts.lot.closed:
        return lane_page(open_scene(request, code))
    return page_cache.SIGNS.page(facts.code, lambda: facts, first_page).answer(request)


@driver_view("POST")
def pay(request: HttpRequest, code: str) -> HttpResponse:
    """Start the payment of a quote and lead to the cashier: a plain link, since a 303 to another site is
    blocked by `form-action 'self'`."""
    scene = open_scene(request, code)
    quote, channel = request.POST.get("quote", ""), request.POST.get("channel", "")
    if not quote or not channel:
        raise Failure("bad_request", scene.facts.lot)
    payment_speed.note_tap(scene.sign.lot_id, request.POST.get("ms", ""), at=scene.at)
    return explained(
        scene,
        lambda: paying.begin(
            request,
            sign=scene.sign,
            quote_token=quote[:40],
            channel=channel[:16],
            context=page_context(scene.facts),
            at=scene.at,
        ),
        down=lambda: quote_again(scene, notice="channel_down", status=503),
    )


def explained(
    scene: Scene, start: Callable[[], HttpResponse], *, down: Callable[[], HttpResponse]
) -> HttpResponse:
    """Answer with what `start` does, or with why no payment was started; `down` says it of the channel."""
    try:
        return start()
    except NothingOwed:
        return scene.show(nothing=True)
    except QuoteExpired:
        return quote_again(scene, notice="expired")
    except ChannelDown:
        return down()
    except EarlierPaymentPending:
        raise Failure("earlier_payment_pending", scene.facts.lot) from None


@driver_view("POST")
def ticket(request: HttpRequest, code: str) -> HttpResponse:
    """Give the unplated vehicle at this entry lane its ticket."""
    scene = open_scene(request, code)
    if not scene.facts.at_entry or scene.sign.lane is None:
        raise Failure("bad_request", scene.facts.lot)
    try:
        plate = issue_ticket(lane=scene.sign.lane, at=scene.at)
    except NoCarWaiting:
        return scene.show(status=409, no_car=True)
    suffix = SUFFIXES[get_language() or "zh-hans"]
    return HttpResponseRedirect(f"/e/{seal_ticket(scene.facts.code, plate)}{suffix}", status=303)


def open_scene(request: HttpRequest, code: str) -> Scene:
    """Read the sign anew, so that a revoked one takes no more money; refuse where the lot is closed."""
    sign, at = find_sign(code), now()
    facts = page_cache.SIGNS.facts(sign.code, lambda: sign_facts(sign, at=at))
    if sign.lot.closed_at is not None:
        raise Failure("lot_closed", facts.lot)
    return Scene(request, sign, facts, at)


def facts_behind(code: str) -> SignFacts:
    """Return what is known of a code. A code that is not ours never reaches the database."""
    ours = read_code(code)
    if ours is None:
        raise UnknownCode
    return page_cache.SIGNS.facts(ours, lambda: sign_facts(find_sign(ours), at=now()))


def first_page(facts: SignFacts) -> Kept:
    return kept("page.html", page_context(facts))


def lane_page(scene: Scene, *, status: int = 200, **context: Any) -> HttpResponse:
    """One tap at the exit: the camera has read the plate, which is shown masked."""
    assert scene.sign.lane is not None
    try:
        found = quote_lane(lane=scene.sign.lane, at=scene.at, codes=scene.codes)
    except Covered as covered:
        return show_covered(scene, covered)
    except GivenBack as given:
        return scene.show(nothing=True, given=formatting.yuan(given.fen))
    except NothingOwed:
        return scene.show(nobody=True)
    return scene.show(status=status, fee=scene.fee(found.quote, found.masked_plate), lane=True, **context)


def search(scene: Scene) -> HttpResponse:
    """Answer a typed plate with its fee, or with the one answer for all that owe nothing."""
    form = PlateForm.of(scene.request)
    if form.plate is None:
        fault = formatting.REASONS[form.fault] if form.fault else ""
        return scene.show(status=form.status, part=form.part, form=form, fault=fault)
    return look_up(scene, form, form.plate)


def look_up(scene: Scene, form: PlateForm, plate: Plate, **context: Any) -> HttpResponse:
    client, lot = client_of(scene.request), scene.sign.lot
    if not budget.allowed(client, lot.pk):
        raise Failure("too_many", scene.facts.lot)
    try:
        quote = quote_stay(lot=lot, plate=plate, at=scene.at, lane=exit_lane(scene), codes=scene.codes)
    except Covered as covered:
        budget.spend(client, lot.pk, found=True)
        return show_covered(scene, covered, part=form.part, plate=plate.pretty)
    except GivenBack as given:
        budget.spend(client, lot.pk, found=True)
        return scene.show(part=form.part, nothing=True, given=formatting.yuan(given.fen), plate=plate.pretty)
    except NothingOwed:
        budget.spend(client, lot.pk, found=False)
        return scene.show(
            part=form.part,
            form=form,
            nothing=True,
            plate=plate.pretty,
            cut_short=looks_cut_short(plate),
            no_province=may_lack_province(plate),
        )
    guessed = any(why == Refusal.UNKNOWN for _, why in quote.refused)
    budget.spend(client, lot.pk, found=not guessed)
    return scene.show(part=form.part, fee=scene.fee(quote, plate.pretty, form), **context)


def quote_again(scene: Scene, *, notice: str, status: int = 200) -> HttpResponse:
    """Show the fee once more, with why it was not paid: its time was over, or the channel is down."""
    if "plate" in scene.request.POST:
        form = PlateForm.of(scene.request)
        if form.plate is not None:
            return look_up(scene, form, form.plate, notice=notice, status=status)
    if scene.facts.at_exit:
        return lane_page(scene, notice=notice, status=status)
    return scene.show(status=status, notice=notice)


def show_covered(scene: Scene, covered: Covered, *, part: bool = False, plate: str = "") -> HttpResponse:
    """Nothing is left to pay: the price, what coupons took, and until when to leave."""
    zone = scene.facts.lot.tz
    covered.session.refresh_from_db(fields=["exit_until"])
    leave, here = covered.session.exit_until, scene.at.astimezone(zone)
    lines = [line.as_json() for line in covered.bill.reduced.lines]
    return scene.show(
        part=part,
        nothing=True,
        covered=True,
        plate=plate,
        full_price=formatting.yuan(covered.bill.reduced.price.fen),
        coupon_lines=formatting.coupon_lines(lines),
        leave=formatting.clock(leave.astimezone(zone), on=here) if leave else "",
    )


def exit_lane(scene: Scene) -> Any:
    return scene.sign.lane if scene.facts.at_exit else None


def page_context(facts: SignFacts, **context: Any) -> dict[str, Any]:
    """What every page behind a sign shows; `context` is what this one adds."""
    lot = facts.lot
    return {
        "sign": facts,
        "lot": lot,
        "path": f"/p/{facts.code}",
        "price": price_board.price_line(price_board.tariff_of(lot.tariff)) if lot.tariff else "",
        "provinces": PROVINCES,
        **context,
    }
