"""Measurements, the health page, metrics and alerts."""

import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import resolve
from django.utils.timezone import localtime, now

from config import health_probes
from config.env import mail_server
from lots.models import Device
from monitoring import alert_delivery, measurements, monitoring_jobs, watch
from monitoring.alerts import ALERT_AFTER, RECOVERED_AFTER
from monitoring.models import AlertMessage, Heartbeat, Incident, Silence
from monitoring.signal_rules import Continuous, Facts, Level, judge
from payments import booth, observations
from payments.models import ChannelCount, Discrepancy, Payment, Refund
from staff.models import Role
from tests.factories import NOON, make_device, make_lot, make_person, signed_in
from tests.mailbox import mailbox as mailbox  # a fixture
from tests.payments.acting import LEAVING, by, on_shift, park
from tests.serving import serving

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TOKEN = "scrape-" + "x" * 32
RED = Facts(NOON, beat_at=NOON, abnormal_refunds=2, backup="found", backup_at=NOON)


@pytest.fixture
def staff():
    return signed_in(get_user_model().objects.create_user("zhang", is_superuser=True))


@pytest.mark.parametrize(("provider", "count"), [("cash", 0), ("wechat", 1)])
def test_cash_to_hand_back_raises_no_alarm(provider, count):
    """It is one of the tasks; what the alert says to do is for refunds by a channel."""
    lot = make_lot()
    on_shift(lot)
    booth.take_cash(park(make_device(lot, "entry")), amount_fen=5000, by=by(), at=LEAVING)
    assert Refund.objects.get().state == Refund.State.ABNORMAL
    Payment.objects.update(provider=provider)
    assert measurements.measure(at=LEAVING).abnormal_refunds == count
    assert measurements.measure_of([lot], at=LEAVING).abnormal_refunds == count


# probes


def test_healthz_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies


def test_readyz_needs_current_migrations(monkeypatch):
    monkeypatch.setitem(health_probes._current, "written_at", -10.0)
    monkeypatch.setitem(health_probes._current, "schema", False)
    assert (Client().get("/readyz").status_code, Client().get("/readyz").json()) == (200, {"ready": True})
    monkeypatch.setitem(health_probes._current, "written_at", -10.0)
    monkeypatch.setitem(health_probes._current, "schema", False)
    monkeypatch.setattr(measurements, "pending_migrations", lambda: 1)
    assert (Client().get("/readyz").status_code, Client().get("/readyz").json()) == (503, {"ready": False})


def scrape(**headers):
    address = headers.pop("address", "127.0.0.1")
    return Client(REMOTE_ADDR=address).get("/metrics", headers=headers)


@pytest.mark.parametrize(
    ("token", "loopback", "headers", "status"),
    [
        ("", False, {}, 404),
        (TOKEN, False, {}, 404),
        (TOKEN, False, {"authorization": "Bearer no"}, 404),
        (TOKEN, False, {"authorization": "Bearer é"}, 404),
        (TOKEN, False, {"authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, True, {}, 404),  # a configured token is always required
        ("", True, {}, 200),
        ("", True, {"x_forwarded_for": "198.51.100.7"}, 404),  # a client behind our own proxy
        ("", True, {"address": "198.51.100.7"}, 404),
        ("", True, {"address": "not an address"}, 404),
    ],
)
def test_metrics_need_token_or_loopback(settings, token, loopback, headers, status):
    settings.METRICS_TOKEN, settings.METRICS_LOOPBACK = token, loopback
    assert scrape(**headers).status_code == status


def test_metrics_belong_to_the_console_surface():
    from config.urls import SURFACES

    named = {name for name, routes in SURFACES.items() if any(str(r.pattern) == "metrics" for r in routes())}
    assert named == {"console"}
    assert resolve("/healthz")
    assert resolve("/readyz")


def test_scrape_covers_all_processes(settings):
    settings.METRICS_TOKEN = TOKEN
    lot = make_lot(slug="pujiang")
    make_device(lot, "entry", last_seen_at=None)
    Heartbeat.objects.create(worker="w", started_at=now(), beat_at=now())
    for _ in range(3):
        observations.count("wechat", "1900", "bad_signature", at=now())
    text = scrape(authorization=f"Bearer {TOKEN}").content.decode()
    troubles = 'purecode_channel_troubles_total{kind="bad_signature",merchant="1900",provider="wechat"} 3.0'
    assert troubles in text
    assert f'purecode_devices_silent{{lot="{lot.name} (pujiang)"}} 1.0' in text
    assert "purecode_database_up 1.0" in text
    assert 'purecode_queue_due{kind="payments.payment"} 0.0' in text
    assert float(text.split("purecode_worker_beat_age_seconds ")[-1].split("\n")[0]) < 5


def test_totals_survive_hourly_folding():
    old = NOON - timedelta(days=40)
    observations.count("wechat", "1900", "bad_signature", at=old)
    observations.count("wechat", "1900", "bad_signature", at=old + timedelta(hours=2))
    observations.count("wechat", "1900", "bad_signature", at=NOON)
    before = measurements.totals()
    observations.fold(before=NOON - observations.RETENTION)
    observations.fold(before=NOON - observations.RETENTION)
    assert measurements.totals() == before == {("wechat", "1900", "bad_signature"): 3}
    assert ChannelCount.objects.count() == 2


# facts


def test_backup_age_is_the_newest_files(settings, tmp_path):
    settings.BACKUP_PATH = tmp_path
    assert measurements._backup(NOON) == ("missing", None)
    for name, age in (("old.dump", 50), ("new.dump", 3)):
        (tmp_path / name).write_bytes(b"x")
        moment = (NOON - timedelta(hours=age)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert measurements._backup(NOON) == ("found", NOON - timedelta(hours=3))
    settings.BACKUP_PATH = tmp_path / "gone"
    assert measurements._backup(NOON) == ("missing", None)


def test_backup_of_a_wrong_clock_is_none(settings, tmp_path):
    """The clock was ahead for a night: its backup would count as fresh until that day comes."""
    settings.BACKUP_PATH = tmp_path
    for name, age in (("ahead.dump", -9999), ("old.dump", 50)):
        assert measurements._backup(NOON) == ("missing", None)
        (tmp_path / name).write_bytes(b"x")
        moment = (NOON - timedelta(hours=age)).timestamp()
        os.utime(tmp_path / name, (moment, moment))
    assert measurements._backup(NOON) == ("found", NOON - timedelta(hours=50))


def test_stopped_backup_is_none(settings, tmp_path):
    settings.BACKUP_PATH = tmp_path
    (tmp_path / "20261124T020000Z.part").write_bytes(b"x")
    assert measurements._backup(NOON) == ("missing", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "missing"),
        ("", "missing"),
        ("[]", "missing"),
        ('{"proven_at": 7}', "missing"),
        ('{"proven_at": "2026-11-26T12:00:00"}', "missing"),  # of which zone?
        ('{"proven_at": "2031-11-26T12:00:00+00:00"}', "missing"),  # by a wrong clock
        ('{"proven_at": null, "failed_at": "2026-11-26T12:00:00+00:00"}', "failed"),
        ('{"proven_at": "2026-11-26T12:00:00+00:00"}', datetime(2026, 11, 26, 12, tzinfo=UTC)),
    ],
)
def test_restore_test_time_is_read(settings, tmp_path, text, expected):
    settings.BACKUP_PROOF = tmp_path / "proof.json"
    if text is not None:
        settings.BACKUP_PROOF.write_text(text, encoding="utf-8")
    assert measurements._proof(datetime(2026, 11, 26, 12, tzinfo=UTC)) == expected


def test_closed_lots_and_revoked_devices_are_ignored():
    open_lot, closed = make_lot(), make_lot(name="旧库", closed_at=NOON)
    make_device(open_lot, "entry", last_seen_at=NOON)
    make_device(open_lot, "exit", last_seen_at=NOON - 6 * MINUTE)
    make_device(open_lot, "exit", revoked_at=NOON)
    make_device(closed, "entry")
    assert Device.objects.count() == 4
    assert measurements.devices(NOON) == {f"{open_lot.name} ({open_lot.slug})": (1, 2)}


def test_same_named_lots_stay_separate(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    mine, theirs = (make_lot(name="浦江广场", slug=slug) for slug in ("mine", "theirs"))
    for lot in (mine, theirs):
        make_device(lot, "entry", last_seen_at=NOON - 6 * MINUTE)
    assert measurements.devices(NOON) == {"浦江广场 (mine)": (1, 1), "浦江广场 (theirs)": (1, 1)}
    for name in ("浦江广场 (mine)", "浦江广场 (theirs)"):
        Incident.objects.create(kind="devices", subject=name, since=NOON, red_at=NOON)
    client = signed_in(make_person(Role.OWNER, operator=mine.operator))
    html = client.get("/console/health").content.decode()
    assert html.count(" (mine)") == 2  # as it is now, and as an incident
    assert " (theirs)" not in html


def test_worker_heartbeat_is_updated():
    monitoring_jobs.beat(NOON)
    monitoring_jobs.beat(NOON + MINUTE)
    assert Heartbeat.objects.count() == 1
    assert measurements.last_beat() == NOON + MINUTE
    assert not [s for s in judge(measurements.measure(at=NOON + MINUTE)) if s.kind == "worker_never"]


@pytest.mark.parametrize("last_worker", [None, NOON - 60 * MINUTE])
def test_worker_that_evaluates_first_is_not_silent(last_worker):
    if last_worker:
        Heartbeat.objects.create(worker="former", beat_at=last_worker, started_at=last_worker)
    monitoring_jobs.evaluate_signals(NOON)
    assert not Incident.objects.filter(kind__startswith="worker").exists()
    monitoring_jobs.evaluate_signals(NOON + 4 * MINUTE)  # the heartbeat's lane never ran
    assert Incident.objects.filter(kind="worker").exists()


# alerts


@pytest.fixture
def webhooks(settings):
    """A server that plays both webhooks and replies `answer`."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        answer = b'{"errcode":0,"errmsg":"ok"}'

        def do_POST(self):
            received.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.answer)))
            self.end_headers()
            self.wfile.write(self.answer)

        def log_message(self, *_):
            pass

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as here:
        settings.ALERT_WECOM = f"{here}/cgi-bin/webhook/send?key=secret-key"
        settings.ALERT_DINGTALK = f"{here}/robot/send?access_token=secret-token"
        settings.ALERT_DINGTALK_SECRET = "SEC000"
        yield received, Handler


def test_fault_alerts_both_webhooks_once(webhooks):
    received, _ = webhooks
    watch.evaluate(at=NOON, measured=RED)
    assert watch.evaluate(at=NOON + ALERT_AFTER, measured=RED) == 1
    assert watch.evaluate(at=NOON + ALERT_AFTER + MINUTE, measured=RED) == 0
    assert monitoring_jobs.send_alerts(NOON + ALERT_AFTER) == 2
    assert monitoring_jobs.send_alerts(NOON + ALERT_AFTER + MINUTE) == 0
    by_path = {urlsplit(path).path: (parse_qs(urlsplit(path).query), body) for path, body in received}
    query, body = by_path["/robot/send"]
    assert body["msgtype"] == "text"
    assert "异常退款" in body["text"]["content"]
    assert "怎么办" in body["text"]["content"]
    signed = f"{query['timestamp'][0]}\nSEC000".encode()
    wanted = base64.b64encode(hmac.new(b"SEC000", signed, hashlib.sha256).digest()).decode()
    assert query["sign"] == [wanted]
    assert by_path["/cgi-bin/webhook/send"] == ({"key": ["secret-key"]}, body)
    assert AlertMessage.objects.filter(sent_at=None).count() == 0


def test_refused_alert_is_retried_then_reported(webhooks, settings, capfd):
    received, handler = webhooks
    settings.ALERT_DINGTALK = ""
    handler.answer = b'{"errcode":45009,"errmsg":"freq out of limit"}'
    watch.send("text", at=NOON)
    at = NOON
    for _ in range(9):
        monitoring_jobs.send_alerts(at)
        at += timedelta(hours=1)
    row = AlertMessage.objects.get()
    assert (row.tries, row.next_check_at, row.sent_at) == (6, None, None)
    assert len(received) == 6
    assert "secret-key" not in "".join(capfd.readouterr())
    signals = judge(measurements.measure(at=NOON + timedelta(hours=9)))
    assert [s.level for s in signals if s.kind == "undelivered"] == [Level.AMBER]


def test_recovery_is_announced_once(webhooks):
    healthy = Facts(NOON, beat_at=NOON, backup="found", backup_at=NOON)
    watch.evaluate(at=NOON, measured=RED)
    watch.evaluate(at=NOON + ALERT_AFTER, measured=RED)
    assert watch.evaluate(at=NOON + ALERT_AFTER + RECOVERED_AFTER, measured=healthy) == 1
    assert watch.evaluate(at=NOON + ALERT_AFTER + RECOVERED_AFTER + MINUTE, measured=healthy) == 0
    assert AlertMessage.objects.latest("pk").text.startswith("【纯净码 恢复】异常退款")
    assert Incident.objects.get().ended_at is not None


def test_concurrent_checks_create_one_alert(webhooks, monkeypatch):
    watch.evaluate(at=NOON, measured=RED)
    write = watch._alert

    def meanwhile(incident, signal, at):
        monkeypatch.setattr(watch, "_alert", write)
        watch.evaluate(at=at, measured=RED)  # the other worker, faster
        return write(incident, signal, at)

    monkeypatch.setattr(watch, "_alert", meanwhile)
    watch.evaluate(at=NOON + ALERT_AFTER, measured=RED)
    assert AlertMessage.objects.count() == 2  # one for each webhook


def test_incidents_are_recorded_without_delivery():
    watch.evaluate(at=NOON, measured=RED)
    watch.evaluate(at=NOON + ALERT_AFTER, measured=RED)
    assert Incident.objects.count() == 1
    assert not AlertMessage.objects.exists()


def test_mailed_alert_uses_first_line_as_subject(settings, mailbox):
    port, received = mailbox
    settings.MAILERS = mail_server(f"smtp://127.0.0.1:{port}")
    settings.ALERT_MAIL_TO, settings.DEFAULT_FROM_EMAIL = ["ops@example.cn"], "purecode@example.cn"
    alert_delivery.by_mail("[PureCode alarm] Disk\nMake room")
    assert "Subject: [PureCode alarm] Disk" in received
    assert "To: ops@example.cn" in received
    assert "Make room" in received


def test_mail_subject_shows_more_alerts(settings, monkeypatch):
    settings.ALERT_MAIL_TO = ["ops@example.cn"]
    subjects = []
    monkeypatch.setattr(EmailMessage, "send", lambda mail: subjects.append(mail.subject))
    alert_delivery.by_mail("[PureCode alarm] Disk\nMake room\n\n[PureCode alarm] Worker")
    assert subjects == ["[PureCode alarm] Disk …"]


def test_test_alert_reports_each_channel(webhooks, settings):
    settings.ALERT_MAIL_TO, settings.MAILERS = ["ops@example.cn"], mail_server("smtp://127.0.0.1:1")
    out = StringIO()
    with pytest.raises(CommandError, match="mail"):
        call_command("test_alert", stdout=out)
    assert "wecom: arrived" in out.getvalue()
    assert "mail: NOT delivered" in out.getvalue()


# the page


def test_health_page_shows_faults_and_remedies(staff):
    Discrepancy.objects.create(
        kind="differs", provider="wechat", merchant="1", number="T1", seen_at=now() - timedelta(days=2)
    )
    page = staff.get("/console/health").content.decode()
    assert "未处理的账目差异" in page
    assert "逐笔与渠道核对" in page
    assert "从未运行过" in page


def test_silence_needs_reason_and_counts_once(staff):
    form = {"kind": "refunds", "hours": "8", "why": "银行在处理"}
    assert staff.post("/console/health/silence", {**form, "why": " "}).status_code == 422
    assert staff.post("/console/health/silence", {**form, "kind": "nothing"}).status_code == 422
    assert staff.post("/console/health/silence", {**form, "hours": "9999"}).status_code == 422
    for _ in range(2):
        assert staff.post("/console/health/silence", form).status_code == 302
    row = Silence.objects.get()
    assert (row.by.get_username(), row.why) == ("zhang", "银行在处理")
    watch.evaluate(at=now(), measured=RED)
    watch.evaluate(at=now() + ALERT_AFTER, measured=RED)
    assert Incident.objects.get().alerted_at is None
    assert "银行在处理" in staff.get("/console/health").content.decode()


def test_incident_history_shows_alert_time(staff):
    alerted = NOON + 7 * MINUTE
    Incident.objects.create(kind="disk", since=NOON, red_at=NOON, alerted_at=alerted)
    assert f"{localtime(alerted):%m-%d %H:%M}" in staff.get("/console/health").content.decode()


def test_old_incidents_are_deleted():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Incident.objects.create(kind="disk", since=at, red_at=at, ended_at=at, state="ended")
    AlertMessage.objects.create(way="mail", text="x", created_at=at)
    Heartbeat.objects.create(worker="w", started_at=at, beat_at=at)
    assert watch.prune(before=NOON - watch.RETENTION) == 3


@pytest.mark.postgresql
def test_continuous_backup_is_read_from_its_slot(settings):
    assert measurements.continuous_backup() is None
    settings.BACKUP_SLOT = "purecode_test_slot"
    if connection.vendor != "postgresql":
        assert measurements.continuous_backup() is None
        return
    assert measurements.continuous_backup() == Continuous(is_received=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_create_physical_replication_slot('purecode_test_slot', true)")
        try:
            found = measurements.continuous_backup()
        finally:
            cursor.execute("SELECT pg_drop_replication_slot('purecode_test_slot')")
    assert found is not None
    assert (found.is_received, found.has_gap) == (False, False)
    assert 0 <= found.behind < 2**30
