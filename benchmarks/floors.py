"""Floors: the SQL statements that a request cannot do without, run without web server and Django.

| floor | statements |
| --- | --- |
| charge | the statement that the product sends: session, tariff version, permits, debts, coupons, held read |
| settle | lock the payment, update it, insert its event, credit the session, book it: one transaction |
| entry | insert the session, the read and the gate command: one transaction |
| exit | find and lock the session; insert the read: one transaction |

PostgreSQL runs them with pgbench and prepared statements, SQLite in a loop of Python's sqlite3 module.
"""

import re
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks.data import Size, floor_index
from lots.session_facts import query_of_plate
from lots.sightings import STANDING
from payments.charges import probes_of_plate

PAST = "2026-01-01 00:00:00+00"
EVENT_COLUMNS = "payment_id, was, became, cause, at"
LEDGER_COLUMNS = "lot_id, kind, debit, credit, amount_fen, payment_id, at"
SESSION_COLUMNS = "lot_id, plate, plate_index, plate_kind, entered_at, departure, paid_fen, needs_review"
READ_COLUMNS = (
    "lot_id, lane_id, device_id, key, direction, captured_at, received_at, offline, plate, plate_index,"
    " plate_kind, outcome, moved_at, session_id"
)
COMMAND_COLUMNS = "id, lot_id, lane_id, session_id, read_id, cause, state, issued_at, expires_at, sent_at"
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "cache_size=-65536",
    "mmap_size=268435456",
)  # the product's
SEALED = "decode(repeat('ab', 46), 'hex')"


def charge_sql(lot: str, index: str, at: str, since: str) -> str:
    """Return the statement that the product sends for a charge, with these expressions in its places."""
    asked = datetime.now(UTC)
    sql, params = query_of_plate(lot, index, at=asked, probes=probes_of_plate(lot, index))
    places = {lot: lot, index: index, asked: at, asked - STANDING: since}
    first, *rest = sql.split("%s")
    values = (places.get(each, f"'{each}'") for each in params)
    return first + "".join(value + part for value, part in zip(values, rest, strict=True))


PGBENCH = {
    "charge": f"""
\\set i random(0, :pool - 1)
\\set lot 1 + (:first + :i) % :lots
{charge_sql(":lot", "decode(md5((:i)::text), 'hex')", "now()", "now() - interval '15 minutes'")};
""",
    "settle": f"""
\\set n :n + 1
\\set i :start + :client_id + :clients * :n
BEGIN;
SELECT id, lot_id, session_id, amount_fen FROM payments_payment
 WHERE provider = 'floor' AND merchant = 'floor'
 AND number = 'F' || lpad((:i)::text, 25, '0') FOR UPDATE \\gset p_
UPDATE payments_payment SET state = 'paid', paid_at = now(), provider_number = 'F' || (:i)::text,
 receipt_code = 'F' || (:i)::text, next_check_at = NULL, credited_fen = amount_fen
 WHERE id = :p_id AND state = 'closed';
INSERT INTO payments_paymentevent ({EVENT_COLUMNS}) VALUES (:p_id, 'closed', 'paid', 'notice', now());
UPDATE lots_parkingsession SET paid_fen = paid_fen + :p_amount_fen, paid_at = now(),
 exit_until = now() + interval '15 minutes' WHERE id = :p_session_id;
INSERT INTO payments_ledgerentry ({LEDGER_COLUMNS})
 VALUES (:p_lot_id, 'payment', 'channel-floor-floor', 'parking', :p_amount_fen, :p_id, now());
COMMIT;
""",
    "entry": f"""
\\set lot random(1, :lots)
BEGIN;
INSERT INTO lots_parkingsession ({SESSION_COLUMNS}) VALUES (:lot, {SEALED},
 decode(md5(random()::text), 'hex'), 'ordinary', now(), '', 0, false) RETURNING id \\gset s_
INSERT INTO lots_plateread ({READ_COLUMNS}) VALUES (:lot, :lot, :lot, left(md5(random()::text), 26), 'entry',
 now(), now(), false, {SEALED}, decode(md5(random()::text), 'hex'), 'ordinary', 'entered', now(), :s_id)
 RETURNING id \\gset r_
INSERT INTO lots_gatecommand ({COMMAND_COLUMNS}) VALUES (gen_random_uuid(), :lot, :lot, :s_id, :r_id, 'entry',
 'sent', now(), now() + interval '1 minute', now());
COMMIT;
""",
    "exit": f"""
\\set i random(0, :pool - 1)
\\set lot 1 + (:first + :i) % :lots
\\set device :lots + :lot
BEGIN;
SELECT id, entered_at, plate_kind, paid_fen, exit_until FROM lots_parkingsession
 WHERE lot_id = :lot AND plate_index = decode(md5((:i)::text), 'hex') AND left_at IS NULL FOR UPDATE \\gset s_
INSERT INTO lots_plateread ({READ_COLUMNS}) VALUES (:lot, :device, :device,
 left(md5(random()::text), 26), 'exit', now(), now(), false, {SEALED}, decode(md5((:i)::text), 'hex'),
 'ordinary', 'held', NULL, :s_id);
COMMIT;
""",
}
CLIENTS = 8
RATE = re.compile(r"tps = ([0-9.]+)")


@dataclass
class Pgbench:
    """Floors on PostgreSQL."""

    url: str
    programs: Path
    folder: Path
    size: Size
    used: int = 0  # payments settled so far; each is settled once

    def run(self, name: str, seconds: float) -> float:
        """Run one floor for `seconds` and return transactions per second."""
        script = self.folder / f"{name}.sql"
        script.write_text(PGBENCH[name], encoding="utf-8")
        parts = urlsplit(self.url)
        variables = {
            "pool": self.size.for_floor,
            "first": self.size.to_settle + self.size.to_charge,
            "lots": self.size.lots,
            "start": self.used,
            "clients": CLIENTS,
            "n": -1,
        }
        command: list[str | Path] = [self.programs / "pgbench", "-n", "-M", "prepared", "-f", script]
        command += ["-c", str(CLIENTS), "-j", "1", "-T", str(max(1, round(seconds)))]
        command += [part for key, value in variables.items() for part in ("-D", f"{key}={value}")]
        command += [
            "-h",
            "127.0.0.1",
            "-p",
            str(parts.port),
            "-U",
            str(parts.username),
            parts.path.strip("/"),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={"PGPASSWORD": str(parts.password), "LC_ALL": "C"},
        )
        rate = RATE.search(done.stdout)
        if done.returncode or not rate or "number of failed transactions: 0" not in done.stdout:
            words = (done.stderr.strip() or done.stdout.strip())[-500:]
            raise RuntimeError(f"pgbench {name} ended with {done.returncode}: {words}")
        if name == "settle":
            self.used = self._next_payment()
        return float(rate[1])

    def _next_payment(self) -> int:
        """Return the number after the highest settled one, because clients progress at different speeds."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT max(substr(number, 2)::bigint) FROM payments_payment"
                " WHERE provider = 'floor' AND state = 'paid'"
            ).fetchone()
        return 1 + row[0] if row and row[0] is not None else 0


class SQLiteLoop:
    """Floors on SQLite: one connection with the product's pragmas."""

    def __init__(self, path: str, size: Size) -> None:
        self.size, self.used, self.serial = size, 0, 0
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=20)
        for pragma in PRAGMAS:
            self.connection.execute(f"PRAGMA {pragma}")
        self.charge = charge_sql("?1", "?2", "?3", "?4")
        at = datetime.now(UTC).replace(tzinfo=None)
        self.times = str(at), str(at - STANDING)
        self.transactions: dict[str, Callable[[], None]] = {
            "charge": self._charge,
            "settle": self._settle,
            "entry": self._entry,
            "exit": self._exit,
        }

    def run(self, name: str, seconds: float) -> float:
        """Run one floor for `seconds` and return transactions per second."""
        transaction, count, start = self.transactions[name], 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            transaction()
            count += 1
        return count / (time.perf_counter() - start)

    def _find(self) -> tuple[int, int, bytes]:
        """Return the id, lot and index of one session inside."""
        self.serial += 1
        number = self.serial * 7919 % self.size.for_floor
        lot, index = (
            1 + (self.size.to_settle + self.size.to_charge + number) % self.size.lots,
            floor_index(number),
        )
        row = self.connection.execute(
            "SELECT id, entered_at, plate_kind, paid_fen, exit_until FROM lots_parkingsession"
            " WHERE lot_id = ? AND plate_index = ? AND left_at IS NULL",
            (lot, index),
        ).fetchone()
        return row[0], lot, index

    def _charge(self) -> None:
        self.serial += 1
        number = self.serial * 7919 % self.size.for_floor
        lot = 1 + (self.size.to_settle + self.size.to_charge + number) % self.size.lots
        self.connection.execute(self.charge, (lot, floor_index(number), *self.times)).fetchone()

    def _exit(self) -> None:
        run = self.connection.execute
        run("BEGIN IMMEDIATE")
        session, lot, index = self._find()
        device = self.size.lots + lot
        run(
            f"INSERT INTO lots_plateread ({READ_COLUMNS})"
            " VALUES (?, ?, ?, ?, 'exit', ?, ?, 0, ?, ?, 'ordinary', 'held', NULL, ?)",
            (lot, device, device, f"L{self.serial}", PAST, PAST, b"\xab" * 46, index, session),
        )
        run("COMMIT")

    def _settle(self) -> None:
        self.used += 1
        number = f"F{self.used:025}"
        run = self.connection.execute
        run("BEGIN IMMEDIATE")
        payment, lot, session, fen = run(
            "SELECT id, lot_id, session_id, amount_fen FROM payments_payment"
            " WHERE provider = 'floor' AND merchant = 'floor' AND number = ?",
            (number,),
        ).fetchone()
        run(
            "UPDATE payments_payment SET state = 'paid', paid_at = ?, provider_number = ?, receipt_code = ?,"
            " next_check_at = NULL, credited_fen = amount_fen WHERE id = ? AND state = 'closed'",
            (PAST, number, number[-12:], payment),
        )
        run(
            f"INSERT INTO payments_paymentevent ({EVENT_COLUMNS}) VALUES (?, 'closed', 'paid', 'notice', ?)",
            (payment, PAST),
        )
        run(
            "UPDATE lots_parkingsession SET paid_fen = paid_fen + ?, paid_at = ?, exit_until = ?"
            " WHERE id = ?",
            (fen, PAST, PAST, session),
        )
        run(
            f"INSERT INTO payments_ledgerentry ({LEDGER_COLUMNS})"
            " VALUES (?, 'payment', 'channel-floor-floor', 'parking', ?, ?, ?)",
            (lot, fen, payment, PAST),
        )
        run("COMMIT")

    def _entry(self) -> None:
        self.serial += 1
        lot, index = 1 + self.serial % self.size.lots, floor_index(-self.serial)
        sealed, run = b"\xab" * 46, self.connection.execute
        run("BEGIN IMMEDIATE")
        session = run(
            f"INSERT INTO lots_parkingsession ({SESSION_COLUMNS}) VALUES (?, ?, ?, 'ordinary', ?, '', 0, 0)",
            (lot, sealed, index, PAST),
        ).lastrowid
        read = run(
            f"INSERT INTO lots_plateread ({READ_COLUMNS})"
            " VALUES (?, ?, ?, ?, 'entry', ?, ?, 0, ?, ?, 'ordinary', 'entered', ?, ?)",
            (lot, lot, lot, f"L{self.serial}", PAST, PAST, sealed, index, PAST, session),
        ).lastrowid
        run(
            f"INSERT INTO lots_gatecommand ({COMMAND_COLUMNS})"
            " VALUES (?, ?, ?, ?, ?, 'entry', 'sent', ?, ?, ?)",
            (floor_index(-self.serial).hex(), lot, lot, session, read, PAST, PAST, PAST),
        )
        run("COMMIT")
