"""Compare the engine, the reader of sentences and the counter of minutes on random documents.

    python -m tests.lots.tariffs.agree SEED COUNT [DAYS]

COUNT stays, four for each document, of up to so many days (four, if left out). All three must reach the same
fen, the lines must add up to it, and a longer stay must not cost less unless the document declares it.
Prints each stay that disagrees, and every 1,000 stays, at the end or when it is interrupted, how many were
compared; exit code 1 if one disagrees.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

import django
from django.apps import apps

from tests import environment  # noqa: F401 - the settings that Django reads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if not apps.ready:
    django.setup()

from lots.tariffs import Tariff
from tests.lots.tariffs import board_reader, reference
from tests.lots.tariffs.board_cases import chinese
from tests.lots.tariffs.documents import (
    CALENDAR,
    is_monotone,
    random_document,
    tariff_of,
    without_filled_steps,
)
from tests.lots.tariffs.stay_times import PLACE, SHANGHAI

STAYS = 4  # of each document
FIRST = datetime(2026, 4, 27, tzinfo=UTC)
PROGRESS = 1_000


def faults(seed: int, count: int, days: int = 4) -> Iterator[str]:
    """Yield for each of so many stays what differs; empty if nothing does."""
    random = Random(seed)
    done = 0
    while done < count:
        document = random_document(random)
        try:
            tariff, board = made(document)
            if not tariff.rule.steps:
                document = without_filled_steps(document)  # as the engine read it
        except Exception as error:  # noqa: BLE001 - a crash is a finding, and the run goes on
            yield f"{type(error).__name__}: {error}: {json.dumps(document)}"
            done += 1
            continue
        for _ in range(min(STAYS, count - done)):
            entered_at = FIRST + timedelta(minutes=random.randrange(14 * 1440))
            minutes = length(random, document, days)
            fault = fault_of(document, tariff, board, entered_at, minutes)
            yield fault and f"{fault}: {minutes} min from {entered_at}: {json.dumps(document)}"
            done += 1


def made(document: dict[str, Any]) -> tuple[Tariff, board_reader.Board]:
    """Return the tariff of a document, and what its board says."""
    tariff = tariff_of(document)
    return tariff, board_reader.read(chinese(tariff.rule))


def length(random: Random, document: dict[str, Any], days: int) -> int:
    """Return how many minutes a stay has; often about as many as some part of the document."""
    long = [60 * document["cycle"].get("hours", 24) * cap["cycles"] for cap in document.get("long_caps", [])]
    if long and random.randrange(2):
        return min(random.randrange(2 * max(long)), days * 1440)
    if random.randrange(3):
        return random.randrange(random.choice([300, days * 1440]) + 1)
    parts: list[int] = [*numbers(document), 60 * document["cycle"].get("hours", 24)]
    some = random.choice(parts) * random.randint(1, 3) + random.choice([0, *parts])
    return max(0, min(some + random.randint(-1, 1), days * 1440))


def numbers(part: Any, key: str = "") -> Iterator[int]:
    """Yield every length in minutes that a document names."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from numbers(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from numbers(value, key)
    elif isinstance(part, int) and key in {"minutes", "until_min", "unit_min", "tail_min", "after_min"}:
        yield part


def fault_of(document, tariff, board, entered_at, minutes) -> str:
    """Return what differs for this stay; empty if nothing does."""
    try:
        return _fault(document, tariff, board, entered_at, minutes)
    except Exception as error:  # noqa: BLE001 - a crash is a finding, and the run goes on
        return f"{type(error).__name__}: {error}"


def _fault(document, tariff, board, entered_at, minutes) -> str:
    until = entered_at + timedelta(minutes=minutes)
    price = tariff.price(entered_at, until, "ordinary", place=PLACE)
    longer = tariff.price(entered_at, until + timedelta(minutes=7), "ordinary", place=PLACE)
    prices = {
        "engine": price.fen,
        "sentences": board_reader.price(board, entered_at, until, SHANGHAI, CALENDAR),
        "minutes": reference.cost(document, entered_at, until, SHANGHAI, CALENDAR),
    }
    if tariff.caps_periods and len(set(prices.values())) == 1:
        # any amount up to twice the cap
        week, month = ((minutes * n) % (2 * tariff.rule.plate_caps[-1].fen) for n in (37, 91))
        stay = (entered_at, until)
        again = tariff.price(*stay, "ordinary", place=PLACE, week_fen=week, month_fen=month)
        left = reference.period_left(document, *stay, SHANGHAI, week, month)
        alone = {key: value for key, value in document.items() if key not in ("week_cap", "month_cap")}
        prices = {
            "engine in period": again.fen,
            "sentences in period": board_reader.in_periods(board, (week, month), stay, SHANGHAI, CALENDAR)[1],
            "minutes in period": min(left, reference.cost(alone, entered_at, until, SHANGHAI, CALENDAR)),
        }
    free = document.get("free", {}).get("minutes", 0)
    if tariff.counts_free_uses and free > 1 and len(set(prices.values())) == 1:
        visit = (entered_at, entered_at + timedelta(minutes=1))
        used = tariff.uses_free(*visit, "ordinary", place=PLACE)  # not by a minute in free hours
        again = tariff.price(entered_at, until, "ordinary", place=PLACE, free_used=used)
        visits = [*[visit] * document["free"].get("times", 1), (entered_at, until)]
        rest = {key: value for key, value in document.items() if key != "free" or not used}
        prices = {
            "engine again": again.fen,
            "sentences again": board_reader.with_counted_free(board, visits, SHANGHAI, CALENDAR),
            "minutes again": reference.cost(rest, entered_at, until, SHANGHAI, CALENDAR),
        }
    if len(set(prices.values())) > 1:
        return f"disagree {prices}"
    if type(price.fen) is not int or price.fen < 0:
        return f"no amount {price.fen!r}"
    return "cheaper longer" if longer.fen < price.fen and is_monotone(tariff) else ""


def main(arguments: list[str]) -> int:
    seed, count, *days = map(int, arguments)
    begin = perf_counter()
    ran = wrong = 0
    try:
        for fault in faults(seed, count, *days):
            ran += 1
            wrong += bool(fault)
            if fault:
                print(fault, flush=True)
            if ran % PROGRESS == 0:
                print(f"{ran} stays, {wrong} disagree", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("interrupted")
    print(f"{ran} stays from seed {seed}, {wrong} disagree, {perf_counter() - begin:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
