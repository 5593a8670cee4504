"""Kills a command of a machine at a named point, with all that it started, as a power cut would."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from tests.live.bare_machine import Machine


@dataclass(frozen=True)
class Point:
    """A line that the command prints, and how many seconds after it the command is killed.

    On a fast machine an earlier kill may have come late, after this step: its line then says "done already".
    """

    line: str
    seconds: float = 0.0

    def is_in(self, text: str) -> bool:
        return self.line in text or f"] done already: {self.line.removeprefix('] ')}" in text


# From the first step of deploy/install to its last; dpkg is in the middle of its work at the first one.
POINTS = (
    Point("] install the packages", 5.0),
    Point("] make the keys"),
    Point("] make the database and its role", 0.1),
    Point("Copying release"),
    Point("Installing its Python packages", 4.0),
    Point("Bringing the database up to date", 3.0),
    Point("Starting release", 1.0),
    Point("Changing over", 0.2),
    Point("Making a base backup"),
    Point("Restoring", 1.0),
)


def run_until(machine: Machine, command: str, point: Point, *, seconds: float = 900) -> str:
    """Run a command and kill it at a point; return what it had printed."""
    words, env = machine.command(command)
    process = subprocess.Popen(
        words, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    printed = bytearray()
    reached = threading.Event()

    def read() -> None:
        assert process.stdout
        while data := os.read(process.stdout.fileno(), 4096):
            printed.extend(data)
            if point.is_in(printed.decode(errors="replace")):
                reached.set()
        reached.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert reached.wait(seconds), f"{point.line!r} never came: {printed.decode(errors='replace')}"
    time.sleep(point.seconds)
    assert process.poll() is None, f"it ended before {point}: {printed.decode(errors='replace')}"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reader.join(10)
    process.stdout.close()
    text = printed.decode(errors="replace")
    assert point.is_in(text), text
    return text


def remains(machine: Machine) -> list[str]:
    """Return what killed commands left: half files and folders, keys lent to a command, scratch databases."""
    places = "/etc /opt/purecode /var/backups /var/lib/purecode /run /usr/local/bin"
    names = " -o ".join(f"-name '{name}'" for name in (".*.new", "*.part", ".part", "purecode-keys-*"))
    releases = "/opt/purecode/releases -mindepth 1 -maxdepth 1 -type d"
    scratch = "SELECT datname FROM pg_database WHERE datname LIKE 'purecode_%'"
    words = (
        f"find {places} -xdev \\( {names} \\);"
        f" find {releases} ! -exec test -e {{}}/.complete ';' -print;"
        " ls -d /var/lib/postgresql/purecode-recovery-* 2>/dev/null;"
        f' runuser -u postgres -- psql -X -A -t -q -c "{scratch}"'
    )
    return [line for line in machine.run(words, ok=False, folder="/").splitlines() if line.strip()]
