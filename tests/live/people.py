"""Who comes to a live car park: staff at the console, cameras in the lanes, a driver with a phone."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.devices.test_vzenith_codec import FORM, FORM_TYPE, SAMPLE, form
from tests.live.bare_machine import Machine

PASSWORD = "a long enough one 7"
CONSOLE = "https://console.example.cn"
MAIN = "main button[type=submit]:visible"


def totp(secret: str) -> str:
    """Return the six digits that an authenticator shows now (RFC 6238)."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


@dataclass
class Staff:
    """One person at the console."""

    page: Page
    name: str = "owner"
    secret: str = ""
    cameras: dict[str, dict[str, str]] = field(default_factory=dict)
    network: "Network | None" = None

    def open(self, path: str) -> None:
        answer = self.page.goto(CONSOLE + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            box = self.page.locator(f"main [name={name}]:visible").first
            box.select_option(value) if box.evaluate("e => e.tagName") == "SELECT" else box.fill(value)

    def press(self, target: str = MAIN) -> None:
        """Press what leads to another page, and wait for that: what opens one too early breaks off a post."""
        with self.page.expect_navigation():
            self.page.click(target)
        assert "CSRF" not in self.html()

    def html(self) -> str:
        """Return the page within a time limit, which `content` has not where the page renews itself."""
        return self.page.locator("html").inner_html()

    def follow(self, words: str) -> None:
        self.press(f"main a:text-is('{words}')")

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def join(self, code: str) -> None:
        """Use the invitation, sign in, and set up a second factor."""
        self.open("/console/join")
        self.fill(code=code, password=PASSWORD)
        self.press("main button.primary")
        self.fill(login=self.name, password=PASSWORD)
        self.press()
        self.open("/console/account/totp")
        if self.page.locator("main [name=password]").count():
            self.fill(password=PASSWORD)
            self.press()
        self.secret = re.findall(r"\b[A-Z2-7]{32}\b", self.html())[0]
        self._give_code()

    def sign_in(self) -> None:
        """Sign in with both factors."""
        self.open("/console/login")
        self.fill(login=self.name, password=PASSWORD)
        self.press()
        self._give_code()

    def _give_code(self) -> None:
        """Give the second factor. A code is good once and not for long, so try the next one if needed."""
        for _ in range(40):
            self.fill(code=totp(self.secret))
            self.press()
            if not self.page.locator("main [name=code]").count():
                return
            time.sleep(1)
        raise AssertionError("the second factor is not accepted")

    def set_up_lot(self) -> None:
        """Walk the checklist until only channels are missing."""
        self.open("/console/")
        self.follow("从第一步开始")
        self.follow("建立停车场")
        self.fill(name="浦江广场地下停车库", slug="pujiang", address="浦东新区浦江路 100 号")
        self.press()
        self.follow("去完成")
        self.fill(
            contact="privacy@pujiang.example", service_phone="021-5550 0100", cash_information="东出口岗亭"
        )
        self.press()
        self.follow("去完成")
        for name, direction in (("东入口", "entry"), ("东出口", "exit")):
            self.fill(name=name, direction=direction)
            self.press()
        self.follow("下一步：计费规则")
        self.page.check("input[value=mall]")
        self.press()
        self.set_up_devices()

    def set_up_devices(self) -> None:
        """Enrol a camera in each lane, and let it report."""
        for lane, serial in (("entry", "camera-1"), ("exit", "camera-2")):
            self.follow("去完成")
            self.fill(serial=serial)
            self.press()
            doors = ("push", "heartbeat", "comet")
            self.cameras[lane] = {door: self.page.input_value(f"#secret-{door}") for door in doors}
            self.cameras[lane]["serial"] = serial
            assert self.network
            Cameras(self.network, self.cameras).heartbeat(lane)
            self.follow("回到开通清单")

    def add_sign(self) -> str:
        """Add a sign; return the address that its code holds, read from its picture."""
        self.follow("去完成")
        self.fill(place="B1 层电梯厅")
        self.press("#add button[type=submit]")
        picture = self.page.locator("main a[href*='picture.png']").last.get_attribute("href")
        tab = self.page.context.new_page()
        answer = tab.goto(f"{CONSOLE}{picture}")
        assert answer
        (code,) = zxingcpp.read_barcodes(Image.open(BytesIO(answer.body())))
        tab.close()
        return str(code.text)

    def open_lot(self) -> None:
        """Pay a fen for a trial, see it come back, and open the lot."""
        self.open("/console/lots/pujiang/setup/channels")
        self.press("button:text-is('0.01 元测试')")
        tab = self.page.context.new_page()
        tab.goto(str(self.page.locator("main a[href*='/cashier/']").first.get_attribute("href")))
        tab.click(".go")  # and stay: to close a page on its way elsewhere may never end
        self.page.get_by_text("一分钱已退回").first.wait_for()  # the page renews itself
        self.open("/console/lots/pujiang/opening")
        self.press()
        self.sees("正在收款")

    def check_page(self) -> str:
        """Press the button of the self-check; return the page with the result."""
        self.open("/console/selfcheck/pujiang")
        self.press("main button.primary")
        deadline = time.monotonic() + 420
        while self.page.locator("main progress").count() and time.monotonic() < deadline:
            time.sleep(1)
            self.page.reload()
        assert not self.page.locator("main progress").count(), "no result after seven minutes"
        return self.page.inner_text("main")


@dataclass
class Cameras:
    """The cameras of the lanes, which push to the addresses that the console showed."""

    network: "Network"
    addresses: dict[str, dict[str, str]]
    events: int = 0

    def heartbeat(self, lane: str) -> None:
        self._post(lane, "heartbeat", form({**FORM, "serialno": self.addresses[lane]["serial"]}), FORM_TYPE)

    def sees(self, lane: str, plate: str) -> bool:
        """Push a read; return whether the answer opens the barrier."""
        self.events += 1
        at = datetime.now(UTC)
        found = json.loads(json.dumps(SAMPLE))
        found["AlarmInfoPlate"]["serialno"] = self.addresses[lane]["serial"]
        stamp = {"Timeval": {"sec": int(at.timestamp()), "usec": at.microsecond}}
        result = {"license": plate, "plateid": self.events, "timeStamp": stamp, "type": 1}
        found["AlarmInfoPlate"]["result"]["PlateResult"].update(result)
        answer = self._post(lane, "push", json.dumps(found, ensure_ascii=False).encode(), "application/json")
        return opens(answer)

    def polls(self, lane: str) -> bool:
        """Ask for orders as the camera does each second; return whether one opens the barrier."""
        body = form({**FORM, "serialno": self.addresses[lane]["serial"]})
        return opens(self._post(lane, "comet", body, FORM_TYPE))

    def _post(self, lane: str, door: str, body: bytes, kind: str) -> Any:
        status, _, text = self.network.request(
            "POST", self.addresses[lane][door], body, {"Content-Type": kind}
        )
        assert status == 200, f"{door}: {status}"
        with suppress(ValueError):
            return json.loads(text)
        return {}


@dataclass
class Network:
    """https on the machine's network, with the test's own authority as the only one trusted."""

    machine: Machine
    authority: Path

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of one request."""
        parts = urlsplit(url)
        host = str(parts.hostname)
        trust = ssl.create_default_context(cafile=str(self.authority))

        def send() -> tuple[int, dict[str, str], bytes]:
            connection = http.client.HTTPSConnection(host, 443, timeout=20)
            plain = socket.create_connection(("127.0.0.1", 443), timeout=120)
            connection.sock = trust.wrap_socket(plain, server_hostname=host)
            connection.request(method, parts.path or "/", body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
            connection.close()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

        return self.machine.inside(send)


def opens(answer: Any) -> bool:
    """Return whether a camera that reads this answer lifts its barrier."""
    return bool(answer.get("Response_AlarmInfoPlate", {}).get("info") == "ok")


@dataclass
class Driver:
    """A driver's phone."""

    page: Page

    def pay(self, sign: str, plate: str) -> str:
        """Scan, type, pay; return the text of the page at the end."""
        self.page.goto(sign)
        self.page.fill("#plate", plate[1:])
        self.page.locator(".fee .go").first.click()
        self.page.wait_for_url("**/cashier/**")
        self.page.click(".go")
        self.page.wait_for_url("**/t/**")
        self.page.get_by_text("支付成功").first.wait_for()
        return self.page.inner_text("body")


def new_page(browser: Browser, **looks: Any) -> Page:
    """Open a page whose waits outlast a slow machine."""
    context = browser.new_context(ignore_https_errors=True, locale="zh-CN", **looks)
    context.set_default_timeout(300_000)  # milliseconds
    return context.new_page()
