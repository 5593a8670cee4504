"""Who comes on the day: drivers, cameras, members, staff, strangers. Each notes what no log may hold."""

import http.client
import json
import re
import secrets
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from devices.request_signing import signed_headers
from tests.browser.real import AGENTS
from tests.day.day_place import MORE_PLATES, TOTP_SECRET
from tests.day.installation import Installation
from tests.devices.test_vzenith_codec import FORM as CAMERA_FORM
from tests.devices.test_vzenith_codec import FORM_TYPE, form
from tests.live.people import totp
from tests.processes.place import PASSWORD, PLATES
from tests.sandbox import SandboxServer

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
PHONES = {
    name: f"127.88.{number}.77" for number, name in enumerate(("driver", "payer", "member", "staff"), 1)
}
MEMBER, WRONG_PASSWORD = "13912345678", "falsches-wort-4418"
BUYER = {"kind": "company", "title": "上海示例贸易有限公司", "tax_number": "91350100M000100Y43"}
SPENT = {*PLATES.values(), *MORE_PLATES.values()}
TLS = ssl._create_unverified_context()


@dataclass
class Answer:
    status: int
    headers: Message
    text: str


@dataclass
class Visitors:
    """Everybody; `private` grows with each token, code and address that they are given."""

    parts: Installation
    made: dict[str, str]
    private: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    cookies: dict[str, str] = field(default_factory=dict)
    events: int = 100
    charge: str = ""  # where the last fee is paid
    table: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.private |= {
            *SPENT,
            *PHONES.values(),
            PASSWORD,
            WRONG_PASSWORD,
            TOTP_SECRET,
            MEMBER,
            BUYER["title"],
            BUYER["tax_number"],
        }
        self.private |= {
            self.made[name] for name in ("sign", "silent", "secret", "key_secret", "member_sign")
        }
        self.private |= {self.made["coupon"], self.made["push"].split("/")[-2]}

    def ask(
        self,
        surface: str,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        *,
        who: str = "driver",
    ) -> Answer:
        """Send one request over TLS from a visitor's own address; status 0 where none answered."""
        url = urlsplit(self.parts.urls[surface])
        line = http.client.HTTPSConnection(
            str(url.hostname), url.port, timeout=30, source_address=(PHONES[who], 0), context=TLS
        )
        try:
            line.request(method, path, body, headers or {})
            got = line.getresponse()
            answer = Answer(got.status, got.headers, got.read().decode(errors="replace"))
            for cookie in got.headers.get_all("Set-Cookie") or ():
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[f"{who} {name}"] = value
                self.private |= {value} if len(value) > 8 else set()
        except (OSError, http.client.HTTPException):
            answer = Answer(0, Message(), "")
        finally:
            line.close()
        self.answers[f"{surface} {answer.status}"] += 1
        found = re.findall(r"/(?:q|t|e|r)/([\w-]{16,})", answer.text + answer.headers.get("Location", ""))
        self.private.update(found)
        return answer

    def post(self, path: str, surface: str = "driver", who: str = "driver", **fields: str) -> Answer:
        return self.ask(surface, "POST", path, urlencode(fields), {**FORM, **self._cookies(who)}, who=who)

    def _cookies(self, who: str) -> dict[str, str]:
        own = [
            f"{name.partition(' ')[2]}={value}"
            for name, value in self.cookies.items()
            if name.startswith(who)
        ]
        return {"Cookie": "; ".join(own)} if own else {}

    def is_ready(self, surface: str) -> bool:
        return self.ask(surface, "GET", "/readyz").status == 200

    # --- drivers

    def look_up(self, plate: str, *, who: str = "driver", **fields: str) -> Answer:
        return self.post(f"/p/{self.made['sign']}", who=who, plate=plate, part="1", **fields)

    def look_around(self) -> None:
        sign = self.made["sign"]
        for path in (
            f"/p/{sign}",
            f"/P/{sign}",
            f"/p/{sign}/en",
            "/lot/pujiang/tariff",
            "/lot/pujiang/privacy",
        ):
            self.ask("driver", "GET", path)
        for plate in (PLATES["lost"], MORE_PLATES["missed"]):
            self.look_up(plate)
            there = self.post(f"/p/{sign}", plate=plate).headers.get("Location", "")
            if there:
                self.ask("driver", "GET", there)
        self.post(f"/c/{self.made['coupon']}")
        self.ask("driver", "GET", f"/c/{self.made['coupon']}")
        self.post(f"/p/{self.made['silent']}", plate=PLATES["lost"])

    def press_pay(self, plate: str, channel: str, agent: str = "browser") -> Answer:
        shown = self.look_up(plate, who="payer")
        pay = re.search(r'action="(/q/[^"/]+/pay)"', shown.text)
        if not pay:
            return Answer(0, Message(), "")
        self.charge = pay[1]
        return self.ask(
            "driver", "POST", pay[1], urlencode({"channel": channel, "plate": plate}),
            {**FORM, "User-Agent": AGENTS[agent]}, who="payer",
        )  # fmt: skip

    def pay(self, plate: str, channel: str, act: str = "pays") -> bool:
        cashier = self.press_pay(plate, channel).headers.get("X-Cashier", "")
        return bool(cashier) and self.press(cashier, channel, act)

    def press(self, cashier: str, channel: str, act: str) -> bool:
        server = self.parts.channels[channel].server
        line = http.client.HTTPConnection(
            urlsplit(server.url).netloc, timeout=30, source_address=(PHONES["payer"], 0)
        )
        try:
            target = cashier.partition(urlsplit(cashier).netloc)[2]
            line.request(
                "GET",
                target,
                headers={"Referer": f"{self.parts.urls['driver']}/", "User-Agent": AGENTS["browser"]},
            )
            answer = line.getresponse()
            answer.read()
            page = answer.headers.get("Location", cashier)
        finally:
            line.close()
        return server.press(page, act)[0] == 303

    def pay_inside_wechat(self, plate: str) -> str:
        """Press Pay in WeChat and come back with the code for the payer; return that code."""
        leave = self.press_pay(plate, "wechat", "wechat-ios")
        found = re.search(r'href="([^"]+/connect/[^"]+)"', leave.text)
        if not found:
            return ""
        where = urlsplit(unescape(found[1]))
        line = http.client.HTTPConnection(where.netloc, timeout=30)
        line.request("GET", f"{where.path}?{where.query}")
        back = urlsplit(line.getresponse().headers.get("Location", ""))
        line.close()
        self.ask("driver", "GET", f"{back.path}?{back.query}", headers={"User-Agent": AGENTS["wechat-ios"]})
        self.private |= {part.partition("=")[2] for part in back.query.split("&") if len(part) > 20}
        return back.query

    def ask_for_invoice(self, code: str) -> None:
        self.private.add(code)
        for end, fields in (("", {}), ("/invoice", {}), ("/invoice", BUYER), ("/data", {})):
            there = self.post(f"/r{end}", code=code, **fields).headers.get("Location", "/r")
            self.ask("driver", "GET", there)
        self.post("/r/invoice", code=code, **{**BUYER, "tax_number": "91350100M000100Y44"})
        self.post("/r", code="WRONG" + code[5:])

    def misbehave(self) -> None:
        """Put plates where none belongs, and send what no page takes."""
        sign, plate = f"/p/{self.made['sign']}", PLATES["lost"]
        for wrong in (plate * 9, plate + "\0", f"{plate}😀", f"'; DROP TABLE {plate}"):
            self.post(sign, plate=wrong)
        quoted, serial = quote(plate), plate[1:]
        for path in (
            *(f"{sign}?plate={quoted}", f"/p/{quoted}", f"/t/{quoted}", f"/lot/{quoted}/privacy", "/%ff%00"),
            *(f"/n/wechat/{quoted}", f"/x/{quoted}", f"/t/{serial}/state", f"/q/{serial}"),
        ):
            for surface in self.parts.urls:
                self.ask(surface, "GET", path, headers={"Referer": f"https://x.example/?{plate[1:]}"})
        self.ask("driver", "POST", sign, b"x" * 100_000, FORM)
        self.ask("driver", "POST", sign, b"plate=%ff%fe%00" + plate.encode("gbk"), FORM)
        self.ask("driver", "POST", sign, f'{{"plate": "{plate}'.encode(), JSON)
        self.ask(
            "driver",
            "POST",
            sign,
            b"--x\r\n" + plate.encode(),
            {"Content-Type": "multipart/form-data; boundary=x"},
        )
        self.ask("driver", "GET", f"{sign}?{'a' * 20_000}", headers={"Cookie": plate[1:] * 2000})
        self.ask("driver", "GET", "/", headers={"Host": f"{plate[1:]}.example"})
        self.ask("driver", "POST", "/n/wechat/m", json.dumps({"plate": plate}), JSON)
        for name in self.parts.channels:
            self.ask("driver", "POST", f"/n/{name}/1900000001", f"plate={quote(plate)}", FORM)

    def sweep(self, count: int) -> str:
        """Type plates that are not there until a proof of work is asked for; return its challenge."""
        for number in range(count):
            shown = self.look_up(f"沪H{number:05}")
            if found := re.search(r'name="proof" value="([^"]+)"', shown.text):
                self.private.add(found[1])
                self.look_up(PLATES["lost"], proof=f"{found[1]}.{'1.' * 16}")
                return found[1]
        return ""

    # --- cameras

    def read(self, plate: str, **changes: Any) -> bytes:
        self.events += 1
        body = json.loads(self.made["record"])
        result = body["AlarmInfoPlate"]["result"]["PlateResult"]
        result.update({"plateid": self.events, "license": plate, **changes})
        result["timeStamp"]["Timeval"]["sec"] = int(time.time())
        return json.dumps(body, ensure_ascii=False).encode()

    def camera(self, body: bytes, path: str = "") -> Answer:
        return self.ask("device", "POST", path or self.made["push"], body, JSON)

    def poll(self, serial: str = "") -> Answer:
        known = json.loads(self.made["record"])["AlarmInfoPlate"]["serialno"]
        body = form({**CAMERA_FORM, "serialno": serial or known})
        return self.ask("device", "POST", self.made["comet"], body, {"Content-Type": FORM_TYPE})

    def api(self, path: str, message: Any, *, key_secret: str = "") -> Answer:
        body = json.dumps(message).encode()
        path = f"/api/v1/{path}"
        signed = signed_headers(
            self.made["key"], key_secret or self.made["key_secret"], method="POST", path=path, body=body,
            timestamp=int(time.time()), nonce=secrets.token_urlsafe(12),
        )  # fmt: skip
        return self.ask("device", "POST", path, body, {**JSON, **signed})

    def drive(self) -> None:
        plate, at = PLATES["lost"], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.camera(self.read(plate))
        self.camera(self.read(plate)[:-9])
        self.camera(self.read(plate * 20))
        self.camera(self.read(plate), self.made["push"].replace("secret", "secret9"))
        self.camera(b"{" * 300_000)
        self.camera(b"x" * 17_000_000)
        self.poll()
        self.poll("another")
        read = {
            "read_id": secrets.token_hex(8),
            "plate": MORE_PLATES["missed"],
            "captured_at": at,
            "confidence": 99,
        }
        for message, key_secret in (
            (read, ""), (read, ""), (read, "secret9"), ({**read, "plate": plate * 9}, ""),
            ({**read, "captured_at": plate}, ""), ({plate: plate}, ""),
        ):  # fmt: skip
            self.api("reads", message, key_secret=key_secret)
        self.api(f"commands/{plate[1:]}/ack", {plate: plate})

    # --- members

    def join(self, codes: list[str]) -> None:
        base = "/member/pujiang"
        self.ask("members", "GET", f"/m/{self.made['member_sign']}", who="member")
        page = self.ask("members", "GET", f"{base}/join", who="member").text
        version = re.search(r'name="version" value="(\w+)"', page)
        asked = self._member(
            "code", phone=MEMBER, way="join", agree="1", version=version[1] if version else ""
        )
        attempt = re.search(r'name="attempt" value="([^"]+)"', asked.text)
        key = re.search(r'name="form" value="(\w*)"', asked.text)
        end = time.monotonic() + 40
        while not codes and time.monotonic() < end:
            time.sleep(0.3)
        if attempt and key and codes:
            self.private |= {attempt[1]}
            known = {"attempt": attempt[1], "form": key[1]}
            self._member("enter", code="000000", **known)
            self._member("enter", code=codes[-1], **known)
        page = self.ask("members", "GET", base, headers=self._cookies("member"), who="member").text
        key = re.search(r'name="form" value="(\w*)"', page)
        typed = {"plate": MORE_PLATES["member"]}, {"name": MEMBER}, {"plate": MEMBER * 20}
        for fields in typed:
            self._member(*fields, form=key[1] if key else "", **fields)

    def _member(self, path: str, **fields: str) -> Answer:
        return self.post(f"/member/pujiang/{path}", "members", "member", **fields)

    # --- staff

    def console(self, path: str, **fields: str) -> Answer:
        """Open a page, or send its form with its CSRF token."""
        page = self.ask("console", "GET", path, headers=self._cookies("staff"), who="staff")
        if not fields:
            return page
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        self.private |= {token[1]} if token else set()
        body = urlencode({**fields, "csrfmiddlewaretoken": token[1] if token else ""})
        headers = {**FORM, **self._cookies("staff"), "Referer": f"{self.parts.urls['console']}{path}"}
        return self.ask("console", "POST", fields.get("to") or path, body, headers, who="staff")

    def sign_in(self) -> Answer:
        name = self.made["owner"]
        self.console("/console/login", login=name, password=WRONG_PASSWORD)
        self.console("/console/login", login=MEMBER, password=PASSWORD)
        self.console("/console/login", login=name, password=PASSWORD)
        self.console("/console/account/factor", code="000000")
        return self.console("/console/account/factor", code=totp(TOTP_SECRET))

    def work_at_console(self) -> None:
        plate = PLATES["lost"]
        for path in ("/console/", "/console/stays", "/console/payments", "/console/reads", "/console/health"):
            self.console(path)
        self.console("/console/", to="/console/search", q=plate)
        self.console("/console/", to="/console/search", q="9" * 300 + plate)
        self.console(f"/console/stays?q={quote(plate)}&lot=x'")
        self.console("/console/people", to="/console/people/invite", name=MEMBER)
        new = self.console("/console/lots/pujiang/devices/add")
        lane = re.search(r'<option value="(\d+)"', new.text)
        made = self.console(
            "/console/lots/pujiang/devices/add", make="vzenith", name="Kamera", serial="serial-new-1",
            lane=lane[1] if lane else "", press=secrets.token_hex(16),
        )  # fmt: skip
        self.private |= set(re.findall(r"/d/vzenith/[^/]+/([\w-]{16,})/", made.text))

    def everything(self, name: str) -> None:
        """Send one request of each kind, while something is broken; add what came to the table."""
        read = {"plate": PLATES["lost"], "captured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        page, pay = f"/p/{self.made['sign']}", {"channel": "alipay", "plate": MORE_PLATES["inside"]}
        notice = f"plate={quote(PLATES['lost'])}"
        merchant = next(iter(self.parts.channels["alipay"].orders().values()))["merchant"]
        acts: dict[str, Callable[[], Answer]] = {
            "first page": lambda: self.ask("driver", "GET", page, who="payer"),
            "look-up": lambda: self.look_up(PLATES["lost"], who="payer"),
            "pay": lambda: self.post(self.charge, who="payer", **pay),
            "status": lambda: self.ask("driver", "GET", f"/t/{self.made['payment']}/state"),
            "notice": lambda: self.ask("driver", "POST", f"/n/alipay/{merchant}", notice, FORM),
            "camera": lambda: self.camera(self.read(PLATES["lost"])),
            "comet": self.poll,
            "foreign camera": lambda: self.poll("another"),
            "api": lambda: self.api("reads", {**read, "read_id": secrets.token_hex(8), "confidence": 99}),
            "receipt": lambda: self.post("/r", code=self.made["receipt"]),
            "console": lambda: self.console("/console/stays"),
            "console 404": lambda: self.console("/console/nothing"),
            "sign-in page": lambda: self.ask("console", "GET", "/console/login", who="payer"),
            "member": lambda: self.ask("members", "GET", "/member/pujiang", headers=self._cookies("member")),
            **{
                f"readyz {surface}": partial(self.ask, surface, "GET", "/readyz")
                for surface in self.parts.urls
            },
        }
        for act, run in acts.items():
            began = time.monotonic()
            answer = run()
            took = time.monotonic() - began
            again = answer.headers.get("Retry-After", "")
            self.table.append(f"{name:20} {act:16} {answer.status} {took:5.2f} s  Retry-After {again}")


def servers(parts: Installation) -> Iterable[SandboxServer]:
    return (channel.server for channel in parts.channels.values())


def clear(parts: Installation) -> None:
    for server in servers(parts):
        with suppress(OSError, AssertionError):
            server.clear()
