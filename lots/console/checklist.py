"""What is still to be done before a lot takes money (开通清单): each step is read from the data.

Other apps add their steps with `step`, as they add jobs to the worker: this one knows no payment channel.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lots.models import Lane, Lot


@dataclass(frozen=True)
class Step:
    """One step of a lot's opening: whether it is done, and the link or the command that does it."""

    label: str
    done: bool
    hint: str = ""
    command: str = ""  # to be typed on the server, exactly so
    link: str = ""


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
    return [look(lot) for _, look in STEPS]


@step(10)
def operator_data(lot: Lot) -> Step:
    operator = lot.operator
    told = (operator.legal_name, operator.contact, operator.service_phone, operator.cash_information)
    return Step(
        _("运营方资料"),
        all(text.strip() for text in told) and bool(lot.address.strip()),
        _("名称、联系方式、服务电话、现金缴费说明和停车场地址都要写全：车主看得到。"),
        f'manage.py shell -c "from lots.models import Lot;'
        f" Lot.objects.filter(slug='{lot.slug}').update(address='…')\"",
    )


@step(20)
def lanes(lot: Lot) -> Step:
    ways = set(lot.lanes.values_list("direction", flat=True))
    whole = Lane.Direction.BOTH in ways or {Lane.Direction.ENTRY, Lane.Direction.EXIT} <= ways
    return Step(_("车道"), whole, _("至少一条入口车道和一条出口车道。"), "manage.py add_lot FILE")


@step(30)
def tariff(lot: Lot) -> Step:
    return Step(
        _("计费规则"),
        lot.tariffs.exists(),
        _("没有计费规则就算不出费用。"),
        f"manage.py set_tariff {lot.slug} tariff.json",
    )


@step(40)
def devices(lot: Lot) -> Step:
    """Done once every lane has a device that was heard of."""
    heard = lot.devices.filter(revoked_at=None, last_seen_at__isnull=False).values("lane")
    first = lot.lanes.exclude(pk__in=heard).order_by("pk").first()
    name = first.name if first else "LANE"
    return Step(
        _("设备"),
        first is None and lot.lanes.exists(),
        _("车道「%(name)s」还没有收到过设备的消息。") % {"name": name} if first else _("还没有车道。"),
        f"manage.py add_device {lot.slug} {name} --make vzenith",
    )


@step(50)
def signs(lot: Lot) -> Step:
    return Step(
        _("标识"),
        lot.signs.filter(kind="pure", revoked_at=None).exists(),
        _("至少一张纯净码，贴在车主看得到的地方。"),
        _("manage.py add_sign %(slug)s B1层电梯厅") % {"slug": lot.slug},
    )
