"""Going live and staying up: the channels' health, their settings, the test payment, over the real protocols.

The production clients talk to the sandbox process. `CASES` names the failure cases (tests.payments.cases)
that each test stands for.
"""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from django.utils.timezone import now

from console import channel_words
from core.transport import OutcomeUnknown
from lots.models import Lot, ParkingSession
from monitoring import measurements
from monitoring.signal_rules import Level, judge
from payments import channel_test, channels, merchant_checks, merchant_system_checks, observations
from payments.channel_health import HEALTH, Health
from payments.channel_orders import query
from payments.management.commands import pay_test
from payments.merchants import read_merchants
from payments.models import ChannelState, Discrepancy, LedgerEntry, Payment, Refund
from payments.payment_jobs import ask_hidden_channels, chase_payments
from payments.providers.alipay import AlipayProvider
from payments.providers.contract import Outcome, Payer, ProviderRefused, Scene
from payments.providers.wechat import WechatProvider
from tests.factories import NOON, make_device, make_lot, see
from tests.payments.payment_steps import look_up_session, start_paying
from tests.payments.providers.conftest import transport  # noqa: F401
from tests.payments.test_merchants import starts
from tests.sandbox import (  # noqa: F401
    address_of,
    end,
    notice_sink,
    sandbox_keys,
    sandbox_process,
    sandbox_server,
    start_sandbox,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
QUERY = "GET /v3/pay/transactions/out-trade-no/"
NATIVE = "POST /v3/pay/transactions/native"

CASES = {
    12: ["test_undecryptable_notice_is_refused_and_counted"],
    13: ["test_notice_triggers_no_network_call"],
    24: ["tests/driver/test_wechat_return.py"],
    26: [
        "test_channel_is_hidden_across_processes",
        "test_failing_queries_hide_channel_until_answered",
        "test_only_one_process_probes",
    ],
    27: ["tests/driver/test_scenes.py::test_failing_channels_leave_fee_and_booth"],
    28: [
        "test_payment_retains_its_app",
        "test_former_credentials_still_read_notices",
    ],
    58: ["test_clock_skew_is_shown_red"],
    60: ["test_unknown_platform_key_is_shown"],
    61: ["test_old_api_key_works_until_removed"],
    64: ["test_backlog_is_shown_until_cleared"],
    66: ["test_oversized_response_counts_as_failure"],
    68: [
        "test_sandbox_refuses_real_merchants",
        "test_production_refuses_sandbox_url",
    ],
}


def test_cases_name_existing_tests():
    named = [name for names in CASES.values() for name in names if not name.startswith("tests/")]
    assert [name for name in named if name not in globals()] == []
    root = Path(__file__).resolve().parents[2]
    elsewhere = [name.partition("::") for names in CASES.values() for name in names if "/" in name]
    assert all(test in (root / file).read_text(encoding="utf-8") for file, _, test in elsewhere)


class Setup:
    """The sandbox's two merchants as an operator would set them up, entry by entry."""

    def __init__(self, server, keys, folder, settings, monkeypatch, transport):  # noqa: F811
        self.server, self.keys, self.folder = server, keys, folder
        self.settings, self.monkeypatch, self.transport = settings, monkeypatch, transport
        entries = json.loads((keys / "merchants.json").read_text(encoding="utf-8"))
        self.wechat, self.alipay = (
            next(entry for entry in entries if entry["provider"] == name) for name in ("wechat", "alipay")
        )
        for entry in (self.wechat, self.alipay):
            del entry["sandbox"]
        self.wechat |= dict.fromkeys(("base_url", "backup_url", "open_url", "api_url"), server.url)
        self.alipay |= {"gateway": f"{server.url}/gateway.do"}

    def file(self, name, text):
        path = self.folder / f"{name}-{len(list(self.folder.iterdir()))}"
        path.write_text(text)
        return str(path)

    def use(self, *entries, clock=None):
        """Put these entries in force, as a start with them would."""
        self.settings.MERCHANTS = read_merchants(json.dumps(list(entries)))
        self.settings.SANDBOX_URL = ""
        given = {"transport": self.transport} | ({"clock": clock} if clock else {})
        monkeypatch = self.monkeypatch
        made = {
            (merchant.provider, merchant.app, merchant.former): (
                WechatProvider if merchant.provider == "wechat" else AlipayProvider
            )(merchant.config, **given)
            for merchant in self.settings.MERCHANTS
        }
        in_force = {(p.name, p.merchant): p for (_, _, former), p in made.items() if not former}
        former = {(p.name, p.merchant, p.app): p for (_, _, was), p in made.items() if was}
        monkeypatch.setattr(channels, "providers", lambda: in_force)
        monkeypatch.setattr(channels, "former_providers", lambda: former)
        return list(made.values())


@pytest.fixture
def live(sandbox_server, sandbox_keys, tmp_path, settings, monkeypatch, transport):  # noqa: F811
    monkeypatch.setattr(channels, "in_background", lambda work: work())
    settings.PUBLIC_URL = urlsplit(sandbox_server.notices.url)._replace(path="").geturl()
    return Setup(sandbox_server, sandbox_keys, tmp_path, settings, monkeypatch, transport)


def quote_at(lot, plate="沪A12345"):
    see(make_device(lot, "entry"), plate, now() - 61 * MINUTE)
    return look_up_session(ParkingSession.objects.filter(lot=lot).latest("pk"), at=now())


def pay(quote, channel="wechat"):
    payer = Payer(Scene.SCREEN)
    return start_paying(quote, channel, at=now(), payer=payer)


def names(lot):
    return [channel.name for channel in channels.available(lot, at=now())]


def signals(kind, at=None):
    return [signal for signal in judge(measurements.measure(at=at or now())) if signal.kind == kind]


def level_of(kind, at=None):
    return [signal.level for signal in signals(kind, at)]


# hiding (26, 27)


@pytest.fixture
def lot(db):
    return make_lot(slug="pujiang")


@pytest.fixture
def elsewhere(monkeypatch):
    """Another process: the same table, a memory of its own."""
    return Health()


def test_channel_is_hidden_across_processes(live, lot, elsewhere):
    (wechat,) = live.use(live.wechat)
    key = (lot.pk, "wechat", wechat.merchant)
    assert elsewhere.is_up(key)
    live.server.fault("server_error", on=NATIVE, times=None)
    for _ in range(3):
        with pytest.raises(channels.ChannelDown):
            pay(quote_at(lot, f"沪A1234{_}"))
    elsewhere.forget()  # two seconds later
    assert not elsewhere.is_up(key)
    assert names(lot) == []
    assert level_of("channel_hidden") == [Level.RED]
    live.server.clear()
    elsewhere.worked(key)
    HEALTH.forget()
    assert names(lot) == ["wechat"]


def test_failing_queries_hide_channel_until_answered(live, lot):
    live.use(live.wechat)
    payment = pay(quote_at(lot))
    live.server.fault("server_error", on=QUERY, times=None)
    for _ in range(3):
        assert query(payment, at=now()) is None
    assert names(lot) == []
    before = Payment.objects.count()
    at = now() + 3 * MINUTE
    assert ask_hidden_channels(at) == 1
    assert names(lot) == []  # it still fails
    live.server.clear()
    assert ask_hidden_channels(at) == 0  # one question in two minutes
    assert ask_hidden_channels(at + 3 * MINUTE) == 1
    assert names(lot) == ["wechat"]
    assert Payment.objects.count() == before  # no driver's order found out


def test_only_one_process_probes(lot, elsewhere):
    key = (lot.pk, "wechat", "1900")
    for _ in range(3):
        HEALTH.failed(key, at=NOON)
    later = NOON + 2 * MINUTE
    assert [HEALTH.claim_probe(key, at=later), elsewhere.claim_probe(key, at=later)] == [True, False]


def test_signed_alipay_url_is_no_success(live, lot):
    live.use(live.alipay)
    quote = quote_at(lot)
    payment = start_paying(quote, "alipay", at=now(), payer=Payer(Scene.BROWSER))
    live.server.fault("server_error", times=None)
    for _ in range(3):
        query(payment, at=now())
        start_paying(quote, "alipay", at=now(), payer=Payer(Scene.BROWSER))
    assert names(lot) == []


def test_success_on_healthy_channel_writes_nothing(live, lot, django_assert_num_queries):
    (wechat,) = live.use(live.wechat)
    assert HEALTH.is_up((lot.pk, "wechat", wechat.merchant))
    with django_assert_num_queries(0):
        channels.note_success(lot.pk, wechat)


def test_success_between_failures_prevents_hiding(live, lot):
    (wechat,) = live.use(live.wechat)
    for _ in range(4):
        channels.note_failure(lot.pk, wechat, OutcomeUnknown(), at=now(), call="query")
        channels.note_failure(lot.pk, wechat, OutcomeUnknown(), at=now(), call="query")
        HEALTH.forget()
        channels.note_success(lot.pk, wechat)
    assert names(lot) == ["wechat"]


@pytest.mark.parametrize(
    ("call", "fault", "hides"),
    [
        ("refund", OutcomeUnknown(), True),
        ("refund", ProviderRefused("no_auth"), False),  # no right to refund: money still comes in
        ("refund", ProviderRefused("not_enough"), False),
        ("query", ProviderRefused("sign_error"), True),
        ("query", ProviderRefused("order_not_exist"), False),
        ("close", ProviderRefused("trade_status_error"), False),
    ],
)
def test_only_channel_errors_hide_channel(live, lot, call, fault, hides):
    (wechat,) = live.use(live.wechat)
    for _ in range(3):
        channels.note_failure(lot.pk, wechat, fault, at=now(), call=call)
    assert ChannelState.objects.filter(hidden_at__isnull=False).exists() is hides


def test_oversized_response_counts_as_failure(live, lot):
    live.use(live.wechat)
    payment = pay(quote_at(lot))
    live.server.fault("huge_body", on=QUERY)
    assert query(payment, at=now()) is None
    assert ChannelState.objects.get().last_call == "query"
    assert measurements.totals()["wechat", live.wechat["mchid"], "query_failed"] == 1


# notices (12, 13, 60, 61)


def notice_of(live, lot, **entry):
    """Have a payment paid and return the notice that WeChat sends of it."""
    payment = pay(quote_at(lot))
    live.server.act(payment.number, "pays")
    headers, body = live.server.notices.wait()[0]
    return payment, headers, body


def deliver(live, headers, body):
    named = {name: value for name, value in headers.items() if name.lower().startswith("wechatpay")}
    address = f"/n/wechat/{live.wechat['mchid']}"
    return Client().post(address, body, content_type="application/json", headers=named)


def test_undecryptable_notice_is_refused_and_counted(live, lot, monkeypatch):
    monkeypatch.setattr(observations, "_last", 0.0)
    live.use(live.wechat)
    payment, headers, body = notice_of(live, lot)
    (wechat,) = live.use({**live.wechat, "api_keys_file": live.file("wrong", "w" * 32)})
    assert deliver(live, headers, body).status_code == 401
    observations.flush([wechat], at=now(), at_once=True)
    payment.refresh_from_db()
    assert payment.state == Payment.State.OPEN
    assert measurements.totals()["wechat", wechat.merchant, "notice_refused"] == 1


def test_forged_notices_are_counted(live, lot, monkeypatch):
    (wechat,) = live.use(live.wechat)
    for _ in range(20):
        assert deliver(live, {}, b"{}").status_code == 401
    observations.flush([wechat], at=now(), at_once=True)
    assert measurements.totals()["wechat", wechat.merchant, "notice_refused"] == 20
    assert level_of("notice_refused") == [Level.AMBER]


def test_notice_triggers_no_network_call(live, lot, monkeypatch):
    live.use(live.wechat)
    payment, headers, body = notice_of(live, lot)

    def no_call(*_):
        raise AssertionError("a notice never causes a call")

    monkeypatch.setattr(live.transport, "send", no_call)
    assert deliver(live, headers, body).status_code == 204
    payment.refresh_from_db()
    assert payment.state == Payment.State.PAID
    assert [signal.values["count"] for signal in signals("delay")] == [1]


def test_unknown_platform_key_is_shown(live, lot):
    (wechat,) = live.use(live.wechat)
    payment = pay(quote_at(lot))
    live.server.fault("other_serial", on=QUERY)
    assert query(payment, at=now()) is None
    observations.flush([wechat], at=now(), at_once=True)
    (signal,) = signals("unknown_serial")
    assert (signal.level, signal.values["count"]) == (Level.AMBER, 1)


@pytest.mark.parametrize(("keys", "status"), [(["new", "old"], 204), (["new"], 401)])
def test_old_api_key_works_until_removed(live, lot, keys, status):
    live.use(live.wechat)
    _, headers, body = notice_of(live, lot)
    texts = {"new": "n" * 32, "old": Path(live.wechat["api_keys_file"]).read_text()}
    live.use({**live.wechat, "api_keys_file": live.file("keys", "\n".join(texts[key] for key in keys))})
    assert deliver(live, headers, body).status_code == status


# credentials (28)


def with_another_app(live):
    """The merchant after its service account was changed: a new app in force, the old one kept."""
    old = {**live.wechat, "lots": [], "former": True}
    return {**live.wechat, "appid": "wx" + "9" * 16}, old


def test_payment_retains_its_app(live, lot):
    live.use(live.wechat)
    payment = pay(quote_at(lot))
    new, old = live.use(*with_another_app(live))
    assert channels.provider_named("wechat", payment.merchant, payment.app) is old
    assert channels.provider_for(lot, "wechat") is new
    live.server.act(payment.number, "loses_notice")
    assert query(payment, at=now()).outcome == Outcome.PAID
    payment.refresh_from_db()
    assert (payment.state, payment.app) == (Payment.State.PAID, live.wechat["appid"])
    assert not Discrepancy.objects.exists()


def test_former_credentials_still_read_notices(live, lot):
    live.use(live.wechat)
    payment, headers, body = notice_of(live, lot)
    new, old = with_another_app(live)
    live.use({**new, "api_keys_file": live.file("new", "n" * 32)}, old)
    assert deliver(live, headers, body).status_code == 204
    payment.refresh_from_db()
    assert payment.state == Payment.State.PAID


def test_invalid_former_credentials_are_refused(live):
    entry = {**live.wechat, "former": True}
    with pytest.raises(ValueError, match='say "lots": \\[\\]'):
        read_merchants(json.dumps([entry]))
    with pytest.raises(ValueError, match="the same merchant and app"):
        read_merchants(json.dumps([live.wechat, {**entry, "lots": []}]))


# the clock (58)


def test_clock_skew_is_shown_red(live):
    (wechat,) = live.use(live.wechat, clock=lambda: datetime.now(UTC) - timedelta(minutes=6))
    found = list(merchant_checks.online(wechat))
    assert [finding.ok for finding in found] == [False, False]
    assert "set ours by NTP first" in found[0].words
    observations.note_clocks([wechat], at=now(), all_of_them=False)
    (signal,) = signals("clock")
    assert signal.level == Level.RED
    assert 355 <= signal.values["seconds"] <= 365


def test_slow_channel_clock_is_named_slow(live):
    (wechat,) = live.use(live.wechat, clock=lambda: datetime.now(UTC) + timedelta(minutes=6))
    finding = next(merchant_checks.online(wechat))
    assert (finding.ok, finding.values["seconds"] > 0) == (False, True)
    assert "behind ours" in finding.words
    with translation.override("zh-hans"):
        (shown, *_others) = channel_words.words_of([finding])
    assert "比本机慢" in shown["words"]


# the backlog (64)


def test_backlog_is_shown_until_cleared(live, lot):
    live.use(live.wechat)
    for number in range(3):
        pay(quote_at(lot, f"沪A1234{number}"))
    later = now() + timedelta(hours=3)
    (signal,) = [each for each in signals("queue", later) if each.subject == "payments.payment"]
    assert (signal.level, signal.values["count"]) == (Level.RED, 3)
    assert chase_payments(later) == 3
    assert {each.level for each in signals("queue", later)} == {Level.GREEN}


# check_merchants


def checked(*, online=False):
    out, error = StringIO(), ""
    try:
        call_command("check_merchants", online=online, stdout=out)
    except CommandError as fault:
        error = str(fault)
    return out.getvalue(), error


def test_valid_merchants_pass_the_check(live, lot):
    live.use({**live.wechat, "lots": ["pujiang"]}, live.alipay)
    output, error = checked(online=True)
    assert error == ""
    assert output.count("it knows us, and its answer verifies") == 2
    assert "the APIv3 key opens what WeChat seals" in output


def wrong_private_key(live):
    key = generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"private_key_file": live.file("key", pem.decode())}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda live: {"serial": "ABCDEF"}, "mchid, serial, private_key_file do not belong together"),
        (wrong_private_key, "mchid, serial, private_key_file do not belong together"),
        (lambda live: {"api_keys_file": live.file("k", "x" * 32)}, "the APIv3 key is wrong"),
        (lambda live: {"base_url": "http://127.0.0.1:1"}, "no answer: network"),
        (lambda live: {"lots": ["nowhere"]}, "there is no lot nowhere"),
    ],
)
def test_merchant_faults_are_explained(live, lot, change, words):
    live.use({**live.wechat, **change(live)})
    output, error = checked(online=True)
    assert f"BAD {words}" in output or words in output
    assert error.endswith("to put right")


@pytest.mark.parametrize(
    ("code", "words"),
    [("NO_AUTH", "the product is not opened"), ("APPID_MCHID_NOT_MATCH", "not bound to each other")],
)
def test_merchant_refusal_is_explained(live, lot, code, words):
    live.use(live.wechat)
    live.server.fault("refusal", on=QUERY, status=403, code=code)
    assert words in checked(online=True)[0]


@pytest.mark.parametrize(
    ("fault", "words"),
    [("other_serial", "platform_keys does not have"), ("bad_signature", "its answer does not verify")],
)
def test_wrong_and_unknown_keys_are_distinguished(live, lot, fault, words):
    live.use(live.wechat)
    live.server.fault(fault, on=QUERY)
    assert words in checked(online=True)[0]


def test_wrong_alipay_key_is_reported(live):
    der = generate_private_key(65537, 2048).public_key()
    text = der.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    live.use({**live.alipay, "public_key_file": live.file("stranger", text)})
    assert "its answer does not verify" in checked(online=True)[0]


def test_unknown_lot_fails_database_check(live, lot):
    live.use({**live.wechat, "lots": ["nowhere", "pujiang"]})
    (error,) = merchant_system_checks.merchant_lots(databases=["default"])
    assert "names the lot nowhere" in error.msg
    assert merchant_system_checks.merchant_lots(databases=None) == []
    assert level_of("merchant_lots") == [Level.RED]


# certificates


def own_certificate(live, *, days, key=None, serial=None):
    key = key or load_pem_private_key(Path(live.wechat["private_key_file"]).read_bytes(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "merchant")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial or int(live.wechat["serial"], 16))
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return live.file("cert", certificate.public_bytes(Encoding.PEM).decode())


@pytest.mark.parametrize(("days", "level"), [(200, Level.GREEN), (20, Level.AMBER), (3, Level.RED)])
def test_certificate_expiry_sets_signal_level(live, days, level):
    live.use({**live.wechat, "certificate_file": own_certificate(live, days=days)})
    found = {signal.subject.split()[-2]: signal for signal in signals("certificate")}
    assert found["merchant_certificate"].level == level
    assert found["merchant_certificate"].values["days"] == days - 1
    assert found["platform_certificate"].level == Level.GREEN


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"serial": 12345}, "serial: is not that"), ({"key": "another"}, "private_key: does not belong")],
)
def test_mismatched_certificate_stops_startup(live, change, fault):
    if "key" in change:
        change = {"key": generate_private_key(65537, 2048)}
    entry = {**live.wechat, "certificate_file": own_certificate(live, days=9, **change)}
    with pytest.raises(ValueError, match=fault):
        read_merchants(json.dumps([entry]))


def test_platform_certificates_are_downloaded(live, tmp_path):
    kept = {serial: path for serial, path in live.wechat["platform_keys"].items() if "PUB_KEY" in serial}
    live.use({**live.wechat, "platform_keys": kept})
    out, folder = StringIO(), tmp_path / "certificates"
    call_command("wechat_certificates", out=folder, stdout=out)
    (file,) = folder.iterdir()
    assert "NEW: add it to platform_keys" in out.getvalue()
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    assert file.stem == f"{certificate.serial_number:040X}"
    live.use({**live.wechat, "platform_keys": {**kept, file.stem: str(file)}})
    out = StringIO()
    call_command("wechat_certificates", stdout=out)
    assert f"{certificate.not_valid_after_utc:%Y-%m-%d}  known" in out.getvalue()


@pytest.mark.parametrize(
    ("fault", "details", "words"),
    [
        ("refusal", {"status": 404, "code": "RESOURCE_NOT_EXISTS"}, "public key alone"),
        ("server_error", {}, "no usable answer"),
        ("bad_signature", {}, "no usable answer"),
    ],
)
def test_missing_certificates_are_explained(live, fault, details, words):
    live.use(live.wechat)
    live.server.fault(fault, on="GET /v3/certificates", **details)
    with pytest.raises(CommandError, match=words):
        call_command("wechat_certificates", stdout=StringIO())


# close_advertising


def test_partner_closes_advertising_after_confirmation(live, monkeypatch):
    live.use({**live.wechat, "sub_mchid": "1900008888"})
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("close_advertising", "1900008888")
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    out = StringIO()
    call_command("close_advertising", "1900008888", stdout=out)
    assert out.getvalue().startswith("Closed")


def test_direct_merchant_cannot_close_advertising(live):
    live.use(live.wechat)
    with pytest.raises(CommandError, match="Only a partner"):
        call_command("close_advertising", live.wechat["mchid"], yes=True)


# pay_test


@pytest.fixture
def phone(live, monkeypatch):
    """Someone who scans the code while the command waits."""
    acts = ["loses_notice"]

    def pause(_seconds):
        for payment in Payment.objects.exclude(state="paid"):
            if acts:
                live.server.act(payment.number, acts.pop())

    monkeypatch.setattr(pay_test, "pause", pause)
    return acts


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
def test_trial_payment_is_refunded_without_income(live, lot, phone, channel):
    live.use(live.wechat, live.alipay)
    out = StringIO()
    call_command("pay_test", channel, stdout=out)
    payment, refund = Payment.objects.get(), Refund.objects.get()
    assert (payment.amount_fen, payment.state, refund.state) == (1, "paid", "done")
    assert payment.lot.is_trial
    assert payment.session.left_at is not None
    assert {entry.lot.slug for entry in LedgerEntry.objects.all()} == {channel_test.SLUG}
    today = LedgerEntry.objects.filter(lot__is_trial=False)
    assert not today.exists()
    output = out.getvalue()
    widths = [len(line) for line in output.splitlines() if "█" in line]
    assert len(set(widths)) == 1  # a square, two of its rows in a line
    assert abs(widths[0] - 2 * len(widths)) <= 2
    assert "by query" in output
    assert "All is well" in output


def test_second_trial_reuses_the_lot(live, lot, phone):
    live.use(live.wechat)
    call_command("pay_test", "wechat", stdout=StringIO())
    phone.append("loses_notice")
    call_command("pay_test", "wechat", stdout=StringIO())
    assert Lot.objects.filter(is_trial=True).count() == 1
    assert Payment.objects.filter(state="paid").count() == 2


def test_abnormal_trial_refund_is_reported(live, lot, phone):
    live.use(live.wechat)
    live.server.fault("refund_abnormal")
    with pytest.raises(CommandError, match="abnormal"):
        call_command("pay_test", "wechat", stdout=StringIO())
    assert level_of("refunds") == [Level.RED]


def test_trial_requires_native_product(live, lot):
    live.use({**live.wechat, "products": "jsapi"})
    with pytest.raises(CommandError, match="add the product native"):
        call_command("pay_test", "wechat", stdout=StringIO())


# the sandbox beside real money (68)


def test_sandbox_refuses_real_merchants(live):
    for entries, status in (([live.wechat], 2), ([{**live.wechat, "sandbox": True}], None)):
        merchants = live.file("merchants", json.dumps(entries))
        process = start_sandbox("--keys", str(live.keys), MERCHANTS_FILE=merchants)
        if status is None:
            assert address_of(process)
            end(process)
        else:
            _, words = process.communicate(timeout=120)
            assert process.returncode == status
            assert "does not run next to one" in words


def test_production_refuses_sandbox_url(live, tmp_path):
    status, words = starts(tmp_path, [], SANDBOX_URL="http://127.0.0.1:1", PURECODE_PRODUCTION="1")
    assert status == 1
    assert "SANDBOX_URL: not together with PURECODE_PRODUCTION" in words
