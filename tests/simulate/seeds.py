"""Runs many seeds in one process, over one database that is made once."""

import logging
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

import django
import structlog

import tests.environment  # noqa: F401 - keys and settings, where the caller has set none

if TYPE_CHECKING:
    from tests.simulate.simulation import Place

type Part = tuple[list[int], Counter[str], float]  # seeds that failed, what happened, processor seconds

_open = ExitStack()


@cache
def where() -> "Place":
    """Return the database of this process, which is made once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    from tests.simulate.simulation import place

    return _open.enter_context(place())


def run_seeds(seeds: Sequence[int], *, prints_trace: bool = False) -> Part:
    """Run these seeds in this process and print what they break."""
    began = time.process_time()
    failed, counts, place = [], Counter[str](), where()
    from tests.simulate.simulation import run

    for seed in seeds:
        try:
            done = run(seed, place)
        except AssertionError as error:
            failed.append(seed)
            print(f"seed {seed}: {': '.join(map(str, error.args)) or repr(error)}", flush=True)
            notes = error.__notes__ if prints_trace else [f"  python -m tests.simulate {seed}"]
            print(*notes, sep="\n", flush=True)
        else:
            counts += done.counts
            if prints_trace:
                print(*done.network.trace, sep="\n")
    return failed, counts, time.process_time() - began
