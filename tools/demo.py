"""Runs a demo car park: `make demo`.

All data is in `var/demo` (RESET=1 deletes it first) and nothing leaves this machine: the payment channel is
the sandbox, the cars are simulated. HOST and PORT set the address; with HOST=0.0.0.0 a phone in the same
network can scan the codes.
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

from deploy.container.start import LIMITS
from tools import terminal
from tools.machine import ROOT
from tools.processes import Processes

VAR = ROOT / "var"
FOLDER = VAR / "demo"
PYTHON = sys.executable
WILDCARD_HOSTS = {"0.0.0.0", "::"}  # noqa: S104 - only compared with HOST
NONE_INSIDE = "—"  # printed by demo_plates for a lot without a car that owes something
PLATES_PER_LOT = 3
CARS_IN_FRONT = {
    "沪A12345": "12.50",
    "沪C20001": "30",
    "沪AD12345": "5",
    "沪B00001": "0",
}  # plate → what it owes
START_TIMEOUT = 60.0  # seconds for a server to start on a slow machine
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "PLATE_KEYS": lambda: f"demo:{secrets.token_hex(32)}",
    "PLATE_INDEX_KEY": lambda: secrets.token_hex(32),
    "CODE_KEY": lambda: secrets.token_hex(32),
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
}
NOT_SETTINGS = {"DEMO_PASSWORD"}  # stored with the keys, passed to one command only
STAFF = "demo"
MEMBERS = (ROOT / "members").is_dir()  # the app can be deleted


class DemoError(Exception):
    """The demo cannot run. The message is one line: the reason and what to do."""


class Stopped(BaseException):
    """A signal to stop the demo was received."""


@dataclass(frozen=True)
class Address:
    """Host and port on which the demo listens; the sandbox and a parking system listen on the next two."""

    host: str
    port: int

    @property
    def cashier_port(self) -> int:
        return self.port + 1

    @property
    def system_port(self) -> int:
        """Return the port of the simulated parking system. It listens on this machine only."""
        return self.port + 2

    @property
    def public_host(self) -> str:
        """Return the host for public URLs: a phone cannot open 0.0.0.0."""
        return lan_address() if self.host in WILDCARD_HOSTS else self.host

    @property
    def local_host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    def url(self, port: int) -> str:
        host = f"[{self.public_host}]" if ":" in self.public_host else self.public_host
        return f"http://{host}:{port}"


def read_address(env: Mapping[str, str]) -> Address:
    """Return the address set by HOST and PORT."""
    text = env.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65533:
        raise DemoError("PORT must be a number from 1 to 65533; the demo uses the next two ports as well")
    return Address(env.get("HOST") or "127.0.0.1", int(text))


def lan_address() -> str:
    """Return this machine's address in its network. Connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return "127.0.0.1"


def check_ports(address: Address) -> None:
    """Raise DemoError unless its ports are free. Called before anything is written."""
    for port in (address.port, address.cashier_port, address.system_port):
        try:
            family, kind, protocol, _, socket_address = socket.getaddrinfo(
                address.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(socket_address)
        except PermissionError:
            raise DemoError(f"Port {port} requires root; choose another: make demo PORT=8000") from None
        except socket.gaierror:
            raise DemoError("HOST is not an address; use 127.0.0.1 or 0.0.0.0") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise DemoError("HOST is not an address of this machine; use 127.0.0.1 or 0.0.0.0") from None
            raise DemoError(
                f"Port {port} is in use; choose another: make demo PORT={address.port + 10}"
            ) from None


@contextlib.contextmanager
def exclusive_lock() -> Iterator[None]:
    """Lock the demo's folder, so that two demos do not share data."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError("A demo is already running from this folder; stop it first") from None
        yield


def load_secrets(path: Path) -> dict[str, str]:
    """Return the demo's keys. Missing ones are created and stored in a file that only its owner can read."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    stored = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    missing = {name: make() for name, make in SECRETS.items() if name not in stored}
    if missing:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in missing.items())
    return stored | missing


def environment(address: Address, keys: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the demo; settings of a real installation in `environ` are overridden."""
    hosts = dict.fromkeys([address.public_host, address.host, "127.0.0.1", "localhost"])
    settings = {
        **{name: value for name, value in keys.items() if name not in NOT_SETTINGS},
        "PUBLIC_URL": address.url(address.port),
        "SANDBOX_URL": address.url(address.cashier_port),
        "SANDBOX_PUBLIC_URL": address.url(address.cashier_port),
        "MERCHANTS_FILE": str(FOLDER / "keys" / "merchants.json"),
        "ALLOWED_HOSTS": ",".join(f"[{host}]" if ":" in host else host for host in hosts),
        "DATABASE_URL": f"sqlite:///{FOLDER / 'purecode.sqlite3'}",
        "SURFACES": f"driver,device,console{',members' * MEMBERS}",
        "MEMBERS": str(int(MEMBERS)),
        "MEMBERS_URL": address.url(address.port),
        "SMS_URL": "",  # text messages are printed
        "SMS_KEY": "",
        "CONSOLE_MFA": "offered",  # so that the demo needs no second device
        # Lookups are rate-limited per client address. The simulated drivers share this machine, so each
        # sends an X-Forwarded-For with a loopback address of its own. A real installation trusts its own
        # proxy only.
        "TRUSTED_PROXIES": "1",
    }
    unwanted = {f"{name}_FILE" for name in settings}
    return {name: value for name, value in environ.items() if name not in unwanted} | settings


def make_merchants(env: Mapping[str, str]) -> None:
    """Create the keys of the sandbox merchants once, and the MERCHANTS_FILE that lists them."""
    command = [PYTHON, "-m", "sandbox", "keys", str(FOLDER / "keys")]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """Run a management command and return its output."""
    done = subprocess.run(
        [PYTHON, "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = FOLDER / "log" / "setup.log"
        log.write_text(done.stderr, encoding="utf-8")
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise DemoError(f"manage.py {arguments[0]} failed (full output: {log.relative_to(ROOT)}): {last}")
    return done.stdout


def start_all(processes: Processes, address: Address, plan: Path) -> None:
    """Start the web server, the sandbox, the worker and the simulated cameras."""
    web = ["--interface", "wsgi", "--host", address.host, "--port", str(address.port), "--workers", "1"]
    web += [*LIMITS, "config.wsgi:application"]
    cashier = ["--host", address.host, "--port", str(address.cashier_port)]
    cashier += ["--public-url", address.url(address.cashier_port), "--state", str(FOLDER / "cashier.json")]
    cashier += ["--keys", str(FOLDER / "keys")]
    system = ["aike", "--port", str(address.system_port), "--control"]
    system += [f"--car={plate}={yuan}" for plate, yuan in CARS_IN_FRONT.items()]
    processes.start("parking-system", [PYTHON, "-m", "sandbox.systems", *system])
    processes.start("web", [PYTHON, "-m", "granian", *web])
    processes.start("cashier", [PYTHON, "-m", "sandbox", *cashier])
    wait_until(processes, lambda: is_http_up(address.local_host, address.port))
    wait_until(processes, lambda: is_listening(address.local_host, address.cashier_port))
    processes.start("worker", [PYTHON, "manage.py", "work"])
    processes.start(
        "cameras", [PYTHON, "-m", "simulator", str(plan), "--pay", "--state", str(FOLDER / "cameras.json")]
    )


def is_http_up(host: str, port: int) -> bool:
    """Return whether a web server responds, bypassing any proxy configured on this machine."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_listening(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def wait_until(processes: Processes, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not condition():
        check_running(processes)
        if time.monotonic() > deadline:
            raise DemoError(
                f"The demo does not respond; its logs are in {processes.folder.relative_to(ROOT)}"
            )
        time.sleep(0.1)


def check_running(processes: Processes) -> None:
    """Raise DemoError if one of the programs has ended."""
    if name := processes.exited():
        raise DemoError(f"The demo's {name} ended unexpectedly. Its last output:\n{processes.log_tail(name)}")


def plates_inside(env: Mapping[str, str], processes: Processes) -> dict[str, str]:
    """Return plates inside for each lot, once the cameras have reported some."""
    inside: dict[str, str] = {}
    for _ in range(10):
        check_running(processes)
        rows = [
            line.partition("\t")
            for line in manage(env, "demo_plates", "--most", str(PLATES_PER_LOT)).splitlines()
        ]
        inside = {lot: plates for lot, _, plates in rows if plates != NONE_INSIDE}
        if all(plates.count("  ") == PLATES_PER_LOT - 1 for _, _, plates in rows):
            break
        time.sleep(0.5)
    return inside


def print_member_code(output: str) -> None:
    """Print the member code of one lot, as returned by demo_members."""
    if output.strip():
        name, _, url = output.strip().partition("\t")
        print(f"{name}  {url}  (not needed to pay; codes sent by SMS appear below)\n", flush=True)


def print_text_messages(worker_log: Path, offset: int) -> int:
    """Print the text messages in the worker's log after `offset`; return the new offset."""
    with worker_log.open("rb") as log:
        log.seek(offset)
        content = log.read()
    complete = content[: content.rfind(b"\n") + 1]
    for line in complete.decode("utf-8", "replace").splitlines():
        if line.startswith("[SMS "):
            print(line, flush=True)
    return offset + len(complete)


def print_welcome(
    address: Address, plan: Mapping[str, Any], inside: Mapping[str, str], password: str
) -> None:
    """Print the pure codes, plates to try, and the console's URL and password."""
    print(f"\nPureCode 纯净码  {address.url(address.port)}\n")
    for lot in [*plan["lots"], *plan["in_front"]]:
        print(f"{lot['name']}  {lot['url']}")
        # In upper case the code needs fewer modules, so it can be scanned from farther away.
        print("\n".join(terminal.lines(lot["url"].upper(), colour=sys.stdout.isatty())))
        if plates := inside.get(lot["name"]):
            print(f"Inside now: {plates}")
        if lot in plan["in_front"]:
            print("In front of a simulated 艾科 parking system, which knows these cars:")
            print("  ".join(f"{plate} ¥{yuan}" for plate, yuan in CARS_IN_FRONT.items()))
        print()
    print(f"Staff:  {address.url(address.port)}/console/  user {STAFF}  password {password}")
    if address.host.startswith("127.") or address.host == "localhost":
        print("To scan with a phone in the same network: make demo HOST=0.0.0.0")
    print("To stop: Ctrl-C. To start with new data: make demo RESET=1", flush=True)


def run(env: Mapping[str, str]) -> None:
    """Run the demo until it is stopped."""
    address = read_address(env)
    check_ports(address)
    with exclusive_lock():
        if env.get("RESET") == "1" and FOLDER.exists():
            shutil.rmtree(FOLDER)
        FOLDER.mkdir(mode=0o700, exist_ok=True)  # contains plates and keys
        (FOLDER / "log").mkdir(exist_ok=True)
        keys = load_secrets(FOLDER / "secrets.env")
        settings = environment(address, keys, env)
        print("Preparing the demo ...", flush=True)
        make_merchants(settings)
        manage(settings, "migrate", "--verbosity", "0")
        plan = FOLDER / "lots.json"
        system = f"--parking-system=http://127.0.0.1:{address.system_port}"
        plan.write_text(manage(settings, "demo_lots", system), encoding="utf-8")
        password = keys["DEMO_PASSWORD"]
        manage({**settings, "DEMO_PASSWORD": password}, "demo_staff", STAFF)
        member_code = manage(settings, "demo_members") if MEMBERS else ""
        processes = Processes(FOLDER / "log", settings, ROOT)
        try:
            start_all(processes, address, plan)
            inside = plates_inside(settings, processes)
            print_welcome(address, json.loads(plan.read_text(encoding="utf-8")), inside, password)
            print_member_code(member_code)
            offset = 0
            while True:
                check_running(processes)
                offset = print_text_messages(processes.log("worker"), offset)
                time.sleep(0.3)
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            processes.stop()


def stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def main() -> int:
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        run(os.environ)
    except Stopped:
        print("\nStopped.")
        return 0
    except DemoError as reason:
        print(reason)
    except OSError as error:
        print(f"The demo cannot write in {VAR}: {error.strerror}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
