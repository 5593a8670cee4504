"""A city's worth of rows, made fast: lots, stays inside, stays long over, payments waiting for a notice.

Rows go straight into the tables (COPY, executemany), so nothing here tests the product. Every stay that will
be asked for has its real blind index and a plate that opens; in the long history the index is random, and the
sealed plate one of its lot. A fifth of the history are regulars: the same plates that are inside now.
History keeps its plates, although production forgets them within a day: the harder case for every index.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

from django.db import connection, models, transaction

from core.codes import new_code
from core.vault import plate_index, seal, seal_plate
from lots import tariffs
from lots.models import Device, Lane, Lot, Operator, ParkingSession, PlateRead, Sign, TariffVersion
from lots.plates import Kind
from payments.models import Payment, Quote

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
DEVICE_SECRET = "bench"  # noqa: S105 - of made-up cameras
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Size:
    """How much to make. Of the stays inside, some are paid, some quoted, and some belong to the floors."""

    lots: int
    to_settle: int
    to_quote: int
    for_floor: int
    stays: int  # in all
    floor_payments: int

    @property
    def inside(self) -> int:
        return self.to_settle + self.to_quote + self.for_floor


@dataclass(frozen=True)
class Camera:
    key_id: str
    serial: str


@dataclass(frozen=True)
class Town:
    """What was made, as far as requests need to know it. Stays, payments and lots count from 1."""

    size: Size
    codes: Sequence[str]  # of each lot's sign
    cameras: Sequence[Camera]  # at each lot's entry, then at each lot's exit
    amounts: Sequence[int]  # fen of each payment to settle
    at: datetime


def plate_text(number: int, province: str = "沪") -> str:
    """Return the plate with this number: 2.4 million to a province."""
    letter, digits = divmod(number, 100_000)
    return f"{province}{LETTERS[letter]}{digits:05}"


def floor_index(number: int) -> bytes:
    """Return an index that SQL can make as well: a floor must not ask for it first."""
    return md5(str(number).encode(), usedforsecurity=False).digest()


def build(size: Size, *, at: datetime) -> Town:
    """Fill an empty, migrated database."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            connection.cursor().execute("SET LOCAL session_replication_role = replica")  # no look-up per key
        lots, codes, cameras = _lots(size, at)
        prices = [_price(number, at) for number in range(size.inside)]
        _fill(ParkingSession, _stays(size, lots, at))
        _fill(PlateRead, _reads(size, lots, at))
        _fill(Quote, _quotes(size, lots, prices, at))
        _fill(Payment, _payments(size, lots, prices, at))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")
    return Town(size, codes, cameras, prices[: size.to_settle], at)


def _lots(size: Size, at: datetime) -> tuple[list[int], list[str], list[Camera]]:
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
        [Camera(device.key_id, device.serial) for device in devices],
    )


def _entered(number: int, at: datetime) -> datetime:
    return at - timedelta(minutes=20 + number * 37 % 300)


def _price(number: int, at: datetime) -> int:
    return tariffs.read(TARIFF).price(_entered(number, at), at, Kind.ORDINARY).fen


def _stays(size: Size, lots: Sequence[int], at: datetime) -> Iterator[dict[str, Any]]:
    """Yield those inside first, so that their ids count from 1."""
    same = {
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
    floors_from = size.to_settle + size.to_quote
    for number in range(size.inside):
        lot, text = lots[number % size.lots], plate_text(number)
        floor = number - floors_from
        indexes.append(plate_index(lot, text) if floor < 0 else floor_index(floor))
        yield same | {
            "lot_id": lot,
            "plate": seal_plate(lot, text),
            "plate_index": indexes[-1],
            "entered_at": _entered(number, at),
        }
    sealed = {lot: seal_plate(lot, plate_text(lot)) for lot in lots}
    gone = same | {"departure": "released", "paid_fen": 1000}
    for number in range(size.stays - size.inside):
        inside = number // 5 % size.inside
        lot = lots[inside % size.lots]
        left_at = at - timedelta(days=1, seconds=number * 9)
        yield gone | {
            "lot_id": lot,
            "plate": sealed[lot],
            "plate_index": indexes[inside] if number % 5 == 0 else random.randbytes(16),
            "entered_at": left_at - HOUR,
            "left_at": left_at,
            "paid_at": left_at,
            "exit_until": left_at,
        }


def _reads(size: Size, lots: Sequence[int], at: datetime) -> Iterator[dict[str, Any]]:
    """Yield the entry of each car inside: without them the planner would think that reads are few."""
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


def _quotes(size: Size, lots: Sequence[int], prices: Sequence[int], at: datetime) -> Iterator[dict[str, Any]]:
    for number in [*range(size.to_settle), *range(size.inside - size.for_floor, size.inside)]:
        yield {
            "lot_id": lots[number % size.lots],
            "session_id": number + 1,
            "lane_id": None,
            "tariff_id": lots[number % size.lots],
            "token": f"Q{number:025}",
            "price_fen": prices[number],
            "amount_fen": prices[number],
            "until": at,
            "lines": json.dumps([{"code": "step", "fen": prices[number], "values": {}}]),
            "valid_until": at + HOUR,
        }


def _payments(
    size: Size, lots: Sequence[int], prices: Sequence[int], at: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the orders waiting for a notice, then those of the floors."""
    same = {
        "app": "",
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
        yield same | {
            "lot_id": lots[number % size.lots],
            "session_id": number + 1,
            "quote_id": number + 1,
            "provider": "sandbox",
            "merchant": "sandbox",
            "number": f"B{number:025}",
            "token": f"B{number:025}",
            "amount_fen": prices[number],
            "state": "open",
        }
    for number in range(size.floor_payments):
        inside = size.inside - size.for_floor + number % size.for_floor
        yield same | {
            "lot_id": lots[inside % size.lots],
            "session_id": inside + 1,
            "quote_id": size.to_settle + number % size.for_floor + 1,
            "provider": "floor",
            "merchant": "floor",
            "number": f"F{number:025}",
            "token": f"F{number:025}",
            "amount_fen": prices[inside],
            "state": "closed",
        }


def _fill(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows of one shape straight into the table of `model`."""
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
    written = ", ".join("?" * len(first))
    statement = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({written})"
    raw.execute(statement, _plain(first))
    raw.executemany(statement, map(_plain, rows))


def _plain(row: dict[str, Any]) -> tuple[Any, ...]:
    """Write times as Django writes them on SQLite."""
    return tuple(
        connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
        for value in row.values()
    )
