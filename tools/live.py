"""Runs the live test where this machine can; elsewhere says in one line why not: python -m tools.live [whole]

It ends with the status of the test; "not run" is no failure. For continuous integration, which runs its core.
PURECODE_SUITE=bookworm or noble runs it on Debian 12 or Ubuntu 24.04 instead of Debian 13.
"""

import os
import subprocess
import sys
from pathlib import Path

from tools import setup
from tools.packages import install

ROOT = Path(__file__).resolve().parent.parent
STILL_SECONDS = 600
SPACES = ["unshare", "--pid", "--net", "--mount", "--uts", "--ipc", "--fork", "--kill-child", "true"]


def reason_against() -> str | None:
    """Return why a bare Debian cannot be made and installed on here, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "it needs root on Linux"
    if not _succeeds(*SPACES):
        return "this machine allows no name spaces"
    if not _succeeds("mmdebstrap", "--version"):
        install("mmdebstrap")
    if not _succeeds("mmdebstrap", "--version"):
        return "mmdebstrap is missing"
    if not _index_answers():
        return "no package index of Python answers"
    return _reason_against_debian()


def _index_answers() -> bool:
    """Ask the index for a package, past the caches."""
    command: list[str | Path] = [setup.UV / "bin" / "uv", "pip", "compile", "--quiet", "--no-cache", "-"]
    try:
        done = subprocess.run(
            command,
            env=setup.uv_environment(),
            input="uv",
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _reason_against_debian() -> str | None:
    from tests.live.bare_machine import SUITE, bare_root

    try:
        bare_root()
    except (OSError, subprocess.CalledProcessError):
        return f"mmdebstrap could not fetch {SUITE}"
    return None


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main(part: str = "") -> int:
    if reason := reason_against():
        print(f"The live test was not run: {reason}.")
        return 0
    words = ["-m", "pytest", "-p", "no:randomly", "-n0", "-x", "--durations=20", "tests/live"]
    words += ["-o", f"faulthandler_timeout={STILL_SECONDS}"]  # prints where a test stands; ends nothing
    environment = {**os.environ, "PURECODE_LIVE": part or "core"}
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
