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
        _("运营方资料"),
        all(text.strip() for text in told),
        _("全称、联系方式、服务电话、现金缴费说明都要写全：车主看得到。"),
        f'manage.py operator "{operator.legal_name}" --service-phone …',
        reverse("console:operator", args=[operator.pk]) + "?" + urlencode({"lot": lot.slug}),
        operator_wide=True,
    )


@step(15)
def lot_data(lot: Lot) -> Step:
    return Step(
        _("停车场资料"),
        bool(lot.address.strip()),
        _("地址要写到门牌号：标识和缴费页上都有它。"),
        f"manage.py lot {lot.slug} --address …",
        reverse("console:lot-settings", args=[lot.slug]),
    )


@step(20)
def lanes(lot: Lot) -> Step:
    ways = set(lot.lanes.values_list("direction", flat=True))
    whole = Lane.Direction.BOTH in ways or {Lane.Direction.ENTRY, Lane.Direction.EXIT} <= ways
    return Step(
        _("车道"),
        whole,
        _("至少一条入口车道和一条出口车道。"),
        _("manage.py add_lane %(slug)s 东入口 entry") % {"slug": lot.slug},
        reverse("console:lanes", args=[lot.slug]),
    )


@step(40)
def devices(lot: Lot) -> Step:
    """Done once every lane has a device that was heard of."""
    heard = lot.devices.filter(revoked_at=None, last_seen_at__isnull=False).values("lane")
    first = lot.lanes.exclude(pk__in=heard).order_by("pk").first()
    page, waiting = reverse("console:add-device", args=[lot.slug]), None
    if first:
        page += "?" + urlencode({"lane": first.pk})
        waiting = lot.devices.filter(lane=first, revoked_at=None).order_by("pk").first()
    if waiting:
        page = reverse("console:device", args=[waiting.pk])
    hint = _("还没有车道。")
    if first:
        said = (
            _("车道「%(lane)s」的设备已登记，还没有联络。") if waiting else _("车道「%(lane)s」还没有设备。")
        )
        hint = said % {"lane": first.name}
    return Step(
        _("设备"),
        first is None and lot.lanes.exists(),
        hint,
        f"manage.py add_device {lot.slug} {first.name if first else 'LANE'} --make vzenith",
        page,
        "devices.edit",
    )


@step(50)
def signs(lot: Lot) -> Step:
    return Step(
        _("标识"),
        lot.signs.filter(kind="pure", revoked_at=None).exists(),
        _("至少一张纯净码，贴在车主看得到的地方。"),
        _("manage.py add_sign %(slug)s B1层电梯厅") % {"slug": lot.slug},
        reverse("console:signs", args=[lot.slug]),
        "signs.edit",
    )


@step(80)
def open_for_payments(lot: Lot) -> Step:
    when = lot.opens_at
    return Step(
        _("开放收款"),
        lot.closed_at is None,
        _("已定于 %(when)s 开放。") % {"when": f"{when.astimezone(lot.tz):%Y-%m-%d %H:%M}"}
        if when
        else _("前面的步骤都完成后，在这里开放；此前车主不能付款。"),
        f"manage.py open_lot {lot.slug}",
        reverse("console:opening", args=[lot.slug]),
        before_opening=False,
    )
