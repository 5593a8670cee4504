"""A canary plate is driven through the whole system and must then be found nowhere in clear.

Looked through: the database as it lies on the disk, the log with every logger at DEBUG, what was sent to
the payment channel, the pages kept in memory, and the head of every answer. The address and the openid of
the payer are looked for too. Each place is also planted with the canary once, to show that it would be found.
"""

import base64
import html
import http.client
import json
import logging
import re
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.parse import quote as url_quote

import pytest
import structlog
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from compliance.retention import erase_plates
from config.logs import QUIET
from core import jobs
from core.lanes import step
from driver import page_cache
from driver import plate as views
from driver import wechat_return as driver_wechat
from lots import permits
from lots.models import Lot, ParkingSession, Permit, PlateRead
from lots.plates import PlateError, parse
from lots.sign_register import new_sign
from payments import channels
from payments.coupons import redemption
from payments.models import Payment
from payments.providers.contract import Payer
from payments.providers.wechat import WechatConfig, WechatProvider
from payments.providers.wechat.wechat_config import BEIJING
from payments.refusals import NothingOwed
from payments.settling import settle
from sandbox.wechat.wechat_keys import open_keys
from sandbox.wechat.wechat_messages import OPENID as SANDBOX_OPENID
from tests.devices.callers import alarm, call, push, read
from tests.factories import make_device, make_lot, see
from tests.needles import forms
from tests.needles import hits as hits_of
from tests.payments.coupons.making import hand_out, make_offer, make_shop
from tests.payments.fakes import FakeProvider
from tests.payments.payment_steps import look_up, start_paying
from tests.payments.providers.conftest import transport  # noqa: F401
from tests.sandbox import notice_sink, sandbox_keys, sandbox_process, sandbox_server  # noqa: F401

pytestmark = pytest.mark.django_db
CANARY, SERIAL = "沪A7K9Q3", "A7K9Q3"
HOUR = timedelta(hours=1)
EMPTY_FROM = 16  # no spelling has that many NULs in a row, and nine tenths of a small database are NULs
EMPTY = re.compile(rb"\0{%d,}" % EMPTY_FROM)
ADDRESS, OPENID = "203.0.113.77", "oUpF8uMCANARYk9Zq3"
SPELLINGS = (
    *(CANARY, CANARY.lower(), "沪A·7K9Q3", "沪A 7K9Q3", SERIAL, SERIAL.lower(), ADDRESS, OPENID),
    SANDBOX_OPENID,  # what WeChat's gateway of the sandbox calls its payer
)
NEEDLES = {spelling: forms(spelling) for spelling in SPELLINGS}


def hits(haystack: bytes, needles: dict[str, set[bytes]] = NEEDLES) -> list[str]:
    """Return which spellings are found in the haystack in any form."""
    return hits_of(haystack, needles)


def found_in(places: dict[str, bytes], needles: dict[str, set[bytes]] = NEEDLES) -> dict[str, list[str]]:
    return {place: found for place, left in places.items() if (found := hits(left, needles))}


def database_bytes() -> bytes:
    """Return the database as it lies on the disk (SQLite), or all tables as pg_dump copies them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA database_list")
            name = cursor.fetchone()[2]
            files = [Path(name), Path(f"{name}-wal")] if name else []
            there = [str(file) for file in files if file.exists()]
            # By another process: closing a file here would drop the locks that SQLite has on it.
            on_disk = (
                subprocess.run(["cat", *there], capture_output=True, check=True).stdout if there else b""
            )
            return EMPTY.sub(bytes(EMPTY_FROM), on_disk + bytes(connection.connection.serialize()))
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall()]
    found: list[bytes] = []
    with connection.connection.cursor() as raw:
        for table in tables:
            with raw.copy(f'COPY "{table}" TO STDOUT') as copy:
                found.extend(bytes(block) for block in copy)
    return b"".join(found)


@dataclass
class Listening(FakeProvider):
    """A channel that records all it receives, except the payer, who may pass through."""

    received: list[str] = field(default_factory=list)

    def start(self, order, payer, *rest):
        self.received += [json.dumps(asdict(order), default=str, ensure_ascii=False), payer_fields(payer)]
        return super().start(order, payer, *rest)

    def query(self, number):
        self.received.append(number)
        return super().query(number)

    def close(self, number):
        self.received.append(number)
        return super().close(number)

    def refund(self, refund):
        self.received.append(json.dumps(asdict(refund), default=str, ensure_ascii=False))
        return super().refund(refund)


def payer_fields(payer: Payer) -> str:
    """Return what the channel receives of the payer, without the two values that may pass through."""
    values = json.dumps(asdict(payer), default=str, ensure_ascii=False)
    return values.replace(ADDRESS, "").replace(OPENID, "")


@dataclass
class Traces:
    """All places where something may be left behind."""

    log: Path
    channel: Listening
    heads: list[str] = field(default_factory=list)

    def places(self) -> dict[str, bytes]:
        caches = (page_cache.SIGNS, page_cache.ROWS, page_cache.TARIFFS, page_cache.PRIVACY)
        pages = [
            page.body for cache in caches for entry in cache._entries.values() for _, page in entry.pages
        ]
        return {
            "database": database_bytes(),
            "log": self.log.read_bytes(),
            "channel": "\n".join(self.channel.received).encode(),
            "kept pages": b"\n".join(pages),
            "heads of answers": "\n".join(self.heads).encode(),
        }


@pytest.fixture
def log_file(tmp_path):
    """The log in a file as the product writes it, with all loggers at DEBUG but those it holds quiet."""
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        if not any(logger.name == quiet or logger.name.startswith(f"{quiet}.") for quiet in QUIET):
            logger.setLevel(logging.DEBUG)
    handler = logging.FileHandler(tmp_path / "log", encoding="utf-8")
    handler.setFormatter(
        next(
            each.formatter
            for each in root.handlers
            if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)
        )
    )
    root.addHandler(handler)
    connection.force_debug_cursor = True  # more than the settings can do: statements with their values too
    yield tmp_path / "log"
    connection.force_debug_cursor = False
    root.removeHandler(handler)
    handler.close()
    for logger, level in levels:
        logger.setLevel(level)


@pytest.fixture
def traces(log_file, monkeypatch):
    channel = Listening()
    monkeypatch.setattr(channels, "providers", lambda: {(channel.name, channel.merchant): channel})
    return Traces(log_file, channel)


@dataclass
class Visit:
    """A driver's browser, or a stranger's."""

    traces: Traces
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS))

    def get(self, path, **headers):
        return self._keep(self.client.get(path, headers=headers))

    def post(self, path, kind="application/x-www-form-urlencoded", **form):
        return self._keep(self.client.post(path, urlencode(form), content_type=kind))

    def _keep(self, answer):
        self.traces.heads.append(f"{answer.status_code} {answer.headers} {answer.cookies}")
        assert not answer.cookies
        return answer


def run_scenario(traces, monkeypatch):
    """Enter, look around, ask, mistype, pay by page and by service, leave, be forgotten."""
    at = now()
    entered = at - timedelta(minutes=61)
    lot, visit = make_lot(slug="canary"), Visit(traces)
    entry, way_out = make_device(lot, "entry"), make_device(lot, "exit")
    sign = new_sign(lot=lot, place="B1")
    see(entry, CANARY, entered)
    see(entry, CANARY, entered + timedelta(seconds=5))
    push(way_out, alarm(way_out, at, plate=CANARY))
    pass_that_ended(lot, entered, at)
    for path in (f"/p/{sign.code}", f"/p/{sign.code}/en", "/lot/canary/tariff", "/lot/canary/privacy"):
        assert visit.get(path).status_code == 200
    connection.force_debug_cursor = False  # who puts a plate in place of a token has it in the statement
    misuse(visit, sign, monkeypatch)
    connection.force_debug_cursor = True
    pay_by_page(visit, sign, traces.channel)
    pay_by_service(lot, traces.channel, at)
    misuse_by_devices(way_out, at)
    push(way_out, alarm(way_out, now(), plate=CANARY, plate_id=2))
    for later in (timedelta(minutes=2), timedelta(hours=3)):
        for job in jobs.load().values():
            step(job.name, job.run, at=at + later)
    return lot


def pass_that_ended(lot, entered, at):
    """A pass that covered the beginning of the stay, went to another car and came back."""
    terms = {"valid_from": entered - timedelta(days=30), "valid_until": at + timedelta(days=30)}
    had = permits.grant(lot=lot, plate=parse(CANARY), **terms, source="staff", at=entered)
    other = permits.change_plate(had, plate=parse("沪B22222"), why="换车", at=entered + HOUR / 2)
    back = permits.change_plate(other, plate=parse(CANARY), why="换回", at=at - HOUR / 60)
    permits.revoke(back, why="退租", at=at - HOUR / 60)


def misuse(visit, sign, monkeypatch):
    """Put the plate where it does not belong, and let the page break with it at hand."""
    page = f"/p/{sign.code}"
    for wrong in (CANARY * 9, CANARY + "\0", f"{CANARY}😀", f"{CANARY}X9", f"'; DROP TABLE {CANARY}", SERIAL):
        assert visit.post(page, plate=wrong).status_code in {400, 422}
        with pytest.raises(PlateError):
            parse(wrong)
    visit.get(f"{page}?plate={CANARY}")
    visit.get(f"/p/{CANARY}")
    visit.get(f"/lot/{CANARY}/privacy", referer=f"https://pay.example.cn/?plate={CANARY}")
    visit.get(f"/t/{SERIAL}")
    visit.post(page, kind="application/json", plate=CANARY)
    visit.post(page, kind="multipart/form-data; boundary=x", plate=CANARY)
    visit.post(f"/q/{CANARY}/pay", channel=CANARY, plate=CANARY)
    visit.client.put(page, CANARY)

    def breaks(lot, query, **_):
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(views, "ask", breaks)
        assert visit.post(page, plate=CANARY).status_code == 500


def misuse_by_devices(camera, at):
    """A camera that breaks off, and calls to the signed API that are wrong."""
    push(camera, alarm(camera, at, plate=CANARY)[:-9])
    push(camera, alarm(camera, at, plate=CANARY), secret=CANARY)
    api = make_device(camera.lot, "both", make="api")
    assert call(api, "reads", read(at, plate=CANARY * 9)).json()["outcome"] == "unread"
    assert call(api, "reads", read(at, plate=[CANARY])).status_code >= 400
    assert call(api, "reads", read(at, read_id=[CANARY], captured_at=CANARY)).status_code >= 400
    assert call(api, f"commands/{SERIAL}/ack", {CANARY: CANARY}).status_code >= 400
    assert call(api, "reads", body=f"{{{CANARY}".encode()).status_code >= 400


def pay_by_page(visit, sign, channel):
    page = f"/p/{sign.code}"
    assert "沪A·7K9Q3" in visit.post(page, plate="沪a·7k9q3", part="1").content.decode()
    charge = visit.post(page, plate="沪a·7k9q3")["Location"]
    assert hits(visit.get(charge).content) == []
    assert visit.post(f"{charge}/pay", channel=channel.name, plate=CANARY).status_code == 200
    payment = Payment.objects.get()
    visit.get(f"/t/{payment.token}")
    settle(channel.pay(payment.number), cause="notice", at=now())
    assert visit.get(f"/t/{payment.token}/en").status_code == 200


def pay_by_service(lot, channel, at):
    """A second attempt that ends as a surplus and is refunded, started with all that is known of a payer."""
    session = ParkingSession.objects.get()
    ParkingSession.objects.update(paid_fen=0, paid_at=None, exit_until=None)
    quote = look_up(lot=lot, plate=parse(CANARY), at=at)
    payer = Payer(client_ip=ADDRESS, openid=OPENID)
    payment = start_paying(quote, channel.name, at=at, payer=payer)
    ParkingSession.objects.filter(pk=session.pk).update(
        paid_fen=session.paid_fen, paid_at=session.paid_at, exit_until=session.exit_until
    )
    settle(channel.pay(payment.number), cause="notice", at=at)
    assert payment.refunds.exists()
    with pytest.raises(NothingOwed):
        look_up(lot=make_lot(), plate=parse(CANARY), at=at)


def test_plate_is_not_found_in_clear(traces, monkeypatch):
    lot = run_scenario(traces, monkeypatch)
    assert ParkingSession.objects.filter(plate__isnull=False, left_at__isnull=False).count() == 1
    assert PlateRead.objects.filter(plate__isnull=False).count() == 4
    assert_everything_was_looked_at(traces.places())
    assert found_in(traces.places()) == {}

    erase_plates(at=now() + timedelta(hours=lot.retention_hours + 1))
    assert not ParkingSession.objects.filter(plate__isnull=False).exists()
    assert not PlateRead.objects.filter(plate__isnull=False).exists()
    assert not Permit.objects.filter(plate__isnull=False).exists()
    assert found_in(traces.places()) == {}


@pytest.fixture
def wechat_provider(traces, sandbox_server, sandbox_keys, monkeypatch, settings, transport):  # noqa: F811
    """The production client at the sandbox's WeChat Pay, whose notices come to `sandbox_server.notices`."""
    settings.SANDBOX_URL = ""
    settings.PUBLIC_URL = sandbox_server.notices.url.removesuffix("/notices/channel")
    open_keys(sandbox_keys / "wechat")
    output = json.loads((sandbox_keys / "wechat" / "settings.json").read_text())
    hosts = dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), sandbox_server.url)
    provider = WechatProvider(WechatConfig.from_mapping({**output, **hosts}), transport=transport)
    monkeypatch.setattr(channels, "providers", lambda: {(provider.name, provider.merchant): provider})
    return provider


def go(address):
    """Follow one address of WeChat's as a browser, and return where it leads."""
    where = urlsplit(address)
    connection = http.client.HTTPConnection(where.netloc, timeout=60)
    connection.request("GET", f"{where.path}?{where.query}")
    leads_to = connection.getresponse().getheader("Location")
    connection.close()
    return leads_to


def pay_inside_wechat(visit, server, provider):
    """Press Pay, go to WeChat and back, pay, hear of it by notice, query and bill; return the code."""
    lot = make_lot(slug="canary")
    see(make_device(lot, "entry"), CANARY, now() - timedelta(minutes=61))
    page = f"/p/{new_sign(lot=lot, place='B1').code}"
    visit.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.47"
    charge = visit.post(page, plate=CANARY)["Location"]
    leave = visit.post(f"{charge}/pay", channel="wechat", plate=CANARY).content.decode()
    back = urlsplit(go(html.unescape(re.search(r'class="go" href="([^"]+)"', leave)[1])))
    answer = visit.get(f"{back.path}?{back.query}")
    assert "data-bridge" in answer.content.decode()
    assert hits(answer.content) == []
    payment = Payment.objects.get()
    assert provider.query(payment.number).outcome == "open"
    server.act(payment.number, "pays")
    ((headers, body),) = server.notices.wait()
    reply = visit.client.post(
        f"/n/wechat/{provider.merchant}", body, content_type="application/json", headers=headers
    )
    assert reply.status_code in {200, 204}
    assert "支付成功" in visit.get(f"/t/{payment.token}").content.decode()
    settle(provider.query(payment.number), cause="query", at=now())
    assert list(provider.fetch_bill(datetime.now(BEIJING).date()))
    return parse_qs(back.query)["code"][0]


def test_openid_is_not_found_in_clear(traces, wechat_provider, sandbox_server):  # noqa: F811
    visit = Visit(traces)
    code = pay_inside_wechat(visit, sandbox_server, wechat_provider)
    places = traces.places()
    places.pop("channel")  # the sandbox knows its own payer
    assert Payment.objects.get().state == Payment.State.PAID
    assert found_in(places) == {}
    assert [place for place, left in places.items() if code.encode() in left] == []
    assert b"driver:come-back" in places["log"]


def test_failed_payment_logs_no_openid(traces, wechat_provider, sandbox_server, monkeypatch):  # noqa: F811
    def breaks(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr(driver_wechat, "start_payment", breaks)
    with pytest.raises(AssertionError):
        pay_inside_wechat(Visit(traces), sandbox_server, wechat_provider)
    assert b"RuntimeError" in traces.log.read_bytes()
    assert hits(traces.log.read_bytes()) == []


def assert_everything_was_looked_at(places):
    """Each place holds something that is known to be there, so an empty search proves something."""
    for place, sure in {
        "database": "浦江广场",
        "log": "payments_payment",
        "channel": "停车费",
        "kept pages": "浦江广场",
        "heads of answers": "no-store",
    }.items():
        written = (sure.encode(), json.dumps(sure)[1:-1].encode())
        assert any(form in places[place] for form in written), place
    assert b'"view": "driver:page"' in places["log"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_canary_form_is_recognised(spelling, traces):
    assert hits(b"nothing here") == []
    for form in forms(spelling):
        assert spelling in hits(b"x" + form + b"y")
    for before in range(3):
        assert spelling in hits(base64.b64encode(b"." * before + spelling.encode() + b"."))


def test_planted_canary_is_found(traces):
    assert found_in(traces.places()) == {}
    lot = make_lot(slug="canary")
    Lot.objects.filter(pk=lot.pk).update(name=f"{CANARY} {ADDRESS}")
    logging.getLogger("anything").debug("seen %s", CANARY)
    traces.channel.received.append(f"attach={url_quote(CANARY)}")
    visit = Visit(traces)
    visit.get("/lot/canary/tariff")
    traces.heads.append(f"Location: /?plate={CANARY}")
    assert all(CANARY in hits(left) for left in traces.places().values())
    assert ADDRESS in hits(traces.places()["database"])


def test_plaintext_plate_would_be_found(traces):
    see(make_device(make_lot(), "entry"), CANARY, now())
    ParkingSession.objects.update(plate=CANARY.encode())
    assert CANARY in hits(database_bytes())


def test_coupon_is_not_found_in_clear(traces, monkeypatch):
    """The shop issues, prints and lists it; a driver opens its link, uses it and drives out."""
    at, visit, lot = now(), Visit(traces), make_lot(slug="canary")
    see(make_device(lot, "entry"), CANARY, at - timedelta(minutes=61))
    page = f"/p/{new_sign(lot=lot, place='B1').code}"
    shop = make_shop(lot)
    coupon = hand_out(shop, make_offer(shop), at, plate=None)
    hand_out(shop, make_offer(shop, "amount", 100, stackable=True), at, plate=CANARY)
    code = coupon.code
    assert visit.get(f"/c/{code}").status_code == 200
    charge = visit.post(page, plate=CANARY, coupon=code)["Location"]
    assert "¥5.00" in visit.get(charge).content.decode()
    form = {"channel": traces.channel.name, "plate": CANARY, "coupon": code}
    assert visit.post(f"{charge}/pay", **form).status_code == 200
    settle(traces.channel.pay(Payment.objects.get().number), cause="notice", at=now())
    assert "已经用过" in visit.get(f"/c/{code}").content.decode()
    with monkeypatch.context() as patch:
        patch.setattr(views, "ask", None)
        assert visit.post(page, plate=CANARY, coupon=code).status_code == 500
    redemption.expire(at=at + timedelta(days=2))
    for job in jobs.load().values():
        step(job.name, job.run, at=at + timedelta(days=3))
    places = traces.places()
    assert found_in(places) == {}
    assert [place for place, left in places.items() if code.encode() in left.upper()] == []
    assert b'"view": "driver:coupon"' in places["log"]
