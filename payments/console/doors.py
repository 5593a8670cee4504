"""The one place where these pages ask who may do what: an action by name, and the rows of one's own lots."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from lots.console.access import View, staff_only
from lots.models import Lot


def door(action: str) -> Callable[[View], View]:  # noqa: ARG001 - for roles, which staff do not have yet
    """Let in whoever may do `action` somewhere."""
    return staff_only


def may(request: HttpRequest, action: str, lot_id: int) -> bool:  # noqa: ARG001
    """Say whether the person behind a request may do `action` in this lot."""
    return bool(request.user.is_staff)


def within[M: Model](request: HttpRequest, rows: QuerySet[M], path: str = "lot") -> QuerySet[M]:  # noqa: ARG001
    """Return those rows whose lot, reached by `path`, is this person's business."""
    return rows


def one[M: Model](request: HttpRequest, rows: QuerySet[M], path: str = "lot", **which: Any) -> M:
    """Return the one row that `which` names, or raise `Http404`."""
    return get_object_or_404(within(request, rows, path), **which)


def lots(request: HttpRequest) -> QuerySet[Lot]:
    """Return this person's lots."""
    return within(request, Lot.objects.order_by("name"), "pk")
