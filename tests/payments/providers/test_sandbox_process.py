"""The sandbox itself: its cashier page, its refusals, what it keeps, and when it does not start."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.transport import PooledTransport
from payments.providers.contract import Outcome
from payments.providers.sandbox import SandboxProvider
from tests.payments.providers.conftest import RETURN_URL, Merchant
from tests.sandbox import KEY, NoticeSink, SandboxServer, address_of, end, start_sandbox

BUTTONS = {
    "pays": "付款成功",
    "refuses": "拒绝",
    "abandons": "放弃",
    "pays_late": "逾时到账",
    "loses_notice": "通知丢失",
    "repeats_notice": "通知重复",
}


def test_cashier_is_labelled_as_sandbox(merchant: Merchant) -> None:
    order = merchant.order(amount_fen=1205)
    status, headers, body = merchant.server.browse("GET", merchant.start(order).url)
    page = body.decode()
    assert status == 200
    for word in ("沙箱", "Sandbox", "演示收银台，不会真的扣款", "停车费", "¥ 12.05", order.number):
        assert word in page
    assert "<script" not in page
    assert "Set-Cookie" not in headers
    assert "form-action 'self' http://pay.example.test;" in headers["Content-Security-Policy"]
    buttons = re.findall(r'value="(\w+)">(\S+) ', page)
    assert dict(buttons) == BUTTONS


@pytest.mark.parametrize("action", BUTTONS)
def test_cashier_buttons_return_to_merchant(merchant: Merchant, action: str) -> None:
    cashier = merchant.start(merchant.order()).url
    status, headers, _ = merchant.server.press(cashier, action)
    assert (status, headers["Location"]) == (303, RETURN_URL)


def test_cashier_form_pays_order(merchant: Merchant) -> None:
    order = merchant.order()
    cashier = merchant.start(order).url
    for _ in range(2):  # a double tap
        assert merchant.server.press(cashier, "pays")[0] == 303
    assert merchant.provider.query(order.number).outcome == Outcome.PAID
    page = merchant.server.browse("GET", cashier)[2].decode()
    assert "已付款" in page
    assert RETURN_URL in page
    assert "<form" not in page


def test_order_description_is_escaped(merchant: Merchant) -> None:
    cashier = merchant.start(replace(merchant.order(), description="<b>$x</b>")).url
    assert "&lt;b&gt;$x&lt;/b&gt;" in merchant.server.browse("GET", cashier)[2].decode()


@pytest.mark.parametrize("path", ["/cashier/", "/cashier/nothing", "/cashier/../orders"])
def test_an_unknown_cashier_is_not_found(sandbox_server: SandboxServer, path: str) -> None:
    assert sandbox_server.browse("GET", path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/orders", "/control", "/orders/ABCDEF"])
def test_unsigned_sandbox_requests_are_rejected(sandbox_server: SandboxServer, path: str) -> None:
    for method in ("GET", "POST"):
        headers = {"Content-Length": "0"} if method == "POST" else {}
        assert sandbox_server.browse(method, path, headers=headers)[0] == 401


def test_stale_or_tampered_request_is_rejected(sandbox_server: SandboxServer) -> None:
    assert sandbox_server.ask("GET", "/orders/ABCDEF")[0] == 404
    assert sandbox_server.ask("GET", "/orders/ABCDEF", timestamp=str(int(time.time()) - 10))[0] == 401
    assert sandbox_server.ask("GET", "/orders/ABCDEF", signature="é")[0] == 401


BAD_ORDERS = [
    {},
    {"amount_fen": 12.0},
    {"amount_fen": True},
    {"amount_fen": 0},
    {"number": "short"},
    {"number": "WITH/SLASH"},
    {"currency": "USD"},
    {"expires_at": "2099-01-01T00:00:00"},
    {"expires_at": "soon"},
    {"notify_url": "ftp://a"},
    {"return_url": "http://a/\r\nX: y"},
    {"return_url": "javascript:alert(1)"},
]


@pytest.mark.parametrize("change", BAD_ORDERS, ids=str)
def test_a_bad_order_is_refused(sandbox_server: SandboxServer, change: dict[str, object]) -> None:
    order = {
        "merchant": "sandbox",
        "number": "BAD" + "A" * 20,
        "amount_fen": 100,
        "currency": "CNY",
        "expires_at": "2099-01-01T00:00:00+00:00",
        "description": "停车费",
        "notify_url": "http://a/n",
        "return_url": "http://a/r",
    }
    body = json.dumps(order | change if change else {}).encode()
    status, answer = sandbox_server.ask("POST", "/orders", body)
    assert (status, json.loads(answer)["code"]) == (400, "param_error")


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 50000])
def test_non_object_body_is_refused(sandbox_server: SandboxServer, body: bytes) -> None:
    assert sandbox_server.ask("POST", "/refunds", body)[0] == 400


def test_oversized_sandbox_body_is_refused(sandbox_server: SandboxServer) -> None:
    assert sandbox_server.browse("POST", "/orders", headers={"Content-Length": str(10**9)})[0] == 413


@contextmanager
def sandbox_with_state(file: Path, sink: NoticeSink, *arguments: str) -> Iterator[Merchant]:
    process = start_sandbox("--state", str(file), *arguments)
    transport = PooledTransport()
    try:
        server = SandboxServer(address_of(process), sink)
        yield Merchant(server, SandboxProvider(server.url, KEY, transport=transport))
    finally:
        transport.close()
        end(process)


def test_sandbox_state_survives_restart(tmp_path: Path, notice_sink: NoticeSink) -> None:
    file = tmp_path / "sandbox.json"
    with sandbox_with_state(file, notice_sink, "--late", "1", "--time-scale", "1") as merchant:
        order, late = merchant.paid(), merchant.opened()
        refund = merchant.refund_of(order, 500)
        merchant.provider.refund(refund)
        merchant.server.act(late.number, "pays_late")
    with sandbox_with_state(file, notice_sink, "--time-scale", "0.01") as merchant:
        assert merchant.provider.query(order.number).outcome == Outcome.PAID
        notice_sink.wait(2)
        assert merchant.provider.query(late.number).outcome == Outcome.PAID
        assert merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sandbox.json"]


def test_sandbox_output_stays_empty() -> None:
    process = start_sandbox()
    server = SandboxServer(address_of(process), NoticeSink())
    server.browse("GET", "/cashier/TOKEN")
    server.ask("GET", "/orders/NUMBER")
    assert end(process) == ("", "")


@pytest.mark.parametrize(
    ("environment", "arguments", "word"),
    [
        ({"PURECODE_PRODUCTION": "1"}, (), "PURECODE_PRODUCTION"),
        ({"SANDBOX_KEY": ""}, (), "SANDBOX_KEY"),
        ({"SANDBOX_KEY": "abc"}, (), "64 hexadecimal digits"),
        ({"SANDBOX_KEY_FILE": "/nonexistent"}, (), "SANDBOX_KEY"),
        ({}, ("--state", "pyproject.toml"), "damaged"),
        ({}, ("--state", "nowhere/sandbox.json"), "cannot be written"),
    ],
)
def test_invalid_sandbox_environment_prevents_start(
    environment: dict[str, str], arguments: tuple[str, ...], word: str
) -> None:
    process = start_sandbox(*arguments, **environment)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (2, "")
    assert word in err
    assert err.count("\n") == 1


def test_sandbox_key_can_come_from_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY.hex() + "\n")
    process = start_sandbox(SANDBOX_KEY="", SANDBOX_KEY_FILE=str(file))
    try:
        assert SandboxServer(address_of(process), NoticeSink()).ask("GET", "/orders/ABCDEF")[0] == 404
    finally:
        end(process)
