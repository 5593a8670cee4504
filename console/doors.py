"""Where these pages ask who may do what: an action by name, and the rows of one's own lots."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from lots.models import Lot
from staff.access import access, can
from staff.access import allowed as door

__all__ = ["door", "lots", "may", "one", "within"]


def may(request: HttpRequest, action: str, lot_id: int) -> bool:
    """Say whether the person behind a request may do `action` in this lot, known as well as it asks for."""
    return can(request, action, lot_id)


def within[M: Model](request: HttpRequest, rows: QuerySet[M], path: str = "lot") -> QuerySet[M]:
    """Return those rows whose lot, reached by `path`, is this person's business."""
    return access(request).within(rows, path)


def one[M: Model](request: HttpRequest, rows: QuerySet[M], path: str = "lot", **which: Any) -> M:
    """Return the one row that `which` names, or raise `Http404`."""
    return access(request).one(rows, path, **which)


def lots(request: HttpRequest) -> QuerySet[Lot]:
    """Return this person's lots."""
    return access(request).lots().order_by("name")
