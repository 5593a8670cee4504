"""Compare the engine, the reader of sentences and the counter of minutes on random documents.

    python -m tests.lots.tariffs.agree SEED COUNT

Each example is one document and one stay. All three must reach the same fen, the lines must add up to it, and
a longer stay must not cost less unless the document declares it. Prints how many examples ran and each one
that disagrees; exit code 1 if one does.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

import django
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests import environment  # noqa: F401 - the settings that Django reads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from tests.lots.tariffs import board_reader, reference  # noqa: E402 - after the set-up
from tests.lots.tariffs.documents import CALENDAR, documents, is_monotone, tariff_of  # noqa: E402
from tests.lots.tariffs.test_board_reader import chinese, from_board  # noqa: E402
from tests.lots.tariffs.test_reference import ENTRIES, MINUTES, PLACE, SHANGHAI  # noqa: E402

SLICE = 2_000  # examples; Hypothesis slows down in long runs


def compare(seed: int, count: int, report: Callable[[str], None]) -> tuple[int, int]:
    """Return how many examples ran and on how many the readings disagree."""
    ran = wrong = 0

    def example(document, entered_at, minutes):
        nonlocal ran, wrong
        ran += 1
        if fault := fault_of(document, entered_at, minutes):
            wrong += 1
            report(f"{fault}: {minutes} min from {entered_at}: {json.dumps(document)}")

    for part in range(0, count, SLICE):
        quick = settings(
            max_examples=min(SLICE, count - part),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seeded(seed + part)(quick(given(documents(), ENTRIES, MINUTES)(example)))()
    return ran, wrong


def fault_of(document, entered_at, minutes) -> str:
    """Return what differs for this stay; empty if nothing does."""
    try:
        tariff = tariff_of(document)
        until = entered_at + timedelta(minutes=minutes)
        price = tariff.price(entered_at, until, "ordinary", place=PLACE)
        longer = tariff.price(entered_at, until + timedelta(minutes=7), "ordinary", place=PLACE)
        sentences = chinese(tariff.rule)
        prices = {
            "engine": price.fen,
            "sentences": from_board(sentences, entered_at, minutes),
            "minutes": reference.cost(document, entered_at, until, SHANGHAI, CALENDAR),
        }
        if tariff.gives_daily_free and len(set(prices.values())) == 1:
            again = tariff.price(entered_at, until, "ordinary", place=PLACE, free_used=True)
            visits = [(entered_at, entered_at + timedelta(minutes=1)), (entered_at, until)]
            rest = {key: value for key, value in document.items() if key != "free"}
            board = board_reader.read(sentences)
            prices = {
                "engine again": again.fen,
                "sentences again": board_reader.with_daily_free(board, visits, SHANGHAI, CALENDAR),
                "minutes again": reference.cost(rest, entered_at, until, SHANGHAI, CALENDAR),
            }
    except Exception as error:  # noqa: BLE001 - a crash is a finding, and the run goes on
        return f"{type(error).__name__}: {error}"
    if len(set(prices.values())) > 1:
        return f"disagree {prices}"
    if type(price.fen) is not int or price.fen < 0:
        return f"no amount {price.fen!r}"
    return "cheaper longer" if longer.fen < price.fen and is_monotone(tariff) else ""


def main(arguments: list[str]) -> int:
    seed, count = map(int, arguments)
    begin = perf_counter()
    ran, wrong = compare(seed, count, print)
    print(f"{ran} examples from seed {seed}, {wrong} disagree, {perf_counter() - begin:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
