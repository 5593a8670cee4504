"""Staging mode: the installation as it is, with play money and a copy of the database.

What is done while it is on, cars and payments included, is done in the copy. Leaving it deletes the copy and
goes back to the database from before: lots, tariffs, devices and signs that were set up there.
"""

from __future__ import annotations

import secrets

from deploy import backup, database, releases
from deploy.config import STAGING, active_slot
from deploy.system import STATE, Fault, Progress, say, write

DATABASE = "purecode_staging"
ORDERS = STATE / "sandbox.json"


def is_on() -> bool:
    return STAGING.exists()


def turn_on() -> None:
    """Copy the database and start the same release with the sandbox channel."""
    if is_on():
        say("Staging mode is on already.")
        return
    if active_slot() is None:
        raise Fault("PureCode is not installed here: run deploy/install")
    dump = backup.make()
    with Progress(f"Copying the database to {DATABASE}"):
        backup.load(dump, DATABASE)
    write(STAGING, settings_text(), 0o600)
    try:
        releases.restart()
    except Fault:
        STAGING.unlink()
        database.drop_database(DATABASE)
        raise
    say("Staging mode is on: every page is marked, and no money moves. To leave it: purecode staging off")


def settings_text() -> str:
    """Return the settings that staging mode adds to purecode.env: no real merchant is left in force."""
    values = {
        "PURECODE_PRODUCTION": "0",
        "STAGING": "1",
        "MERCHANTS_FILE": "",
        "MERCHANTS": "",
        "SANDBOX_URL": "http://127.0.0.1:8009",
        "SANDBOX_KEY": secrets.token_hex(32),
        "DATABASE_URL_FILE": "",
        "DATABASE_URL": database.with_name(DATABASE),
    }
    lines = [f"{name}={value}" for name, value in values.items()]
    return "\n".join(["# Written by purecode staging on, deleted by purecode staging off.", *lines]) + "\n"


def turn_off() -> None:
    """Go back to the database from before and delete the copy."""
    if not is_on():
        say("Staging mode is off already.")
        return
    former = STAGING.read_text(encoding="utf-8")
    STAGING.unlink()
    try:
        releases.restart()
    except Fault:
        write(STAGING, former, 0o600)
        raise
    database.drop_database(DATABASE)
    ORDERS.unlink(missing_ok=True)
    say("Staging mode is off. Its cars and payments are deleted; what was set up before it is as it was.")
