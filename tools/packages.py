"""Installs system packages where possible; otherwise names the command that installs them.

Part of the set-up, so it must run on Python 3.9 with the standard library only.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

TURN = Path("/run/lock/purecode-apt")


class Missing(Exception):
    """One line: what is missing on this machine, and the command that installs it."""


def install_command(*, debian: str, homebrew: str) -> str:
    """Return the command that installs a package on this machine."""
    if sys.platform == "darwin":
        return f"brew install {homebrew}"
    return f"apt-get install {debian}" if os.geteuid() == 0 else f"sudo apt-get install {debian}"


def can_install() -> bool:
    """Return whether this is root on Debian or a derivative; other machines are never changed."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(debian: str) -> None:
    """Install Debian packages (separated by spaces) if possible; the caller checks the result."""
    if can_install() and _update_package_lists():
        print(f"Installing {debian}", flush=True)
        # --no-remove: replacing an installed package is the owner's decision.
        _apt("install", "--yes", "--no-remove", "--no-install-recommends", *debian.split())


@functools.lru_cache(maxsize=None)  # noqa: UP033 - once per run
def _update_package_lists() -> bool:
    return _apt("update")


def _apt(*arguments: str) -> bool:
    with TURN.open("w") as turn:  # `apt-get update` does not wait for another one
        fcntl.flock(turn, fcntl.LOCK_EX)
        done = subprocess.run(
            ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", *arguments],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        print(done.stdout.strip(), flush=True)
    return done.returncode == 0
