"""What the tests need to run on both engines, side by side, and in a browser."""

import gc
import os
import sqlite3
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from console import attention
from core import budget, outside, transport
from driver import page_cache
from lots import pricing
from lots.models import Device, Lot
from payments.channel_health import HEALTH
from tests import migrated
from tests.effort import EFFORT
from tests.factories import make_device, make_lot
from tools import machine

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Quiet, and no business of its own on the network; root has no sandbox to give it.
CHROMIUM_WORDS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# No clock fails a test: neither one that takes long on a busy machine nor slow random cases. No luck does
# either: the same cases are drawn each time, and others with more effort.
hypothesis_settings.register_profile(
    "any machine", deadline=None, derandomize=EFFORT <= 1, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")

SHELVES = (page_cache.SIGNS, page_cache.ROWS, page_cache.TARIFFS, page_cache.PRIVACY, page_cache.DOCUMENTS)
# Fixtures that open one. Not `django_db_blocker`: pytest-django has every test ask for it.
DATABASES = {"db", "transactional_db", "live_server", "world"}
SERVERS = {"sandbox_process", "sandbox_server"}
STARTED = {"subprocess.Popen", "os.fork", "os.posix_spawn", "socket.bind"}
# Words, rights, forms, files and what another side's system answers are the same on each engine. What is
# marked `both_engines` is not: lists, sums, races, raw SQL, and one visit to every page as an owner.
ONE_ENGINE = tuple(
    str(Path(__file__).parent / name)
    for name in (
        *("compliance/", "console/", "driver/", "members/", "selfcheck/"),
        *("lots/signs/", "lots/systems/", "lots/test_lot_document.py", "devices/test_vzenith_views.py"),
        *("monitoring/test_sso.py", "payments/test_live_channels.py"),
        "payments/reconciliation/test_pages.py",
    )
)
# Their queries are those of other tests that run there, so that PostgreSQL has them with more EFFORT only.
REPEATED = tuple(
    str(Path(__file__).parent / name)
    for name in (
        *("console/test_header.py", "console/test_list_pages.py", "console/test_session_days.py"),
        *("console/test_time_order.py", "members/test_malformed_member_forms.py"),
        "payments/reconciliation/test_bills.py",
        *(
            "payments/test_switched_systems.py",
            "payments/test_system_lists.py",
            "driver/test_wechat_return.py",
        ),
        *("devices/test_openapi.py", "test_surfaces.py", "test_money_privacy.py", "test_invoice_privacy.py"),
        "test_in_front_privacy.py",
    )
)
# They wait for browsers and processes: begun last, they would keep all other workers waiting.
LONGEST = tuple(
    str(Path(__file__).parent / name)
    for name in (
        *(f"selfcheck/test_{name}.py" for name in ("hostile", "keyboards", "own_page", "untested", "ways")),
        *("kills/", "browser/test_staging_walk.py", "benchmarks/"),
    )
)


@receiver(connection_created)
def reverse_unordered_rows(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Return rows without an ORDER BY in reverse on SQLite: PostgreSQL changes their order, but seldom."""
    if connection.vendor == "sqlite":
        connection.connection.execute("PRAGMA reverse_unordered_selects=ON")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unit", action="store_true", help="only tests without a database, process or server")


@pytest.hookimpl(trylast=True)  # others sort the tests by what they do to the database
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the longest first; on PostgreSQL only what may differ there. With `--unit`, run what needs only
    this process."""
    items.sort(key=lambda item: not str(item.path).startswith(LONGEST))
    if config.getoption("--unit"):
        sys.addaudithook(refuse_servers)
        chosen = [not needs_database(item) and not needs_servers(item) for item in items]
    elif settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        chosen = [engine_matters(item) for item in items]
    else:
        return
    config.hook.pytest_deselected(items=[item for item, keep in zip(items, chosen, strict=True) if not keep])
    items[:] = [item for item, keep in zip(items, chosen, strict=True) if keep]


def pytest_collectstart() -> None:
    """Collect no garbage while tests are collected: all that is made then lives as long as the run."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Have the collector pass over what lives as long as the run: thousands of tests and all modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()


def needs_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or bool(fixtures(item) & DATABASES)


def needs_servers(item: pytest.Item) -> bool:
    return item.get_closest_marker("servers") is not None or bool(fixtures(item) & SERVERS)


def refuse_servers(event: str, _: tuple[Any, ...]) -> None:
    if event in STARTED and os.environ.get("PYTEST_CURRENT_TEST"):
        pytest.fail("This test starts a process or a server: mark it `servers`.")


def engine_matters(item: pytest.Item) -> bool:
    if not needs_database(item) or item.get_closest_marker("sqlite"):
        return False
    if item.get_closest_marker("postgresql") or commits(item):
        return True
    if str(item.path).startswith(REPEATED) and EFFORT <= 1:
        return False
    return bool(item.get_closest_marker("both_engines")) or not str(item.path).startswith(ONE_ENGINE)


def commits(item: pytest.Item) -> bool:
    """Return whether the test has real transactions, as a race has."""
    mark = item.get_closest_marker("django_db")
    return "transactional_db" in fixtures(item) or bool(mark and mark.kwargs.get("transaction"))


def fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session", autouse=True)
def _flush_empties_what_was_filled() -> Iterator[None]:
    """After a test with real transactions, delete the rows of the few tables that have some.

    Booked rows refuse a DELETE; a TRUNCATE of all tables takes PostgreSQL half a second.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", _deletions)
        if connection.vendor == "sqlite":
            patch.setattr(type(connection.ops), "execute_sql_flush", _execute_without_triggers)
        yield


def _deletions(self: Any, _style: Any, tables: list[str], **_options: Any) -> list[str]:
    found = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables)
    with self.connection.cursor() as cursor:
        cursor.execute(found)
        deletions = [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]
    if self.connection.vendor == "sqlite":
        return deletions
    role = "SET LOCAL session_replication_role"  # no triggers: neither those of booked rows nor foreign keys
    return [f"{role} = replica", *deletions, f"{role} = DEFAULT"] if deletions else []


def _execute_without_triggers(self: Any, sql_list: list[str]) -> None:
    switch = self.connection.connection.setconfig
    switch(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    try:
        BaseDatabaseOperations.execute_sql_flush(self, sql_list)
    finally:
        switch(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, True)


@pytest.fixture(scope="session", autouse=True)
def _flush_makes_no_permissions() -> Iterator[None]:
    """After each test with real transactions Django would fill tables again that this product never reads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_at_once() -> Iterator[None]:
    """A hash as strong as production's takes a quarter of a second of processor time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _private_keys_are_checked_once() -> Iterator[None]:
    """Checking the primes of an RSA key takes a twentieth of a second, at each reading of the settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_pem_private_key", "load_der_private_key"):
            patch.setattr(serialization, name, lru_cache(getattr(serialization, name)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _authorities_are_read_once() -> Iterator[None]:
    """Each transport reads the system's certificates, which takes as long as a simple test."""
    read = transport._tls
    kept = lru_cache(lambda _file, certificates: read(certificates))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            transport, "_tls", lambda certificates="": kept(os.environ.get("SSL_CERT_FILE"), certificates)
        )
        yield


@pytest.fixture(autouse=True)
def _nothing_kept_of_another_test() -> None:
    """Empty what the product keeps in memory by ids and addresses, which a later test is given again."""
    pricing.clear_parsed()
    for cache in SHELVES:
        cache.clear()
    for codes in (budget.RECEIPTS, budget.COUPONS):
        codes._spent.clear()
    HEALTH.forget()
    outside.LIMITS.forget()
    attention.forget()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite in a file, which the threads of a race share; every worker has its own.

    No test crashes the machine, so nothing waits for the disk. It begins as a copy of a migrated
    database where there is one (tests/migrated.py).
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        folder = tmp_path_factory.mktemp("database")
        database.setdefault("TEST", {})["NAME"] = str(folder / "tests.sqlite3")
        options = database["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
        creation: Any = connection.creation
        create = creation._create_test_db

        def create_migrated(*args: Any) -> Any:
            name = create(*args)
            migrated.fill(Path(name))
            return name

        creation._create_test_db = create_migrated
    else:  # a race has a connection for each of its threads
        database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 16}
        database.setdefault("TEST", {})["TEMPLATE"] = migrated.TEMPLATE or None
    request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let PostgreSQL drop the test database although a thread of some test died with its connection."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            connection.close()  # a test may have ended it on the server
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture
def lot() -> Lot:
    return make_lot()


@pytest.fixture
def entry(lot: Lot) -> Device:
    return make_device(lot, "entry")


@pytest.fixture
def way_out(lot: Lot) -> Device:
    return make_device(lot, "exit")


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """A real browser; open a page of its own in each test: `chromium.new_page()`."""
    from playwright.sync_api import expect, sync_playwright

    # Playwright runs an event loop in this thread, which Django takes for an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=120_000)  # milliseconds until it fails, not how long it takes
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.CHROMIUM.bring(), args=CHROMIUM_WORDS)
        yield browser
        browser.close()
