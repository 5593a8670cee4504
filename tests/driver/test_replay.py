"""Answers that are replayed before Django are, byte for byte, those of the view."""

import threading

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import OperationalError, close_old_connections
from django.test import RequestFactory

from config import replay
from config.replay import Look, PageReplay
from driver import page_cache
from lots import changes
from lots.changes import FactsStamp
from lots.models import Lot
from lots.sign_register import revoke
from tests.factories import NOON


class Server:
    """A WSGI server around an application, which counts what reaches Django."""

    def __init__(self, stamp):
        self.django, self.reached = WSGIHandler(), 0
        self.stamp, self.is_away = stamp, False
        self.replay = PageReplay(self._counted, stamp, self._look)

    def _counted(self, environ, start_response):
        self.reached += 1
        return self.django(environ, start_response)

    def _look(self):
        """Look in the test's own thread, which alone sees its transaction."""
        try:
            return None if self.is_away else self.stamp.current()
        except OperationalError:
            return None

    def ask(self, application, path, method="get", **headers):
        sent = []
        environ = getattr(RequestFactory(), method)(path, headers=headers).environ
        body = application(environ, lambda *head: sent.append(head))
        return (*sent[0], b"".join(body))

    def get(self, path, **headers):
        return self.ask(self.replay, path, **headers)


@pytest.fixture
def seconds(monkeypatch):
    seconds = [0.0]
    stamp = FactsStamp(clock=lambda: seconds[0])
    monkeypatch.setattr(page_cache, "STAMP", stamp)
    for name in ("SIGNS", "ROWS"):  # which share a stamp: the facts of a sign are made from its row
        monkeypatch.setattr(page_cache, name, page_cache.PageCache(stamp=stamp))
    return seconds


@pytest.fixture
def server(mall, seconds):
    """A server that keeps the test's transaction open between requests, as Django's own test client does."""
    request_started.disconnect(close_old_connections)
    yield Server(page_cache.STAMP)
    request_started.connect(close_old_connections)


@pytest.fixture
def path(mall):
    return f"/p/{mall.pure.code}"


@pytest.mark.parametrize("encoding", ["", "gzip", "gzip, deflate, br", "br;q=0, gzip"])
@pytest.mark.parametrize("end", ["", "/hant", "/en"])
def test_replay_equals_view(server, path, encoding, end):
    first = server.get(path + end, accept_encoding=encoding)
    again = server.get(path + end, accept_encoding=encoding)
    assert server.reached == 1
    assert first == again == server.ask(server.django, path + end, accept_encoding=encoding)
    assert first[0] == "200 OK"


def test_replay_refuses_a_foreign_host(server, path):
    assert server.get(path)[0] == server.get(path)[0] == "200 OK"
    for host in ("evil.example", "testserver.evil.example", "testserver:99@evil.example"):
        assert server.get(path, host=host)[0] == "400 Bad Request"
    assert server.get(path)[0] == "200 OK"


def test_replayed_304_equals_view(server, path):
    tag = dict(server.get(path, accept_encoding="br")[1])["ETag"]
    known = {"accept_encoding": "br", "if_none_match": f'"x", W/{tag}'}
    first, again = server.get(path, **known), server.get(path, **known)
    assert first == again == server.ask(server.django, path, **known)
    assert first[0] == "304 Not Modified"
    assert first[2] == b""
    assert server.reached == 2


def test_foreign_tag_gets_whole_page(server, path):
    whole = server.get(path)
    assert server.get(path, if_none_match='"other"') == whole


def test_https_is_replayed_apart(server, path, settings):
    settings.TRUSTED_PROXIES = 1
    plain = dict(server.get(path, x_forwarded_proto="http")[1])
    secure = dict(server.get(path, x_forwarded_proto="https")[1])
    assert "Strict-Transport-Security" not in plain
    assert secure["Strict-Transport-Security"]
    assert dict(server.get(path, x_forwarded_proto="http")[1]) == plain


def test_revoked_sign_is_gone_within_three_seconds(server, path, mall, seconds):
    server.get(path)
    revoke(mall.pure, at=NOON)
    assert changes.REFRESH <= 3
    seconds[0] = changes.REFRESH
    assert server.get(path)[0] == "410 Gone"
    assert server.get(path)[0] == "410 Gone"


def test_change_of_lot_is_seen(server, path, seconds):
    server.get(path)
    Lot.objects.update(name="新广场")
    seconds[0] = changes.REFRESH
    assert "新广场" in server.get(path)[2].decode()
    assert "新广场" in server.get(path)[2].decode()


def test_other_lots_change_keeps_bytes(server, path, seconds, monkeypatch):
    first = server.get(path)
    Lot.objects.create(operator=Lot.objects.get().operator, slug="other", name="B", kind=Lot.Kind.MALL)
    seconds[0] = changes.REFRESH
    monkeypatch.setattr("driver.plate.cached_page", None)  # would fail if it were made again
    assert server.get(path) == first


def test_replay_asks_no_database(server, path, django_assert_num_queries):
    server.get(path)
    with django_assert_num_queries(0):
        server.get(path)
    assert server.reached == 1


@pytest.mark.parametrize("method", ["head", "post"])
def test_other_methods_reach_the_view(server, path, method):
    server.get(path)
    server.ask(server.replay, path, method=method)
    assert server.reached == 2


def test_exit_lane_is_never_replayed(server, mall):
    for _ in range(2):
        server.get(f"/p/{mall.exit_sign.code}")
    assert server.reached == 2


def test_failure_is_never_replayed(server):
    for _ in range(2):
        assert server.get("/p/FALSE")[0] == "404 Not Found"
    assert server.reached == 2


def test_fee_script_is_replayed(server, path):
    server.get(path)
    first = server.get("/fee", accept_encoding="br")
    assert server.get("/fee", accept_encoding="br") == first
    assert server.reached == 2


def test_full_store_starts_again(server, path, monkeypatch):
    monkeypatch.setattr("config.replay.MOST", 1)
    for _ in range(2):
        server.get(path)
        server.get(path + "/en")
    assert server.reached == 4


def test_page_stands_while_database_is_away(server, path, seconds):
    page = server.get(path)
    seconds[0], server.is_away = 3600.0, True
    assert server.get(path) == page
    assert server.reached == 1


def test_page_is_current_when_database_is_back(server, path, mall, seconds):
    server.get(path)
    seconds[0], server.is_away = 3600.0, True
    revoke(mall.pure, at=NOON)
    assert server.get(path)[0] == "200 OK"
    server.is_away = False
    assert server.get(path)[0] == "410 Gone"


def test_look_waits_for_no_hanging_database():
    stamp, hangs = FactsStamp(), threading.Event()
    stamp._read = lambda: hangs.wait(60)
    look = Look(stamp)
    try:
        assert look() is None  # although the database has not answered
        assert not hangs.is_set()
        assert sum(thread.name == "stamp" for thread in threading.enumerate()) == 1
        assert look() is None
        assert sum(thread.name == "stamp" for thread in threading.enumerate()) == 1
    finally:
        hangs.set()


def test_failed_look_is_not_waited_for_again(monkeypatch):
    stamp, asked = FactsStamp(), []

    def fail():
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(replay, "LOOK_SECONDS", 30)
    stamp._read = fail
    look = Look(stamp)
    assert look() is None
    hangs = threading.Event()
    stamp._read = lambda: hangs.wait(60)
    try:
        assert look() is None  # at once: else this test takes half a minute
        assert not hangs.is_set()
    finally:
        hangs.set()
    assert asked == [1]
