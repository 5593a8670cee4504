"""What is still to be done before a lot takes money (开通清单): each step is read from the data.

Other apps add their steps with `step`, as they add jobs to the worker: this one knows no payment channel.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from lots.models import Lane, Lot
from staff.access import Access


@dataclass(frozen=True)
class Step:
    """One step of a lot's opening: whether it is done, its page, and the command that does it too."""

    label: str
    done: bool
    hint: str = ""
    command: str = ""  # to be typed on the server, exactly so
    page: str = ""  # the address of the console's page
    action: str = "lots.edit"  # the right which that page asks for
    link: str = ""  # a page for drivers
    before_opening: bool = True  # best done before drivers pay
    operator_wide: bool = False  # the page asks for the action in every lot of the operator


APPLY = "manage.py apply lot.json"  # the same by command, for each step of the lot itself

type Look = Callable[[Lot], Step]
STEPS: list[tuple[int, Look]] = []


def step(order: int) -> Callable[[Look], Look]:
    """Register a step; lower orders come first."""

    def register(look: Look) -> Look:
        STEPS.append((order, look))
        STEPS.sort(key=lambda entry: entry[0])
        return look

    return register


def steps_of(lot: Lot) -> list[Step]:
    """Return every step of a lot, in the order in which they are best done."""
    return [look(lot) for _order, look in STEPS]


def progress_of(lot: Lot, person: Access) -> dict[str, Any]:
    """Return the steps for a page, how many are done, and which comes next.

    A step whose page `person` may not open has none.
    """
    steps = [step if _may_open(step, lot, person) else replace(step, page="") for step in steps_of(lot)]
    done = sum(step.done for step in steps)
    following = next((step for step in steps if not step.done), None)
    return {"steps": steps, "done_count": done, "undone": len(steps) - done, "next_step": following}


def _may_open(step: Step, lot: Lot, person: Access) -> bool:
    if step.operator_wide:
        return person.operators(step.action).filter(pk=lot.operator_id).exists()
    return person.may(step.action, lot.pk)


@step(10)
def operator_data(lot: Lot) -> Step:
    operator = lot.operator
    told = (operator.legal_name, operator.contact, operator.service_phone, operator.cash_information)
    return Step(
        _("Operator details"),
        all(text.strip() for text in told),
        _("Full name, contact, service phone and cash payment details are all required: drivers see them."),
        APPLY,
        reverse("console:operator", args=[operator.pk]) + "?" + urlencode({"lot": lot.slug}),
        operator_wide=True,
    )


@step(15)
def lot_data(lot: Lot) -> Step:
    return Step(
        _("Lot details"),
        bool(lot.address.strip()),
        _("Full street address: it is shown on signs and payment pages."),
        APPLY,
        reverse("console:lot-settings", args=[lot.slug]),
    )


@step(20)
def lanes(lot: Lot) -> Step:
    ways = set(lot.lanes.values_list("direction", flat=True))
    whole = Lane.Direction.BOTH in ways or {Lane.Direction.ENTRY, Lane.Direction.EXIT} <= ways
    return Step(
        _("Lane"),
        whole,
        _("At least one entry lane and one exit lane."),
        APPLY,
        reverse("console:lanes", args=[lot.slug]),
    )


@step(40)
def devices(lot: Lot) -> Step:
    """Done once every lane has a device that was heard of."""
    heard = lot.devices.in_use().filter(last_seen_at__isnull=False).values("lane")
    first = lot.lanes.exclude(pk__in=heard).order_by("pk").first()
    page, waiting = reverse("console:add-device", args=[lot.slug]), None
    if first:
        page += "?" + urlencode({"lane": first.pk})
        waiting = lot.devices.in_use().filter(lane=first).order_by("pk").first()
    if waiting:
        page = reverse("console:device", args=[waiting.pk])
    hint = _("No lanes yet.")
    if first:
        said = (
            _("The device of lane “%(lane)s” is enrolled but has not made contact.")
            if waiting
            else _("Lane “%(lane)s” has no device yet.")
        )
        hint = said % {"lane": first.name}
    return Step(
        _("Devices"),
        first is None and lot.lanes.exists(),
        hint,
        APPLY,
        page,
        "devices.edit",
    )


@step(50)
def signs(lot: Lot) -> Step:
    return Step(
        _("Signs"),
        lot.signs.pure().exists(),
        _("At least one pure code where drivers can see it."),
        APPLY,
        reverse("console:signs", args=[lot.slug]),
        "signs.edit",
    )


@step(80)
def open_for_payments(lot: Lot) -> Step:
    when = lot.opens_at
    return Step(
        _("Open for payments"),
        lot.closed_at is None,
        _("Opens at %(when)s.") % {"when": f"{when.astimezone(lot.tz):%Y-%m-%d %H:%M}"}
        if when
        else _("Open here once all earlier steps are done; until then drivers cannot pay."),
        APPLY,
        reverse("console:opening", args=[lot.slug]),
        before_opening=False,
    )
