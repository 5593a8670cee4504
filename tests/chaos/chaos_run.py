"""Starts an installation and two channels, injects one fault after the other, and prints a table.

    python -m tests.chaos.chaos_run [--seed 1] [--only WORD]

Under each fault cameras push reads, drivers look up fees, and others pay at the exits without pause. A push
that was answered 200 must be in the database afterwards, once, with at most one barrier order; money that a
channel took must be in the ledger, once; the first page of a sign must answer. After each fault the ledger is
printed beside the books of the channels. Clock faults need libfaketime, a full disk needs root.
"""

import argparse
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.faults import CLOCK_FAULTS, DISK_FAULTS, FAULTS, Fault
from tests.chaos.payers import CHANNELS, Books, Payers, Settled, read_books, unsettled, worst_settle
from tests.chaos.world import Load, World, wait_until
from tools import postgres

LONGEST_SETTLE = 780  # seconds until money that is not booked counts as lost: longer than a clock is ahead
FAKETIME = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1")
SMALL_DISK = "900m"


def stored(world: World) -> dict[str, int]:
    """Return how many barrier orders each stored read of the load has."""
    with world.admin() as admin:
        rows = admin.execute(
            "SELECT r.key, count(DISTINCT r.id), count(c.id) FROM lots_plateread r"
            " LEFT JOIN lots_gatecommand c ON c.read_id = r.id GROUP BY r.key"
        ).fetchall()
    assert all(reads == 1 for _, reads, _ in rows), "a read was stored twice"
    return {key: orders for key, _, orders in rows}


def opened_twice_after_paying(world: World) -> int:
    """Return for how many sessions the exit's barrier was sent more than one order."""
    with world.admin() as admin:
        row = admin.execute(
            "SELECT count(*) FROM (SELECT session_id FROM lots_gatecommand"
            " WHERE cause IN ('paid', 'nothing_owed') AND state IN ('sent', 'opened')"
            " GROUP BY session_id HAVING count(*) > 1) twice"
        ).fetchone()
    assert row is not None
    return int(row[0])


@dataclass
class Result:
    """What one fault did, as a line of the table."""

    name: str
    reads: int = 0
    payments: int = 0
    lost: int = 0
    charged_twice: int = 0
    opened_twice: int = 0
    recovered: float = 0.0
    first_page: float = 0.0
    no_page: str = ""
    refused: str = ""
    settles: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        settles = " | ".join(f"{self.settles[name]:.1f} s" for name in CHANNELS)
        return (
            f"| {self.name} | {self.reads} | {self.payments} | {self.lost} | {self.charged_twice} |"
            f" {self.opened_twice} | {self.recovered:.1f} s | {self.first_page:.2f} s | {self.no_page} |"
            f" {self.refused} | {settles} |"
        )


COLUMNS = (
    *("Fault", "Reads acknowledged", "payments", "lost", "charged twice", "opened twice", "recovered after"),
    *("worst first page", "first pages refused", "look-ups refused"),
    *("WeChat Pay settled within", "Alipay settled within"),
)


def run_fault(world: World, load: Load, name: str, inject: Fault) -> tuple[Result, list[Books]]:
    """Inject a fault under load; return what happened, and the books once all money has arrived."""
    load.first_pages.clear()
    load.lookups.clear()
    load.acknowledged.clear()
    payers = [
        Payers(
            load.url,
            load.place,
            world.channels[name],
            world.cars,
            random.Random(load.random.random()),
            load.stop,
        )
        for name in CHANNELS
    ]
    settled, since = Settled(world.server.url), time.time()
    watcher = threading.Thread(target=settled.watch)
    watcher.start()
    try:
        with load.running(payers):
            time.sleep(2)
            inject(world)
            over = time.monotonic()
            wait_until(lambda: any(at > over and status == 200 for at, status in list(load.lookups)))
            recovered = next(at for at, status in load.lookups if at > over and status == 200) - over
            time.sleep(3)
        with suppress(RuntimeError):
            wait_until(lambda: not unsettled(world.channels, settled), LONGEST_SETTLE)
    finally:
        settled.end()
        watcher.join()
    assert world.cars, "all paying cars have left: raise PAYING_CARS"
    reads = stored(world)
    known = {key.partition("-")[0] for key in reads}  # a camera's number of its record, then the second
    with world.admin() as admin:
        books = [read_books(channel, admin) for channel in world.channels.values()]
    lost_reads = sum(str(number) not in known for number in load.acknowledged)
    result = Result(
        name,
        reads=len(load.acknowledged),
        payments=sum(each.outcomes["paid"] for each in payers),
        lost=lost_reads + len(unsettled(world.channels, settled)),
        charged_twice=sum(each.twice for each in books),
        opened_twice=sum(orders > 1 for orders in reads.values()) + opened_twice_after_paying(world),
        recovered=recovered,
        first_page=max(seconds for status, seconds in load.first_pages if status),
        no_page=f"{sum(status != 200 for status, _ in load.first_pages)} of {len(load.first_pages)}",
        refused=f"{sum(status != 200 for _, status in load.lookups)} of {len(load.lookups)}",
        settles={n: worst_settle(channel, settled, since=since) for n, channel in world.channels.items()},
    )
    return result, books


def run_faults(faults: dict[str, Fault], *, seed: int, within: Path | None = None, library: str = "") -> None:
    """Run faults one after the other in a world of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="purecode-chaos-") as folder,
        postgres.cluster(durable=True, within=within) as server,
    ):
        world = World(server, Path(folder), disk=within, library=library)
        try:
            load = Load(f"http://127.0.0.1:{world.port}", world.place, random.Random(seed))
            wait_until(lambda: load.look_up() == 200)
            for name, inject in faults.items():
                result, books = run_fault(world, load, name, inject)
                print(result, *(f"    {each}" for each in books), sep="\n", flush=True)
        finally:
            world.close()
            with suppress(RuntimeError, ProcessLookupError):  # the one that a fault started
                os.kill(world.postmaster()[0], signal.SIGINT)
                time.sleep(2)


@contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a file system in memory that is soon full."""
    with tempfile.TemporaryDirectory(prefix="purecode-disk-", dir="/tmp") as folder:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0755", "purecode", folder], check=True
        )
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def faketime() -> str:
    """Return the library that changes a process's clock; "" without one. LIBFAKETIME names it."""
    found = [path for pattern in FAKETIME for path in sorted(Path("/").glob(pattern.lstrip("/")))]
    return os.environ.get("LIBFAKETIME", "") or (str(found[0]) if found else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", metavar="WORD", default="", help="faults whose name contains it")
    chosen = parser.parse_args()

    def some(faults: dict[str, Fault]) -> dict[str, Fault]:
        return {name: inject for name, inject in faults.items() if chosen.only in name}

    print(f"seed {chosen.seed}\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}", flush=True)
    if faults := some(FAULTS):
        run_faults(faults, seed=chosen.seed)
    if faults := some(DISK_FAULTS):
        if postgres.is_root():
            with small_disk() as within:
                run_faults(faults, seed=chosen.seed, within=within)
        else:
            print("not run: a full disk needs root")
    if faults := some(CLOCK_FAULTS):
        if library := faketime():
            run_faults(faults, seed=chosen.seed, library=library)
        else:
            print("not run: clocks need libfaketime (apt-get install libfaketime)")


if __name__ == "__main__":
    main()
