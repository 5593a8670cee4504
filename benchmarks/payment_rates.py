"""Charges, payment starts and notices per second with the production WeChat client against the sandbox.

    python -m benchmarks.payment_rates [TIMES]                                  on SQLite
    python -m tools.postgres run -- python -m benchmarks.payment_rates [TIMES]  on a temporary PostgreSQL

One process, one thread, no web server: each operation of the product is compared with the part of it that no
implementation can avoid. The gateway is a separate process on loopback; it signs and verifies as WeChat does.
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

from benchmarks.bench_environment import environment, measured_by
from benchmarks.bench_report import table
from tools.machine import ROOT

TIMES, QUICK_TIMES = 1000, 30
FLOORS = {  # operation: its floor
    "charge": "one plain SELECT of the session",
    "start a payment": "the same request, already signed, by bare HTTP",
    "read a notice": "bare RSA verify and AES-GCM decrypt",
    "settle a notice": "bare RSA verify and AES-GCM decrypt",
}


def rate_of(operation: Callable[[Any], object], arguments: Sequence[Any]) -> float:
    """Call the operation once per argument and return calls per second."""
    start = time.perf_counter()
    for argument in arguments:
        operation(argument)
    return len(arguments) / (time.perf_counter() - start)


class ChannelBenchmark:
    """A lot full of cars that entered an hour ago, and the production WeChat client."""

    def __init__(self, keys: Path, times: int) -> None:
        from django.utils.timezone import now

        from benchmarks import data
        from lots import sessions
        from lots.models import Lane
        from lots.plates import parse
        from payments import channels
        from sandbox.wechat.wechat_keys import open_keys

        self.times, self.keys, self.now = times, open_keys(keys / "wechat"), now
        size = data.Size(1, 0, 0, 0, 0, 0)
        (lot_id, *_), _, _ = data.create_lots(size, now())
        lane = Lane.objects.filter(lot=lot_id, direction="entry").get()
        entered = now() - timedelta(minutes=61)
        plates = [parse(data.plate_text(number)) for number in range(times)]
        self.sessions = [sessions.enter(lane=lane, plate=plate, at=entered) for plate in plates]
        self.provider: Any = next(iter(channels.providers().values()))
        self.sent: list[tuple[Any, ...]] = []

    def measure(self) -> dict[str, list[float]]:
        """Return calls per second of each operation and of its floor."""
        charge, select = self.charges()
        start, bare = self.starts()
        read, settle, decrypt = self.notices()
        rates = ([charge, select], [start, bare], [read, decrypt], [settle, decrypt])
        return dict(zip(FLOORS, rates, strict=True))

    def charges(self) -> tuple[float, float]:
        from django.db import connection

        from lots.systems.parking_system import ChargeQuery
        from payments.charge_token import unseal
        from payments.charges import Due, ask, sealed

        self.charged: list[Any] = []
        lot = self.sessions[0].lot

        def look_up(session: Any) -> None:
            at = self.now()
            due = ask(lot, ChargeQuery(at, session=str(session.pk)))
            assert isinstance(due, Due)
            token = sealed(due, lot=lot, sign=None, lane=None, language="zh-hans", at=at)
            self.charged.append(unseal(token, at=at))

        rate = rate_of(look_up, self.sessions)
        with connection.cursor() as cursor:
            statement = "SELECT * FROM lots_parkingsession WHERE id = %s"
            keys = [session.pk for session in self.sessions]
            floor = rate_of(lambda key: cursor.execute(statement, [key]).fetchone(), keys)
        return rate, floor

    def starts(self) -> tuple[float, float]:
        from core.transport import PooledTransport
        from payments.checkout import start_payment
        from payments.providers.contract import Payer, Scene

        client = self.provider._client
        plain = client._transport

        class RecordingTransport:
            """Records what is sent, so that the floor can send it again without signing it."""

            def send(_self, *request: Any) -> Any:  # noqa: N805 - self is the benchmark
                self.sent.append(request)
                return plain.send(*request)

        client._transport = RecordingTransport()
        payer = Payer(scene=Scene.SCREEN)
        self.started: list[Any] = []
        rate = rate_of(
            lambda charge: self.started.append(
                start_payment(charge, lot=self.sessions[0].lot, channel="wechat", payer=payer, at=self.now())[
                    0
                ]
            ),
            self.charged,
        )
        client._transport = plain
        bare = PooledTransport("wechat")
        floor = rate_of(lambda request: bare.send(*request), self.sent)
        return rate, floor

    def notices(self) -> tuple[float, float, float]:
        from django.test import RequestFactory

        from driver.channel_notices import notice
        from payments.models import Payment

        notices = [self._notice(payment) for payment in self.started]
        self._decrypt(notices[0])
        decrypt_rate = rate_of(self._decrypt, notices)
        read = rate_of(lambda one: self.provider.read_notice(one[0], one[1], self.now()), notices)
        factory, path = RequestFactory(), f"/n/wechat/{self.provider.merchant}"
        requests = [
            factory.post(path, body, content_type="application/json", headers=headers)
            for headers, body in notices
        ]
        rate = rate_of(lambda request: notice(request, "wechat", self.provider.merchant), requests)
        assert Payment.objects.filter(state="paid").count() == self.times, "not every notice was settled"
        return read, rate, decrypt_rate

    def _notice(self, payment: Any) -> tuple[Mapping[str, str], bytes]:
        from benchmarks.http_requests import paid_order
        from sandbox.faults import Faults
        from sandbox.wechat.wechat_notifier import WechatNoticeFormat

        notices = WechatNoticeFormat(self.keys, Faults())
        return notices.sign(notices.payment(paid_order(self.keys, payment.number, payment.amount_fen), None))

    def _decrypt(self, signed_notice: tuple[Mapping[str, str], bytes]) -> bytes:
        """Verify and decrypt a notice without reading it."""
        import base64

        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256

        headers, body = signed_notice
        stamp, nonce = headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"]
        signature = base64.b64decode(headers["Wechatpay-Signature"])
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        self.keys.platform.public_key().verify(signature, text, PKCS1v15(), SHA256())
        sealed = json.loads(body)["resource"]
        nonce, ciphertext = sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"])
        return AESGCM(self.keys.api_key).decrypt(nonce, ciphertext, sealed["associated_data"].encode())


@contextlib.contextmanager
def gateway(keys: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Start the sandbox on a free port and yield its URL."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--keys", str(keys)]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"port (\d+)", process.stdout.readline())
        assert found, "the sandbox did not start"
        yield f"http://127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def run(times: int, url: str) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        keys = Path(folder) / "keys"
        env = environment(url, keys)
        with gateway(keys, env) as address:
            settings = {**env, "SANDBOX_URL": address, "SANDBOX_PUBLIC_URL": address}
            migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
            subprocess.run(migrate, cwd=ROOT, env=settings, check=True)
            settings["PURECODE_PROCESS"] = "web"  # its time-outs, and its ways to the database
            rates: dict[str, list[float]] = measured_by(
                "benchmarks.payment_rates", "child", str(keys), str(times), env=settings
            )
            return rates


def section(times: int, rates: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Return the report section; `rates` maps database to operation to rate and floor."""
    rows = [
        (database, operation, f"{rate:,.0f}", FLOORS[operation], f"{floor:,.0f}", f"{rate / floor:.2f}")
        for database, found in rates.items()
        for operation, (rate, floor) in found.items()
    ]
    headings = ("database", "operation", "per s", "floor", "floor per s", "of the floor")
    return f"""## Payment channel

{times:,} calls each, in one process and one thread, without a web server: the production WeChat client
against the sandbox's gateway, a separate process on loopback (`benchmarks/payment_rates.py`).

{table(headings, rows)}
"""


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["child"]:
        import django

        django.setup()
        print(json.dumps(ChannelBenchmark(Path(arguments[1]), int(arguments[2])).measure()))
        return 0
    times = int(arguments[0]) if arguments else TIMES
    with tempfile.TemporaryDirectory(prefix="purecode-bench-") as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        print(section(times, {url.partition(":")[0]: run(times, url)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
