"""Quotes, starts and notices a second with the production WeChat client against the sandbox's gateway.

    python -m tools.bench.channel [TIMES]                                  on SQLite
    python -m tools.postgres run -- python -m tools.bench.channel [TIMES]  on a throwaway PostgreSQL

One process, one thread, no web server: what the product itself does, beside what it cannot do without. The
gateway is a process of its own on loopback, and signs and verifies as WeChat does.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tools.bench.report import table
from tools.machine import ROOT

TIMES, QUICK_TIMES = 1000, 30
FLOORS = {  # act → what it is held against
    "quote": "one plain INSERT of the same row",
    "start a payment": "the same request, signed ahead, by bare HTTP",
    "read a notice": "bare RSA verify and AES-GCM decrypt",
    "settle a notice": "bare RSA verify and AES-GCM decrypt",
}


def timed(act: Callable[[Any], object], over: Sequence[Any]) -> float:
    """Return how often a second the act was done, once for each."""
    start = time.perf_counter()
    for each in over:
        act(each)
    return len(over) / (time.perf_counter() - start)


class Mall:
    """A lot full of cars that have stayed an hour, and WeChat's client as it runs in service."""

    def __init__(self, keys: Path, times: int) -> None:
        from django.core.management import call_command
        from django.utils.timezone import now

        from lots import sessions
        from lots.models import Lane
        from lots.plates import parse
        from payments import channels
        from sandbox.wechat.keys import open_keys
        from tools.bench import data

        call_command("migrate", verbosity=0)
        self.times, self.keys, self.now = times, open_keys(keys / "wechat"), now
        size = data.Size(1, 0, 0, 0, 0, 0)
        (lot_id, *_), _, _ = data._lots(size, now())
        lane = Lane.objects.filter(lot=lot_id, direction="entry").get()
        entered = now() - timedelta(minutes=61)
        plates = [parse(data.plate_text(number)) for number in range(times)]
        self.stays = [sessions.enter(lane=lane, plate=plate, at=entered) for plate in plates]
        self.provider: Any = next(iter(channels.providers().values()))
        self.sent: list[tuple[Any, ...]] = []

    def measure(self) -> dict[str, list[float]]:
        """Return a second's times of each act and of its floor."""
        quote, insert = self.quotes()
        start, bare = self.starts()
        read, settle, opened = self.notices()
        rates = ([quote, insert], [start, bare], [read, opened], [settle, opened])
        return dict(zip(FLOORS, rates, strict=True))

    def quotes(self) -> tuple[float, float]:
        from django.db import connection

        from payments.models import Quote
        from payments.quotes import quote_session

        self.quoted: list[Any] = []
        rate = timed(
            lambda stay: self.quoted.append(quote_session(stay, lane=None, at=self.now())), self.stays
        )
        names = [
            str(field.column) for field in Quote._meta.concrete_fields if field.name not in {"id", "token"}
        ]
        columns = ", ".join(names)
        copy = (
            f"INSERT INTO payments_quote (token, {columns}) SELECT %s, {columns} FROM payments_quote"
            " WHERE id = %s"
        )
        with connection.cursor() as cursor:
            one = self.quoted[0].pk
            floor = timed(
                lambda number: cursor.execute(copy, [f"floor{number}", one]), list(range(self.times))
            )
        return rate, floor

    def starts(self) -> tuple[float, float]:
        from core.transport import PooledTransport
        from payments.checkout import start_payment
        from payments.providers.contract import Payer, Scene

        wire = self.provider._wire
        plain = wire._transport

        class Noting:
            """Keeps what was sent, so that the floor can send it again without signing it."""

            def send(_self, *request: Any) -> Any:  # noqa: N805 - the bench is the outer self
                self.sent.append(request)
                return plain.send(*request)

        wire._transport = Noting()
        payer = Payer(scene=Scene.SCREEN)
        self.started: list[Any] = []
        rate = timed(
            lambda quote: self.started.append(
                start_payment(quote_token=quote.token, channel="wechat", payer=payer, at=self.now())[0]
            ),
            self.quoted,
        )
        wire._transport = plain
        bare = PooledTransport()
        floor = timed(lambda request: bare.send(*request), self.sent)
        return rate, floor

    def notices(self) -> tuple[float, float, float]:
        from django.test import RequestFactory

        from driver.channel_notices import notice
        from payments.models import Payment

        made = [self._notice(payment) for payment in self.started]
        self._open(made[0])
        opened = timed(self._open, made)
        read = timed(lambda one: self.provider.read_notice(one[0], one[1], self.now()), made)
        factory, path = RequestFactory(), f"/n/wechat/{self.provider.merchant}"
        requests = [
            factory.post(path, body, content_type="application/json", headers=headers)
            for headers, body in made
        ]
        rate = timed(lambda request: notice(request, "wechat", self.provider.merchant), requests)
        assert Payment.objects.filter(state="paid").count() == self.times, "a notice was not settled"
        return read, rate, opened

    def _notice(self, payment: Any) -> tuple[Mapping[str, str], bytes]:
        from sandbox.faults import Faults
        from sandbox.store import Order
        from sandbox.wechat.voice import WechatVoice

        said = {"appid": self.keys.appid, "sp_mchid": "", "trade_type": "NATIVE", "openid": ""}
        order = Order(
            merchant=self.keys.mchid,
            number=payment.number,
            amount_fen=payment.amount_fen,
            currency="CNY",
            expires_at=payment.expires_at.isoformat(),
            description="",
            notify_url="",
            return_url="",
            paid_at=self.now().isoformat(),
            extra={**said, "coupon_fen": 0},
        )
        voice = WechatVoice(self.keys, Faults())
        return voice.seal(voice.payment(order, None))

    def _open(self, made: tuple[Mapping[str, str], bytes]) -> bytes:
        """Verify and decrypt, and look at nothing."""
        import base64

        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256

        headers, body = made
        stamp, nonce = headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"]
        signature = base64.b64decode(headers["Wechatpay-Signature"])
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        self.keys.platform.public_key().verify(signature, text, PKCS1v15(), SHA256())
        sealed = json.loads(body)["resource"]
        given = sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"])
        return AESGCM(self.keys.api_key).decrypt(*given, sealed["associated_data"].encode())


@contextlib.contextmanager
def gateway(keys: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Start the sandbox on a free port and yield its address."""
    words = [sys.executable, "-m", "sandbox", "--port", "0", "--keys", str(keys)]
    process = subprocess.Popen(words, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found, "the sandbox did not start"
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def merchant(keys: Path) -> str:
    """Return MERCHANTS with WeChat's merchant alone, as an operator writes it for the sandbox."""
    said = json.loads((keys / "wechat" / "settings.json").read_text(encoding="utf-8"))
    for name, text in {
        "app_secret": said.pop("app_secret"),
        "api_keys": "\n".join(said.pop("api_keys")),
    }.items():
        (keys / name).write_text(text, encoding="utf-8")
        said[f"{name}_file"] = str(keys / name)
    own = {"private_key_file": said.pop("private_key"), "products": "jsapi,h5,native"}
    return json.dumps([{"provider": "wechat", "lots": "*", "sandbox": True, **said, **own}])


def run(times: int, url: str) -> dict[str, list[float]]:
    from tools.bench.__main__ import environment

    env = environment(url)
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        keys = Path(folder) / "keys"
        with gateway(keys, env) as address:
            settings = {**env, "SANDBOX_URL": address, "MERCHANTS": merchant(keys)}
            words = [sys.executable, "-m", "tools.bench.channel", "child", str(keys), str(times)]
            done = subprocess.run(
                words, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True, check=True
            )
    said: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return said


def tell(times: int, rates: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Return the section of the record: a database's name → the rates of each act and its floor."""
    rows = [
        (database, act, f"{rate:,.0f}", FLOORS[act], f"{floor:,.0f}", f"{rate / floor:.2f}")
        for database, found in rates.items()
        for act, (rate, floor) in found.items()
    ]
    heads = ("database", "act", "per s", "floor", "floor per s", "of the floor")
    return f"""## With the channel

{times:,} times each, in one process and one thread, without a web server: WeChat's production client, and the
sandbox's gateway as a process of its own on loopback (`tools/bench/channel.py`).

{table(heads, rows)}
"""


def main(words: list[str]) -> int:
    if words[:1] == ["child"]:
        import django

        django.setup()
        print(json.dumps(Mall(Path(words[1]), int(words[2])).measure()))
        return 0
    times = int(words[0]) if words else TIMES
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        print(tell(times, {url.partition(":")[0]: run(times, url)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
