"""A process that removes what a command made once that command has ended, also if it was killed."""

import subprocess
import sys
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

PROGRAM = """
import os, shutil, signal, sys
groups = set()
for line in sys.stdin:  # until the command ends, however it ends
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
for _ in range(50):  # a process that is ending may still write
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not os.path.exists(sys.argv[1]):
        break
"""


class Cleaner:
    """Ends process groups and removes a folder after the `with` block or after this process's death."""

    def __init__(self, folder: Path) -> None:
        self._lock = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    def started(self, group: int) -> None:
        self._write(f"+{group}\n")

    def ended(self, group: int) -> None:
        self._write(f"-{group}\n")

    def finish(self) -> None:
        """Clean up now and wait for it."""
        assert self._process.stdin
        with self._lock:
            self._process.stdin.close()
        self._process.wait()

    def _write(self, line: str) -> None:
        assert self._process.stdin
        with self._lock:
            if not self._process.stdin.closed:
                self._process.stdin.write(line)
                self._process.stdin.flush()
