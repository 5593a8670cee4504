"""Slow, deep and strange requests cost little, and no proxy is needed for that."""

import io
import threading
import time
from datetime import timedelta

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client, RequestFactory

from config.content_types import plain, plain_types
from config.hot_requests import HotRequests
from config.slow_clients import LEFT_UNREAD, BodyLimits, limited
from core import shallow_json
from core.body_length import announced_length
from lots.plates import parse
from payments.settling import settle
from tests.factories import NOON, see
from tests.payments.conftest import channel
from tests.payments.payment_steps import look_up, start_paying

__all__ = ["channel"]

LEAVING = NOON + timedelta(minutes=61)


class Stalled:
    """A body of which no byte comes until it is let go."""

    def __init__(self):
        self.go = threading.Event()

    def read(self, size=-1):
        self.go.wait(20)
        return b""


def reads_body(environ, _start):
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(10)
    return [b"ok"]


def request(application, body, *, method="POST", client="10.0.0.1"):
    environ = {"REQUEST_METHOD": method, "wsgi.input": body, "REMOTE_ADDR": client}
    return application(environ, lambda *_: None)


@pytest.mark.parametrize(("behind_proxy", "most"), [(True, 3), (False, 2)])
def test_stalled_bodies_hold_few_threads(behind_proxy, most):
    application = limited(reads_body, behind_proxy=behind_proxy, limits=BodyLimits(reading=3, per_client=2))
    body, refused = Stalled(), []

    def send():
        try:
            request(application, body)
        except OSError:
            refused.append(1)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 10
    while len(refused) < 6 - most and time.monotonic() < end:
        time.sleep(0.01)
    assert len(refused) == 6 - most
    assert request(application, body, method="GET") == [b"ok"]
    body.go.set()
    for thread in threads:
        thread.join()
    assert request(application, io.BytesIO(b"x")) == [b"ok"]


def refuses(environ, _start):
    environ["wsgi.input"].read(3)
    return [b"no"]


@pytest.mark.parametrize(
    ("behind_proxy", "length", "is_read"),
    [
        (True, 60_000, True),
        (True, 300_000, True),
        (True, LEFT_UNREAD + 4, False),
        (True, "", False),
        (True, "²", False),
        (False, 60_000, False),  # the client may send the rest slowly, or never
    ],
)
def test_proxy_may_keep_its_connection(behind_proxy, length, is_read):
    body = io.BytesIO(b"x" * 400_000)
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": body, "CONTENT_LENGTH": str(length)}
    application = limited(refuses, behind_proxy=behind_proxy)
    assert application(environ, lambda *_: None) == [b"no"]
    assert body.tell() == (length if is_read else 3)


@pytest.mark.parametrize("behind_proxy", [True, False])
def test_body_cut_short_is_unreadable(behind_proxy):
    """A console's `amount=1` may have been `amount=100`."""
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"amount=1"), "CONTENT_LENGTH": "10"}
    with pytest.raises(ConnectionError):
        limited(reads_body, behind_proxy=behind_proxy)(environ, lambda *_: None)


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
    refused = Client(headers={"host": "evil.example"}).get(path)
    assert (refused.status_code, refused.headers.get("X-Content-Type-Options")) == (400, "nosniff")


@pytest.mark.parametrize("path", ["/healthz"])
def test_probe_may_come_by_address(path):
    assert Client(headers={"host": "10.1.2.3"}).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/nowhere"])
def test_server_header_names_nothing(path):
    assert Client().get(path)["Server"] == ""


STRANGE_TYPES = [
    *(f"text/plain; charset={name}" for name in ("gbk", "utf-16", "rot13", "base64", "punycode", "utf8")),
    "text/plain; charset*=rot13''%FF",
    "multipart/form-data; charset*=nope''%FF; boundary=x",
]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STRANGE_TYPES)
@pytest.mark.parametrize("path", ["/p/XXXX", "/console/login", "/n/fake/m1", "/nowhere"])
def test_strange_content_type_is_answered(kind, path):
    """Django raises for these while it makes the request, outside of all that answers."""
    statuses = []
    environ = RequestFactory().generic("POST", path, b"a=1", content_type="text/plain").environ
    environ |= {"QUERY_STRING": "a=%ff&" * 1200, "CONTENT_TYPE": kind}
    serve = plain_types(HotRequests(get_wsgi_application()))
    assert list(serve(environ, lambda status, _: statuses.append(int(status[:3])))) is not None
    assert 400 <= statuses[0] < 500


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        *((usual, usual) for usual in ("", "text/plain", "application/json; charset=utf-8")),
        *((f"multipart/form-data; boundary={b}",) * 2 for b in ("x", "----WebKitFormBoundaryAb1", "=_a.b:c")),
        (
            "application/x-www-form-urlencoded;charset=UTF-8",
            "application/x-www-form-urlencoded;charset=UTF-8",
        ),
        ("application/x-www-form-urlencoded; charset=utf8", "application/x-www-form-urlencoded"),
        ('multipart/form-data; charset=gbk; boundary="a b"', 'multipart/form-data; boundary="a b"'),
        ("multipart/form-data; boundary*=nope''%FF", "multipart/form-data"),
    ],
)
def test_content_type_is_plain(sent, read):
    assert plain(sent) == read


NO_LENGTHS = ["+5", "-1", "1_0", "٣", "5,5", "1e3", "x", "9" * 5000]


@pytest.mark.parametrize(("sent", "length"), [("5", 5), ("", 0), *((text, None) for text in NO_LENGTHS)])
def test_announced_length_is_plain_digits(sent, length):
    assert announced_length({"CONTENT_LENGTH": sent}) == length


@pytest.mark.django_db
@pytest.mark.parametrize("length", NO_LENGTHS)
@pytest.mark.parametrize(
    "path", ["/p/XXXX", "/pay/XXXX", "/console/login", "/n/fake/m1", "/v/x", "/d/a/b/push", "/api/v1/reads"]
)
def test_strange_length_is_answered(length, path):
    statuses = []
    environ = RequestFactory().generic("POST", path, b"a=1", content_type="text/plain").environ
    environ["CONTENT_LENGTH"] = length
    serve = limited(plain_types(HotRequests(get_wsgi_application())), behind_proxy=True)
    assert list(serve(environ, lambda status, _: statuses.append(int(status[:3])))) is not None
    assert 400 <= statuses[0] < 500


@pytest.mark.django_db
def test_payment_is_not_older_than_its_order(lot, entry, channel):
    see(entry, "沪A12345", NOON)
    payment = start_paying(look_up(lot=lot, plate=parse("沪A12345"), at=LEAVING), at=LEAVING)
    channel.pay(payment.number)
    statement = channel.statement(payment.number, at=NOON - timedelta(days=9000))
    settle(statement, cause="notice", at=LEAVING + timedelta(seconds=5))
    payment.refresh_from_db()
    assert payment.paid_at == payment.created_at == LEAVING
