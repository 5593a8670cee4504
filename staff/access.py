"""Permissions of the console: the decorator that every view has, and what its user may see and do.

    @requires("money.see")
    def payments(request):
        rows = access(request).within(Payment.objects.all())  # payments of the lots where they hold money.see
        lot = access(request).lot(slug)                       # or 404

Lots beyond a user's grants answer 404, like lots that do not exist, so that addresses reveal nothing.
A test walks the URLs and fails on a view without the decorator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.models import BigIntegerField, Exists, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import Resolver404, resolve
from django.utils.cache import add_never_cache_headers
from django.utils.timezone import now
from django.views.decorators.csp import csp_override

from core import row_security
from lots.models import Lot, Operator
from staff import session_limits
from staff.models import Grant
from staff.permissions import MAY, STRONG

IN_HISTORY = "private, no-cache"  # for a form's answer: found by Back alone, and asked for again otherwise
BACK = "back"  # session key: the page on which a second factor was asked for
VOUCHED_FOR = "vouched_for"  # session key, see `Access.is_vouched_for`

HOME = "/console/"
MOST_TEXT = 1_000_000  # characters of all fields of a form; the longest tariff has some thousands
LARGEST_ID = BigIntegerField.MAX_BIGINT
NO_SENSORS = "camera=(), microphone=(), geolocation=()"  # the patrol's page may use the camera

type View = Callable[..., HttpResponseBase]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Access:
    """What a user may do, by their grants in force. A superuser may do everything."""

    user: User
    action: str
    is_vouched_for: bool = False  # the identity provider checked a second factor (OIDC_MFA)

    def may(self, action: str, lot_id: int | None = None) -> bool:
        """Return whether they may do it in this lot, or, without one, in any lot."""
        if self.user.is_superuser:
            return True
        return any(self._covers(grant, lot_id) for grant in self._grants if grant.role in MAY[action])

    def is_sure_enough(self, action: str) -> bool:
        """Return whether the sign-in is strong enough: some actions require a second factor (CONSOLE_MFA).

        Enrolled users were asked for theirs when they signed in.
        """
        if action not in STRONG or settings.CONSOLE_MFA != "required":
            return True
        return self.is_vouched_for or bool(is_mfa_enabled(self.user))

    def all_roles(self) -> set[str]:
        return {grant.role for grant in self._grants}

    def roles(self) -> set[str]:
        """Return the roles that grant the page's action; none for a superuser."""
        return {grant.role for grant in self._grants if grant.role in MAY[self.action]}

    def lots(self, action: str | None = None) -> QuerySet[Lot]:
        """Return the car parks where they may do it (default: the page's action)."""
        return self.lots_with_trial(action).filter(is_trial=False)

    def lots_with_trial(self, action: str | None = None) -> QuerySet[Lot]:
        """Return `lots`, and the lot of test payments: its rows of money are found by their numbers."""
        if self.user.is_superuser:
            return Lot.objects.all()
        operators, lots = self.granted(action)
        return Lot.objects.filter(Q(operator__in=operators) | Q(pk__in=lots))

    def operators(self, action: str | None = None) -> QuerySet[Operator]:
        """Return the operators in all of whose lots they may do it."""
        if self.user.is_superuser:
            return Operator.objects.all()
        operators, _lots = self.granted(action)
        return Operator.objects.filter(pk__in=operators)

    def granted(self, action: str | None = None) -> tuple[set[int], set[int]]:
        """Return the operators in all of whose lots their grants let them do it, and the single lots."""
        grants = [grant for grant in self._grants if grant.role in MAY[action or self.action]]
        operators = {grant.operator_id for grant in grants if grant.lot_id is None}
        return operators, {grant.lot_id for grant in grants if grant.lot_id is not None}

    def lot(self, slug: str, action: str | None = None) -> Lot:
        """Return a lot by its slug. Raises `Http404` where they lack the permission."""
        return get_object_or_404(self.lots_with_trial(action).select_related("operator"), slug=slug)

    def within[Rows: QuerySet[Any]](self, rows: Rows, path: str = "lot", action: str | None = None) -> Rows:
        """Return the rows of lots where they may do it; `path` leads from a row to its lot."""
        if self.user.is_superuser:
            return rows
        return rows.filter(**{f"{path}__in": self._lot_ids(action or self.action)})

    @cached_property
    def sees_every_lot(self) -> bool:
        """Whether no lot of the site is beyond the page's permission."""
        with row_security.every_operator():
            return not Lot.objects.exclude(pk__in=self.lots_with_trial().values("pk")).exists()

    def within_or_without_lot(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Return `within(rows)`, and rows of no known lot too if they see every lot of the site."""
        visible = Q(lot__in=self.lots_with_trial().values("pk"))
        if self.sees_every_lot:
            visible |= Q(lot=None)
        return rows.filter(visible)

    def one(self, rows: QuerySet[Row], path: str = "lot", action: str | None = None, **which: Any) -> Row:
        """Return the row that matches `which`. Raises `Http404` if there is none or it is not theirs."""
        row = self.within(rows, path, action).filter(**which).first()
        if row is None:
            raise Http404
        return row

    def _lot_ids(self, action: str) -> list[int]:
        """Return ids, not a subquery: the planner then uses the indexes that lead with the lot."""
        return list(self.lots_with_trial(action).values_list("pk", flat=True))

    def operators_to_show(self) -> set[int] | None:
        """Return the operators whose rows this user's pages may read; None for all of the site's."""
        if self.user.is_superuser or any(not grant.has_others for grant in self._grants):
            return None
        return {grant.operator_id for grant in self._grants}

    @cached_property
    def _grants(self) -> list[Any]:
        mine = Grant.objects.filter(user=self.user, ended_at=None)
        others = Operator.objects.exclude(pk__in=mine.values("operator"))
        with row_security.every_operator():
            return list(mine.select_related("lot").annotate(has_others=Exists(others)))

    @staticmethod
    def _covers(grant: Grant, lot_id: int | None) -> bool:
        if lot_id is None or grant.lot_id == lot_id:
            return True
        return grant.lot_id is None and Lot.objects.filter(pk=lot_id, operator=grant.operator_id).exists()


def _refuse_masses(request: HttpRequest) -> None:
    """Raise `RequestDataTooBig` for more text than any form holds: a refused form would send it all back."""
    if sum(len(value) for _name, values in request.POST.lists() for value in values) > MOST_TEXT:
        raise RequestDataTooBig


def _drop_nuls(request: HttpRequest) -> None:
    """Drop NUL characters from what was sent: no keyboard has them, and PostgreSQL stores none."""
    for name in ("GET", "POST"):
        sent: QueryDict = getattr(request, name)
        if any("\0" in value for _key, values in sent.lists() for value in values):
            clean = sent.copy()
            for key, values in sent.lists():
                clean.setlist(key, [value.replace("\0", "") for value in values])
            setattr(request, name, clean)


def access(request: HttpRequest) -> Access:
    """Return the permissions of a request's user; for views with `requires`."""
    return request.access  # type: ignore[attr-defined, no-any-return]


def can(request: HttpRequest, action: str, lot_id: int | None = None) -> bool:
    """Return whether the user may do it here and signed in strongly enough for it.

    Where only the second factor is missing, the page explains why the button is not there.
    """
    person = access(request)
    if not person.may(action, lot_id):
        return False
    if person.is_sure_enough(action):
        return True
    request.wants_factor = True  # type: ignore[attr-defined] # see console_tags.factor_hint
    return False


def _refuse(person: Access, instead: Callable[[Access], str | None] | None) -> HttpResponseBase:
    address = instead(person) if instead else None
    if address is None:
        raise PermissionDenied
    return redirect(address)


def _page_of(request: HttpRequest) -> str:
    """Return where to lead a user back to: the page itself, or the page that a form belongs to."""
    return request.get_full_path() if request.method in {"GET", "HEAD"} else page_above(request.path_info)


def page_above(path: str) -> str:
    """Return the page that a form's address belongs to: the nearest one above it.

    A form is sent to an address below its page, which answers no GET; the sign-in and other
    account pages send theirs to themselves.
    """
    if path.startswith(("/console/login", "/console/join", "/console/account/")):
        return path
    while path.count("/") > 2:
        path = path.rpartition("/")[0]
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return HOME


def signed_out(request: HttpRequest, person: Access) -> bool:
    """Sign a user out whose session is over (`session_limits`); return whether it is."""
    is_over = session_limits.is_over(request, person.all_roles(), at=now())
    if is_over:
        logout(request)
    return is_over


def keep_in_history(response: HttpResponse) -> HttpResponse:
    """Let the browser's Back show this answer to a form again, where it would ask to send the form again.

    For pages without secrets that a form leads through, such as the sentences before a refund.
    """
    response.headers["Cache-Control"] = IN_HISTORY
    return response


def _never_stored(view: View) -> View:
    """Decorate a view whose answers no browser stores, but those of `keep_in_history`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.headers.get("Cache-Control") != IN_HISTORY:
            add_never_cache_headers(response)
        return response

    return guarded


def requires(action: str, *, instead: Callable[[Access], str | None] | None = None) -> Callable[[View], View]:
    """Decorate a view for users who may do `action` in some lot; others get 403, anonymous users the sign-in.

    `instead` may return an address to redirect a user without the permission to; only the first page has one.
    """
    assert action in MAY, action

    def guard(view: View) -> View:
        view = csp_override(settings.CONSOLE_CSP)(view)

        @wraps(view)
        @_never_stored
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if isinstance(request.user, AnonymousUser):
                return redirect_to_login(_page_of(request))
            person = Access(request.user, action, request.session.get(VOUCHED_FOR) is True)
            if signed_out(request, person):
                return redirect_to_login(_page_of(request))
            row_security.show(person.operators_to_show())
            if not person.may(action):
                return _refuse(person, instead)
            if not person.is_sure_enough(action):
                request.session[BACK] = _page_of(request)
                return redirect("console:second-factor")
            request.access = person  # type: ignore[attr-defined]
            if any(isinstance(value, int) and value > LARGEST_ID for value in kwargs.values()):
                raise Http404  # some queries would fail on a number that no column holds
            _refuse_masses(request)
            _drop_nuls(request)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Permissions-Policy", NO_SENSORS)
            return response

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return guard
