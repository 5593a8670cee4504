"""The console overfull: 200 lots, a million stays. Every list, its median and its queries.

    python -m tools.postgres run --durable -- python -m tools.bench.console [STAYS]

prints a table for docs/performance.md. What is measured is the whole request in this process (views, queries,
templates), as the owner of all lots and as the owner of one. A list's budget is 300 ms; reports, which read
a whole period, are named and have none. On a busy machine the least says more.
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

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

STAYS = 1_000_000
ROUNDS = 9
BUDGET = 300  # ms
LOTS, INSIDE = 200, 50_000
NO_LISTS = {"console:reports", "console:shops-csv", "console:health"}


@dataclass(frozen=True)
class Line:
    page: str
    ms: float
    least: float
    queries: int


def measure(stays: int) -> None:
    """Fill the empty database and ask for every page; print one JSON line."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils.timezone import now

    call_command("migrate", verbosity=0)
    at = now()
    _fill(stays, at)
    people = {
        "owner of all lots": _person("all", whole=True),
        "owner of one lot": _person("one", whole=False),
    }
    told = {who: [vars(line) for line in _walk(client, at)] for who, client in people.items()}
    print(json.dumps(told))


def _fill(stays: int, at: datetime) -> None:
    from django.db import connection

    from tools.bench import data

    size = data.Size(LOTS, INSIDE * 3 // 5, INSIDE // 5, INSIDE // 5, max(stays, 2 * INSIDE), 120_000)
    data.build(size, at=at)
    leave_a_bad_day(at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")


def leave_a_bad_day(at: datetime) -> None:
    """Have a third of all payments come to nothing today, another third paid, and some stays to review."""
    from django.db.models import F

    from lots.models import ParkingSession
    from payments.models import Payment

    thirds = Payment.objects.alias(third=F("pk") % 3)
    thirds.filter(third=0).update(state=Payment.State.CLOSED, created_at=at)
    thirds.filter(third=1).update(
        state=Payment.State.PAID, paid_at=F("created_at"), credited_fen=F("amount_fen")
    )
    ParkingSession.objects.alias(rest=F("pk") % 500).filter(rest=0).update(needs_review=True)


def _person(name: str, *, whole: bool) -> "Client":
    from django.contrib.auth.models import User
    from django.test import Client
    from django.utils.timezone import now

    from lots.models import Lot
    from staff import grants as people

    user, lot = User.objects.create_user(name), Lot.objects.order_by("pk")[0]
    people.give(user=user, operator=lot.operator, lot=None if whole else lot, role="owner", at=now())
    client = Client()
    client.force_login(user)
    return client


def _walk(client: "Client", at: datetime) -> Iterator[Line]:
    from lots.models import ParkingSession
    from payments.models import Payment

    far = ParkingSession.objects.order_by("-pk").values_list("pk", flat=True)[
        ParkingSession.objects.count() // 2
    ]
    old = f"{at - timedelta(days=40):%Y-%m-%dT00:00}", f"{at - timedelta(days=39):%Y-%m-%dT00:00}"
    number = Payment.objects.earliest("pk").number
    asked: list[tuple[str, Callable[[], HttpResponse]]] = [
        *((name, _get(client, address)) for name, address in _pages()),
        ("stays inside", _get(client, "/console/stays?state=inside")),
        ("stays to review", _get(client, "/console/stays?state=review")),
        ("stays, half a million back", _get(client, f"/console/stays?before={far}")),
        ("stays of a day 40 days ago", _get(client, f"/console/stays?begin={old[0]}&end={old[1]}")),
        ("payments that failed", _get(client, "/console/payments?state=failed")),
        ("a whole plate", _post(client, "/console/stays/find", q="沪A00000")),
        ("a piece of a plate", _post(client, "/console/stays/find", q="0000", lot="lot-0")),
        ("an order number", _post(client, "/console/payments/find", q=number)),
    ]
    for name, ask in asked:
        yield _timed(name, ask)


def _pages() -> Iterator[tuple[str, str]]:
    """Yield every page of the console that needs nothing said, its own account's aside."""
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
                address = reverse(name)
                if "/account/" not in address:
                    yield name, address


def _get(client: "Client", address: str) -> "Callable[[], HttpResponse]":
    return lambda: client.get(address)  # type: ignore[return-value]


def _post(client: "Client", address: str, **said: str) -> "Callable[[], HttpResponse]":
    return lambda: client.post(address, said)  # type: ignore[return-value]


def _timed(name: str, ask: "Callable[[], HttpResponse]") -> Line:
    from django.db import connection

    asked: list[str] = []

    def count(execute: Any, sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(count):
        status = ask().status_code
    if status != 200:
        return Line(f"{name} ({status})", 0, 0, len(asked))
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    return Line(name, statistics.median(taken), min(taken), len(asked))


def table(told: dict[str, list[dict[str, Any]]]) -> str:
    """Return the table, what needs more than a page's budget marked."""
    lines = ["| page | " + " | ".join(f"{who}: ms (least), queries" for who in told) + " |"]
    lines.append("| --- |" + " --- |" * len(told))
    for rows in zip(*told.values(), strict=True):
        name = rows[0]["page"]
        if not any(row["ms"] for row in rows):
            continue  # takes a POST alone
        cells = [f"{row['ms']:.0f} ({row['least']:.0f}), {row['queries']}" for row in rows]
        over = name not in NO_LISTS and any(row["ms"] > BUDGET for row in rows)
        lines.append(f"| {name}{' **over**' if over else ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(words: list[str]) -> int:
    if words[:1] == ["measure"]:
        measure(int(words[1]))
        return 0
    from tools.bench.__main__ import environment

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
    stays = words[0] if words else str(STAYS)
    ask = [sys.executable, "-m", "tools.bench.console", "measure", stays]
    done = subprocess.run(ask, env=env, stdout=subprocess.PIPE, text=True, check=True)
    told = table(json.loads(done.stdout.splitlines()[-1]))
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors at its end"
    print(f"{int(stays):,} stays, {LOTS} lots; median of {ROUNDS} requests; {load}.\n\n{told}")
    return 1 if "**over**" in told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
