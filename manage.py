#!/usr/bin/env python3
"""Django's command line for this project."""

import logging
import os
import secrets
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import Error as DatabaseError


def needs_no_installation(arguments: list[str]) -> bool:
    """Return whether a command only reads its file: checking a tariff asks for no lot and no secret."""
    return arguments[:1] == ["check_tariff"] and not any(one.startswith("--lot") for one in arguments)


def stand_in_settings() -> dict[str, str]:
    """Return settings for a command without an installation: random keys that are never used."""
    key = secrets.token_hex(32)
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "PUBLIC_URL": "http://localhost",
        "ALLOWED_HOSTS": "localhost",
        "PLATE_KEYS": f"unused:{key}",
        "PLATE_INDEX_KEY": secrets.token_hex(32),
        "CODE_KEY": secrets.token_hex(32),
        "DATABASE_URL": "sqlite:///:memory:",
        "CONSOLE_MFA": "offered",
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["PURECODE_PROCESS"] = "worker" if sys.argv[1:2] == ["work"] else "command"
    if os.environ["PURECODE_PROCESS"] == "command":  # which says itself, once, what each try met
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    if needs_no_installation(sys.argv[1:]):
        for name, value in stand_in_settings().items():
            os.environ.setdefault(name, value)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error} (docs/settings.md)")  # one line: what runs a command shows its last one
    except OSError as error:
        # A file that was named to a command. What stops the worker is reported with its place.
        if not error.filename or os.environ["PURECODE_PROCESS"] == "worker":
            raise
        sys.exit(f"{error.filename}: {error.strerror}")
    except DatabaseError as error:
        from core.database import is_unusable, why_unusable  # needs the settings, which are read by now

        if os.environ["PURECODE_PROCESS"] == "worker" or "--traceback" in sys.argv or not is_unusable(error):
            raise
        sys.exit(f"The database cannot be used: {why_unusable(error)}")
