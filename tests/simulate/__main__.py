"""Run seeds, or print the whole trace of one: `python -m tests.simulate [--seeds 10000 | SEED]`."""

import argparse
import logging
import os
import sys
import time
from collections import Counter

import django
import structlog

import tests.environment  # noqa: F401 - keys and settings, where the caller has set none


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="run this one and print its trace")
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    from tests.simulate.simulation import place, run

    one = chosen.seed is not None
    seeds = [chosen.seed] if one else range(chosen.first, chosen.first + chosen.seeds)
    failed, counts, began = [], Counter[str](), time.process_time()
    with place() as where:
        for seed in seeds:
            try:
                done = run(seed, where)
            except AssertionError as error:
                failed.append(seed)
                print(f"seed {seed}: {': '.join(map(str, error.args)) or repr(error)}", flush=True)
                print(
                    *error.__notes__ if one else [f"  python -m tests.simulate {seed}"], sep="\n", flush=True
                )
            else:
                counts += done.counts
                print(*done.network.trace if one else [], sep="\n", end="\n" if one else "")
            if not one and seed % 500 == 499:
                print(
                    f"{seed + 1} seeds, {time.process_time() - began:.0f} s, {len(failed)} failed", flush=True
                )
    each = (time.process_time() - began) / len(seeds)
    print(f"{len(seeds)} seeds, {each:.3f} s of processor time each, {len(failed)} failed {failed[:20]}")
    print(dict(counts))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
