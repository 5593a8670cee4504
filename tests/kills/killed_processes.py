"""The product's own processes, which a test can have killed at a point of their work.

    python -m tests.kills.killed_processes FOLDER PORT

loads the product once, makes a lot, prints the codes of its signs, and then does what is written to it:
`start web`, `start work`, `start stand CAR` (a camera sees it at the exit) or `start give_back NUMBER FEN`
forks a process, which opens its own database, and answers with its id; `state ID` answers with nothing while
it lives, else with the signal or the status that ended it.

A file `FOLDER/web`, say, that holds `after driver.hot_notice.answer_to` has that process killed when it
comes there next (SIGKILL, as by a machine that goes dark); with a payment's number behind it, when it comes
there with that payment. A file `FOLDER/hold` has the worker begin no job.
Times are SCALE of what they are in service. Nothing of this is in the product.
"""

import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any

SCALE = 0.02
CARS = 110
POINTS = (
    "payments.providers.wechat.wechat_provider.WechatProvider.start",
    "payments.providers.wechat.wechat_provider.WechatProvider.query",
    "payments.providers.wechat.wechat_provider.WechatProvider.close",
    "payments.providers.wechat.wechat_provider.WechatProvider.refund",
    "payments.providers.wechat.wechat_provider.WechatProvider.query_refund",
    "payments.checkout._hand_over",
    "payments.channel_orders.query",
    "payments.channel_orders.close_attempt",
    "payments.refunds.settle_refund",
    "payments.refunds.carry_out",
    "payments.ledger.entries_of",
    "payments.ledger.book_refund",
    "lots.systems.remote.RemoteSystem.charge",
    "lots.systems.remote.RemoteSystem.settle",
    "payments.settlements.enqueue",
    "payments.settlements.carry_out",
    "payments.settlements._accept",
    "payments.settlements._give_back",
    "driver.channel_notices._settle_all",
    "driver.hot_notice.answer_to",
)
SCALED = {
    "core.claims": ("LEASE",),
    "payments.payment_jobs": ("LEASE", "OPEN", "REFUNDS"),
    "payments.settlements": ("PACE",),
    "payments.checkout": ("REUSE_MARGIN", "FIRST_CHECK"),
    "payments.channel_orders": ("ASK_AGAIN", "SAFE_AFTER_EXPIRY"),
}
CHARGES_LAST, LATE_MONEY_AFTER = timedelta(seconds=6), timedelta(seconds=1)


def plate(number: int) -> str:
    return f"沪A{10000 + number}"


def lay_mines(order: Path) -> None:
    """Have each point look whether this process is to die there."""
    for point in POINTS:
        *path, name = point.split(".")
        holder: Any
        if path[-1][0].isupper():
            holder = getattr(importlib.import_module(".".join(path[:-1])), path[-1])
        else:
            holder = importlib.import_module(".".join(path))
        setattr(holder, name, mined(getattr(holder, name), point, order))


def mined(function: Any, point: str, order: Path) -> Any:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        die_if_ordered(f"before {point}", order, args)
        answer = function(*args, **kwargs)
        die_if_ordered(f"after {point}", order, args)
        return answer

    return run


def die_if_ordered(here: str, order: Path, args: tuple[Any, ...]) -> None:
    try:
        place, _, number = order.read_text(encoding="ascii").partition("\n")
    except FileNotFoundError:
        return
    if place == here and (not number or any(concerns(number, each) for each in args)):
        order.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def concerns(number: str, value: Any) -> bool:
    """Return whether it is the payment of this number, its charge, or a row of it."""
    return number in {getattr(each, "number", None) for each in (value, getattr(value, "payment", None))}


def held(run: Callable[..., int | None], folder: Path) -> Callable[..., int | None]:
    """Let a lane's step begin only while there is no file `hold`; a file `held` says that all wait.

    Stopping the process itself could stop it with the database locked.
    """
    lock, running = threading.Lock(), [0]

    def may_begin() -> bool:
        with lock:
            is_free = not (folder / "hold").exists()
            running[0] += is_free
            if is_free:
                (folder / "held").unlink(missing_ok=True)
            elif not running[0]:
                (folder / "held").touch()
        return is_free

    def step(*args: Any) -> int | None:
        while not may_begin():
            time.sleep(0.01)
        try:
            return run(*args)
        finally:
            with lock:
                running[0] -= 1

    return step


def scaled(value: Any) -> Any:
    """Return a time, or a pace itself: the queues have it already."""
    from core.claims import Pace

    if isinstance(value, Pace):
        object.__setattr__(value, "steps", tuple(step * SCALE for step in value.steps))
        object.__setattr__(value, "later", value.later * SCALE)
        return value
    return value * SCALE


def quicken(folder: Path) -> None:
    """Let time pass faster for everything that waits."""
    from core import jobs, lanes
    from lots.systems import builtin
    from payments import settling

    for module_name, names in SCALED.items():
        module = importlib.import_module(module_name)
        for name in names:
            setattr(module, name, scaled(getattr(module, name)))
    lanes.IDLE *= 5 * SCALE  # quicker, an idle worker would keep a whole processor busy
    builtin.VALID, settling.LATE_MONEY = CHARGES_LAST, LATE_MONEY_AFTER
    known = jobs.load()
    # Here a row may well be dated further ahead than it waits: processes take real time. No clock jumps.
    del known["payments.payment_jobs.pull_forward"]
    for name, job in known.items():
        if job.lane != "parking system probes":  # no test waits for them, and nine systems would be busy
            jobs.JOBS[name] = replace(job, every=job.every * SCALE)
    lanes.step = held(lanes.step, folder)


def make_mall() -> None:
    from django.core.management import call_command
    from django.utils.timezone import now

    from lots.models import ParkingSystemLink
    from lots.sign_register import new_sign
    from lots.systems.links import seal_secrets
    from sandbox.systems.__main__ import SIMULATORS
    from tests.factories import make_device, make_lot, see
    from tests.lots.systems.linked import answers_from

    call_command("migrate", verbosity=0)
    lot = make_lot(slug="pujiang")
    entry, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    for number in range(CARS):
        see(entry, plate(number), now() - timedelta(minutes=61))
    signs = [new_sign(lot=lot, place="B1"), new_sign(lot=lot, place="East", lane=way_out.lane)]
    for name, url in sorted(json.loads(os.environ["PARKING_SYSTEMS"]).items()):
        simulator = SIMULATORS[name]
        in_front = make_lot(slug=name.replace("_", "-"), system=name.removesuffix("_lot"))
        row = ParkingSystemLink.objects.create(
            lot=in_front,
            base_url=url,
            lot_code=simulator.lot_code,
            options=simulator.options,
            secrets=seal_secrets(in_front.pk, simulator.secrets),
            recipient_name="示例停车系统有限公司",
            recipient_contact="privacy@pms.example",
        )
        answers_from(in_front, row)
        signs.append(new_sign(lot=in_front, place="B1"))
    print(json.dumps([sign.code for sign in signs]), flush=True)


def serve(port: int) -> None:
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from config.wsgi import application

    class Silent(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Write nothing: a path may hold a token."""

    server = ThreadedWSGIServer(("127.0.0.1", port), Silent)
    server.set_app(application)
    server.serve_forever()


def child(run: Callable[..., Any], *arguments: Any) -> int:
    """Fork a process that does this and nothing else; return its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        run(*arguments)
        status = 0
    except BaseException:  # noqa: BLE001 - the child must end here, whatever happens
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def stand(car: str) -> None:
    from django.utils.timezone import now

    from lots.models import Device
    from tests.factories import see

    see(Device.objects.get(lane__direction="exit"), plate(int(car)), now(), key=f"stands-{car}")


def give_back(number: str, fen: str) -> None:
    from contextlib import suppress

    from django.utils.timezone import now

    from payments.models import Payment, Refund
    from payments.refunds import TooMuch, request_refund

    payment = Payment.objects.get(number=number)
    with suppress(TooMuch):
        request_refund(payment, amount_fen=int(fen), reason=Refund.Reason.STAFF, at=now())


def work() -> None:
    from django.core.management import call_command

    call_command("work")


def as_role(role: str, arguments: list[str], folder: Path, port: int) -> None:
    roles: dict[str, Callable[..., None]] = {
        "web": partial(serve, port),
        "work": work,
        "stand": stand,
        "give_back": give_back,
    }
    lay_mines(folder / role)
    roles[role](*arguments)


def answer(words: list[str], folder: Path, port: int) -> str:
    if words[0] == "start":
        return str(child(as_role, words[1], words[2:], folder, port))
    pid, status = os.waitpid(int(words[1]), os.WNOHANG)
    return str(os.waitstatus_to_exitcode(status)) if pid else ""


def main(folder: str, port: str) -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    importlib.import_module("config.urls")
    _, status = os.waitpid(child(make_mall), 0)
    if status:
        sys.exit("no mall")
    quicken(Path(folder))
    for line in sys.stdin:
        print(answer(line.split(), Path(folder), int(port)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
