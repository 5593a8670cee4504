"""Heartbeats of the worker, for systemd (`WatchdogSec`) and `manage.py check_outside`."""

import os
import socket
from contextlib import suppress
from pathlib import Path


def beat(file: Path | None) -> None:
    """Notify systemd that this process works, and touch the file."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        path = f"\0{address[1:]}" if address.startswith("@") else address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(b"WATCHDOG=1", path)
    if file is not None:
        with suppress(OSError):
            file.touch(mode=0o600)
