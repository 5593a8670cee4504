"""The screen of an exit lane: a code for the car that stands there, by which its plate can be bound."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.timezone import now

from members import member_plates
from members.member_signs import UnknownMemberCode
from members.pages import member_response
from members.pages.member_view import member_view


def screen(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the screen of a lane. The page reloads by itself, so no button is needed
    at the exit after a failure; a screen that was switched off stays off."""
    answer = _screen(request, token=token)
    if answer.status_code != HTTPStatus.NOT_FOUND:
        answer.headers["Refresh"] = "5"
    return answer


@member_view("GET", "HEAD")
def _screen(_request: HttpRequest, token: str) -> HttpResponse:
    display = member_plates.screen_of(token)
    if display is None:
        raise UnknownMemberCode
    shown = member_plates.shown_in(display.lane, at=now())
    plate, code = shown or ("", "")
    return member_response.page("lane.html", lot=display.lane.lot, plate=plate, code=code, lane=display.lane)
