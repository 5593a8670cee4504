"""Renders the report: measured values next to their targets, for the terminal and docs/performance.md."""

import importlib.metadata
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.plan import BenchOutcome, Sample

NAMES = {
    "page": "first page",
    "cached page": "first page, cached",
    "charge": "charge",
    "deployed charge": "charge, 16 threads",
    "settle": "settle a notice",
    "entry": "entry read",
    "exit": "exit read, owes",
    "hello": "bare WSGI, same size",
    "statement": "bare WSGI, a charge's statement",
    "five bytes": "Django, 5 bytes",
}
PRODUCT = ("page", "cached page", "charge", "settle", "entry", "exit")
OTHER_ROWS = ("deployed charge", "statement", "five bytes", "hello")
OTHER_CHARGES = {"deployed charge", "statement"}  # have the floor of a charge
WITH_DATABASE = {*PRODUCT, *OTHER_CHARGES}
TARGETS = {
    ("PostgreSQL", "charge"): 0.45,
    ("PostgreSQL", "settle"): 0.60,
    ("PostgreSQL", "entry"): 0.40,
    ("PostgreSQL", "exit"): 0.40,
    ("SQLite", "charge"): 0.60,
    ("SQLite", "settle"): 0.55,
    ("SQLite", "entry"): 0.52,
}
PAGE_TARGETS = {"five bytes": 0.95, "hello": 0.80}
QUIET, NOISY = 0.3, ", so these figures are indicative only"
PAGE_TARGET, PAGE_LIMIT = 4_096, 10_000  # bytes


def render(outcomes: Sequence[BenchOutcome]) -> str:
    parts = [HEADER.format(machine=machine(), date=datetime.now(UTC).date(), plan=_describe(outcomes[0]))]
    parts += [_page_sizes(outcomes[0]), *map(_section, outcomes), _growth(outcomes), _missed(outcomes)]
    if failed := failures(outcomes):
        parts.append("**Requests failed, so the figures above are invalid:** " + "; ".join(failed))
    return "\n\n".join(part for part in parts if part) + "\n"


HEADER = """# What a request costs

Written by `make bench` on {date}. Do not edit; run it again.

{machine}

{plan}
Product and floors ran alternately in shuffled order; each ratio is taken within one round. Server, client and
database shared the machine, so ratios and processor times apply to other machines; requests per second do
not. The floors are bare SQL of the same work (`benchmarks/floors.py`), for a charge the statement that the
product sends: pgbench with prepared statements, or a
loop of Python's sqlite3. Past sessions still have plates here, although production erases them within a day,
and cameras send no pictures. `first page` requests one of 200 signs, `first page, cached` one sign: both are
replayed before Django (`config/replay.py`) until the facts change. Before the first round every lot was asked
for a charge, as in a process that runs for longer than minutes: what is kept of a lot was there.

All lots have one tariff, by which the length of a stay alone decides the price. Such prices are remembered
by the minute (`lots/tariffs/known_prices.py`), so nearly every charge here finds its own. By another tariff,
with times of day or permits, each charge is priced again: add up to some 250 µs.

`bare WSGI, a charge's statement` is the least that a charge costs in this form: a callable that reads the
request's body, sends the charge's statement by libpq or sqlite3, and answers as many bytes, behind the same
server and client. The units of `deploy/` have 16 threads, because some wait for a channel or for clients that
send slowly: `charge, 16 threads`."""


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next(
            (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model
        )
    packages = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("django", "granian", "psycopg")
    )
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release()}, Python"
        f" {platform.python_version()}, {packages}. One 8 kB write with fsync: {sync_ms():.2f} ms."
    )


def sync_ms() -> float:
    """Return the median time of a small write with fsync in the folder for temporary files."""
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(50):
            start = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return median(times) * 1000


def _describe(outcome: BenchOutcome) -> str:
    plan = outcome.plan
    inside = plan.to_settle + plan.to_charge + plan.for_floor
    return (
        f"{plan.rounds} rounds of {plan.seconds:g} s, {plan.connections} connections, {plan.lots:,} lots,"
        f" {inside:,} cars inside."
    )


def _page_sizes(outcome: BenchOutcome) -> str:
    rows = [
        (encoding, f"{head:,}", f"{body:,}", f"{head + body:,}")
        for encoding, (head, body) in outcome.page.items()
    ]
    total = sum(outcome.page["br"])
    above = "above the target" if total <= PAGE_LIMIT else "ABOVE THE LIMIT"
    verdict = "within the target" if total <= PAGE_TARGET else above
    limits = f"target {PAGE_TARGET:,}, limit {PAGE_LIMIT:,}"
    summary = f"One request with everything in it: {total:,} bytes, {verdict} ({limits})."
    return f"## First page\n\n{summary}\n\n{table(('encoding', 'headers', 'body', 'bytes'), rows)}"


def _section(outcome: BenchOutcome) -> str:
    plan = outcome.plan
    rows = [_row(outcome, name) for name in (*PRODUCT, *OTHER_ROWS) if name in outcome.rounds[0]]
    shape = f"{plan.workers} × {plan.threads}"
    headings = ("request", "per s", "p50 ms", "p99 ms", "web µs", "database µs", "client", "floor per s")
    return (
        f"## {outcome.database}, {plan.sessions:,} sessions, workers × threads {shape}\n\n"
        f"{table((*headings, 'of the floor', 'target'), rows)}\n\n"
        "Minimum / median / maximum of the rounds. µs are processor time per request; client is the share of"
        f" one core that the client used. {_other_load(outcome)}"
        f" Loading the data took {outcome.load_seconds:.0f} s.\n\n{_page(outcome)}"
    )


def _other_load(outcome: BenchOutcome) -> str:
    noisy = NOISY if max(outcome.other_load) > QUIET else ""
    return f"Other programs used {between(outcome.other_load, '.1f')} cores{noisy}."


def _row(outcome: BenchOutcome, name: str) -> tuple[str, ...]:
    def spread(value: Callable[[Sample], float], form: str) -> str:
        return between([value(one[name]) for one in outcome.rounds], form)

    floor = f"{'charge' if name in OTHER_CHARGES else name} floor"
    cells = [
        NAMES[name],
        spread(lambda sample: sample.rate, ",.0f"),
        spread(lambda sample: sample.p50, ".1f"),
        spread(lambda sample: sample.p99, ".1f"),
        spread(lambda sample: sample.server_us, ",.0f"),
        spread(lambda sample: sample.database_us, ",.0f") if name in WITH_DATABASE else "",
        f"{median(one[name].client_share for one in outcome.rounds):.2f}",
    ]
    if floor not in outcome.rounds[0]:
        return (*cells, "", "", "")
    ratios = [one[name].rate / one[floor].rate for one in outcome.rounds]
    target = TARGETS.get((outcome.database.split()[0], name))
    return (
        *cells,
        between([one[floor].rate for one in outcome.rounds], ",.0f"),
        between(ratios, ".2f"),
        f"{target:.2f}" if target else "",
    )


def _page(outcome: BenchOutcome) -> str:
    """Compare pages per second of processor time with the web floors."""
    if not all(one["cached page"].server_us for one in outcome.rounds):
        return ""
    ratios = [
        f"{between([one[floor].server_us / one['cached page'].server_us for one in outcome.rounds], '.2f')}"
        f" of {NAMES[floor]} (target {target})"
        for floor, target in PAGE_TARGETS.items()
    ]
    return f"Cached first pages per second of the server's processor time: {'; '.join(ratios)}."


def _growth(outcomes: Sequence[BenchOutcome]) -> str:
    """Compare the smallest with the largest run of each database: past sessions must cost nothing."""
    rows = []
    for database in dict.fromkeys(outcome.database for outcome in outcomes):
        same = [outcome for outcome in outcomes if outcome.database == database]
        if len(same) > 1:
            for name in PRODUCT[2:]:
                small, large = (_cost(outcome, name) for outcome in (same[0], same[-1]))
                rows.append((database, NAMES[name], f"{small:,.0f}", f"{large:,.0f}", f"{large / small:.2f}"))
    if not rows:
        return ""
    headings = ("database", "request", "µs, fewest sessions", "µs, most sessions", "ratio")
    return f"## Growth\n\nProcessor time per request, web and database.\n\n{table(headings, rows)}"


def _missed(outcomes: Sequence[BenchOutcome]) -> str:
    """Return the targets that were missed, and where the time of those acts goes."""
    parts = []
    for outcome in outcomes:
        vendor = outcome.database.split()[0]
        for (database, act), target in TARGETS.items():
            if database != vendor or f"{act} floor" not in outcome.rounds[0] or act not in outcome.layers:
                continue
            ratio = median(one[act].rate / one[f"{act} floor"].rate for one in outcome.rounds)
            if ratio < target:
                shares = outcome.layers[act].items()
                where = ", ".join(f"{name} {share:.0%}" for name, share in shares if share > 0.02)
                parts.append(
                    f"- {outcome.database}, {outcome.plan.sessions:,} sessions, {NAMES[act]}:"
                    f" {ratio:.2f} of {target:.2f}. {where}.{_reachable(outcome, act)}"
                )
    if not parts:
        return ""
    how = "With the layers of the product's processor time (cProfile, which costs more for small functions)."
    return f"## Missed targets\n\n{how}\n\n" + "\n".join(parts)


def _reachable(outcome: BenchOutcome, act: str) -> str:
    """Return how near a charge can come in this form: with server, client and driver, without the product."""
    if act != "charge":
        return ""
    most = median(one["statement"].rate / one["charge floor"].rate for one in outcome.rounds)
    part = median(one["charge"].rate / one["statement"].rate for one in outcome.rounds)
    return (
        f" A bare WSGI callable that sends the same statement and does nothing else, in the same server:"
        f" {most:.2f}; the charge is {part:.2f} of that."
    )


def _cost(outcome: BenchOutcome, name: str) -> float:
    return median(one[name].server_us + one[name].database_us for one in outcome.rounds) or 1.0


def failures(outcomes: Sequence[BenchOutcome]) -> list[str]:
    """Return every failure: a figure with errors is invalid."""
    return [
        f"{outcome.database} {name}: {count} × {what}"
        for outcome in outcomes
        for one in outcome.rounds
        for name, sample in one.items()
        for what, count in sample.failures.items()
    ]


def between(values: Sequence[float], form: str) -> str:
    """Format as minimum / median / maximum."""
    return " / ".join(format(value, form) for value in (min(values), median(values), max(values)))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
