"""Run seeds, or print the whole trace of one: `python -m tests.simulate [--seeds 10000 | SEED]`.

Many seeds are shared out to as many processes as there are processors; each has a database of its own.
"""

import argparse
import multiprocessing
import os
import sys
from collections import Counter

from tests.simulate.seeds import run_seeds

SHARE = 250  # seeds that a process runs before it reports


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="run this one and print its trace")
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    if chosen.seed is not None:
        return bool(run_seeds([chosen.seed], prints_trace=True)[0])
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    failed, counts, seconds = [], Counter[str](), 0.0
    with multiprocessing.get_context("spawn").Pool(chosen.processes) as pool:
        share = min(SHARE, -(-len(seeds) // chosen.processes)) or 1
        shares = [seeds[place : place + share] for place in range(0, len(seeds), share)]
        for done, (wrong, happened, took) in enumerate(pool.imap(run_seeds, shares), 1):
            failed += wrong
            counts += happened
            seconds += took
            print(f"{min(done * share, len(seeds))} seeds, {seconds:.0f} s, {len(failed)} failed", flush=True)
    each = seconds / max(1, len(seeds))
    print(f"{len(seeds)} seeds, {each:.3f} s of processor time each, {len(failed)} failed {failed[:20]}")
    print(dict(counts))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
