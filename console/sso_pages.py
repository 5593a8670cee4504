"""Single sign-on (单点登录) with the operator's identity provider, where the settings name one.

It creates no account and grants no permission: a person links an existing account once, and can sign in that
way from then on. Before the sign-in, the session holds only what the callback needs: valid once, for ten
minutes.
"""

import secrets
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from staff import identities
from staff.access import VOUCHED_FOR, access, requires
from staff.sso.provider import ProviderUnavailable, Registration, SsoProvider
from staff.sso.tokens import Identity, TokenRejected

ON_THE_WAY = "sso"  # in the session
LIFETIME = timedelta(minutes=10)
LONGEST = 2000  # of what comes back in the address
audit, log = structlog.get_logger("audit"), structlog.get_logger("sso")


class SignInRefused(Exception):
    """Someone came back and is not let in. `reason` is a word of ours, for the log."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(reason)
        self.reason, self.text = reason, text


@never_cache
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider, to sign in."""
    return _leave(request, {"next": _inside(request, request.POST.get("next", ""))})


@requires("account.see")
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """Show whether one's account is linked to one at the provider."""
    provider = _provider()
    row = identities.linked(access(request).user, issuer=provider.client.issuer)
    return render(request, "console/sso.html", {"row": row, "name": _name()})


@requires("account.see")
@require_POST
def link(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider, to link one's account there; the password is asked again first."""
    if not did_recently_reauthenticate(request):
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('console:sso')})}")
    return _leave(request, {"user": access(request).user.pk})


@requires("account.see")
@require_POST
def unlink(request: HttpRequest) -> HttpResponse:
    """Unlink one's account."""
    user = access(request).user
    if identities.unlink(user=user, issuer=_provider().client.issuer):
        audit.info("identity_unlinked", staff=user.pk)
        messages.success(request, _("No longer linked."))
    return redirect("console:sso")


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponseBase:
    """Finish the sign-in when the provider sends the browser back; its parameters must match this session."""
    try:
        way, identity = _arrive(request)
        if "user" in way:
            return _tie(request, way, identity)
        return _let_in(request, way, identity)
    except SignInRefused as refused:
        log.info("sso_refused", reason=refused.reason)
        context = {"text": refused.text, "name": _name()}
        return render(request, "console/sso-refused.html", context, status=403)


def _leave(request: HttpRequest, way: dict[str, Any]) -> HttpResponse:
    """Answer with a page that leads on: a redirect would be a form sent to another site, which none may."""
    provider, at = _provider(), now()
    way |= {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    words = {name: way[name] for name in ("state", "nonce", "verifier")}
    try:
        address = provider.address(**words, back=_back(), at=at)
    except ProviderUnavailable:
        log.warning("sso_unavailable")
        return render(request, "console/sso-refused.html", {"text": _unavailable()}, status=503)
    request.session[ON_THE_WAY] = {**way, "until": (at + LIFETIME).timestamp()}
    return render(request, "console/sso-leave.html", {"address": address, "name": _name()})


def _arrive(request: HttpRequest) -> tuple[dict[str, Any], Identity]:
    """Return what this session was on its way to do, used up by this, and whom the provider names."""
    provider, at, query = _provider(), now(), request.GET
    way = request.session.pop(ON_THE_WAY, None)
    if way is None or not secrets.compare_digest(way["state"].encode(), query.get("state", "").encode()):
        raise SignInRefused(
            "state", _("This sign-in was not started here or was already used. Please sign in again.")
        )
    if at.timestamp() > way["until"]:
        raise SignInRefused("late", _("The sign-in timed out. Please sign in again."))
    code = query.get("code", "")
    if "error" in query or not 0 < len(code) <= LONGEST:
        raise SignInRefused("cancelled", _("The sign-in was not completed. Try again, or use your password."))
    if query.get("iss", provider.client.issuer) != provider.client.issuer:
        raise SignInRefused(
            "mixed",
            _(
                "The response could not be verified, so you were not signed in. Please contact an "
                "administrator."
            ),
        )
    try:
        return way, provider.identify(
            code=code, verifier=way["verifier"], nonce=way["nonce"], back=_back(), at=at
        )
    except TokenRejected as error:
        raise SignInRefused(
            error.reason,
            _(
                "The response could not be verified, so you were not signed in. Please contact an "
                "administrator."
            ),
        ) from None
    except ProviderUnavailable:
        raise SignInRefused("unavailable", _unavailable()) from None


def _tie(request: HttpRequest, way: dict[str, Any], identity: Identity) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or user.pk != way["user"]:
        raise SignInRefused("other user", _("The signed-in account has changed; nothing was linked."))
    try:
        identities.link(user=user, issuer=identity.issuer, subject=identity.subject, at=now())
    except identities.IdentityTaken:
        raise SignInRefused(
            "taken",
            _("That account is linked to another one here, or this one is already linked. Unlink it first."),
        ) from None
    audit.info("identity_linked", staff=user.pk)
    messages.success(request, _("Linked. You can use single sign-on from now on."))
    return redirect("console:sso")


def _let_in(request: HttpRequest, way: dict[str, Any], identity: Identity) -> HttpResponseBase:
    user = identities.whose(issuer=identity.issuer, subject=identity.subject)
    if user is None:
        raise SignInRefused(
            "not tied",
            _(
                "That account is not linked yet. Sign in with your password, then link it on the “Single "
                "sign-on” page."
            ),
        )
    if not user.is_active:
        raise SignInRefused("inactive", _("This account is disabled. Please contact an owner."))
    login = Login(user=user, redirect_url=way["next"] or None)
    record_authentication(request, user, method="sso")
    if identity.methods.isdisjoint(settings.OIDC_MFA):
        answer: HttpResponseBase = perform_login(request, login)  # asks for a second factor that is set up
        return answer
    get_adapter().login(request, user)
    request.session[VOUCHED_FOR] = True
    return redirect(way["next"] or settings.LOGIN_REDIRECT_URL)


def _provider() -> SsoProvider:
    """Return the provider of the settings; where they name none, these pages do not exist."""
    if not settings.OIDC_ISSUER:
        raise Http404
    return _made(Registration(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET))


@cache
def _made(client: Registration) -> SsoProvider:
    return SsoProvider(client)


def _name() -> str:
    return settings.OIDC_NAME or "SSO"


def _back() -> str:
    return f"{settings.CONSOLE_URL}{reverse('console:sso-back')}"


def _inside(request: HttpRequest, address: str) -> str:
    here, https = {request.get_host()}, request.is_secure()
    return address if url_has_allowed_host_and_scheme(address, here, require_https=https) else ""


def _unavailable() -> str:
    return _("Single sign-on is not available right now. Try again later, or use your password.")
