"""A notice answered without a view gets, byte for byte, the answer of the view (driver.hot_notice)."""

import random
import string
from datetime import timedelta

import pytest
from django.utils.timezone import now

from config.hot_requests import HotRequests
from driver import channel_notices
from lots.models import ParkingSession
from payments import channels
from payments.models import LedgerEntry, Payment
from payments.providers.contract import HandOver
from payments.settling import RefundBeforePayment
from tests.driver.test_hot_requests import both, undone
from tests.effort import cases
from tests.factories import see
from tests.payments.payment_steps import look_up_session, start_paying
from tests.payments.providers.wechat import known
from tests.payments.test_notices import MERCHANT, transaction

__all__ = ["both"]  # fixture
pytestmark = pytest.mark.both_engines
PATH, JSON = f"/n/wechat/{MERCHANT}", "application/json"


@pytest.fixture
def payment(mall, monkeypatch):
    """An open payment at WeChat Pay."""
    wechat = known.provider()
    monkeypatch.setattr(channels, "providers", lambda: {("wechat", MERCHANT): wechat})
    monkeypatch.setattr(channels, "former_providers", dict)
    monkeypatch.setattr(type(wechat), "start", lambda *_: HandOver(url="https://wx.example/pay"))
    see(mall.entry, "沪A12345", now() - timedelta(minutes=61))
    quote = look_up_session(ParkingSession.objects.latest("pk"), at=now())
    return start_paying(quote, "wechat", at=now())


@pytest.fixture
def answered(both):
    return both.without_view("/n/")


def signed(body, by="platform", at=None):
    headers = known.signed(body, at or now(), by)
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}


def deliver(both, body, *, path=PATH, **environ):
    """Return the answer of both to a notice as WeChat sends it."""
    return both.ask(path, body=body, content_type=JSON, **{"HTTP_HOST": "testserver", **environ})


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_notice_needs_no_view(both, payment, answered, scheme):
    body = known.notice(transaction(payment), "TRANSACTION.SUCCESS")
    answer = deliver(both, body, **signed(body), **{"wsgi.url_scheme": scheme})
    assert answer[0] == "204 No Content"
    assert None not in answered
    assert Payment.objects.get(pk=payment.pk).state == "open"  # undone


def test_notice_without_view_settles_once(both, payment, answered):
    body = known.notice(transaction(payment), "TRANSACTION.SUCCESS")
    with undone(0):
        for _ in range(2):
            assert both._one(both.hot, PATH, "POST", body, JSON, HTTP_HOST="testserver", **signed(body))[
                0
            ].startswith("204")
        assert Payment.objects.get(pk=payment.pk).state == "paid"
        assert LedgerEntry.objects.filter(payment=payment).count() == 1
    assert len(answered) == 2


REFUSED = {
    "forged": {"by": "stranger"},
    "late": {"at": timedelta(minutes=6)},
    "unsigned": {"headers": {}},
    "changed": {"end": b" "},
    "empty": {"body": b""},
    "deep": {"body": b"[" * 40_000},
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_notice_is_answered_alike(both, payment, answered, name):
    how = REFUSED[name]
    body = how.get("body", known.notice(transaction(payment), "TRANSACTION.SUCCESS"))
    headers = how.get("headers", signed(body, how.get("by", "platform"), now() - how.get("at", timedelta())))
    assert deliver(both, body + how.get("end", b""), **headers)[0] == "401 Unauthorized"


@pytest.mark.parametrize("seed", range(cases(8)))
def test_any_notice_is_answered_alike(both, payment, seed):
    draw = random.Random(seed)
    change = draw.choice(
        [{}, {"amount_fen": draw.randint(1, 5000)}, {"currency": "USD"}, {"out_trade_no": "X" * 26}]
    )
    body = bytearray(known.notice(transaction(payment, **change), "TRANSACTION.SUCCESS"))
    headers = signed(bytes(body))
    if draw.random() < 0.4:
        body[draw.randrange(len(body))] = ord(draw.choice(string.printable))
    deliver(both, bytes(body), **(headers if draw.random() < 0.5 else signed(bytes(body))))


UNUSUAL = {
    "another method": {"method": "GET"},
    "another host": {"HTTP_HOST": "evil.example"},
    "no host": {"HTTP_HOST": None},
    "a mount point": {"SCRIPT_NAME": "/x"},
    "cut short": {"CONTENT_LENGTH": "9999"},
    "too large": {"CONTENT_LENGTH": str(1 << 20)},
    "no number": {"CONTENT_LENGTH": "1\u0661"},
    "no length": {"CONTENT_LENGTH": ""},
    "another merchant": {"path": "/n/wechat/1900000000"},
    "another channel": {"path": f"/n/cash/{MERCHANT}"},
    "more behind it": {"path": f"{PATH}/x"},
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_notice_is_left_to_the_view(both, payment, answered, name):
    body = known.notice(transaction(payment), "TRANSACTION.SUCCESS")
    deliver(both, body, **{**signed(body), **UNUSUAL[name]})
    assert answered == [None]


def test_unread_refund_is_asked_again_alike(both, payment, answered, monkeypatch):
    def early(*_, **__):
        raise RefundBeforePayment(payment)

    monkeypatch.setattr(channel_notices, "settle", early)
    body = known.notice(transaction(payment), "TRANSACTION.SUCCESS")
    assert deliver(both, body, **signed(body))[0] == "503 Service Unavailable"
    assert None not in answered


def test_view_answers_after_a_bug(both, payment, monkeypatch, caplog):
    def broken(*_, **__):
        raise ValueError("secret words")

    monkeypatch.setattr("driver.hot_notice._headers", broken)
    body = known.notice(transaction(payment), "TRANSACTION.SUCCESS")
    assert deliver(both, body, **signed(body))[0] == "204 No Content"
    assert [record.msg["error"] for record in caplog.records] == ["ValueError"]
    assert "secret words" not in caplog.text


def test_only_drivers_processes_take_notices(settings):
    settings.SURFACES = ["device"]
    hot = HotRequests(lambda *_: [])
    assert set(hot._without_view) == {"/d/"}
