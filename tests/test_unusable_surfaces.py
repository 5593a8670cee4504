"""A database that ends statements, is full, starting or locked: each surface says when to ask again."""

import errno
import os
from collections.abc import Callable
from contextlib import contextmanager
from math import inf
from typing import Any

import psycopg
import pytest
from django.core.files import uploadedfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InternalError, OperationalError, connection
from django.test import Client
from django.utils.timezone import now

from payments.models import Payment
from staff.models import Role
from tests.devices.callers import alarm, call, poll, push, read
from tests.driver.conftest import (  # noqa: F401 - fixtures
    PLATE,
    budget,
    charge_of,
    clock,
    held_caches,
    mall,
    parked,
    static_root,
    text,
)
from tests.factories import make_device, make_person, signed_in
from tests.look_here import probe_here
from tests.lots.systems.linked import lot_in_front_of
from tests.lots.systems.simulated import vendor_named
from tests.payments.conftest import channel, fakes  # noqa: F401 - fixtures
from tests.test_database_outage import error_of

CAUSES = {
    "statement time-out": (OperationalError, psycopg.errors.QueryCanceled),
    "lock time-out": (OperationalError, psycopg.errors.LockNotAvailable),
    "disk full": (OperationalError, psycopg.errors.DiskFull),
    "starting": (OperationalError, psycopg.errors.CannotConnectNow),
    "read-only": (InternalError, psycopg.errors.ReadOnlySqlTransaction),
}


@contextmanager
def every_statement_fails(cause):
    def fail(*_: Any) -> None:
        raise error_of(*CAUSES[cause])

    with connection.execute_wrapper(fail):
        yield


@pytest.fixture
def requests(mall, parked, channel) -> dict[str, Callable[[], Any]]:  # noqa: F811 - fixtures
    """One request of each kind, by its name."""
    browser, page = Client(raise_request_exception=False), text(mall.search())
    mall.browser = browser
    charge = charge_of(page)
    mall.pay(page)
    payment, api = Payment.objects.get(), make_device(mall.lot, "entry", make="api")
    paid = channel.pay(payment.number).number
    in_front = lot_in_front_of(vendor_named("aike"))
    console = signed_in(make_person(Role.OWNER, lot=mall.lot))
    console.raise_request_exception = False
    lot = f"/lot/{mall.lot.slug}"
    return {
        "look-up": lambda: mall.submit(f"/p/{mall.pure.code}", plate=PLATE),
        "lane code": lambda: mall.get(f"/p/{mall.exit_sign.code}"),
        "fee": lambda: mall.get(charge),
        "pay": lambda: mall.submit(f"{charge}/pay", channel="fake"),
        "coupon": lambda: mall.submit(f"{charge}/coupon", coupon="ABCD2345"),
        "status": lambda: mall.get(f"/t/{payment.token}"),
        "state": lambda: mall.get(f"/t/{payment.token}/state"),
        "once more": lambda: mall.submit(f"/t/{payment.token}/pay", way="new"),
        "receipt": lambda: mall.submit("/r", code="A" * 12),
        "data request": lambda: mall.submit("/r/data", code="A" * 12),
        "price": lambda: mall.get(f"{lot}/tariff"),
        "privacy": lambda: mall.get(f"{lot}/privacy"),
        "facts": lambda: mall.get(f"{lot}/facts.json"),
        "arrears": lambda: mall.get(f"{lot}/pay"),
        "channel notice": lambda: browser.post("/n/fake/m1", paid, "text/plain"),
        "system notice": lambda: browser.post(f"/v/{in_front.slug}", b"{}", "application/json"),
        "camera": lambda: push(mall.entry, alarm(mall.entry, now())),
        "camera's poll": lambda: poll(mall.entry, "comet"),
        "device read": lambda: call(api, "reads", read(now())),
        "device commands": lambda: call(api, "commands", method="GET"),
        "console": lambda: console.get("/console/payments"),
        "member": lambda: browser.get(f"/member/{mall.lot.slug}"),
        "readyz": lambda: browser.get("/readyz"),
    }


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.django_db(transaction=True)
def test_unusable_surface_sends_retry_after(requests, cause, monkeypatch):
    probe_here(monkeypatch, schema=False, written_at=-inf)
    found = {}
    with every_statement_fails(cause):
        for name, ask in requests.items():
            answer = ask()
            found[name] = (answer.status_code, int(answer.headers.get("Retry-After", 0)) > 0)
            assert PLATE not in answer.content.decode()
    assert found == dict.fromkeys(requests, (503, True))


@pytest.mark.parametrize("checks_csrf", [True, False], ids=["read by middleware", "read by the view"])
@pytest.mark.django_db
def test_full_disk_refuses_an_upload(mall, monkeypatch, settings, checks_csrf):  # noqa: F811 - a fixture
    """A large file is written to the disk before its view is asked."""

    def is_full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    settings.SUPPORT_PHONE = "021-5555 0199"
    monkeypatch.setattr(uploadedfile.tempfile, "NamedTemporaryFile", is_full)
    client = signed_in(make_person(Role.OWNER, lot=mall.lot))
    client.raise_request_exception = False
    client.handler.enforce_csrf_checks = checks_csrf
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    photo = SimpleUploadedFile("sign.png", b"x" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE + 1))
    answer = client.post("/console/selfchecks/other", {"photo": photo})
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "磁盘已满" in answer.content.decode()
    assert "021-5555 0199" in answer.content.decode()


@pytest.mark.django_db
def test_log_names_cause_of_outage(mall, parked, caplog):  # noqa: F811 - fixtures
    with every_statement_fails("lock time-out"):
        assert mall.submit(f"/p/{mall.pure.code}", plate=PLATE).status_code == 503
    (entry,) = [record.msg for record in caplog.records if record.name == "database"]
    assert (entry["event"], entry["error"], entry["code"]) == ("database_away", "LockNotAvailable", "55P03")
    assert PLATE not in caplog.text
