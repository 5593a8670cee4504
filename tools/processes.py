"""Starts several programs and stops them together."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_TIMEOUT = 5.0  # seconds between SIGTERM and SIGKILL


@dataclass
class Processes:
    """Programs, each with its own process group and its own log file."""

    folder: Path  # for log files
    env: Mapping[str, str]
    cwd: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str | Path]) -> None:
        with self.log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def exited(self) -> str | None:
        """Return the name of a program that has ended, if one has."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def log_tail(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        """Send SIGTERM to all, the last started first, and SIGKILL to those running after the timeout."""
        for process in reversed(self.running.values()):
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for process in self.running.values():
            _signal_group(process, signal.SIGKILL)  # also ends children that outlived their parent
            process.wait()
        self.running.clear()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(
        ProcessLookupError, PermissionError
    ):  # no process left; macOS raises PermissionError
        os.killpg(process.pid, number)
