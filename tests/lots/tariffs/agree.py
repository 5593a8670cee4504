"""Compare the engine, the reader of sentences and the counter of minutes on random documents.

    python -m tests.lots.tariffs.agree SEED COUNT [DAYS]

COUNT stays, four for each document, of up to so many days (four, if left out). All three must reach the same
fen, the lines must add up to it, and a longer stay must not cost less unless the document declares it.
Prints how many stays were compared and each one that disagrees; exit code 1 if one does.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from time import perf_counter

import django
from django.apps import apps
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests import environment  # noqa: F401 - the settings that Django reads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if not apps.ready:
    django.setup()

from lots.tariffs import Tariff
from tests.lots.tariffs import board_reader, reference
from tests.lots.tariffs.documents import CALENDAR, documents, is_monotone, tariff_of
from tests.lots.tariffs.test_board_reader import chinese
from tests.lots.tariffs.test_reference import ENTRIES, MINUTES, PLACE, SHANGHAI

SLICE = 2_000  # documents; Hypothesis slows down in long runs
STAYS = 4  # of each document: to make one up takes longer than to price it


def compare(seed: int, count: int, report: Callable[[str], None], days: int = 0) -> tuple[int, int]:
    """Return how many stays were compared and on how many the readings disagree."""
    lengths = st.integers(0, days * 1440) if days else MINUTES
    stays = st.lists(st.tuples(ENTRIES, lengths), min_size=STAYS, max_size=STAYS)
    ran = wrong = 0

    def example(document, some):
        nonlocal ran, wrong
        for entered_at, minutes in some[: count - ran]:
            ran += 1
            if fault := fault_of(document, entered_at, minutes):
                wrong += 1
                report(f"{fault}: {minutes} min from {entered_at}: {json.dumps(document)}")

    part = 0
    while ran < count:
        quick = settings(
            max_examples=min(SLICE, -(-(count - ran) // STAYS)),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seeded(seed + part)(quick(given(documents(), stays)(example)))()
        part += 1
    return ran, wrong


def fault_of(document, entered_at, minutes) -> str:
    """Return what differs for this stay; empty if nothing does."""
    try:
        return _fault(document, *_made(json.dumps(document)), entered_at, minutes)
    except Exception as error:  # noqa: BLE001 - a crash is a finding, and the run goes on
        return f"{type(error).__name__}: {error}"


@lru_cache(maxsize=1)
def _made(text: str) -> tuple[Tariff, board_reader.Board]:
    """Return the tariff of a document, and what its board says."""
    tariff = tariff_of(json.loads(text))
    return tariff, board_reader.read(chinese(tariff.rule))


def _fault(document, tariff, board, entered_at, minutes) -> str:
    until = entered_at + timedelta(minutes=minutes)
    price = tariff.price(entered_at, until, "ordinary", place=PLACE)
    longer = tariff.price(entered_at, until + timedelta(minutes=7), "ordinary", place=PLACE)
    prices = {
        "engine": price.fen,
        "sentences": board_reader.price(board, entered_at, until, SHANGHAI, CALENDAR),
        "minutes": reference.cost(document, entered_at, until, SHANGHAI, CALENDAR),
    }
    if tariff.gives_daily_free and len(set(prices.values())) == 1:
        again = tariff.price(entered_at, until, "ordinary", place=PLACE, free_used=True)
        visits = [(entered_at, entered_at + timedelta(minutes=1)), (entered_at, until)]
        rest = {key: value for key, value in document.items() if key != "free"}
        prices = {
            "engine again": again.fen,
            "sentences again": board_reader.with_daily_free(board, visits, SHANGHAI, CALENDAR),
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
    ran, wrong = compare(seed, count, print, *days)
    print(f"{ran} stays from seed {seed}, {wrong} disagree, {perf_counter() - begin:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
