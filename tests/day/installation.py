"""An installation as deploy/ delivers it, without systemd: nginx with TLS, a process for each surface, a
worker, PostgreSQL with the two roles, two simulated channels. What each part writes is in a file of its own.
"""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from psycopg import sql

import tests.environment  # noqa: F401 - keys and settings, where the caller has set none
from deploy import nginx
from deploy.postgres_server import CONSOLE, QUIET
from deploy.server_settings import Answers
from tests.chaos.payers import start_channels, stop_channels
from tests.processes.conftest import server_options
from tests.serving import serving
from tools import postgres
from tools.machine import ROOT
from tools.packages import Missing, install

HOSTS = {"public": "127.0.9.1", "devices": "127.0.9.2", "console": "127.0.9.3", "members": "127.0.9.4"}
SURFACES = {"driver": "public", "device": "devices", "console": "console", "members": "members"}
MAIN = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/logs/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/logs/nginx-access.log; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi; include site.conf;
}}
"""


def issue(folder: Path) -> None:
    """Write cert.pem and cert.key for the hosts' addresses."""
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "day")])
    hosts = [x509.IPAddress(ipaddress.ip_address(host)) for host in HOSTS.values()]
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(at - timedelta(days=1))
    made = made.not_valid_after(at + timedelta(days=9))
    made = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    (folder / "cert.pem").write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    (folder / "cert.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@dataclass
class Gateway:
    """The services for texts and invoices: takes what is sent, answers 200, and keeps the codes of texts."""

    codes: list[str] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def running(self) -> Iterator[None]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with suppress(ValueError):
                    gateway.codes.append(json.loads(body).get("code", ""))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as self.url:
            yield


class Installation:
    """All parts; `logs` is the folder with what they wrote."""

    def __init__(self, folder: Path, server: postgres.Cluster, gateway: Gateway) -> None:
        self.folder, self.server, self.logs = folder, server, folder / "logs"
        self.logs.mkdir()
        issue(folder)
        self.port, self.ports = postgres.free_port(), {name: postgres.free_port() for name in SURFACES}
        self.urls = {name: f"https://{HOSTS[host]}:{self.port}" for name, host in SURFACES.items()}
        trust = {"SSL_CERT_FILE": str(folder / "cert.pem")}
        self.channels, merchants = start_channels(folder, **trust)
        self.passwords = {name: os.urandom(20).hex() for name in ("purecode_app", CONSOLE)}
        self.database = self._make_database()
        place = self.database.partition("@")[2]
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.database,
            "CONSOLE_DATABASE_URL": f"postgresql://{CONSOLE}:{self.passwords[CONSOLE]}@{place}",
            "PUBLIC_URL": self.urls["driver"],
            "DEVICE_URL": self.urls["device"],
            "CONSOLE_URL": self.urls["console"],
            "MEMBERS_URL": f"https://{HOSTS['members']}",  # without the port, which nginx does not pass on
            "ALLOWED_HOSTS": ",".join(HOSTS.values()),
            "MEMBERS": "1",
            "SMS_URL": gateway.url,
            "SMS_KEY": "a7" * 32,
            "INVOICE_ISSUER_URL": gateway.url,
            "INVOICE_ISSUER_KEY": "b8" * 32,
            "TRUSTED_PROXIES": "1",
            "PURECODE_PRODUCTION": "1",
            "CONSOLE_MFA": "required",
            "SANDBOX_URL": "",
            "MERCHANTS": merchants,
            "BEAT_FILE": str(folder / "beat"),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def books(self) -> str:
        """Return the address by which an administrator reads the database."""
        return f"{self.server.url.rpartition('/')[0]}/day"

    def _make_database(self) -> str:
        """Make the two roles as the installation does, and the database that the first owns."""
        quiet = "-c log_statement=none -c log_min_duration_statement=-1"  # as deploy/postgres_server.py does
        with psycopg.connect(self.server.url, autocommit=True, options=quiet) as admin:
            for role, password in self.passwords.items():
                name = sql.Identifier(role)
                admin.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER PASSWORD {}").format(
                        name, sql.Literal(password)
                    )
                )
                for setting in QUIET:
                    admin.execute(sql.SQL("ALTER ROLE {} SET {}").format(name, sql.SQL(setting)))
            admin.execute(f"GRANT {CONSOLE} TO purecode_app")
            admin.execute("CREATE DATABASE day OWNER purecode_app")
        place = self.server.url.partition("@")[2].rpartition("/")[0]
        return f"postgresql://purecode_app:{self.passwords['purecode_app']}@{place}/day"

    def make_place(self) -> dict[str, str]:
        made = subprocess.run(
            [sys.executable, "-m", "tests.day.day_place"],
            cwd=ROOT,
            env={**self.environment, "PURECODE_PRODUCTION": "0"},
            check=True,
            stdout=subprocess.PIPE,
        )
        return dict(json.loads(made.stdout.splitlines()[-1]))

    def start(self, name: str, *words: str | Path, **settings: str) -> None:
        with (self.logs / name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                words, cwd=ROOT, env={**self.environment, **settings}, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def start_surface(self, surface: str) -> None:
        unit = ROOT / "deploy" / "units" / f"purecode-{surface}@.service"
        words = [*server_options(unit)[:-1], "--host", "127.0.0.1", "--port", str(self.ports[surface])]
        granian = Path(sys.executable).with_name("granian")
        self.start(surface, granian, *words, "--workers", "2", "config.wsgi:application", SURFACES=surface)

    def start_worker(self) -> None:
        self.start("worker", sys.executable, "manage.py", "work")

    def start_all(self) -> None:
        for surface in self.ports:
            self.start_surface(surface)
        self.start_worker()
        pages = [f"http://127.0.0.1:{self.ports[name]}/readyz" for name in ("driver", "device", "console")]
        options = [word for page in pages for word in ("--page", page)]
        self.start("watch", sys.executable, "manage.py", "check_outside", "--every", "5", *options)
        self._start_nginx()

    def _start_nginx(self) -> None:
        answers = Answers(HOSTS["public"], HOSTS["devices"], HOSTS["console"], members=HOSTS["members"])
        template = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        site = nginx.render(template, answers, self.ports, nginx.version(), ipv6=False)
        site = site.replace("listen 443", f"listen {self.port}")
        site = site.replace("listen 80;", f"listen 127.0.9.9:{self.port + 1};")
        site = re.sub(r"/etc/ssl/purecode/\w+\.(pem|key)", rf"{self.folder}/cert.\1", site)
        for path in nginx.included(ROOT / "deploy"):
            text = path.read_text(encoding="utf-8")
            text = text.replace("/var/log/nginx/error.log", f"{self.logs}/nginx-error.log")
            text = text.replace("/etc/nginx/", f"{self.folder}/")
            (self.folder / path.name).write_text(text, encoding="utf-8")
        (self.folder / "site.conf").write_text(site, encoding="utf-8")
        main = self.folder / "nginx.conf"
        main.write_text(MAIN.format(folder=self.folder), encoding="utf-8")
        program = shutil.which("nginx")
        if program is None:
            install("nginx-light")
            program = shutil.which("nginx")
        if program is None:
            raise Missing("nginx is missing: apt-get install nginx-light")
        self.start("nginx", program, "-c", main)

    def end(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=60)
        stop_channels(self.channels)


@contextmanager
def installation() -> Iterator[tuple[Installation, Gateway]]:
    """Run an installation; nothing of it is left."""
    gateway = Gateway()
    with (
        tempfile.TemporaryDirectory(prefix="purecode-day-") as place,
        postgres.cluster(settings={"log_statement": "all", "log_min_duration_statement": "0"}) as server,
        gateway.running(),
    ):
        folder = Path(place)
        folder.chmod(0o711)
        made = Installation(folder, server, gateway)
        try:
            yield made, gateway
        finally:
            made.end()
