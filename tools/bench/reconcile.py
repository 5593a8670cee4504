"""A bill of 100,000 rows against the books: how long, and how much more memory than at rest.

    python -m tools.bench.reconcile [ROWS]                                  on SQLite
    python -m tools.postgres run -- python -m tools.bench.reconcile [ROWS]  on a throwaway PostgreSQL

Each act runs in a process of its own, so that its peak is its own. The floor reads the same file by csv and
does nothing with it.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tools.bench.report import table

ROWS = 100_000
DAY = date(2026, 11, 23)
MERCHANT = "1900000109"
MB = 1024 if sys.platform != "darwin" else 1024 * 1024
HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
type Measured = dict[str, dict[str, float]]
SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def number_of(row: int) -> str:
    return "B" + hashlib.sha256(str(row).encode()).hexdigest()[:25].upper()


def text_of(rows: int) -> Iterator[str]:
    yield f"\ufeff{HEADER}\r\n"
    for row in range(rows):
        second = row * 86_000 // rows + 60
        clock = f"{DAY} {second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d}"
        cells = [clock, "wx0123456789abcdef", MERCHANT, "0", "", f"42{row:026d}", number_of(row)]
        cells += [secrets.token_hex(14), "JSAPI", "SUCCESS", "CMB_DEBIT", "CNY", "10.00", "0.00", "0", "0"]
        cells += ["0.00", "0.00", "", "", "停车费 Parking fee", "", "0.06000", "0.60%", "10.00", "0.00", ""]
        yield ",".join(f"`{cell}" for cell in cells) + "\r\n"
    total = f"{rows * 10}.00"
    sums = [str(rows), total, "0.00", "0.00", f"{rows * 6 // 100}.00", total, "0.00"]
    yield f"{SUMMARY}\r\n" + ",".join(f"`{cell}" for cell in sums) + "\r\n"


def build(folder: Path, rows: int) -> None:
    """Make the file, and as many payments that it has."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    text = "".join(text_of(rows)).encode()
    (folder / "bill.gz").write_bytes(gzip.compress(text, 6))
    (folder / "sha1").write_text(hashlib.sha1(text, usedforsecurity=False).hexdigest(), encoding="ascii")
    _payments(rows)


def _payments(rows: int) -> None:
    from lots.models import ParkingSession
    from payments.business_days import BEIJING, bounds
    from payments.models import Payment, Quote
    from tools.bench import data

    start, _ = bounds(DAY, BEIJING)
    (lot_id, *_), _, _ = data._lots(data.Size(1, 0, 0, 0, 0, 0), start)
    stay = ParkingSession.objects.create(lot_id=lot_id, plate_kind="blue", entered_at=start)
    quote = Quote.objects.create(
        lot_id=lot_id,
        session=stay,
        tariff_id=1,
        token="bench",  # noqa: S106 - names a quote
        price_fen=1000,
        amount_fen=1000,
        until=start,
        lines=[],
        valid_until=start,
    )
    for first in range(0, rows, 5000):
        Payment.objects.bulk_create(
            Payment(
                lot_id=lot_id,
                session=stay,
                quote=quote,
                provider="wechat",
                merchant=MERCHANT,
                number=number_of(row),
                token=f"t{row}",
                amount_fen=1000,
                credited_fen=1000,
                state="paid",
                provider_number=f"42{row:026d}",
                created_at=start,
                expires_at=start,
                paid_at=start + timedelta(seconds=row * 86_000 // rows + 60),
            )
            for row in range(first, min(first + 5000, rows))
        )


def floor(folder: Path, rows: int) -> None:
    """Read the file by csv alone."""
    with gzip.open(folder / "bill.gz") as packed, io.TextIOWrapper(packed, encoding="utf-8-sig") as text:
        count = sum(1 for _ in csv.reader(text))
    assert count == rows + 3


def reconcile(folder: Path, rows: int) -> None:
    """Let the worker read the bill to its verdict."""
    from django.utils.timezone import now

    from payments import channels
    from payments.models.day_closing import BillRun
    from payments.reconciliation import bill_runs

    provider = _provider(folder)
    channels.providers = lambda: {("wechat", MERCHANT): provider}  # type: ignore[assignment]
    run, _ = bill_runs.ensure("wechat", MERCHANT, DAY, at=now())
    while (claimed := bill_runs.claim(at=now(), only=run)) is not None:
        bill_runs.work_on(claimed, at=now())
    run = BillRun.objects.get()
    assert (run.state, run.verdict, run.agreed, run.lines.count()) == ("done", "ok", rows, 0), vars(run)


def _provider(folder: Path) -> Any:
    """Return WeChat's client as far as a bill that has been fetched goes."""
    from types import SimpleNamespace

    from payments.providers.wechat.wechat_bill import read_bill

    config: Any = SimpleNamespace(merchant=MERCHANT, sub_mchid="")
    file, sha1 = (folder / "bill.gz").read_bytes(), (folder / "sha1").read_text(encoding="ascii")
    return SimpleNamespace(has_bills=True, fetch_bill=lambda day: read_bill(config, day, file, sha1))


ACTS: dict[str, Callable[[Path, int], None]] = {"build": build, "floor": floor, "reconcile": reconcile}


def act(name: str, folder: Path, rows: int) -> None:
    """Run one act in this process; print its seconds and by how many MB its peak exceeds its rest."""
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    ACTS[name](folder, rows)
    taken = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rest) / MB
    print(json.dumps({"seconds": taken, "grown_mb": grown, "file_mb": _size(folder)}))


def _size(folder: Path) -> float:
    return (folder / "bill.gz").stat().st_size / 1024 / 1024


def main(words: list[str]) -> int:
    if len(words) == 3:
        act(words[0], Path(words[1]), int(words[2]))
        return 0
    rows = int(words[0]) if words else ROWS
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        print(tell(rows, {url.partition(":")[0]: run(rows, url)}))
    return 0


def run(rows: int, url: str) -> Measured:
    """Make the file and the books, and measure each act in a process of its own."""
    from tools.bench.__main__ import environment

    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        return {name: _child(name, folder, rows, environment(url)) for name in ACTS}


def tell(rows: int, found: Mapping[str, Measured]) -> str:
    """Return the section of the record: a database's name → what was measured on it."""
    lines = [
        (
            database,
            f"{said['reconcile']['seconds']:.1f}",
            f"+{said['reconcile']['grown_mb']:.0f}",
            f"{said['floor']['seconds']:.2f}",
            f"+{said['floor']['grown_mb']:.0f}",
            f"{said['reconcile']['seconds'] / said['floor']['seconds']:.0f}",
        )
        for database, said in found.items()
    ]
    size = next(iter(found.values()))["floor"]["file_mb"]
    heads = ("database", "reconciled, s", "memory, MB", "floor, s", "memory, MB", "times the floor")
    return f"""## A bill

{rows:,} rows, {size:.1f} MB packed, all of which agree (`tools/bench/reconcile.py`). Memory is the
peak above rest. The floor reads the same file by csv and does nothing with it.

{table(heads, lines)}
"""


def _child(name: str, folder: str, rows: int, env: dict[str, str]) -> dict[str, float]:
    words = [sys.executable, "-m", "tools.bench.reconcile", name, folder, str(rows)]
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, text=True, check=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
