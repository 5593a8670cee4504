"""The server this runs on: commands, files, services, ports. Every failure is one line with its remedy."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import io
import os
import pwd
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NoReturn

CODE = Path("/opt/purecode")
CONFIG = Path("/etc/purecode")
STATE = Path("/var/lib/purecode")
CACHE = Path("/var/cache/purecode")
UNITS = Path("/etc/systemd/system")
USER = "purecode"
LOCK = Path("/run/purecode.lock")
LOCK_HOLDER = "PURECODE_LOCK_HOLDER"
SYSTEM_PROGRAMS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
STAMP = "%Y%m%dT%H%M%SZ"  # in the names of backups
LET_GO_SECONDS = 5  # after the last program that listened has ended
STEADY_SECONDS = 60  # a service that was started again and has run for so long, runs
SPACE_REMEDY = ": delete files or enlarge the disk, then run this again"
APT_SECONDS = 120  # a new server updates itself right after its first start


def install_command() -> str:
    """Return how an administrator types deploy/install, in whichever folder."""
    path = CODE / "current/deploy/install"
    return str(path) if path.exists() else "deploy/install"


class Fault(Exception):
    """What is wrong and how to repair it, in one line for the administrator."""


class CommandFault(Fault):
    """A program that failed, with all that it printed."""

    def __init__(self, text: str, output: str) -> None:
        super().__init__(text)
        self.output = output


class OneLineParser(argparse.ArgumentParser):
    """A parser that names a wrong word in one line, as every fault here is named."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help)\n")


def begin() -> None:
    """Make what follows independent of the administrator's shell: its umask, search path and locale.

    A connection that breaks hangs up: an upgrade goes on all the same. Ctrl-C stops it.
    """
    os.umask(0o022)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # After `su` without `-` the folders of system programs are missing. No service can read what is in those
    # of a person: a Python there would start the release for root alone.
    path = [folder for folder in os.environ.get("PATH", os.defpath).split(":") if not is_personal(folder)]
    os.environ["PATH"] = ":".join([*path, *(folder for folder in SYSTEM_PROGRAMS if folder not in path)])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_personal(folder: str) -> bool:
    """Return whether a folder is closed to services, as ProtectHome= does it."""
    place = Path(folder).resolve()
    return any(place.is_relative_to(home) for home in ("/root", "/home", "/run/user"))


def run(
    *command: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    user: str | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a command to its end and return its output. Raise `Fault` with one line of it where it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            user=user,
            group=group_id(user) if user else None,
            extra_groups=[] if user else None,
            cwd=cwd or "/",
            check=False,
        )
    except FileNotFoundError:
        raise Fault(f"{words[0]} is not installed") from None
    if done.returncode:
        name = Path(words[0]).name
        reason = (
            lack_of_space(done.stderr)
            or cause(done.stderr)
            or last_line(done.stdout)
            or ending(done.returncode)
        )
        reason = reason.removeprefix(f"{name}: ")
        raise CommandFault(f"{name}: {reason}", done.stdout + done.stderr)
    return done.stdout


def succeeds(*command: str | Path, env: Mapping[str, str] | None = None, user: str | None = None) -> bool:
    try:
        run(*command, env=env, user=user)
    except Fault:
        return False
    return True


def line_of(error: OSError) -> str:
    """Return what the operating system refused, and what to do about it, in one line."""
    name = error.filename2 or error.filename  # of a copy, the disk that is full is the target's
    where = f" ({name})" if name else ""
    remedy = SPACE_REMEDY if error.errno == errno.ENOSPC else ""
    return f"{error.strerror or type(error).__name__}{where}{remedy}"


def ending(status: int) -> str:
    """Return which signal ended a program that wrote nothing: often the kernel's, for lack of memory."""
    if status < 0:
        name = signal.strsignal(-status) or f"signal {-status}"
        return f"it was ended ({name}): look for a lack of memory in dmesg"
    return ""


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def lack_of_space(text: str) -> str:
    """Return the line in which a program names a full disk, with the remedy; "" where none does."""
    full = os.strerror(errno.ENOSPC)
    line = next((line.strip() for line in text.splitlines() if full in line), "")
    return line and f"{line}{SPACE_REMEDY}"


def cause(text: str) -> str:
    """Return the line that says why a program failed: its first "error:"; others follow from that one.

    nginx writes [emerg] in its place, after the time, and then that the test failed.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if emergency := re.search(r"\[emerg\] \d+#\d+: (.+)", text):
        return emergency[1]
    return next((line for line in lines if " error: " in f" {line}"), last_line(text))


def say(text: str, end: str = "\n") -> None:
    """Print at once. Where the reader has gone (`| head`) or the disk of a log is full, the work goes on."""
    try:
        print(text, end=end, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(text: str) -> None:
    print(f"Note: {text}", file=sys.stderr, flush=True)


class Progress:
    """Print one line for each piece of long work, with the seconds it took."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.start = time.monotonic()

    def __enter__(self) -> Progress:
        say(f"  {self.title} ...", end="")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        say(" failed" if kind else f" done ({time.monotonic() - self.start:.0f} s)")


def need_root() -> None:
    if os.geteuid() != 0:
        raise Fault("This needs the rights of root: run it as root, for example with sudo")


def write(path: Path, text: str, mode: int = 0o644, owner: str = "root", group: str = "root") -> bool:
    """Write a file as a whole or not at all. Return False where it was the same already."""
    with contextlib.suppress(OSError):
        if path.read_text(encoding="utf-8") == text and path.stat().st_mode & 0o777 == mode:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(
            os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(spare, mode)
        os.chown(spare, user_id(owner), group_id(group))
    except OSError:  # a full disk
        spare.unlink(missing_ok=True)
        raise
    spare.replace(path)
    return True


def link(path: Path, target: str) -> None:
    """Point a symbolic link somewhere else in one step."""
    spare = path.with_name(f".{path.name}.new")
    spare.unlink(missing_ok=True)
    spare.symlink_to(target)
    spare.replace(path)


def is_open(path: Path) -> bool:
    """Return whether every account can read a file, through all the folders that lead to it."""
    path = path.resolve()
    return bool(path.stat().st_mode & 0o004) and all(folder.stat().st_mode & 0o001 for folder in path.parents)


def lookup_fault(host: str) -> str | None:
    """Return why a host name has no address here, or None."""
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        if error.errno == socket.EAI_AGAIN:
            return f"{host} cannot be looked up: this server's resolver does not answer (/etc/resolv.conf)"
        return f"{host} does not resolve: add it to your DNS with the address of this server"
    return None


def user_id(name: str) -> int:
    return _account(name).pw_uid


def group_id(name: str) -> int:
    return _account(name).pw_gid


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise Fault(f"This server has no user {name}: run {install_command()} again") from None


def has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def packages_missing(names: Sequence[str]) -> list[str]:
    """Return the Debian packages of `names` that are not installed."""
    return [name for name in names if _state_of_package(name) != "installed"]


def is_half_installed(name: str) -> bool:
    """Return whether the installation of a Debian package was cut off: its programs may lack their files."""
    return _state_of_package(name) in {"half-installed", "unpacked", "half-configured"}


def _state_of_package(name: str) -> str:
    """Return dpkg's word for how far a package is installed; "" where it is not known."""
    words = ["dpkg-query", "-W", "-f", "${db:Status-Status}", name]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def apt_install(names: Sequence[str]) -> None:
    options = ["-qq", "-o", f"DPkg::Lock::Timeout={APT_SECONDS}", "-o", "Dpkg::Use-Pty=0"]
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    succeeds("dpkg", "--configure", "-a", "--force-confold", env=env)  # what a killed installation left
    _apt_update(options, env)
    words = ["--yes", "--fix-broken", "--no-remove", "--no-install-recommends"]
    try:
        run("apt-get", *options, "install", *words, *names, env=env)
    except Fault as fault:
        try:  # without the lists a package is "not found", and apt-get update ended well all the same
            run("apt-get", *options, "-o", "APT::Update::Error-Mode=any", "update", env=env)
        except Fault as first:
            raise Fault(f"{fault} ({first})") from None
        raise


def _apt_update(options: Sequence[str], env: Mapping[str, str]) -> None:
    """Fetch the lists of packages. apt waits for other programs' locks, but not for the one of the lists."""
    deadline = time.monotonic() + APT_SECONDS
    while True:
        try:
            run("apt-get", *options, "update", env=env)
        except Fault as fault:
            if "lists/lock" not in str(fault) or time.monotonic() > deadline:
                raise
            time.sleep(2)
        else:
            return


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar into a folder, by the system's own program: Debian 12's Python has no safe way to."""
    run("tar", "--extract", "--no-same-owner", "--file", archive, "--directory", folder)


def systemctl(*words: str) -> None:
    try:
        run("systemctl", *words)
    except Fault as fault:
        raise Fault(f"{' '.join(words)}: {fault}") from None


def is_active(unit: str) -> bool:
    return succeeds("systemctl", "is-active", "--quiet", unit)


def restarts(unit: str) -> int:
    """Return how often systemd started a unit again; 0 where it has run for a minute since.

    A process that ends as soon as it starts is active for half of the time: one look would miss it.
    """
    words = ("--property=NRestarts", "--property=ActiveEnterTimestampMonotonic")
    found = dict(
        line.split("=", 1) for line in run("systemctl", "show", *words, unit).splitlines() if "=" in line
    )
    since = int(found.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    return int(found.get("NRestarts") or 0) if time.monotonic() - since < STEADY_SECONDS else 0


def is_stopped(unit: str) -> bool:
    """Return whether a unit neither runs nor is being started or stopped, as after a killed installation."""
    state = run("systemctl", "show", "--property=ActiveState", "--value", unit).strip()
    return state in {"inactive", "failed"}


def has_failed(unit: str) -> bool:
    """Return whether the last run of a unit failed."""
    return succeeds("systemctl", "is-failed", "--quiet", unit)


def starting(unit: str, words: str = "start") -> str:
    """Return how an administrator starts a unit, also one that was masked."""
    state = run("systemctl", "show", "--property=LoadState", "--value", unit).strip()
    return f"{f'systemctl unmask {unit} && ' if state == 'masked' else ''}systemctl {words} {unit}"


def is_enabled(unit: str) -> bool:
    """Return whether a unit starts with the machine."""
    return succeeds("systemctl", "is-enabled", "--quiet", unit)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def left_behind(folder: Path, prefix: str) -> list[Path]:
    """Return the folders `PREFIXpid-…` of processes that are no more: they were killed."""
    found = []
    for path in folder.glob(f"{prefix}*"):
        pid = path.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not is_alive(int(pid)):
            found.append(path)
    return found


@contextlib.contextmanager
def alone(*, patience: float = 0) -> Iterator[None]:
    """Stop a second command from changing this server at the same time. One that this command starts may."""
    if os.environ.get(LOCK_HOLDER) == str(os.getppid()):
        yield
        return
    LOCK.touch(mode=0o600)
    with LOCK.open("r+", encoding="utf-8") as file:
        if not wait_until(lambda: _locks(file), patience):
            raise Fault(f"Another command changes this server (process {_holder(file)}): wait for it")
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        os.environ[LOCK_HOLDER] = str(os.getpid())
        _held.append(file.fileno())
        try:
            yield
        finally:
            _held.clear()
            del os.environ[LOCK_HOLDER]


def is_changing() -> bool:
    """Return whether a command changes this server now."""
    with contextlib.suppress(FileNotFoundError), LOCK.open(encoding="utf-8") as file:
        return not _locks(file)
    return False


_held: list[int] = []


def held_lock() -> tuple[int, ...]:
    """Return the lock's descriptor, for `pass_fds` of a program that goes on where this command is killed.

    The lock is free once that program has ended too: a second command never works beside it.
    """
    return tuple(_held)


def _holder(file: IO[str]) -> str:
    """Return the process that holds the lock: the command, or what it started before it was killed."""
    pid = file.read().strip()
    if pid.isdigit() and is_alive(int(pid)):
        return pid
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.name != str(os.getpid()) and any(
                _target(fd) == str(LOCK) for fd in (process / "fd").iterdir()
            ):
                return f"{process.name}, {(process / 'comm').read_text(encoding='utf-8').strip()}"
    return pid


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    """Ask four times a second until it is so or the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.25)
    return True


def keeper(port: int) -> str | None:
    """Return the program that keeps a TCP port; one that is just ending has a moment to let go of it."""
    wait_until(lambda: listener(port) is None, LET_GO_SECONDS)
    return listener(port)


def listener(port: int) -> str | None:
    """Return the program that listens on a TCP port, such as "nginx"; None where none does."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{fields[9]}]")
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(_target(fd) in sockets for fd in (process / "fd").iterdir()):
                return (process / "comm").read_text(encoding="utf-8").strip()
    return "another program"


def _target(file: Path) -> str:
    """Return what an open file of a process is; "" if it was closed meanwhile: a busy program closes many."""
    with contextlib.suppress(OSError):
        return os.readlink(file)
    return ""


def memory_bytes() -> int:
    """Return how much memory and swap this server has."""
    return _memory("MemTotal", "SwapTotal")


def memory_free() -> int:
    """Return how much memory and swap programs can still take, with what caches would give back."""
    return _memory("MemAvailable", "SwapFree")


def _memory(*names: str) -> int:
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    found = dict(re.findall(r"(?m)^(\w+):\s+(\d+) kB$", text))
    return sum(int(found.get(name, 0)) * 1024 for name in names)


def by_age(paths: Iterable[Path]) -> list[Path]:
    """Return backups by the time in their names, the oldest first.

    One of a time still to come was made while the clock was wrong. It counts as the oldest: as the newest, it
    would be what is restored for years, and each new one would be deleted in its place.
    """
    now = f"{datetime.now(UTC):{STAMP}}"
    return sorted(paths, key=lambda path: (path.name.partition(".")[0] <= now, path.name))


def free_bytes(path: Path) -> int:
    """Return the free space of the file system that a path is or will be on."""
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def need_room(folder: Path, size: int, owner: str) -> None:
    """Raise `Fault` where a backup as large as what it is of would fill the disk."""
    if (free := free_bytes(folder)) < size:
        raise Fault(f"{folder} has {free // 1024**2} MB free, {owner} has {size // 1024**2} MB{SPACE_REMEDY}")
