"""Environment variables for the measured processes."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.simulated_merchants import FILE, open_merchants
from tools.machine import ROOT
from tools.packages import Missing
from tools.postgres import free_port

# fsync and full page writes stay on: a payment must survive a power cut, here as in production.
SERVER_SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
}


def environment(url: str, keys: Path | None = None) -> dict[str, str]:
    """Return production settings for the database at `url`, with keys made for this run.

    With a folder `keys`, the sandbox's WeChat merchant collects for all lots; its keys are written there.
    `NAME_FILE` variables from outside are dropped, because they would override these settings.
    """
    port = free_port()
    settings = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SURFACES": "driver,device",
        "TRUSTED_PROXIES": "1",
        "PLATE_KEYS": f"bench:{secrets.token_hex(32)}",
        "PLATE_INDEX_KEY": secrets.token_hex(32),
        "CODE_KEY": secrets.token_hex(32),
        "SANDBOX_URL": "http://127.0.0.1:9",
        "SANDBOX_PUBLIC_URL": "http://127.0.0.1:9",
        "MERCHANTS": wechat_merchant(keys) if keys else "[]",
        "BENCH_KEYS": str(keys or ""),
        "DATABASE_URL": url,
        "LOG_LEVEL": "INFO",
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "BENCH_PORT": str(port),
    }
    unwanted = {f"{name}_FILE" for name in settings}
    return {name: value for name, value in os.environ.items() if name not in unwanted} | settings


def measured_by(module: str, *arguments: str, env: Mapping[str, str], given: str = "") -> Any:
    """Return what `python -m module` prints in its last line, as JSON. Raises `Missing` if it fails.

    A process of its own, because the environment holds the product's settings. `given` is its input.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=given, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise Missing(f"The measuring process {module} failed; see its output above.")
    return json.loads(done.stdout.splitlines()[-1])


def wechat_merchant(keys: Path) -> str:
    """Return MERCHANTS with the sandbox's WeChat merchant only."""
    open_merchants(keys)
    wechat, _ = json.loads((keys / FILE).read_text(encoding="utf-8"))
    return json.dumps([wechat])
