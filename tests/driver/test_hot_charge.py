"""A look-up answered without a view gets, byte for byte, the answer of the view (driver.hot_charge)."""

import random
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from driver import hot_charge, page_cache
from lots.lookup_budget import LookupBudget
from lots.models import Lot, Sign
from payments import charges
from tests.driver.conftest import PLATE
from tests.driver.test_hot_requests import COUPON, EXEMPT, FORM, MONTHLY, OWES, UNKNOWN, both, cars, undone
from tests.driver.test_plate_oracle import (
    ABSENT,
    AWAY,
    COVERED,
    FEW_CALLS,
    FREE,
    ROUNDS,
    SOME_CALLS,
    calls_of,
    shapes_of,
    spread,
)
from tests.driver.test_plate_oracle import ALL as OWING_NOTHING
from tests.driver.test_plate_oracle import EXEMPT as FREE_KIND
from tests.driver.test_plate_oracle import cars as hidden_cars
from tests.effort import cases

__all__ = ["both", "cars", "hidden_cars"]  # fixtures
pytestmark = pytest.mark.both_engines
ALL = [PLATE, UNKNOWN, MONTHLY, OWES, COUPON, EXEMPT]


def ask(both, path, **more):
    """Return the answer of both, to a request as browsers send it."""
    return both.ask(path, **{"HTTP_HOST": "testserver", **more})


def of(plate, **more):
    return urlencode({"plate": plate, "part": "1", **more}).encode()


@pytest.fixture
def answered(both):
    return both.without_view("/p/")


@pytest.mark.parametrize("end", ["", "/hant", "/en"])
@pytest.mark.parametrize("plate", ALL)
def test_usual_charge_needs_no_view(both, cars, answered, plate, end):
    for form in (FORM, f"{FORM};charset=UTF-8"):
        for encoding in ("gzip, deflate, br", "gzip;q=0", ""):
            asked = {"body": of(plate), "content_type": form, "HTTP_ACCEPT_ENCODING": encoding}
            assert ask(both, f"/p/{cars.pure.code}{end}", **asked)[0] == "200 OK"
    assert None not in answered


@pytest.mark.parametrize("agent", ["MicroMessenger", "AlipayClient", "Mobile", ""])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_phone_and_scheme_change_both_alike(both, cars, answered, agent, scheme):
    more = {"HTTP_USER_AGENT": agent, "wsgi.url_scheme": scheme, "HTTP_SEC_FETCH_SITE": "same-origin"}
    _, headers, _ = ask(both, f"/p/{cars.pure.code}", body=of(PLATE), **more)
    assert ("Strict-Transport-Security" in dict(headers)) == (scheme == "https")
    assert None not in answered


@pytest.mark.parametrize("seed", range(cases(6)))
def test_any_plate_is_answered_alike(both, cars, answered, seed):
    draw = random.Random(seed)
    letters = "沪粤港学WJABD0123456789OI使"
    for _ in range(20):
        begin, end = draw.choice([PLATE[:2], "沪", "粤Z", ""]), draw.choice(["", "/en", "/hant"])
        plate = begin + "".join(draw.choices(letters, k=draw.randint(3, 8)))
        ask(both, f"/p/{cars.pure.code}{end}", body=of(plate))
    assert any(answered)


UNUSUAL = {
    "a coupon": {"body": of(PLATE, coupon="0123456789")},
    "an overseas plate": {"body": of("ABC123", other="1")},
    "a proof": {"body": of(PLATE, proof="x.1.2")},
    "no part": {"body": urlencode({"plate": PLATE}).encode()},
    "other order": {"body": urlencode({"part": "1", "plate": PLATE}).encode()},
    "twice": {"body": of(PLATE) + b"&plate=x"},
    "no text": {"body": b"plate=%ff%fe%ff%ff%ff%ff%ff&part=1"},
    "invisible": {"body": of("沪A\u202e12345")},
    "full width": {"body": of("沪Ａ１２３４５")},
    "small": {"body": of(PLATE.lower())},
    "cut short": {"body": of(PLATE), "CONTENT_LENGTH": "999"},
    "too long": {"body": of(PLATE) + b"&x=" + b"y" * 200},
    "other type": {"body": of(PLATE), "content_type": "text/plain"},
    "a question": {"body": of(PLATE), "QUERY_STRING": "x=1"},
    "a mount point": {"body": of(PLATE), "SCRIPT_NAME": "/x"},
    "another method": {"body": of(PLATE), "method": "PUT"},
    "another host": {"body": of(PLATE), "HTTP_HOST": "evil.example"},
    "another site": {"body": of(PLATE), "HTTP_SEC_FETCH_SITE": "cross-site"},
    "another origin": {"body": of(PLATE), "HTTP_ORIGIN": "https://evil.example"},
    "a broken origin": {"body": of(PLATE), "HTTP_ORIGIN": "http://["},
    "a spent budget": {"body": of(PLATE), "budget": 20},
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_request_is_left_to_the_view(both, cars, answered, name):
    ask(both, f"/p/{cars.pure.code}", **UNUSUAL[name])
    assert answered == [None]


def test_misses_without_a_view_are_counted(both, cars, answered):
    """A client that finds nothing again and again works first: the view asks for that."""
    path = f"/p/{cars.pure.code}"
    with undone(0):
        for number in range(40):
            both._one(both.hot, path, "POST", of(f"沪G{number:05}"), FORM, HTTP_HOST="testserver")
    assert answered[0] is not None
    assert answered[-1] is None


@pytest.mark.parametrize("sign", ["exit_sign", "entry_sign"])
def test_lane_sign_is_left_to_the_view(both, cars, answered, sign):
    ask(both, f"/p/{getattr(cars, sign).code}", body=of(PLATE))
    assert answered == [None]


@pytest.mark.parametrize("change", [{"closed_at": "2026-01-01T00:00Z"}, {"system": "keytop"}])
def test_other_lots_are_left_to_the_view(both, cars, answered, change):
    Lot.objects.filter(pk=cars.lot.pk).update(**change)
    ask(both, f"/p/{cars.pure.code}", body=of(PLATE))
    assert answered == [None]


def test_unknown_facts_are_read_by_the_view(both, cars, answered, monkeypatch):
    monkeypatch.setattr(hot_charge.page_cache.STAMP, "recent", lambda: None)  # long after they were read
    ask(both, f"/p/{cars.pure.code}", body=of(PLATE))
    assert answered == [None]


def test_first_charge_of_a_process_needs_no_view(both, cars, answered):
    asked = (f"/p/{cars.pure.code}", "POST", of(PLATE), FORM)
    answers = []
    for application in (both.django, both.hot):
        with undone(0):
            page_cache.SIGNS.clear()
            page_cache.ROWS.clear()
            page_cache.STAMP.current()
            answers.append(both._one(application, *asked, HTTP_HOST="testserver"))
    assert answers[0] == answers[1]
    assert None not in answered


def test_missing_database_is_explained_by_the_view(both, cars, answered, monkeypatch):
    def away(*_, **__):
        raise OperationalError

    monkeypatch.setattr(charges, "of_plate", away)
    status, *_ = ask(both, f"/p/{cars.pure.code}", body=of(PLATE))
    assert status == "503 Service Unavailable"
    assert answered == [None]


def test_bug_is_logged_and_the_view_answers(both, cars, monkeypatch, caplog):
    def broken(*_, **__):
        raise ValueError(PLATE)

    monkeypatch.setattr(hot_charge, "packed", broken)
    status, *_ = ask(both, f"/p/{cars.pure.code}", body=of(PLATE))
    assert status == "200 OK"
    assert [record.msg["error"] for record in caplog.records] == ["ValueError"]
    assert PLATE not in caplog.text


def test_charge_without_a_view_costs_one_statement(both, cars, answered):
    path = f"/p/{cars.pure.code}"
    with undone(0):
        both._one(both.hot, path, "POST", of(PLATE), FORM, HTTP_HOST="testserver")
        with CaptureQueriesContext(connection) as queries:
            both._one(both.hot, path, "POST", of(PLATE), FORM, HTTP_HOST="testserver")
    assert len(queries.captured_queries) == 1
    assert None not in answered


def test_revoked_sign_is_answered_by_the_view(both, cars, answered):
    Sign.objects.filter(pk=cars.pure.pk).update(revoked_at="2026-01-01T00:00Z")
    status, *_ = ask(both, f"/p/{cars.pure.code}", body=of(PLATE))
    assert status == "410 Gone"
    assert answered == [None]


def test_work_without_a_view_hides_presence(both, hidden_cars, answered, monkeypatch):
    """As in test_plate_oracle: equal statements and equal Python work for every plate that owes nothing."""
    monkeypatch.setattr(LookupBudget, "effort", lambda *_: 0)
    statements, calls = {}, {}

    def look_up(plate):
        path = f"/p/{hidden_cars.pure.code}"
        both._one(both.hot, path, "POST", of(plate), FORM, HTTP_HOST="testserver")

    with undone(0):
        for plate in OWING_NOTHING * 2:
            look_up(plate)
        for plate in OWING_NOTHING:
            with CaptureQueriesContext(connection) as queries:
                look_up(plate)
            statements[plate] = shapes_of(queries)
            calls[plate] = min(calls_of(lambda plate=plate: look_up(plate)) for _ in range(ROUNDS))
    assert None not in answered
    assert all(shapes == statements[ABSENT] for shapes in statements.values())
    for alike in ((ABSENT, FREE, FREE_KIND), (COVERED, AWAY)):
        assert spread(calls[plate] for plate in alike) < FEW_CALLS, calls
    assert spread(calls.values()) < SOME_CALLS, calls
