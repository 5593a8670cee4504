"""Slow, deep and strange requests cost little, and no proxy is needed for that."""

import io
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client

from config import slow_clients
from config.slow_clients import BodyLimits, limited
from core import shallow_json
from lots.plates import parse
from payments.checkout import settle
from tests.factories import NOON, see
from tests.payments.conftest import channel
from tests.payments.payment_steps import look_up, start_paying
from tests.test_outside import wait_until

__all__ = ["channel"]

LEAVING = NOON + timedelta(minutes=61)


class Stalled:
    """A body of which no byte comes until it is let go."""

    def __init__(self):
        self.go = threading.Event()

    def read(self, size=-1):
        self.go.wait(20)
        return b""


def address_of(environ):
    return environ["REMOTE_ADDR"]


def reads_body(environ, _start):
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(10)
    return [b"ok"]


def request(application, body, *, method="POST", client="10.0.0.1"):
    environ = {"REQUEST_METHOD": method, "wsgi.input": body, "REMOTE_ADDR": client}
    return application(environ, lambda *_: None)


@pytest.fixture
def stalled():
    """Bodies that never come, in threads of their own; yields how to start them and what they are told."""
    body, told, threads = Stalled(), [], []

    def start(application, clients):
        def send(client):
            try:
                request(application, body, client=client)
            except OSError as error:
                told.append(type(error))

        for client in clients:
            threads.append(threading.Thread(target=send, args=[client]))
            threads[-1].start()

    yield start, told
    body.go.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    ("clients", "most"), [(["10.0.0.1"] * 6, 2), ([f"10.0.0.{number}" for number in range(6)], 3)]
)
def test_stalled_bodies_hold_few_threads(stalled, clients, most):
    start, told = stalled
    application = limited(reads_body, client_of=address_of, limits=BodyLimits(reading=3, per_client=2))
    start(application, clients)
    wait_until(lambda: len(told) == 6 - most)
    assert request(application, None, method="GET") == [b"ok"]
    for number in range(20):
        assert request(application, io.BytesIO(b"x"), client=f"10.0.1.{number}") == [b"ok"]


def test_stalled_body_is_given_up(stalled, monkeypatch):
    start, told = stalled
    monkeypatch.setattr(slow_clients, "SECONDS", 0.1)
    start(limited(reads_body, client_of=address_of), ["10.0.0.1"])
    wait_until(lambda: told == [TimeoutError])


def test_given_up_body_takes_no_other_place(stalled):
    """A view that reads again after the fault, as Django's do."""
    start, told = stalled

    def reads_twice(environ, _start):
        with suppress(OSError):
            environ["wsgi.input"].read(10)
        environ["wsgi.input"].read(10)
        return [b"ok"]

    start(limited(reads_twice, client_of=address_of, limits=BodyLimits(reading=1)), ["10.0.0.1", "10.0.0.2"])
    wait_until(lambda: told == [TimeoutError])


def test_broken_body_is_reported():
    class Broken:
        def read(self, _size):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        request(limited(reads_body, client_of=address_of), Broken())


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("text", [str, str.encode])
def test_deep_json_is_refused(opening, text):
    began = time.process_time()
    with pytest.raises(ValueError, match="deep"):
        shallow_json.loads(text(opening * 50_000))
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "' + "[" * 500 + '"}',
        "[" * 32 + "]" * 32,
        "[" + ",".join(["[]"] * 500) + "]",
        r'["\"[[", "[[\\"]',
    ],
)
def test_brackets_that_are_not_deep_are_read(text):
    assert shallow_json.loads(text) is not None


def test_utf16_bombs_are_refused():
    with pytest.raises(ValueError, match="deep"):
        shallow_json.loads(("[" * 50_000).encode("utf-16"))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/p/XXXX", "/console/login", "/nowhere", "/r"])
def test_foreign_host_is_refused(path):
    assert Client(headers={"host": "evil.example"}).get(path).status_code == 400


@pytest.mark.parametrize("path", ["/healthz"])
def test_probe_may_come_by_address(path):
    assert Client(headers={"host": "10.1.2.3"}).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/nowhere"])
def test_server_header_names_nothing(path):
    assert Client().get(path)["Server"] == ""


@pytest.mark.django_db
def test_payment_is_not_older_than_its_order(lot, entry, channel):
    see(entry, "沪A12345", NOON)
    payment = start_paying(look_up(lot=lot, plate=parse("沪A12345"), at=LEAVING), at=LEAVING)
    channel.pay(payment.number)
    statement = channel.statement(payment.number, at=NOON - timedelta(days=9000))
    settle(statement, cause="notice", at=LEAVING + timedelta(seconds=5))
    payment.refresh_from_db()
    assert payment.paid_at == payment.created_at == LEAVING
