"""A database that is away, read-only, locked or restarted: every surface answers, and soon."""

import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from math import inf
from typing import Any

import psycopg
import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
)
from django.test import Client
from django.utils.timezone import now

from config import env, health_probes
from config.background_look import BackgroundLook
from core import database, schema_gate
from core.postgresql import base
from core.postgresql.base import DatabaseWrapper
from devices.vzenith import camera_views
from lots.models import ParkingSession
from tests.devices.callers import PLATE, alarm, call, opens, poll, push
from tests.factories import make_device, see
from tests.look_here import probe_here

ON_BOTH = pytest.mark.django_db(transaction=True)
AWAY = "postgresql://nobody:x@127.0.0.1:1/nothing"


def error_of(kind, cause):
    error = kind("x")
    error.__cause__ = cause()
    return error


@pytest.mark.parametrize(
    ("error", "is_unusable"),
    [
        (error_of(OperationalError, psycopg.errors.AdminShutdown), True),
        (error_of(OperationalError, psycopg.errors.CannotConnectNow), True),
        (error_of(OperationalError, psycopg.errors.DiskFull), True),
        (error_of(OperationalError, psycopg.errors.LockNotAvailable), True),
        (error_of(OperationalError, psycopg.errors.QueryCanceled), True),
        (error_of(InternalError, psycopg.errors.ReadOnlySqlTransaction), True),
        (error_of(ProgrammingError, psycopg.errors.UndefinedTable), True),
        (error_of(ProgrammingError, psycopg.errors.UndefinedColumn), True),
        (error_of(DatabaseError, psycopg.errors.DatabaseError), False),
        (error_of(ProgrammingError, psycopg.errors.SyntaxError), False),
        (error_of(InternalError, psycopg.errors.InFailedSqlTransaction), False),
        (error_of(IntegrityError, psycopg.errors.UniqueViolation), False),
        (ValueError(), False),
    ],
    ids=lambda value: type(value.__cause__).__name__ if isinstance(value, Exception) else "",
)
def test_family_of_unusable_database(error, is_unusable):
    assert database.is_unusable(error) is is_unusable


def test_damaged_file_is_no_usable_database(tmp_path):
    (tmp_path / "file").write_text("text" * 100)
    with closing(sqlite3.connect(tmp_path / "file")) as file, pytest.raises(sqlite3.DatabaseError) as fault:
        file.execute("SELECT 1 FROM sqlite_master")
    assert database.is_unusable(error_of(DatabaseError, lambda: fault.value))


@contextmanager
def read_only():
    """Have the database refuse writes, as a standby or a full disk does."""
    on, off = (
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
        if connection.vendor == "postgresql"
        else ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)


@ON_BOTH
def test_camera_keeps_record_while_read_only(entry):
    with read_only():
        answer = push(entry, alarm(entry, now()))
        assert (answer.status_code, answer.json()) == (503, {"error": "unavailable"})
        assert int(answer["Retry-After"]) > 0
    assert opens(push(entry, alarm(entry, now())))


@ON_BOTH
def test_foreign_camera_is_refused_while_read_only(entry):
    entry.serial = "another"  # as its form says; the count of such refusals is not kept meanwhile
    with read_only():
        assert poll(entry, "comet").status_code == 403


@ON_BOTH
def test_device_api_answers_503_while_read_only(lot):
    entry = make_device(lot, "entry", make="api")
    read = {"read_id": "r" * 16, "plate": PLATE, "captured_at": now().isoformat(), "confidence": 99}
    with read_only():
        answer = call(entry, "reads", read)
    assert answer.status_code == 503
    assert answer["Retry-After"]


@ON_BOTH
def test_readyz_needs_a_write(monkeypatch):
    probe_here(monkeypatch, schema=False, written_at=-inf)
    with read_only():
        answer = Client().get("/readyz")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert Client().get("/readyz").status_code == 200


@ON_BOTH
def test_readyz_writes_once_a_second(monkeypatch, django_assert_num_queries):
    probe_here(monkeypatch, schema=True, written_at=-inf)
    monkeypatch.setattr(health_probes, "WRITE_AGAIN_SECONDS", inf)
    assert Client().get("/readyz").status_code == 200
    with django_assert_num_queries(0):
        assert Client().get("/readyz").status_code == 200


class Pool:
    """A pool of connections as `/readyz` meets it, and a database that tests let hang, fail or answer."""

    faults = 0

    def __init__(self, monkeypatch):
        self.hangs, self.is_away = threading.Event(), False
        # Its own, in which a late thread of an earlier test does not write.
        self.current = {"schema": True, "written_at": -inf}
        monkeypatch.setattr(health_probes, "_current", self.current)
        monkeypatch.setattr(health_probes, "_look", BackgroundLook("write", self.write))
        monkeypatch.setattr(health_probes, "connection", self)

    pool = True

    def connection_faults(self):
        self.faults += self.is_away
        return self.faults

    def write(self):
        assert self.hangs.wait(60)
        if self.is_away:
            raise OperationalError
        self.current["written_at"] = time.monotonic()


@pytest.fixture
def pool(monkeypatch):
    pool = Pool(monkeypatch)
    yield pool
    pool.hangs.set()


def test_readyz_answers_while_database_hangs(pool):
    assert Client().get("/readyz").status_code == 503
    assert health_probes._look.is_failing(late=health_probes.SLOW_SECONDS)  # the next waits less
    assert not pool.hangs.is_set()
    pool.hangs.set()
    health_probes._look.wait(60)
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize("is_known", [True, False])
def test_readyz_waits_less_where_database_is_away(pool, monkeypatch, is_known):
    """A pool that waits for a connection notes each try; after a failure, one answer waits no longer."""
    pool.is_away = True
    monkeypatch.setattr(health_probes, "SLOW_SECONDS", 60)  # else this test takes a minute
    if is_known:
        pool.hangs.set()
        assert Client().get("/readyz").status_code == 503
        pool.is_away = False  # no new fault
        pool.hangs.clear()
    assert Client().get("/readyz").status_code == 503


def test_readyz_waits_for_slow_database(pool, monkeypatch):
    monkeypatch.setattr(health_probes, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(health_probes, "SLOW_SECONDS", 60)
    threading.Timer(0.1, pool.hangs.set).start()
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/console/", "/console/login", "/console/health", "/console/no-such-page"])
@ON_BOTH
def test_console_names_phone_without_database(path, monkeypatch, settings):
    settings.SUPPORT_PHONE = "021-5555 0199"

    def away(*_args, **_options):
        raise OperationalError("away")

    monkeypatch.setattr(type(connections["default"]), "cursor", away)
    client = Client(raise_request_exception=False)
    client.cookies["session"] = "a" * 32
    answer = client.get(path)
    if answer.status_code == 200:  # the sign-in page asks nothing of the database
        assert path == "/console/login"
        return
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "021-5555 0199" in answer.content.decode()


def test_absent_database_is_refused_at_once(monkeypatch):
    waited, living = [], base._living
    monkeypatch.setattr(base, "_living", lambda take: waited.append(take) or living(take))
    monkeypatch.setattr(base, "AWAY_SECONDS", inf)  # all of them come before it is over
    wrapper = DatabaseWrapper({**DEFAULTS, **env.database(AWAY, "pages")}, "away")
    try:
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(OperationalError), wrapper.wrap_database_errors:
                wrapper.connect()
        assert time.monotonic() - began < 15
        assert len(waited) == 1  # for the pool; the others were refused before
    finally:
        DatabaseWrapper._away_until, DatabaseWrapper._faults_seen = 0.0, 0
        wrapper.close_pool()


DEFAULTS: dict[str, Any] = {
    "TIME_ZONE": None,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "CONN_HEALTH_CHECKS": False,
    "TEST": {},
}


def test_pages_have_short_limits():
    pages, worker = (env.database(AWAY, use)["OPTIONS"]["options"] for use in ("pages", "worker"))
    assert "lock_timeout=300" in pages
    assert "statement_timeout=1500" in pages
    assert "statement_timeout=300000" in worker
    assert "options" not in env.database(AWAY, "command")["OPTIONS"]  # PGOPTIONS of a migration counts


@pytest.mark.parametrize(
    ("process", "surfaces", "use"),
    [
        ("web", ["driver"], "pages"),
        ("web", ["console", "device"], "pages"),
        ("web", ["console"], "console"),
        ("worker", ["driver", "console"], "worker"),
        ("command", ["driver"], "command"),
    ],
)
def test_strictest_surface_sets_limits(process, surfaces, use):
    assert env.use_of_database(process, surfaces) == use


def test_deadlock_is_repeated():
    tries = []

    @database.repeated_after_deadlock
    def act():
        tries.append(1)
        if len(tries) < 3:
            raise error_of(OperationalError, psycopg.errors.DeadlockDetected)
        return "done"

    assert act() == "done"


@pytest.mark.parametrize(
    ("cause", "tries"),
    [
        (psycopg.errors.DeadlockDetected, 4),
        (psycopg.errors.LockNotAvailable, 2),
        (psycopg.errors.AdminShutdown, 1),
    ],
)
def test_repeats_end(cause, tries):
    counted = []

    @database.repeated_after_deadlock
    def act():
        counted.append(1)
        raise error_of(OperationalError, cause)

    with pytest.raises(OperationalError):
        act()
    assert len(counted) == tries


@pytest.mark.django_db
def test_schema_gate_ends_old_process(monkeypatch):
    schema_gate.check()
    monkeypatch.setattr(schema_gate, "pending_migrations", lambda: ["lots.0002_new"])
    with pytest.raises(SystemExit, match=r"lots\.0002_new"):
        schema_gate.check()


def test_schema_gate_passes_absent_database(monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(schema_gate, "pending_migrations", away)
    schema_gate.check()


def on_postgresql():
    return connection.vendor == "postgresql"


@pytest.mark.postgresql
@ON_BOTH
def test_restart_fails_no_request(entry):
    """All pooled connections are ended by the server, as by a restart; nobody notices it in between."""
    if not on_postgresql():
        return
    barrier = threading.Barrier(6)

    def hold():
        connection.ensure_connection()
        barrier.wait(10)
        connection.close()

    threads = [threading.Thread(target=hold) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(**admin()) as other:
        ended = other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert ended is not None
    assert ended[0] >= 6
    connection.close()
    time.sleep(0.2)
    answers = []
    for number in range(8):
        answers.append(push(entry, alarm(entry, now(), plate_id=number)).status_code)
        connection.close()
    assert answers == [200] * 8


def admin():
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("dbname", "user", "password", "host", "port")}


@pytest.mark.postgresql
@ON_BOTH
def test_locked_table_is_503(entry, monkeypatch):
    """The lock's time-out ends the wait, twice; it lasts 0.3 s in a process of pages (`DATABASE_LIMITS`)."""
    if not on_postgresql():
        return
    see(entry, PLATE, now())
    causes, pauses = [], []
    monkeypatch.setattr(
        camera_views,
        "is_unusable",
        lambda error: causes.append(error.__cause__) or database.is_unusable(error),
    )
    monkeypatch.setattr(database.time, "sleep", pauses.append)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 300; SET statement_timeout = 60000")
    with psycopg.connect(**admin()) as other:
        other.execute(f"LOCK TABLE {ParkingSession._meta.db_table}")
        answer = push(entry, alarm(entry, now(), plate="沪B99999", plate_id=7))
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout; RESET statement_timeout")
    assert answer.status_code == 503
    assert [type(cause) for cause in causes] == [psycopg.errors.LockNotAvailable]
    assert len(pauses) == 1


@pytest.mark.postgresql
@ON_BOTH
def test_patience_ends_with_the_connection():
    if not on_postgresql():
        return

    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    connection.close()
    connection.settings_dict["HOT"] = True
    try:
        usual = limit()
        connection.close()
        with database.patient():
            assert limit() == "30s" != usual
        connection.close()
        assert limit() == usual
    finally:
        connection.settings_dict["HOT"] = False


def test_threads_keep_own_connections(monkeypatch):
    monkeypatch.setattr(connections, "_connections", connections._connections)
    mine = connections["default"]
    database.use_plain_thread_locals()
    others = []
    other = threading.Thread(target=lambda: others.append(connections["default"]))
    other.start()
    other.join()
    assert connections["default"] is mine
    assert others[0] is not mine
