"""Time and additional memory for reconciling a bill of 100,000 rows.

    python -m benchmarks.bill [ROWS]                                  on SQLite
    python -m tools.postgres run -- python -m benchmarks.bill [ROWS]  on a temporary PostgreSQL

Each step runs in a process of its own, so that its peak memory is measured separately. The floor reads the
same file with csv and discards it.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.bench_environment import environment, measured_by
from benchmarks.bench_report import table

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


def bill_lines(rows: int) -> Iterator[str]:
    """Yield the lines of a WeChat trade bill."""
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
    """Create the bill file and the payments it lists."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    text = "".join(bill_lines(rows)).encode()
    (folder / "bill.gz").write_bytes(gzip.compress(text, 6))
    (folder / "sha1").write_text(hashlib.sha1(text, usedforsecurity=False).hexdigest(), encoding="ascii")
    _payments(rows)


def _payments(rows: int) -> None:
    from benchmarks import data
    from lots.models import ParkingSession
    from payments.business_days import BEIJING, bounds
    from payments.models import Payment

    start, _ = bounds(DAY, BEIJING)
    (lot_id, *_), _, _ = data.create_lots(data.Size(1, 0, 0, 0, 0, 0), start)
    session = ParkingSession.objects.create(lot_id=lot_id, plate_kind="blue", entered_at=start)
    for first in range(0, rows, 5000):
        Payment.objects.bulk_create(
            Payment(
                lot_id=lot_id,
                session=session,
                price_fen=1000,
                due_fen=1000,
                until=start,
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
    """Read the file with csv only."""
    with gzip.open(folder / "bill.gz") as packed, io.TextIOWrapper(packed, encoding="utf-8-sig") as text:
        count = sum(1 for _ in csv.reader(text))
    assert count == rows + 3


def reconcile(folder: Path, rows: int) -> None:
    """Run the worker until the bill is reconciled."""
    from django.utils.timezone import now

    from payments import channels
    from payments.models.closing_models import BillRun
    from payments.reconciliation import bill_runs

    provider = _provider(folder)
    channels.providers = lambda: {("wechat", MERCHANT): provider}  # type: ignore[assignment]
    run, _ = bill_runs.ensure("wechat", MERCHANT, DAY, at=now())
    while (claimed := bill_runs.claim(at=now(), only=run)) is not None:
        bill_runs.work_on(claimed, at=now())
    run = BillRun.objects.get()
    assert (run.state, run.verdict, run.agreed, run.lines.count()) == ("done", "ok", rows, 0), vars(run)


def _provider(folder: Path) -> Any:
    """Return a stand-in for the WeChat client that returns the fetched bill."""
    from types import SimpleNamespace

    from payments.providers.wechat.wechat_bill import read_bill

    config: Any = SimpleNamespace(merchant=MERCHANT, sub_mchid="")
    file, sha1 = (folder / "bill.gz").read_bytes(), (folder / "sha1").read_text(encoding="ascii")
    return SimpleNamespace(has_bills=True, fetch_bill=lambda day: read_bill(config, day, file, sha1))


STEPS: dict[str, Callable[[Path, int], None]] = {"build": build, "floor": floor, "reconcile": reconcile}


def run_step(name: str, folder: Path, rows: int) -> None:
    """Run one step in this process; print its seconds and how many MB its peak exceeds its idle memory."""
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    STEPS[name](folder, rows)
    taken = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / MB
    print(json.dumps({"seconds": taken, "grown_mb": grown, "file_mb": _size(folder)}))


def _size(folder: Path) -> float:
    return (folder / "bill.gz").stat().st_size / 1024 / 1024


def main(arguments: list[str]) -> int:
    if len(arguments) == 3:
        run_step(arguments[0], Path(arguments[1]), int(arguments[2]))
        return 0
    rows = int(arguments[0]) if arguments else ROWS
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        print(section(rows, {url.partition(":")[0]: run(rows, url)}))
    return 0


def run(rows: int, url: str) -> Measured:
    """Create the bill and the payments, and measure each step in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        return {name: _child(name, folder, rows, environment(url)) for name in STEPS}


def section(rows: int, measured: Mapping[str, Measured]) -> str:
    """Return the report section; `measured` maps database to results."""
    lines = [
        (
            database,
            f"{steps['reconcile']['seconds']:.1f}",
            f"+{steps['reconcile']['grown_mb']:.0f}",
            f"{steps['floor']['seconds']:.2f}",
            f"+{steps['floor']['grown_mb']:.0f}",
            f"{steps['reconcile']['seconds'] / steps['floor']['seconds']:.0f}",
        )
        for database, steps in measured.items()
    ]
    size = next(iter(measured.values()))["floor"]["file_mb"]
    headings = ("database", "reconciled, s", "memory, MB", "floor, s", "memory, MB", "times the floor")
    return f"""## Reconciliation

A bill of {rows:,} rows, {size:.1f} MB compressed, all of which match (`benchmarks/bill.py`). Memory is
the peak above idle. The floor reads the same file with csv and discards it.

{table(headings, lines)}
"""


def _child(name: str, folder: str, rows: int, env: dict[str, str]) -> dict[str, float]:
    result: dict[str, float] = measured_by("benchmarks.bill", name, folder, str(rows), env=env)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
