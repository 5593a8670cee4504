"""Starts the cluster of deploy/cluster on this machine, lets cars pay without pause, and takes machines away.

    python -m tests.cluster.cluster_run    (as root on Linux; it enters a network name space of its own)

After each fault the channel's own record is compared with our books: money that the channel has and we have
not booked (lost), and stays for which it took money twice and gave none back.
"""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from itertools import combinations, count
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.browser.real import AGENTS, merchants
from tests.cluster import machines
from tests.cluster.machines import ADDRESSES, ROOT, STORES, WEBS, Cluster
from tests.sandbox import NoticeSink, SandboxServer
from tests.waiting import wait_for

CARS = 2500
PAYERS = 3
AGAIN = 1.0  # seconds: without a pause, refusals of milliseconds would use up all cars during one failover
PORT = 8009
INSIDE = "PURECODE_CLUSTER"


def plate(number: int) -> str:
    return f"沪A{10000 + number}"


@dataclass
class Load:
    """Drivers who pay one after the other, and what they were shown."""

    sandbox: SandboxServer
    sign: str
    cars: Iterator[int] = field(default_factory=count)
    paid: list[tuple[float, int]] = field(default_factory=list)  # when the page confirmed it, and the car
    tries: list[tuple[float, bool, float]] = field(default_factory=list)  # when, whether paid, seconds
    refused: Counter[str] = field(default_factory=Counter)  # what kept drivers from paying
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, method: str, path: str, **form: str) -> str:
        """Ask the first web machine, and the second where the first does not answer, as DNS would have it."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        for machine in WEBS:
            line = http.client.HTTPConnection(ADDRESSES[machine], timeout=8)
            try:
                line.request(method, path, urlencode(form) or None, {"User-Agent": AGENTS["browser"], **kind})
                answer = line.getresponse()
                text = answer.read().decode()
                if answer.status < 500:
                    return text or answer.headers.get("Location", "")
                self.refused[f"{machine} {method} {answer.status}"] += 1
            except (OSError, http.client.HTTPException) as error:
                self.refused[f"{machine} {method} {type(error).__name__}"] += 1
            finally:
                line.close()
        return ""

    def pay(self, car: int) -> bool:
        """Scan, type the plate, pay at the cashier, and look until the page says that it is paid."""
        page = self.ask("POST", f"/p/{self.sign}", plate=plate(car), part="1")
        pay = re.search(r'action="(/q/[^"]+/pay)"', page)
        if not pay:
            self.refused["no fee on the page" if page else "no page"] += 1
            return False
        page = self.ask("POST", pay[1], channel="wechat")
        found = re.search(rf'href="({re.escape(self.sandbox.url)}/cashier/h5[^"]+)"', page)
        if not found:
            self.refused["no way to the cashier"] += 1
            return False
        with suppress(OSError, http.client.HTTPException):
            path = unescape(found[1]).removeprefix(self.sandbox.url)
            line = http.client.HTTPConnection(urlsplit(self.sandbox.url).netloc, timeout=8)
            line.request("GET", path, headers={"Referer": f"http://{ADDRESSES['web1']}/"})
            cashier = line.getresponse().headers.get("Location", "")
            line.close()
            if not cashier or self.sandbox.press(cashier, "pays")[0] != 303:
                return False
            token = re.search(r"/t/[^\"'?]+", unescape(page))
            for _ in range(60):
                if token and "支付成功" in self.ask("GET", token[0]):
                    self.paid.append((time.monotonic(), car))
                    return True
                time.sleep(0.5)
        return False

    def paid_after(self, at: float) -> float:
        """Return when the first payment was shown as paid that began after a moment; 0 for none yet."""
        return next((began + took for began, well, took in self.tries if began > at and well), 0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        self.stop.clear()
        threads = [threading.Thread(target=self._repeat, daemon=True) for _ in range(PAYERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def _repeat(self) -> None:
        while not self.stop.is_set():
            began = time.monotonic()
            went_well = self.pay(next(self.cars))
            self.tries.append((began, went_well, time.monotonic() - began))
            time.sleep(0.05 if went_well else AGAIN)

    def report(self) -> str:
        """Return what kept drivers from paying since the fault, and whether cars are left."""
        return f"car {next(self.cars)} of {CARS}; {dict(self.refused)}"


def books(cluster: Cluster, state: Path) -> tuple[list[str], list[str]]:
    """Return the payments that the channel has money for and we have not, and the stays paid twice."""
    theirs = json.loads(state.read_text(encoding="utf-8"))
    paid = {each["number"] for each in theirs["orders"] if each["state"] == "paid"}
    given_back = {each["number"] for each in theirs["refunds"]}
    with cluster.connect(str(wait_for(cluster.primary, "a primary"))) as line:
        rows = line.execute("SELECT number, state, session_id FROM payments_payment").fetchall()
        of_payment = "SELECT p.number, r.number FROM payments_refund r JOIN payments_payment p"
        refunds: dict[str, str] = dict(line.execute(f"{of_payment} ON p.id = r.payment_id").fetchall())
    booked = {number for number, was, _ in rows if was == "paid"}
    sessions = Counter(
        session for number, _, session in rows if number in paid and refunds.get(number) not in given_back
    )
    return sorted(paid - booked), [str(session) for session, times in sessions.items() if times > 1]


def bytes_of_a_car(cluster: Cluster) -> str:
    """Return what the rows of a car and of a payment take on disk, with their indexes."""
    sizes = (
        "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE ANY(%s)"
    )
    with cluster.connect(str(cluster.primary())) as line:
        (cars,) = line.execute("SELECT count(*) FROM lots_parkingsession").fetchone() or (1,)
        (paid,) = line.execute("SELECT count(*) FROM payments_payment").fetchone() or (1,)
        tables = ["lots_parkingsession", "lots_plateread", "lots_gatecommand"]
        (sessions,) = line.execute(sizes, [tables]).fetchone() or (0,)
        tables = ["payments_payment%", "payments_ledger%", "payments_settlement%", "payments_quote%"]
        (payments,) = line.execute(sizes, [tables]).fetchone() or (0,)
    return f"On disk: {sessions // cars} bytes for a stay with one read, {payments // paid} for a payment."


@dataclass
class Fault:
    """What was done to the cluster and when, and how it is put right again."""

    machine: str
    undo: Callable[[], object]
    at: float = field(default_factory=time.monotonic)


def kill(machine: str, cluster: Cluster) -> Fault:
    cluster.kill(machine)
    return Fault(machine, lambda: start_again(cluster, machine))


def kill_primary(cluster: Cluster) -> Fault:
    return kill(str(cluster.primary()), cluster)


def kill_synchronous(cluster: Cluster) -> Fault:
    return kill(synchronous(cluster), cluster)


def kill_web(cluster: Cluster) -> Fault:
    return kill("web1", cluster)


def cut_primary(cluster: Cluster) -> Fault:
    machine = str(cluster.primary())
    cluster.cut(machine)
    return Fault(machine, lambda: cluster.cut(machine, on=True))


def part(one: str, other: str, cluster: Cluster) -> Fault:
    was = str(cluster.primary())
    cluster.part(one, other)
    return Fault(f"{was} was primary", lambda: cluster.part(one, other, on=True))


def stop_synchronous(cluster: Cluster) -> Fault:
    """Stop what receives on the replica that every payment waits for: another must take its place."""
    machine = synchronous(cluster)
    receiver = cluster.receiver(machine)
    os.kill(receiver, signal.SIGSTOP)
    return Fault(machine, lambda: _go_on(receiver))


def kill_primary_beside_one_behind(cluster: Cluster) -> Fault:
    """Let the replica that no payment waits for fall behind, then kill the primary: it must not take over.

    It goes on once the other has taken over: until then there is no second machine, and nothing is written.
    """
    primary, behind = str(cluster.primary()), asynchronous(cluster)
    receiver = cluster.receiver(behind)
    os.kill(receiver, signal.SIGSTOP)
    time.sleep(BEHIND)
    cluster.kill(primary)
    at = time.monotonic()
    successor = str(wait_for(cluster.primary, "another primary", seconds=120))
    _go_on(receiver)
    assert successor != behind, f"{behind} was behind and took over"
    return Fault(f"{behind} behind, {primary} killed", lambda: start_again(cluster, primary), at)


def _go_on(process: int) -> None:
    with suppress(ProcessLookupError):  # its PostgreSQL may have ended it
        os.kill(process, signal.SIGCONT)


def synchronous(cluster: Cluster) -> str:
    return next(each for each in STORES if cluster.answers(each, "synchronous"))


def asynchronous(cluster: Cluster) -> str:
    return next(each for each in cluster.replicas() if not cluster.answers(each, "synchronous"))


def start_again(cluster: Cluster, machine: str) -> None:
    """Start a machine whose power failed, as an administrator does."""
    if machine in WEBS:
        cluster.start_way_to_database(machine)
        cluster.start_product(machine)
    else:
        cluster.start_etcd(machine)
        cluster.start_patroni(machine)


def is_whole(cluster: Cluster) -> bool:
    """Return whether both replicas follow the primary, and payments wait for one of them.

    A primary of before answers as a replica at once, but cannot replace one until it has been rewound.
    """
    return cluster.has_synchronous_replica() and cluster.followers() == 2


BEHIND = 8.0  # seconds of payments that a replica lacks
FAULTS: dict[str, Callable[[Cluster], Fault]] = {
    "primary killed (machine dark)": kill_primary,
    "primary cut off": cut_primary,
    "synchronous replica killed": kill_synchronous,
    "synchronous replica falls behind": stop_synchronous,
    "primary killed beside a replica that is behind": kill_primary_beside_one_behind,
    "web machine killed": kill_web,
    **{
        f"network cut between {one} and {other}": partial(part, one, other)
        for one, other in combinations((*STORES, *WEBS), 2)
    },
}


def run_fault(cluster: Cluster, load: Load, state: Path, name: str) -> tuple[str, bool]:
    """Inject a fault under load; return a row of the table, and whether money and books agree."""
    load.tries.clear()
    load.refused.clear()
    with load.running():
        time.sleep(8)
        fault = FAULTS[name](cluster)
        first = wait_for(lambda: load.paid_after(fault.at), name, load.report, seconds=120)
        time.sleep(8)
        fault.undo()
        wait_for(lambda: is_whole(cluster), "all three databases", seconds=180)
        time.sleep(3)
    lost: list[str] = []
    twice: list[str] = []
    for _ in range(60):  # what was under way is asked for by the worker
        lost, twice = books(cluster, state)
        if not lost and not twice:
            break
        time.sleep(1)
    longest = max(seconds for _, _, seconds in load.tries)
    paid = sum(well for _, well, _ in load.tries)
    failed = len(load.tries) - paid
    row = (
        f"| {name} ({fault.machine}) | {paid} | {len(lost)} | {len(twice)} |"
        f" {first - fault.at:.0f} s | {longest:.0f} s | {failed} of {len(load.tries)} |"
    )
    return row, not lost and not twice


def make_mall(cluster: Cluster) -> str:
    """Fill the database, past the pooler as commands go; return the code of a sign."""
    primary = ADDRESSES[str(cluster.primary())]
    url = cluster.environment["DATABASE_URL"].replace("127.0.0.1:5000", f"{primary}:5432")
    env = {**os.environ, **cluster.environment, "DATABASE_URL": url, "CARS": str(CARS)}
    words = [sys.executable, "-m", "tests.cluster.mall"]
    made = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return made.stdout.split()[-1]


def start_channel(folder: Path) -> tuple[subprocess.Popen[bytes], SandboxServer, str]:
    url = f"http://{ADDRESSES['outside']}:{PORT}"
    words = ["-m", "sandbox", "--host", ADDRESSES["outside"], "--port", str(PORT), "--control"]
    words += ["--keys", str(folder / "keys"), "--state", str(folder / "sandbox.json")]
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    server = SandboxServer(url, NoticeSink())
    wait_for(lambda: _is_up(server), "the sandbox", seconds=60)
    wechat, _ = json.loads(merchants(folder / "keys", server))
    return process, server, json.dumps([wechat])


def _is_up(server: SandboxServer) -> bool:
    with suppress(OSError, http.client.HTTPException):
        server.browse("GET", "/")
        return True
    return False


def rehearse(folder: Path, names: list[str]) -> bool:
    cluster = Cluster(folder)
    channel: subprocess.Popen[bytes] | None = None
    try:
        began = time.monotonic()
        machines.start_stores(cluster)
        channel, sandbox, found = start_channel(folder)
        cluster.environment = machines.settings(cluster, found)
        sign = make_mall(cluster)
        for machine in WEBS:
            cluster.start_way_to_database(machine)
            cluster.start_product(machine)
        load = Load(sandbox, sign)
        wait_for(lambda: load.pay(next(load.cars)), f"a payment; {cluster.log('web1', 'web')}", seconds=120)
        print(f"All five machines serve after {time.monotonic() - began:.0f} s.", flush=True)
        print("| Fault | Paid | Lost | Charged twice | Next payment after | Slowest payment | Gave up |")
        print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
        good = True
        for name in names:
            row, is_right = run_fault(cluster, load, folder / "sandbox.json", name)
            print(row, flush=True)
            good &= is_right
        print(bytes_of_a_car(cluster), flush=True)
        return good
    finally:
        if channel:
            channel.terminate()
            channel.wait()
        cluster.close()


def main() -> int:
    if INSIDE in os.environ:
        return 0 if rehearse(Path(os.environ[INSIDE]), sys.argv[1:] or list(FAULTS)) else 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    machines.bring_programs()
    folder = Path(tempfile.mkdtemp(prefix="purecode-cluster-"))
    folder.chmod(0o755)
    try:
        with machines.network():
            enter = ["nsenter", f"--net=/run/netns/{machines.namespace('outside')}"]
            words = [*enter, sys.executable, "-m", "tests.cluster.cluster_run", *sys.argv[1:]]
            return subprocess.call(words, cwd=ROOT, env={**os.environ, INSIDE: str(folder)})
    finally:
        if "KEEP" in os.environ:
            print(f"Logs are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
