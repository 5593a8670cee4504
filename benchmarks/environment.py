"""Environment variables for the measured processes."""

import os
import secrets

from tools.postgres import free_port


def environment(url: str) -> dict[str, str]:
    """Return production settings for the database at `url`, with keys made for this run.

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
        "SANDBOX_KEY": secrets.token_hex(32),
        "DATABASE_URL": url,
        "LOG_LEVEL": "INFO",
        "PYTHONWARNINGS": "ignore",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "BENCH_PORT": str(port),
    }
    unwanted = {f"{name}_FILE" for name in settings}
    return {name: value for name, value in os.environ.items() if name not in unwanted} | settings
