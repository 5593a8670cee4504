"""Staging mode: the installation as it is, with play money and a copy of the database.

What is done while it is on, cars and payments included, is done in the copy. Leaving it deletes the copy and
goes back to the database from before: lots, tariffs, devices and signs that were set up there.
"""

from __future__ import annotations

import shutil

from deploy import backup, postgres_server, releases
from deploy.server_settings import STAGING, active_slot, read_answers
from deploy.system import CODE, STATE, USER, Fault, Progress, is_active, run, say, write

DATABASE = "purecode_staging"
ORDERS = STATE / "sandbox.json"
KEYS = STATE / "sandbox"  # of the simulated merchants; the unit names both


def is_on() -> bool:
    return STAGING.exists()


def is_running(slot: str | None) -> bool:
    """Return whether the services are those of staging mode. After an interrupted change they may not be."""
    return slot is not None and is_active(releases.service("sandbox", slot))


def turn_on() -> None:
    """Copy the database and start the same release with the sandbox in place of the payment channels."""
    slot = active_slot()
    if slot is None:
        raise Fault("PureCode is not installed here: run deploy/install")
    if is_on() and is_running(slot):
        say("Staging mode is on already.")
        return
    backup.need_own_database()
    if lack := releases.lack_of_memory():
        raise Fault(f"{lack}: add memory or swap")
    dump = backup.make()
    with Progress(f"Copying the database to {DATABASE}"):
        backup.load(dump, DATABASE)
    try:
        folder = CODE / slot
        run(folder / ".venv/bin/python", "-m", "sandbox", "keys", KEYS, user=USER, cwd=folder)
        write(STAGING, settings_text(read_answers().public), 0o600)
        releases.restart()
    except (Fault, OSError):
        STAGING.unlink(missing_ok=True)
        shutil.rmtree(KEYS, ignore_errors=True)
        postgres_server.drop_database(DATABASE)
        raise
    say("Staging mode is on: every page is marked, and no money moves. To leave it: purecode staging off")


def settings_text(public: str) -> str:
    """Return the settings that staging mode adds to purecode.env: no real merchant is left in force.

    The server calls the sandbox on this machine; payers reach it at the public host, through nginx.
    """
    values = {
        "PURECODE_PRODUCTION": "0",
        "STAGING": "1",
        "MERCHANTS_FILE": str(KEYS / "merchants.json"),
        "MERCHANTS": "",
        "SANDBOX_URL": "http://127.0.0.1:8009",
        "SANDBOX_PUBLIC_URL": f"https://{public}",
        "DATABASE_URL_FILE": "",
        "CONSOLE_DATABASE_URL_FILE": "",
        "DATABASE_URL": postgres_server.with_name(DATABASE),
    }
    lines = [f"{name}={value}" for name, value in values.items()]
    return "\n".join(["# Written by purecode staging on, deleted by purecode staging off.", *lines]) + "\n"


def turn_off() -> None:
    """Return to the former database and delete the copy."""
    if not is_on() and not is_running(active_slot()):
        say("Staging mode is off already.")
        return
    former = STAGING.read_text(encoding="utf-8") if is_on() else ""
    STAGING.unlink(missing_ok=True)
    try:
        releases.restart(migrating=True)  # an upgrade while it was on has changed the copy alone
    except Fault:
        if former:
            write(STAGING, former, 0o600)
        raise
    postgres_server.drop_database(DATABASE)
    ORDERS.unlink(missing_ok=True)
    shutil.rmtree(KEYS, ignore_errors=True)
    say("Staging mode is off. Its cars and payments are deleted; what was set up before it is as it was.")
