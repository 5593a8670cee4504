"""The ways out: sign out, withdraw the consent, delete the account; and a copy of everything first."""

import json

from django.http import HttpResponse

from members import leaving, member_sessions
from members.pages.member_view import MemberVisit, drop_cookie, member_in, member_view, signed_in


@member_view("POST")
@signed_in
def withdraw(visit: MemberVisit) -> HttpResponse:
    """Withdraw the consent at this lot: one press, as it was given."""
    gone = leaving.withdraw(member_in(visit), lot=visit.lot, at=visit.at)
    return _gone(visit) if gone else visit.show("left.html", account=True)


@member_view("POST")
@signed_in
def delete(visit: MemberVisit) -> HttpResponse:
    """Delete the account and all that belongs to it, on the spot."""
    leaving.delete(member_in(visit), at=visit.at)
    return _gone(visit)


@member_view("POST")
@signed_in
def sign_out(visit: MemberVisit) -> HttpResponse:
    member_sessions.end(visit.token)
    return drop_cookie(visit.go("/join"))


@member_view("GET")
@signed_in
def copy(visit: MemberVisit) -> HttpResponse:
    """Send all that is stored of a member, as a file."""
    text = json.dumps(leaving.copy_of(member_in(visit)), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="member.json"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


def _gone(visit: MemberVisit) -> HttpResponse:
    anonymous = MemberVisit(visit.request, visit.lot, visit.at, visit.client)
    return drop_cookie(anonymous.show("left.html", account=False))
