"""Four lots to try everything on. Demo only.

Three have their own tariff: a mall with a dearer first hour, a hospital with cheaper nights, a hotel whose
caps rise from day to day. A fourth stands in front of a simulated parking system of another vendor.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from lots import sign_register
from lots.device_keys import secret_of
from lots.enrolment import camera_addresses, enrol
from lots.lot_document import apply
from lots.models import Device, Lane, Lot, Sign
from lots.setup.change_recorder import ChangedBy
from lots.setup.going_live import open_lot
from lots.sign_qr import sign_address
from lots.systems.links import save_link

LANES = [
    {"name": "东入口", "direction": "entry"},
    {"name": "东出口", "direction": "exit"},
    {"name": "西出口", "direction": "exit"},
]

LOTS: list[dict[str, Any]] = [
    {
        "operator": {
            "legal_name": "上海浦江商业管理有限公司",
            "contact": "上海市浦东新区浦江路 100 号，privacy@pujiang.example",
            "service_phone": "021-5550 0100",
            "cash_information": "收取现金：B1 层东出口岗亭，24 小时，可找零",
        },
        "lot": {
            "slug": "pujiang-plaza",
            "name": "浦江广场地下停车库",
            "address": "浦东新区浦江路 100 号",
            "kind": Lot.Kind.MALL,
            "bays": 420,
        },
        "signs": ["B1 层电梯厅", "B2 层 3 号立柱", "东出口前 30 米"],
        "tariff": {
            "format": 3,
            "currency": "CNY",
            "rounding": "started",
            "steps_count": "cycle",
            "after_exit_window": "recomputed",
            "free": {"minutes": 15, "mode": "threshold", "repeat": "once"},
            "steps": [
                {"until_min": 60, "unit_min": 60, "price": 1000},
                {"until_min": None, "unit_min": 30, "price": 500},
            ],
            "cycle": {"basis": "from_entry", "hours": 24},
            "caps": [{"cycle": "each", "amount": 8000}],
            "caps_count": "per_cycle",
        },
    },
    {
        "operator": {
            "legal_name": "上海瑞民医院",
            "contact": "上海市静安区瑞民路 8 号总务处，privacy@ruimin.example",
            "service_phone": "021-5550 0200",
            "cash_information": "收取现金：门诊楼一层收费处 7:00–20:00，夜间请到出口岗亭",
        },
        "lot": {
            "slug": "ruimin-hospital",
            "name": "瑞民医院门诊停车场",
            "address": "静安区瑞民路 8 号",
            "kind": Lot.Kind.HOSPITAL,
            "bays": 180,
            "exit_window": 20,
        },
        "signs": ["门诊大厅服务台", "住院部电梯厅"],
        "tariff": {
            "format": 3,
            "currency": "CNY",
            "free": {"minutes": 30, "mode": "deduct", "repeat": "once"},
            "rounding": "started",
            "steps": [{"until_min": None, "unit_min": 60, "price": 500}],
            "steps_count": "band",
            "cycle": {"basis": "calendar_day", "reset": "00:00"},
            "caps": [{"cycle": "each", "amount": 4000}],
            "caps_count": "per_cycle",
            "bands": [
                {
                    "name": "night",
                    "from": "21:00",
                    "to": "07:00",
                    "steps": [{"until_min": None, "unit_min": 60, "price": 200}],
                    "cap": 1000,
                }
            ],
            "crossing": "sum_per_band",
            "after_cycle": "run_on",
            "after_exit_window": "recomputed",
        },
    },
    {
        "operator": {
            "legal_name": "上海云汀酒店有限公司",
            "contact": "上海市黄浦区云汀路 66 号前厅部，privacy@yunting.example",
            "service_phone": "021-5550 0300",
            "cash_information": "收取现金：酒店前台，24 小时",
        },
        "lot": {
            "slug": "yunting-hotel",
            "name": "云汀酒店停车场",
            "address": "黄浦区云汀路 66 号",
            "kind": Lot.Kind.HOTEL,
            "bays": 60,
            "exit_window": 30,
        },
        "signs": ["酒店大堂"],
        "tariff": {
            "format": 3,
            "currency": "CNY",
            "rounding": "started",
            "steps": [
                {"until_min": 120, "unit_min": 60, "price": 1000},
                {"until_min": None, "unit_min": 60, "price": 500},
            ],
            "steps_count": "cycle",
            "cycle": {"basis": "from_entry", "hours": 24},
            "caps": [
                {"cycle": 1, "amount": 6000},
                {"cycle": 2, "amount": 8000},
                {"cycle": "3+", "amount": 11000},
            ],
            "caps_count": "per_cycle",
            "after_exit_window": "recomputed",
        },
    },
]


IN_FRONT: dict[str, Any] = {
    "operator": {
        "legal_name": "上海中环购物中心管理有限公司",
        "contact": "上海市普陀区中环路 12 号，privacy@zhonghuan.example",
        "service_phone": "021-5550 0400",
        "cash_information": "收取现金：B2 层出口岗亭，24 小时，可找零",
    },
    "lot": {
        "slug": "zhonghuan-mall",
        "name": "中环购物中心停车库",
        "address": "普陀区中环路 12 号",
        "kind": Lot.Kind.MALL,
        "bays": 460,
    },
    "signs": ["B2 层电梯厅"],
}
LINK: dict[str, Any] = {  # as `python -m sandbox.systems aike` expects it
    "system": Lot.System.AIKE,
    "lot_code": "2KSANDBX",
    "key": "test",
    "secret": "123456",
    "recipient_name": "示例停车系统有限公司（模拟）",
    "recipient_contact": "privacy@pms.example",
    "support_phone": "020-5550 0100",
}


def make_lot_in_front(*, base_url: str, at: datetime) -> None:
    """Create the lot that stands in front of a simulated parking system, or give it the system's address."""
    if not Lot.objects.filter(slug=IN_FRONT["lot"]["slug"]).exists():
        with transaction.atomic():
            apply(IN_FRONT, at=at)
    lot = Lot.objects.get(slug=IN_FRONT["lot"]["slug"])
    save_link(lot, {**LINK, "base_url": base_url}, accepts_weak=True, at=at)
    open_lot(lot, starts_at=at, by=ChangedBy(), at=at)
    if not _pure(lot).exists():
        sign_register.new_sign(lot=lot, place=lot.address)


def make_demo_lots(*, at: datetime) -> None:
    """Create what is missing of the demo lots; running it again changes nothing."""
    for plan in LOTS:
        if not Lot.objects.filter(slug=plan["lot"]["slug"]).exists():
            _make_lot(plan, at)
    for lot in _lots():
        if not _pure(lot).exists():  # a visitor revoked the last one, and a lot without a code is no demo
            sign_register.new_sign(lot=lot, place=lot.address)


@transaction.atomic
def _make_lot(plan: dict[str, Any], at: datetime) -> None:
    """Make a lot whole or not at all: an interrupted first start must not leave one without cameras."""
    apply({**plan, "lanes": LANES, "open": True}, at=at)
    lot = Lot.objects.get(slug=plan["lot"]["slug"])
    lot.tariffs.update(valid_from=at - timedelta(days=365))  # cars are found inside, from before the start
    for lane in lot.lanes.all():
        serial = f"demo-{lot.slug}-{lane.pk}"
        enrol(lane=lane, name=f"{lane.name}相机", make=Device.Make.VZENITH, serial=serial)


def describe() -> dict[str, Any]:
    """Return the lots with their first pure code, and every camera with the addresses it posts to."""
    in_front = Lot.objects.filter(slug=IN_FRONT["lot"]["slug"])
    return {
        "in_front": [{"name": lot.name, "url": sign_address(_pure(lot)[0])} for lot in in_front],
        "lots": [
            {
                "name": lot.name,
                "slug": lot.slug,
                "kind": lot.kind,
                "province": lot.province,
                "url": sign_address(_pure(lot)[0]),
            }
            for lot in _lots()
        ],
        "devices": [
            {
                "lot": device.lot.slug,
                "lane": device.lane.name,
                "direction": device.lane.direction,
                "serial": device.serial,
                "sign_url": _lane_address(device.lane),
                **{f"{message}_url": address for message, address in _addresses(device).items()},
            }
            for device in Device.objects.filter(lot__in=_lots(), revoked_at=None).select_related(
                "lot", "lane"
            )
        ],
    }


def _lots() -> list[Lot]:
    return list(Lot.objects.filter(slug__in=[plan["lot"]["slug"] for plan in LOTS]).order_by("pk"))


def _addresses(device: Device) -> dict[str, str]:
    return camera_addresses(device, secret_of(device) or "")


def _lane_address(lane: Lane) -> str:
    sign = lane.signs.in_use().order_by("number").first()
    return sign_address(sign) if sign else ""


def _pure(lot: Lot) -> QuerySet[Sign]:
    return lot.signs.pure()
