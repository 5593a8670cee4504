"""Response times of every console list with 200 lots and a million sessions.

    python -m tools.postgres run --durable -- python -m benchmarks.console [SESSIONS]

Prints a Markdown table: median, minimum and queries of the whole request in this process (views, queries,
templates), its processor time, as the owner of all lots and as the owner of one. The budget of a list is
300 ms, 200 of them of the processor; reports, which read a whole period, have
none. On a busy machine the minimum is more meaningful than the median.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.bench_environment import environment

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

SESSIONS = 1_000_000
ROUNDS = 9
BUDGET = 300  # ms
CPU_BUDGET = 200  # ms of processor time, the whole request in this process
LOTS, INSIDE = 200, 50_000
WITHOUT_BUDGET = {"console:reports", "console:shops-csv", "console:health"}


@dataclass(frozen=True)
class Row:
    page: str
    ms: float  # median
    minimum: float
    cpu: float  # processor time of this process, median; PostgreSQL's comes on top
    queries: int


def measure(sessions: int) -> None:
    """Fill the empty database, request every page, print one JSON line."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils.timezone import now

    call_command("migrate", verbosity=0)
    at = now()
    _fill(sessions, at)
    clients = {
        "owner of all lots": _client("all", all_lots=True),
        "owner of one lot": _client("one", all_lots=False),
    }
    results = {user: [vars(row) for row in _rows(client, at)] for user, client in clients.items()}
    print(json.dumps(results))


def _fill(sessions: int, at: datetime) -> None:
    from django.db import connection

    from benchmarks import data

    size = data.Size(LOTS, INSIDE * 3 // 5, INSIDE // 5, INSIDE // 5, max(sessions, 2 * INSIDE), 120_000)
    data.build(size, at=at)
    add_failed_payments(at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


def add_failed_payments(at: datetime) -> None:
    """Mark a third of all payments as failed today, another third as paid, and some sessions for review."""
    from django.db.models import F

    from lots.models import ParkingSession
    from payments.models import Payment

    thirds = Payment.objects.alias(third=F("pk") % 3)
    thirds.filter(third=0).update(state=Payment.State.CLOSED, created_at=at)
    thirds.filter(third=1).update(
        state=Payment.State.PAID, paid_at=F("created_at"), credited_fen=F("amount_fen")
    )
    ParkingSession.objects.alias(rest=F("pk") % 500).filter(rest=0).update(needs_review=True)


def _client(name: str, *, all_lots: bool) -> "Client":
    """Return a client signed in as an owner of all lots or of one."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils.timezone import now

    from lots.models import Lot
    from staff import grants

    user, lot = User.objects.create_user(name), Lot.objects.order_by("pk")[0]
    grants.give(user=user, operator=lot.operator, lot=None if all_lots else lot, role="owner", at=now())
    client = Client()
    client.force_login(user)
    return client


def _rows(client: "Client", at: datetime) -> Iterator[Row]:
    from lots.models import ParkingSession
    from payments.models import Payment

    middle = ParkingSession.objects.order_by("-pk").values_list("pk", flat=True)[
        ParkingSession.objects.count() // 2
    ]
    old = f"{at - timedelta(days=40):%Y-%m-%dT00:00}", f"{at - timedelta(days=39):%Y-%m-%dT00:00}"
    number = Payment.objects.earliest("pk").number
    requests: list[tuple[str, Callable[[], HttpResponse]]] = [
        *((name, _get(client, path)) for name, path in _pages()),
        ("sessions inside", _get(client, "/console/stays?state=inside")),
        ("sessions to review", _get(client, "/console/stays?state=review")),
        ("sessions, half a million back", _get(client, f"/console/stays?before={middle}")),
        ("sessions of a day 40 days ago", _get(client, f"/console/stays?begin={old[0]}&end={old[1]}")),
        ("failed payments", _get(client, "/console/payments?state=failed")),
        ("whole plate", _post(client, "/console/stays/find", q="沪A00000")),
        ("part of a plate", _post(client, "/console/stays/find", q="0000", lot="lot-0")),
        ("order number", _post(client, "/console/payments/find", q=number)),
    ]
    for name, send in requests:
        yield _timed(name, send)


def _pages() -> Iterator[tuple[str, str]]:
    """Yield name and path of every console page without parameters, account pages excluded."""
    from django.urls import URLPattern, URLResolver, get_resolver, reverse

    for resolver in get_resolver().url_patterns:
        if not isinstance(resolver, URLResolver) or str(resolver.pattern) != "console/":
            continue
        for route in resolver.url_patterns:
            if (
                isinstance(route, URLPattern)
                and hasattr(route.callback, "action")
                and not route.pattern.converters
            ):
                name = f"{resolver.app_name}:{route.name}"
                path = reverse(name)
                if "/account/" not in path:
                    yield name, path


def _get(client: "Client", path: str) -> "Callable[[], HttpResponse]":
    return lambda: client.get(path)  # type: ignore[return-value]


def _post(client: "Client", path: str, **fields: str) -> "Callable[[], HttpResponse]":
    return lambda: client.post(path, fields)  # type: ignore[return-value]


def _timed(name: str, send: "Callable[[], HttpResponse]") -> Row:
    from django.db import connection

    queries: list[str] = []

    def count(execute: Any, sql: str, *more: Any) -> Any:
        queries.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(count):
        status = send().status_code
    if status != 200:
        return Row(f"{name} ({status})", 0, 0, 0, len(queries))
    taken, busy = [], []
    for _ in range(ROUNDS):
        start, began = time.perf_counter(), time.process_time()
        send()
        taken.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - began) * 1000)
    return Row(name, statistics.median(taken), min(taken), statistics.median(busy), len(queries))


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Return the Markdown table, with lists above their budget marked."""
    lines = [
        "| page | " + " | ".join(f"{user}: ms (minimum), processor ms, queries" for user in results) + " |"
    ]
    lines.append("| --- |" + " --- |" * len(results))
    for rows in zip(*results.values(), strict=True):
        name = rows[0]["page"]
        if not any(row["ms"] for row in rows):
            continue  # accepts POST only
        cells = [
            f"{row['ms']:.0f} ({row['minimum']:.0f}), {row['cpu']:.0f}, {row['queries']}" for row in rows
        ]
        over = name not in WITHOUT_BUDGET and any(
            row["ms"] > BUDGET or row["cpu"] > CPU_BUDGET for row in rows
        )
        lines.append(f"| {name}{' **over**' if over else ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["measure"]:
        measure(int(arguments[1]))
        return 0
    url = os.environ.get("DATABASE_URL")
    if url is None:
        print(__doc__)
        return 1
    env = environment(url) | {
        "SURFACES": "driver,device,console",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "CONSOLE_MFA": "offered",
        "LOG_LEVEL": "ERROR",
    }
    sessions = arguments[0] if arguments else str(SESSIONS)
    command = [sys.executable, "-m", "benchmarks.console", "measure", sessions]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    text = table(json.loads(done.stdout.splitlines()[-1]))
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at the end"
    print(f"{int(sessions):,} sessions, {LOTS} lots; median of {ROUNDS} requests; {load}.\n\n{text}")
    return 1 if "**over**" in text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
