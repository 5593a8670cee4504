"""When a measured fact is well, a warning or an alarm. Pure: facts in, signals out, the clock is a fact too.

Red means that drivers, money or data suffer now or within days: somebody is told. Amber means that somebody
should look today. Each bound stands beside its reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Level(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


ORDER = (Level.RED, Level.AMBER, Level.GREEN)

type Number = int | float | str


@dataclass(frozen=True)
class Signal:
    """One fact, judged. `subject` says of what; `said` are the figures that its words show."""

    kind: str
    level: Level
    subject: str = ""
    said: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True)
class Channel:
    """One merchant at one channel: what it counted in the last two hours, and its clock and certificates."""

    name: str
    troubles: Mapping[str, int] = field(default_factory=dict)
    skew_seconds: float | None = None
    certificates: tuple[tuple[str, datetime], ...] = ()  # whose, and when it ends


@dataclass(frozen=True)
class Trouble:
    """A channel at a lot that failed lately. `hidden_at` None: drivers are still sent there."""

    subject: str
    call: str
    reason: str
    failed_at: datetime | None
    hidden_at: datetime | None


@dataclass(frozen=True)
class Settled:
    """How the latest payments became known: by which cause, and how many seconds after the money moved."""

    delays: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Disk:
    path: str
    free: int  # bytes
    total: int


@dataclass(frozen=True)
class Facts:
    """All that was measured at `at`. None: could not be measured, or is not set up."""

    at: datetime
    database: bool = True
    migrations: int = 0
    beat_at: datetime | None = None
    queues: Mapping[str, tuple[int, datetime | None]] = field(
        default_factory=dict
    )  # how many due, the oldest
    channels: tuple[Channel, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    strangers: Mapping[str, tuple[int, bool]] = field(
        default_factory=dict
    )  # notices to merchants that are not set up: how many, and whether our books know the merchant
    settled: Settled = field(default_factory=Settled)
    devices: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # lot → silent, all
    abnormal_refunds: int = 0
    discrepancies: int = 0
    oldest_discrepancy: datetime | None = None
    unknown_lots: tuple[str, ...] = ()
    sandbox: bool = False
    disks: tuple[Disk, ...] = ()
    backup: str = "unset"  # unset, missing or found
    backup_at: datetime | None = None
    undelivered: int = 0
    house: bool = True  # False: the machine was not measured, because its reader answers for some lots only


def judge(facts: Facts) -> list[Signal]:
    """Return every signal, the worst first."""
    if not facts.database:
        return [Signal("database", Level.RED)]
    rules = [*OF_THE_MACHINE, *OF_THE_HOUSE, *OF_LOTS] if facts.house else OF_LOTS
    if facts.migrations:  # what is in the tables was not measured: it is neither well nor ill
        rules = OF_THE_MACHINE
    found = [signal for rule in rules for signal in rule(facts)]
    return sorted(found, key=lambda signal: ORDER.index(signal.level))


def worst(signals: Iterable[Signal]) -> Level:
    return min((signal.level for signal in signals), key=ORDER.index, default=Level.GREEN)


def _at_least(value: float, amber: float, red: float) -> Level:
    return Level.RED if value >= red else Level.AMBER if value >= amber else Level.GREEN


def _database(facts: Facts) -> Iterator[Signal]:
    yield Signal("database", Level.GREEN)
    # Code that is newer than its tables fails at some request, not at the start.
    yield Signal("migrations", _at_least(facts.migrations, 1, 1), said={"count": facts.migrations})


def _settings(facts: Facts) -> Iterator[Signal]:
    if facts.unknown_lots:  # a slip in the merchants' file: that lot's money would go to another merchant
        yield Signal("merchant_lots", Level.RED, said={"names": ", ".join(facts.unknown_lots)})
    if facts.undelivered:
        yield Signal("undelivered", Level.AMBER, said={"count": facts.undelivered})


def _worker(facts: Facts) -> Iterator[Signal]:
    if facts.beat_at is None:
        yield Signal("worker_never", Level.RED)
        return
    # It comes round every second; a call to a channel may hold it for a dozen seconds, a batch for a minute.
    seconds = (facts.at - facts.beat_at).total_seconds()
    yield Signal("worker", _at_least(seconds, 60, 180), said={"seconds": round(seconds)})


# Nobody waits for these, and a browser takes a minute a lot: of hundreds, the last waits for hours.
UNHURRIED = {"compliance.selfcheck": (12 * 3600, 24 * 3600)}


def _queues(facts: Facts) -> Iterator[Signal]:
    # A driver waits at the barrier for what is due; five minutes mean that the worker does not keep up.
    for kind, (count, oldest) in sorted(facts.queues.items()):
        seconds = max(0.0, (facts.at - oldest).total_seconds()) if oldest else 0.0
        level = _at_least(seconds, *UNHURRIED.get(kind, (60, 300)))
        yield Signal("queue", level, kind, {"seconds": round(seconds), "count": count})


def _channels(facts: Facts) -> Iterator[Signal]:
    if facts.sandbox:
        yield Signal("sandbox", Level.AMBER)
    elif not facts.channels:
        yield Signal("no_channel", Level.AMBER)
    for channel in facts.channels:
        if channel.skew_seconds is not None:  # WeChat refuses from 300 s on; then it is too late
            skew = round(channel.skew_seconds)
            yield Signal("clock", _at_least(abs(skew), 30, 120), channel.name, {"seconds": skew})
        for kind, (amber, red) in BOUNDS.items():
            count = channel.troubles.get(kind, 0)
            yield Signal(kind, _at_least(count, amber, red), channel.name, {"count": count})
        for whose, ends in channel.certificates:
            days = (ends - facts.at) / timedelta(days=1)
            level = _at_least(-days, -30, -7)  # a new one takes a signature of the legal representative
            yield Signal("certificate", level, f"{channel.name} {whose}", {"days": int(days // 1)})


# In two hours. WeChat now and then sends a notice with a wrong signature to see whether it is refused; a key
# that we do not know, or an answer with a bad signature, is never normal.
BOUNDS = {
    "unknown_serial": (1, 10),
    "bad_signature": (1, 10),
    "notice_refused": (20, 200),
    "start_failed": (3, 30),
    "query_failed": (10, 100),
    "refund_failed": (3, 30),
}


def _strangers(facts: Facts) -> Iterator[Signal]:
    # Of a merchant with payments here, one is money that we do not hear of. Any other address may be made up.
    for subject, (count, in_books) in sorted(facts.strangers.items()):
        yield Signal(
            "unknown_merchant", _at_least(count, 1, 1 if in_books else 20), subject, {"count": count}
        )


def _troubles(facts: Facts) -> Iterator[Signal]:
    for each in facts.troubles:
        said = {"call": each.call, "reason": each.reason}
        if each.hidden_at is not None:
            minutes = round((facts.at - each.hidden_at).total_seconds() / 60)
            yield Signal("channel_hidden", Level.RED, each.subject, {**said, "minutes": minutes})
        elif each.failed_at is not None and facts.at - each.failed_at < timedelta(minutes=15):
            yield Signal("channel_failing", Level.AMBER, each.subject, said)


def _settling(facts: Facts) -> Iterator[Signal]:
    delays = facts.settled.delays
    by_notice, by_others = (
        len(delays.get("notice", ())),
        sum(len(d) for c, d in delays.items() if c != "notice"),
    )
    if by_others >= ENOUGH and not by_notice:  # drivers still get out, each some seconds later
        yield Signal("notices_missing", Level.RED, said={"count": by_others})
    elif by_notice + by_others >= ENOUGH:
        share = round(100 * by_notice / (by_notice + by_others))
        yield Signal("notices", Level.AMBER if share < 50 else Level.GREEN, said={"share": share})
    for cause, seconds in sorted(delays.items()):
        late = percentile(seconds, 95)
        yield Signal(
            "delay", _at_least(late, 60, 600), cause, {"seconds": round(late), "count": len(seconds)}
        )


ENOUGH = 5  # payments, below which a share says nothing


def percentile(values: Iterable[float], share: int) -> float:
    """Return the smallest value that `share` per cent do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else 0.0


def _devices(facts: Facts) -> Iterator[Signal]:
    for lot, (silent, known) in sorted(facts.devices.items()):
        level = Level.GREEN if not silent else Level.RED if silent == known else Level.AMBER
        yield Signal("devices", level, lot, {"silent": silent, "known": known})


def _money(facts: Facts) -> Iterator[Signal]:
    # A driver was promised this money, and the channel will not deliver it by itself.
    yield Signal("refunds", _at_least(facts.abnormal_refunds, 1, 1), said={"count": facts.abnormal_refunds})
    oldest = facts.oldest_discrepancy
    hours = (facts.at - oldest) / timedelta(hours=1) if oldest else 0.0
    level = Level.GREEN if not facts.discrepancies else _at_least(hours, 0, 24)
    yield Signal("discrepancies", level, said={"count": facts.discrepancies, "hours": round(hours)})


def _disks(facts: Facts) -> Iterator[Signal]:
    for disk in facts.disks:
        free = 100 * disk.free / disk.total if disk.total else 0.0
        level = Level.RED if free < 5 or disk.free < 2**30 else Level.AMBER if free < 15 else Level.GREEN
        yield Signal(
            "disk", level, disk.path, {"percent": round(free), "gigabytes": round(disk.free / 2**30)}
        )


def _backup(facts: Facts) -> Iterator[Signal]:
    if facts.backup == "unset":
        yield Signal("backup_unset", Level.AMBER)
    elif facts.backup_at is None:
        yield Signal("backup_missing", Level.RED)
    else:  # a day, and two hours for one that takes longer
        hours = max(0.0, (facts.at - facts.backup_at) / timedelta(hours=1))
        yield Signal("backup", _at_least(hours, 26, 50), said={"hours": round(hours)})


OF_THE_MACHINE = [_database, _disks, _backup]
OF_THE_HOUSE = [_settings, _worker, _queues, _strangers, _settling]  # one for all operators
OF_LOTS = [_channels, _troubles, _devices, _money]
