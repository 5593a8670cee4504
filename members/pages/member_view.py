"""Decorators of the members' views: language, host, origin, pages of failures; and who is signed in."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import translation
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from core import database
from lots.models import Lot
from members import member_keys, member_sessions
from members.joining import TooMany
from members.member_signs import RevokedMemberCode, UnknownMemberCode
from members.models import Member
from members.pages import member_response
from presentation import guard
from presentation.failures import EXPLAINED, Failure

COOKIE = "__Host-member" if settings.MEMBERS_URL.startswith("https://") else "member"

type View = Callable[..., HttpResponse]
type Words = tuple[int, str | Promise, str | Promise]
FAILURES: dict[str, Words] = {
    "unknown": (
        404,
        _("This is not a member code of ours"),
        _("To pay for parking, scan the payment code on a sign. You need no membership."),
    ),
    "revoked": (410, _("This member code is no longer in use"), _("Paying for parking works as always.")),
    "too_many": (
        429,
        _("Too many tries"),
        _("Please wait a few minutes. Paying for parking works as always."),
    ),
    "form": (
        403,
        _("The form is too old"),
        _("Please open your member page again and start there."),
    ),
}


@dataclass(frozen=True)
class MemberVisit:
    """One request about one lot, by a member where someone is signed in."""

    request: HttpRequest
    lot: Lot
    at: datetime
    client: str
    member: Member | None = None
    token: str = ""

    def show(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        form = member_keys.press_token(self.token) if self.member else ""
        return member_response.page(template, lot=self.lot, status=status, form=form, **context)

    def go(self, to: str = "") -> HttpResponse:
        """Send the browser on, so that a reload sends no form again."""
        answer = HttpResponseRedirect(f"/member/{self.lot.slug}{to}{member_response.suffix()}")
        answer.status_code = 303
        return answer


def member_view(*methods: str) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Serve a view for these methods, in the language of its path, and explain what fails."""

    def wrap(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def served(request: HttpRequest, language: str = "zh-hans", **names: str) -> HttpResponse:
            with translation.override(language):
                try:
                    _check(request, methods)
                    with database.usable():
                        response = view(request, **names)
                except Failure as failure:
                    words = EXPLAINED[failure.code]
                    response = explain((words.status, words.title, words.advice))
                    if failure.allow:
                        response.headers["Allow"] = ", ".join(failure.allow)
                except UnknownMemberCode:
                    response = explain(FAILURES["unknown"])
                except RevokedMemberCode as revoked:
                    response = explain(FAILURES["revoked"], lot=revoked.sign.lot)
                except TooMany:
                    response = explain(FAILURES["too_many"], lot=_lot_named(names.get("slug", "")))
                except database.DatabaseUnusable:
                    words = EXPLAINED["unavailable"]
                    response = explain((words.status, words.title, words.advice))
                return member_response.sealed(response)

        return served

    return wrap


def about_lot(view: Callable[[MemberVisit], HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view with its lot and, if a member of this operator is signed in, that member."""

    @wraps(view)
    def inner(request: HttpRequest, slug: str) -> HttpResponse:
        lot = _lot_named(slug)
        if lot is None:
            raise Failure("not_found")
        return view(visit_of(request, lot))

    return inner


def signed_in(view: Callable[[MemberVisit], HttpResponse]) -> Callable[..., HttpResponse]:
    """As `about_lot`, for members alone: anybody else is shown the way in. A form must be of this session."""

    @wraps(view)
    def inner(visit: MemberVisit) -> HttpResponse:
        if visit.member is None:
            return (
                visit.go()
                if visit.request.method == "POST"
                else visit.show("sign_in.html", path=f"/member/{visit.lot.slug}")
            )
        if visit.request.method == "POST":
            given = visit.request.POST.get("form", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, member_keys.press_token(visit.token).encode()):
                return explain(FAILURES["form"], lot=visit.lot)
        return view(visit)

    return about_lot(inner)


def visit_of(request: HttpRequest, lot: Lot) -> MemberVisit:
    at, token = now(), request.COOKIES.get(COOKIE, "")
    member = member_sessions.whose(token, at=at)
    if member is not None and member.operator_id != lot.operator_id:
        member = None
    return MemberVisit(request, lot, at, guard.client_of(request), member, token if member else "")


def member_in(visit: MemberVisit) -> Member:
    """Return the signed-in member, in a view that requires one."""
    assert visit.member is not None, "signed_in requires a member"
    return visit.member


def keep_cookie(response: HttpResponse, token: str) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(member_sessions.LIFETIME.total_seconds()),
        path="/",
        secure=COOKIE.startswith("__Host-"),
        httponly=True,
        samesite="Lax",
    )
    return response


def drop_cookie(response: HttpResponse) -> HttpResponse:
    response.set_cookie(
        COOKIE, "", max_age=0, path="/", secure=COOKIE.startswith("__Host-"), httponly=True, samesite="Lax"
    )
    return response


def explain(words: Words, lot: Lot | None = None) -> HttpResponse:
    status, title, advice = words
    response = member_response.page("failed.html", lot=lot, status=status, title=title, advice=advice)
    if status in {429, 503}:
        response.headers["Retry-After"] = "60"
    return response


def _check(request: HttpRequest, methods: tuple[str, ...]) -> None:
    """Refuse what comes by another host than the members' own, by another method, or from another site."""
    ours = urlsplit(settings.MEMBERS_URL).netloc.lower()
    if settings.MEMBERS_URL != settings.PUBLIC_URL and request.get_host().lower() != ours:
        raise Failure("not_found")
    if request.method not in methods:
        raise Failure("wrong_method", allow=methods)
    if request.method == "POST":
        guard.check_post(request)


def _lot_named(slug: str) -> Lot | None:
    return Lot.objects.select_related("operator").filter(slug=slug).first() if slug else None
