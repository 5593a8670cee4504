"""Who may see the console: staff who have signed in. A view without this is a bug that a test finds."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

type View = Callable[..., HttpResponseBase]


def staff_only(view: View) -> View:
    """Let staff in, send strangers to the sign-in page, refuse everybody else."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.staff_only = True  # type: ignore[attr-defined]
    return guarded
