"""A car park to try: what `make demo` runs.

Everything lives in `var/demo` (RESET=1 begins anew) and nothing leaves this machine: the cashier is a
sandbox, the cars are made up. HOST and PORT say where; HOST=0.0.0.0 lets a phone in the same network scan.
"""

import contextlib
import errno
import fcntl
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from tools import terminal
from tools.machine import ROOT
from tools.processes import Processes

VAR = ROOT / "var"
FOLDER = VAR / "demo"
PYTHON = sys.executable
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, and only on demand
NONE_INSIDE = "—"  # what demo_plates says of a lot without a car that owes something
PLATES = 3  # to try in each lot
PATIENCE = 60.0  # seconds for a server to answer on a slow machine
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "PLATE_KEYS": lambda: f"demo:{secrets.token_hex(32)}",
    "PLATE_INDEX_KEY": lambda: secrets.token_hex(32),
    "CODE_KEY": lambda: secrets.token_hex(32),
    "SANDBOX_KEY": lambda: secrets.token_hex(32),
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
}
NOT_SETTINGS = {"DEMO_PASSWORD"}  # kept with the keys, and given to one command only
STAFF = "demo"
MEMBERS = (ROOT / "members").is_dir()  # they may be deleted


class Refused(Exception):
    """The demo cannot run; the text is one line that says why and what to do."""


class Stopped(BaseException):
    """Somebody asked the demo to stop."""


@dataclass(frozen=True)
class Place:
    """Where the demo listens, and where browsers find it."""

    host: str
    port: int

    @property
    def cashier_port(self) -> int:
        return self.port + 1

    @property
    def public_host(self) -> str:
        """Return the host for addresses: a phone cannot scan 0.0.0.0."""
        return lan_address() if self.host in EVERYWHERE else self.host

    @property
    def local_host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    def url(self, port: int) -> str:
        host = f"[{self.public_host}]" if ":" in self.public_host else self.public_host
        return f"http://{host}:{port}"


def read_place(env: Mapping[str, str]) -> Place:
    """Return where HOST and PORT say the demo listens."""
    text = env.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65534:
        raise Refused("PORT must be a number from 1 to 65534; the one after it is the cashier's")
    return Place(env.get("HOST") or "127.0.0.1", int(text))


def lan_address() -> str:
    """Return this machine's address in its network; choosing a route sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return "127.0.0.1"


def claim(place: Place) -> None:
    """See that both ports are free, before anything is written."""
    for port in (place.port, place.cashier_port):
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                place.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except PermissionError:
            raise Refused(f"Port {port} is for root only; choose another: make demo PORT=8000") from None
        except socket.gaierror:
            raise Refused("HOST is not an address; 127.0.0.1 or 0.0.0.0 will do") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise Refused(
                    "HOST is not an address of this machine; 127.0.0.1 or 0.0.0.0 will do"
                ) from None
            raise Refused(
                f"Port {port} is in use; choose another pair: make demo PORT={place.port + 10}"
            ) from None


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the demo's folder: two of them would take each other's data away."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("A demo already runs from this folder; stop it first") from None
        yield


def keep_secrets(path: Path) -> dict[str, str]:
    """Return the demo's keys, made at its first start and kept for its owner alone."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    kept = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    missing = {name: make() for name, make in SECRETS.items() if name not in kept}
    if missing:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in missing.items())
    return kept | missing


def environment(place: Place, keys: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the demo; what is set outside for a real installation must not leak in."""
    hosts = dict.fromkeys([place.public_host, place.host, "127.0.0.1", "localhost"])
    settings = {
        **{name: value for name, value in keys.items() if name not in NOT_SETTINGS},
        "PUBLIC_URL": place.url(place.port),
        "SANDBOX_URL": place.url(place.cashier_port),
        "MERCHANTS_FILE": str(FOLDER / "merchants.json"),
        "ALLOWED_HOSTS": ",".join(f"[{host}]" if ":" in host else host for host in hosts),
        "DATABASE_URL": f"sqlite:///{FOLDER / 'purecode.sqlite3'}",
        "SURFACES": f"driver,device,console{',members' * MEMBERS}",
        "MEMBERS": str(int(MEMBERS)),
        "MEMBERS_URL": place.url(place.port),
        "SMS_URL": "",  # texts are printed
        "SMS_KEY": "",
        "CONSOLE_MFA": "offered",  # a demo is looked at without a second device
        # The invented drivers share one address, and looking up is on a budget per client: each of them names
        # a loopback address of its own, as behind a proxy. A real installation trusts its own proxy alone.
        "TRUSTED_PROXIES": "1",
    }
    unwanted = {f"{name}_FILE" for name in settings}
    return {name: value for name, value in outside.items() if name not in unwanted} | settings


def make_merchants(env: Mapping[str, str]) -> None:
    """Have the sandbox make the keys of its merchants, once, and write the list that the server reads.

    The list is what an operator writes for real merchants, but for the word `sandbox`.
    """
    folder = FOLDER / "keys"
    subprocess.run([PYTHON, "-m", "sandbox", "keys", str(folder)], cwd=ROOT, env=env, check=True)
    wechat, alipay = (
        json.loads((folder / name / "settings.json").read_text(encoding="utf-8"))
        for name in ("wechat", "alipay")
    )
    held = {"app_secret": wechat.pop("app_secret"), "api_keys": "\n".join(wechat.pop("api_keys"))}
    for name, secret in held.items():
        write_for_owner(folder / "wechat" / f"{name}.txt", secret)
        wechat[f"{name}_file"] = str(folder / "wechat" / f"{name}.txt")
    wechat["private_key_file"] = wechat.pop("private_key")
    wechat["products"] = "jsapi,h5,native"
    alipay = {name.removeprefix("ALIPAY_").lower(): value for name, value in alipay.items()}
    common = {"lots": "*", "sandbox": True}
    merchants = [{"provider": "wechat", **common, **wechat}, {"provider": "alipay", **common, **alipay}]
    write_for_owner(FOLDER / "merchants.json", json.dumps(merchants, indent=2))


def write_for_owner(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def manage(env: Mapping[str, str], *words: str) -> str:
    """Run one of Django's commands to its end and return what it prints."""
    done = subprocess.run(
        [PYTHON, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = FOLDER / "log" / "setup.log"
        log.write_text(done.stderr, encoding="utf-8")
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise Refused(f"manage.py {words[0]} failed (all of it: {log.relative_to(ROOT)}): {last}")
    return done.stdout


def start_all(processes: Processes, place: Place, plan: Path) -> None:
    """Start the web server, the worker, the cashier and the cameras."""
    web = ["--interface", "wsgi", "--host", place.host, "--port", str(place.port), "--workers", "1"]
    web += ["--blocking-threads", "1", "--no-ws", "--no-access-log", "config.wsgi:application"]
    cashier = ["--host", place.host, "--port", str(place.cashier_port)]
    cashier += ["--public-url", place.url(place.cashier_port), "--state", str(FOLDER / "cashier.json")]
    cashier += ["--keys", str(FOLDER / "keys")]
    processes.start("web", [PYTHON, "-m", "granian", *web])
    processes.start("cashier", [PYTHON, "-m", "sandbox", *cashier])
    wait(processes, lambda: answers(place.local_host, place.port))
    wait(processes, lambda: listens(place.local_host, place.cashier_port))
    processes.start("worker", [PYTHON, "manage.py", "work"])
    processes.start(
        "cameras", [PYTHON, "-m", "simulator", str(plan), "--pay", "--state", str(FOLDER / "cameras.json")]
    )


def answers(host: str, port: int) -> bool:
    """Say whether a web server answers at all; a proxy of the machine has no part in it."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def wait(processes: Processes, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        watch(processes)
        if time.monotonic() > deadline:
            raise Refused(f"The demo does not answer; its logs are in {processes.folder.relative_to(ROOT)}")
        time.sleep(0.1)


def watch(processes: Processes) -> None:
    """Refuse to go on without one of the programs."""
    if name := processes.dead():
        raise Refused(f"The demo's {name} ended unexpectedly. Its last words:\n{processes.last_words(name)}")


def plates_inside(env: Mapping[str, str], processes: Processes) -> dict[str, str]:
    """Return plates to try for each lot, once the cameras have seen some."""
    inside: dict[str, str] = {}
    for _ in range(10):
        watch(processes)
        rows = [
            line.partition("\t") for line in manage(env, "demo_plates", "--most", str(PLATES)).splitlines()
        ]
        inside = {lot: plates for lot, _, plates in rows if plates != NONE_INSIDE}
        if all(plates.count("  ") == PLATES - 1 for _, _, plates in rows):
            break
        time.sleep(0.5)
    return inside


def show_member_code(told: str) -> None:
    """Print the member code of one lot, after the pure codes; the text messages follow as they are sent."""
    if told.strip():
        name, _, address = told.strip().partition("\t")
        print(f"{name}  {address}  (not needed to pay; codes to phones appear below)\n", flush=True)


def show_texts(worker_log: Path, seen: int) -> int:
    """Print the text messages that the worker has sent since `seen`, the place in its log."""
    with worker_log.open("rb") as log:
        log.seek(seen)
        said = log.read()
    whole = said[: said.rfind(b"\n") + 1]
    for line in whole.decode("utf-8", "replace").splitlines():
        if line.startswith("[SMS "):
            print(line, flush=True)
    return seen + len(whole)


def greet(place: Place, plan: Mapping[str, Any], inside: Mapping[str, str], password: str) -> None:
    """Print the pure codes and what to try with them."""
    print(f"\nPureCode 纯净码  {place.url(place.port)}\n")
    for lot in plan["lots"]:
        print(f"{lot['name']}  {lot['url']}")
        # All capitals: the code needs fewer modules then, so it reads from farther away.
        print("\n".join(terminal.lines(lot["url"].upper(), colour=sys.stdout.isatty())))
        if plates := inside.get(lot["name"]):
            print(f"Inside now: {plates}")
        print()
    print(f"Staff:  {place.url(place.port)}/console/  user {STAFF}  password {password}")
    if place.host.startswith("127.") or place.host == "localhost":
        print("To scan with a phone in the same network: make demo HOST=0.0.0.0")
    print("To stop: Ctrl-C. To begin anew: make demo RESET=1", flush=True)


def run(env: Mapping[str, str]) -> None:
    """Run the demo until it is stopped."""
    place = read_place(env)
    claim(place)
    with alone():
        if env.get("RESET") == "1" and FOLDER.exists():
            shutil.rmtree(FOLDER)
        FOLDER.mkdir(mode=0o700, exist_ok=True)  # plates and keys are inside
        (FOLDER / "log").mkdir(exist_ok=True)
        keys = keep_secrets(FOLDER / "secrets.env")
        settings = environment(place, keys, env)
        print("Preparing the demo ...", flush=True)
        make_merchants(settings)
        manage(settings, "migrate", "--verbosity", "0")
        plan = FOLDER / "lots.json"
        plan.write_text(manage(settings, "demo_lots"), encoding="utf-8")
        password = keys["DEMO_PASSWORD"]
        manage({**settings, "DEMO_PASSWORD": password}, "demo_staff", STAFF)
        member_code = manage(settings, "demo_members") if MEMBERS else ""
        processes = Processes(FOLDER / "log", settings, ROOT)
        try:
            start_all(processes, place, plan)
            inside = plates_inside(settings, processes)
            greet(place, json.loads(plan.read_text(encoding="utf-8")), inside, password)
            show_member_code(member_code)
            texts = 0
            while True:
                watch(processes)
                texts = show_texts(processes.log("worker"), texts)
                time.sleep(0.3)
        finally:
            for number in STOPPING:
                signal.signal(number, signal.SIG_IGN)
            processes.stop()


def stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def main() -> int:
    for number in STOPPING:
        signal.signal(number, stop)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        run(os.environ)
    except Stopped:
        print("\nStopped.")
        return 0
    except Refused as reason:
        print(reason)
    except OSError as error:
        print(f"The demo cannot write in {VAR}: {error.strerror}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
