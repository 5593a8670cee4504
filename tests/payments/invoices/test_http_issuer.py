"""The invoice service over HTTP, against a small server that keeps the contract of docs/invoices.md or breaks
it: both sides are written from that page, so that one mistake cannot be on both."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.transport import PooledTransport
from payments.invoices import invoice_issuing, invoice_jobs
from payments.invoices.buyer import Buyer
from payments.invoices.http_issuer import HttpIssuer
from payments.invoices.invoice_models import InvoiceRequest
from payments.invoices.invoice_requests import TIME_TO_CORRECT, ask
from payments.invoices.issuer import InvoiceOrder, IssuerAnswer, IssuerOutcome, IssuerRefused, IssuerUnknown
from tests.payments.invoices.conftest import COMPANY, LEAVING
from tests.serving import serving

pytestmark = pytest.mark.servers

KEY = b"\x21" * 32
ORDER = InvoiceOrder("A" * 26, "上海浦江商业管理有限公司", "浦江广场", 1000, LEAVING, COMPANY)


def sign(key: bytes, what: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    return hmac.new(
        key, f"{what}\n{path}\n{timestamp}\n{nonce}\n".encode() + body, hashlib.sha256
    ).hexdigest()


class Service(ThreadingHTTPServer):
    """Issues an invoice per number. `fault` says how it misbehaves; `orders` is what it has."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.fault = ""
        self.orders: dict[str, Any] = {}
        self.made = 0
        self.seen: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._genuine("POST", body):
            return
        order = json.loads(body)
        if self.server.fault in {"bad_title", "no_quota"}:
            self._say(422, {"error": self.server.fault})
            return
        if order["number"] not in self.server.orders:
            self.server.orders[order["number"]] = order
            self.server.made += 1
        self._say(200, self._invoice(order["number"]))

    def do_GET(self) -> None:
        if not self._genuine("GET", b""):
            return
        number = self.path.rpartition("/")[2]
        if number in self.server.orders:
            self._say(200, self._invoice(number))
        else:
            self._say(404, {"error": "not_found"})

    def _genuine(self, method: str, body: bytes) -> bool:
        self.server.seen.append((method, self.path, body))
        timestamp, nonce = (self.headers[f"X-Purecode-{name}"] for name in ("Timestamp", "Nonce"))
        wanted = sign(KEY, method, self.path, timestamp, nonce, body)
        if self.server.fault in {"500", "429"}:
            self._say(int(self.server.fault), {"error": "later"})
            return False
        if self.headers["X-Purecode-Signature"] != wanted:
            self._say(401, {"error": "bad_signature"})
            return False
        return True

    def _invoice(self, number: str) -> dict[str, str]:
        state = self.server.fault if self.server.fault in {"pending", "rejected"} else "issued"
        values = {"number": number, "state": state}
        if state == "issued":
            values |= {"invoice_number": "24312000000012345678", "link": "https://tax.example/i/1"}
        if state == "rejected":
            values |= {"error": "bad_tax_number"}
        if self.server.fault == "of another":
            values["number"] = "B" * 26
        if self.server.fault == "bad link":
            values["link"] = "http://tax.example/i/1"
        if self.server.fault == "bad number":
            values["invoice_number"] = "<svg>"
        return values

    def _say(self, status: int, message: dict[str, str]) -> None:
        fault = self.server.fault
        if fault == "lost":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(0.6)
        body = b"{" if fault == "no json" else json.dumps(message).encode()
        timestamp = str(int(time.time()) - (3600 if fault == "old" else 0))
        nonce = "0" * 32 if fault == "other nonce" else self.headers["X-Purecode-Nonce"]
        key = b"\x22" * 32 if fault == "other key" else KEY
        what = "ANSWER 200" if fault == "other status" else f"ANSWER {status}"
        self.send_response(202 if fault == "other status" else status)
        if fault != "unsigned":
            self.send_header("X-Purecode-Timestamp", timestamp)
            self.send_header("X-Purecode-Signature", sign(key, what, self.path, timestamp, nonce, body))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    with serving(server):
        yield server


@pytest.fixture
def issuer(service: Service) -> Iterator[HttpIssuer]:
    transport = PooledTransport("wechat", read_seconds=0.3)
    yield HttpIssuer(service.url, KEY, transport=transport)
    transport.close()


def test_issued_order_returns_invoice(service, issuer):
    assert issuer.issue(ORDER) == IssuerAnswer(
        IssuerOutcome.ISSUED, "24312000000012345678", "https://tax.example/i/1"
    )
    assert issuer.query(ORDER.number).outcome is IssuerOutcome.ISSUED
    assert service.orders[ORDER.number] == {
        "number": "A" * 26,
        "seller": "上海浦江商业管理有限公司",
        "lot": "浦江广场",
        "item": "车辆停放服务",
        "amount_fen": 1000,
        "currency": "CNY",
        "paid_at": LEAVING.isoformat(),
        "buyer": {"kind": "company", "title": COMPANY.title, "tax_number": COMPANY.tax_number},
    }


def test_urls_contain_no_buyer_data(service, issuer):
    issuer.issue(ORDER)
    issuer.query(ORDER.number)
    assert [(method, path) for method, path, _ in service.seen] == [
        ("POST", "/v1/invoices"),
        ("GET", f"/v1/invoices/{ORDER.number}"),
    ]


def test_repeated_order_makes_one_invoice(service, issuer):
    assert issuer.issue(ORDER) == issuer.issue(ORDER)
    assert service.made == 1


def test_unsent_invoice_order_is_not_found(issuer):
    assert issuer.query(ORDER.number) == IssuerAnswer(IssuerOutcome.NOT_FOUND)


UNKNOWN = [
    *("lost", "slow", "500", "429", "no json", "unsigned", "old", "other nonce", "other key", "other status"),
    *("of another", "bad link", "bad number"),
]


@pytest.mark.parametrize("fault", UNKNOWN)
def test_invalid_response_leaves_outcome_unknown(service, issuer, fault):
    service.fault = fault
    with pytest.raises(IssuerUnknown) as unknown:
        issuer.issue(ORDER)
    assert COMPANY.title not in str(unknown.value)
    service.orders[ORDER.number] = {}
    with pytest.raises(IssuerUnknown):
        issuer.query(ORDER.number)


def test_unreachable_service_leaves_outcome_unknown(service):
    service.shutdown()
    with pytest.raises(IssuerUnknown):
        HttpIssuer("http://127.0.0.1:9", KEY, transport=PooledTransport("wechat", connect_seconds=0.2)).issue(
            ORDER
        )


@pytest.mark.parametrize("fault", ["bad_title", "rejected"])
def test_invalid_buyer_is_rejected(service, issuer, fault):
    service.fault = fault
    assert issuer.issue(ORDER) == IssuerAnswer(IssuerOutcome.REJECTED)


def test_other_issuer_refusals_carry_reason(service, issuer):
    service.fault = "no_quota"
    with pytest.raises(IssuerRefused) as refused:
        issuer.issue(ORDER)
    assert refused.value.reason == "no_quota"


def test_wrong_issuer_key_issues_nothing(service):
    """Its 401 is signed with the right key, which we do not have: no answer to us."""
    other = HttpIssuer(service.url, b"\x23" * 32, transport=PooledTransport("wechat", read_seconds=0.3))
    with pytest.raises(IssuerUnknown):
        other.issue(ORDER)
    assert service.made == 0


def test_wrong_clock_leaves_outcome_unknown(service):
    late = HttpIssuer(
        service.url,
        KEY,
        transport=PooledTransport("wechat"),
        clock=lambda: datetime.now(UTC) + timedelta(hours=1),
    )
    with pytest.raises(IssuerUnknown):
        late.issue(ORDER)


def test_repr_hides_buyer_data():
    for value in (ORDER, IssuerAnswer(IssuerOutcome.ISSUED, "1", "https://tax.example/i/1"), Buyer("张三")):
        for secret in (COMPANY.title, COMPANY.tax_number, "tax.example", "张三"):
            assert secret not in repr(value)


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["lost", "slow", "500", "unsigned", "no json"])
def test_worker_issues_once_despite_faults(payment, service, issuer, monkeypatch, settings, fault):
    settings.INVOICE_ISSUER_URL = service.url
    monkeypatch.setattr(invoice_issuing, "issuer", lambda: issuer)
    ask(payment, buyer=COMPANY, at=LEAVING)
    service.fault = fault
    invoice_jobs.chase_invoices(LEAVING + TIME_TO_CORRECT)
    assert InvoiceRequest.objects.get().state == "unknown"
    service.fault = ""
    invoice_jobs.chase_invoices(LEAVING + TIME_TO_CORRECT + timedelta(minutes=1))
    row = InvoiceRequest.objects.get()
    assert (row.state, row.invoice_number, service.made) == ("issued", "24312000000012345678", 1)
