"""Signing in: a name and a password, a second factor where one is set up, or a passkey alone.

django-allauth does the work; here are the few of its addresses that the console needs, and its adapter, which
stores no e-mail addresses. There is no registration and no password by mail: an owner gives out a code
(`console.people_pages`).
"""

from functools import wraps
from typing import Any, ClassVar

from allauth.account import views as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from staff.access import Access, View, requires, signed_out

WITH_SCRIPTS: dict[
    str, Any
] = {  # passkeys need the browser's own API; the picture of a TOTP secret is a data: address
    **settings.SECURE_CSP,
    "script-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
}
NOWHERE = "0.0.0.0"  # noqa: S104 - where allauth wants an address, it gets none


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No self-registration; no e-mail address is read or stored."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The account name or the password is wrong."),
        "too_many_login_attempts": _(
            "Too many failed sign-ins with this account. Wait 15 minutes and try again. If you forgot the "
            "password, ask an owner for an invitation code."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_client_ip(self, request: HttpRequest) -> str:  # noqa: ARG002
        return NOWHERE


def _nothing(_request: HttpRequest) -> Any:
    """allauth wants to name an address for signing up; there is none."""
    raise Http404


@requires("account.see")
@require_safe
def no_password(request: HttpRequest) -> HttpResponse:
    """Explain why there is no password to change: allauth leads here from the page that changes it."""
    return render(request, "console/no_password.html")


def _limited(view: View) -> View:
    """Apply the limits of a sign-in to a page of allauth, which asks for a sign-in but knows no limits."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            signed_out(request, Access(request.user, "account.see"))
        return view(request, *args, **kwargs)

    return limited


def _route(address: str, view: Any, name: str) -> Any:
    return path(address, csp_override(WITH_SCRIPTS)(_limited(view)), name=name)


urlpatterns = [
    _route("login", account.login, "account_login"),
    _route("logout", account.logout, "account_logout"),
    _route("account/again", account.reauthenticate, "account_reauthenticate"),
    _route("account/inactive", account.account_inactive, "account_inactive"),
    _route("account/password", account.password_change, "account_change_password"),
    path("account/password/none", no_password, name="account_set_password"),
    _route("account/signup", _nothing, "account_signup"),
    _route("account/factors", mfa.index, "mfa_index"),
    _route("account/factor", mfa.authenticate, "mfa_authenticate"),
    _route("account/factor/again", mfa.reauthenticate, "mfa_reauthenticate"),
    _route("account/totp", totp.activate_totp, "mfa_activate_totp"),
    _route("account/totp/end", totp.deactivate_totp, "mfa_deactivate_totp"),
    _route("account/recovery", recovery.view_recovery_codes, "mfa_view_recovery_codes"),
    _route("account/recovery/new", recovery.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _route("account/recovery.txt", recovery.download_recovery_codes, "mfa_download_recovery_codes"),
    _route("account/passkeys", passkeys.list_webauthn, "mfa_list_webauthn"),
    _route("account/passkeys/add", passkeys.add_webauthn, "mfa_add_webauthn"),
    _route("account/passkeys/login", passkeys.login_webauthn, "mfa_login_webauthn"),
    _route("account/passkeys/again", passkeys.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    _route("account/passkeys/<int:pk>/end", passkeys.remove_webauthn, "mfa_remove_webauthn"),
    _route("account/passkeys/<int:pk>", passkeys.edit_webauthn, "mfa_edit_webauthn"),
]
