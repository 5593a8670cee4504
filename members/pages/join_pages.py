"""The page behind a member code, and the way in: what is asked, for what, how long, by whom, how to leave."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from members import joining, member_sessions, prices, terms, words
from members.joining import NotAMember, TermsChanged, WrongCode
from members.member_signs import find_sign
from members.pages.member_view import MemberVisit, about_lot, keep_cookie, member_view, visit_of
from members.phone_numbers import LONGEST, NotAPhone, masked, read_phone
from presentation.failures import Failure
from presentation.formatting import duration, yuan


@member_view("GET", "HEAD")
def scanned(request: HttpRequest, code: str) -> HttpResponse:
    """Show the page behind the member code. Its first line says that paying needs none of this."""
    return _join_page(visit_of(request, find_sign(code).lot), path=f"/m/{code}")


@member_view("GET", "HEAD")
@about_lot
def join(visit: MemberVisit) -> HttpResponse:
    return _join_page(visit)


@member_view("POST")
@about_lot
def ask(visit: MemberVisit) -> HttpResponse:
    """Send a code to the phone; the answer is the same for every number."""
    data = visit.request.POST
    joins = data.get("way") == "join"
    if "phone" not in data:
        raise Failure("bad_request")
    faults: dict[str, str] = {}
    try:
        phone = read_phone(data["phone"])
    except NotAPhone:
        phone, faults = "", {"phone": _("Please check the mobile number.")}
    if joins and "agree" not in data:
        faults["agree"] = _("Without your consent there is no account. Paying for parking needs neither.")
    if faults:
        return _again(visit, joins, faults)
    try:
        token = joining.ask_code(
            lot=visit.lot,
            phone=phone,
            version=data.get("version", "")[:8] if joins else None,
            language=translation.get_language() or "zh-hans",
            client=visit.client,
            at=visit.at,
        )
    except TermsChanged:
        return _again(visit, joins, {"agree": _("The text has changed. Please read it once more.")})
    return code_page(visit, token, phone)


@member_view("POST")
@about_lot
def enter(visit: MemberVisit) -> HttpResponse:
    """Sign in with the code that was sent."""
    try:
        entered = joining.enter(**typed_code(visit))
    except WrongCode:
        return wrong_code(visit)
    except NotAMember:
        return _join_page(visit, status=404, stranger=True)
    return keep_cookie(visit.go(), member_sessions.start(entered.member, at=visit.at))


def code_page(visit: MemberVisit, attempt: str, phone: str, *, to: str = "enter") -> HttpResponse:
    """Ask for the code that is on its way, to be sent to `enter`."""
    return visit.show("code.html", attempt=attempt, phone=masked(phone), to=to)


def typed_code(visit: MemberVisit) -> dict[str, Any]:
    """Return the code of that page as it was typed: for which attempt, by whom, when."""
    data = visit.request.POST
    return {
        "lot": visit.lot,
        "token": data.get("attempt", ""),
        "code": data.get("code", "").strip(),
        "client": visit.client,
        "at": visit.at,
    }


def wrong_code(visit: MemberVisit, *, to: str = "enter") -> HttpResponse:
    fault = _("This code is wrong or too old. After five tries ask for a new one.")
    attempt = visit.request.POST.get("attempt", "")[:64]
    return visit.show("code.html", status=422, attempt=attempt, fault=fault, to=to)


def _again(visit: MemberVisit, joins: bool, faults: dict[str, str]) -> HttpResponse:
    typed = visit.request.POST["phone"][:LONGEST]
    if joins:
        return _join_page(visit, status=422, faults=faults, typed=typed)
    return visit.show(
        "sign_in.html", status=422, faults=faults, typed=typed, path=f"/member/{visit.lot.slug}"
    )


def _join_page(visit: MemberVisit, *, status: int = 200, **context: Any) -> HttpResponse:
    benefits = terms.open_benefits(visit.lot)
    compared = prices.compared(visit.lot, benefits, at=visit.at)
    shown = {
        "path": f"/member/{visit.lot.slug}/join",
        "gets": [words.gets(one) for one in benefits],
        "compared": [(duration(m), yuan(everybody), yuan(member)) for m, everybody, member in compared],
        "sentences": terms.sentences(visit.lot, benefits),
        "version": terms.version_of(terms.texts_of(visit.lot)),
        **context,
    }
    return visit.show("join.html", status=status, **shown)
