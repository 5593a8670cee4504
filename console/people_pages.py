"""The console's pages about people: who may do what where, invitations, and coming in by one."""

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import account_reset
from console.background_start import key_of
from console.people_list import InviteForm, grants_of, people_page
from lots.models import Operator
from staff import grants as rights
from staff import invitations
from staff.access import access, requires
from staff.models import Grant, Invitation, Role, SignIn
from staff.permissions import MAY


class JoinForm(forms.Form):
    code = forms.CharField(max_length=40)
    name = forms.CharField(max_length=60, required=False, validators=[UnicodeUsernameValidator()])
    password = forms.CharField(max_length=128)


@requires("people.edit")
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation and show its code, this once."""
    form = InviteForm(access(request), request.POST)
    if not form.is_valid():
        return people_page(request, form, status=422)
    operator, lot = form.where()
    role, at = form.cleaned_data["role"], now()
    code = invitations.invite(
        operator=operator, lot=lot, role=role, by=access(request).user, at=at, press=key_of(request)
    )
    if role in MAY["refunds.approve"] and invitations.was_made(code, at=at):
        account_reset.notify_owners(
            operator, gettext("An account that may approve refunds was invited."), at=at
        )
    return people_page(request, InviteForm(access(request)), code=code, for_what=Role(role).label)


@requires("people.edit")
@require_POST
def invite_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a code by which one of our people chooses a new password, and show it this once."""
    user, operator = _one_of_ours(request, pk)
    by, at = access(request).user, now()
    code = invitations.invite_back(user=user, operator=operator, by=by, at=at, press=key_of(request))
    if invitations.was_made(code, at=at):
        account_reset.notify_owners_of_reset(operator, at=at)
    what = gettext("Reset password of %(user)s") % {"user": user.username}
    return people_page(request, InviteForm(access(request)), code=code, for_what=what)


@requires("people.edit")
@require_POST
def drop_factors(request: HttpRequest, pk: int) -> HttpResponse:
    """Reset the second factors of someone who lost them; sign them out everywhere and record it.

    A second press finds none, and records nothing.
    """
    user, operator = _one_of_ours(request, pk)
    if not account_reset.drop_factors(user=user, operator=operator, by=access(request).user, at=now()):
        messages.info(
            request, gettext("%(user)s has no two-step verification.") % {"user": user.get_username()}
        )
        return redirect("console:people")
    messages.success(
        request,
        gettext("Two-step verification of %(user)s was reset and all their devices were signed out.")
        % {"user": user.username},
    )
    return redirect("console:people")


@requires("people.edit")
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an invitation worth nothing."""
    mine = Invitation.objects.filter(operator__in=access(request).operators())
    row = get_object_or_404(mine, pk=pk)
    invitations.withdraw(row, at=now())
    row.refresh_from_db()
    if row.withdrawn_at is not None:
        messages.success(request, gettext("Withdrawn: the code no longer works."))
    else:
        messages.warning(request, gettext("Nothing was done: the code was used or has expired."))
    return redirect("console:people")


@requires("people.edit")
@require_POST
def end_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """End a person's role."""
    grant = get_object_or_404(grants_of(request), pk=pk)
    try:
        rights.end(grant, at=now(), by=access(request).user)
    except rights.LastOwner:
        messages.error(request, gettext("This is the last owner. Name another owner first."))
    else:
        messages.success(
            request, gettext("%(user)s no longer has this role.") % {"user": grant.user.get_username()}
        )
    return redirect("console:people")


@requires("people.edit")
@require_POST
def end_all_grants(request: HttpRequest, pk: int) -> HttpResponse:
    """End all roles that a person has with us, as of a colleague who leaves; sign them out everywhere."""
    user = get_object_or_404(User, pk__in=grants_of(request).filter(user=pk).values("user"))
    held = list(grants_of(request).filter(user=pk, ended_at=None))
    if not held:
        messages.info(request, gettext("This person has no role here any more."))
        return redirect("console:people")
    by, at = access(request).user, now()
    try:
        with transaction.atomic():
            for grant in held:
                rights.end(grant, at=at, by=by)
            SignIn.objects.end(user)
    except rights.LastOwner:
        messages.error(
            request, gettext("Nothing was ended: this is the last owner. Name another owner first.")
        )
        return redirect("console:people")
    words = gettext(
        "%(user)s has no role here any more and is signed out everywhere. What was done stays on record."
    )
    messages.success(request, words % {"user": user.get_username()})
    return redirect("console:people")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Use an invitation: its code, a name to sign in with, a password. Open to anyone who holds a code."""
    form = JoinForm(request.POST or None)
    if form.is_valid() and _joined(form):
        messages.success(request, gettext("Your account is ready. Please sign in."))
        return redirect("account_login")
    return render(request, "console/join.html", {"form": form}, status=422 if form.errors else 200)


@requires("account.see")
@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """Explain that this act needs a second factor, and where to set one up."""
    return render(request, "console/second-factor.html", status=403)


@requires("account.see")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Show the sign-ins of this account; a POST signs out everywhere else."""
    here = request.session.session_key
    if request.method == "POST":
        SignIn.objects.end(access(request).user, but=here)
        messages.success(request, gettext("Signed out everywhere else."))
        return redirect("console:sign-ins")
    return render(
        request, "console/sign-ins.html", {"rows": SignIn.objects.current(access(request).user), "here": here}
    )


def _joined(form: JoinForm) -> bool:
    values = form.cleaned_data
    try:
        invitations.accept(code=values["code"], name=values["name"], password=values["password"], at=now())
    except invitations.NoInvitation:
        form.add_error(
            "code",
            gettext(
                "The invitation code is wrong, used or expired. If you have just used it, sign in with the "
                "name and password you chose; otherwise ask an owner for a new one."
            ),
        )
    except invitations.AccountNameTaken:
        is_taken = bool(values["name"].strip())
        fault = gettext("This account name is taken.") if is_taken else gettext("Choose an account name.")
        form.add_error("name", fault)
    except invitations.WeakPassword as weak:
        form.add_error("password", weak.reasons)
    if form.errors and "password" not in form.errors:  # all faults at once
        try:
            validate_password(values["password"], User(username=values.get("name", "")))
        except forms.ValidationError as weak:
            form.add_error("password", weak.messages)
    return form.is_valid()


def _one_of_ours(request: HttpRequest, pk: int) -> tuple[User, Operator]:
    """Return a person all of whose roles are at one's own operators; 404 for anybody else.

    Who also works for strangers, or set the site up, is not ours to let in again.
    """
    user = get_object_or_404(User, pk=pk, is_superuser=False)
    held = Grant.objects.filter(user=user, ended_at=None).select_related("operator")
    ours = held.filter(operator__in=access(request).operators())
    grant = ours.first() if ours.count() == held.count() else None
    return user, get_object_or_404(Operator, pk=grant.operator_id if grant else None)
