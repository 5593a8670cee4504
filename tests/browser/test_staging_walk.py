"""Each answer of each parking system on a small phone, in staging mode: what a driver sees at a rehearsal.

The settings are those that `purecode staging on` writes, over those of an installation; the pages come from
the server that the units start, settlements from the worker, payments from the sandbox. Not there: nginx and
https, which the installation's own tests have.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Error, expect

from deploy import postgres_server as installed_database
from deploy import staging
from deploy.server_settings import Answers, wanted_settings
from lots.systems import REMOTE
from lots.systems.parking_system import ClosesAutopay
from sandbox.systems.__main__ import SIMULATORS
from tests.browser.page_watch import CUT_OFF, Phone, new_phone
from tests.driver.test_system_notices import SIGNED
from tests.kills.conftest import database_url  # noqa: F401 - a fixture
from tests.lots.systems.simulated import Vendor, vendor_named
from tests.sandbox import ROOT, TIME_SCALE, address_of, end, start_uncontrolled
from tests.waiting import wait_for
from tools.postgres import free_port

PLATE, FEE = "沪A12345", 1250
SMALL = {"width": 360, "height": 520}
MARK, NOTHING, SILENT = "演练模式", "没有待缴的停车费", "系统暂时无法使用"
EXPIRED, ELSEWHERE = "原来的金额已失效", "已通过其他方式支付"
REPORTS_PAYMENTS = {"aike", "generic"}
AS_OLD = """old => [...document.querySelectorAll('form[action*="/q/"]')].map(form =>
    form.setAttribute('action', form.getAttribute('action').replace(/\\/q\\/[^/]+/, '/q/' + old))).length"""
OWN_SIGNS = 2
SILENCES: dict[str, dict[str, Any]] = {
    **{name: {} for name in ("no_answer", "not_json", "http_error", "busy", "unknown_code", "named_twice")},
    **{name: {} for name in ("redirect", "huge", "deep", "gzip_bomb", "forged", "two_cars")},
    "slow": {"seconds": 7},
}
FAULTS_OF_SOME = {"forged": {"pcloud", "generic", "bolian_lot"}, "two_cars": {"keytop"}}
MALL = "import django; django.setup(); from tests.kills.killed_processes import make_mall; make_mall()"


def sampled(*names: str, among: Iterable[str] = SIMULATORS) -> pytest.MarkDecorator:
    """Walk in front of these simulators in every run, and of each by `make matrix`."""
    return pytest.mark.parametrize(
        "name",
        [pytest.param(name, marks=() if name in names else pytest.mark.deep) for name in sorted(among)],
    )


@dataclass
class Staged:
    """An installation in staging mode, with one lot in front of each simulated system."""

    url: str
    cashier: str
    signs: dict[str, str]  # code of the sign by name of the system
    settings: dict[str, str] = field(repr=False)

    def old_charge(self, name: str) -> str:
        """Return a charge that the sign in front of a system showed six minutes ago."""
        assert self._old_charges.stdin
        assert self._old_charges.stdout
        self._old_charges.stdin.write(json.dumps([self.signs[name], PLATE]) + "\n")
        self._old_charges.stdin.flush()
        found: str = self._old_charges.stdout.readline().strip()
        assert found
        return found

    @cached_property
    def _old_charges(self) -> subprocess.Popen[str]:
        """One process for all of them: each would take seconds to start."""
        words = [sys.executable, "-m", "tests.browser.old_charge"]
        settings = {**self.settings, "DJANGO_SETTINGS_MODULE": "config.settings"}
        return subprocess.Popen(
            words, cwd=ROOT, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        if "_old_charges" in vars(self):
            self._old_charges.communicate()


def staging_settings(public: str, database: str, keys: Path, sandbox: str) -> dict[str, str]:
    """Return what the units have in staging mode, with this machine's addresses in place of the server's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installed_database, "with_name", lambda _: database)
        lines = staging.settings_text("pay.example.cn").splitlines()
    staged = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert staged["STAGING"] == "1"
    hosts = Answers(public="pay.example.cn", devices="d.example.cn", console="c.example.cn")
    return {
        **os.environ,
        **wanted_settings(hosts),
        **staged,
        **dict.fromkeys(("PUBLIC_URL", "DEVICE_URL", "CONSOLE_URL"), public),
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "0",
        "MERCHANTS_FILE": str(keys / "merchants.json"),
        "SANDBOX_URL": sandbox,
        "SANDBOX_PUBLIC_URL": sandbox,
    }


@pytest.fixture(scope="module")
def staged(
    database_url: str,  # noqa: F811 - the fixture
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Staged]:
    folder, port = tmp_path_factory.mktemp("staging"), free_port()
    keys, url = folder / "keys", f"http://127.0.0.1:{port}"
    subprocess.run([sys.executable, "-m", "sandbox", "keys", str(keys)], cwd=ROOT, check=True)
    sandbox = start_uncontrolled("--time-scale", str(TIME_SCALE), "--keys", str(keys))
    cashier = address_of(sandbox)
    settings = staging_settings(url, database_url, keys, cashier)
    systems = {name: vendor_named(name).url for name in SIMULATORS}
    made = subprocess.run(
        [sys.executable, "-c", MALL],
        cwd=ROOT,
        env={**settings, "DJANGO_SETTINGS_MODULE": "config.settings", "PARKING_SYSTEMS": json.dumps(systems)},
        stdout=subprocess.PIPE,
        check=True,
    )
    codes = json.loads(made.stdout.splitlines()[-1])[OWN_SIGNS:]
    serve = ["--interface", "wsgi", "--port", str(port), "--no-ws", "--no-access-log"]
    running = [
        subprocess.Popen([sys.executable, *words], cwd=ROOT, env={**settings, "SURFACES": "driver", **more})
        for words, more in (
            (["-m", "granian", *serve, "config.wsgi:application"], {"PURECODE_PROCESS": "web"}),
            (["manage.py", "work"], {}),
        )
    ]
    try:
        wait_for(lambda: answers(f"{url}/p/{codes[0]}"), "the server serves")
        staged = Staged(url, cashier, dict(zip(sorted(systems), codes, strict=True)), settings)
        yield staged
        staged.close()
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=120)
        end(sandbox)


def answers(url: str) -> bool:
    with suppress(OSError), urlopen(url, timeout=60):
        return True
    return False


class Walk:
    """A phone before the sign of the lot in front of one system."""

    def __init__(self, staged: Staged, vendor: Vendor, phone: Phone) -> None:
        self.staged, self.vendor, self.phone = staged, vendor, phone
        self.park, self.fault = vendor.simulator.park, vendor.simulator.fault
        self.sign = f"/p/{staged.signs[vendor.name]}"

    def look(self) -> None:
        self.phone.open(self.sign)
        self.phone.tap_plate(PLATE)

    def sees(self, *texts: str) -> None:
        """The page says this, names the staging mode, and fits the screen."""
        self.phone.sees(*texts, MARK)
        page = self.phone.page
        try:
            found = page.evaluate(CUT_OFF)
        except Error:  # the page of a payment under way opened itself again
            page.wait_for_load_state()
            found = page.evaluate(CUT_OFF)
        assert found == []

    def is_told_to_call(self) -> None:
        self.look()
        self.sees(SILENT, "岗亭")
        self.phone.sees_not(NOTHING, "12.50")
        expect(self.phone.page.locator('#fee a[href^="tel:"]')).to_be_in_viewport()
        self.vendor.simulator.clear()

    def pay(self) -> None:
        self.look()
        self.sees("12.50")
        self.phone.button("12.50").first.click()
        self.phone.reaches("cashier")
        self.phone.click("付款成功")
        self.phone.reaches("t")
        self.sees("12.50")

    def wait_six_minutes(self) -> str:
        """Put a charge of six minutes ago in place of the one on the page; return its token."""
        old = self.staged.old_charge(self.vendor.name)
        replaced = self.phone.page.evaluate(AS_OLD, old)
        assert replaced
        return old

    def report_paid(self, session: str) -> bool:
        """Have the vendor's system report that the stay was paid over there, if it reports such things."""
        if self.vendor.name not in REPORTS_PAYMENTS:
            return False
        lot = SimpleNamespace(slug=self.vendor.name.replace("_", "-"), tz=ZoneInfo("Asia/Shanghai"))
        more = {} if self.vendor.name == "aike" else {"amount_fen": FEE}
        path, body, headers, kind = SIGNED[self.vendor.name](lot, "paid", session, **more)
        request = Request(self.staged.url + path, body, {**headers, "Content-Type": kind})
        with urlopen(request, timeout=60) as answer:
            return bool(answer.status == 200)

    def sees_later(self, text: str) -> None:
        for _ in range(60):
            if text in self.phone.page.inner_text("body"):
                break
            time.sleep(0.25)
            with suppress(Error):  # the page was about to reload itself
                self.phone.page.reload()
        self.sees(text)


@pytest.fixture
def walk(staged: Staged, chromium: Any, name: str) -> Iterator[Walk]:
    vendor = vendor_named(name)
    phone = new_phone(chromium, ours=staged.url, cashier=staged.cashier, viewport=SMALL)
    phone.statuses.add(503)
    yield Walk(staged, vendor, phone)
    vendor.simulator.clear()
    phone.stays_pure()
    phone.context.close()


@sampled("hikvision", "keytop", "generic")  # wants zero settled; answers with several cars; the open pair
def test_each_answer_is_shown_in_staging(walk, name):
    walk.look()  # not inside
    walk.sees(NOTHING)
    free = walk.park.enter(PLATE, 0)
    walk.look()
    walk.sees(NOTHING)
    if name.startswith("hikvision"):  # its barrier wants a bill of zero settled
        wait_for(lambda: free.session in walk.vendor.simulator.opened)
    walk.park.clear()
    walk.park.enter(PLATE, FEE, is_permit=True)
    walk.look()
    walk.sees(NOTHING)
    walk.park.clear()
    car = walk.park.enter(PLATE, FEE)
    walk.fault("offline")
    walk.is_told_to_call()
    walk.fault("wrong_amount", value=-5)
    walk.is_told_to_call()
    if name == "keytop":  # the one that answers with several cars
        walk.fault("two_cars")
        walk.is_told_to_call()
    walk.pay()
    walk.phone.sees("支付成功")
    wait_for(lambda: car.paid_fen == FEE)
    walk.look()  # paid
    walk.sees(NOTHING)


@sampled("aike")
def test_expired_charge_is_renewed_in_staging(walk):
    """The phone lay on the seat for six minutes: the old amount is never charged."""
    car = walk.park.enter(PLATE, FEE)
    walk.look()
    walk.sees("12.50")
    old = walk.wait_six_minutes()
    car.price_fen = 1500
    walk.phone.button("12.50").first.click()
    walk.sees(EXPIRED, "15.00")
    walk.phone.statuses.add(410)
    walk.phone.open(f"/q/{old}")  # from the history
    walk.sees(EXPIRED)
    walk.phone.sees_not("12.50")


@sampled("aike", "pcloud")
def test_dearer_fee_in_staging(walk, name):
    """More is due when the driver taps: who can ask again shows it; else what was shown is paid."""
    car = walk.park.enter(PLATE, FEE)
    walk.look()
    walk.sees("12.50")
    car.price_fen = 1400
    walk.phone.button("12.50").first.click()
    system = REMOTE[walk.vendor.kind]
    if system.can_ask_again or issubclass(system, ClosesAutopay):
        walk.sees(EXPIRED, "14.00")
        walk.phone.sees_not("12.50")
    else:
        walk.phone.reaches("cashier")
    assert car.paid_fen == 0


@sampled("jieshun", "keytop")
def test_staging_faults_lead_to_the_booth(walk, name):
    walk.park.enter(PLATE, FEE)
    for fault, details in SILENCES.items():
        if fault in FAULTS_OF_SOME and name not in FAULTS_OF_SOME[fault]:
            continue
        walk.fault(fault, **details)
        walk.is_told_to_call()


@sampled("aike", "keytop")  # reports payments; does not
def test_payment_elsewhere_takes_no_money_in_staging(walk):
    car = walk.park.enter(PLATE, FEE)
    walk.look()
    walk.sees("12.50")
    car.paid_fen = FEE
    is_reported = walk.report_paid(car.session)
    walk.phone.button("12.50").first.click()
    walk.sees(ELSEWHERE if is_reported else NOTHING)
    assert car.paid_fen == FEE


@sampled("aike", among=[name for name in SIMULATORS if REMOTE[name.removesuffix("_lot")].knows_gone])
def test_void_payment_goes_back_in_staging(walk):
    car = walk.park.enter(PLATE, FEE)
    walk.fault("void")
    walk.pay()
    walk.sees_later("退")
    assert car.paid_fen == 0
