"""The requests of drivers, cameras and the channel, as bytes ready to send, signed where they must be."""

import json
import random
import secrets
import time
from datetime import UTC, datetime
from urllib.parse import quote

from sandbox.signing import sign
from tools.bench.data import DEVICE_SECRET, Town, plate_text

BROWSER = (
    "User-Agent: Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
)
ENTRIES, EXITS = 0, 1
SHOWN = 200  # signs whose pages are asked for: making one anew takes long, and happens once


class Wire:
    """Makes the requests of one town. Payments and fresh plates are given out once."""

    def __init__(self, town: Town, *, host: str, sandbox_key: bytes) -> None:
        self.town, self.host, self.key = town, host, sandbox_key
        self.shown = town.codes[:SHOWN]
        self.settled = self.entered = self.seen = 0

    def take_back(self, kind: str, count: int) -> None:
        """The last `count` requests were not sent: what they would have used up is still there."""
        if kind == "settle":
            self.settled -= count

    def warm_up(self) -> list[bytes]:
        """Ask for the first page of these signs so often that each worker has made it."""
        return [self._page(code) for code in self.shown] * 8

    def pages(self, count: int, *, encoding: str = "gzip, deflate, br") -> list[bytes]:
        """Ask for the first page of some sign that was shown before."""
        return [self._page(random.choice(self.shown), encoding) for _ in range(count)]

    def same_page(self, count: int) -> list[bytes]:
        """Ask for the first page of one sign, again and again."""
        return [self._page(self.shown[0])] * count

    def quotes(self, count: int) -> list[bytes]:
        """Type the plates of cars that are inside, each from another address: budgets are per client."""
        size = self.town.size
        chosen = [random.randrange(size.to_settle, size.to_settle + size.to_quote) for _ in range(count)]
        return [self._quote(stay) for stay in chosen]

    def notices(self, count: int) -> list[bytes]:
        """Say of one payment after the other that it was paid."""
        numbers = range(self.settled, min(self.settled + count, self.town.size.to_settle))
        self.settled = numbers.stop
        return [self._notice(number) for number in numbers]

    def entries(self, count: int) -> list[bytes]:
        """Report fresh plates at entries."""
        numbers = range(self.entered, self.entered + count)
        self.entered = numbers.stop
        return [
            self._push(number % self.town.size.lots, plate_text(number, "苏"), ENTRIES) for number in numbers
        ]

    def exits(self, count: int) -> list[bytes]:
        """Report cars at exits that still owe: the barrier stays down."""
        size = self.town.size
        chosen = [random.randrange(size.to_settle, size.to_settle + size.to_quote) for _ in range(count)]
        return [self._push(stay % size.lots, plate_text(stay), EXITS) for stay in chosen]

    def _page(self, code: str, encoding: str = "gzip, deflate, br") -> bytes:
        heads = [f"Accept-Encoding: {encoding}\r\n"] if encoding else []
        return self._request("GET", f"/p/{code}", BROWSER, *heads)

    def _quote(self, stay: int) -> bytes:
        code = self.town.codes[stay % self.town.size.lots]
        head = (
            f"{BROWSER}Accept-Encoding: gzip, deflate, br\r\nOrigin: http://{self.host}\r\n"
            "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        return self._request(
            "POST", f"/p/{code}", head, body=f"plate={quote(plate_text(stay))}&part=1".encode()
        )

    def _notice(self, number: int) -> bytes:
        said = {
            "merchant": "sandbox",
            "number": f"B{number:025}",
            "state": "paid",
            "amount_fen": self.town.amounts[number],
            "currency": "CNY",
            "channel_number": f"S{number:020}",
            "paid_at": datetime.now(UTC).isoformat(),
        }
        notice = {"id": secrets.token_hex(16), "type": "payment", "merchant": "sandbox", "order": said}
        body = json.dumps(notice).encode()
        signed = sign(self.key, "NOTICE", "", int(time.time()), secrets.token_hex(16), body)
        head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        return self._request(
            "POST", "/n/sandbox/sandbox", f"Content-Type: application/json\r\n{head}", body=body
        )

    def _push(self, lot: int, plate: str, where: int) -> bytes:
        camera = self.town.cameras[where * self.town.size.lots + lot]
        self.seen += 1
        now = time.time()
        result = {
            "license": plate,
            "plateid": self.seen,
            "type": 1,
            "colorType": 1,
            "confidence": 97,
            "direction": 4,
            "isoffline": 0,
            "triggerType": 1,
            "timeStamp": {"Timeval": {"sec": int(now), "usec": int(now % 1 * 1e6)}},
        }
        alarm = {
            "serialno": camera.serial,
            "deviceName": "IVS",
            "channel": 0,
            "result": {"PlateResult": result},
        }
        body = json.dumps({"AlarmInfoPlate": alarm}).encode()
        path = f"/d/vzenith/{camera.key_id}/{DEVICE_SECRET}/push"
        return self._request("POST", path, "Content-Type: application/json\r\n", body=body)

    def _request(self, method: str, path: str, *heads: str, body: bytes = b"") -> bytes:
        client = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nX-Forwarded-For: {client}\r\n{''.join(heads)}"
        )
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body
