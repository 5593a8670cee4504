"""Bulk test data of a city: lots, sessions inside, past sessions, payments that wait for a notice.

Rows go straight into the tables (COPY, executemany), so this code does not test the product. Every session
that will be queried has its real blind index and a plate that can be decrypted. Past sessions have a random
index and the encrypted plate of another car of their lot; a fifth of them belong to plates that are inside
now. Past sessions still have plates, although production erases them within a day: the harder case for
every index.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from core.codes import new_code
from core.vault import plate_index, seal, seal_plate
from lots import tariffs
from lots.models import Device, Lane, Lot, Operator, ParkingSession, PlateRead, Sign, TariffVersion
from lots.plates import PlateKind
from payments.models import Payment

TARIFF = {
    "format": 2,
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
}
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
LANES = [("入", Lane.Direction.ENTRY), ("出", Lane.Direction.EXIT)]
DEVICE_SECRET = "bench"  # noqa: S105 - shared by all test cameras
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Size:
    """How many rows to create. Each session inside has one use: a payment, a charge, or the floors."""

    lots: int
    to_settle: int
    to_charge: int
    for_floor: int
    sessions: int  # in all, inside and past
    floor_payments: int

    @property
    def inside(self) -> int:
        return self.to_settle + self.to_charge + self.for_floor


@dataclass(frozen=True)
class CameraKey:
    key_id: str
    serial: str


@dataclass(frozen=True)
class Dataset:
    """What requests need to know about the created rows. Ids of sessions, payments and lots start at 1."""

    size: Size
    codes: Sequence[str]  # the sign code of each lot
    cameras: Sequence[CameraKey]  # all entries by lot, then all exits by lot
    amounts: Sequence[int]  # fen of each payment to settle
    at: datetime


def plate_text(number: int, province: str = "沪") -> str:
    """Return the plate with this number; a province has 2.4 million."""
    letter, digits = divmod(number, 100_000)
    return f"{province}{LETTERS[letter]}{digits:05}"


def floor_index(number: int) -> bytes:
    """Return an index that SQL can compute too, so that a floor needs no query for it."""
    return md5(str(number).encode(), usedforsecurity=False).digest()


def build(size: Size, *, at: datetime) -> Dataset:
    """Fill an empty, migrated database."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Skips the foreign key check of every row.
            connection.cursor().execute("SET LOCAL session_replication_role = replica")
        lots, codes, cameras = create_lots(size, at)
        prices = [_price(number, at) for number in range(size.inside)]
        _insert(ParkingSession, _sessions(size, lots, at))
        _insert(PlateRead, _reads(size, lots, at))
        _insert(Payment, _payments(size, lots, prices, at))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")
    return Dataset(size, codes, cameras, prices[: size.to_settle], at)


def create_lots(size: Size, at: datetime) -> tuple[list[int], list[str], list[CameraKey]]:
    operator = Operator.objects.create(
        legal_name="上海浦江商业管理有限公司",
        contact="上海市浦东新区浦江路 100 号，privacy@pujiang.example",
        service_phone="021-5550 0100",
        cash_information="收取现金：B1 层东出口岗亭，24 小时，可找零",
    )
    numbers = range(size.lots)
    lots = Lot.objects.bulk_create(
        Lot(operator=operator, slug=f"lot-{n}", name="浦江广场地下停车库", kind=Lot.Kind.MALL)
        for n in numbers
    )
    started = at - timedelta(days=4000)
    TariffVersion.objects.bulk_create(
        TariffVersion(lot=lot, version=1, document=TARIFF, valid_from=started) for lot in lots
    )
    signs = Sign.objects.bulk_create(
        Sign(lot=lot, number=1, place="B1 层电梯厅", code=new_code()) for lot in lots
    )
    lanes = Lane.objects.bulk_create(
        Lane(lot=lot, name=f"东{name}口", direction=direction) for name, direction in LANES for lot in lots
    )
    devices = Device.objects.bulk_create(
        Device(
            lot=lane.lot,
            lane=lane,
            name=f"{lane.name}相机",
            make=Device.Make.VZENITH,
            serial=f"bench-{n}",
            key_id=f"bench{n:027}",
            secret=seal(DEVICE_SECRET, "device"),
            last_seen_at=at,
        )
        for n, lane in enumerate(lanes)
    )
    assert [lot.pk for lot in lots] == list(range(1, size.lots + 1)), "the database was not empty"
    return (
        [lot.pk for lot in lots],
        [sign.code for sign in signs],
        [CameraKey(device.key_id, device.serial) for device in devices],
    )


def _entered(number: int, at: datetime) -> datetime:
    return at - timedelta(minutes=20 + number * 37 % 300)


def _price(number: int, at: datetime) -> int:
    return tariffs.read(TARIFF).price(_entered(number, at), at, PlateKind.ORDINARY).fen


def _sessions(size: Size, lots: Sequence[int], at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the sessions inside first, so that their ids start at 1."""
    common = {
        "plate_kind": "ordinary",
        "left_at": None,
        "entry_lane_id": None,
        "exit_lane_id": None,
        "departure": "",
        "paid_fen": 0,
        "paid_at": None,
        "exit_until": None,
        "needs_review": False,
        "forgotten_at": None,
    }
    indexes: list[bytes] = []
    floors_from = size.to_settle + size.to_charge
    for number in range(size.inside):
        lot, text = lots[number % size.lots], plate_text(number)
        floor = number - floors_from
        indexes.append(plate_index(lot, text) if floor < 0 else floor_index(floor))
        yield common | {
            "lot_id": lot,
            "plate": seal_plate(lot, text),
            "plate_index": indexes[-1],
            "entered_at": _entered(number, at),
        }
    sealed = {lot: seal_plate(lot, plate_text(lot)) for lot in lots}
    past = common | {"departure": "released", "paid_fen": 1000}
    for number in range(size.sessions - size.inside):
        inside = number // 5 % size.inside
        lot = lots[inside % size.lots]
        left_at = at - timedelta(days=1, seconds=number * 9)
        yield past | {
            "lot_id": lot,
            "plate": sealed[lot],
            "plate_index": indexes[inside] if number % 5 == 0 else random.randbytes(16),
            "entered_at": left_at - HOUR,
            "left_at": left_at,
            "paid_at": left_at,
            "exit_until": left_at,
        }


def _reads(size: Size, lots: Sequence[int], at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the entry read of each car inside: without them the planner would assume a small table."""
    for number in range(size.inside):
        lot, entered_at = lots[number % size.lots], _entered(number, at)
        yield {
            "lot_id": lot,
            "lane_id": lot,
            "device_id": lot,
            "key": f"load-{number}",
            "direction": "entry",
            "captured_at": entered_at,
            "received_at": entered_at,
            "offline": False,
            "plate": None,
            "plate_index": plate_index(lot, plate_text(number)),
            "plate_kind": "ordinary",
            "confidence": 97,
            "outcome": "entered",
            "moved_at": entered_at,
            "session_id": number + 1,
        }


def _payments(
    size: Size, lots: Sequence[int], prices: Sequence[int], at: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the payments that wait for a notice, then those of the floors."""
    merchant, app = next(((each.name, each.app) for each in settings.MERCHANTS), ("bench", ""))
    common = {
        "provider_number": None,
        "language": "zh-hans",
        "created_at": at,
        "expires_at": at + HOUR,
        "paid_at": None,
        "credited_fen": 0,
        "receipt_code": None,
        "reserved_refund_fen": 0,
        "next_check_at": at + HOUR,
        "checks": 0,
        "asked_at": None,
    }
    for number in range(size.to_settle):
        yield common | {
            "lot_id": lots[number % size.lots],
            "session_id": number + 1,
            **_charge(prices[number], at),
            "provider": "wechat",
            "merchant": merchant,
            "app": app,
            "number": f"B{number:025}",
            "token": f"B{number:025}",
            "amount_fen": prices[number],
            "state": "open",
        }
    for number in range(size.floor_payments):
        inside = size.inside - size.for_floor + number % size.for_floor
        yield common | {
            "lot_id": lots[inside % size.lots],
            "session_id": inside + 1,
            **_charge(prices[inside], at),
            "provider": "floor",
            "merchant": "floor",
            "app": "",
            "number": f"F{number:025}",
            "token": f"F{number:025}",
            "amount_fen": prices[inside],
            "state": "closed",
        }


def _charge(price: int, at: datetime) -> dict[str, Any]:
    lines = json.dumps([{"code": "step", "fen": price, "values": {}}])
    amounts = {"price_fen": price, "due_fen": price}
    return amounts | {"reference": "", "tariff_version": 1, "until": at, "lines": lines}


def _insert(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows with the same columns straight into the table of `model`."""
    rows = iter(rows)
    first = next(rows)
    names = ", ".join(first)
    connection.ensure_connection()
    raw: Any = connection.connection
    if connection.vendor == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
            copy.write_row(tuple(first.values()))
            for row in rows:
                copy.write_row(tuple(row.values()))
        return
    placeholders = ", ".join("?" * len(first))
    statement = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({placeholders})"
    raw.execute(statement, _adapted(first))
    raw.executemany(statement, map(_adapted, rows))


def _adapted(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return the values of a row with times in the format that Django uses on SQLite."""
    return tuple(
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in row.values()
    )
