"""The sandbox itself: its cashier page, its refusals, what it keeps, and when it does not start."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.transport import PooledTransport
from payments.merchants import at_sandbox, read_merchants
from payments.providers.contract import Outcome
from sandbox.faults import Faults
from tests.payments.providers.alipay.conftest import AlipayMerchant, alipay_at
from tests.payments.providers.conftest import RETURN_URL
from tests.sandbox import ROOT, NoticeSink, SandboxServer, address_of, end, start_sandbox, start_uncontrolled

pytestmark = pytest.mark.servers


@pytest.fixture
def merchant(sandbox_server: SandboxServer, sandbox_keys: Path, transport: PooledTransport) -> AlipayMerchant:
    return AlipayMerchant(sandbox_server, alipay_at(sandbox_server.url, sandbox_keys, transport))


BUTTONS = {
    "logs_in": "登录",
    "pays": "付款成功",
    "refuses": "拒绝",
    "abandons": "放弃",
    "pays_late": "逾时到账",
    "loses_notice": "通知丢失",
    "repeats_notice": "通知重复",
}


def test_delayed_answer_leaves_other_faults() -> None:
    faults = Faults()
    faults.set("delay", seconds=0)
    faults.set("unsigned")
    assert faults.delayed("POST /v3/pay").take("unsigned") is None
    assert faults.delayed("POST /v3/pay").take("unsigned") == {}


def test_cashier_is_labelled_as_sandbox(merchant: AlipayMerchant) -> None:
    order = merchant.order(amount_fen=1205)
    status, headers, body = merchant.server.browse("GET", merchant.cashier(order))
    page = body.decode()
    assert status == 200
    for word in ("沙箱", "Sandbox", "演示收银台，不会真的扣款", "停车费", "¥ 12.05", order.number):
        assert word in page
    assert "<script" not in page
    assert "Set-Cookie" not in headers
    assert "form-action 'self' http://pay.example.test;" in headers["Content-Security-Policy"]
    buttons = re.findall(r'value="(\w+)">(\S+) ', page)
    assert dict(buttons) == BUTTONS


@pytest.mark.parametrize("action", [action for action in BUTTONS if action != "logs_in"])
def test_cashier_buttons_return_to_merchant(merchant: AlipayMerchant, action: str) -> None:
    cashier = merchant.cashier(merchant.order())
    status, headers, _ = merchant.server.press(cashier, action)
    assert (status, headers["Location"]) == (303, RETURN_URL)


def test_cashier_form_pays_order(merchant: AlipayMerchant) -> None:
    order = merchant.order()
    cashier = merchant.cashier(order)
    for _ in range(2):  # a double tap
        assert merchant.server.press(cashier, "pays")[0] == 303
    assert merchant.provider.query(order.number).outcome == Outcome.PAID
    page = merchant.server.browse("GET", cashier)[2].decode()
    assert "已付款" in page
    assert RETURN_URL in page
    assert "<form" not in page


def test_order_description_is_escaped(merchant: AlipayMerchant) -> None:
    cashier = merchant.cashier(replace(merchant.order(), description="<b>$x<b>"))
    assert "&lt;b&gt;$x&lt;b&gt;" in merchant.server.browse("GET", cashier)[2].decode()


@pytest.mark.parametrize("path", ["/cashier/", "/cashier/nothing", "/cashier/../orders"])
def test_an_unknown_cashier_is_not_found(sandbox_server: SandboxServer, path: str) -> None:
    assert sandbox_server.browse("GET", path)[0] == 404


@pytest.mark.parametrize("path", ["/", "/orders", "/v3", "/gateway"])
def test_other_addresses_are_not_found(sandbox_server: SandboxServer, path: str) -> None:
    for method in ("GET", "POST"):
        headers = {"Content-Length": "0"} if method == "POST" else {}
        assert sandbox_server.browse(method, path, headers=headers)[0] == 404


def test_control_is_off_unless_requested(tmp_path: Path, sandbox_keys: Path, notice_sink: NoticeSink) -> None:
    process = start_uncontrolled("--keys", str(sandbox_keys))
    try:
        server = SandboxServer(address_of(process), notice_sink)
        assert server.browse("POST", "/control", b'{"clear": true}')[0] == 404
    finally:
        end(process)


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (b'{"clear": true}', 204),
        (b'{"fault": "no_such_fault"}', 400),
        (b'{"action": "wins", "number": "UNKNOWN"}', 404),
        (b"{}", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 50000, 400),
    ],
    ids=lambda value: str(value[:20]) if isinstance(value, bytes) else str(value),
)
def test_control_refuses_unknown_commands(sandbox_server: SandboxServer, command: bytes, status: int) -> None:
    assert sandbox_server.browse("POST", "/control", command)[0] == status


def test_oversized_sandbox_body_is_refused(sandbox_server: SandboxServer) -> None:
    assert sandbox_server.browse("POST", "/v3/pay", headers={"Content-Length": str(10**9)})[0] == 413


@contextmanager
def sandbox_with_state(file: Path, keys: Path, sink: NoticeSink, *arguments: str) -> Iterator[AlipayMerchant]:
    process = start_sandbox("--state", str(file), "--keys", str(keys), *arguments)
    transport = PooledTransport("wechat")
    try:
        server = SandboxServer(address_of(process), sink)
        yield AlipayMerchant(server, alipay_at(server.url, keys, transport))
    finally:
        transport.close()
        end(process)


def test_sandbox_state_survives_restart(tmp_path: Path, sandbox_keys: Path, notice_sink: NoticeSink) -> None:
    file = tmp_path / "sandbox.json"
    with sandbox_with_state(file, sandbox_keys, notice_sink, "--late", "1", "--time-scale", "1") as merchant:
        order, late = merchant.paid(), merchant.opened()
        refund = merchant.refund_of(order, 500)
        merchant.server.fault("refund_unchanged")  # done some time later
        merchant.provider.refund(refund)
        merchant.server.act(late.number, "pays_late")
    with sandbox_with_state(file, sandbox_keys, notice_sink, "--time-scale", "0.01") as merchant:
        assert merchant.provider.query(order.number).outcome == Outcome.PAID
        notice_sink.wait(2)
        assert merchant.provider.query(late.number).outcome == Outcome.PAID
        assert merchant.provider.query_refund(refund).outcome == Outcome.REFUND_DONE
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sandbox.json"]


def test_sandbox_output_stays_empty(sandbox_keys: Path) -> None:
    process = start_sandbox("--keys", str(sandbox_keys))
    server = SandboxServer(address_of(process), NoticeSink())
    server.browse("GET", "/cashier/TOKEN")
    server.browse("GET", "/v3/pay/transactions/out-trade-no/NUMBER")
    server.browse("GET", "/gateway.do")
    assert end(process) == ("", "")


@pytest.mark.parametrize(
    ("environment", "arguments", "word"),
    [
        ({"PURECODE_PRODUCTION": "1"}, (), "PURECODE_PRODUCTION"),
        ({"MERCHANTS": '[{"provider": "wechat"}]'}, (), "real merchant"),
        ({"MERCHANTS_FILE": "/nonexistent"}, (), "real merchant"),
        ({}, ("--keys", "pyproject.toml"), "--keys"),
        ({}, ("--state", "pyproject.toml"), "damaged"),
        ({}, ("--state", "nowhere/sandbox.json"), "cannot be written"),
    ],
)
def test_invalid_sandbox_environment_prevents_start(
    sandbox_keys: Path, environment: dict[str, str], arguments: tuple[str, ...], word: str
) -> None:
    process = start_sandbox("--keys", str(sandbox_keys), *arguments, **environment)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert word in err
    assert err.count("\n") == 1


def test_folder_without_keys_is_refused() -> None:
    process = start_sandbox()
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert "--keys" in err


def test_created_merchants_are_valid_and_private(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "keys", str(tmp_path)]
    written = []
    for _ in range(2):  # the second run changes nothing
        subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, check=True, timeout=300)
        written.append((tmp_path / "merchants.json").read_text(encoding="utf-8"))
    assert written[0] == written[1]
    merchants = at_sandbox(read_merchants(written[0]), "http://127.0.0.1:8009", "https://pay.example.test")
    assert [(each.provider, each.sandbox, each.lots) for each in merchants] == [
        ("wechat", True, None),
        ("alipay", True, None),
    ]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    secret = (tmp_path / "wechat" / "app_secret.txt").read_text(encoding="utf-8")
    assert secret not in written[0]
