"""Response times of every console page with 200 lots and a million sessions.

    python -m tools.postgres run --durable -- python -m benchmarks.console_times [SESSIONS]

Prints a section of docs/performance.md: the whole request in this process (views, queries, templates), as the
owner of all lots and as the owner of one. The budget of a page is 200 ms of processor time, this process and
PostgreSQL together, which other work on the machine hardly changes.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.bench_environment import environment, measured_by
from benchmarks.cpu_usage import cpu_seconds, parent_of

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

SESSIONS = 1_000_000
ROUNDS = 9
BUDGET = 200  # ms of processor time of this process and PostgreSQL
LOTS, INSIDE = 200, 50_000


@dataclass(frozen=True)
class PageTime:
    page: str
    ms: float  # median
    cpu: float  # processor time of this process, median
    database: float  # of PostgreSQL, mean; 0 where unknown
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
    from payments.reports import session_days

    size = data.Size(LOTS, INSIDE * 3 // 5, INSIDE // 5, INSIDE // 5, max(sessions, 2 * INSIDE), 120_000)
    data.build(size, at=at)
    add_failed_payments(at)
    while session_days.count_missing(at=at, most=100):
        pass  # as the worker does, some days a minute
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


def _rows(client: "Client", at: datetime) -> Iterator[PageTime]:
    from lots.models import ParkingSession
    from payments.models import Payment

    middle = ParkingSession.objects.order_by("-pk").values_list("pk", flat=True)[
        ParkingSession.objects.count() // 2
    ]
    old = f"{at - timedelta(days=40):%Y-%m-%dT00:00}", f"{at - timedelta(days=39):%Y-%m-%dT00:00}"
    number = Payment.objects.earliest("pk").number
    requests: list[tuple[str, Callable[[], HttpResponse]]] = [
        *((name, _get(client, path)) for name, path in (*_pages(), *_pages_of_lot(at))),
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
        if not isinstance(resolver, URLResolver) or resolver.app_name != "console":
            continue  # the account pages stand at the same address
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


def _pages_of_lot(at: datetime) -> Iterator[tuple[str, str]]:
    """Yield name and path of the main pages about one lot, one row or one period."""
    from lots.models import ParkingSession
    from payments.models import Payment
    from payments.reports import REPORTS

    day = f"{at - timedelta(days=1):%Y-%m-%d}"
    month = f"first={at - timedelta(days=31):%Y-%m-%d}&last={day}"
    for page in ("", "/signs", "/patrol", "/settings", "/opening"):
        yield f"lot{page}", f"/console/lots/lot-0{page}"
    yield "tariff of a lot", "/console/tariffs/lot-0"
    yield "self-check of a lot", "/console/selfcheck/lot-0"
    yield "booth of a lot", "/console/booth/lot-0"
    yield "day of a lot", f"/console/days/lot-0/{day}"
    yield "day of a lot, printed", f"/console/days/lot-0/{day}/print"
    session = ParkingSession.objects.filter(lot__slug="lot-0", left_at=None).latest("pk")
    yield "session", f"/console/stays/{session.pk}"
    yield "payment", f"/console/payments/{Payment.objects.filter(lot__slug='lot-0').latest('pk').pk}"
    yield "sessions of a lot by entry", "/console/stays?lot=lot-0&state=inside&sort=entered_at"
    yield "sessions of a lot, 200 a page", "/console/stays?lot=lot-0&size=200"
    for name in REPORTS:
        yield f"report {name}, one lot, 31 days", f"/console/reports/{name}?lot=lot-0&{month}"
        yield f"report {name}, all lots, 31 days", f"/console/reports/{name}?{month}&compare=before"


def _get(client: "Client", path: str) -> "Callable[[], HttpResponse]":
    return lambda: client.get(path)  # type: ignore[return-value]


def _post(client: "Client", path: str, **fields: str) -> "Callable[[], HttpResponse]":
    return lambda: client.post(path, fields)  # type: ignore[return-value]


def _timed(name: str, send: "Callable[[], HttpResponse]") -> PageTime:
    from django.db import connection

    queries: list[str] = []

    def count(execute: Any, sql: str, *more: Any) -> Any:
        queries.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(count):
        status = send().status_code
    if status != 200:
        return PageTime(f"{name} ({status})", 0, 0, 0, len(queries))
    taken, busy = [], []
    server = _server()
    used = cpu_seconds(server)
    for _ in range(ROUNDS):
        start, began = time.perf_counter(), time.process_time()
        send()
        taken.append((time.perf_counter() - start) * 1000)
        busy.append((time.process_time() - began) * 1000)
    database = (cpu_seconds(server) - used) * 1000 / ROUNDS
    return PageTime(name, statistics.median(taken), statistics.median(busy), database, len(queries))


def _server() -> int | None:
    """Return the process of PostgreSQL's server, whose children do its work; None on another engine."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return parent_of(cursor.fetchone()[0])


def table(results: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the Markdown table, with pages above their budget marked."""
    heads = "".join(f" {user}: ms | web ms | database ms | queries |" for user in results)
    lines = [f"| page |{heads}", "| --- |" + " ---: |" * 4 * len(results)]
    for rows in zip(*results.values(), strict=True):
        if not any(row["ms"] for row in rows):
            continue  # accepts POST only
        cells = "".join(
            f" {row['ms']:.0f} | {row['cpu']:.0f} | {row['database']:.0f} | {row['queries']} |"
            for row in rows
        )
        over = any(row["cpu"] + row["database"] > BUDGET for row in rows)
        lines.append(f"| {rows[0]['page']}{' **over**' if over else ''} |{cells}")
    return "\n".join(lines)


def run(sessions: int, url: str) -> str:
    """Measure on an empty database; return the section of docs/performance.md."""
    env = environment(url) | {
        "SURFACES": "driver,device,console",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "CONSOLE_MFA": "offered",
        "LOG_LEVEL": "ERROR",
    }
    rows = measured_by("benchmarks.console_times", "measure", str(sessions), env=env)
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    return (
        "## The console\n\n"
        f"Every page with {sessions:,} sessions in {LOTS} lots: time of a request, median of {ROUNDS}, and\n"
        f"processor time of the web process and of PostgreSQL, at most {BUDGET} ms together. Load average\n"
        f"at the end {load} (`benchmarks/console_times.py`).\n\n"
        f"{table(rows)}\n"
    )


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["measure"]:
        measure(int(arguments[1]))
        return 0
    url = os.environ.get("DATABASE_URL")
    if url is None:
        print(__doc__)
        return 1
    text = run(int(arguments[0]) if arguments else SESSIONS, url)
    print(text)
    return 1 if "**over**" in text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
