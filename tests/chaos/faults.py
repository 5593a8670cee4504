"""What can be done to an installation: each fault is a function that harms it and mends it again."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.world import World, command_of

RESTART = 2.0  # seconds that a stopped server stays away

type Fault = Callable[[World], None]


def lock_table(world: World) -> None:
    with psycopg.connect(world.server.url) as other:
        other.execute("LOCK TABLE lots_parkingsession")
        time.sleep(16)


def read_only(world: World) -> None:
    with world.admin() as admin:
        admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(5)
        admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        admin.execute("SELECT pg_reload_conf()")


def kill_web(world: World) -> None:
    world.kill(world.web)
    world.web = world.start_web()


def kill_worker(world: World) -> None:
    world.kill(world.worker)
    time.sleep(2)
    world.worker = world.start_worker()


def freeze_channel(world: World) -> None:
    process = world.channels["wechat"].process
    process.send_signal(signal.SIGSTOP)
    time.sleep(20)
    process.send_signal(signal.SIGCONT)


def spoil_channel(world: World, **faults: dict[str, Any]) -> None:
    """Have WeChat Pay answer badly for 20 seconds."""
    server = world.channels["wechat"].server
    for name, details in faults.items():
        server.fault(name, times=None, **details)
    time.sleep(20)
    server.clear()


def lie(world: World) -> None:
    """Have WeChat Pay answer with other amounts, and send notices that it did not sign."""
    amount = {"total": 1, "payer_total": 1, "currency": "CNY", "payer_currency": "CNY"}
    spoil_channel(world, answer_changed={"on": "GET /v3/pay", "fields": {"amount": amount}}, notice_forged={})


def fill_disk(world: World) -> None:
    """Leave the database no byte to write for ten seconds, and start it again if it stopped."""
    pid, command = world.postmaster()
    owner = Path(f"/proc/{pid}").stat()
    assert world.disk is not None
    filler = world.disk / "filler"
    for size in (1 << 20, 1 << 12):
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(b"\0" * size) == size:
                pass
    time.sleep(10)
    filler.unlink()
    time.sleep(1)
    if not command_of(pid):
        world.start_database(command, owner)


def jump(seconds: int) -> Fault:
    """Return a fault that has our clocks, not those of the channels, wrong for 20 seconds."""

    def fault(world: World) -> None:
        world.set_clocks(ours=seconds, theirs=0)
        time.sleep(20)
        world.set_clocks(ours=0, theirs=0)
        time.sleep(1)

    return fault


def stay_away(world: World) -> None:
    """Have drivers pay without a worker, and start one three hours later; no notice comes meanwhile."""
    world.kill(world.worker)
    time.sleep(10)
    world.set_clocks(ours=3 * 3600, theirs=3 * 3600)
    time.sleep(2)
    world.worker = world.start_worker()


FAULTS: dict[str, Fault] = {
    "none (5 s)": lambda _: time.sleep(5),
    "table locked 16 s": lock_table,
    "read-only 5 s": read_only,
    "PostgreSQL restarted": lambda world: world.restart_database(signal.SIGINT, RESTART),
    "PostgreSQL killed": lambda world: world.restart_database(signal.SIGQUIT, RESTART),
    "PostgreSQL away 30 s": lambda world: world.restart_database(signal.SIGINT, 30),
    "web process killed": kill_web,
    "worker killed": kill_worker,
    "WeChat Pay frozen 20 s": freeze_channel,
    "WeChat Pay slow (4 s)": lambda world: spoil_channel(world, delay={"seconds": 4}),
    "WeChat Pay refusing": lambda world: spoil_channel(world, server_error={}),
    "WeChat Pay lying": lie,
}
DISK_FAULTS: dict[str, Fault] = {"disk full 10 s": fill_disk}
CLOCK_FAULTS: dict[str, Fault] = {
    "our clock +10 min": jump(600),
    "our clock -10 min": jump(-600),
    "worker absent 3 h": stay_away,  # last: the clock stays where it is
}
