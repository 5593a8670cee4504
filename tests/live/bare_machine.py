"""A bare Debian or Ubuntu in namespaces of its own, made by mmdebstrap; the tar stays in ~/.cache.

PURECODE_SUITE names the release: trixie (the default), bookworm or noble. The machine has host names
and ports 80 and 443 of its own. PURECODE_PYTHON names a tar of bin/python3.13 and lib/python3.13 for a
bookworm machine, as its administrator would install one, where GitHub has none to give.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.init import PROXY_PORT, join
from tools.packages import install

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
VAR = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "purecode-live"  # of all checkouts
CACHE = VAR / "cache"
SUITE = os.environ.get("PURECODE_SUITE", "trixie")
UBUNTU = {"noble": "ubuntu-keyring"}  # suite → the package with the key that its archive is signed with
DISK = 6 * 1024**3
HOSTS = ("pay.example.cn", "devices.example.cn", "console.example.cn", "members.example.cn")
PROXY = f"http://127.0.0.1:{PROXY_PORT}"
BUNDLE = Path(os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt")
CACHED = {"apt": "var/cache/apt/archives", "lists": "var/lib/apt/lists", "packages": "var/cache/purecode"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Failed(AssertionError):
    """A command of the page failed; the text is what it printed."""


def sources() -> list[Path]:
    """Return the package sources of this machine that are signed: a fresh Debian accepts no others."""
    found = [
        *Path("/etc/apt/sources.list.d").glob("*.sources"),
        *Path("/etc/apt/sources.list.d").glob("*.list"),
    ]
    if (plain := Path("/etc/apt/sources.list")).exists():
        found.append(plain)
    return sorted(path for path in found if "rusted: yes" not in path.read_text(encoding="utf-8"))


def is_own(suite: str) -> bool:
    """Return whether this machine runs the same release: then its package sources are used for it."""
    return f"VERSION_CODENAME={suite}" in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()


def bare_root(suite: str = SUITE) -> Path:
    """Return a tar of a minimal Debian or Ubuntu, made once."""
    if not shutil.which("mmdebstrap"):
        install("mmdebstrap")
    if suite in UBUNTU and not Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg").exists():
        install(UBUNTU[suite])
    given = sources() if is_own(suite) else []  # else mmdebstrap's own, the distribution's
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in given) + suite.encode()).hexdigest()[:12]
    target = VAR / f"{suite}-{digest}.tar"
    if not target.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        spare = target.with_suffix(f".{os.getpid()}.part")
        parts = ["--components=main,universe"] if suite in UBUNTU else []
        words = ["--variant=minbase", "--format=tar", *parts, suite, str(spare), *map(str, given)]
        subprocess.run(["mmdebstrap", *words], check=True)
        spare.replace(target)
    return target


@contextlib.contextmanager
def way_out(path: Path) -> Iterator[None]:
    """Run a small HTTP proxy on a Unix socket: what a machine's package managers reach the registries by."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(64)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = server.accept()
                threading.Thread(target=_answer, args=(inside,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield
    finally:
        server.close()


def _answer(inside: socket.socket) -> None:
    """Serve one proxy request. apt sends several over one connection, so it is asked to close each."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = inside.recv(65536)
        if not more:
            inside.close()
            return
        head += more
    head, _, rest = head.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    method, target, version = line.split(b" ")
    try:
        if method == b"CONNECT":
            host, _, port = target.decode().rpartition(":")
            outside = socket.create_connection((host, int(port)), timeout=60)
            inside.sendall(version + b" 200 OK\r\n\r\n" + b"")
            outside.sendall(rest)
        else:
            host, _, path = target.decode().removeprefix("http://").partition("/")
            name, _, port = host.partition(":")
            outside = socket.create_connection((name, int(port or 80)), timeout=60)
            fields = [field for field in fields if not field.lower().startswith((b"connection:", b"proxy-"))]
            lines = [method + b" /" + path.encode() + b" " + version, *fields, b"Connection: close"]
            outside.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + rest)
        outside.settimeout(None)
        join(inside, outside)
    except OSError:
        inside.close()


@dataclass
class Machine:
    """A running machine. `run` types a command on it as root."""

    root: Path
    init: int
    environment: dict[str, str] = field(default_factory=dict)
    _inside: ThreadPoolExecutor | None = None

    def command(self, line: str, folder: str = "/root") -> tuple[list[str], dict[str, str]]:
        """Return the words and the environment by which the machine's shell runs a line."""
        words = ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", "--"]
        env = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", **self.environment}
        return [*words, "/bin/sh", "-c", f"cd {folder} && {line}"], env

    def run(self, command: str, *, ok: bool = True, seconds: float = 600, folder: str = "/root") -> str:
        """Run a command line by the shell of the machine; return what it prints."""
        words, env = self.command(command, folder)
        done = subprocess.run(
            words,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
        if ok and done.returncode:
            raise Failed(f"{command}\nended with {done.returncode}:\n{done.stdout}\n{self.logs()}")
        return done.stdout

    def logs(self) -> str:
        """Return the last lines of each service's log."""
        found = sorted((self.root / "var/log/units").glob("*.log"))
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-12:])
            for path in found
        )

    def inside[T](self, act: Callable[[], T]) -> T:
        """Call a function on a thread that sees the machine's network."""
        if self._inside is None:
            self._inside = ThreadPoolExecutor(1, initializer=self._enter_network)
        return self._inside.submit(act).result()

    def _enter_network(self) -> None:
        descriptor = os.open(f"/proc/{self.init}/ns/net", os.O_RDONLY)
        os.setns(descriptor, os.CLONE_NEWNET)
        os.close(descriptor)

    def browser(self, program: Path, folder: Path) -> Path:
        """Return a program that is this browser, on the machine's network."""
        script = folder / "browser"
        script.write_text(
            f'#!/bin/sh\nexec nsenter -t {self.init} -n -- "{program}" "$@"\n', encoding="utf-8"
        )
        script.chmod(0o755)
        return script


def _furnish(root: Path) -> None:
    """Put the test's stand-ins and the network's settings into an unpacked root."""
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    for name in ("systemctl", "journalctl"):
        shutil.copy2(HERE / name, root / "usr/local/bin" / name)
    lines = ["127.0.0.1 localhost park", *(f"127.0.0.1 {host}" for host in HOSTS)]
    (root / "etc/hosts").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (root / "etc/hostname").write_text("park\n", encoding="utf-8")
    proxy = f'Acquire::http::Proxy "{PROXY}"; Acquire::https::Proxy "{PROXY}";'
    (root / "etc/apt/apt.conf.d/99test").write_text(
        f'{proxy}\nAPT::Sandbox::User "root";\nBinary::apt::APT::Keep-Downloaded-Packages "true";\n',
        encoding="utf-8",
    )
    (root / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n", encoding="utf-8")
    shutil.copyfile(BUNDLE, root / "root/registries.crt")
    if python := os.environ.get("PURECODE_PYTHON"):
        subprocess.run(["tar", "-xf", python, "-C", str(root / "usr/local")], check=True)


@contextlib.contextmanager
def machine(suite: str = SUITE) -> Iterator[Machine]:
    """Run a machine for the length of a `with` block. Nothing of it is left but the caches."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / f"{suite}.lock").open("w") as alone:  # two runs would download into the same folders
        fcntl.flock(alone, fcntl.LOCK_EX)
        with _running(bare_root(suite), suite) as running:
            yield running


@contextlib.contextmanager
def _running(tar: Path, suite: str) -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="purecode-live-"))
    root = folder / "root"
    root.mkdir(mode=0o755)
    in_memory = _mount_memory(root)
    init: subprocess.Popen[str] | None = None
    try:
        subprocess.run(["tar", "-xf", str(tar), "-C", str(root)], check=True)
        _furnish(root)
        with way_out(folder / "way-out"):
            words = ["unshare", "--pid", "--net", "--mount", "--uts", "--ipc", "--fork", "--kill-child"]
            init = subprocess.Popen(
                [
                    *(*words, sys.executable, "-m", "tests.live.init", str(root), str(folder / "way-out")),
                    *(f"{CACHE / suite / name}:{root / place}" for name, place in CACHED.items()),
                ],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert init.stdout
            assert init.stdout.readline() == "ready\n", "the machine does not start"
            running = Machine(root, _child_of(init.pid), _registries())
            yield running
    finally:
        if init:
            init.kill()
            init.wait()
            if init.stdout:
                init.stdout.close()
        if in_memory:
            subprocess.run(["umount", "--lazy", str(root)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _mount_memory(root: Path) -> bool:
    """Put a machine's disk into memory where there is enough: it is written to once and thrown away."""
    pages = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if pages < 2 * DISK:
        return False
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", str(root)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _child_of(pid: int) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("the machine has no process")


def _registries() -> dict[str, str]:
    """Return how package managers on the machine reach the registries that this machine reaches."""
    bundle = "/root/registries.crt"
    found = {
        "HTTPS_PROXY": PROXY,
        "https_proxy": PROXY,
        "http_proxy": PROXY,
        "no_proxy": "127.0.0.1,localhost",
    }
    found["PURECODE_DRAIN"] = "2"  # seconds that an old release gets to finish what it has begun
    found |= dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), bundle)
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        if value := os.environ.get(name):
            found[name] = value
    return found


def put_source(running: Machine, place: str = "root/purecode") -> Path:
    """Put the project's files onto the machine, as a checkout or an unpacked archive would."""
    target = running.root / place
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target
