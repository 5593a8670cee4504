"""Who may see a page of the console, and which lots on it. A view without `allowed` is found by a test.

    @allowed("money.see")
    def payments(request):
        rows = access(request).within(Payment.objects)        # of the lots where this person may
        lot = access(request).lot(slug)                       # or 404

A lot where somebody may not act does not exist for them: 404, so that addresses tell nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, TypeVar

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache

from lots.models import Lot, Operator
from staff.models import Grant
from staff.permissions import MAY, STRONG

VOUCHED_FOR = "vouched_for"  # in a session: see `Access.is_vouched_for`

type View = Callable[..., HttpResponseBase]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Access:
    """What one person may do, by the grants in force. A superuser, who set the site up, may do everything."""

    user: User
    action: str
    is_vouched_for: bool = False  # a second factor was shown to the identity provider (OIDC_MFA)

    def may(self, action: str, lot_id: int | None = None) -> bool:
        """Say whether they may do it in this lot, or in any."""
        if self.user.is_superuser:
            return True
        return any(self._covers(grant, lot_id) for grant in self._grants if grant.role in MAY[action])

    def is_sure_enough(self, action: str) -> bool:
        """Say whether we know well enough who this is: some acts want a second factor (CONSOLE_MFA).

        Who has one was asked for it when signing in.
        """
        if action not in STRONG or settings.CONSOLE_MFA != "required":
            return True
        return self.is_vouched_for or bool(is_mfa_enabled(self.user))

    def roles(self) -> set[str]:
        """Return the roles by which they may do what the page is for; none for who set the site up."""
        return {grant.role for grant in self._grants if grant.role in MAY[self.action]}

    def lots(self, action: str | None = None) -> QuerySet[Lot]:
        """Return the lots where they may do it (by default: what the page is for)."""
        if self.user.is_superuser:
            return Lot.objects.all()
        grants = [grant for grant in self._grants if grant.role in MAY[action or self.action]]
        whole = {grant.operator_id for grant in grants if grant.lot_id is None}
        single = {grant.lot_id for grant in grants}
        return Lot.objects.filter(Q(operator__in=whole) | Q(pk__in=single))

    def operators(self, action: str | None = None) -> QuerySet[Operator]:
        """Return the operators where they may do it in every lot."""
        if self.user.is_superuser:
            return Operator.objects.all()
        grants = [grant for grant in self._grants if grant.role in MAY[action or self.action]]
        return Operator.objects.filter(pk__in=[one.operator_id for one in grants if one.lot_id is None])

    def lot(self, slug: str, action: str | None = None) -> Lot:
        """Return a lot by its name in addresses. Raises `Http404` where they may not."""
        return get_object_or_404(self.lots(action).select_related("operator"), slug=slug)

    def within[Rows: QuerySet[Any]](self, rows: Rows, path: str = "lot", action: str | None = None) -> Rows:
        """Return those rows whose lot, reached by `path`, is one where they may do it."""
        if self.user.is_superuser:
            return rows
        return rows.filter(**{f"{path}__in": self._lot_ids(action or self.action)})

    def one(self, rows: QuerySet[Row], path: str = "lot", action: str | None = None, **which: Any) -> Row:
        """Return the one row `which` names. Raises `Http404` where they may not see it."""
        row = self.within(rows, path, action).filter(**which).first()
        if row is None:
            raise Http404
        return row

    def _lot_ids(self, action: str) -> list[int]:
        """Ids, not a subquery: the planner then uses the indexes that lead with the lot."""
        return list(self.lots(action).values_list("pk", flat=True))

    @cached_property
    def _grants(self) -> list[Grant]:
        return list(Grant.objects.filter(user=self.user, ended_at=None).select_related("lot"))

    @staticmethod
    def _covers(grant: Grant, lot_id: int | None) -> bool:
        if lot_id is None or grant.lot_id == lot_id:
            return True
        return grant.lot_id is None and Lot.objects.filter(pk=lot_id, operator=grant.operator_id).exists()


def access(request: HttpRequest) -> Access:
    """Return what the person behind a request may do; for views that `allowed` guards."""
    return request.access  # type: ignore[attr-defined, no-any-return]


def can(request: HttpRequest, action: str, lot_id: int | None = None) -> bool:
    """Say whether they may do it here and are known well enough for it.

    Where only the second factor is missing, the page says so: nobody should look for a button in vain.
    """
    person = access(request)
    if not person.may(action, lot_id):
        return False
    if person.is_sure_enough(action):
        return True
    request.wants_factor = True  # type: ignore[attr-defined] # see templatetags.access.factor_hint
    return False


def _refuse(person: Access, instead: Callable[[Access], str | None] | None) -> HttpResponseBase:
    address = instead(person) if instead else None
    if address is None:
        raise PermissionDenied
    return redirect(address)


def allowed(action: str, *, instead: Callable[[Access], str | None] | None = None) -> Callable[[View], View]:
    """Let in whoever may do `action` somewhere, send strangers to the sign-in page, refuse everybody else.

    `instead` may name the address where somebody who may not begins; the first page has one.
    """
    assert action in MAY, action

    def guard(view: View) -> View:
        @wraps(view)
        @never_cache
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if isinstance(request.user, AnonymousUser):
                return redirect_to_login(request.path)
            person = Access(request.user, action, request.session.get(VOUCHED_FOR) is True)
            if not person.may(action):
                return _refuse(person, instead)
            if not person.is_sure_enough(action):
                return redirect("console:second-factor")
            request.access = person  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return guard
