"""The tables: what was measured, beside what was aimed at. One text for the terminal and for the record."""

import importlib.metadata
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from tools.bench.plan import Outcome, Sample

NAMES = {
    "page": "first page",
    "kept page": "first page, kept",
    "quote": "quote",
    "settle": "settle a notice",
    "entry": "entry read",
    "exit": "exit read, owes",
    "hello": "bare WSGI, 5 bytes",
    "five bytes": "Django, 5 bytes",
}
PRODUCT = ("page", "kept page", "quote", "settle", "entry", "exit")
AIM = {
    ("PostgreSQL", "quote"): 0.28,
    ("PostgreSQL", "settle"): 0.60,
    ("PostgreSQL", "entry"): 0.31,
    ("SQLite", "quote"): 0.45,
    ("SQLite", "settle"): 0.55,
    ("SQLite", "entry"): 0.52,
}
PAGE_AIMS = {"five bytes": 0.95, "hello": 0.17}
QUIET, NOISY = 0.3, ", so these figures are no more than a hint"
PAGE_AIM, PAGE_LIMIT = 4_000, 10_000  # bytes


def tell(outcomes: Sequence[Outcome]) -> str:
    parts = [HEAD.format(machine=machine(), date=datetime.now(UTC).date(), plan=_shape(outcomes[0]))]
    parts += [_weights(outcomes[0]), *map(_section, outcomes), _growth(outcomes)]
    if failed := failures(outcomes):
        parts.append("**Requests failed, so the figures above mean nothing:** " + "; ".join(failed))
    return "\n\n".join(part for part in parts if part) + "\n"


HEAD = """# What a request costs

Written by `make bench` on {date}; run it again rather than change it by hand.

{machine}

{plan}
Product and floors ran in turn in shuffled order; a ratio is taken within its round. Everything, the client
too, shared the machine, so ratios and processor times travel to other machines, requests a second do not.
The floors are bare SQL of the same work (`tools/bench/floors.py`): pgbench with prepared statements, or a
loop of Python's sqlite3. History keeps its plates here, although production forgets them within a day, and
cameras send no pictures. `first page` asks for one of 200 signs, so facts, which are
trusted for seconds, are often read anew; `first page, kept` asks for one sign."""


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
        f" {platform.python_version()}, {packages}. One 8 kB write to disk and back: {sync_ms():.2f} ms."
    )


def sync_ms() -> float:
    """Return the median time of a small write that must reach the disk, where databases keep their files."""
    times = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(50):
            start = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 8192, 0)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return median(times) * 1000


def _shape(outcome: Outcome) -> str:
    plan = outcome.plan
    inside = plan.to_settle + plan.to_quote + plan.for_floor
    return (
        f"{plan.rounds} rounds of {plan.seconds:g} s, {plan.connections} connections, {plan.lots:,} lots,"
        f" {inside:,} cars inside."
    )


def _weights(outcome: Outcome) -> str:
    rows = [
        (encoding, f"{head:,}", f"{body:,}", f"{head + body:,}")
        for encoding, (head, body) in outcome.page.items()
    ]
    total = sum(outcome.page["br"])
    above = "above the aim" if total <= PAGE_LIMIT else "ABOVE THE LIMIT"
    verdict = "within the aim" if total <= PAGE_AIM else above
    limits = f"{PAGE_AIM:,}, never above {PAGE_LIMIT:,}"
    told = f"One request, everything in it: {total:,} bytes, {verdict} ({limits})."
    return f"## The first page\n\n{told}\n\n{table(('encoding', 'headers', 'body', 'bytes'), rows)}"


def _section(outcome: Outcome) -> str:
    plan = outcome.plan
    rows = [_row(outcome, name) for name in (*PRODUCT, "five bytes", "hello")]
    shape = f"{plan.workers} × {plan.threads}"
    heads = ("request", "per s", "p50 ms", "p99 ms", "web µs", "database µs", "client", "floor per s")
    return (
        f"## {outcome.database}, {plan.stays:,} stays, workers × threads {shape}\n\n"
        f"{table((*heads, 'of the floor', 'aim'), rows)}\n\n"
        "Smallest / median / largest of the rounds. µs are processor time a request; client is the share of"
        f" one core that the client took. {_others(outcome)}"
        f" The data took {outcome.load_seconds:.0f} s to load.\n\n{_page(outcome)}"
    )


def _others(outcome: Outcome) -> str:
    noisy = NOISY if max(outcome.others) > QUIET else ""
    return f"Other work on the machine took {between(outcome.others, '.1f')} cores{noisy}."


def _row(outcome: Outcome, name: str) -> tuple[str, ...]:
    def spread(value: Callable[[Sample], float], form: str) -> str:
        return between([value(one[name]) for one in outcome.rounds], form)

    floor = f"{name} floor"
    cells = [
        NAMES[name],
        spread(lambda sample: sample.rate, ",.0f"),
        spread(lambda sample: sample.p50, ".1f"),
        spread(lambda sample: sample.p99, ".1f"),
        spread(lambda sample: sample.server_us, ",.0f"),
        spread(lambda sample: sample.database_us, ",.0f") if name in PRODUCT else "",
        f"{median(one[name].client_share for one in outcome.rounds):.2f}",
    ]
    if floor not in outcome.rounds[0]:
        return (*cells, "", "", "")
    ratios = [one[name].rate / one[floor].rate for one in outcome.rounds]
    aim = AIM.get((outcome.database.split()[0], name))
    return (
        *cells,
        between([one[floor].rate for one in outcome.rounds], ",.0f"),
        between(ratios, ".2f"),
        f"{aim:.2f}" if aim else "",
    )


def _page(outcome: Outcome) -> str:
    """The page's floor is of processor time: how many pages a second of it makes, against five bytes."""
    if not all(one["kept page"].server_us for one in outcome.rounds):
        return ""
    told = [
        f"{between([one[floor].server_us / one['kept page'].server_us for one in outcome.rounds], '.2f')}"
        f" of {NAMES[floor]} (aim {aim})"
        for floor, aim in PAGE_AIMS.items()
    ]
    return f"Kept first pages for each second of the server's processor time: {'; '.join(told)}."


def _growth(outcomes: Sequence[Outcome]) -> str:
    """Compare the smallest with the largest of each database: history must cost nothing."""
    rows = []
    for database in dict.fromkeys(outcome.database for outcome in outcomes):
        same = [outcome for outcome in outcomes if outcome.database == database]
        if len(same) > 1:
            for name in PRODUCT[2:]:
                small, large = (_cost(outcome, name) for outcome in (same[0], same[-1]))
                rows.append((database, NAMES[name], f"{small:,.0f}", f"{large:,.0f}", f"{large / small:.2f}"))
    if not rows:
        return ""
    heads = ("database", "request", "µs, fewest stays", "µs, most stays", "ratio")
    return f"## Growth\n\nProcessor time a request, web and database.\n\n{table(heads, rows)}"


def _cost(outcome: Outcome, name: str) -> float:
    return median(one[name].server_us + one[name].database_us for one in outcome.rounds) or 1.0


def failures(outcomes: Sequence[Outcome]) -> list[str]:
    """Say what failed: a figure that holds errors is none."""
    return [
        f"{outcome.database} {name}: {count} × {what}"
        for outcome in outcomes
        for one in outcome.rounds
        for name, sample in one.items()
        for what, count in sample.failures.items()
    ]


def between(values: Sequence[float], form: str) -> str:
    """Write smallest / median / largest."""
    return " / ".join(format(value, form) for value in (min(values), median(values), max(values)))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
