"""Runs a day at a delivered installation, and searches all that was logged: `python -m tests.day.day_run`.

Cars come and go, look up and pay by both channels, some twice; notices come, also false ones; members join,
staff sign in with right and wrong words; then the database is locked, read-only, away and of another schema,
and a channel is frozen, while everybody goes on. Afterwards no log may hold a plate, an address, an openid, a
token, a code, a password or a key in any spelling. PostgreSQL logs as much as it can, which an administrator
may have set. `--keep FOLDER` copies the logs there.
"""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import time
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

import tests.environment  # noqa: F401 - keys and settings, where the caller has set none
from sandbox.wechat.wechat_messages import OPENID
from tests.day.day_place import MORE_PLATES
from tests.day.installation import Installation, installation
from tests.day.visitors import Visitors, clear
from tests.needles import forms, forms_of_bytes, hits
from tests.processes.place import PLATES
from tests.waiting import wait_for

SECRET_COLUMNS = (
    ("payments_payment", ("token", "number")),
    ("lots_parkingsession", ("plate", "plate_index")),
    ("lots_plateread", ("plate", "plate_index")),
)
HARMLESS = {"payments_payment.number"}  # the channels' own name for an order; log lines may hold it


def quiet_hours(day: Visitors, parts: Installation, codes: list[str]) -> None:
    """What happens on any day."""
    day.look_around()
    day.drive()
    day.pay(PLATES["wechat"], "wechat")
    day.pay(PLATES["alipay"], "alipay")
    day.pay_inside_wechat(MORE_PLATES["inside"])
    parts.channels["wechat"].server.fault("paid_after_close")
    day.press_pay(MORE_PLATES["twice"], "wechat")
    day.pay(MORE_PLATES["twice"], "alipay")
    for name in parts.channels:
        parts.channels[name].server.fault("notice_forged")
    day.pay(PLATES["lost"], "wechat", "repeats_notice")
    day.misbehave()
    day.join(codes)
    day.sign_in()
    day.work_at_console()
    with psycopg.connect(parts.books) as books:
        for (code,) in books.execute(
            "SELECT receipt_code FROM payments_payment WHERE state = 'paid'"
        ).fetchall():
            day.ask_for_invoice(str(code))
    day.sweep(80)


def faults(day: Visitors, parts: Installation) -> None:
    """Everything once more while the database or a channel is broken."""
    url = parts.books
    day.everything("nothing")
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE lots_parkingsession, lots_lot, payments_payment, staff_signin")
        day.everything("locked")
    with psycopg.connect(parts.server.url, autocommit=True) as admin:
        for name, sql, back in DATABASE_FAULTS:
            admin.execute(sql)
            end_connections(admin)
            day.everything(name)
            day.everything(f"{name}, again")
            admin.execute(back)
            end_connections(admin)
            day.everything(f"after {name}")
    with psycopg.connect(url, autocommit=True) as admin:
        for table in HIDDEN:
            admin.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
        day.everything("schema behind")
        time.sleep(3)  # the worker meets it too
        for table in HIDDEN:
            admin.execute(f"ALTER TABLE {table}_gone RENAME TO {table}")
    process = parts.channels["alipay"].process
    process.send_signal(signal.SIGSTOP)
    day.everything("channel frozen")
    process.send_signal(signal.SIGCONT)
    clear(parts)
    for name, start in (("driver", lambda: parts.start_surface("driver")), ("worker", parts.start_worker)):
        os.killpg(parts.processes[name].pid, signal.SIGKILL)
        parts.processes[name].wait()
        day.ask("driver", "GET", f"/p/{day.made['sign']}")
        start()
    wait_for(partial(day.is_ready, "driver"), "driver")
    day.everything("all well")


HIDDEN = ("lots_parkingsession", "payments_payment", "payments_refund", "staff_signin", "members_member")
DATABASE_FAULTS = (
    (
        "read-only",
        "ALTER DATABASE day SET default_transaction_read_only = on",
        "ALTER DATABASE day RESET default_transaction_read_only",
    ),
    ("away", "ALTER DATABASE day ALLOW_CONNECTIONS false", "ALTER DATABASE day ALLOW_CONNECTIONS true"),
    ("locked out", "ALTER DATABASE day CONNECTION LIMIT 0", "ALTER DATABASE day CONNECTION LIMIT -1"),
    (
        "password changed",
        "ALTER ROLE purecode_app NOLOGIN; ALTER ROLE purecode_console NOLOGIN",
        "ALTER ROLE purecode_app LOGIN; ALTER ROLE purecode_console LOGIN",
    ),
)


def end_connections(admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = 'day' AND pid <> pg_backend_pid()"
    )


def needles(day: Visitors, parts: Installation) -> dict[str, set[bytes]]:
    """Return all that no log may hold, each with its spellings."""
    words = {*day.private, OPENID, *parts.passwords.values()}
    words |= {parts.environment[name] for name in ("SECRET_KEY", "PLATE_INDEX_KEY", "CODE_KEY", "SMS_KEY")}
    words |= {key.partition(":")[2] for key in parts.environment["PLATE_KEYS"].split(",")}
    words |= {plate[1:] for plate in (*PLATES.values(), *MORE_PLATES.values())}
    words |= {str(urlsplit(parts.server.url).password)}
    for merchant in json.loads(parts.environment["MERCHANTS"]):
        words |= {
            value
            for name, value in merchant.items()
            if name.endswith(("key", "secret")) and "\n" not in value
        }
    found = {word: forms(word) for word in words if len(word) > 5}
    with psycopg.connect(parts.books) as books:
        for table, columns in SECRET_COLUMNS:
            for column in columns:
                if f"{table}.{column}" in HARMLESS:
                    continue
                for (value,) in books.execute(
                    f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL"
                ):
                    is_bytes = isinstance(value, bytes)
                    found[f"{table}.{column} {value!r}"] = (
                        forms_of_bytes(value) if is_bytes else forms(str(value))
                    )
    return found


def search(logs: Path, wanted: dict[str, set[bytes]]) -> list[str]:
    """Return a line for each thing that was found in a log."""
    found = []
    for path in sorted(logs.iterdir()):
        for word in hits(path.read_bytes(), wanted):
            lines = path.read_bytes().lower().splitlines()
            first = next((line for line in lines if any(form in line for form in wanted[word])), b"")
            found.append(f"{path.name}: {word}: {first[:300].decode(errors='replace')}")
    return found


def live_through(parts: Installation, codes: list[str]) -> Visitors:
    """Run the day; return who came."""
    day = Visitors(parts, parts.make_place())
    parts.start_all()
    for surface in parts.urls:
        wait_for(partial(day.is_ready, surface), surface)
    quiet_hours(day, parts, codes)
    time.sleep(8)  # the worker refunds, issues and sends
    with psycopg.connect(parts.books) as books:
        paid = "SELECT token, receipt_code FROM payments_payment WHERE state = 'paid'"
        row = books.execute(paid).fetchone()
    if row is None:
        raise RuntimeError("nobody paid")
    day.made["payment"], day.made["receipt"] = row
    day.press_pay(MORE_PLATES["inside"], "alipay")
    faults(day, parts)
    return day


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="copy the logs there")
    chosen = parser.parse_args()
    began = time.monotonic()
    with installation() as (parts, gateway):
        day = live_through(parts, gateway.codes)
        wanted = needles(day, parts)
        parts.end()
        shutil.copy(parts.server.log, parts.logs / "postgresql")
        if chosen.keep:
            shutil.copytree(parts.logs, chosen.keep, dirs_exist_ok=True)
        found = search(parts.logs, wanted)
        sizes = {path.name: path.stat().st_size for path in sorted(parts.logs.iterdir())}
    bugs = [line for line in day.table if re.search(r" (0|500) +\d+\.\d\d s", line)]
    print("\n".join(day.table))
    print(f"{time.monotonic() - began:.0f} s; requests: {dict(sorted(day.answers.items()))}")
    print(f"searched for {len(wanted)} values in {sizes} (bytes)")
    print("\n".join([*found, *(f"a fault of ours: {line}" for line in bugs)]) or "found: nothing")
    return bool(found or bugs)


if __name__ == "__main__":
    sys.exit(main())
