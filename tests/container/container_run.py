"""Builds the images of deploy/container and runs compose.yaml, on this machine, as its page says.

    python -m tests.container.container_run            (as root on Linux with podman)

The bases are not fetched from a registry of images: they are a bare Debian made by mmdebstrap, to which the
Containerfile adds Python and Caddy, and tests/container/database.Containerfile PostgreSQL. Everything runs
under a project name of its own and is removed at the end (KEEP=1 leaves it).
"""

import http.client
import json
import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.live.bare_machine import BUNDLE, bare_root
from tools.packages import Missing, install

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
PROJECT = "purecode-test"
SUITE = "trixie"
PROGRAMS = {
    "podman": "podman netavark aardvark-dns",
    "nft": "nftables",
    "buildah": "buildah",
    "podman-compose": "podman-compose",
}
UNIFIED = Path("/sys/fs/cgroup/cgroup.controllers")  # podman's own runtime, crun, needs these control groups
if not UNIFIED.exists():
    PROGRAMS["runc"] = "runc"
SURFACES = ("driver", "device", "console", "worker")
RUNNING = (*SURFACES, "database", "web")


def free_port() -> str:
    with socket.socket() as tried:
        tried.bind(("", 0))
        return str(tried.getsockname()[1])


PORTS = {name: free_port() for name in ("HTTP_PORT", "HTTPS_PORT")}
OPTIONS = {"PODMAN_IGNORE_CGROUPSV1_WARNING": "1"}
CODE = re.compile(r"(?:[A-Z0-9]{4}-){4}[A-Z0-9]{4}")
BARE = """FROM localhost/purecode-bare
COPY registries.crt /usr/local/share/registries.crt
ENV PIP_CERT=/usr/local/share/registries.crt SSL_CERT_FILE=/usr/local/share/registries.crt
"""


def run(*words: str | Path, folder: Path = ROOT, ok: bool = True, **environment: str) -> str:
    """Run a command to its end and return what it printed."""
    done = subprocess.run(
        list(words),
        cwd=folder,
        env={**os.environ, **OPTIONS, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if ok and done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\nended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def bring_programs() -> None:
    for name, packages in PROGRAMS.items():
        if not shutil.which(name):
            install(packages)
        if not shutil.which(name):
            raise Missing(f"{name} is missing: apt-get install {packages}")


def write_options(folder: Path) -> None:
    """Let containers have the limits of this process: podman's own are higher than a sandbox may allow."""
    limits = []
    for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        highest = resource.getrlimit(number)[1]
        limits.append(f"{name}={highest}:{highest}")
    path = folder / "containers.conf"
    engine = "" if UNIFIED.exists() else '[engine]\nruntime = "runc"\n'
    path.write_text(f"[containers]\ndefault_ulimits = {json.dumps(limits)}\n{engine}", encoding="utf-8")
    OPTIONS["CONTAINERS_CONF_OVERRIDE"] = str(path)


def make_bases(folder: Path) -> dict[str, str]:
    """Make the images that compose.yaml would fetch; return the settings that name them."""
    run("podman", "import", bare_root(SUITE), "localhost/purecode-bare")
    shutil.copyfile(BUNDLE, folder / "registries.crt")
    (folder / "Containerfile").write_text(BARE, encoding="utf-8")
    build = ["podman", "build", "--quiet", "--network", "host"]
    run(*build, "--tag", "localhost/purecode-base", folder)
    arguments: list[str | Path] = [
        "--build-arg",
        "BASE=localhost/purecode-base",
        "--file",
        HERE / "database.Containerfile",
    ]
    run(*build, *arguments, "--tag", "localhost/purecode-postgres", ROOT)
    base = "localhost/purecode-base"
    return {
        "PYTHON_IMAGE": base,
        "CADDY_IMAGE": base,
        "POSTGRES_IMAGE": "localhost/purecode-postgres",
        "PURECODE_IMAGE": "localhost/purecode-test",
        "PURECODE_WEB_IMAGE": "localhost/purecode-test-web",
        **PORTS,
    }


class Containers:
    """The project of compose.yaml, as podman-compose runs it."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings

    def compose(self, *words: str, ok: bool = True) -> str:
        options = ["--project-name", PROJECT, "--in-pod", "false", "--podman-build-args=--network=host"]
        command = ["podman-compose", *options, *words]
        return run(*command, folder=ROOT / "deploy" / "container", ok=ok, **self.settings)

    def inspect(self, name: str, field: str) -> str:
        return run(
            "podman", "inspect", "--format", f"{{{{{field}}}}}", f"{PROJECT}_{name}_1", ok=False
        ).strip()

    def is_healthy(self, name: str) -> bool:
        run("podman", "healthcheck", "run", f"{PROJECT}_{name}_1", ok=False)  # no systemd runs it here
        return "healthy" in self.inspect(name, ".State.Health.Status").split()  # beside podman's warnings

    def inside(self, name: str, command: str) -> str:
        return run("podman", "exec", f"{PROJECT}_{name}_1", "sh", "-c", f"{command}; true").strip()


def ask(host: str, path: str, *, port: str = "HTTPS_PORT") -> tuple[int, dict[str, str], str]:
    """Ask Caddy, usually over https, on loopback, which not every resolver knows as *.localhost.

    Its authority is its own, so what it shows is not checked.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    line = http.client.HTTPConnection(host)
    try:
        line.sock = socket.create_connection(("127.0.0.1", int(PORTS[port])), timeout=10)
        if port == "HTTPS_PORT":
            line.sock = context.wrap_socket(line.sock, server_hostname=host)
        line.request("GET", path, headers={"Host": host})
        answer = line.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode(errors="replace")
    finally:
        line.close()


def wait_for(look: Callable[[], object], what: str, seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            raise SystemExit(f"waited in vain: {what}")
        time.sleep(2)


def answers(host: str, path: str, expected: int) -> bool:
    try:
        return ask(host, path)[0] == expected
    except (OSError, http.client.HTTPException):
        return False


def check(containers: Containers) -> None:
    """Stop with one line where something is not as the page says."""
    for name in RUNNING:
        wait_for(partial(containers.is_healthy, name), f"{name} healthy", 240)
    print(f"{len(RUNNING)} containers are healthy.", flush=True)
    wait_for(lambda: answers("console.localhost", "/console/login", 200), "the console's sign-in page", 60)
    for host, path, expected in (
        ("pay.localhost", "/healthz", 200),
        ("pay.localhost", "/", 404),  # a driver comes by a sign's address
        ("devices.localhost", "/healthz", 200),
        ("console.localhost", "/console/login", 200),
        ("pay.localhost", "/console/login", 404),
    ):
        status, headers, _ = ask(host, path)
        assert status == expected, (host, path, status)
        assert "max-age" in headers.get("strict-transport-security", ""), (host, headers)
        print(f"https://{host}{path}: {status}")
    status, headers, _ = ask("pay.localhost", "/p/x", port="HTTP_PORT")
    assert (status, headers["x-content-type-options"]) == (301, "nosniff"), headers
    assert "strict-transport-security" not in headers
    assert not answers("other.localhost", "/", 200)
    assert CODE.search(containers.compose("logs", "set-up")), "no code for the first owner"
    print("The owner's code is in the log of set-up.")
    for name in RUNNING:
        assert containers.inside(name, "id -u") not in {"", "0"}, f"{name} is root"
        assert "Read-only" in containers.inside(name, "touch /usr/x 2>&1"), f"{name} writes to its system"
        assert containers.inside(name, "grep CapEff /proc/self/status").endswith("\t0000000000000000"), name
    print("No container is root, has a capability or writes to its file system.")
    file = "/contacts/contacts.json"
    wait_for(
        lambda: '"lots"' in containers.inside("driver", f"cat {file}"), "the worker's list of phones", 120
    )
    assert "Read-only" in containers.inside("driver", f"touch {file} 2>&1"), "a surface changes the list"
    print("Each surface reads the lots' phones that the worker writes, and cannot change them.")


def restarts(containers: Containers) -> None:
    """Bring everything up again, as an upgrade does: keys, database and owner stay."""
    keys = containers.inside("driver", "sha256sum /keys/*")
    containers.compose("up", "--detach", "--build", "--force-recreate")
    wait_for(lambda: answers("pay.localhost", "/healthz", 200), "the drivers' surface after an upgrade")
    assert containers.inside("driver", "sha256sum /keys/*") == keys, "the keys changed"
    command = "exec -T database pg_dump --username purecode --format custom purecode"
    assert "PGDMP" in containers.compose(*command.split()), "no dump"
    print("After an upgrade pages answer, the keys are the same, and the documented dump is one.")


def main() -> int:
    bring_programs()
    folder = Path(tempfile.mkdtemp(prefix="purecode-containers-"))
    containers = Containers({})
    try:
        write_options(folder)
        began = time.monotonic()
        containers = Containers(make_bases(folder))
        containers.compose(
            "build", "set-up"
        )  # the others have the same image: podman-compose builds all at once
        containers.compose("build")
        print(f"The images are built after {time.monotonic() - began:.0f} s.", flush=True)
        began = time.monotonic()
        containers.compose("up", "--detach")
        check(containers)
        print(f"That took {time.monotonic() - began:.0f} s.", flush=True)
        restarts(containers)
    finally:
        if "KEEP" not in os.environ:
            containers.compose("down", "--volumes", ok=False)
            images = json.loads(run("podman", "images", "--format", "json", ok=False) or "[]")
            names = [name for image in images for name in image.get("Names") or () if "/purecode" in name]
            run("podman", "rmi", "--force", *names, ok=False)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
