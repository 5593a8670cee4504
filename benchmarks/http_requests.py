"""Requests of drivers, cameras and the channel as bytes ready to send, signed where required."""

import json
import random
import time
from datetime import UTC, datetime
from urllib.parse import quote

from benchmarks.data import DEVICE_SECRET, Dataset, plate_text
from sandbox.faults import Faults
from sandbox.store import SandboxOrder
from sandbox.wechat.wechat_keys import WechatKeys
from sandbox.wechat.wechat_notifier import WechatNoticeFormat

BROWSER_HEADERS = (
    "User-Agent: Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: zh-CN,zh;q=0.9\r\n"
)
ENTRIES, EXITS = 0, 1
SHOWN = 200  # signs whose first page is requested: rendering one is slow and happens once


class RequestFactory:
    """Builds requests for one dataset. Each payment and each new plate is used once."""

    def __init__(self, dataset: Dataset, *, host: str, keys: WechatKeys) -> None:
        self.dataset, self.host, self.keys = dataset, host, keys
        self.format = WechatNoticeFormat(keys, Faults())
        self.shown = dataset.codes[:SHOWN]
        self.settled = self.entered = self.seen = 0

    def return_unused(self, kind: str, count: int) -> None:
        """Make the payments of the last `count` requests available again, because they were not sent."""
        if kind == "settle":
            self.settled -= count

    def warm_up(self) -> list[bytes]:
        """Return the first page of each of these signs and a charge in each lot.

        A server's process lives for weeks: after its first minutes it knows the facts of every lot.
        """
        size = self.dataset.size
        in_each_lot = range(size.to_settle, size.to_settle + min(size.lots, size.to_charge))
        charges = [self.charge(session) for session in in_each_lot]
        return [self._page(code) for code in self.shown] + charges

    def pages(self, count: int, *, encoding: str = "gzip, deflate, br") -> list[bytes]:
        """Return requests for the first page of random signs that have been requested before."""
        return [self._page(random.choice(self.shown), encoding) for _ in range(count)]

    def same_page(self, count: int) -> list[bytes]:
        """Return requests for the first page of one sign."""
        return [self._page(self.shown[0])] * count

    def charges(self, count: int) -> list[bytes]:
        """Return queries of plates that are inside, each from another address: rate limits are per client."""
        size = self.dataset.size
        chosen = [random.randrange(size.to_settle, size.to_settle + size.to_charge) for _ in range(count)]
        return [self.charge(session) for session in chosen]

    def notices(self, count: int) -> list[bytes]:
        """Return notices that report one payment after the other as paid."""
        numbers = range(self.settled, min(self.settled + count, self.dataset.size.to_settle))
        self.settled = numbers.stop
        return [self._notice(number) for number in numbers]

    def entries(self, count: int) -> list[bytes]:
        """Return reads of new plates at entries."""
        numbers = range(self.entered, self.entered + count)
        self.entered = numbers.stop
        return [
            self.push(number % self.dataset.size.lots, plate_text(number, "苏"), ENTRIES)
            for number in numbers
        ]

    def exits(self, count: int) -> list[bytes]:
        """Return reads at exits of cars that still owe money, so the barrier stays closed."""
        size = self.dataset.size
        chosen = [random.randrange(size.to_settle, size.to_settle + size.to_charge) for _ in range(count)]
        return [self.push(session % size.lots, plate_text(session), EXITS) for session in chosen]

    def _page(self, code: str, encoding: str = "gzip, deflate, br") -> bytes:
        headers = [f"Accept-Encoding: {encoding}\r\n"] if encoding else []
        return self._request("GET", f"/p/{code}", BROWSER_HEADERS, *headers)

    def charge(self, session: int) -> bytes:
        code = self.dataset.codes[session % self.dataset.size.lots]
        head = (
            f"{BROWSER_HEADERS}Accept-Encoding: gzip, deflate, br\r\nOrigin: http://{self.host}\r\n"
            "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        )
        return self._request(
            "POST", f"/p/{code}", head, body=f"plate={quote(plate_text(session))}&part=1".encode()
        )

    def _notice(self, number: int) -> bytes:
        order = paid_order(self.keys, f"B{number:025}", self.dataset.amounts[number])
        headers, body = self.format.sign(self.format.payment(order, None))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return self._request("POST", f"/n/wechat/{self.keys.mchid}", head, body=body)

    def push(self, lot: int, plate: str, direction: int) -> bytes:
        camera = self.dataset.cameras[direction * self.dataset.size.lots + lot]
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

    def _request(self, method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
        client = f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nX-Forwarded-For: {client}\r\n"
        head += "".join(headers)
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n" + body


def paid_order(keys: WechatKeys, number: str, amount_fen: int) -> SandboxOrder:
    """Return an order of the sandbox's WeChat merchant that has just been paid."""
    now = datetime.now(UTC).isoformat()
    extra = {"appid": keys.appid, "sp_mchid": "", "trade_type": "NATIVE", "openid": "", "coupon_fen": 0}
    return SandboxOrder(
        merchant=keys.mchid,
        number=number,
        amount_fen=amount_fen,
        currency="CNY",
        expires_at=now,
        description="",
        notify_url="",
        return_url="",
        kind="wechat",
        channel_number=f"4200{number[1:]}",
        paid_at=now,
        extra=extra,
    )
