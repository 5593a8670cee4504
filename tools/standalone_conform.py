"""Tests a vendor's server of the open pair where nothing is set up: `make conform URL=http://host:port`.

PARKING_SECRET is the secret that both sides share. The keys that the settings want are thrown away.
"""

import os
import subprocess
import sys

from tools.demo import NOT_SETTINGS, SECRETS
from tools.machine import ROOT


def environment() -> dict[str, str]:
    """Return settings that name no database and no installation."""
    keys = {name: make() for name, make in SECRETS.items() if name not in NOT_SETTINGS}
    return {**os.environ, **keys, "PUBLIC_URL": "http://127.0.0.1", "DATABASE_URL": "sqlite:///:memory:"}


def main(arguments: list[str]) -> int:
    command = [sys.executable, "manage.py", "conform", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
