"""Web floors: a WSGI callable as large as the first page, Django returning five bytes, and one statement.

The last takes a charge's request and sends a charge's statement, as cheaply as this server and driver can:
what no charge can go below in this form.
"""

import json
import os
import random
import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

POOL = "BENCH_POOL"  # of sessions for floors, as JSON: how many, the number of the first, lots

type Start = Callable[[str, list[tuple[str, str]]], Any]


BODY = b"hello".ljust(3_430)  # with twelve headers as large as the first page of a sign
HEADERS = [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))]
HEADERS += [(f"X-Header-{number}", "x" * 36) for number in range(10)]


def bare(_environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    start_response("200 OK", list(HEADERS))
    return [BODY]


def five_bytes(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


CHARGE_BODY = BODY[:1_700]
CHARGE_HEADERS = [("Content-Length", str(len(CHARGE_BODY))), *HEADERS[2:]]


def statement() -> Any:
    """Return a WSGI application that reads a body, runs the statement of a charge, and answers the same."""
    import django

    django.setup()  # the statement is made of the product's models
    from benchmarks.data import floor_index

    pool, first, lots = json.loads(os.environ[POOL])
    on_postgresql = os.environ["DATABASE_URL"].startswith("postgresql")
    run = _on_postgresql() if on_postgresql else _on_sqlite()

    def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        number = random.randrange(pool)
        run(1 + (first + number) % lots, floor_index(number))
        start_response("200 OK", list(CHARGE_HEADERS))
        return [CHARGE_BODY]

    return application


def _on_postgresql() -> Callable[[int, bytes], object]:
    from benchmarks.floors import charge_sql

    sql = charge_sql("$1::bigint", "$2::bytea", "now()", "now() - interval '15 minutes'").encode()
    here = threading.local()

    def run(lot: int, index: bytes) -> object:
        if not hasattr(here, "connection"):
            here.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
            here.connection.pgconn.prepare(b"charge", sql)
        found = here.connection.pgconn.exec_prepared(b"charge", [b"%d" % lot, index], [0, 1])
        if not found.ntuples:
            raise RuntimeError(found.error_message)
        return found.get_value(0, 0)

    return run


def _on_sqlite() -> Callable[[int, bytes], object]:
    from benchmarks.floors import PRAGMAS, charge_sql

    sql, at = charge_sql("?1", "?2", "?3", "?4"), str(datetime.now(UTC).replace(tzinfo=None))
    here = threading.local()

    def run(lot: int, index: bytes) -> object:
        if not hasattr(here, "connection"):
            here.connection = sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
            for pragma in PRAGMAS:
                here.connection.execute(f"PRAGMA {pragma}")
        return here.connection.execute(sql, (lot, index, at, at)).fetchone()

    return run


urlpatterns = [path("", five_bytes)]


def django() -> Any:
    """Return the product's WSGI application, middleware included, with `five_bytes` as its only view."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.floor_settings"
    return get_wsgi_application()
