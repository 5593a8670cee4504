"""Five machines on one switch, each a network name space, with the programs that deploy/cluster puts there.

The configuration files are the delivered ones; names, addresses and folders of the machine are filled in.
"""

import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from tests.waiting import wait_for
from tools.machine import POSTGRESQL, find_postgresql
from tools.packages import Missing, install

ROOT = Path(__file__).resolve().parent.parent.parent
DELIVERED = ROOT / "deploy" / "cluster"
ADDRESSES = {
    "db1": "10.77.0.11",
    "db2": "10.77.0.12",
    "db3": "10.77.0.13",
    "web1": "10.77.0.21",
    "web2": "10.77.0.22",
    "outside": "10.77.0.100",  # drivers and the payment channel
}
STORES, WEBS = ("db1", "db2", "db3"), ("web1", "web2")
SWITCH = "purecode-switch"
NOWHERE = "02:00:00:00:00:00"  # the hardware address of no machine
PROGRAMS = {
    "etcd": "etcd-server",
    "patroni": "patroni python3-etcd",
    "haproxy": "haproxy",
    "pgbouncer": "pgbouncer",
    "nginx": "nginx",
}
ROLES = ("postgres", "replicator", "purecode")
OWNER = "postgres"  # of etcd, Patroni, PostgreSQL and PgBouncer


def bring_programs() -> None:
    """Install what is missing, where this is root on Debian."""
    POSTGRESQL.bring()
    os.environ.setdefault("RUNLEVEL", "1")  # Debian's packages start nothing then
    for name, package in PROGRAMS.items():
        if not program(name):
            install(package)
        if not program(name):
            raise Missing(f"{name} is missing: apt-get install {package}")


def program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(f"/usr/sbin/{name}")


def namespace(machine: str) -> str:
    return f"purecode-{machine}"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def network() -> Iterator[None]:
    """Connect the machines to one switch for the length of a `with` block."""
    remove_network()
    ip("netns", "add", SWITCH)
    try:
        ip("-n", SWITCH, "link", "add", "switch", "type", "bridge")
        ip("-n", SWITCH, "link", "set", "switch", "up")
        for machine, address in ADDRESSES.items():
            space = namespace(machine)
            ip("netns", "add", space)
            ip("-n", SWITCH, "link", "add", machine, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", SWITCH, "link", "set", machine, "master", "switch", "up")
            ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", "eth0", "up")
        yield
    finally:
        remove_network()


def processes(machine: str) -> list[int]:
    """Return the processes of a machine; none if it does not exist."""
    words = ["ip", "netns", "pids", namespace(machine)]
    listed = subprocess.run(words, capture_output=True, text=True, check=False)
    return [int(pid) for pid in listed.stdout.split()]


def kill(machine: str) -> None:
    """Kill every process of a machine, as when its power fails."""
    for pid in processes(machine):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def remove_network() -> None:
    """Remove the machines, with what a run that was broken off has left on them."""
    for machine in ADDRESSES:
        kill(machine)
    for name in (*map(namespace, ADDRESSES), SWITCH):
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


@dataclass
class Cluster:
    """The running machines. Runs in the name space `outside`, as drivers do."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=lambda: {role: secrets.token_hex(16) for role in ROLES})
    processes: dict[tuple[str, str], subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self, machine: str, name: str, *words: str | Path, user: str | None = None, **environment: str
    ) -> None:
        """Start a program on a machine; it writes to FOLDER/MACHINE-NAME.log."""
        owner = pwd.getpwnam(user) if user else None
        with (self.folder / f"{machine}-{name}.log").open("ab") as log:
            enter = ["nsenter", f"--net=/run/netns/{namespace(machine)}"]
            become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if owner else []
            self.processes[machine, name] = subprocess.Popen(
                [*enter, *become, *words],
                cwd=ROOT if not owner else "/",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def place(self, machine: str, name: str) -> Path:
        """Return a folder of a machine that PostgreSQL's account owns."""
        path = self.folder / machine / name
        path.mkdir(parents=True, exist_ok=True)
        for each in (path.parent, path):
            shutil.chown(each, OWNER, OWNER)
        path.chmod(0o700)
        return path

    def start_etcd(self, machine: str) -> None:
        text = (DELIVERED / "etcd.env").read_text(encoding="utf-8")
        values = dict(line.split("=", 1) for line in text.splitlines() if line[:1] not in {"", "#"})
        for name, value in values.items():
            if name != "ETCD_INITIAL_CLUSTER":
                values[name] = value.replace(ADDRESSES["db1"], ADDRESSES[machine])
        values |= {"ETCD_NAME": machine, "ETCD_DATA_DIR": str(self.place(machine, "etcd"))}
        self.start(machine, "etcd", str(program("etcd")), user=OWNER, **values)

    def start_patroni(self, machine: str) -> None:
        text = (DELIVERED / "patroni.yml").read_text(encoding="utf-8")
        lines = [
            line if "hosts:" in line else line.replace(ADDRESSES["db1"], ADDRESSES[machine])
            for line in text.splitlines()
        ]
        text = re.sub(r"(?m)^name: .*", f"name: {machine}", "\n".join(lines) + "\n")
        text = re.sub(r"data_dir: .*", f"data_dir: {self.place(machine, 'data')}/17", text)
        text = re.sub(r"bin_dir: .*", f"bin_dir: {find_postgresql()}", text)
        text = re.sub(
            r"unix_socket_directories: .*", f"unix_socket_directories: {self.place(machine, 's')}", text
        )
        path = self.place(machine, "patroni") / "config.yml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        passwords = {
            "PATRONI_SUPERUSER_PASSWORD": self.passwords["postgres"],
            "PATRONI_REPLICATION_PASSWORD": self.passwords["replicator"],
            "HOME": str(self.place(machine, "patroni")),
        }
        self.start(machine, "patroni", str(program("patroni")), path, user=OWNER, **passwords)

    def start_way_to_database(self, machine: str) -> None:
        """Start HAProxy and PgBouncer of a web machine."""
        self.start(machine, "haproxy", str(program("haproxy")), "-db", "-f", DELIVERED / "haproxy.cfg")
        place = self.place(machine, "pgbouncer")
        (place / "userlist.txt").write_text(f'"purecode" "{self.passwords["purecode"]}"\n', encoding="utf-8")
        text = (DELIVERED / "pgbouncer.ini").read_text(encoding="utf-8")
        text = text.replace("/etc/pgbouncer", str(place))
        (place / "pgbouncer.ini").write_text(text, encoding="utf-8")
        for each in place.iterdir():
            shutil.chown(each, OWNER, OWNER)
        self.start(machine, "pgbouncer", str(program("pgbouncer")), place / "pgbouncer.ini", user=OWNER)

    def start_product(self, machine: str) -> None:
        """Start the drivers' pages, a worker and nginx of a web machine."""
        env = {**self.environment, "SURFACES": "driver"}
        options = "--interface wsgi --workers 1 --blocking-threads 16 --no-ws --port 8001"
        self.start(
            machine, "web", sys.executable, "-m", "granian", *options.split(), "--host", ADDRESSES[machine],
            "config.wsgi:application", **env,
        )  # fmt: skip
        self.start(machine, "worker", sys.executable, "manage.py", "work", **env)
        other = next(web for web in WEBS if web != machine)
        path = self.folder / machine / "nginx.conf"
        path.write_text(
            NGINX.format(
                own=ADDRESSES[machine],
                other=ADDRESSES[other],
                folder=self.folder / machine,
                deploy=ROOT / "deploy",
            ),
            encoding="utf-8",
        )
        self.start(machine, "nginx", str(program("nginx")), "-c", path)

    def kill(self, machine: str) -> None:
        """Kill every process of a machine, and wait for those that were started here."""
        kill(machine)
        for (where, _), process in self.processes.items():
            if where == machine:
                process.wait()

    def has_ended(self, machine: str, name: str) -> bool:
        return self.processes[machine, name].poll() is not None

    def cut(self, machine: str, *, on: bool = False) -> None:
        """Pull a machine's network cable, or put it back."""
        ip("-n", SWITCH, "link", "set", machine, "up" if on else "down")

    def part(self, one: str, other: str, *, on: bool = False) -> None:
        """Lose every packet between two machines, which both reach all others, or let them pass again."""
        for here, there in ((one, other), (other, one)):
            space, neighbour = namespace(here), [ADDRESSES[there], "dev", "eth0"]
            if on:
                ip("-n", space, "neighbour", "delete", *neighbour)
            else:
                wrong = ["lladdr", NOWHERE, "nud", "permanent"]
                ip("-n", space, "neighbour", "replace", *neighbour, *wrong)

    def receiver(self, machine: str) -> int:
        """Return the process by which a replica's PostgreSQL receives what the primary writes."""
        for pid in processes(machine):
            with contextlib.suppress(OSError):
                if "walreceiver" in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8"):
                    return pid
        raise AssertionError(f"{machine} receives nothing")

    def primary(self) -> str | None:
        """Return the database machine that says it is the primary, and that others can reach."""
        found = [machine for machine in STORES if self.answers(machine, "primary")]
        return found[0] if len(found) == 1 else None

    def replicas(self) -> list[str]:
        return [machine for machine in STORES if self.answers(machine, "replica")]

    def followers(self) -> int:
        """Return how many replicas the primary streams to."""
        streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        if primary := self.primary():
            with contextlib.suppress(psycopg.Error), self.connect(primary, "postgres", "postgres") as line:
                return int((line.execute(streaming).fetchone() or (0,))[0])
        return 0

    def has_synchronous_replica(self) -> bool:
        return any(self.answers(machine, "synchronous") for machine in STORES)

    def answers(self, machine: str, role: str) -> bool:
        try:
            with urlopen(f"http://{ADDRESSES[machine]}:8008/{role}", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def connect(self, machine: str, database: str = "purecode", user: str = "purecode") -> psycopg.Connection:
        return psycopg.connect(
            host=ADDRESSES[machine], port=5432, dbname=database, user=user, password=self.passwords[user],
            connect_timeout=3, autocommit=True,
        )  # fmt: skip

    def log(self, machine: str, name: str) -> str:
        path = self.folder / f"{machine}-{name}.log"
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    def close(self) -> None:
        for machine in (*WEBS, *STORES):
            self.kill(machine)


def start_stores(cluster: Cluster) -> None:
    """Start etcd and Patroni on three machines; return once the primary has a synchronous replica."""
    for machine in STORES:
        cluster.start_etcd(machine)
    for machine in STORES:
        cluster.start_patroni(machine)
    wait_for(cluster.primary, "a primary", seconds=120)
    wait_for(lambda: len(cluster.replicas()) == 2, "two replicas", seconds=120)
    wait_for(cluster.has_synchronous_replica, "a synchronous replica", seconds=60)
    with cluster.connect(str(cluster.primary()), "postgres", "postgres") as admin:
        admin.execute(f"CREATE ROLE purecode LOGIN PASSWORD '{cluster.passwords['purecode']}'")
        admin.execute("CREATE ROLE purecode_console LOGIN NOSUPERUSER NOBYPASSRLS")
        admin.execute("GRANT purecode_console TO purecode")
        admin.execute("CREATE DATABASE purecode OWNER purecode TEMPLATE template0 ENCODING 'UTF8'")


def settings(cluster: Cluster, merchants: str) -> dict[str, str]:
    """Return the product's settings on the web machines."""
    text = (DELIVERED / "cluster.env").read_text(encoding="utf-8")
    delivered = dict(line.split("=", 1) for line in text.splitlines() if line[:1] not in {"", "#"})
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "PLATE_KEYS": f"one:{secrets.token_hex(32)}",
        "PLATE_INDEX_KEY": secrets.token_hex(32),
        "CODE_KEY": secrets.token_hex(32),
        "PUBLIC_URL": f"http://{ADDRESSES['web1']}",
        "ALLOWED_HOSTS": ",".join(ADDRESSES.values()),
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": f"postgresql://purecode:{cluster.passwords['purecode']}@127.0.0.1:5000/purecode",
        "MERCHANTS": merchants,
        "CONSOLE_MFA": "offered",
        "MEMBERS": "0",
        "SANDBOX_URL": "",
        **delivered,
    }


NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream purecode_driver {{
        server {own}:8001 max_fails=1 fail_timeout=2s;
        server {other}:8001 backup;
        keepalive 16;
    }}
    server {{
        listen {own}:80;
        location / {{
            proxy_pass http://purecode_driver;
            proxy_connect_timeout 1s;
            include {deploy}/purecode-proxy.conf;
        }}
    }}
}}
"""
