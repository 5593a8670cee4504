"""The same stay costs a phone of any language the same."""

import json
from types import SimpleNamespace

import pytest

from selfcheck import other_language
from selfcheck.breaches import Context
from selfcheck.browser import Options
from selfcheck.checking import in_thread
from selfcheck.fetching import Fetched
from selfcheck.hosts import Lists
from selfcheck.judging import findings
from selfcheck.proxy import Exchange
from selfcheck.visit import Phase, Visit

URL = "https://pay.example.cn/fee"


def asked_in(monkeypatch, chinese, english, status=200):
    asked = []

    async def fetch(url, options, *, headers, body, method):
        asked.append((method, body))
        foreign = headers["Accept-Language"].startswith("en")
        return Fetched(status if foreign else 200, english.encode() if foreign else chinese.encode())

    monkeypatch.setattr(other_language, "fetch", fetch)
    mark = SimpleNamespace(phase=Phase.SUBMIT, muted=False)
    first = Exchange(0, "POST", URL, [], b"p=1", status=200, answer=chinese.encode(), mark=mark)
    found = in_thread(lambda: other_language.other_fees([first], "example.cn", 12.0, Options()))
    assert set(asked) <= {("POST", b"p=1")}
    assert len(asked) <= 3
    assert found[1] == ""
    return found[0]


@pytest.mark.parametrize(
    ("chinese", "english", "found"),
    [
        (json.dumps({"fen": 1200, "left": 12}), json.dumps({"fen": 1500, "left": 12}), "12.00 → 15.00"),
        (json.dumps({"sum": "12.00"}), json.dumps({"sum": "12"}), ""),
        ("<p>应付 ¥<b>12.00</b></p>", "<p>To pay ¥<b>18.00</b></p>", "12.00 → 18.00"),
        ("<p>应付 12.00 元</p>", "<p>Amount due CNY 12.00</p>", ""),
        (json.dumps({"fen": 1200}), json.dumps({"error": 429}), ""),
    ],
)
def test_fee_in_another_language_is_compared(monkeypatch, chinese, english, found):
    assert asked_in(monkeypatch, chinese, english) == found


def test_bill_behind_redirect_is_compared(monkeypatch):
    """The language counts when the bill is made; opened once more, the first bill has grown."""

    async def fetch(url, options, *, headers, body=None, method="GET"):
        made = "en" if headers["Accept-Language"].startswith("en") else "zh"
        if method == "POST":
            return Fetched(303, leads_to=f"/bill/{made}")
        fee = {"zh": "¥12.00", "en": "¥17.00", "old": "¥13.00"}[url.rpartition("/")[2]]
        return Fetched(200, f"<p>{fee}</p>".encode())

    monkeypatch.setattr(other_language, "fetch", fetch)
    mark = SimpleNamespace(phase=Phase.SUBMIT, muted=False)
    posted = Exchange(
        0, "POST", URL, [], b"p=1", status=303, answer_headers=[("Location", "/bill/old")], mark=mark
    )
    bill = Exchange(
        0,
        "GET",
        "https://pay.example.cn/bill/old",
        [],
        status=200,
        answer="<p>¥12.00</p>".encode(),
        mark=mark,
    )
    found = in_thread(lambda: other_language.other_fees([posted, bill], "example.cn", 12.0, Options()))
    assert found == ("12.00 → 17.00", "12.00 → 13.00")


def test_refused_language_accuses_nobody(monkeypatch):
    assert asked_in(monkeypatch, '{"fen": 1200}', '{"fen": 9900}', status=403) == ""


def test_dearer_language_breaches_p12e():
    visit = Visit("plain", True, URL, url=URL, other_fee="12.00 → 15.00")
    assert "P12e" in {finding.rule for finding in findings(visit, Context(Lists()))}
