"""The ticket of an unplated vehicle: issued at the entry, and shown again at an address of its own.

Its address is sealed, because a ticket finds the fee of its car. A reload, or an app that comes back later,
shows it again.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.timezone import now
from django.utils.translation import get_language

from core.vault import Unreadable, seal_token, unseal_token
from driver.driver_view import driver_view
from driver.sign_page import facts_behind, page_context, reopen_page
from lots.plates import Plate, PlateError, parse
from lots.sign_register import RevokedCode
from lots.tickets import NoCarWaiting, issue_ticket
from presentation.failures import Failure
from presentation.languages import SUFFIXES
from presentation.page_data import SignFacts, sign_facts
from presentation.respond import page

CONTEXT = "ticket page"


@driver_view("POST", page="/p/{code}")
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue a ticket to the unplated vehicle at this entry lane."""
    sign = reopen_page(request, code)
    if not sign.facts.at_entry or sign.sign.lane is None:
        raise Failure("bad_request", sign.facts.lot)
    try:
        plate = issue_ticket(lane=sign.sign.lane, at=sign.at)
    except NoCarWaiting:
        return sign.show(status=409, no_car=True, lane_empty=sign.facts.at_exit)
    suffix = SUFFIXES[get_language() or "zh-hans"]
    return HttpResponseRedirect(f"/e/{seal_ticket(sign.facts.code, plate)}{suffix}", status=303)


@driver_view("GET", "HEAD")
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show an entry ticket, for as long as the keys under which its address was sealed are in use."""
    try:
        code, ticket = unseal_ticket(token)
    except Unreadable:
        raise Failure("ticket_unknown") from None
    context = page_context(_facts_of(code), ticket=ticket.pretty, here=f"/e/{token}")
    return page(request, "ticket.html", context)


def _facts_of(code: str) -> SignFacts:
    """Return the facts of the sign that gave a ticket, also of one that was taken down since."""
    try:
        return facts_behind(code)
    except RevokedCode as revoked:
        return sign_facts(revoked.sign, at=now())


def seal_ticket(code: str, ticket: Plate) -> str:
    """Return the token of a ticket that was issued at the sign with this code."""
    return seal_token(f"{code} {ticket.text}", CONTEXT)


def unseal_ticket(token: str) -> tuple[str, Plate]:
    """Return the sign's code and the ticket. Raises `Unreadable`, also when the key of the token is gone."""
    try:
        code, text = unseal_token(token, CONTEXT).split()
        return code, parse(text)
    except (ValueError, PlateError):
        raise Unreadable("not a ticket") from None
