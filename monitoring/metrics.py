"""The metrics for Prometheus, read from the database at each scrape.

Not from counters in a process: surfaces and worker run as separate processes, perhaps on several machines,
and each would know only its part. So one scrape of the console is complete, a restart loses nothing, and no
files have to be shared.
"""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from monitoring import measurements as measured
from monitoring.signal_rules import Facts, judge, percentile


class _Collector:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def collect(self) -> Iterator[Metric]:
        facts = self.facts
        yield gauge("database_up", "1 where the database answers.", value=float(facts.database))
        yield from _signals(facts)
        yield from _disk(facts)
        if facts.database and not facts.migrations:
            yield from _installation(facts)
            yield from _channels(facts)
            yield from _money(facts)


def render(facts: Facts) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(facts))
    return generate_latest(registry)


def gauge(
    name: str, text: str, labels: tuple[str, ...] = (), value: float | None = None
) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"purecode_{name}", text, labels=labels or None, value=value)


def _signals(facts: Facts) -> Iterator[Metric]:
    family = gauge("signals", "Signals of the health page, by kind and level.", ("kind", "level"))
    counts: dict[tuple[str, str], int] = {}
    for signal in judge(facts):
        key = signal.kind, str(signal.level)
        counts[key] = counts.get(key, 0) + 1
    for (kind, level), number in sorted(counts.items()):
        family.add_metric([kind, level], number)
    yield family
    yield gauge("migrations_pending", "Migrations that have not run.", value=facts.migrations)


def _disk(facts: Facts) -> Iterator[Metric]:
    free = gauge("disk_free_bytes", "Free space.", ("path",))
    for disk in facts.disks:
        free.add_metric([disk.path], disk.free)
    yield free
    if facts.backup_at is not None:
        age = (facts.at - facts.backup_at).total_seconds()
        yield gauge("backup_age_seconds", "Age of the newest backup.", value=age)
    if isinstance(facts.proof, datetime):
        age = (facts.at - facts.proof).total_seconds()
        yield gauge("backup_proof_age_seconds", "Since a backup was last restored and checked.", value=age)


def _installation(facts: Facts) -> Iterator[Metric]:
    if facts.beat_at is not None:
        age = (facts.at - facts.beat_at).total_seconds()
        yield gauge("worker_beat_age_seconds", "Since the last heartbeat of any worker.", value=age)
    due = gauge("queue_due", "Rows that are due.", ("kind",))
    oldest = gauge("queue_oldest_seconds", "For how long the oldest is due.", ("kind",))
    for kind, (count, since) in sorted(facts.queues.items()):
        due.add_metric([kind], count)
        oldest.add_metric([kind], (facts.at - since).total_seconds() if since else 0)
    yield due
    yield oldest
    silent = gauge("devices_silent", "Devices that sent nothing for five minutes.", ("lot",))
    for lot, (number, _) in sorted(facts.devices.items()):
        silent.add_metric([lot], number)
    yield silent


def _channels(facts: Facts) -> Iterator[Metric]:
    counter = CounterMetricFamily(
        "purecode_channel_troubles", "Failures by channel and kind.", labels=("provider", "merchant", "kind")
    )
    for key, total in sorted(measured.totals().items()):
        counter.add_metric(list(key), total)
    yield counter
    hidden = gauge("channel_hidden", "1 while drivers are not sent there.", ("provider", "merchant", "lot"))
    for key in measured.hidden_keys():
        hidden.add_metric(list(key), 1)
    yield hidden
    skew = gauge("clock_skew_seconds", "How far the channel's clock is ahead of ours.", ("channel",))
    days = gauge("certificate_days", "Days until a certificate ends.", ("channel", "certificate"))
    for channel in facts.channels:
        if channel.skew_seconds is not None:
            skew.add_metric([channel.name], channel.skew_seconds)
        for whose, ends in channel.certificates:
            days.add_metric([channel.name, whose], (ends - facts.at).total_seconds() / 86400)
    yield skew
    yield days


def _money(facts: Facts) -> Iterator[Metric]:
    known = gauge("settled_recent", "The latest payments of 24 hours, by what reported them.", ("cause",))
    delay = gauge("settle_delay_seconds", "From the money moving to our books.", ("cause", "quantile"))
    for cause, seconds in sorted(facts.settled.delays.items()):
        known.add_metric([cause], len(seconds))
        for share in (50, 95):
            delay.add_metric([cause, str(share / 100)], percentile(seconds, share))
    yield known
    yield delay
    yield gauge(
        "refunds_abnormal", "Refunds that their channel could not deliver.", value=facts.abnormal_refunds
    )
    yield gauge("discrepancies_open", "Unresolved discrepancies.", value=facts.discrepancies)
