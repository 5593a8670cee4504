"""Process 1 of a test machine: mounts, the loopback interface, a way out to the package registries.

    unshare --pid --net --mount --uts --ipc --fork --kill-child \\
        python3 -m tests.live.init ROOT SOCKET CACHE:PLACE...

Runs on this machine's Python, so that a machine without one can be a test machine. What it needs is imported
before it changes its root.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

PROXY_PORT = 3128
DETACH = 2  # of umount2
WAY_OUT = "dev/way-out"
NODES = ("null", "zero", "full", "random", "urandom", "tty")


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def prepare(root: Path, way_out: str, binds: list[str]) -> None:
    """Give the root what a kernel and an init would."""
    mount("--make-rprivate", "/")
    mount("--bind", str(root), str(root))
    mount("-t", "proc", "proc", str(root / "proc"))
    mount("-t", "proc", "proc", "/proc")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root / "dev"))
    for name in NODES:
        (root / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", str(root / "dev" / name))
    for name in ("shm", "pts"):
        (root / "dev" / name).mkdir()
    mount("-t", "tmpfs", "tmpfs", str(root / "dev/shm"))
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts", str(root / "dev/pts"))
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0")):
        (root / "dev" / name).symlink_to(target)
    for name, number in (("stdout", 1), ("stderr", 2)):
        (root / "dev" / name).symlink_to(f"/proc/self/fd/{number}")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root / "run"))
    (root / "run/lock").mkdir(mode=0o1777)
    (root / "run/lock").chmod(0o1777)
    for bind in binds:
        pair = bind.split(":")
        for folder in pair:
            Path(folder).mkdir(parents=True, exist_ok=True)
        mount("--bind", *pair)
    (root / WAY_OUT).touch()
    mount("--bind", way_out, str(root / WAY_OUT))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["hostname", "park"], check=True)


def enter(root: Path) -> None:
    """Make the folder the root of this name space: in a mere chroot, a browser cannot lock itself in."""
    libc = ctypes.CDLL(None, use_errno=True)
    os.chdir(root)
    if libc.pivot_root(b".", b".") or libc.umount2(b".", DETACH):
        raise OSError(ctypes.get_errno(), "pivot_root")
    os.chdir("/")


def forward(server: socket.socket) -> None:
    """Pass connections to the machine's port 3128 on to the proxy that listens outside of it."""
    while True:
        inside, _ = server.accept()
        threading.Thread(target=_pass, args=(inside,), daemon=True).start()


def _pass(inside: socket.socket) -> None:
    outside = socket.socket(socket.AF_UNIX)
    try:
        outside.connect(f"/{WAY_OUT}")
        join(inside, outside)
    except OSError:
        inside.close()


def join(one: socket.socket, other: socket.socket) -> None:
    """Copy bytes both ways until both are closed."""
    back = threading.Thread(target=_copy, args=(other, one), daemon=True)
    back.start()
    _copy(one, other)
    back.join()
    one.close()
    other.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def main(root: str, way_out: str, *binds: str) -> None:
    prepare(Path(root), way_out, list(binds))
    server = socket.create_server(("127.0.0.1", PROXY_PORT))
    enter(Path(root))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=forward, args=(server,), daemon=True).start()
    print("ready", flush=True)
    while True:  # adopt and bury what daemons leave behind
        try:
            os.wait()
        except ChildProcessError:
            signal.sigtimedwait([signal.SIGCHLD], 0.5)


if __name__ == "__main__":
    main(*sys.argv[1:])
