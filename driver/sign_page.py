"""One request at one sign: the rows that services need, the facts that pages show, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.utils.translation import get_language

from core.codes import read_code
from driver import page_cache
from driver.answer_parts import HINTS, PART, fee_part, nothing_part
from driver.fee_view import Fee, fee_of
from driver.user_agents import scene_of
from lots.models import Lane, Sign
from lots.plates import PROVINCES, Plate
from lots.sign_register import UnknownCode, find_sign
from payments.charges import Due, sealed
from payments.coupons.coupon_codes import read_code as read_coupon
from payments.providers.contract import Scene
from presentation import price_board, rule_line
from presentation.failures import Failure
from presentation.languages import SUFFIXES
from presentation.page_data import LotFacts, SignFacts, sign_facts
from presentation.plate_form import PlateForm, coupon_codes
from presentation.respond import answer, page

SEE_OTHER = 303
FEE_PART, NOTHING_PART = {"fee", "lane"}, {"nothing", *HINTS}
NOT_IN_PART = {"here", "address", "coupons", "form", "asked"}  # what a part shows nothing of


@dataclass(frozen=True)
class SignPage:
    """One request at one sign."""

    request: HttpRequest
    sign: Sign
    facts: SignFacts
    at: datetime
    letters: str = ""  # behind the sign's code, where a screen shows it

    @property
    def path(self) -> str:
        return f"/p/{self.facts.code}" + (f"-{self.letters}" if self.letters else "")

    @property
    def codes(self) -> list[str]:
        """The coupon codes that the driver shows with this request."""
        return coupon_codes(self.request) if self.request.method == "POST" else []

    @property
    def exit_lane(self) -> Lane | None:
        return self.sign.lane if self.facts.at_exit else None

    def show(self, *, status: int = 200, part: bool = False, **context: Any) -> HttpResponse:
        """Answer with the whole page, or with the part of it that a script puts in place.

        A part says in X-Part which address it has; a proxy's error page says nothing there. Coupons that
        were shown go along, so that another plate may be tried with them.
        """
        context.setdefault("coupons", self._coupons_to_keep(**context))
        context["asked"] = bool(self.request.GET)  # only WeChat's way back has a question in its address
        usual = self._usual_part(context) if part else ""
        if usual:
            response = answer(self.request, PART, usual, status=status)
        else:
            template = PART if part else "page.html"
            response = page(self.request, template, page_context(self.facts, **context), status=status)
        if part:
            response.headers["X-Part"] = context.get("address") or self.request.path
        return response

    def _usual_part(self, context: dict[str, Any]) -> str:
        """Return the part from its frame where it shows a fee, or that none was found, and nothing else."""
        shown = {name for name, value in context.items() if value} - NOT_IN_PART
        if "fee" in shown and shown <= FEE_PART:
            return fee_part(self.facts, context["fee"], lane=context.get("lane"))
        if "nothing" in shown and shown <= NOTHING_PART and "cut_short" in context:
            return nothing_part(self.facts, {name: context[name] for name in HINTS})
        return ""

    def seal(
        self,
        due: Due,
        lane: Lane | None,
        *,
        is_brief: bool = False,
        plate: Plate | None = None,
        continues: int = 0,
    ) -> str:
        """Return the charge as a text for an address at this sign.

        `plate`: the one that was typed. `continues`: the payment from whose page the charge was asked for.
        """
        return sealed(
            due,
            lot=self.sign.lot,
            sign=self.sign,
            lane=lane,
            language=get_language() or "zh-hans",
            is_brief=is_brief,
            plate=plate,
            continues=continues,
            at=self.at,
        )

    def show_fee(
        self,
        due: Due,
        token: str,
        *,
        valid_until: datetime | None = None,
        plate: str = "",
        form: PlateForm | None = None,
        without: str = "",
        is_brief: bool = False,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """Answer with a fee. Its address is that of the charge, also where it came as a part."""
        fee = fee_of(
            due,
            token=token,
            valid_until=valid_until or due.charge.valid_until,
            lot=self.sign.lot,
            facts=self.facts.lot,
            plate=plate or due.charge.masked_plate,
            typed=form.text if form else "",
            overseas=bool(form and form.overseas),
            where=self._where,
            without=without,
            is_brief=is_brief,
            at=self.at,
            language=get_language() or "zh-hans",
        )
        part, address = bool(form and form.part), address_of(token)
        return self.show(status=status, part=part, fee=fee, here=f"/q/{token}", address=address, **context)

    @property
    def _where(self) -> Scene | None:
        """The app that shows the page; None for the page of a sign, which must not depend on its visitor."""
        is_sign = self.request.method != "POST" and self.request.path.lower().startswith("/p/")
        return None if is_sign else scene_of(self.request.META.get("HTTP_USER_AGENT", ""))

    def _coupons_to_keep(self, fee: Fee | None = None, given: str = "", **_: Any) -> Sequence[str]:
        if fee is not None:
            return fee.coupons
        return [] if given else [code for code in self.codes if read_coupon(code)]


def address_of(token: str, language: str | None = None) -> str:
    """Return the address of a sealed charge in this language, or in that of the page."""
    return f"/q/{token}{SUFFIXES[language or get_language() or 'zh-hans']}"


def see_charge(token: str) -> HttpResponse:
    """Redirect from a form to the address of its charge, so that reload and back send no form again."""
    response = HttpResponseRedirect(address_of(token))
    response.status_code = SEE_OTHER
    return response


def open_page(request: HttpRequest, code: str, letters: str) -> SignPage:
    """Return the page of a sign for a look-up, which moves no money; refuse where the lot is closed."""
    ours = read_code(code)
    if ours is None:
        raise UnknownCode
    return page_of(request, page_cache.ROWS.facts(ours, lambda: find_sign(ours)), letters)


def reopen_page(request: HttpRequest, code: str) -> SignPage:
    """As `open_page`, with the sign read again: a revoked one takes no money and gives no ticket."""
    return page_of(request, find_sign(code))


def page_of(request: HttpRequest, sign: Sign, letters: str = "") -> SignPage:
    at = now()
    facts = page_cache.SIGNS.facts(sign.code, lambda: read_facts(sign.code))
    if sign.lot.closed_at is not None:
        raise Failure("lot_closed", facts.lot)
    return SignPage(request, sign, facts, at, letters)


def facts_behind(code: str) -> SignFacts:
    """Return what is known of a code. A code that is not ours never reaches the database."""
    ours = read_code(code)
    if ours is None:
        raise UnknownCode
    return page_cache.SIGNS.facts(ours, lambda: read_facts(ours))


def read_facts(code: str) -> SignFacts:
    """Read what is known of a code. Its row is under the same stamp, so it is not read twice."""
    return sign_facts(page_cache.ROWS.facts(code, lambda: find_sign(code)), at=now())


def page_context(facts: SignFacts, **context: Any) -> dict[str, Any]:
    """Return the data of every page behind a sign; `context` is what this one adds."""
    lot = facts.lot
    return {
        "sign": facts,
        "lot": lot,
        "path": f"/p/{facts.code}",
        "price": price_of(lot),
        "provinces": PROVINCES,
        **context,
    }


def price_of(lot: LotFacts) -> str:
    """Return the price of a lot in one line; empty where it has no tariff."""
    return rule_line.rule_line(price_board.tariff_of(lot.tariff)) if lot.tariff else ""
