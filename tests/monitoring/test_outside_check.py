"""The check from outside, against real sockets, files and certificates."""

import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from core import service_manager
from monitoring import monitoring_jobs, outside_check
from monitoring.models import WriteProbe
from monitoring.outside_check import OutsideFinding, check_all, check_certificate, check_page, check_worker
from tests.payments.providers.test_transport import says, server

pytestmark = pytest.mark.servers


def answer(status):
    return says(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize(("status", "code"), [(200, None), (503, "database"), (500, "page"), (404, "page")])
def test_page_status_shows_cause(status, code):
    with server(answer(status)) as (url, _):
        found = check_page(f"{url}/readyz")
    assert (found.code if found else None) == code


def test_closed_port_is_found():
    assert check_page("http://127.0.0.1:1/readyz") == OutsideFinding("page", "http://127.0.0.1:1/readyz")


def test_worker_file_must_be_fresh(tmp_path):
    file = tmp_path / "beat"
    assert check_worker(file, at=now()) == OutsideFinding("worker")
    service_manager.beat(file)
    assert check_worker(file, at=now()) is None
    assert check_worker(file, at=now() + timedelta(minutes=4)) == OutsideFinding("worker")


def test_watchdog_message_reaches_socket(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        service_manager.beat(None)
        assert manager.recv(100) == b"WATCHDOG=1"


@contextmanager
def https(folder, days):
    """A TLS server on loopback with a certificate of so many days; yields its origin and its authority."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    command = ["openssl", *words.split(), "-days", str(days), "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(10)
        except OSError:
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}", certificate
    thread.join()
    listener.close()


@pytest.mark.parametrize(("days", "code"), [(60, None), (5, "certificate")])
def test_certificate_end_is_seen(tmp_path, monkeypatch, days, code):
    with https(tmp_path, days) as (origin, authority):
        trusting = ssl.create_default_context(cafile=str(authority))
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        found = check_certificate(origin, at=now())
    assert (found.code if found else None) == code


def test_untrusted_certificate_is_found(tmp_path):
    with https(tmp_path, 60) as (origin, _):
        assert check_certificate(origin, at=now()) == OutsideFinding("tls", origin)


def test_everything_well_is_nothing(tmp_path):
    service_manager.beat(tmp_path / "beat")
    with server(answer(200)) as (url, _):
        assert check_all(pages=[url], origins=["http://a"], beat_file=tmp_path / "beat", at=now()) == []


def test_every_finding_has_a_text():
    assert {OutsideFinding(code, "x").text() != "" for code in outside_check.TEXTS} == {True}


def test_command_needs_no_database(settings, tmp_path):
    settings.BEAT_FILE, settings.ORIGINS = tmp_path / "absent", []
    with pytest.raises(CommandError, match="127"):
        call_command("check_outside", "--page", "http://127.0.0.1:1/readyz", stderr=StringIO())


@pytest.mark.parametrize(
    "given",
    [f"--every={text}" for text in ("-1", "0", "nan", "inf", "1e30", "soon")]
    + [f"--page={text}" for text in ("", "http://[::1", "pay.example.cn", "http://a:99999/", "ftp://a/")],
)
def test_wrong_argument_is_refused(given):
    with pytest.raises(CommandError, match="say a"):
        call_command("check_outside", given)


@pytest.mark.django_db
def test_heartbeat_is_called_after_a_write(settings):
    with server(answer(200)) as (url, connections):
        settings.HEARTBEAT_URL = url
        monitoring_jobs.call_heartbeat_url(now())
        assert connections == [1]
    assert WriteProbe.objects.count() == 1
