"""The screen of an exit lane: a code for the car that stands there, by which its plate can be bound."""

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from members import plates
from members.pages import respond
from members.pages.doorway import member_view
from members.signs import UnknownMemberCode


@member_view("GET", "HEAD")
def screen(_request: HttpRequest, token: str) -> HttpResponse:
    """Shown to whoever stands before it; the page asks again by itself."""
    display = plates.screen_of(token)
    if display is None:
        raise UnknownMemberCode
    shown = plates.shown_in(display.lane, at=now())
    plate, code = shown or ("", "")
    page = respond.page("lane.html", lot=display.lane.lot, plate=plate, code=code, lane=display.lane)
    page.headers["Refresh"] = "5"
    return page
