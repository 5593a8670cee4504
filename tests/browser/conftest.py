"""A car park in operation: pages from a live server, cameras that push over HTTP, the sandbox's cashier."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.db.models import F
from django.utils.timezone import now

from core.transport import PooledTransport
from driver import status
from lots import lookup_budget
from lots.lookup_budget import LookupBudget
from lots.models import Device, Lot, ParkingSession, PlateRead, Sign
from lots.sign_qr import sign_address
from lots.sign_register import new_sign
from payments import channels
from payments.channel_orders import ask_soon
from payments.merchants import read_merchants
from payments.models import Payment
from payments.payment_jobs import chase_payments
from sandbox.wechat.wechat_keys import open_keys
from tests.browser.page_watch import Phone, new_phone
from tests.browser.real import AGENTS, Channels, keeps_the_payer_secret, merchants, sandbox_wechat
from tests.browser.real import providers as real_providers
from tests.devices.callers import address, alarm, opens
from tests.devices.test_vzenith_codec import FORM, FORM_TYPE, form
from tests.factories import make_device, make_lot
from tests.sandbox import SandboxServer, notice_sink, sandbox_keys, sandbox_process, sandbox_server

__all__ = ["notice_sink", "sandbox_keys", "sandbox_process", "sandbox_server"]

PLATE = "沪A12345"
NAMES: dict[str, Any] = {"name": "浦江广场地下停车库", "address": "浦东新区浦江路 100 号"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@dataclass
class CarPark:
    """One lot with a way in and a way out, and a sign at each place where a driver scans."""

    url: str
    lot: Lot
    entry: Device
    way_out: Device
    pure: Sign
    exit_sign: Sign
    entry_sign: Sign
    events: int = 0

    def scan(self, sign: Sign) -> str:
        """Return what the sign's QR says."""
        return sign_address(sign)

    def drive_up(self, device: Device, plate: str | None = PLATE) -> bool:
        """Let the camera push what it sees now; say whether its answer lifts the barrier."""
        self.events += 1
        body = alarm(device, now(), plate=plate or "_无_", plate_id=self.events)
        return opens(self._call(device, "push", body, "application/json"))

    def polled_open(self, device: Device) -> bool:
        """Let the camera poll for orders once; say whether that lifts the barrier."""
        answer = self._call(device, "comet", form({**FORM, "serialno": device.serial}), FORM_TYPE)
        return opens(answer)

    def _call(self, device: Device, endpoint: str, body: bytes, kind: str) -> Any:
        request = Request(self.url + address(device, endpoint), body, {"Content-Type": kind})
        with urlopen(request, timeout=60) as answer:
            return Response(answer.read())

    def park(self, minutes: int = 61, plate: str | None = PLATE) -> None:
        """A car came in that many minutes ago: it owes 10 yuan after 61."""
        assert self.drive_up(self.entry, plate)
        self.wait(minutes)

    def wait(self, minutes: float) -> None:
        """Let time pass for what has happened so far."""
        back = timedelta(minutes=minutes)
        ParkingSession.objects.update(
            entered_at=F("entered_at") - back, paid_at=F("paid_at") - back, exit_until=F("exit_until") - back
        )
        PlateRead.objects.update(captured_at=F("captured_at") - back, moved_at=F("moved_at") - back)
        Payment.objects.update(
            until=F("until") - back, created_at=F("created_at") - back, expires_at=F("expires_at") - back
        )


def worker_at_once(payment: Payment, *, at: datetime) -> None:
    """Hurry the worker as the status page does, and take its turn here: these tests run none."""
    ask_soon(payment, at=at)
    chase_payments(at)
    payment.refresh_from_db()


class Response:
    """A JSON answer, for the helpers that read the cameras' words."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def car_park(
    live_server: Any,
    sandbox_server: SandboxServer,
    sandbox_keys: Path,
    settings: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[CarPark]:
    settings.STATIC_ROOT = tmp_path
    settings.PUBLIC_URL = settings.DEVICE_URL = live_server.url
    transport = PooledTransport("wechat", read_seconds=20)
    settings.SANDBOX_URL = settings.SANDBOX_PUBLIC_URL = sandbox_server.url
    settings.MERCHANTS = sandbox_wechat(sandbox_keys, sandbox_server)
    found = real_providers(settings.MERCHANTS, transport)
    monkeypatch.setattr(channels, "providers", lambda: found)
    monkeypatch.setattr(status, "ask_soon", worker_at_once)
    monkeypatch.setattr(lookup_budget, "LOOKUPS", LookupBudget())
    lot = make_lot(slug="pujiang", **NAMES)
    entry, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    yield CarPark(
        live_server.url,
        lot,
        entry,
        way_out,
        pure=new_sign(lot=lot, place="B1 层电梯厅"),
        exit_sign=new_sign(lot=lot, place="东出口", lane=way_out.lane),
        entry_sign=new_sign(lot=lot, place="东入口", lane=entry.lane),
    )
    transport.close()


@pytest.fixture
def phones(car_park: CarPark, chromium: Any, sandbox_server: SandboxServer) -> Iterator[Callable[..., Phone]]:
    """Unpack a phone: `phones(scripts=False, language="/en")`. At the end each must have stayed pure."""
    unpacked: list[Phone] = []

    def unpack(**looks: Any) -> Phone:
        phone = new_phone(chromium, ours=car_park.url, cashier=sandbox_server.url, **looks)
        unpacked.append(phone)
        return phone

    yield unpack
    for phone in unpacked:
        phone.stays_pure()
        phone.context.close()


@pytest.fixture
def phone(phones: Callable[..., Phone]) -> Phone:
    return phones()


@pytest.fixture
def real(
    car_park: CarPark,
    sandbox_server: SandboxServer,
    sandbox_keys: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Channels]:
    """The car park takes money by WeChat Pay and Alipay, and no setting names a sandbox."""
    settings.MERCHANTS = read_merchants(merchants(sandbox_keys, sandbox_server))
    settings.SANDBOX_URL = settings.SANDBOX_PUBLIC_URL = ""
    transport = PooledTransport("wechat", read_seconds=20)
    found = real_providers(settings.MERCHANTS, transport)
    monkeypatch.setattr(channels, "providers", lambda: found)
    yield Channels(sandbox_server, open_keys(sandbox_keys / "wechat"))
    transport.close()


@pytest.fixture
def phone_in(real: Channels, phones: Callable[..., Phone]) -> Iterator[Callable[..., Phone]]:
    """Unpack a phone inside an app: `phone_in("wechat-ios")`. At the end none may have kept its payer."""
    unpacked: list[Phone] = []

    def unpack(app: str, **looks: Any) -> Phone:
        unpacked.append(phones(user_agent=AGENTS[app], **looks))
        return unpacked[-1]

    yield unpack
    for phone in unpacked:
        keeps_the_payer_secret(phone)
