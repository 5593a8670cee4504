"""One mall with a sign in the hall, one at each lane, and a clock that the test sets."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from driver import (
    charge_page,
    driver_view,
    hot_charge,
    page_cache,
    privacy_page,
    receipt_pages,
    resume,
    sign_page,
    status,
)
from lots import lookup_budget
from lots.lookup_budget import LookupBudget
from lots.models import Device, Lot, Sign
from lots.sign_register import new_sign
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.conftest import channel as channel  # a fixture
from tests.payments.conftest import fakes as fakes  # a fixture

PLATE = "沪A12345"


@dataclass
class Mall:
    lot: Lot
    entry: Device
    way_out: Device
    pure: Sign
    exit_sign: Sign
    entry_sign: Sign
    browser: Client = field(default_factory=Client)

    def get(self, path: str, **headers: str) -> Any:
        return self.browser.get(path, headers=headers)

    def submit(self, path: str, **fields: str) -> Any:
        """Submit a form and follow no redirect."""
        form = "application/x-www-form-urlencoded"
        return self.browser.post(path, urlencode(fields), content_type=form)

    def send(self, path: str, **fields: str) -> Any:
        """Submit a form as a browser without script does."""
        answer = self.submit(path, **fields)
        return self.get(answer["Location"]) if answer.status_code == 303 else answer

    def pay(self, page: str, channel: str = "fake", **fields: str) -> Any:
        """Press Pay on a page that shows a fee."""
        return self.send(charge_of(page) + "/pay" + language_of(page), channel=channel, **fields)

    def search(self, plate: str = PLATE, language: str = "", **fields: str) -> Any:
        return self.send(f"/p/{self.pure.code}{language}", plate=plate, **fields)


@pytest.fixture(autouse=True)
def static_root(settings, tmp_path):
    """The console's static files need a folder, collected or not."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture(autouse=True)
def held_caches(monkeypatch):
    """Let nothing that is kept for seconds grow old within a test, on however slow a machine."""
    for cache in (page_cache.STAMP, page_cache.TARIFFS, page_cache.PRIVACY, page_cache.DOCUMENTS):
        monkeypatch.setattr(cache, "_clock", lambda: 0.0)


@pytest.fixture
def clock(monkeypatch):
    """Set the time with `clock(at)`; it begins 61 minutes after noon."""

    def put(at: datetime) -> datetime:
        timed = (sign_page, charge_page, status, privacy_page, driver_view, receipt_pages, resume, hot_charge)
        for module in timed:
            monkeypatch.setattr(module, "now", lambda: at)
        return at

    put(NOON + timedelta(minutes=61))
    return put


@pytest.fixture
def budget(monkeypatch):
    """A budget that is empty when the test begins."""
    fresh = LookupBudget()
    monkeypatch.setattr(lookup_budget, "LOOKUPS", fresh)
    return fresh


@pytest.fixture
def mall(db, clock, budget, channel):
    lot = make_lot(slug="pujiang", address="浦江路 100 号")
    entry, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    return Mall(
        lot,
        entry,
        way_out,
        pure=new_sign(lot=lot, place="B1 层电梯厅"),
        exit_sign=new_sign(lot=lot, place="东出口", lane=way_out.lane),
        entry_sign=new_sign(lot=lot, place="东入口", lane=entry.lane),
    )


@pytest.fixture
def parked(mall):
    """The car came in at noon and owes 10 yuan at 13:01."""
    see(mall.entry, PLATE, NOON)


def charge_of(page: str) -> str:
    """Return the address of the charge that a page shows."""
    return str(re.findall(r'action="(/q/[^"/]+)/', page)[0])


def language_of(page: str) -> str:
    """Return the last part of the addresses of a page that shows a charge."""
    return str(re.findall(r'action="/q/[^"/]+/\w+((?:/\w+)?)"', page)[0])


def text(response: HttpResponse) -> str:
    return response.content.decode()
