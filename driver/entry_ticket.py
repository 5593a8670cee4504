"""An entry ticket at an address of its own: a reload, or an app that comes back later, shows it again."""

from django.http import HttpRequest, HttpResponse

from core.vault import Unreadable
from driver.driver_view import driver_view
from driver.sign_page import facts_behind, page_context
from driver.ticket_token import unseal_ticket
from presentation.failures import Failure
from presentation.respond import page


@driver_view("GET", "HEAD")
def entry_ticket(request: HttpRequest, token: str) -> HttpResponse:
    """Show an entry ticket, for as long as the keys under which its address was sealed are in use."""
    try:
        code, ticket = unseal_ticket(token)
    except Unreadable:
        raise Failure("ticket_unknown") from None
    context = page_context(facts_behind(code), ticket=ticket.pretty, here=f"/e/{token}")
    return page(request, "ticket.html", context)
