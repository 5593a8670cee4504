"""Programs that the package manager of the machine brings: installed where we may, else named in one line.

Part of the set-up, so it runs on Python 3.9 and the standard library alone.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys


class Missing(Exception):
    """One line: what this machine lacks, and the command that brings it."""


def advice(*, debian: str, homebrew: str) -> str:
    """Return the command that a person types on this machine to get a package."""
    if sys.platform == "darwin":
        return f"brew install {homebrew}"
    return f"apt-get install {debian}" if os.geteuid() == 0 else f"sudo apt-get install {debian}"


def may_install() -> bool:
    """Say whether this is root on Debian or one of its children; nobody else's machine is changed."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(debian: str) -> None:
    """Install Debian packages (names between spaces) if we may; the caller sees whether it helped."""
    if may_install() and _refreshed():
        print(f"Installing {debian}", flush=True)
        # Never at the price of a package that is there: then its owner has to choose.
        _apt("install", "--yes", "--no-remove", "--no-install-recommends", *debian.split())


@functools.lru_cache(maxsize=None)  # noqa: UP033 - once for each run
def _refreshed() -> bool:
    return _apt("update")


def _apt(*words: str) -> bool:
    done = subprocess.run(
        ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", *words],
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
