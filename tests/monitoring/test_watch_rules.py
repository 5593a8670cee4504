"""When a fact is OK, a warning or an alarm, and when an alert is sent."""

import re
from datetime import timedelta

import pytest
from django.utils import translation

from monitoring.alerts import (
    ALERT_AFTER,
    MAX_MERGED,
    RECOVERED_AFTER,
    REPEAT_AFTER,
    OpenIncident,
    decide,
    merged,
)
from monitoring.measurements import queues
from monitoring.signal_rules import (
    Barrier,
    ChannelSignals,
    Continuous,
    Disk,
    Facts,
    Level,
    SettledTimes,
    Signal,
    System,
    Trouble,
    judge,
    percentile,
    worst,
)
from monitoring.signal_words import QUEUES, TEXTS, alert_text, recovery_text, text_of, title_of
from payments.models import PaymentEvent
from tests.factories import NOON

G, A, R = Level.GREEN, Level.AMBER, Level.RED
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MB, GB = 2**20, 2**30


def level(kind, **facts):
    found = [signal.level for signal in judge(Facts(NOON, **facts)) if signal.kind == kind]
    return min(found, key=[R, A, G].index) if found else None


def channel(**fields):
    return {"channels": (ChannelSignals("wechat 1", **fields),)}


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        ("database", {"database": False}, R),
        ("database", {}, G),
        ("migrations", {"migrations": 1}, R),
        ("worker_never", {}, R),
        ("worker", {"beat_at": NOON - timedelta(seconds=59)}, G),
        ("worker", {"beat_at": NOON - timedelta(seconds=60)}, A),
        ("worker", {"beat_at": NOON - timedelta(seconds=180)}, R),
        ("plate_sweep", {"lookups": {"A": 199}}, G),
        ("plate_sweep", {"lookups": {"A": 200}}, A),
        ("plate_sweep", {"lookups": {"A": 600}}, R),
        ("barrier", {"barriers": (Barrier("A", 3, NOON),)}, R),
        ("queue", {"queues": {"payments.payment": (0, None)}}, G),
        ("queue", {"queues": {"payments.payment": (1, NOON - MINUTE)}}, A),
        ("queue", {"queues": {"payments.refund": (9, NOON - 5 * MINUTE)}}, R),
        ("queue", {"queues": {"compliance.selfcheck": (200, NOON - 11 * 60 * MINUTE)}}, G),
        ("queue", {"queues": {"compliance.selfcheck": (200, NOON - 12 * 60 * MINUTE)}}, A),
        ("queue", {"queues": {"compliance.selfcheck": (1, NOON - 24 * 60 * MINUTE)}}, R),
        ("clock", channel(skew_seconds=-29.0), G),
        ("clock", channel(skew_seconds=-30.0), A),
        ("clock", channel(skew_seconds=120.0), R),
        ("unknown_serial", channel(), G),
        ("unknown_serial", channel(troubles={"unknown_serial": 1}), A),
        ("unknown_serial", channel(troubles={"unknown_serial": 10}), R),
        ("bad_signature", channel(troubles={"bad_signature": 1}), A),
        ("notice_refused", channel(troubles={"notice_refused": 19}), G),  # WeChat's own probes
        ("notice_refused", channel(troubles={"notice_refused": 200}), R),
        ("unknown_merchant", {"unknown_merchants": {"wechat": (1, False)}}, A),
        ("unknown_merchant", {"unknown_merchants": {"wechat": (20, False)}}, R),
        (
            "unknown_merchant",
            {"unknown_merchants": {"wechat 1": (1, True)}},
            R,
        ),  # its payments are in our books
        ("start_failed", channel(troubles={"start_failed": 3}), A),
        ("refund_failed", channel(troubles={"refund_failed": 30}), R),
        ("certificate", channel(certificates=(("c", NOON + 31 * DAY),)), G),
        ("certificate", channel(certificates=(("c", NOON + 30 * DAY),)), A),
        ("certificate", channel(certificates=(("c", NOON + 7 * DAY),)), R),
        ("certificate", channel(certificates=(("c", NOON - DAY),)), R),
        ("channel_hidden", {"troubles": (Trouble("w", "query", "no_answer", NOON, NOON),)}, R),
        ("channel_failing", {"troubles": (Trouble("w", "start", "no_auth", NOON, None),)}, A),
        ("channel_failing", {"troubles": (Trouble("w", "start", "no_auth", NOON - HOUR, None),)}, None),
        ("notices_missing", {"settled": SettledTimes({"query": (5.0,) * 5})}, R),
        ("notices_missing", {"settled": SettledTimes({"query": (5.0,) * 4})}, None),  # too few to say
        ("notices", {"settled": SettledTimes({"query": (5.0,) * 4, "notice": (1.0,) * 2})}, A),
        ("notices", {"settled": SettledTimes({"query": (5.0,), "notice": (1.0,) * 9})}, G),
        ("delay", {"settled": SettledTimes({"notice": (1.0,) * 19 + (700.0,)})}, G),  # one late one in twenty
        ("delay", {"settled": SettledTimes({"notice": (1.0,) * 18 + (700.0,) * 2})}, R),
        ("devices", {"devices": {"a": (0, 2)}}, G),
        ("devices", {"devices": {"a": (1, 2)}}, A),
        ("devices", {"devices": {"a": (2, 2)}}, R),
        ("refunds", {"abnormal_refunds": 1}, R),
        ("discrepancies", {}, G),
        ("discrepancies", {"discrepancies": 1, "oldest_discrepancy": NOON}, A),
        ("discrepancies", {"discrepancies": 1, "oldest_discrepancy": NOON - DAY}, R),
        ("diverged_prices", {}, G),
        ("diverged_prices", {"diverged_prices": 1}, R),
        ("merchant_lots", {"unknown_lots": ("nowhere",)}, R),
        ("sandbox", {"sandbox": True}, A),
        ("no_channel", {}, A),
        ("disk", {"disks": (Disk("/", 50 * GB, 100 * GB),)}, G),
        ("disk", {"disks": (Disk("/", 14 * GB, 100 * GB),)}, A),
        ("disk", {"disks": (Disk("/", 4 * GB, 100 * GB),)}, R),
        ("disk", {"disks": (Disk("/", 0, 0),)}, R),  # it cannot be looked at
        ("backup_unset", {}, A),
        ("backup_missing", {"backup": "missing"}, R),
        ("backup", {"backup": "found", "backup_at": NOON - 25 * HOUR}, G),
        ("backup", {"backup": "found", "backup_at": NOON - 26 * HOUR}, A),
        ("backup", {"backup": "found", "backup_at": NOON - 50 * HOUR}, R),
        ("continuous", {"continuous": Continuous(is_received=True, behind=64 * MB - 1)}, G),
        ("continuous", {"continuous": Continuous(is_received=True, behind=64 * MB)}, A),
        ("continuous", {"continuous": Continuous(is_received=True, behind=GB)}, R),
        ("continuous_stopped", {"continuous": Continuous(is_received=False)}, R),
        ("continuous_gap", {"continuous": Continuous(is_received=False, has_gap=True)}, R),
        ("proof_missing", {"proof": "missing"}, A),
        ("proof_failed", {"proof": "failed"}, R),
        ("proof", {"proof": NOON - 7 * DAY}, G),
        ("proof", {"proof": NOON - 8 * DAY}, A),
        ("proof", {"proof": NOON - 15 * DAY}, R),
        ("undelivered", {"undelivered": 1}, A),
    ],
)
def test_each_fact_is_judged_at_its_bound(kind, facts, expected):
    assert level(kind, **facts) == expected


@pytest.mark.django_db
def test_every_queue_has_a_label(settings):
    settings.SELFCHECK_HOURS = 24
    assert set(queues(NOON)) - set(QUEUES) == set()


def test_worst_signal_comes_first():
    signals = judge(Facts(NOON, beat_at=NOON, discrepancies=1, oldest_discrepancy=NOON, abnormal_refunds=1))
    levels = [signal.level for signal in signals]
    assert levels == sorted(levels, key=[R, A, G].index)
    assert worst(signals) == R
    assert worst([]) == G


def test_unmeasured_facts_give_no_signal():
    facts = Facts(NOON, migrations=1, disks=(Disk("/", 9 * 2**40, 9 * 2**40),), backup="missing")
    assert {signal.kind: signal.level for signal in judge(facts)} == {
        "migrations": R,
        "backup_missing": R,
        "database": G,
        "disk": G,
    }


def test_percentile_is_an_observed_value():
    assert percentile([3, 1, 2], 50) == 2
    assert percentile(range(1, 101), 95) == 95
    assert percentile([], 95) == 0


FULL = Facts(
    NOON,
    beat_at=NOON,
    queues={"payments.payment": (1, NOON)},
    channels=(ChannelSignals("wechat 1", {"bad_signature": 1}, 3.0, (("platform_certificate", NOON),)),),
    troubles=(Trouble("w", "query", "no_answer", NOON, NOON), Trouble("w", "start", "x", NOON, None)),
    circuits=("sms sms.example.cn",),
    unknown_merchants={"wechat": (1, False)},
    settled=SettledTimes({"notice": (1.0,) * 9, "query": (2.0,)}),
    devices={"浦江广场": (1, 2)},
    barriers=(Barrier("东出口 · 浦江广场", 3, NOON),),
    systems=(
        System("中山公园", "lot_offline", NOON, "020-1", 90, is_weak=True),
        System("西湖", "", None, "020-1", answer_ms=2500, last_notice_at=NOON - timedelta(days=1)),
        System("外滩", last_notice_at=NOON - timedelta(days=1), silent_after=timedelta(minutes=30)),
    ),
    unreported={"中山公园": (2, NOON)},
    lookups={"浦江广场": 250},
    discrepancies=1,
    oldest_discrepancy=NOON,
    unknown_lots=("nowhere",),
    sandbox=True,
    disks=(Disk("/", 1, 2),),
    backup="found",
    backup_at=NOON,
    proof=NOON,
    continuous=Continuous(is_received=True),
    undelivered=1,
)
OTHERS = (
    Facts(NOON, database=False),
    Facts(NOON, backup="missing", settled=SettledTimes({"query": (1.0,) * 9})),
    Facts(NOON),
    Facts(NOON, proof="missing"),
    Facts(NOON, proof="failed", continuous=Continuous(is_received=False)),
    Facts(NOON, continuous=Continuous(is_received=False, has_gap=True)),
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_signal_has_complete_texts(language):
    signals = [signal for facts in (FULL, *OTHERS) for signal in judge(facts)]
    assert {signal.kind for signal in signals} == set(TEXTS)
    with translation.override(language):
        for signal in signals:
            text = text_of(signal)
            assert all((text.title, text.finding, text.advice))
            assert "{" not in f"{text.title}{text.finding}{text.advice}"


# alerts

KEY = ("refunds", "")
RED, RECOVERED = [Signal("refunds", R)], [Signal("refunds", G)]


def known(since=NOON, red_at=NOON, alerted_at=None):
    return {KEY: OpenIncident(since, red_at, alerted_at)}


@pytest.mark.parametrize(
    ("signals", "incidents", "silenced", "after", "expected"),
    [
        (RED, {}, set(), 0 * MINUTE, {"begin"}),
        (RED, known(), set(), ALERT_AFTER - MINUTE, {"seen"}),  # it may be a flap
        (RED, known(), set(), ALERT_AFTER, {"seen", "alert"}),
        (RED, known(), {"refunds"}, ALERT_AFTER, {"seen"}),
        (RED, known(), {"worker"}, ALERT_AFTER, {"seen", "alert"}),  # the silence is about something else
        (RED, known(alerted_at=NOON), set(), REPEAT_AFTER - MINUTE, {"seen"}),  # alerted already
        (RED, known(alerted_at=NOON), set(), REPEAT_AFTER, {"seen", "alert"}),
        (RECOVERED, known(alerted_at=NOON), set(), RECOVERED_AFTER - MINUTE, set()),  # it may come back
        (RECOVERED, known(alerted_at=NOON), set(), RECOVERED_AFTER, {"end", "alert_end"}),
        (RECOVERED, known(alerted_at=None), set(), RECOVERED_AFTER, {"end"}),  # no alert was sent
        (RECOVERED, known(alerted_at=NOON), {"refunds"}, RECOVERED_AFTER, {"end"}),
        ([], known(alerted_at=NOON), set(), RECOVERED_AFTER, {"end", "alert_end"}),  # its subject is gone
        (RECOVERED, {}, set(), RECOVERED_AFTER, set()),
    ],
)
def test_lasting_fault_alerts_with_pauses(signals, incidents, silenced, after, expected):
    decision = decide(signals, incidents, silenced, at=NOON + after)
    assert {
        name for name in ("begin", "seen", "alert", "end", "alert_end") if getattr(decision, name)
    } == expected


@pytest.mark.parametrize(
    ("language", "kind", "subject", "title"),
    [
        (
            *("en", "certificate", "wechat 1 platform_certificate AB12"),
            "Certificate · WeChat Pay 1 platform certificate AB12",
        ),
        (
            *("zh-hans", "certificate", "wechat 1 platform_certificate AB12"),
            "证书有效期 · 微信支付 1 平台证书 AB12",
        ),
        (
            "en",
            "channel_hidden",
            "alipay 2 · wechat (pujiang)",
            "Channel hidden · Alipay 2 · wechat (pujiang)",
        ),
        ("en", "devices", "浦江广场 (pujiang)", "Devices · 浦江广场 (pujiang)"),
        ("zh-hans", "devices", "浦江广场 (pujiang)", "设备联络 · 浦江广场 (pujiang)"),
        ("en", "barrier", "alipay · A (a)", "Barrier · alipay · A (a)"),
        ("en", "of_an_old_version", "x", "of_an_old_version · x"),
    ],
)
def test_titles_translate_channels_only(language, kind, subject, title):
    with translation.override(language):
        assert title_of(kind, subject) == title


def test_amber_raises_no_alert():
    assert decide([Signal("disk", A, "/")], {}, set(), at=NOON).begin == []


def test_alert_states_fault_start_and_remedy():
    signal = Signal("certificate", R, "wechat 1 platform_certificate", {"days": 6})
    text = alert_text(signal, since="11-24 12:00", where="https://console.example.cn/console/health")
    assert text.splitlines()[0] == "【纯净码 告警】证书有效期 · 微信支付 1 平台证书"
    assert "还有 6 天到期" in text
    assert "怎么办：平台证书：运行 manage.py wechat_certificates" in text
    assert text.endswith("/console/health")
    assert recovery_text(signal.kind, signal.subject, since="11-24 12:00").startswith(
        "【纯净码 恢复】证书有效期"
    )


def test_many_alerts_merge_into_one_message():
    text = merged([f"alert {number}" for number in range(30)])
    assert text.count("alert") == MAX_MERGED
    assert text.endswith("+25")


@pytest.mark.parametrize(
    ("fault", "minutes", "level"),
    [("", 0, Level.GREEN), ("no_answer", 0, Level.AMBER), ("no_answer", 2, Level.AMBER), ("x", 3, Level.RED)],
)
def test_silent_parking_system_names_whom_to_call(fault, minutes, level):
    system = System("L", fault, NOON - timedelta(minutes=minutes) if fault else None, "020-5550 0100")
    (signal,) = (each for each in judge(Facts(NOON, systems=(system,))) if each.kind == "parking_system")
    assert signal.level == level
    assert ("020-5550 0100" in text_of(signal).finding) == bool(fault)


@pytest.mark.parametrize(
    ("answer_ms", "level"), [(None, None), (300, None), (2500, Level.AMBER), (4500, Level.RED)]
)
def test_slow_parking_system_is_named(answer_ms, level):
    system = System("L", answer_ms=answer_ms)
    found = {each.kind: each for each in judge(Facts(NOON, systems=(system,)))}
    assert (found["system_slow"].level if "system_slow" in found else None) == level
    assert (str(answer_ms) in text_of(found["parking_system"]).finding) == (answer_ms is not None)


@pytest.mark.parametrize(("minutes", "is_silent"), [(29, False), (31, True)])
def test_silent_notices_name_whom_to_call(minutes, is_silent):
    half_an_hour = timedelta(minutes=30)
    recent = System(
        "L",
        support="020-5550 0100",
        last_notice_at=NOON - timedelta(minutes=minutes),
        silent_after=half_an_hour,
    )
    never = System("M", silent_after=half_an_hour)
    found = [each for each in judge(Facts(NOON, systems=(recent, never))) if each.kind == "system_silent"]
    assert [(each.subject, each.level) for each in found] == ([("L", Level.AMBER)] if is_silent else [])
    assert all("020-5550 0100" in text_of(each).finding for each in found)


@pytest.mark.parametrize(("minutes", "level"), [(1, Level.AMBER), (5, Level.RED)])
def test_unreported_payment_is_an_alarm(minutes, level):
    facts = Facts(NOON, unreported={"L": (1, NOON - timedelta(minutes=minutes))})
    assert [signal.level for signal in judge(facts) if signal.kind == "unreported"] == [level]


@pytest.mark.parametrize(
    ("values", "shown"),
    [({"seconds": 119}, "119 s"), ({"seconds": 346_261}, "4 days"), ({"hours": 0}, "less than an hour")],
)
def test_finding_names_age_in_one_unit(values, shown):
    kind = "discrepancies" if "hours" in values else "queue"
    with translation.override("en"):
        finding = text_of(Signal(kind, Level.RED, "payments.refund", {"count": 1, **values})).finding
    assert str(finding).endswith(f"the oldest for {shown}")


def test_findings_fit_one_thing():
    """A count stands after a colon or by itself: "1 searches" is no English."""
    with translation.override("en"):
        findings = [str(text.finding) for text in TEXTS.values()]
    assert [text for text in findings if re.search(r"\{\w+\} [a-z]+s\b", text)] == []


@pytest.mark.parametrize("cause", PaymentEvent.Cause.values)
def test_delay_is_named_by_its_cause(cause):
    with translation.override("zh-hans"):
        assert cause not in title_of("delay", cause)
