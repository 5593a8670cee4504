"""Who comes to a live car park: staff at the console, cameras in the lanes, a driver with a phone."""

import base64
import hashlib
import hmac
import json
import re
import ssl
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page

from tests.live.machine import Machine
from tests.lots.devices.test_vzenith_codec import FORM, FORM_TYPE, SAMPLE, form

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

    def open(self, path: str) -> None:
        answer = self.page.goto(CONSOLE + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            box = self.page.locator(f"main [name={name}]:visible").first
            box.select_option(value) if box.evaluate("e => e.tagName") == "SELECT" else box.fill(value)

    def press(self, target: str = MAIN) -> None:
        self.page.click(target)
        self.page.wait_for_load_state()
        assert "CSRF" not in self.page.content()

    def follow(self, words: str) -> None:
        self.press(f"main a:text-is('{words}')")

    def sees(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for(timeout=10_000)

    def join(self, code: str) -> None:
        """Use the invitation, sign in, and set up a second factor."""
        self.open("/console/join")
        self.fill(code=code, password=PASSWORD)
        self.press("main button.primary")
        self.fill(login=self.name, password=PASSWORD)
        self.press()
        self.open("/console/2fa/totp/activate")
        shown = self.page.locator("main").inner_text()
        self.secret = self.page.input_value("#authenticator_secret") or re.findall(r"[A-Z2-7]{32}", shown)[0]
        self.fill(code=totp(self.secret))
        self.press()

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
        for lane, serial in (("entry", "camera-1"), ("exit", "camera-2")):
            self.follow("去完成")
            self.fill(serial=serial)
            self.press()
            doors = ("push", "heartbeat", "comet")
            self.cameras[lane] = {door: self.page.input_value(f"#told-{door}") for door in doors}
            self.cameras[lane]["serial"] = serial
            self.follow("回到开通清单")

    def add_sign(self) -> str:
        """Add a sign; return the address that its code holds."""
        self.page.goto(f"{CONSOLE}/console/lots/pujiang/")
        self.follow("去完成") if self.page.locator("main a:text-is('去完成')").count() else None
        return ""


@dataclass
class Cameras:
    """The cameras of the lanes, which push to the addresses that the console showed."""

    machine: Machine
    addresses: dict[str, dict[str, str]]
    bundle: Path
    events: int = 0

    def heartbeat(self, lane: str) -> None:
        self._post(lane, "heartbeat", form({**FORM, "serialno": self.addresses[lane]["serial"]}), FORM_TYPE)

    def sees(self, lane: str, plate: str, at: datetime | None = None) -> bool:
        """Push a read; return whether the answer opens the barrier."""
        self.events += 1
        at = at or datetime.now(UTC)
        said = json.loads(json.dumps(SAMPLE))
        said["AlarmInfoPlate"]["serialno"] = self.addresses[lane]["serial"]
        stamp = {"Timeval": {"sec": int(at.timestamp()), "usec": at.microsecond}}
        result = {"license": plate, "plateid": self.events, "timeStamp": stamp, "type": 1}
        said["AlarmInfoPlate"]["result"]["PlateResult"].update(result)
        answer = self._post(lane, "push", json.dumps(said, ensure_ascii=False).encode(), "application/json")
        return opens(answer)

    def polls(self, lane: str) -> bool:
        """Ask for orders as the camera does each second; return whether one opens the barrier."""
        body = form({**FORM, "serialno": self.addresses[lane]["serial"]})
        return opens(self._post(lane, "comet", body, FORM_TYPE))

    def _post(self, lane: str, door: str, body: bytes, kind: str) -> Any:
        request = Request(self.addresses[lane][door], body, {"Content-Type": kind})
        trust = ssl.create_default_context(cafile=str(self.bundle))

        def send() -> bytes:
            with urlopen(request, timeout=20, context=trust) as answer:
                return bytes(answer.read())

        text = self.machine.inside(send)
        with suppress(ValueError):
            return json.loads(text)
        return {}


def opens(answer: Any) -> bool:
    """Say whether a camera that reads this answer lifts its barrier."""
    return "ok" in json.dumps(answer.get("Response_AlarmInfoPlate", {}).get("info", ""))


def new_page(browser: Browser, **looks: Any) -> Page:
    return browser.new_context(ignore_https_errors=True, locale="zh-CN", **looks).new_page()
