"""The ways out: sign out, withdraw the consent, delete the account; and a copy of everything first."""

import json

from django.http import HttpResponse

from members import leaving, member_sessions
from members.pages.doorway import Scene, drop_cookie, member_in, member_view, signed_in


@member_view("POST")
@signed_in
def withdraw(scene: Scene) -> HttpResponse:
    """Withdraw the consent at this lot: one press, as it was given."""
    gone = leaving.withdraw(member_in(scene), lot=scene.lot, at=scene.at)
    return _gone(scene) if gone else scene.show("left.html", account=True)


@member_view("POST")
@signed_in
def delete(scene: Scene) -> HttpResponse:
    """Delete the account and all that belongs to it, on the spot."""
    leaving.delete(member_in(scene), at=scene.at)
    return _gone(scene)


@member_view("POST")
@signed_in
def sign_out(scene: Scene) -> HttpResponse:
    member_sessions.end(scene.token)
    return drop_cookie(scene.go("/join"))


@member_view("GET")
@signed_in
def copy(scene: Scene) -> HttpResponse:
    """All that is stored of a member, as a file."""
    text = json.dumps(leaving.copy_of(member_in(scene)), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="member.json"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


def _gone(scene: Scene) -> HttpResponse:
    anonymous = Scene(scene.request, scene.lot, scene.at, scene.client)
    return drop_cookie(anonymous.show("left.html", account=False))
