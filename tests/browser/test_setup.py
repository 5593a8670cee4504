"""An afternoon from nothing to a live lot: by the console's pages alone, until a car has paid and left."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from django.core.management import call_command
from django.db.models import F
from playwright.sync_api import Page

from console.setup.device_setup import LABELS
from core.transport import PooledTransport
from driver import page_cache
from lots.models import Device, Lot, Sign
from payments import channels
from payments.models import Payment
from tests.browser.conftest import CarPark, Response
from tests.browser.page_watch import new_phone
from tests.browser.real import providers, sandbox_wechat
from tests.browser.test_paying_pages import LEAVE, pay
from tests.devices.test_vzenith_codec import FORM, FORM_TYPE, form

MAX_ACTS, MAX_PAGES = 29, 14  # presses and links, and different addresses: docs/opening.md states them
MAIN = "main button[type=submit]:visible"  # not one of an act that is folded up


@dataclass
class Console:
    """Someone at the console, who counts what they press."""

    page: Page
    url: str
    acts: int = 0
    pages: set[str] = field(default_factory=set)

    def press(self, target: str) -> None:
        self.acts += 1
        self.page.click(target)
        self.pages.add(urlsplit(self.page.url).path)

    def follow(self, words: str) -> None:
        self.press(f"main a:text-is('{words}')")

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            box = self.page.locator(f"main [name={name}]:visible").first
            if box.evaluate("e => e.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()


@dataclass
class NewCarPark(CarPark):
    """The lot that was set up; its cameras know the addresses that the console showed."""

    addresses: dict[int, dict[str, str]] = field(default_factory=dict)

    def _call(self, device: Device, endpoint: str, body: bytes, kind: str) -> Any:
        request = Request(self.addresses[device.pk][endpoint], body, {"Content-Type": kind})
        with urlopen(request, timeout=60) as answer:
            return Response(answer.read())


@pytest.fixture
def console(live_server, sandbox_server, sandbox_keys, settings, tmp_path, monkeypatch, chromium):
    settings.STATIC_ROOT = tmp_path
    settings.PUBLIC_URL = settings.DEVICE_URL = live_server.url
    transport = PooledTransport("wechat", read_seconds=20)
    settings.SANDBOX_URL = settings.SANDBOX_PUBLIC_URL = sandbox_server.url
    settings.MERCHANTS = sandbox_wechat(sandbox_keys, sandbox_server)
    found = providers(settings.MERCHANTS, transport)
    monkeypatch.setattr(channels, "providers", lambda: found)
    page_cache.SIGNS.clear()
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768}, java_script_enabled=False, locale="zh-CN"
    )
    yield Console(context.new_page(), live_server.url)
    context.close()
    transport.close()


def sign_in(console):
    """Use the code that the one command printed, and sign in."""
    out = StringIO()
    call_command("first_owner", "boss", operator="上海浦江商业管理有限公司", stdout=out)
    code = re.search(r"(?:[A-Z0-9]{4}-){4}[A-Z0-9]{4}", out.getvalue())
    console.page.goto(f"{console.url}/console/join")
    console.fill(code=code[0], password="a long enough one 7")
    console.press("main button.primary")
    console.fill(login="boss", password="a long enough one 7")
    console.press(MAIN)


def make_lot(console):
    console.follow("从第一步开始")
    console.follow("建立停车场")
    console.fill(name="浦江广场地下停车库", slug="pujiang", address="浦东新区浦江路 100 号")
    console.press(MAIN)
    console.follow("去完成")
    console.fill(
        contact="privacy@pujiang.example", service_phone="021-5550 0100", cash_information="东出口岗亭"
    )
    console.press(MAIN)
    console.follow("去完成")
    for name, direction in (("东入口", "entry"), ("东出口", "exit")):
        console.fill(name=name, direction=direction)
        console.press(MAIN)
    console.follow("下一步：计费规则")
    console.page.check("input[value=mall]")
    console.press(MAIN)


def enrol_cameras(console):
    """Enrol one in each lane, and send its first request; return the addresses of each by its id."""
    values = {}
    for name, serial in (("东入口", "camera-1"), ("东出口", "camera-2")):
        console.follow("去完成")
        console.fill(serial=serial)
        console.press(MAIN)
        shown = {
            endpoint: console.page.input_value(f"#secret-{endpoint}")
            for endpoint in ("push", "heartbeat", "comet")
        }
        assert set(shown) < set(LABELS)
        values[Device.objects.get(lane__name=name).pk] = shown
        body = form({**FORM, "serialno": serial})
        urlopen(Request(shown["heartbeat"], body, {"Content-Type": FORM_TYPE}), timeout=60).close()
        console.follow("回到开通清单")
    return values


def add_sign(console):
    console.follow("去完成")
    console.fill(place="B1 层电梯厅")
    console.press("#add button[type=submit]")
    console.follow("浦江广场地下停车库")


def pay_trial_and_open(console, sandbox_server):
    console.follow("去完成")
    console.press("button:text-is('0.01 元测试')")
    sandbox_server.act(Payment.objects.get().number, "pays")
    console.press("button:text-is('现在查询')")
    if not console.page.get_by_text("一分钱已退回").count():
        console.press("button:text-is('现在查询')")
    console.sees("一分钱已退回")
    console.follow("回到支付渠道")
    console.follow("回到开通清单")
    console.follow("去完成")
    console.press(MAIN)
    console.sees("正在收款")


def test_new_operator_goes_live(console, chromium, sandbox_server):
    sign_in(console)
    make_lot(console)
    answer = enrol_cameras(console)
    add_sign(console)
    pay_trial_and_open(console, sandbox_server)
    assert (console.acts, len(console.pages)) <= (MAX_ACTS, MAX_PAGES)

    lot = Lot.objects.get(slug="pujiang")
    ways = {lane.direction: lane.devices.get() for lane in lot.lanes.all()}
    pure = lot.signs.get(kind=Sign.Kind.PURE)
    codes = {way: ways[way].lane.signs.get() for way in ways}
    walked = NewCarPark(
        console.url, lot, ways["entry"], ways["exit"], pure, codes["exit"], codes["entry"], addresses=answer
    )
    lot.tariffs.update(valid_from=F("valid_from") - timedelta(hours=1))  # time goes by for it too
    walked.park(45)
    phone = new_phone(chromium, ours=console.url, cashier=sandbox_server.url, scripts=True)
    phone.open(walked.scan(pure))
    phone.tap_plate("沪A12345")
    phone.sees("10.00")
    pay(phone, "付款成功")
    phone.sees("支付成功")
    assert LEAVE.search(phone.page.inner_text("main"))
    assert walked.drive_up(walked.way_out)
    phone.context.close()
