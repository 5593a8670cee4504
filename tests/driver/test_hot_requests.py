"""Hot requests past Django's handler get, byte for byte, the answers that Django gives."""

import json
import logging
import random
import re
import secrets
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import OperationalError, close_old_connections, transaction
from django.test import RequestFactory
from django.urls import get_script_prefix, set_script_prefix
from django.utils.timezone import now

from config.hot_requests import HotRequests
from core.client_networks import Client
from devices.request_signing import signed_headers
from driver import page_cache
from driver import plate as plate_view
from driver.sign_page import facts_behind
from lots import lookup_budget, permits
from lots.lookup_budget import LookupBudget
from lots.models import Device, Lot, PlateRead, Sign
from lots.plates import parse
from payments import charges, outstanding
from tests.devices.callers import address, alarm, read, secret_of
from tests.driver.conftest import PLATE
from tests.effort import cases
from tests.factories import NOON, make_device, see
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tests.payments.payment_steps import look_up, start_paying

pytestmark = pytest.mark.both_engines
FORM = "application/x-www-form-urlencoded"
OWING = NOON + timedelta(minutes=61)
UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}")


class Both:
    """Asks the same of Django and of what stands before it, in transactions that are undone."""

    def __init__(self):
        self.django, self.reached = WSGIHandler(), 0
        self.hot = HotRequests(self._counted)

    def _counted(self, environ, start_response):
        self.reached += 1
        return self.django(environ, start_response)

    def ask(self, path, *, method="POST", body=b"", content_type=FORM, budget=0, **environ):
        """Return the answer of both, which must be one."""
        answers = []
        for application in (self.django, self.hot):
            with undone(budget):
                answers.append(self._one(application, path, method, body, content_type, **environ))
        assert answers[0] == answers[1]
        return answers[0]

    def without_view(self, begins):
        """Return the list of answers without a view to paths that begin so; None where a view answers."""
        found, answer_to = [], self.hot._without_view[begins]

        def answered(environ):
            found.append(answer_to(environ))
            return found[-1]

        self.hot._without_view[begins] = answered
        return found

    def _one(self, application, path, method, body, content_type, **environ):
        request_started.disconnect(close_old_connections)  # the test client connects it again
        sent = []
        request = RequestFactory().generic(method, path, body, content_type).environ
        request |= {name: value for name, value in environ.items() if value is not None}
        request["PATH_INFO"] = request["PATH_INFO"].encode().decode("iso-8859-1")  # as a server sends it
        request["wsgi.input"] = BytesIO(body)
        answer = application(request, lambda *head: sent.append(head))
        ((status, headers),) = sent
        return status, headers, UUID.sub(b"uuid", b"".join(answer))


@contextmanager
def undone(misses):
    """Undo what a request writes, in the database and in this process; nothing is drawn by chance."""
    lookup_budget.LOOKUPS = LookupBudget()
    page_cache.SIGNS.clear()
    page_cache.ROWS.clear()
    for sign in Sign.objects.filter(revoked_at=None):  # as in a process that runs for a while
        facts_behind(sign.code)
    client = Client("127.0.0.1")
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", lambda size: bytes(size))
        patch.setattr(secrets, "choice", lambda letters: letters[0])
        for _ in range(misses):
            for lot_id in Lot.objects.values_list("pk", flat=True):
                lookup_budget.LOOKUPS.missed(client, lot_id)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def both(mall, monkeypatch):
    """Keep the test's transaction open between requests, as Django's own test client does."""
    monkeypatch.setattr(lookup_budget, "LOOKUPS", LookupBudget())
    request_started.disconnect(close_old_connections)
    yield Both()
    request_started.connect(close_old_connections)
    set_script_prefix("/")  # a request with SCRIPT_NAME leaves its own to this thread


# Charges

UNKNOWN, MONTHLY, OWES, COUPON, EXEMPT = "沪B99999", "沪C11111", "沪D22222", "沪E33333", "沪X1111应急"
PATHS = ["/p/{pure}"] * 6 + [
    "/p/{pure}/en",
    "/p/{pure}/hant",
    "/P/{pure}",
    "/p/{exit}",
    "/p/{entry}",
    "/p/{lower}",
]
ODD_PATHS = [
    "/p/FALSE",
    "/p/{pure}/",
    "/p/{pure}/fr",
    "/p/%E4%B8%AD",
    "//p/{pure}",
    "/p/",
    "/p/{pure}-ABCDEFGH",
    "/q/x/pay",
]
PLATES = [PLATE, UNKNOWN, MONTHLY, OWES, COUPON, EXEMPT]
ODD_PLATES = [
    "",
    "沪A1",
    "x" * 99,
    "沪A\u202e12345",
    "AD12345",
    "沪AD1234",
    "粤Z1234港",
    "\ud83d\ude97",
    "T12",
    None,
]
HEADERS = [
    {"HTTP_ACCEPT_ENCODING": "gzip, deflate, br"},
    {"HTTP_ACCEPT_ENCODING": "gzip;q=0, br"},
    {"HTTP_USER_AGENT": "Mozilla/5.0 (iPhone) MicroMessenger/8.0"},
    {"HTTP_USER_AGENT": "Mozilla/5.0 (Linux; Android 13) Mobile AlipayClient"},
    {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://testserver"},
    {"HTTP_X_FORWARDED_FOR": "2001:db8::1, 203.0.113.9"},
    {"HTTP_X_FORWARDED_PROTO": "https"},
    {"QUERY_STRING": "code=1&plate=x"},
    {"HTTP_COOKIE": "session=1; csrftoken=2"},
]
ODD_HEADERS = [
    {"HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_ORIGIN": "https://evil.example"},
    {"HTTP_ORIGIN": "null", "HTTP_SEC_FETCH_SITE": "same-origin"},
    {"HTTP_HOST": "evil.example"},
    {"HTTP_HOST": "testserver:x"},
    {"SERVER_NAME": "evil.example"},
    {"CONTENT_TYPE": "application/json"},
    {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
    {"CONTENT_TYPE": f"{FORM}; charset=none"},
    {"CONTENT_LENGTH": "99999"},
    {"CONTENT_LENGTH": "-1"},
    {"CONTENT_LENGTH": None},
    {"SCRIPT_NAME": "/mounted"},
    {"HTTP_X_FORWARDED_FOR": "unknown"},
]


@pytest.fixture
def cars(mall, channel):
    """Cars inside: one that owes, with a monthly permit, with a coupon; and one that left unpaid."""
    for plate in (PLATE, MONTHLY, OWES, COUPON, EXEMPT):
        see(mall.entry, plate, NOON)
    permits.grant(
        lot=mall.lot,
        plate=parse(MONTHLY),
        valid_from=NOON,
        valid_until=NOON + timedelta(days=30),
        source=permits.Source.STAFF,
        at=NOON,
    )
    shop = make_shop(mall.lot)
    hand_out(shop, make_offer(shop, "amount", 300), NOON, COUPON)
    left = mall.lot.sessions.get(plate_index=permits.plate_index(mall.lot.pk, parse(OWES).text))
    mall.lot.sessions.filter(pk=left.pk).update(left_at=NOON + timedelta(minutes=50), departure="manual")
    outstanding.record(left, fen=500, at=NOON)
    see(mall.way_out, PLATE, OWING)
    return mall


def a_form(draw):
    plate = draw.choice(PLATES if draw.random() < 0.8 else ODD_PLATES)
    fields = {} if plate is None else {"plate": plate}
    more = [("part", "1", 0.6), ("other", "1", 0.1), ("coupon", "0123456789", 0.1), ("lane", "1", 0.1)]
    more += [("proof", "x.1.2", 0.1)]
    fields |= {name: value for name, value, share in more if draw.random() < share}
    body = urlencode(fields, errors="surrogatepass").encode()
    return (
        body
        if draw.random() < 0.95
        else draw.choice([b"", b"%ff=%fe&plate=%ff", b"plate", b"&=&", b"a=1&" * 2000])
    )


def a_request(draw, signs):
    path = draw.choice(PATHS if draw.random() < 0.9 else ODD_PATHS).format(**signs)
    host = {"HTTP_HOST": "testserver"} if draw.random() < 0.8 else {}
    environ = host | draw.choice(HEADERS) | (draw.choice(ODD_HEADERS) if draw.random() < 0.25 else {})
    method = "POST" if draw.random() < 0.9 else draw.choice(["GET", "HEAD", "PUT", "OPTIONS", "post"])
    budget = 20 if draw.random() < 0.1 else 0
    return {"path": path, "method": method, "body": a_form(draw), "budget": budget, **environ}


@pytest.mark.parametrize("seed", range(cases(8)))
def test_charge_equals_djangos(both, cars, seed):
    draw = random.Random(seed)
    signs = {"pure": cars.pure.code, "exit": cars.exit_sign.code, "entry": cars.entry_sign.code}
    signs["lower"] = cars.pure.code.lower()
    statuses = {both.ask(**a_request(draw, signs))[0] for _ in range(25)}
    assert "200 OK" in statuses
    assert both.reached < 15  # the others never met Django


@pytest.mark.parametrize("plate", PLATES)
@pytest.mark.parametrize("misses", [0, 20])
def test_usual_charge_never_meets_django(both, cars, plate, misses):
    body = urlencode({"plate": plate, "part": "1"}).encode()
    status, headers, _ = both.ask(f"/p/{cars.pure.code}", body=body, budget=misses)
    assert status == "200 OK"
    assert dict(headers)["Cache-Control"] == "no-store"
    assert both.reached == 0


@pytest.mark.parametrize("environ", [{"HTTP_HOST": "evil.example"}, {"SCRIPT_NAME": "/x"}])
def test_unusual_request_meets_django(both, cars, environ):
    both.ask(f"/p/{cars.pure.code}", body=b"plate=x", **environ)
    assert both.reached == 1


def test_prefix_of_another_request_is_dropped(both, cars):
    set_script_prefix("/mounted/")
    both._one(both.hot, f"/p/{cars.pure.code}", "POST", b"plate=x", FORM)
    assert both.reached == 0
    assert get_script_prefix() == "/"


def test_bug_is_logged_and_answered_alike(both, cars, monkeypatch, caplog):
    def broken(*_):
        raise ValueError("secret")

    monkeypatch.setattr(plate_view, "search", broken)
    with caplog.at_level(logging.ERROR):
        status, _, body = both.ask(f"/p/{cars.pure.code}", body=urlencode({"plate": PLATE}).encode())
    assert status == "500 Internal Server Error"
    assert b"secret" not in body
    first, again = ((record.msg["view"], record.msg["error"]) for record in caplog.records)
    assert first == again == ("driver:page", "ValueError")


def test_missing_database_is_answered_alike(both, cars, monkeypatch):
    def away(*_, **__):
        raise OperationalError

    monkeypatch.setattr(charges, "of_plate", away)
    status, *_ = both.ask(f"/p/{cars.pure.code}", body=urlencode({"plate": PLATE}).encode())
    assert status == "503 Service Unavailable"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("end", ["", "/en", "/pay", "/pay/hant"])
def test_charge_at_its_address_equals_djangos(both, cars, method, end):
    with undone(0):
        shown = cars.submit(f"/p/{cars.pure.code}", plate=PLATE)
    both.ask(shown["Location"] + end, method=method, body=b"channel=fake")
    assert both.reached == 0


@pytest.mark.parametrize("end", ["", "/en", "/state", "/other"])
def test_status_equals_djangos(both, cars, end):
    token = start_paying(look_up(lot=cars.lot, plate=parse(PLATE), at=OWING), at=OWING).token
    for name in (token, "unknown"):
        both.ask(f"/t/{name}{end}", method="GET")
    assert both.reached == (2 if end == "/other" else 0)


# Cameras and notices


@pytest.mark.parametrize("plate", [PLATE, UNKNOWN, MONTHLY, "", "无牌"])
@pytest.mark.parametrize("way", ["entry", "way_out"])
def test_push_equals_djangos(both, cars, plate, way):
    camera = getattr(cars, way)
    body = alarm(camera, now(), plate=plate)
    status, _, answer = both.ask(address(camera, "push"), body=body, content_type="application/json")
    assert status == "200 OK", (answer, both.reached)
    assert b"Response_AlarmInfoPlate" in answer
    assert both.reached == 0
    assert not PlateRead.objects.filter(key__startswith="1-", captured_at__gt=OWING).exists()  # undone


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"secret": "wrong"}, "404 Not Found"),
        ({"key_id": "nobody"}, "404 Not Found"),
        ({"body": b"{"}, "200 OK"),
        ({"method": "GET"}, "405 Method Not Allowed"),
        ({"CONTENT_LENGTH": str(1 << 30)}, "413 Content Too Large"),
        ({"CONTENT_LENGTH": "999"}, "400 Bad Request"),
        ({"HTTP_HOST": "192.0.2.1"}, "200 OK"),
    ],
)
def test_refused_push_equals_djangos(both, cars, change, expected):
    key = {name: change.pop(name) for name in ("secret", "key_id") if name in change}
    request = {"body": alarm(cars.entry, now()), "content_type": "application/json", **change}
    assert both.ask(address(cars.entry, "push", **key), **request)[0] == expected


@pytest.mark.parametrize("is_signed", [True, False])
def test_api_read_equals_djangos(both, cars, monkeypatch, is_signed):
    device = make_device(cars.lot, "entry", make=Device.Make.API)
    at = now()
    for module in ("device_views", "hot_reads"):
        monkeypatch.setattr(f"devices.api.{module}.now", lambda: at)
    body = json.dumps(read(at, plate=UNKNOWN)).encode()
    signed = signed_headers(
        device.key_id,
        secret_of(device) if is_signed else "wrong",
        method="POST",
        path="/api/v1/reads",
        body=body,
        timestamp=int(at.timestamp()),
        nonce="nonce-of-this-test",
    )
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.items()}
    status, *_ = both.ask("/api/v1/reads", body=body, content_type="application/json", **environ)
    assert status == ("200 OK" if is_signed else "401 Unauthorized")
    assert both.reached == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/n/fake/m1", "204 No Content"), ("/n/fake/other", "404 Not Found"), ("/n/none/m1", "404 Not Found")],
)
def test_notice_is_answered_without_django(both, cars, channel, path, expected):
    shown = look_up(lot=cars.lot, plate=parse(PLATE), at=OWING)
    number = start_paying(shown, at=OWING).number
    channel.pay(number)
    assert both.ask(path, body=number.encode(), content_type="application/json")[0] == expected
    assert both.reached == 0
