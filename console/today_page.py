"""The console's first page: today's numbers, in sum and for each lot; each leads to the list behind it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import localtime, now
from django.utils.translation import gettext, gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from console.natural_order import in_order
from core.money import yuan
from lots.models import Lot
from payments import today_curves
from payments.channel_names import channel_label
from payments.coupons.coupon_models import Shop
from payments.reports.chart import curves
from payments.today_figures import NUMBERS, Figure, Scope, TodayFigure, total
from presentation.templatetags.money_tags import grouped
from staff.access import Access, access, requires

FEW_LOTS = 30  # shown at once, those with trouble first
REFRESH = 60  # seconds; a page that is left open asks once a minute


@dataclass(frozen=True)
class ShownFigure:
    """How a number looks: its heading, where it leads, whether any is bad."""

    label: Promise
    page: str
    query: dict[str, str]
    is_bad: bool = True


SHOWN = {
    "inside": ShownFigure(gettext_lazy("Cars inside"), "console:stays", {"state": "inside"}, is_bad=False),
    "paid": ShownFigure(
        gettext_lazy("Paid today (¥)"), "console:payments", {"state": "paid", "day": "today"}, is_bad=False
    ),
    "unpaid": ShownFigure(gettext_lazy("Left unpaid"), "console:stays", {"state": "unpaid"}),
    "failed": ShownFigure(
        gettext_lazy("Failed payments today"),
        "console:payments",
        {"state": "failed", "day": "today"},
        is_bad=False,
    ),
    "silent": ShownFigure(gettext_lazy("Silent devices"), "console:devices", {"state": "silent"}),
    "tasks": ShownFigure(gettext_lazy("Discrepancies and tasks"), "console:tasks", {}),
    "stays": ShownFigure(gettext_lazy("Stays to review"), "console:stays", {"state": "review"}),
    "reads": ShownFigure(gettext_lazy("Reads to review"), "console:reads", {"state": "review"}),
}


@dataclass(frozen=True)
class Cell:
    """One number of one lot, or the sum of all, as it is written."""

    name: str
    count: int
    text: str
    address: str
    tone: str  # a class of the style sheet


@dataclass(frozen=True)
class Head:
    """A total with its name and its note; the cells of lots stand under it."""

    label: str
    beside: str
    cell: Cell


def first_page(person: Access) -> str | None:
    """Return the first page of someone who cannot see lots; None for someone without any permission."""
    if not person.may("account.see"):
        return None
    for _, entries in settings.CONSOLE_MENU:
        for name, _, action in entries:
            if person.may(action):
                return reverse(name)
    shop = Shop.objects.filter(clerks=person.user).order_by("pk").first()
    if shop is not None and person.may("coupons.issue", shop.lot_id):
        return reverse("console:shop", args=[shop.pk])
    return reverse("console:sign-ins")


@requires("lots.see", instead=first_page)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show every number of today. The page reloads itself each minute unless paused."""
    mine, at = access(request), now()
    lots = in_order(mine.lots().order_by("pk"))
    places = {action: _places(mine, action, lots) for action in {number.action for number in NUMBERS}}
    numbers = [number for number in NUMBERS if places[number.action]]
    counted = {number.name: number.count(Scope(places[number.action], at)) for number in numbers}
    seen = {action: set(found) for action, found in places.items()}
    heads = [_head(number, total(counted[number.name])) for number in numbers]

    def cell(number: TodayFigure, lot: Lot) -> Cell | None:
        is_seen = lot in seen[number.action]
        return _cell(number.name, counted[number.name].get(lot.pk, (0, None)), lot) if is_seen else None

    lines: list[dict[str, Any]] = [{"lot": lot, "cells": [cell(one, lot) for one in numbers]} for lot in lots]
    lines.sort(key=lambda line: -_trouble(line))  # stable: by name where the trouble is equal
    shown = lines if "all" in request.GET else lines[:FEW_LOTS]
    for line in shown:
        line["named_cells"] = list(zip((head.label for head in heads), line["cells"], strict=True))
    context = {
        **_pictures(mine, lots, at, inside=total(counted.get("inside", {}))[0]),
        "hidden": len(lines) - len(shown),
        "heads": heads,
        "lines": shown,
        "at": localtime(at),
        "refresh": None if "still" in request.GET else REFRESH,
    }
    return render(request, "console/today.html", context)


def _trouble(line: dict[str, Any]) -> int:
    """Return how much of a lot needs attention."""
    return sum(cell.count for cell in line["cells"] if cell and cell.tone == "alarm")


def _pictures(person: Access, lots: list[Lot], at: datetime, *, inside: int) -> dict[str, Any]:
    """Return how the day goes so far, drawn and as a table; nothing without lots or sessions to see."""
    lots = _places(person, "stays.see", lots)
    if not lots:
        return {}
    money_lots = _places(person, "money.see", lots)
    day = today_curves.day_so_far(lots, money_lots, inside=inside, at=at)
    money = [(gettext("Today"), day.money), (gettext("The same weekday last week"), day.money_before)]
    moves = [(gettext("Entry"), day.came), (pgettext("stay", "Exit"), day.went)]
    found: dict[str, Any] = {
        "inside": curves(day.labels, [(gettext("Cars inside"), day.inside)], str, limit=day.bays),
        "moves": curves(day.labels, moves, str),
        "hours": list(
            zip(day.labels, day.inside, day.came, day.went, day.money, day.money_before, strict=True)
        ),
    }
    if money_lots:
        found |= {
            "money": curves(day.labels, money, yuan),
            "ways": [
                (channel_label(name), count, fen)
                for name, count, fen in today_curves.ways_of_paying(money_lots, at=at)
            ],
            "seconds": today_curves.median_seconds(money_lots, at=at),
        }
    return found


def _places(person: Access, action: str, lots: list[Lot]) -> list[Lot]:
    """Return those of the lots where this person may do it."""
    mine = set(person.lots(action).values_list("pk", flat=True))
    return [lot for lot in lots if lot.pk in mine]


def _head(number: TodayFigure, figure: Figure) -> Head:
    count, fen = figure
    beside = ""
    if number.name == "paid":
        beside = gettext("Payments: %(count)s") % {"count": count}
    elif fen:
        beside = gettext("¥%(amount)s owed") % {"amount": grouped(yuan(fen))}
    return Head(str(SHOWN[number.name].label), beside, _cell(number.name, figure))


def _cell(name: str, figure: Figure, lot: Lot | None = None) -> Cell:
    count, fen = figure
    text = f"{count:,}"
    if name == "paid":
        text = grouped(yuan(fen or 0))
    elif name == "inside" and lot and not (count or lot.is_counted):
        text = "—"
    elif name == "inside" and lot and lot.bays:
        text = f"{count:,} / {lot.bays:,}"
    tone = "alarm" if SHOWN[name].is_bad else ""
    address = _address(name) + (f"&lot={lot.slug}" if lot else "")
    return Cell(name, count, text, address, tone if count else "none")


@cache
def _address(name: str) -> str:
    return f"{reverse(SHOWN[name].page)}?{urlencode(SHOWN[name].query)}"
