"""Receivers of alerts, texts and heartbeats that misbehave: bounded, sent again, and nothing in the log."""

import logging
import time
from datetime import timedelta

import pytest
from django.test import override_settings

from config import env
from core import outside
from core.transport import PooledTransport
from members import member_jobs, sms
from members.models import Outgoing
from monitoring import alert_delivery, monitoring_jobs, watch
from monitoring.models import AlertMessage
from tests.factories import NOON
from tests.payments.providers.test_transport import BROKEN, says, server
from tests.waiting import wait_for

pytestmark = [pytest.mark.servers, pytest.mark.django_db]
SECRETS = ("secret-key", "13800138000", "654321", "127.0.0.1", "boss@example.cn", "hunter2")
TEXT = sms.Text("13800138000", "code", "code 654321", "654321")


def answer(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, more, len(body), body)


def drips_headers(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Drop: 1\r\n")
        time.sleep(0.05)


def stays_open(connection):
    """An answer without a length ends with its connection, which stays open."""
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"errcode": 0}')
    while connection.recv(65536):  # a body may come by itself
        pass


LOST = BROKEN | {"drips headers": drips_headers, "stays open": stays_open}
REFUSING = {
    "redirect": says(answer(b"302 Found", b"", b"Location: http://127.0.0.1/elsewhere\r\n")),
    "500": says(answer(b"500 Oops", b'{"errcode": 0}')),
}
GARBAGE = {
    "garbage": says(answer(b"200 OK", b"\xff\xfe<html>secret-key")),
    "deep": says(answer(b"200 OK", b"[" * 3000)),
    "list": says(answer(b"200 OK", b"[0]")),
    "long number": says(answer(b"200 OK", b'{"errcode": ' + b"9" * 3900 + b"}")),
    "gzip": says(answer(b"200 OK", b"\x1f\x8b\x08garbage", b"Content-Encoding: gzip\r\n")),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    outside.LIMITS.forget()

    def make(kind, **_):
        return PooledTransport(kind, connect_seconds=0.3, read_seconds=0.5, max_answer=4000)

    for module in (alert_delivery, monitoring_jobs, sms):
        monkeypatch.setattr(module, "PooledTransport", make)
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 15
    assert not [word for word in SECRETS if word in caplog.text]
    monitoring_jobs._heartbeat_transport.cache_clear()


def of(receivers):
    return pytest.mark.parametrize("talk", receivers.values(), ids=receivers.keys())


@of(LOST | REFUSING | GARBAGE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_alert_is_sent_again(talk, scheme, settings):
    with server(talk) as (url, connections):
        settings.ALERT_WECOM = url.replace("http", scheme) + "/send?key=secret-key"
        watch.send("text", at=NOON)
        assert monitoring_jobs.send_alerts(NOON) == 1
        assert len(connections) == 1
    row = AlertMessage.objects.get()
    assert (row.tries, row.next_check_at, row.sent_at) == (1, NOON + timedelta(minutes=1), None)


@of(LOST | REFUSING)
def test_text_is_sent_again(talk, monkeypatch):
    with server(talk) as (url, connections):
        sender = sms.HttpSender(f"{url}/send", b"\x01" * 32)
        monkeypatch.setattr(sms, "sender", lambda: sender)
        sms.enqueue(TEXT, at=NOON, within=timedelta(minutes=5))
        assert member_jobs.send_texts(NOON) == 1
        assert len(connections) == 1
    row = Outgoing.objects.get()
    assert (row.tries, row.next_check_at) == (1, NOON + timedelta(seconds=2))


@of(LOST | REFUSING | GARBAGE)
def test_heartbeat_survives_its_receiver(talk, settings):
    with server(talk) as (url, connections):
        settings.HEARTBEAT_URL = f"{url}/ping/secret-key"
        assert monitoring_jobs.call_heartbeat_url(NOON) == 0
        assert len(connections) == 1


def mail_server(*replies):
    def talk(connection):
        for reply in replies:
            connection.sendall(reply)
            if not connection.recv(65536):
                return

    return talk


def drips_greeting(connection):
    end = time.monotonic() + 12
    while time.monotonic() < end:
        connection.sendall(b"220-x\r\n")
        time.sleep(0.05)


HELLO = (b"220 x\r\n", b"250-x\r\n250 AUTH CRAM-MD5 PLAIN LOGIN\r\n")
MAIL = {
    "hangs up": mail_server(),
    "drips": drips_greeting,
    "silent": lambda connection: connection.recv(1),
    "not SMTP": mail_server(b"HTTP/1.1 200 OK\r\n\r\n"),
    "garbage": mail_server(b"\xff\xfe\x00\r\n"),
    "huge": mail_server(b"220 " + b"x" * 2_000_000),
    "refuses": mail_server(b"554 boss@example.cn hunter2\r\n"),
    "bad challenge": mail_server(*HELLO, b"334 \xff!!x\r\n", b"334 \xff!!x\r\n", b"334 \xff!!x\r\n"),
    "odd challenge": mail_server(*HELLO, b"334 abc\r\n", b"334 abc\r\n", b"334 abc\r\n"),
    "bad password": mail_server(*HELLO, *[b"535 hunter2 boss@example.cn\r\n"] * 6),
    "ends in data": mail_server(*HELLO, b"235 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"),
}


@of(MAIL)
def test_mailed_alert_is_sent_again(talk, settings, monkeypatch):
    monkeypatch.setattr("core.mail_backend.TOTAL_SECONDS", 1.0)
    settings.ALERT_MAIL_TO = ["boss@example.cn"]
    with server(talk) as (url, _):
        address = url.replace("http://", "smtp://user:hunter2@")
        with override_settings(MAILERS=env.mail_server(address), DEFAULT_FROM_EMAIL="a@example.cn"):
            watch.send("text", at=NOON)
            assert monitoring_jobs.send_alerts(NOON) == 1
            party = outside.Party("mail", url.removeprefix("http://"))
            wait_for(lambda: outside.LIMITS.busy(party) == 0)  # its thread ends, too
    row = AlertMessage.objects.get()
    assert (row.tries, row.next_check_at, row.sent_at) == (1, NOON + timedelta(minutes=1), None)
